/**
 * Pictures of tensors: grids of images, and filters, activations, attention and confusion in colours.
 *
 * @example
 * ```ts
 * import { rand } from "@gradus/gradus";
 * import { makeGrid, toPNG } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const grid = makeGrid(rand([6, 1, 28, 28]), { nrow: 3 });
 * assertEquals(grid.shape, [3, 62, 92]);
 * assertEquals(toPNG(grid)[1], "P".charCodeAt(0));
 * ```
 *
 * @module
 */

export { colorize, type ColorizeOptions, type ColorMap } from "./color.ts";
export { type GridOptions, makeGrid } from "./grid.ts";
export {
  activationImage,
  attentionImage,
  confusionImage,
  filterImage,
  type MapOptions,
} from "./maps.ts";
export { saveImage, toPNG } from "./png.ts";
export { Picture, showImage, type ShowOptions } from "./show.ts";

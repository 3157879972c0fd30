/**
 * Shows images in notebooks.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { checkArguments, checkWhole, guardMembers, readOptions } from "../../checks.ts";
import { formatShape, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { GRID_DEFAULTS, type GridOptions, makeGrid } from "./grid.ts";
import { enlarged } from "./maps.ts";
import { toPNG } from "./png.ts";

/** Options of `showImage`. */
export interface ShowOptions extends GridOptions {
  /** Height and width of a pixel on the screen; by default, small pictures get about 256 pixels. */
  readonly scale?: number;
}

/** Small pictures are scaled up to this height or width, in whole steps. */
const SIZE = 256;

/**
 * Result of `showImage`: a picture that notebooks show.
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { type Picture, showImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const picture: Picture = showImage(zeros([28, 28]));
 * assertEquals(`${picture}`, "float32 [28, 28] as a picture of 252 × 252 pixels");
 * ```
 */
export class Picture {
  /** The bytes of a PNG file. */
  readonly png: Uint8Array<ArrayBuffer>;
  readonly #text: string;

  /**
   * Keeps a picture.
   *
   * @internal
   * @param png the bytes of a PNG file
   * @param text a description
   */
  constructor(png: Uint8Array<ArrayBuffer>, text: string) {
    this.png = png;
    this.#text = text;
  }

  /** Returns dtype and shape of what is shown, and the size of the picture. */
  toString(): string {
    return this.#text;
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Returns the picture, with the text for those who cannot see it. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "text/plain": this.toString(), "image/png": base64Of(this.png) };
  }
}

guardMembers(Picture);

/**
 * Shows an image, or several in a grid, in a notebook: as the last expression of a cell, or by
 * `await Deno.jupyter.display(showImage(x))`.
 *
 * A tensor by itself is shown as numbers, since the same shape and values may be an image or none. What
 * `saveImage` refuses is refused here.
 *
 * @param images a batch `[n, c, h, w]`, one image `[c, h, w]` or `[h, w]`, or a list of images of one
 *   shape: floats from 0 to 1, uint8, or booleans
 * @param options `scale`, and those of `makeGrid`
 * @returns the picture
 * @throws {ShapeError} if there are no images, or they have other axes
 * @throws {ValueError} if a float is not from 0 to 1
 * @example
 * ```ts
 * import { rand } from "@gradus/gradus";
 * import { showImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const picture = showImage(rand([16, 1, 28, 28]), { nrow: 4, scale: 2 });
 * assertEquals(`${picture}`, "float32 [16, 1, 28, 28] as a picture of 244 × 244 pixels");
 * ```
 */
export function showImage(images: Tensor | readonly Tensor[], options?: ShowOptions): Picture {
  checkArguments("showImage", arguments, 2);
  const { scale, ...others } = readOptions("showImage", options, {
    ...GRID_DEFAULTS,
    scale: undefined,
  });
  const grid = makeGrid(images, others);
  const [h, w] = grid.shape.slice(-2);
  const factor = scale ?? Math.max(1, Math.floor(SIZE / Math.max(h, w)));
  checkWhole(`show an image with pixels of ${factor}`, factor, 1);
  const png = toPNG(noGrad(() => enlarged(grid, factor)));
  const size = `${w * factor} × ${h * factor}`;
  return new Picture(png, `${describe(images)} as a picture of ${size} pixels`);
}

function describe(images: Tensor | readonly Tensor[]): string {
  const list = Array.isArray(images);
  const { dtype, shape }: { dtype: string; shape: Shape } = list ? images[0] : images;
  return `${list ? `${images.length} images, each ` : ""}${dtype} ${formatShape(shape)}`;
}

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/**
 * Puts images side by side.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import {
  checkArguments,
  checkEnds,
  checkKind,
  checkTensors,
  checkWhole,
  isTensor,
  readOptions,
} from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { formatShape } from "../../shape.ts";
import { stack } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Options of `makeGrid`. */
export interface GridOptions {
  /** Number of images in a row; default 8. */
  readonly nrow?: number;
  /** Pixels between images, and around all; default 2. */
  readonly padding?: number;
  /** The value of these pixels; default 0. */
  readonly padValue?: number;
  /** Shift and scale the values so that they go from 0 to 1; default false. */
  readonly normalize?: boolean;
  /** The values that `normalize` makes 0 and 1; by default the least and the greatest. */
  readonly valueRange?: readonly [least: number, greatest: number];
  /** Let `normalize` scale each image by itself; default false. */
  readonly scaleEach?: boolean;
}

/** The options that are not given. */
export const GRID_DEFAULTS = {
  nrow: 8,
  padding: 2,
  padValue: 0,
  normalize: false,
  valueRange: undefined,
  scaleEach: false,
} as const;

/**
 * Puts images into a grid, row by row, as torchvision does.
 *
 * One image stays as it is, without padding. Gray images get three equal channels.
 * See https://pytorch.org/vision/stable/generated/torchvision.utils.make_grid.html
 *
 * @param images a batch `[n, c, h, w]`, one image `[c, h, w]` or `[h, w]`, or a list of images of one
 *   shape; of any dtype
 * @param options `nrow`, `padding`, `padValue`, `normalize`, `valueRange`, `scaleEach`
 * @returns an image `[c, height, width]` of the same dtype
 * @throws {ShapeError} if there are no images, or they have other axes
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { makeGrid } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * // Two rows of 28 pixels, and three lines of 2 between and around them.
 * assertEquals(makeGrid(ones([6, 3, 28, 28]), { nrow: 3 }).shape, [3, 62, 92]);
 * ```
 */
export function makeGrid(images: Tensor | readonly Tensor[], options?: GridOptions): Tensor {
  checkArguments("makeGrid", arguments, 2);
  const { nrow, padding, padValue, normalize, valueRange, scaleEach } = readOptions(
    "makeGrid",
    options,
    GRID_DEFAULTS,
  );
  checkWhole(`make a grid with ${nrow} images in a row`, nrow, 1);
  checkWhole(`make a grid with a padding of ${padding}`, padding, 0);
  if (!normalize && (valueRange !== undefined || scaleEach)) {
    throw new ValueError(
      "Cannot make a grid with valueRange or scaleEach alone: they say how to normalize; set normalize",
    );
  }
  if (valueRange !== undefined) checkEnds("makeGrid", "valueRange", valueRange);
  if (valueRange !== undefined && valueRange[0] >= valueRange[1]) {
    throw new ValueError(
      `Cannot make a grid with valueRange ${quoted(valueRange)}: the least value comes first`,
    );
  }
  return noGrad(() => {
    let batch = batchOf(images);
    if (normalize) batch = normalized(batch, valueRange, scaleEach);
    return arrange(batch, nrow, padding, padValue);
  });
}

/** Returns the images as a batch `[n, c, h, w]` whose images have three channels, or more. */
function batchOf(images: Tensor | readonly Tensor[]): Tensor {
  if (!isTensor(images)) {
    checkKind("make a grid", images, Array.isArray(images), "a tensor or a list of tensors");
    checkTensors("make a grid", ...images);
  }
  let x = isTensor<Tensor>(images) ? images : stack(images);
  if (x.ndim === 2) x = x.unsqueeze(0);
  if (x.ndim === 3) x = isTensor(images) ? x.unsqueeze(0) : x.unsqueeze(1);
  if (x.ndim !== 4 || x.numel() === 0) {
    throw new ShapeError(
      `Cannot make a grid of shape ${
        formatShape(x.shape)
      }: give images [n, c, h, w], [c, h, w] or ` +
        `[h, w] that are not empty`,
      x.shape,
    );
  }
  const [n, c, h, w] = x.shape;
  return c === 1 ? x.expand(n, 3, h, w) : x;
}

/** Widths below this are taken for it, as in torchvision, so that a uniform image stays finite. */
const LEAST_RANGE = 1e-5;

function normalized(x: Tensor, range: GridOptions["valueRange"], scaleEach: boolean): Tensor {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot normalize images of dtype ${x.dtype}: convert them with .to("float32")`,
    );
  }
  const axis = scaleEach ? [1, 2, 3] : [0, 1, 2, 3];
  const low = range?.[0] ?? x.amin({ axis, keepDims: true });
  const high = range?.[1] ?? x.amax({ axis, keepDims: true });
  const width = typeof high === "number"
    ? Math.max(high - (low as number), LEAST_RANGE)
    : high.sub(low).clamp(LEAST_RANGE);
  return x.clamp(low, high).sub(low).div(width);
}

/** Puts the images of `batch` side by side, `columns` in a row. */
function arrange(batch: Tensor, columns: number, padding: number, value: number): Tensor {
  const [n, c, h, w] = batch.shape;
  if (n === 1) return batch.squeeze(0).clone();
  const across = Math.min(columns, n);
  const down = Math.ceil(n / across);
  return batch.pad([padding, 0, padding, 0, 0, 0, 0, down * across - n], { value })
    .reshape(down, across, c, h + padding, w + padding)
    .permute(2, 0, 3, 1, 4)
    .reshape(c, down * (h + padding), across * (w + padding))
    .pad([0, padding, 0, padding], { value });
}

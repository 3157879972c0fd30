/**
 * Pooling: every window of an image or a sequence becomes one element.
 *
 * @module
 */

import { checkArguments, checkFloat, checkPool, readOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { quoted } from "../../names.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { largestOf, meanOf } from "./pool_images.ts";
import { flat, onBatch, onSequences, paired, type Size2d } from "./sizes.ts";

/** Options of pooling; sequences have a number as size, images one or two. */
export interface PoolOptions<S = Size2d> {
  /** Distance between neighbouring windows; by default that of the kernel, so that they tile. */
  readonly stride?: S;
  /** Rows and columns added on each side, at most half of the kernel; default 0. */
  readonly padding?: S;
  /** True if a last window may reach beyond the border when it starts before it; default false. */
  readonly ceilMode?: boolean;
}

/** Options of maximum pooling. */
export interface MaxPoolOptions<S = Size2d> extends PoolOptions<S> {
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: S;
}

/** Options of average pooling. */
export interface AvgPoolOptions<S = Size2d> extends PoolOptions<S> {
  /** True if the padding counts in the mean, as zeros; default true. */
  readonly countIncludePad?: boolean;
}

/** Options of average pooling of images. */
export interface AvgPool2dOptions extends AvgPoolOptions {
  /** Divisor of the sum of a window; by default the number of its elements. */
  readonly divisorOverride?: number | null;
}

/** Defaults of the options, but for the stride. */
const MAX = { padding: 0, dilation: 1, ceilMode: false } as const;
const AVG = { padding: 0, ceilMode: false, countIncludePad: true } as const;
const AVG_2D = { ...AVG, divisorOverride: null } as const;

/** Base of the layers that pool windows of a given size. */
export abstract class Pool<S extends number | Pair> extends ConfiguredLayer {
  /** Size of the window. */
  declare readonly kernelSize: S;
  /** Distance between neighbouring windows. */
  declare readonly stride: S;
  /** Elements on each side: −∞ for the maximum, 0 for the mean. */
  declare readonly padding: S;
  /** True if a last window may reach beyond the border. */
  declare readonly ceilMode: boolean;
}

/**
 * Takes the largest element of each window: `[n, c, h, w] → [n, c, h′, w′]` with `h′ = ⌊(h + 2
 * padding − dilation (kernel − 1) − 1) / stride⌋ + 1`, rounded up with `ceilMode`.
 *
 * The padding counts as −∞; of equal elements the first gets the gradient; NaN wins.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param kernelSize height and width of the window
 * @param options `stride`, `padding`, `dilation`, `ceilMode`
 * @throws {ShapeError} if the window is larger than the padded image, or the padding than half of it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]]);
 * assertEquals(functional.maxPool2d(x, 2).toArray(), [[[4, 8]]]);
 * ```
 */
export function maxPool2d(x: Tensor, kernelSize: Size2d, options: MaxPoolOptions = {}): Tensor {
  checkArguments("maxPool2d", arguments, 3);
  const read = readOptions("maxPool2d", options, { stride: kernelSize, ...MAX });
  const window = paired({ kernelSize, ...read });
  return onBatch(x, "maxPool2d", (images) => {
    checkPool("maxPool2d", x.shape, window, 2);
    return largestOf(images, window);
  });
}

/**
 * Takes the largest element of each window; see `functional.maxPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { MaxPool2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = new MaxPool2d(2);
 * assertEquals(pool(arange(16).reshape(1, 4, 4)).toArray(), [[[5, 7], [13, 15]]]);
 * ```
 */
export class MaxPool2d extends Pool<Pair> {
  /** Distance between neighbouring elements of a window. */
  declare readonly dilation: Pair;

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `dilation`, `ceilMode`
   */
  constructor(kernelSize: Size2d, options: MaxPoolOptions = {}) {
    checkArguments("make MaxPool2d", arguments, 2);
    super({ kernelSize }, options, { stride: kernelSize, ...MAX }, paired);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this);
  }
}

/**
 * Takes the largest element of each window of a sequence, as `maxPool2d` with images of height 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param kernelSize length of the window
 * @param options `stride`, `padding`, `dilation`, `ceilMode`
 * @returns `[n, c, l′]`, or `[c, l′]`
 * @throws {ShapeError} if the padded sequence is shorter than the window, or the padding more than half
 *   of it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 5, 2, 4, 3]]);
 * assertEquals(functional.maxPool1d(x, 3, { stride: 1 }).toArray(), [[5, 5, 4]]);
 * ```
 */
export function maxPool1d(
  x: Tensor,
  kernelSize: number,
  options: MaxPoolOptions<number> = {},
): Tensor {
  checkArguments("maxPool1d", arguments, 3);
  const read = readOptions("maxPool1d", options, { stride: kernelSize, ...MAX });
  const window = { kernelSize, ...read };
  return scope(() =>
    onSequences(x, "maxPool1d", (images) => {
      checkPool("maxPool1d", x.shape, window, 1);
      return largestOf(images, flat(window));
    })
  );
}

/**
 * Takes the largest element of each window of a sequence; see `functional.maxPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MaxPool1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new MaxPool1d(2)(tensor([[1, 5, 2, 3]])).toArray(), [[5, 3]]);
 * ```
 */
export class MaxPool1d extends Pool<number> {
  /** Distance between neighbouring elements of a window. */
  declare readonly dilation: number;

  /**
   * Makes the layer.
   *
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `dilation`, `ceilMode`
   */
  constructor(kernelSize: number, options: MaxPoolOptions<number> = {}) {
    checkArguments("make MaxPool1d", arguments, 2);
    super({ kernelSize }, options, { stride: kernelSize, ...MAX });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this);
  }
}

/**
 * Takes the mean of each window: `[n, c, h, w] → [n, c, h′, w′]` with `h′ = ⌊(h + 2 padding −
 * kernel) / stride⌋ + 1`, rounded up with `ceilMode`. The padding counts as zeros, or not at all
 * without `countIncludePad`; elements beyond it never count. With `divisorOverride: 1` it is the
 * sum.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param kernelSize height and width of the window
 * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`, `divisorOverride`
 * @throws {ShapeError} if the window is larger than the padded image, or the padding than half of it
 * @throws {ValueError} if the divisor is 0, or no whole number
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]]);
 * assertEquals(functional.avgPool2d(x, 2).toArray(), [[[2.5, 6.5]]]);
 * assertEquals(functional.avgPool2d(x, 2, { divisorOverride: 1 }).toArray(), [[[10, 26]]]);
 * ```
 */
export function avgPool2d(x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions = {}): Tensor {
  checkArguments("avgPool2d", arguments, 3);
  const read = readOptions("avgPool2d", options, { stride: kernelSize, ...AVG_2D });
  checkDivisor("avgPool2d", read.divisorOverride);
  const window = paired({ kernelSize, ...read, dilation: 1 });
  return onBatch(x, "avgPool2d", (images) => {
    checkFloat("avgPool2d", x);
    checkPool("avgPool2d", x.shape, window, 2);
    return meanOf(images, window);
  });
}

function checkDivisor(action: string, divisor: number | null): void {
  if (divisor === null || (Number.isInteger(divisor) && divisor !== 0)) return;
  throw new ValueError(
    `Cannot ${action} with divisorOverride ${quoted(divisor)}: use a whole number other than 0`,
  );
}

/**
 * Takes the mean of each window; see `functional.avgPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { AvgPool2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = new AvgPool2d(2);
 * assertEquals(pool(arange(16).reshape(1, 4, 4)).toArray(), [[[2.5, 4.5], [10.5, 12.5]]]);
 * ```
 */
export class AvgPool2d extends Pool<Pair> {
  /** True if the padding counts in the mean. */
  declare readonly countIncludePad: boolean;
  /** Divisor of the sum of a window, if it is not the number of its elements. */
  declare readonly divisorOverride: number | null;

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`, `divisorOverride`
   * @throws {ValueError} if the divisor is 0, or no whole number
   */
  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    checkArguments("make AvgPool2d", arguments, 2);
    super({ kernelSize }, options, { stride: kernelSize, ...AVG_2D }, paired);
    checkDivisor("make AvgPool2d", this.divisorOverride);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this);
  }
}

/**
 * Takes the mean of each window of a sequence, as `avgPool2d` with images of height 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param kernelSize length of the window
 * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`
 * @returns `[n, c, l′]`, or `[c, l′]`
 * @throws {ShapeError} if the padded sequence is shorter than the window, or the padding more than half
 *   of it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[2, 4, 6, 8]]);
 * assertEquals(functional.avgPool1d(x, 2).toArray(), [[3, 7]]);
 * ```
 */
export function avgPool1d(
  x: Tensor,
  kernelSize: number,
  options: AvgPoolOptions<number> = {},
): Tensor {
  checkArguments("avgPool1d", arguments, 3);
  const read = readOptions("avgPool1d", options, { stride: kernelSize, ...AVG });
  const window = { kernelSize, ...read, dilation: 1, divisorOverride: null };
  return scope(() =>
    onSequences(x, "avgPool1d", (images) => {
      checkFloat("avgPool1d", x);
      checkPool("avgPool1d", x.shape, window, 1);
      return meanOf(images, flat(window));
    })
  );
}

/**
 * Takes the mean of each window of a sequence; see `functional.avgPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AvgPool1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new AvgPool1d(2)(tensor([[1, 5, 2, 3]])).toArray(), [[3, 2.5]]);
 * ```
 */
export class AvgPool1d extends Pool<number> {
  /** True if the padding counts in the mean. */
  declare readonly countIncludePad: boolean;

  /**
   * Makes the layer.
   *
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`
   */
  constructor(kernelSize: number, options: AvgPoolOptions<number> = {}) {
    checkArguments("make AvgPool1d", arguments, 2);
    super({ kernelSize }, options, { stride: kernelSize, ...AVG });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this);
  }
}

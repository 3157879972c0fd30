/**
 * Pooling: every window of an image becomes one element.
 *
 * @module
 */

import { apply } from "../../autograd/apply.ts";
import { requireOptions } from "../../checks.ts";
import { type DType, isFloat } from "../../dtype.ts";
import { ValueError } from "../../errors.ts";
import type { Pair, Window } from "../../kernels/kernels.ts";
import { formatPair, onBatch, onSequences, pair, type Size2d } from "./sizes.ts";
import { formatArguments, Module } from "../module.ts";
import { ops } from "../../ops/table.ts";
import type { Shape } from "../../shape.ts";
import { ones } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Options of pooling; windows of sequences have a number as size, those of images one or two. */
export interface PoolOptions<S = Size2d> {
  /** Distance between neighbouring windows; that of the kernel, so that they tile, if left out. */
  readonly stride?: S;
  /** Rows and columns added on each side, at most half of the kernel; default 0. */
  readonly padding?: S;
  /** Whether a last window may reach beyond the border, if it starts before it; default false. */
  readonly ceilMode?: boolean;
}

/** Options of average pooling. */
export interface AvgPool2dOptions extends PoolOptions {
  /** Whether the padding counts in the mean, as zeros; default true. */
  readonly countIncludePad?: boolean;
  /** What the sum of a window is divided by, instead of the number of its elements. */
  readonly divisorOverride?: number | null;
}

/** Options of maximum pooling. */
export interface MaxPool2dOptions extends PoolOptions {
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: Size2d;
}

/**
 * The largest element of each window: `[n, c, h, w] → [n, c, h′, w′]` with
 * `h′ = ⌊(h + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1`, rounded up with `ceilMode`.
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]]);
 * assert.deepEqual(functional.maxPool2d(x, 2).toArray(), [[[4, 8]]]);
 * ```
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: Size2d,
  options: MaxPool2dOptions = {},
): Tensor {
  requireOptions("maxPool2d", options);
  const window = windowOf(kernelSize, options, options.dilation);
  const pool = (batch: Tensor) => apply(ops.maxPool2d, [batch], window) as Tensor;
  return onBatch(x, "maxPool2d", (batch) => {
    if (!options.ceilMode) return pool(batch);
    const value = lowestOf(batch.dtype);
    return scope(() => pool(batch.pad(behindOf(batch.shape, window), { value })));
  });
}

function lowestOf(dtype: DType): number {
  if (isFloat(dtype)) return -Infinity;
  return dtype === "int32" ? -(2 ** 31) : 0;
}

function windowOf(
  kernelSize: Size2d,
  { stride = kernelSize, padding = 0 }: PoolOptions,
  dilation: Size2d = 1,
): Window {
  return {
    kernel: pair(kernelSize),
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
  };
}

/** What `pad` adds so that a last window that starts before the border is whole. */
function behindOf(shape: Shape, { kernel, stride, padding, dilation }: Window): number[] {
  const [rows, columns] = [0, 1].map((i) => {
    const size = shape[2 + i];
    const room = size + 2 * padding[i];
    const reach = dilation[i] * (kernel[i] - 1) + 1;
    const last = Math.ceil((room - reach) / stride[i]) * stride[i];
    const start = last >= size + padding[i] ? last - stride[i] : last;
    const missing = Math.max(0, start + reach - room);
    // Of an image or a window that cannot be, the op says what is wrong.
    return size > 0 && Number.isInteger(missing) ? missing : 0;
  });
  return [0, columns, 0, rows];
}

/**
 * The mean of each window: `[n, c, h, w] → [n, c, h′, w′]` with
 * `h′ = ⌊(h + 2 padding − kernel) / stride⌋ + 1`, rounded up with `ceilMode`. The padding counts as
 * zeros, or not at all without `countIncludePad`; what is beyond it never counts. With
 * `divisorOverride: 1` it is the sum.
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]]);
 * assert.deepEqual(functional.avgPool2d(x, 2).toArray(), [[[2.5, 6.5]]]);
 * assert.deepEqual(functional.avgPool2d(x, 2, { divisorOverride: 1 }).toArray(), [[[10, 26]]]);
 * ```
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: Size2d,
  options: AvgPool2dOptions = {},
): Tensor {
  requireOptions("avgPool2d", options);
  const { ceilMode = false, countIncludePad = true, divisorOverride = null } = options;
  const window = windowOf(kernelSize, options);
  const share = shareOf(window.kernel, divisorOverride);
  const pool = (batch: Tensor, moves = window) => apply(ops.avgPool2d, [batch], moves) as Tensor;
  return onBatch(x, "avgPool2d", (batch) => {
    const isPadded = window.padding.some((n) => n > 0);
    if (share === 1 && !ceilMode && (countIncludePad || !isPadded)) return pool(batch);
    return scope(() => {
      const { shape, dtype } = batch;
      const behind = ceilMode ? behindOf(shape, window) : [0, 0, 0, 0];
      if (divisorOverride !== null) return pool(batch.pad(behind)).mul(share);
      const [ph, pw] = countIncludePad ? window.padding : [0, 0];
      const counted = ones([1, 1, shape[2] + 2 * ph, shape[3] + 2 * pw], { dtype });
      // The padding that counts is among the ones; that of the window, like what is behind, is zeros.
      const moves: Window = countIncludePad ? { ...window, padding: [0, 0] } : window;
      return pool(batch.pad(behind)).div(pool(counted.pad(behind), moves));
    });
  });
}

/** The number of elements of a window as a share of what its sum is divided by. */
function shareOf([height, width]: Pair, divisor: number | null): number {
  if (divisor === null) return 1;
  if (Number.isInteger(divisor) && divisor !== 0) return height * width / divisor;
  throw new ValueError(
    `Cannot avgPool2d with divisorOverride ${divisor}: use a whole number other than 0`,
  );
}

/**
 * The largest element of each window; see `functional.maxPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { MaxPool2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const pool = new MaxPool2d(2);
 * assert.deepEqual(pool(arange(16).reshape(1, 4, 4)).toArray(), [[[5, 7], [13, 15]]]);
 * ```
 */
export class MaxPool2d extends Module {
  /** Height and width of the window. */
  readonly kernelSize: Pair;
  /** Distance between neighbouring windows. */
  readonly stride: Pair;
  /** Rows and columns of −∞ on each side. */
  readonly padding: Pair;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: Pair;
  /** Whether a last window may reach beyond the border. */
  readonly ceilMode: boolean;

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `dilation`, `ceilMode`
   */
  constructor(kernelSize: Size2d, options: MaxPool2dOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
    this.dilation = pair(options.dilation ?? 1);
    this.ceilMode = options.ceilMode ?? false;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return formatArguments([formatPair(kernelSize)], [
      ["stride", formatPair(stride), formatPair(kernelSize)],
      ["padding", formatPair(padding), "0"],
      ["dilation", formatPair(dilation), "1"],
      ["ceilMode", ceilMode, false],
    ]);
  }
}

/**
 * The mean of each window; see `functional.avgPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { AvgPool2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const pool = new AvgPool2d(2);
 * assert.deepEqual(pool(arange(16).reshape(1, 4, 4)).toArray(), [[[2.5, 4.5], [10.5, 12.5]]]);
 * ```
 */
export class AvgPool2d extends Module {
  /** Height and width of the window. */
  readonly kernelSize: Pair;
  /** Distance between neighbouring windows. */
  readonly stride: Pair;
  /** Rows and columns of zeros on each side. */
  readonly padding: Pair;
  /** Whether a last window may reach beyond the border. */
  readonly ceilMode: boolean;
  /** Whether the padding counts in the mean. */
  readonly countIncludePad: boolean;
  /** What the sum of a window is divided by, if not by the number of its elements. */
  readonly divisorOverride: number | null;

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`, `divisorOverride`
   */
  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
    this.ceilMode = options.ceilMode ?? false;
    this.countIncludePad = options.countIncludePad ?? true;
    this.divisorOverride = options.divisorOverride ?? null;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return formatArguments([formatPair(kernelSize)], [
      ["stride", formatPair(stride), formatPair(kernelSize)],
      ["padding", formatPair(padding), "0"],
      ["ceilMode", ceilMode, false],
      ["countIncludePad", countIncludePad, true],
      ["divisorOverride", `${divisorOverride}`, "null"],
    ]);
  }
}

/** Options of average pooling of sequences. */
export interface AvgPool1dOptions extends PoolOptions<number> {
  /** Whether the padding counts in the mean, as zeros; default true. */
  readonly countIncludePad?: boolean;
}

/** Options of maximum pooling of sequences. */
export interface MaxPool1dOptions extends PoolOptions<number> {
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: number;
}

/**
 * The largest element of each window of a sequence: `maxPool2d` with images of height 1.
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 5, 2, 4, 3]]);
 * assert.deepEqual(functional.maxPool1d(x, 3, { stride: 1 }).toArray(), [[5, 5, 4]]);
 * ```
 */
export function maxPool1d(x: Tensor, kernelSize: number, options: MaxPool1dOptions = {}): Tensor {
  requireOptions("maxPool1d", options);
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode } = options;
  const window = {
    ceilMode,
    stride: [1, stride] as const,
    padding: [0, padding] as const,
    dilation: [1, dilation] as const,
  };
  return scope(() =>
    onSequences(x, "maxPool1d", (images) => maxPool2d(images, [1, kernelSize], window))
  );
}

/**
 * The mean of each window of a sequence: `avgPool2d` with images of height 1.
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[2, 4, 6, 8]]);
 * assert.deepEqual(functional.avgPool1d(x, 2).toArray(), [[3, 7]]);
 * ```
 */
export function avgPool1d(x: Tensor, kernelSize: number, options: AvgPool1dOptions = {}): Tensor {
  requireOptions("avgPool1d", options);
  const { stride = kernelSize, padding = 0, ceilMode, countIncludePad } = options;
  const window = {
    ceilMode,
    countIncludePad,
    stride: [1, stride] as const,
    padding: [0, padding] as const,
  };
  return scope(() =>
    onSequences(x, "avgPool1d", (images) => avgPool2d(images, [1, kernelSize], window))
  );
}

/**
 * The largest element of each window of a sequence; see `functional.maxPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MaxPool1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new MaxPool1d(2)(tensor([[1, 5, 2, 3]])).toArray(), [[5, 3]]);
 * ```
 */
export class MaxPool1d extends Module {
  /** Length of the window. */
  readonly kernelSize: number;
  /** Distance between neighbouring windows. */
  readonly stride: number;
  /** Elements of −∞ on each side. */
  readonly padding: number;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: number;
  /** Whether a last window may reach beyond the border. */
  readonly ceilMode: boolean;

  /**
   * Makes the layer.
   *
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `dilation`, `ceilMode`
   */
  constructor(kernelSize: number, options: MaxPool1dOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? kernelSize;
    this.padding = options.padding ?? 0;
    this.dilation = options.dilation ?? 1;
    this.ceilMode = options.ceilMode ?? false;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return maxPool1d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return formatArguments([this.kernelSize], [
      ["stride", this.stride, this.kernelSize],
      ["padding", this.padding, 0],
      ["dilation", this.dilation, 1],
      ["ceilMode", this.ceilMode, false],
    ]);
  }
}

/**
 * The mean of each window of a sequence; see `functional.avgPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AvgPool1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new AvgPool1d(2)(tensor([[1, 5, 2, 3]])).toArray(), [[3, 2.5]]);
 * ```
 */
export class AvgPool1d extends Module {
  /** Length of the window. */
  readonly kernelSize: number;
  /** Distance between neighbouring windows. */
  readonly stride: number;
  /** Zeros on each side. */
  readonly padding: number;
  /** Whether a last window may reach beyond the border. */
  readonly ceilMode: boolean;
  /** Whether the padding counts in the mean. */
  readonly countIncludePad: boolean;

  /**
   * Makes the layer.
   *
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `ceilMode`, `countIncludePad`
   */
  constructor(kernelSize: number, options: AvgPool1dOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.kernelSize = kernelSize;
    this.stride = options.stride ?? kernelSize;
    this.padding = options.padding ?? 0;
    this.ceilMode = options.ceilMode ?? false;
    this.countIncludePad = options.countIncludePad ?? true;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return avgPool1d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return formatArguments([this.kernelSize], [
      ["stride", this.stride, this.kernelSize],
      ["padding", this.padding, 0],
      ["ceilMode", this.ceilMode, false],
      ["countIncludePad", this.countIncludePad, true],
    ]);
  }
}

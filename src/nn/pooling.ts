/**
 * Pooling: every window of an image becomes one element.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import type { Pair } from "../kernels/kernels.ts";
import { ops } from "../ops/table.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeCall } from "./describe.ts";
import { Module } from "./module.ts";
import { formatPair, onBatch, pair, type Size2d } from "./pair.ts";

/** Options of average pooling. */
export interface AvgPool2dOptions {
  /** Distance between neighbouring windows; that of the kernel, so that they tile, if left out. */
  readonly stride?: Size2d;
  /** Rows and columns added on each side, at most half of the kernel; default 0. */
  readonly padding?: Size2d;
}

/** Options of maximum pooling. */
export interface MaxPool2dOptions extends AvgPool2dOptions {
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: Size2d;
}

/**
 * The largest element of each window: `[n, c, h, w] → [n, c, h′, w′]` with
 * `h′ = ⌊(h + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1`.
 *
 * The padding counts as −∞; of equal elements the first gets the gradient; NaN wins.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param kernelSize height and width of the window
 * @param options `stride`, `padding`, `dilation`
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
  const { stride = kernelSize, padding = 0, dilation = 1 } = options;
  const window = {
    kernel: pair(kernelSize),
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
  };
  return onBatch(x, "maxPool2d", (batch) => apply(ops.maxPool2d, [batch], window) as Tensor);
}

/**
 * The mean of each window: `[n, c, h, w] → [n, c, h′, w′]` with
 * `h′ = ⌊(h + 2 padding − kernel) / stride⌋ + 1`. The padding counts as zeros.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param kernelSize height and width of the window
 * @param options `stride`, `padding`
 * @throws {ShapeError} if the window is larger than the padded image, or the padding than half of it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2, 5, 6], [3, 4, 7, 8]]]);
 * assert.deepEqual(functional.avgPool2d(x, 2).toArray(), [[[2.5, 6.5]]]);
 * ```
 */
export function avgPool2d(
  x: Tensor,
  kernelSize: Size2d,
  options: AvgPool2dOptions = {},
): Tensor {
  const { stride = kernelSize, padding = 0 } = options;
  const window = {
    kernel: pair(kernelSize),
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(1),
  };
  return onBatch(x, "avgPool2d", (batch) => apply(ops.avgPool2d, [batch], window) as Tensor);
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

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `dilation`
   */
  constructor(kernelSize: Size2d, options: MaxPool2dOptions = {}) {
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
    this.dilation = pair(options.dilation ?? 1);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    const { kernelSize, stride, padding, dilation } = this;
    return describeCall([formatPair(kernelSize)], [
      ["stride", formatPair(stride), formatPair(kernelSize)],
      ["padding", formatPair(padding), "0"],
      ["dilation", formatPair(dilation), "1"],
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

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`
   */
  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return avgPool2d(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    const { kernelSize, stride, padding } = this;
    return describeCall([formatPair(kernelSize)], [
      ["stride", formatPair(stride), formatPair(kernelSize)],
      ["padding", formatPair(padding), "0"],
    ]);
  }
}

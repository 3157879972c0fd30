/**
 * Pooling of sequences: every window becomes one element.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";
import { onSequences } from "./sizes.ts";
import { avgPool2d, maxPool2d, type PoolOptions } from "./pooling.ts";

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
  return pass(() =>
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
  return pass(() =>
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
  override describe(): string {
    return describeCall([this.kernelSize], [
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
  override describe(): string {
    return describeCall([this.kernelSize], [
      ["stride", this.stride, this.kernelSize],
      ["padding", this.padding, 0],
      ["ceilMode", this.ceilMode, false],
      ["countIncludePad", this.countIncludePad, true],
    ]);
  }
}

/**
 * The convolutional layer.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { ValueError } from "../errors.ts";
import type { Pair } from "../kernels/kernels.ts";
import { ops } from "../ops/table.ts";
import { checkShape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeCall } from "./describe.ts";
import { resetAffine } from "./linear.ts";
import { Module } from "./module.ts";
import { formatPair, onBatch, pair, type Size2d } from "./pair.ts";
import { Parameter } from "./parameter.ts";

/** How the window of a convolution moves. */
export interface ConvWindowOptions {
  /** Distance between neighbouring windows; default 1. */
  readonly stride?: Size2d;
  /** Rows and columns of zeros on each side; default 0. */
  readonly padding?: Size2d;
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: Size2d;
  /** Into how many parts channels are divided, each convolved apart; default 1. */
  readonly groups?: number;
}

/** Options of the function `conv2d`. */
export interface Conv2dFunctionOptions extends ConvWindowOptions {
  /** `[out]`, added to each channel; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * Cross-correlation: `y[n, o, i, j] = b[o] + Σ W[o, c, u, v] · x[n, c, s i + d u − p, s j + d v − p]`
 * with stride s, dilation d and padding p.
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param weight `W`, `[out, c / groups, kh, kw]`
 * @param options `bias`, `stride`, `padding`, `dilation`, `groups`
 * @returns `[n, out, ⌊(h + 2 p − d (kh − 1) − 1) / s⌋ + 1, …]`
 * @throws {ShapeError} if channels do not match, or the window is larger than the padded image
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dFunctionOptions = {}): Tensor {
  const { bias = null, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const [, , height = 0, width = 0] = weight.shape;
  checkGroups("conv2d", groups);
  const window = {
    kernel: [height, width] as const,
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
    groups,
  };
  return onBatch(x, "conv2d", (batch) => {
    const inputs = bias === null ? [batch, weight] : [batch, weight, bias];
    return apply(ops.conv2d, inputs, window) as Tensor;
  });
}

/** Options of the layer `Conv2d`. */
export interface Conv2dOptions extends ConvWindowOptions {
  /** Whether a learnt number is added to each channel; default true. */
  readonly bias?: boolean;
}

/**
 * Convolves images with learnt kernels: `[n, in, h, w] → [n, out, h′, w′]`; see
 * `functional.conv2d`.
 *
 * Weight and bias start uniform over `±1/√(in / groups · kh · kw)`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html).
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Conv2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Conv2d(1, 8, 3, { padding: 1 });
 * assert.deepEqual(layer(zeros([2, 1, 28, 28])).shape, [2, 8, 28, 28]);
 * ```
 */
export class Conv2d extends Module {
  /** Channels of the input. */
  readonly inChannels: number;
  /** Channels of the output. */
  readonly outChannels: number;
  /** Height and width of the window. */
  readonly kernelSize: Pair;
  /** Distance between neighbouring windows. */
  readonly stride: Pair;
  /** Rows and columns of zeros on each side. */
  readonly padding: Pair;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: Pair;
  /** Into how many parts channels are divided. */
  readonly groups: number;
  /** `[out, in / groups, kh, kw]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `dilation`, `groups`, `bias`
   * @throws {ValueError} if the channels do not divide into the groups
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: Conv2dOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    checkGroups("conv2d", groups);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Cannot make a Conv2d from ${inChannels} to ${outChannels} channels in ${groups} groups: ` +
          `both must divide by ${groups}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = pair(kernelSize);
    this.stride = pair(stride);
    this.padding = pair(padding);
    this.dilation = pair(dilation);
    this.groups = groups;
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    checkShape(shape, "make a Conv2d");
    this.weight = new Parameter(zeros(shape));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    resetAffine(this.weight, this.bias);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias } = this;
    return describeCall([inChannels, outChannels, formatPair(kernelSize)], [
      ["stride", formatPair(stride), "1"],
      ["padding", formatPair(padding), "0"],
      ["dilation", formatPair(dilation), "1"],
      ["groups", groups, 1],
      ["bias", bias !== null, true],
    ]);
  }
}

/** @throws {ValueError} unless `groups` is a whole number, 1 or more */
export function checkGroups(action: string, groups: number): void {
  if (Number.isInteger(groups) && groups > 0) return;
  throw new ValueError(`Cannot ${action} in ${groups} groups: use a whole number, 1 or more`);
}

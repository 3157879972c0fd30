/**
 * The convolutional layer for sequences.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { conv2d } from "./conv.ts";
import {
  Conv,
  type ConvWindowOptions,
  type NamedPadding,
  type PaddingModeOptions,
} from "./conv_base.ts";
import { onSequences } from "./sizes.ts";

/** How the window of a convolution of sequences moves. */
export interface Conv1dWindowOptions
  extends ConvWindowOptions<number, number | NamedPadding>, PaddingModeOptions {}

/** Options of the function `conv1d`. */
export interface Conv1dFunctionOptions extends Conv1dWindowOptions {
  /** `[out]`, added to each channel; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * Cross-correlation of sequences: `conv2d` with images of height 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param weight `[out, c / groups, k]`
 * @param options `bias`, `stride`, `padding`, `paddingMode`, `dilation`, `groups`
 * @returns `[n, out, ⌊(l + 2 p − d (k − 1) − 1) / s⌋ + 1]`
 * @throws {ShapeError} if channels do not match, or the window is longer than the padded sequence
 * @throws {ValueError} if the padding is "same" and the stride is not 1, or the sequence is too short
 *   for its padding mode
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2, 3, 4]]);
 * const y = functional.conv1d(x, tensor([[[1, 10]]]), { bias: tensor([100]) });
 * assert.deepEqual(y.toArray(), [[121, 132, 143]]);
 * ```
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dFunctionOptions = {}): Tensor {
  requireOptions("conv1d", options);
  const { bias, stride = 1, padding = 0, paddingMode, dilation = 1, groups } = options;
  if (weight.ndim !== 3) {
    throw new ShapeError(
      `Cannot conv1d with a weight of shape ${formatShape(weight.shape)}: it must be ` +
        `[out, c / groups, k]`,
      weight.shape,
    );
  }
  return pass(() =>
    onSequences(x, "conv1d", (images) =>
      conv2d(images, weight.unsqueeze(2), {
        bias,
        stride: [1, stride],
        padding: typeof padding === "string" ? padding : [0, padding],
        paddingMode,
        dilation: [1, dilation],
        groups,
      }))
  );
}

/** Options of the layer `Conv1d`. */
export interface Conv1dOptions extends Conv1dWindowOptions {
  /** Whether a learnt number is added to each channel; default true. */
  readonly bias?: boolean;
}

/**
 * Convolves sequences with learnt kernels: `[n, in, l] → [n, out, l′]`; see `functional.conv1d`.
 *
 * Weight and bias start uniform over `±1/√(in / groups · k)`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html).
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Conv1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Conv1d(3, 8, 5, { stride: 2 });
 * assert.deepEqual(layer(zeros([2, 3, 15])).shape, [2, 8, 6]);
 * ```
 */
export class Conv1d extends Conv<number, number | NamedPadding> {
  /**
   * Makes the layer.
   *
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `paddingMode`, `dilation`, `groups`, `bias`
   * @throws {ValueError} if the channels do not divide into the groups, or there is no such padding
   *   mode
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: Conv1dOptions = {},
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    super(inChannels, outChannels, {
      kernelSize,
      stride,
      padding,
      dilation,
      groups,
      bias,
      paddingMode: options.paddingMode,
      transposed: false,
    });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this);
  }
}

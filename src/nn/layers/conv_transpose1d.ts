/**
 * The transpose of the convolutional layer for sequences, which makes them longer.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Conv, type ConvWindowOptions } from "./conv_base.ts";
import { convTranspose2d } from "./conv_transpose.ts";
import type { PrintedOption } from "../describe.ts";
import { onSequences } from "./sizes.ts";

/** How the window of a transposed convolution of sequences moves. */
export interface ConvTranspose1dWindowOptions extends ConvWindowOptions<number> {
  /** Elements added at the end of the result, fewer than stride or dilation; default 0. */
  readonly outputPadding?: number;
}

/** Options of the function `convTranspose1d`. */
export interface ConvTranspose1dFunctionOptions extends ConvTranspose1dWindowOptions {
  /** `[out]`, added to each channel; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * The gradient of `conv1d` for its input, as a function of its own: `convTranspose2d` with images of
 * height 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param weight `[c, out / groups, k]`
 * @param options `bias`, `stride`, `padding` (what is cut off on each side), `outputPadding`,
 *   `dilation`, `groups`
 * @returns `[n, out, (l − 1) s − 2 p + d (k − 1) + outputPadding + 1]`
 * @throws {ShapeError} if channels do not match, or nothing would be left
 * @throws {ValueError} if a size is not a whole number, or there is too much `outputPadding`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = functional.convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), { stride: 2 });
 * assert.deepEqual(y.toArray(), [[1, 10, 2, 20]]);
 * ```
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose1dFunctionOptions = {},
): Tensor {
  requireOptions("convTranspose1d", options);
  const { bias, stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups } = options;
  if (weight.ndim !== 3) {
    throw new ShapeError(
      `Cannot convTranspose1d with a weight of shape ${formatShape(weight.shape)}: it must be ` +
        `[c, out / groups, k]`,
      weight.shape,
    );
  }
  return pass(() =>
    onSequences(x, "convTranspose1d", (images) =>
      convTranspose2d(images, weight.unsqueeze(2), {
        bias,
        stride: [1, stride],
        padding: [0, padding],
        outputPadding: [0, outputPadding],
        dilation: [1, dilation],
        groups,
      }))
  );
}

/** Options of the layer `ConvTranspose1d`. */
export interface ConvTranspose1dOptions extends ConvTranspose1dWindowOptions {
  /** Whether a learnt number is added to each channel; default true. */
  readonly bias?: boolean;
}

/**
 * Makes sequences longer with learnt kernels: `[n, in, l] → [n, out, l′]`; see
 * `functional.convTranspose1d`.
 *
 * Weight and bias start uniform over `±1/√(out / groups · k)`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose1d.html).
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { ConvTranspose1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new ConvTranspose1d(8, 3, 4, { stride: 2, padding: 1 });
 * assert.deepEqual(layer(zeros([2, 8, 7])).shape, [2, 3, 14]);
 * ```
 */
export class ConvTranspose1d extends Conv<number> {
  /** Elements added at the end. */
  readonly outputPadding: number;

  /**
   * Makes the layer.
   *
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param kernelSize length of the window
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`, `bias`
   * @throws {ValueError} if the channels do not divide into the groups
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: ConvTranspose1dOptions = {},
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    const settings = { kernelSize, stride, padding, dilation, groups, bias, transposed: true };
    super(inChannels, outChannels, settings);
    this.outputPadding = options.outputPadding ?? 0;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this);
  }

  /** @internal */
  protected override describeOptions(): PrintedOption[] {
    return [...super.describeOptions(), ["outputPadding", this.outputPadding, 0]];
  }
}

/**
 * The convolutional layer.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../autograd/operands.ts";
import { apply } from "../../autograd/apply.ts";
import { ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkGroups,
  checkPaddingMode,
  Conv,
  type ConvWindowOptions,
  type NamedPadding,
  type PaddingModeOptions,
} from "./conv_base.ts";
import { formatPair, onBatch, type Pair, pair, type Size2d } from "./sizes.ts";

/** How the window of a convolution of images moves. */
export interface Conv2dWindowOptions
  extends ConvWindowOptions<Size2d, Size2d | NamedPadding>, PaddingModeOptions {}

/** Options of the function `conv2d`. */
export interface Conv2dFunctionOptions extends Conv2dWindowOptions {
  /** `[out]`, added to each channel; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * Cross-correlation: `y[n, o, i, j] = b[o] + Σ W[o, c, u, v] · x[n, c, s i + d u − p, s j + d v − p]`
 * with stride s, dilation d and padding p. With `padding: "same"` the result has the size of the
 * image; where d (kh − 1) is odd, one more row is added below than above.
 *
 * In PyTorch, only the layer has `paddingMode`. See
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param weight `W`, `[out, c / groups, kh, kw]`
 * @param options `bias`, `stride`, `padding`, `paddingMode`, `dilation`, `groups`
 * @returns `[n, out, ⌊(h + 2 p − d (kh − 1) − 1) / s⌋ + 1, …]`
 * @throws {ShapeError} if channels do not match, or the window is larger than the padded image
 * @throws {ValueError} if the padding is "same" and the stride is not 1, or the image is too small
 *   for its padding mode
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * // How much each pixel is above its left neighbour.
 * const image = tensor([[[1, 4, 9], [1, 1, 3]]]);
 * const kernel = tensor([[[[-1, 1]]]]);
 * assert.deepEqual(functional.conv2d(image, kernel).toArray(), [[[3, 5], [0, 2]]]);
 * ```
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dFunctionOptions = {}): Tensor {
  requireOptions("conv2d", options);
  requireTensors("conv2d", x, weight);
  const { bias = null, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const { paddingMode = "zeros" } = options;
  const [, , height = 0, width = 0] = weight.shape;
  checkGroups("conv2d", groups);
  checkPaddingMode("conv2d", paddingMode);
  const moves = {
    kernel: [height, width] as const,
    stride: pair(stride),
    dilation: pair(dilation),
    groups,
  };
  const { border, behind } = typeof padding === "string"
    ? namedPadding(padding, moves)
    : { border: pair(padding), behind: NO_PADDING };
  const convolve = (image: Tensor, padding: Pair) => {
    const inputs = bias === null ? [image, weight] : [image, weight, bias];
    return apply(ops.conv2d, inputs, { ...moves, padding }) as Tensor;
  };
  return onBatch(x, "conv2d", (batch) => {
    if (paddingMode !== "zeros") {
      const widths = [border[1], border[1] + behind[1], border[0], border[0] + behind[0]];
      return pass(() => convolve(batch.pad(widths, { mode: paddingMode }), NO_PADDING));
    }
    if (behind[0] === 0 && behind[1] === 0) return convolve(batch, border);
    return pass(() => convolve(batch.pad([0, behind[1], 0, behind[0]]), border));
  });
}

const NO_PADDING: Pair = [0, 0];

/** Elements on both sides, and further ones behind. */
function namedPadding(
  name: NamedPadding,
  { kernel, stride, dilation }: Record<"kernel" | "stride" | "dilation", Pair>,
): { readonly border: Pair; readonly behind: Pair } {
  if (name === "valid") return { border: NO_PADDING, behind: NO_PADDING };
  if (name !== "same") {
    throw new ValueError(`Cannot conv2d with padding "${name}": use "same", "valid" or numbers`);
  }
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new ValueError(
      `Cannot conv2d with padding "same" and stride ${
        formatPair(stride)
      }: only windows that move ` +
        `by 1 keep the size; give the padding in numbers`,
    );
  }
  const total = [0, 1].map((axis) => dilation[axis] * (kernel[axis] - 1));
  return {
    border: [total[0] >> 1, total[1] >> 1],
    behind: [total[0] % 2, total[1] % 2],
  };
}

/** Options of the layer `Conv2d`. */
export interface Conv2dOptions extends Conv2dWindowOptions {
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
 * const same = new Conv2d(1, 8, 4, { padding: "same" });
 * assert.deepEqual(same(zeros([2, 1, 28, 28])).shape, [2, 8, 28, 28]);
 * const mirrored = new Conv2d(1, 8, 3, { padding: 1, paddingMode: "reflect" });
 * assert.equal(`${mirrored}`, 'Conv2d(1, 8, 3, { padding: 1, paddingMode: "reflect" })');
 * ```
 */
export class Conv2d extends Conv<Pair, Pair | NamedPadding> {
  /**
   * Makes the layer.
   *
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `paddingMode`, `dilation`, `groups`, `bias`
   * @throws {ValueError} if the channels do not divide into the groups, or there is no such padding
   *   mode
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: Conv2dOptions = {},
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    super(inChannels, outChannels, {
      kernelSize: pair(kernelSize),
      stride: pair(stride),
      padding: typeof padding === "string" ? padding : pair(padding),
      dilation: pair(dilation),
      groups,
      bias,
      paddingMode: options.paddingMode,
      transposed: false,
    });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this);
  }
}

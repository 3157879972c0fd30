/**
 * Transposed convolution, which makes images and sequences larger.
 *
 * @module
 */

import {
  checkArguments,
  checkSameDtype,
  checkSizes,
  checkVector,
  checkWhole,
  checkWindowSizes,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { counted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, type Shape } from "../../shape.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkWeight, Conv, type ConvWindowOptions } from "./conv.ts";
import { flat, onBatch, onSequences, type Pair, paired, type Size2d } from "./sizes.ts";

/** Options of a transposed convolution; types as those of {@link ConvWindowOptions}. */
export interface ConvTransposeOptions<S = Size2d, B = Tensor | null>
  extends ConvWindowOptions<S, B> {
  /** Elements that are cut off on each side of the result; default 0. */
  readonly padding?: S;
  /** Elements added at the end of the result, fewer than stride or dilation; default 0. */
  readonly outputPadding?: S;
}

const TRANSPOSED = { stride: 1, padding: 0, dilation: 1, groups: 1, outputPadding: 0 } as const;

/**
 * Computes the gradient of `conv2d` for its input, as a function of its own: every element of `x`
 * adds a multiple of the kernel to the result, `stride` apart.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param weight `[c, out / groups, kh, kw]`
 * @param options `bias`, `stride`, `padding` (elements cut off on each side), `outputPadding`,
 *   `dilation`, `groups`
 * @returns `[n, out, (h − 1) s − 2 p + d (kh − 1) + outputPadding + 1, …]`
 * @throws {ShapeError} if channels do not match, or nothing would be left
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2]]]);
 * const weight = tensor([[[[1, 10]]]]);
 * const y = functional.convTranspose2d(x, weight, { stride: 2 });
 * assertEquals(y.toArray(), [[[1, 10, 2, 20]]]);
 * ```
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions = {},
): Tensor {
  checkArguments("convTranspose2d", arguments, 3);
  const read = paired(readOptions("convTranspose2d", options, { ...TRANSPOSED, bias: null }));
  checkWeight("convTranspose2d", weight, "[c, out / groups, kh, kw]");
  return scope(() =>
    onBatch(x, "convTranspose2d", (images) => {
      checkTransposed("convTranspose2d", x, weight, read);
      return transposed(images, weight, read);
    })
  );
}

/** The options of a transposed convolution, complete. */
type ReadTransposed<S> = Required<ConvTransposeOptions<S>>;

/** Convolves with what has been checked. */
function transposed(images: Tensor, weight: Tensor, options: ReadTransposed<Pair>): Tensor {
  const { bias, outputPadding, ...sizes } = options;
  const [, inner, height, width] = weight.shape;
  const window = { ...sizes, kernel: [height, width] as const };
  const out = inner * window.groups;
  const size = resultSize(images.shape, weight.shape, options);
  const shape: Shape = [images.shape[0], out, ...size];
  const extent = extended(images, window.stride, outputPadding);
  const y = run(ops.conv2dInputGradient, [extent, weight], { shape, window });
  return bias === null ? y : y.add(bias.reshape(out, 1, 1));
}

/**
 * Adds zeros at the end of `x` where the result has room for more of its elements: `conv2d` must take
 * the result back to exactly the size of `x`.
 */
function extended(x: Tensor, stride: Pair, extra: Pair): Tensor {
  const more = [0, 0, ...extra.map((n, i) => Math.floor(n / stride[i]))];
  if (more.every((n) => n === 0)) return x;
  const spans = x.shape.map((length) => ({ start: 0, step: 1, length }));
  return run(ops.pad, [x], { shape: x.shape.map((size, axis) => size + more[axis]), spans });
}

/** Returns the sizes of the result along the last axes, those of the window. */
function resultSize<S extends number | Pair>(
  shape: Shape,
  [, , ...kernelSize]: Shape,
  { stride, padding, dilation, outputPadding }: ReadTransposed<S>,
): number[] {
  const [s, p, d, extra] = [stride, padding, dilation, outputPadding].map((size) => [size].flat());
  return kernelSize.map((k, i) => {
    const size = shape[shape.length - kernelSize.length + i];
    return (size - 1) * s[i] - 2 * p[i] + d[i] * (k - 1) + extra[i] + 1;
  });
}

/** Rejects what does not fit together. */
function checkTransposed<S extends number | Pair>(
  action: string,
  x: Tensor,
  weight: Tensor,
  options: ReadTransposed<S>,
): void {
  const { bias, groups, stride, dilation, outputPadding } = options;
  checkWhole(`${action} in ${groups} groups`, groups, 1);
  const [c, inner, ...kernelSize] = weight.shape;
  const axes = kernelSize.length as 1 | 2;
  const channels = x.shape[x.ndim - axes - 1];
  const fail = (reason: string): never => {
    throw new ShapeError(
      `Cannot ${action} ${formatShape(x.shape)} with a weight ${
        formatShape(weight.shape)
      }${reason}`,
      x.shape,
      weight.shape,
    );
  };
  if (c !== channels) {
    fail(`: its first axis must be the ${counted(channels, "channel")} of the input`);
  }
  if (channels % groups !== 0) {
    fail(` in ${groups} groups: the channels must divide into the groups`);
  }
  checkSameDtype(action, x, weight, "weight");
  checkVector(action, x, bias, [inner * groups]);
  checkWindowSizes(
    action,
    { ...options, kernelSize: axes === 1 ? kernelSize[0] : kernelSize },
    axes,
  );
  checkSizes(action, "outputPadding", outputPadding, 0, axes);
  const [s, d] = [[stride].flat(), [dilation].flat()];
  const wrong = [outputPadding].flat().findIndex((extra, i) => extra >= Math.max(s[i], d[i]));
  if (wrong >= 0) {
    throw new ValueError(
      `Cannot ${action} with outputPadding ${[outputPadding].flat()[wrong]}, stride ${
        s[wrong]
      } and ` +
        `dilation ${d[wrong]}: the first must be smaller than one of the others`,
    );
  }
  const size = resultSize(x.shape, weight.shape, options);
  if (size.every((n) => n > 0)) return;
  const shape = [...x.shape.slice(0, -axes - 1), inner * groups, ...size];
  fail(`: the result would be ${formatShape(shape)}; use less padding`);
}

/**
 * Makes images larger with learnt kernels: `[n, in, h, w] → [n, out, h′, w′]`; see
 * `functional.convTranspose2d`.
 *
 * Weight and bias start uniform over `±1/√(out / groups · kh · kw)`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html).
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { ConvTranspose2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new ConvTranspose2d(8, 3, 4, { stride: 2, padding: 1 });
 * assertEquals(layer(zeros([2, 8, 7, 7])).shape, [2, 3, 14, 14]);
 * ```
 */
export class ConvTranspose2d extends Conv<Pair> {
  /** Rows and columns that are cut off on each side. */
  declare readonly padding: Pair;
  /** Rows and columns added at the end. */
  declare readonly outputPadding: Pair;

  /**
   * Makes the layer.
   *
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param kernelSize height and width of the window
   * @param options `stride`, `padding`, `outputPadding`, `dilation`, `groups`, `bias`
   * @throws {ValueError} if the channels do not divide into the groups
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Size2d,
    options: ConvTransposeOptions<Size2d, boolean> = {},
  ) {
    checkArguments("make ConvTranspose2d", arguments, 4);
    super({ inChannels, outChannels, kernelSize }, options, TRANSPOSED, paired);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this);
  }
}

/**
 * Computes the gradient of `conv1d` for its input, as `convTranspose2d` does with images of height
 * 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param weight `[c, out / groups, k]`
 * @param options `bias`, `stride`, `padding` (elements cut off on each side), `outputPadding`,
 *   `dilation`, `groups`
 * @returns `[n, out, (l − 1) s − 2 p + d (k − 1) + outputPadding + 1]`
 * @throws {ShapeError} if channels do not match, or nothing would be left
 * @throws {ValueError} if a size is not a whole number, or there is too much `outputPadding`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), { stride: 2 });
 * assertEquals(y.toArray(), [[1, 10, 2, 20]]);
 * ```
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions<number> = {},
): Tensor {
  checkArguments("convTranspose1d", arguments, 3);
  const read = readOptions("convTranspose1d", options, { ...TRANSPOSED, bias: null });
  checkWeight("convTranspose1d", weight, "[c, out / groups, k]");
  return scope(() =>
    onSequences(x, "convTranspose1d", (images) => {
      checkTransposed("convTranspose1d", x, weight, read);
      return transposed(images, weight.unsqueeze(2), flat(read));
    })
  );
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
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new ConvTranspose1d(8, 3, 4, { stride: 2, padding: 1 });
 * assertEquals(layer(zeros([2, 8, 7])).shape, [2, 3, 14]);
 * ```
 */
export class ConvTranspose1d extends Conv<number> {
  /** Elements that are cut off on each side. */
  declare readonly padding: number;
  /** Elements added at the end. */
  declare readonly outputPadding: number;

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
    options: ConvTransposeOptions<number, boolean> = {},
  ) {
    checkArguments("make ConvTranspose1d", arguments, 4);
    super({ inChannels, outChannels, kernelSize }, options, TRANSPOSED);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this);
  }
}

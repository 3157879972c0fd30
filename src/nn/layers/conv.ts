/**
 * Convolution of images and sequences.
 *
 * @module
 */

import {
  checkArguments,
  checkConvolution,
  checkShape,
  checkTensors,
  checkWhole,
  checkWindowSizes,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { counted, quoted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import type { PadMode } from "../../tensor/shape.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer, formatValue } from "./configured_layer.ts";
import { resetAffine } from "./linear.ts";
import { flat, onBatch, onSequences, type Pair, paired, type Size2d } from "./sizes.ts";

/** Padding by name: as much as keeps the size, with one more behind if it is odd; or none. */
export type NamedPadding = "same" | "valid";

/** Elements beyond the border: zeros, or those that `Tensor.pad` makes of the image. */
export type PaddingMode = "zeros" | Exclude<PadMode, "constant">;

/**
 * Options of a transposed convolution and of a convolution, without its padding.
 *
 * @typeParam S sizes: a number for sequences, one or two for images
 * @typeParam B the bias: a tensor for a function, for a layer true if it learns one
 */
export interface ConvWindowOptions<S = Size2d, B = Tensor | null> {
  /** Distance between neighbouring windows; default 1. */
  readonly stride?: S;
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: S;
  /** Number of parts that channels are divided into, each convolved apart; default 1. */
  readonly groups?: number;
  /** Added to each channel: `[out]` for a function, by default none; learnt by a layer by default. */
  readonly bias?: B;
}

/** Options of a convolution; types as those of {@link ConvWindowOptions}. */
export interface ConvOptions<S = Size2d, B = Tensor | null> extends ConvWindowOptions<S, B> {
  /** Elements on each side; default 0. */
  readonly padding?: S | NamedPadding;
  /**
   * `"reflect"`: the neighbours mirrored, without the edge itself. `"replicate"`: the edge again.
   * `"circular"`: the other end. Default `"zeros"`.
   */
  readonly paddingMode?: PaddingMode;
}

const CONV = { stride: 1, padding: 0, paddingMode: "zeros", dilation: 1, groups: 1 } as const;

/** Base of the layers of convolution and of transposed convolution. */
export abstract class Conv<S extends number | Pair> extends ConfiguredLayer {
  /** Channels of the input. */
  declare readonly inChannels: number;
  /** Channels of the output. */
  declare readonly outChannels: number;
  /** Size of the window. */
  declare readonly kernelSize: S;
  /** Distance between neighbouring windows. */
  declare readonly stride: S;
  /** Kind of the elements beyond the border. */
  readonly paddingMode: PaddingMode;
  /** Distance between neighbouring elements of a window. */
  declare readonly dilation: S;
  /** Number of parts that channels are divided into. */
  declare readonly groups: number;
  /** `[out, in / groups, …kernelSize]`, or transposed `[in, out / groups, …kernelSize]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param sizes the arguments in front of the options
   * @param options those that were given
   * @param defaults of all options; those with `outputPadding` are of a transposed convolution
   * @param convert makes fields of the arguments, if they differ
   * @throws {ValueError} if the channels do not divide into the groups, or there is no such padding
   *   mode
   */
  constructor(
    sizes: {
      readonly inChannels: number;
      readonly outChannels: number;
      readonly kernelSize: Size2d;
    },
    options: ConvOptions<S | Size2d, boolean>,
    defaults: object,
    convert?: (fields: Readonly<Record<string, unknown>>) => object,
  ) {
    super(sizes, options, { ...defaults, bias: true }, convert);
    const { inChannels, outChannels, kernelSize, groups } = this;
    const { bias = true, paddingMode = "zeros" } = options;
    const action = `make ${new.target.name}`;
    checkWhole(`${action} in ${groups} groups`, groups, 1);
    checkPaddingMode(action, paddingMode);
    this.paddingMode = paddingMode;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Cannot ${action} from ${inChannels} to ${
          counted(outChannels, "channel")
        } in ${groups} groups: both ` +
          `must divide by ${groups}`,
      );
    }
    const isTransposed = "outputPadding" in defaults;
    const [from, to] = isTransposed ? [outChannels, inChannels] : [inChannels, outChannels];
    const shape = [to, from / groups, ...[kernelSize].flat()];
    checkShape(shape, action);
    this.weight = new Parameter(zeros(shape));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    resetAffine(this.weight, this.bias);
    guardFields(this);
  }
}

const PADDING_MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];

function checkPaddingMode(action: string, mode: PaddingMode): void {
  if (PADDING_MODES.includes(mode)) return;
  throw new ValueError(
    `Cannot ${action} with padding mode ${quoted(mode)}: use ${PADDING_MODES.join(", ")}`,
  );
}

/** Rejects a weight that is not of `layout`, with as many axes. */
export function checkWeight(action: string, weight: Tensor, layout: string): void {
  checkTensors(action, weight);
  if (weight.ndim === layout.split(", ").length) return;
  throw new ShapeError(
    `Cannot ${action} with a weight of shape ${formatShape(weight.shape)}: it must be ${layout}`,
    weight.shape,
  );
}

/**
 * Convolves images; as everywhere in deep learning, this is cross-correlation: `y[n, o, i, j] =
 * b[o] + Σ W[o, c, u, v] · x[n, c, s i + d u − p, s j + d v − p]` with stride s, dilation d and
 * padding p. With `padding: "same"` the result has the size of the image; where d (kh − 1) is odd,
 * one more row is added below than above.
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
 * import { assertEquals } from "@std/assert";
 *
 * // How much each pixel is above its left neighbour.
 * const image = tensor([[[1, 4, 9], [1, 1, 3]]]);
 * const kernel = tensor([[[[-1, 1]]]]);
 * assertEquals(functional.conv2d(image, kernel).toArray(), [[[3, 5], [0, 2]]]);
 * ```
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  checkArguments("conv2d", arguments, 3);
  const read = paired(readOptions("conv2d", options, { ...CONV, bias: null }));
  checkWeight("conv2d", weight, "[out, c / groups, kh, kw]");
  return onBatch(x, "conv2d", (images) => {
    checkConv("conv2d", x, weight, read);
    return convolve(images, weight, read);
  });
}

/** The options of a convolution, complete. */
type ReadConv<S> = Required<ConvOptions<S>>;

/** Rejects what does not fit together. */
function checkConv<S extends number | Pair>(
  action: string,
  x: Tensor,
  weight: Tensor,
  options: ReadConv<S>,
): void {
  const { bias, paddingMode, dilation, groups } = options;
  checkWhole(`${action} in ${groups} groups`, groups, 1);
  checkPaddingMode(action, paddingMode);
  const [, , ...kernelSize] = weight.shape;
  const total = checkWindow(action, kernelSize, options);
  checkConvolution(action, [x, weight, bias], { dilation, groups }, total);
}

/** Rejects a window that makes no sense; returns the elements that its padding adds along each axis. */
function checkWindow<S extends number | Pair>(
  action: string,
  kernelSize: readonly number[],
  { stride, padding, dilation }: Pick<ReadConv<S>, "stride" | "padding" | "dilation">,
): readonly number[] {
  const axes = kernelSize.length as 1 | 2;
  const isNamed = typeof padding === "string";
  const size = axes === 1 ? kernelSize[0] : kernelSize;
  checkWindowSizes(
    action,
    { kernelSize: size, stride, padding: isNamed ? size : padding, dilation },
    axes,
  );
  const gaps = [dilation].flat();
  return isNamed
    ? namedPadding(action, padding, stride, kernelSize.map((n, i) => gaps[i] * (n - 1)))
    : [padding].flat().map((n) => 2 * n);
}

const NO_PADDING: Pair = [0, 0];

/** Convolves with what has been checked. */
function convolve(images: Tensor, weight: Tensor, options: ReadConv<Pair>): Tensor {
  const { bias, stride, padding, paddingMode, dilation, groups } = options;
  const [, , height, width] = weight.shape;
  const kernel: Pair = [height, width];
  const total = padding === "same" ? kernel.map((n, i) => dilation[i] * (n - 1)) : NO_PADDING;
  const border: Pair = typeof padding === "string" ? [total[0] >> 1, total[1] >> 1] : padding;
  const behind: Pair = [total[0] % 2, total[1] % 2];
  const run2d = (images: Tensor, padding: Pair) =>
    run(ops.conv2d, bias === null ? [images, weight] : [images, weight, bias], {
      kernel,
      stride,
      padding,
      dilation,
      groups,
    });
  if (paddingMode !== "zeros") {
    const widths = [border[1], border[1] + behind[1], border[0], border[0] + behind[0]];
    return scope(() => run2d(images.pad(widths, { mode: paddingMode }), NO_PADDING));
  }
  if (behind[0] === 0 && behind[1] === 0) return run2d(images, border);
  return scope(() => run2d(images.pad([0, behind[1], 0, behind[0]]), border));
}

/** Returns the elements that a named padding adds along each axis, on both sides together. */
function namedPadding(
  action: string,
  name: NamedPadding,
  stride: number | Pair,
  same: readonly number[],
): readonly number[] {
  if (name === "valid") return NO_PADDING;
  if (name !== "same") {
    throw new ValueError(`Cannot ${action} with padding "${name}": use "same", "valid" or numbers`);
  }
  if ([stride].flat().every((n) => n === 1)) return same;
  throw new ValueError(
    `Cannot ${action} with padding "same" and stride ${formatValue(stride)}: only windows that ` +
      `move by 1 keep the size; give the padding in numbers`,
  );
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
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Conv2d(1, 8, 3, { padding: 1 });
 * assertEquals(layer(zeros([2, 1, 28, 28])).shape, [2, 8, 28, 28]);
 * const same = new Conv2d(1, 8, 4, { padding: "same" });
 * assertEquals(same(zeros([2, 1, 28, 28])).shape, [2, 8, 28, 28]);
 * const mirrored = new Conv2d(1, 8, 3, { padding: 1, paddingMode: "reflect" });
 * assertEquals(`${mirrored}`, 'Conv2d(1, 8, 3, { padding: 1, paddingMode: "reflect" })');
 * ```
 */
export class Conv2d extends Conv<Pair> {
  /** Rows and columns on each side. */
  declare readonly padding: Pair | NamedPadding;

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
    options: ConvOptions<Size2d, boolean> = {},
  ) {
    checkArguments("make Conv2d", arguments, 4);
    super({ inChannels, outChannels, kernelSize }, options, CONV, paired);
    checkWindow("make Conv2d", this.kernelSize, this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this);
  }
}

/**
 * Convolves sequences, as `conv2d` convolves images of height 1.
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
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3, 4]]);
 * const y = functional.conv1d(x, tensor([[[1, 10]]]), { bias: tensor([100]) });
 * assertEquals(y.toArray(), [[121, 132, 143]]);
 * ```
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvOptions<number> = {}): Tensor {
  checkArguments("conv1d", arguments, 3);
  const read = readOptions("conv1d", options, { ...CONV, bias: null });
  checkWeight("conv1d", weight, "[out, c / groups, k]");
  return scope(() =>
    onSequences(x, "conv1d", (images) => {
      checkConv("conv1d", x, weight, read);
      return convolve(images, weight.unsqueeze(2), flat(read));
    })
  );
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
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Conv1d(3, 8, 5, { stride: 2 });
 * assertEquals(layer(zeros([2, 3, 15])).shape, [2, 8, 6]);
 * ```
 */
export class Conv1d extends Conv<number> {
  /** Elements on each side. */
  declare readonly padding: number | NamedPadding;

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
    options: ConvOptions<number, boolean> = {},
  ) {
    checkArguments("make Conv1d", arguments, 4);
    super({ inChannels, outChannels, kernelSize }, options, CONV);
    checkWindow("make Conv1d", [this.kernelSize], this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this);
  }
}

/**
 * Convolution of images and sequences.
 *
 * @module
 */

import { checkArguments, checkShape, checkTensors, checkWhole, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import type { Convolution } from "../../kernels/kernels.ts";
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
        `Cannot ${action} from ${inChannels} to ${outChannels} channels in ${groups} groups: both ` +
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
    `Cannot ${action} with padding mode "${mode}": use ${PADDING_MODES.join(", ")}`,
  );
}

/** Runs a convolution of images on sequences: as images of height 1, with a weight of height 1. */
export function onRows(
  name: string,
  x: Tensor,
  weight: Tensor,
  layout: string,
  convolve: (images: Tensor, weight: Tensor) => Tensor,
): Tensor {
  checkTensors(name, weight);
  if (weight.ndim !== 3) {
    throw new ShapeError(
      `Cannot ${name} with a weight of shape ${formatShape(weight.shape)}: it must be ${layout}`,
      weight.shape,
    );
  }
  return scope(() => onSequences(x, name, (images) => convolve(images, weight.unsqueeze(2))));
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
  checkTensors("conv2d", weight);
  const read = paired(readOptions("conv2d", options, { ...CONV, bias: null }));
  const { bias, stride, padding, paddingMode, dilation, groups } = read;
  checkWhole(`conv2d in ${groups} groups`, groups, 1);
  checkPaddingMode("conv2d", paddingMode);
  const [, , height = 0, width = 0] = weight.shape;
  const window = { kernel: [height, width] as const, stride, dilation, groups };
  const { border, behind } = typeof padding === "string"
    ? namedPadding(padding, window)
    : { border: padding, behind: NO_PADDING };
  const convolve = (image: Tensor, padding: Pair) =>
    run(ops.conv2d, bias === null ? [image, weight] : [image, weight, bias], {
      ...window,
      padding,
    });
  return onBatch(x, "conv2d", (batch) => {
    if (paddingMode !== "zeros") {
      const widths = [border[1], border[1] + behind[1], border[0], border[0] + behind[0]];
      return scope(() => convolve(batch.pad(widths, { mode: paddingMode }), NO_PADDING));
    }
    if (behind[0] === 0 && behind[1] === 0) return convolve(batch, border);
    return scope(() => convolve(batch.pad([0, behind[1], 0, behind[0]]), border));
  });
}

const NO_PADDING: Pair = [0, 0];

/** Returns the elements that a named padding adds on both sides, and further ones behind. */
function namedPadding(
  name: NamedPadding,
  { kernel, stride, dilation }: Omit<Convolution, "padding">,
): { readonly border: Pair; readonly behind: Pair } {
  if (name === "valid") return { border: NO_PADDING, behind: NO_PADDING };
  if (name !== "same") {
    throw new ValueError(`Cannot conv2d with padding "${name}": use "same", "valid" or numbers`);
  }
  if (stride[0] !== 1 || stride[1] !== 1) {
    throw new ValueError(
      `Cannot conv2d with padding "same" and stride ${
        formatValue(stride)
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
  const read = flat(readOptions("conv1d", options, { ...CONV, bias: null }));
  return onRows(
    "conv1d",
    x,
    weight,
    "[out, c / groups, k]",
    (x, weight) => conv2d(x, weight, read),
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
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this);
  }
}

/**
 * What the layers of convolution have in common.
 *
 * @module
 */

import { apply } from "../../autograd/apply.ts";
import { requireOptions, requireTensors } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { resetAffine } from "./linear.ts";
import { formatPair, onBatch, onSequences, type Pair, pair, type Size2d } from "./sizes.ts";
import { formatArguments, Module, type PrintedOption } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { ops } from "../../ops/table.ts";
import { checkShape } from "../../checks.ts";
import { formatShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import type { PadMode } from "../../tensor/shape.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Padding by name: as much as keeps the size, with one more behind if it is odd; or none. */
export type NamedPadding = "same" | "valid";

/** What a window sees beyond the border: zeros, or what `Tensor.pad` makes of the image. */
export type PaddingMode = "zeros" | Exclude<PadMode, "constant">;

/** How the window of a convolution moves. */
export interface ConvWindowOptions<S = Size2d, P = S> {
  /** Distance between neighbouring windows; default 1. */
  readonly stride?: S;
  /** Elements on each side, zeros unless said otherwise; default 0. */
  readonly padding?: P;
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: S;
  /** Into how many parts channels are divided, each convolved apart; default 1. */
  readonly groups?: number;
}

/** What a convolution sees beyond the border. */
export interface PaddingModeOptions {
  /**
   * `"reflect"`: the neighbours mirrored, without the edge itself. `"replicate"`: the edge again.
   * `"circular"`: the other end. Default `"zeros"`.
   */
  readonly paddingMode?: PaddingMode;
}

/** What a layer of convolution is made with. */
export interface ConvSettings<S, P = S>
  extends Required<ConvWindowOptions<S, P>>, PaddingModeOptions {
  /** Size of the window. */
  readonly kernelSize: S;
  /** Whether a learnt number is added to each channel. */
  readonly bias: boolean;
  /** Whether the weight is `[in, out / groups, …]` rather than `[out, in / groups, …]`. */
  readonly transposed: boolean;
}

/**
 * A layer of convolution: windows of sequences have a number as size, those of images a pair.
 *
 * @example
 * ```ts
 * import { Conv, Conv2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Conv2d(4, 8, 3, { groups: 2 });
 * assert.ok(layer instanceof Conv);
 * assert.deepEqual(layer.kernelSize, [3, 3]);
 * assert.deepEqual(layer.weight.shape, [8, 2, 3, 3]);
 * ```
 */
export abstract class Conv<
  S extends number | Pair,
  P extends S | NamedPadding = S,
> extends Module {
  /** Channels of the input. */
  readonly inChannels: number;
  /** Channels of the output. */
  readonly outChannels: number;
  /** Size of the window. */
  readonly kernelSize: S;
  /** Distance between neighbouring windows. */
  readonly stride: S;
  /** Elements on each side; in a transposed convolution, what is cut off there. */
  readonly padding: P;
  /** What these elements are. */
  readonly paddingMode: PaddingMode;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: S;
  /** Into how many parts channels are divided. */
  readonly groups: number;
  /** `[out, in / groups, …kernelSize]`, or transposed `[in, out / groups, …kernelSize]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @internal
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param settings see {@link ConvSettings}
   * @throws {ValueError} if the channels do not divide into the groups, or there is no such padding
   *   mode
   */
  constructor(inChannels: number, outChannels: number, settings: ConvSettings<S, P>) {
    super();
    const { kernelSize, groups, bias, transposed, paddingMode = "zeros" } = settings;
    const name = new.target.name;
    checkGroups(`make a ${name}`, groups);
    checkPaddingMode(`make a ${name}`, paddingMode);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Cannot make a ${name} from ${inChannels} to ${outChannels} channels in ${groups} groups: ` +
          `both must divide by ${groups}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = settings.stride;
    this.padding = settings.padding;
    this.paddingMode = paddingMode;
    this.dilation = settings.dilation;
    this.groups = groups;
    const [from, to] = transposed ? [outChannels, inChannels] : [inChannels, outChannels];
    const shape = [to, from / groups, ...[kernelSize].flat()];
    checkShape(shape, `make a ${name}`);
    this.weight = new Parameter(zeros(shape));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    resetAffine(this.weight, this.bias);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const { inChannels, outChannels, kernelSize } = this;
    return formatArguments([inChannels, outChannels, printed(kernelSize)], this.describeOptions());
  }

  /**
   * The options as they are printed.
   *
   * @internal
   */
  protected describeOptions(): PrintedOption[] {
    return [
      ["stride", printed(this.stride), "1"],
      ["padding", printed(this.padding), "0"],
      ["paddingMode", printed(this.paddingMode), printed("zeros")],
      ["dilation", printed(this.dilation), "1"],
      ["groups", this.groups, 1],
      ["bias", this.bias !== null, true],
    ];
  }
}

function printed(size: number | Pair | string): string {
  if (typeof size === "string") return `"${size}"`;
  return typeof size === "number" ? `${size}` : formatPair(size);
}

/** @throws {ValueError} unless `groups` is a whole number, 1 or more */
export function checkGroups(action: string, groups: number): void {
  if (Number.isInteger(groups) && groups > 0) return;
  throw new ValueError(`Cannot ${action} in ${groups} groups: use a whole number, 1 or more`);
}

const PADDING_MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];

/** @throws {ValueError} unless `mode` is one of {@link PaddingMode} */
export function checkPaddingMode(action: string, mode: PaddingMode): void {
  if (PADDING_MODES.includes(mode)) return;
  throw new ValueError(
    `Cannot ${action} with padding mode "${mode}": use ${PADDING_MODES.join(", ")}`,
  );
}

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
  return scope(() =>
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
      return scope(() => convolve(batch.pad(widths, { mode: paddingMode }), NO_PADDING));
    }
    if (behind[0] === 0 && behind[1] === 0) return convolve(batch, border);
    return scope(() => convolve(batch.pad([0, behind[1], 0, behind[0]]), border));
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

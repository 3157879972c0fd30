/**
 * The transpose of the convolutional layer for sequences, which makes them longer.
 *
 * @module
 */

import { checkVector, requireOptions } from "../../checks.ts";
import { promote } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import type { PrintedOption } from "../module.ts";
import { checkGroups, Conv, type ConvWindowOptions } from "./conv.ts";
import { formatPair, onBatch, onSequences, pair, type Size2d } from "./sizes.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, type Shape } from "../../shape.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

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
  return scope(() =>
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

/** How the window of a transposed convolution moves. */
export interface ConvTransposeWindowOptions extends ConvWindowOptions {
  /** Rows and columns added at the end of the result, fewer than stride or dilation; default 0. */
  readonly outputPadding?: Size2d;
}

/** Options of the function `convTranspose2d`. */
export interface ConvTranspose2dFunctionOptions extends ConvTransposeWindowOptions {
  /** `[out]`, added to each channel; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * The gradient of `conv2d` for its input, as a function of its own: every element of `x` adds a
 * multiple of the kernel to the result, `stride` apart.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param weight `[c, out / groups, kh, kw]`
 * @param options `bias`, `stride`, `padding` (what is cut off on each side), `outputPadding`,
 *   `dilation`, `groups`
 * @returns `[n, out, (h − 1) s − 2 p + d (kh − 1) + outputPadding + 1, …]`
 * @throws {ShapeError} if channels do not match, or nothing would be left
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2]]]);
 * const weight = tensor([[[[1, 10]]]]);
 * const y = functional.convTranspose2d(x, weight, { stride: 2 });
 * assert.deepEqual(y.toArray(), [[[1, 10, 2, 20]]]);
 * ```
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose2dFunctionOptions = {},
): Tensor {
  requireOptions("convTranspose2d", options);
  const { bias = null, stride = 1, padding = 0, outputPadding = 0, dilation = 1 } = options;
  const { groups = 1 } = options;
  checkGroups("convTranspose2d", groups);
  const [, , height = 0, width = 0] = weight.shape;
  const window = {
    kernel: [height, width] as const,
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
    groups,
  };
  const extra = pair(outputPadding);
  return scope(() =>
    onBatch(x, "convTranspose2d", (batch) => {
      checkOperands(batch, weight, groups);
      const out = weight.shape[1] * groups;
      checkVector("convTranspose2d", x, bias, [out]);
      const size = ([0, 1] as const).map((i) => resultSize(batch.shape[2 + i], i, window, extra));
      const shape: Shape = [batch.shape[0], out, ...size];
      if (size.some((n) => n <= 0)) {
        throw new ShapeError(
          `Cannot convTranspose2d ${formatShape(x.shape)} with a weight ` +
            `${formatShape(weight.shape)}: the result would be ${formatShape(shape)}; use less ` +
            `padding`,
          x.shape,
          weight.shape,
        );
      }
      const y = run(ops.conv2dInput, [extended(batch, window.stride, extra), weight], {
        shape,
        window,
      });
      return bias === null ? y : y.add(bias.reshape(out, 1, 1));
    })
  );
}

/**
 * `x` with zeros at its end where the result has room for more of its elements: `conv2d` must take
 * the result back to exactly the size of what it was made from.
 */
function extended(x: Tensor, stride: Pair, extra: Pair): Tensor {
  const more = [0, 0, ...extra.map((n, i) => Math.floor(n / stride[i]))];
  if (more.every((n) => n === 0)) return x;
  const spans = x.shape.map((length) => ({ start: 0, step: 1, length }));
  return run(ops.pad, [x], { shape: x.shape.map((size, axis) => size + more[axis]), spans });
}

/** Size of the result along an axis. */
function resultSize(
  size: number,
  axis: 0 | 1,
  { kernel, stride, padding, dilation }: Record<"kernel" | "stride" | "padding" | "dilation", Pair>,
  extra: Pair,
): number {
  const sizes: [string, number, number][] = [
    ["kernel", kernel[axis], 1],
    ["stride", stride[axis], 1],
    ["padding", padding[axis], 0],
    ["dilation", dilation[axis], 1],
    ["outputPadding", extra[axis], 0],
  ];
  for (const [name, value, least] of sizes) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new ValueError(
      `Cannot convTranspose2d with ${name} ${value}: it must be a whole number, ${least} or more`,
    );
  }
  const [s, d] = [stride[axis], dilation[axis]];
  if (extra[axis] >= Math.max(s, d)) {
    throw new ValueError(
      `Cannot convTranspose2d with outputPadding ${
        extra[axis]
      }, stride ${s} and dilation ${d}: the ` +
        `first must be smaller than one of the others`,
    );
  }
  return (size - 1) * s - 2 * padding[axis] + d * (kernel[axis] - 1) + extra[axis] + 1;
}

function checkOperands(x: Tensor, weight: Tensor, groups: number): void {
  const action = `Cannot convTranspose2d ${formatShape(x.shape)} with a weight ` +
    `${formatShape(weight.shape)}`;
  if (weight.ndim !== 4 || weight.shape[0] !== x.shape[1]) {
    throw new ShapeError(
      `${action}: the weight must be [c, out / groups, kh, kw] with c = ${x.shape[1]}`,
      x.shape,
      weight.shape,
    );
  }
  if (x.shape[1] % groups !== 0) {
    throw new ShapeError(
      `${action} in ${groups} groups: the channels must divide into the groups`,
      x.shape,
      weight.shape,
    );
  }
  if (x.dtype === weight.dtype) return;
  throw new DTypeError(
    `${action} of ${weight.dtype}, not ${x.dtype}: convert one with ` +
      `.to("${promote(x.dtype, weight.dtype)}")`,
  );
}

/** Options of the layer `ConvTranspose2d`. */
export interface ConvTranspose2dOptions extends ConvTransposeWindowOptions {
  /** Whether a learnt number is added to each channel; default true. */
  readonly bias?: boolean;
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
 * import assert from "node:assert/strict";
 *
 * const layer = new ConvTranspose2d(8, 3, 4, { stride: 2, padding: 1 });
 * assert.deepEqual(layer(zeros([2, 8, 7, 7])).shape, [2, 3, 14, 14]);
 * ```
 */
export class ConvTranspose2d extends Conv<Pair> {
  /** Rows and columns added at the end. */
  readonly outputPadding: Pair;

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
    options: ConvTranspose2dOptions = {},
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options;
    super(inChannels, outChannels, {
      kernelSize: pair(kernelSize),
      stride: pair(stride),
      padding: pair(padding),
      dilation: pair(dilation),
      groups,
      bias,
      transposed: true,
    });
    this.outputPadding = pair(options.outputPadding ?? 0);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this);
  }

  /** @internal */
  protected override describeOptions(): PrintedOption[] {
    return [
      ...super.describeOptions(),
      ["outputPadding", formatPair(this.outputPadding), "0"],
    ];
  }
}

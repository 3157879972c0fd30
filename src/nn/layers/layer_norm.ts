/**
 * Normalization of each example by itself: over the last axes, or over groups of channels.
 *
 * @module
 */

import {
  checkArguments,
  checkList,
  checkShape,
  checkTensors,
  checkType,
  checkVector,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { counted, quoted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { ones, zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/** Returns `x · scale + shift`, where both are reshaped to `shape` first; either may be absent. */
export function rescale(
  x: Tensor,
  scale: Tensor | null,
  shift: Tensor | null,
  shape: Shape,
): Tensor {
  if (scale === null) return shift === null ? x : x.add(shift.reshape(shape));
  if (shift === null) return x.mul(scale.reshape(shape));
  return run(ops.scaleShift, [x, scale.reshape(shape), shift.reshape(shape)]);
}

/** Returns the shape that broadcasts `[c]` to `[n, c, …]`. */
export function channelsOf(x: Tensor): Shape {
  return [x.shape[1], ...x.shape.slice(2).map(() => 1)];
}

/** Options of the functions that normalize. */
export interface NormFunctionOptions {
  /** Multiplied in the end; ones if left out. */
  readonly weight?: Tensor | null;
  /** Added in the end; zeros if left out. */
  readonly bias?: Tensor | null;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/** Options of `rmsNorm`; `eps` is by default the rounding unit of the input's dtype. */
export type RMSNormFunctionOptions = Pick<NormFunctionOptions, "weight" | "eps">;

/** One size, or several. */
export type NormalizedShape = number | readonly number[];

/** Options of `RMSNorm`. */
export interface RMSNormOptions {
  /** Added to the variance; default 1e-5, for `RMSNorm` the rounding unit of the input's dtype. */
  readonly eps?: number;
  /** True to learn weights for each element; default true. */
  readonly elementwiseAffine?: boolean;
}

/** Options of `LayerNorm`. */
export interface LayerNormOptions extends RMSNormOptions {
  /** False to learn a scale without a shift, if affine; default true. */
  readonly bias?: boolean;
}

/** Defaults of the functions that normalize. */
export const NORM = { weight: null, bias: null, eps: 1e-5 } as const;

/** Base of the layers that normalize over the last axes. */
export abstract class LastAxesNorm extends ConfiguredLayer {
  /** The sizes of the last axes. */
  declare readonly normalizedShape: Shape;
  /** True if the layer learns weights. */
  declare readonly elementwiseAffine: boolean;
  /** Of the normalized shape, if affine. */
  weight: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param normalizedShape the sizes of the last axes
   * @param options those that were given
   * @param defaults of all options
   */
  constructor(
    normalizedShape: NormalizedShape,
    options: LayerNormOptions,
    defaults: LayerNormOptions,
  ) {
    const shape = shapeOf(normalizedShape);
    super({ normalizedShape: shape }, options, defaults);
    checkShape(shape, `make ${new.target.name}`);
    this.weight = this.elementwiseAffine ? new Parameter(ones(shape)) : null;
    guardFields(this);
  }
}

/**
 * Computes `y = (x − mean) / √(var + ε) · weight + bias`, with mean and (biased) variance over the
 * last axes.
 *
 * Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
 *
 * @param x any shape that ends in `normalizedShape`
 * @param normalizedShape the sizes of the last axes
 * @param options `weight` and `bias` of that shape, `eps`
 * @returns as `x`
 * @throws {ShapeError} if `x` does not end in that shape, or weights do not have it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 3], [10, 30]]);
 * const y = functional.layerNorm(x, 2, { eps: 0, bias: tensor([0, 5]) });
 * assertEquals(y.toArray(), [[-1, 6], [-1, 6]]);
 * ```
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: NormalizedShape,
  options: NormFunctionOptions = {},
): Tensor {
  checkArguments("layerNorm", arguments, 3);
  const { weight, bias, eps } = readOptions("layerNorm", options, NORM);
  return overLastAxes("layerNorm", x, shapeOf(normalizedShape), weight, bias, eps, true);
}

/**
 * Normalizes over the last axes; see `functional.layerNorm`.
 *
 * The weight starts as 1 and the bias as 0, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LayerNorm } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new LayerNorm(2, { eps: 0 });
 * assertEquals(layer(tensor([[1, 3], [8, 2]])).toArray(), [[-1, 1], [1, -1]]);
 * ```
 */
export class LayerNorm extends LastAxesNorm {
  /** Added to the variance. */
  declare readonly eps: number;
  /** Of the normalized shape, if affine and not left out. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param normalizedShape the sizes of the last axes
   * @param options `eps`, `elementwiseAffine`, `bias`
   */
  constructor(normalizedShape: NormalizedShape, options: LayerNormOptions = {}) {
    checkArguments("make LayerNorm", arguments, 2);
    super(normalizedShape, options, { eps: 1e-5, elementwiseAffine: true, bias: true });
    const { bias = true } = options;
    this.bias = this.elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape)) : null;
    guardFields(this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this);
  }
}

/**
 * Computes `y = x / √(mean x² + ε) · weight`, with the mean over the last axes.
 *
 * Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
 *
 * @param x any shape that ends in `normalizedShape`
 * @param normalizedShape the sizes of the last axes
 * @param options `weight` of that shape; `eps`, by default the rounding unit of the dtype of x
 * @returns as `x`
 * @throws {ShapeError} if `x` does not end in that shape, or the weight does not have it
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.rmsNorm(tensor([[1, 7]]), 2, { eps: 0, weight: tensor([5, 5]) });
 * assertEquals(y.toArray(), [[1, 7]]); // √((1² + 7²) / 2) = 5
 * ```
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: NormalizedShape,
  options: RMSNormFunctionOptions = {},
): Tensor {
  checkArguments("rmsNorm", arguments, 3);
  const defaults = { weight: null, eps: undefined } as const;
  const { weight, eps } = readOptions("rmsNorm", options, defaults);
  if (eps !== undefined) checkType("rmsNorm", "eps", eps, "number");
  checkTensors("rmsNorm", x);
  const added = eps ?? (x.dtype === "float64" ? 2 ** -52 : 2 ** -23);
  return overLastAxes("rmsNorm", x, shapeOf(normalizedShape), weight, null, added, false);
}

/**
 * Divides by the root of the mean square over the last axes; see `functional.rmsNorm`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { RMSNorm } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new RMSNorm(2, { eps: 0 });
 * assertEquals(layer(tensor([[2, -2], [5, 5]])).toArray(), [[1, -1], [1, 1]]);
 * ```
 */
export class RMSNorm extends LastAxesNorm {
  /** Added to the mean square; `undefined` is the rounding unit of the input's dtype. */
  declare readonly eps: number | undefined;

  /**
   * Makes the layer.
   *
   * @param normalizedShape the sizes of the last axes
   * @param options `eps`, `elementwiseAffine`
   */
  constructor(normalizedShape: NormalizedShape, options: RMSNormOptions = {}) {
    checkArguments("make RMSNorm", arguments, 2);
    super(normalizedShape, options, { eps: undefined, elementwiseAffine: true });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this);
  }
}

function overLastAxes(
  action: string,
  x: Tensor,
  shape: Shape,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
  centered: boolean,
): Tensor {
  checkTensors(action, x);
  const first = x.ndim - shape.length;
  if (shape.length === 0 || first < 0 || !sameShape(x.shape.slice(first), shape)) {
    throw new ShapeError(
      `Cannot ${action} shape ${formatShape(x.shape)} over ${formatShape(shape)}: the input must ` +
        `end in these sizes`,
      x.shape,
      shape,
    );
  }
  checkVector(action, x, weight, shape);
  checkVector(action, x, bias, shape);
  const axes = shape.map((_, i) => first + i);
  return scope(() =>
    rescale(run(ops.standardize, [x], { axes, eps, centered }), weight, bias, shape)
  );
}

function shapeOf(normalizedShape: NormalizedShape): Shape {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkList("normalize over the last axes", shape);
  if (shape.length > 0) return shape;
  throw new ValueError("Cannot normalize over no axes: name the sizes of one or more");
}

/** Options of `GroupNorm`. */
export interface GroupNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** True to learn weights for each channel; default true. */
  readonly affine?: boolean;
}

/**
 * Computes `y = (x − mean) / √(var + ε) · weight + bias`, with mean and (biased) variance of each
 * example over each of `numGroups` groups of neighbouring channels.
 *
 * Source: Wu and He, "Group normalization" (2018).
 *
 * @param x `[n, c, …]`
 * @param numGroups divides c
 * @param options `weight` and `bias` `[c]`, `eps`
 * @returns as `x`
 * @throws {ShapeError} if c does not divide into the groups, or weights are not `[c]`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1], [3], [10], [30]]]); // four channels of one element
 * const y = functional.groupNorm(x, 2, { eps: 0 });
 * assertEquals(y.toArray(), [[[-1], [1], [-1], [1]]]);
 * ```
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  options: NormFunctionOptions = {},
): Tensor {
  checkArguments("groupNorm", arguments, 3);
  checkTensors("groupNorm", x);
  const { weight, bias, eps } = readOptions("groupNorm", options, NORM);
  const [n, c] = x.shape;
  if (x.ndim < 2 || !Number.isInteger(numGroups) || numGroups < 1 || c % numGroups !== 0) {
    throw new ShapeError(
      `Cannot groupNorm shape ${formatShape(x.shape)} in ${
        quoted(numGroups)
      } groups: the input must be ` +
        `[n, c, …] and c divide into the groups`,
      x.shape,
    );
  }
  checkVector("groupNorm", x, weight, [c]);
  checkVector("groupNorm", x, bias, [c]);
  return scope(() => {
    const groups = x.reshape(n, numGroups, sizeOf(x.shape.slice(2)) * c / numGroups);
    const y = run(ops.standardize, [groups], { axes: [2], eps, centered: true });
    return rescale(y.reshape(x.shape), weight, bias, channelsOf(x));
  });
}

/**
 * Normalizes groups of channels of each example: `[n, c, …]`; see `functional.groupNorm`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GroupNorm } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new GroupNorm(2, 4, { eps: 0 });
 * assertEquals(layer(tensor([[1, 3, 8, 2]])).toArray(), [[-1, 1, 1, -1]]);
 * ```
 */
export class GroupNorm extends ConfiguredLayer {
  /** Number of groups. */
  declare readonly numGroups: number;
  /** Channels of the input. */
  declare readonly numChannels: number;
  /** True if the layer learns a scale and a shift. */
  declare readonly affine: boolean;
  /** Added to the variance. */
  declare readonly eps: number;
  /** `[c]`, if affine. */
  weight: Parameter | null;
  /** `[c]`, if affine. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param numGroups number of groups
   * @param numChannels channels of the input
   * @param options `eps`, `affine`
   * @throws {ValueError} if the channels do not divide into the groups
   */
  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    checkArguments("make GroupNorm", arguments, 3);
    super({ numGroups, numChannels }, options, { eps: 1e-5, affine: true });
    checkShape([numChannels], "make GroupNorm");
    if (!Number.isInteger(numGroups) || numGroups < 1 || numChannels % numGroups !== 0) {
      throw new ValueError(
        `Cannot make GroupNorm of ${
          counted(numChannels, "channel")
        } in ${numGroups} groups: the channels ` +
          `must divide into the groups`,
      );
    }
    this.weight = this.affine ? new Parameter(ones([numChannels])) : null;
    this.bias = this.affine ? new Parameter(zeros([numChannels])) : null;
    guardFields(this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkTensors("apply GroupNorm", x);
    if (x.shape[1] === this.numChannels) return groupNorm(x, this.numGroups, this);
    throw new ShapeError(
      `Cannot apply GroupNorm(${this.numGroups}, ${this.numChannels}) to shape ` +
        `${formatShape(x.shape)}: the input must be [n, c, …] with c = ${this.numChannels}`,
      x.shape,
    );
  }
}

/**
 * The parts that losses share: their reduction to one number, and the checks of targets.
 *
 * @module
 */

import { checkArguments, checkFloat, checkTensors, isTensor } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { where } from "../../tensor/comparison.ts";
import { wholeNumbers } from "../../tensor/indexing.ts";
import { elements } from "../../tensor/reading.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "../layers/configured_layer.ts";
import { Buffer } from "../parameter.ts";

/** The result of a loss: the mean of the losses of all elements, their sum, or all of them. */
export type Reduction = "mean" | "sum" | "none";

/** Options of every loss. */
export interface LossOptions {
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
}

/** Options of losses that weigh elements or classes. */
export interface WeightedLossOptions extends LossOptions {
  /** Factors of the losses: `[C]` for classes, otherwise broadcast; all 1 if left out. */
  readonly weight?: Tensor | null;
}

/** Defaults of losses without further options. */
export const LOSS = { reduction: "mean" } as const;

/** Defaults of losses that weigh elements or classes. */
export const WEIGHTED_LOSS = { reduction: "mean", weight: null } as const;

/** Rejects reductions that do not exist. */
export function checkReduction(reduction: Reduction): void {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return;
  throw new ValueError(`Cannot reduce losses by ${quoted(reduction)}: use "mean", "sum" or "none"`);
}

/** Returns the mean or the sum of `losses`, or `losses` themselves. The mean of nothing is NaN. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  checkReduction(reduction);
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}

/**
 * Rejects a target of another shape: `[n]` beside an input `[n, 1]` would broadcast to `[n, n]`, and
 * train towards the mean.
 */
export function checkSameShape(loss: string, input: Tensor, target: Tensor): void {
  checkTensors(`compute ${loss}`, input, target);
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `Cannot compute ${loss} of shape ${formatShape(input.shape)} with a target ` +
      `${formatShape(target.shape)}: both must be the same; reshape or expand one of them`,
    input.shape,
    target.shape,
  );
}

/**
 * Converts `values` to the dtype of `input`.
 *
 * @throws {DTypeError} if that is no float: integers would lose what `values` have behind the point, and
 *   their gradient
 */
export function likeInput(loss: string, input: Tensor, values: Tensor): Tensor {
  checkFloat(`compute ${loss} of`, input);
  return values.to(input.dtype);
}

/** Converts `values` to the dtype of `input` if that is a float; otherwise ops promote both. */
export function likeFloats({ dtype }: Tensor, values: Tensor): Tensor {
  return isFloat(dtype) ? values.to(dtype) : values;
}

/** Rejects values of an option that are not above 0. */
export function checkPositive(action: string, option: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ValueError(`Cannot ${action} with ${option} ${value}: use a finite number above 0`);
}

/** Options of `nllLoss` and `NLLLoss`. */
export interface NLLOptions extends WeightedLossOptions {
  /** Targets with this value are ignored; default −100. */
  readonly ignoreIndex?: number;
}

/** Class indices after the checks, and the weight of each of them. */
export interface Targets {
  /** int32 indices, 0 where ignored. */
  readonly index: Tensor;
  /** Mask of the targets that count; `null` if all do. */
  readonly counts: Tensor | null;
  /** Weight of each target, 0 where ignored; `null` if all are 1. */
  readonly factor: Tensor | null;
}

/** Returns the axis of the classes: that of `[C]`, or the second one of `[N, C, d1, …]`. */
export function classAxis(loss: string, input: Tensor): number {
  if (input.ndim > 0) return input.ndim === 1 ? 0 : 1;
  throw new ShapeError(
    `Cannot compute ${loss} of a scalar: the input must be [C], [N, C] or [N, C, d1, …]`,
    input.shape,
  );
}

/** Rejects weights unless there is one for each class. */
export function checkWeight(loss: string, weight: Tensor | null, classes: number): void {
  if (weight === null || (weight.ndim === 1 && weight.numel() === classes)) return;
  throw new ShapeError(
    `Cannot compute ${loss} with weights ${formatShape(weight.shape)}: there are ${classes} ` +
      `classes, and each needs one, in shape [${classes}]`,
    weight.shape,
  );
}

/** Checks class indices, and determines how much each of them counts. */
export function readTargets(
  loss: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
): Targets {
  checkFloat(`compute ${loss} of`, input);
  const axis = classAxis(loss, input);
  checkWeight(loss, weight, input.shape[axis]);
  const expected = input.shape.filter((_, i) => i !== axis);
  const index = readTarget(loss, input, target, expected);
  const ignored = countIgnored(loss, index, input.shape[axis], ignoreIndex);
  if (ignored === 0 && weight === null) return { index, counts: null, factor: null };
  const counts = ignored === 0 ? null : index.ne(ignoreIndex);
  const safe = counts === null ? index : where(counts, index, 0);
  if (weight === null) return { index: safe, counts, factor: counts!.to(input.dtype) };
  const picked = weight.to(input.dtype).indexSelect(0, safe.reshape(-1)).reshape(expected);
  return { index: safe, counts, factor: counts === null ? picked : picked.mul(counts) };
}

function readTarget(loss: string, input: Tensor, target: Tensor, expected: Shape): Tensor {
  // Written out only where it is needed: this is on the way of every step.
  const action = () => `compute ${loss} of shape ${formatShape(input.shape)}`;
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(
      `Cannot ${action()} with a target ${formatShape(target.shape)}: class indices must be ` +
        `${formatShape(expected)}` +
        (loss === "crossEntropy" ? `, probabilities ${formatShape(input.shape)}` : ""),
      input.shape,
      target.shape,
    );
  }
  return target.dtype === "int32" ? target : wholeNumbers(action(), target);
}

/** Counts the ignored targets; rejects those that are not classes. */
function countIgnored(
  loss: string,
  target: Tensor,
  classes: number,
  ignoreIndex: number,
): number {
  let ignored = 0;
  const data = elements(target);
  for (let i = 0; i < data.length; i++) {
    if (data[i] === ignoreIndex) ignored++;
    else if (data[i] < 0 || data[i] >= classes) {
      throw new ValueError(
        `Cannot compute ${loss}: target ${i} is class ${data[i]}, and the input has ${classes} ` +
          `classes, 0 to ${classes - 1}; check the labels, or set ignoreIndex`,
      );
    }
  }
  return ignored;
}

/** Base of the losses as layers. */
export abstract class Loss<O extends LossOptions = LossOptions> extends ConfiguredLayer {
  /** The reduction of the losses of the elements. */
  declare readonly reduction: Reduction;

  /**
   * Makes the loss.
   *
   * @param options those that were given; tensors become buffers
   * @param defaults of all options
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options?: O, defaults: Required<O> | Required<LossOptions> = LOSS) {
    const isFinal = defaults === LOSS || defaults?.reduction === undefined;
    checkArguments(`make ${new.target.name}`, arguments, isFinal ? 1 : 2);
    super({}, options, defaults, toFields);
    checkReduction(this.reduction);
  }
}

/** Makes buffers of tensors; the names of their fields are their keys in state dicts. */
function toFields({ posWeight, ...options }: Readonly<Record<string, unknown>>): object {
  const named = posWeight === undefined ? options : { ...options, pos_weight: posWeight };
  const field = (value: unknown) => isTensor<Tensor>(value) ? new Buffer(value) : value;
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, field(value)]));
}

/**
 * What losses have in common: the losses of the elements become one number.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { Module } from "../module.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** How the losses of the elements become the result: their mean, their sum, or as they are. */
export type Reduction = "mean" | "sum" | "none";

/** Options of every loss. */
export interface LossOptions {
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
}

/** @throws {ValueError} if there is no such reduction */
export function checkReduction(loss: string, reduction: Reduction = "mean"): Reduction {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return reduction;
  throw new ValueError(
    `Cannot reduce ${loss} by "${reduction}": use "mean", "sum" or "none"`,
  );
}

/** The mean or the sum of `losses`, or `losses` themselves. The mean of nothing is NaN. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}

/**
 * @throws {ShapeError} unless the shapes are the same: a target `[n]` beside an input `[n, 1]` would
 *   broadcast to `[n, n]`, and train towards the mean
 */
export function requireSameShape(loss: string, input: Tensor, target: Tensor): void {
  requireTensors(`compute ${loss}`, input, target);
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `Cannot compute ${loss} of shape ${formatShape(input.shape)} with a target ` +
      `${formatShape(target.shape)}: both must be the same; reshape or expand one of them`,
    input.shape,
    target.shape,
  );
}

/** Options of `nllLoss` and `NLLLoss`. */
export interface NLLOptions extends LossOptions {
  /** `[C]`: a factor for each class. */
  readonly weight?: Tensor | null;
  /** Targets of this value count nothing; default -100. */
  readonly ignoreIndex?: number;
}

/** Class indices that were checked, and what follows from the options for each of them. */
export interface Targets {
  /** int32 indices, 0 where ignored. */
  readonly index: Tensor;
  /** Where the target counts; `null` if everywhere. */
  readonly counts: Tensor | null;
  /** Its factor, 0 where ignored; `null` if 1 everywhere. */
  readonly factor: Tensor | null;
}

/** The axis of the classes: `[C]`, or the second one of `[N, C, d1, …]`. */
export function classAxis(loss: string, input: Tensor): number {
  if (input.ndim > 0) return input.ndim === 1 ? 0 : 1;
  throw new ShapeError(
    `Cannot compute ${loss} of a scalar: the input must be [C], [N, C] or [N, C, d1, …]`,
    input.shape,
  );
}

/** @throws {ShapeError} unless there is one weight for each class */
export function checkWeight(loss: string, weight: Tensor | null, classes: number): void {
  if (weight === null || (weight.ndim === 1 && weight.size === classes)) return;
  throw new ShapeError(
    `Cannot compute ${loss} with weights ${formatShape(weight.shape)}: there are ${classes} ` +
      `classes, and each needs one, in shape [${classes}]`,
    weight.shape,
  );
}

/** Checks class indices, and finds out how much each of them counts. */
export function readTargets(
  loss: string,
  input: Tensor,
  target: Tensor,
  options: NLLOptions,
): Targets {
  const { weight = null, ignoreIndex = -100 } = options;
  const axis = classAxis(loss, input);
  const expected = input.shape.filter((_, i) => i !== axis);
  checkTargetType(loss, input, target, expected);
  const ignored = checkClasses(loss, target, input.shape[axis], ignoreIndex);
  if (ignored === 0 && weight === null) return { index: target, counts: null, factor: null };
  const counts = ignored === 0 ? null : target.ne(ignoreIndex);
  const safe = counts === null ? target : counts.where(target, 0);
  if (weight === null) return { index: safe, counts, factor: counts!.to(input.dtype) };
  const picked = weight.to(input.dtype).indexSelect(0, safe.reshape(-1)).reshape(expected);
  return { index: safe, counts, factor: counts === null ? picked : picked.mul(counts) };
}

function checkTargetType(loss: string, input: Tensor, target: Tensor, expected: Shape): void {
  const action = `Cannot compute ${loss} of shape ${formatShape(input.shape)}`;
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(
      `${action} with a target ${formatShape(target.shape)}: class indices must be ` +
        `${formatShape(expected)}` +
        (loss === "nllLoss" ? "" : `, probabilities ${formatShape(input.shape)}`),
      input.shape,
      target.shape,
    );
  }
  if (target.dtype !== "int32" && target.dtype !== "uint8") {
    throw new DTypeError(
      `${action} with class indices of ${target.dtype}: make them with { dtype: "int32" }, or ` +
        `convert them with .to("int32")`,
    );
  }
}

/** Checks that all targets are classes, and returns how many are ignored. */
function checkClasses(
  loss: string,
  target: Tensor,
  classes: number,
  ignoreIndex: number,
): number {
  let ignored = 0;
  const { data } = target;
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

/**
 * @throws {ValueError} unless integers are 0 and 1: a target of the shape of the input is read as
 *   one-hot vectors, and other integers are class indices for an input that lacks an axis
 */
export function checkOneHot(loss: string, target: Tensor): void {
  if (isFloat(target.dtype)) return;
  const wrong = target.data.find((value: number) => value !== 0 && value !== 1);
  if (wrong === undefined) return;
  throw new ValueError(
    `Cannot compute ${loss}: a target of the shape of the input, ${formatShape(target.shape)}, ` +
      `holds one-hot vectors, but ${wrong} is in it; for class indices, leave out the class axis`,
  );
}

/** The losses of class indices, not yet weighted, reduced. */
export function reduceTargets(losses: Tensor, targets: Targets, reduction: Reduction): Tensor {
  const { factor } = targets;
  const relevant = counted(losses, targets);
  return divide(factor === null ? relevant : relevant.mul(factor), targets, reduction);
}

/** `losses`, 0 where the target is ignored, even if the loss there is infinite. */
export function counted(losses: Tensor, { counts }: Targets): Tensor {
  return counts === null ? losses : counts.where(losses, 0);
}

/** Reduces weighted losses; their mean is over the weights. */
export function divide(losses: Tensor, { factor }: Targets, reduction: Reduction): Tensor {
  if (reduction !== "mean" || factor === null) return reduce(losses, reduction);
  return losses.sum().div(factor.sum());
}

/**
 * A layer that computes the losses of elements, and their mean or sum.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Loss, MSELoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new MSELoss({ reduction: "sum" });
 * assert.ok(loss instanceof Loss);
 * assert.equal(loss(tensor([1, 2]), tensor([3, 3])).item(), 5);
 * ```
 */
export abstract class Loss extends Module {
  /** How the losses of the elements become the result. */
  readonly reduction: Reduction;

  /**
   * Makes the loss.
   *
   * @param options `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: LossOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.reduction = checkReduction(new.target.name, options.reduction);
  }
}

/**
 * What losses have in common: the losses of the elements become one number.
 *
 * @module
 */

import { requireTensors } from "../../autograd/operands.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape, sameShape } from "../../shape.ts";
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

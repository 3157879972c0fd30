/**
 * Running means of the gradient and of its square, which several optimizers keep.
 *
 * @module
 */

import { Formula } from "../kernels/formula.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assign } from "./assign.ts";
import { descent, type Direction } from "./descent.ts";
import { type Hyperparameters, unlessFraction, unlessNonNegative } from "./parameter_groups.ts";

/** The hyperparameters that Adam and its family share. */
export interface MomentHyperparameters extends Hyperparameters {
  /** How much of the mean and of the mean square is left after a step; default `[0.9, 0.999]`. */
  betas: readonly [number, number];
  /** Added to the denominator, in Adamax to the size of each gradient; default 1e-8. */
  eps: number;
  /** How strongly parameters are pulled to 0; default 0. */
  weightDecay: number;
  /** Climb instead of descend; default false. */
  maximize: boolean;
}

/** What is wrong with them. */
export function momentFaults({ lr, betas, eps, weightDecay }: MomentHyperparameters): string[] {
  return [
    ...unlessNonNegative("lr", lr),
    ...unlessFraction("betas[0]", betas[0]),
    ...unlessFraction("betas[1]", betas[1]),
    ...unlessNonNegative("eps", eps),
    ...unlessNonNegative("weightDecay", weightDecay),
  ];
}

/** `m ← β · m + (1 - β) · d` */
const MEAN = new Formula(
  "the running mean of gradients",
  7,
  (k, [m, beta, rest, ...d]) => k.add(k.mul(beta, m), k.mul(rest, descent(k, d))),
);

/** `v ← β · v + (1 - β) · d²` */
const MEAN_SQUARE = new Formula(
  "the running mean of squared gradients",
  7,
  (k, [v, beta, rest, ...operands]) => {
    const d = descent(k, operands);
    return k.add(k.mul(beta, v), k.mul(k.mul(rest, d), d));
  },
);

/** `m ← β · m + (1 - β) · d` */
export function updateMean(m: Tensor, beta: number, direction: Direction): void {
  assign(m, MEAN, m, beta, 1 - beta, ...direction);
}

/** `v ← β · v + (1 - β) · d²` */
export function updateMeanSquare(v: Tensor, beta: number, direction: Direction): void {
  assign(v, MEAN_SQUARE, v, beta, 1 - beta, ...direction);
}

/**
 * The one way in which optimizers write: a formula over whole tensors, in one pass, in place.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula } from "../kernels/formula.ts";
import type { Update } from "./optimizer.ts";
import { type Hyperparameters, unlessFraction, unlessNonNegative } from "./parameter_groups.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";

/**
 * `target ← f(operands)`, element by element, without recording.
 *
 * Numbers are operands like tensors, so another learning rate is not another kernel. The version of
 * the target goes up: a graph that still needs the old value notices.
 *
 * @param target what is written; it may be an operand too
 * @param f the formula
 * @param operands what the formula takes, in its order
 */
export function assign(target: Tensor, f: Formula, ...operands: TensorLike[]): void {
  const { array } = target;
  const inputs = operands.map((x) => (typeof x === "number" ? x : x.array));
  kernels().mapInto(f, inputs, array, array.dtype);
  target.version = ++array.storage.version;
}

/** What {@link descent} takes: gradient, sign, parameter, decay. */
export type Direction = readonly [
  gradient: TensorLike,
  sign: number,
  parameter: TensorLike,
  decay: number,
];

/** `d = sign · g + decay · p`, for formulas that end in the operands of {@link directionOf}. */
export function descent<T>(k: Arithmetic<T>, [g, sign, p, decay]: readonly Operand<T>[]): T {
  return k.add(k.mul(sign, g), k.mul(decay, p));
}

/** The operands of {@link descent} for one parameter. */
export function directionOf(
  { gradient, parameter }: Update,
  { weightDecay, maximize }: { readonly weightDecay: number; readonly maximize: boolean },
): Direction {
  // Without decay a number stands for the parameter: that is one tensor less to read, and an
  // infinite parameter does not become 0 · ∞.
  return [gradient, maximize ? -1 : 1, weightDecay === 0 ? 0 : parameter, weightDecay];
}

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

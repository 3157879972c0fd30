/**
 * The parts of update rules: the effective gradient, running means, and the one way to write.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula } from "../kernels/formula.ts";
import type { Assignment as ArrayAssignment } from "../kernels/kernels.ts";
import { withoutOverlap } from "../ops/elementwise.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";

/** One parameter that is to be updated. */
export interface Update {
  /** The parameter, which the update changes. */
  readonly parameter: Tensor;
  /** `∂L/∂parameter` */
  readonly gradient: Tensor;
  /** The state tensors that `stateNames` names. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The state numbers that `stateNumbers` names; the update changes them. */
  readonly numbers: Record<string, number>;
  /** Number of this update of the parameter; 1 is the first. */
  readonly step: number;
}

/** `target ← f(operands)`, element by element. */
export type Assignment = readonly [target: Tensor, f: Formula, ...operands: TensorLike[]];

/**
 * Makes assignments, one after the other, without recording. Kernels may fuse them to one pass.
 *
 * Numbers are operands like tensors, so another learning rate is not another kernel. The version of
 * a target goes up, so a graph that still needs the old value notices. A target may be an operand.
 */
export function assign(...assignments: Assignment[]): void {
  const k = kernels();
  const arrays: ArrayAssignment[] = [];
  for (const assignment of assignments) {
    const out = assignment[0].array;
    const operands: Operand<NDArray>[] = [];
    for (let i = 2; i < assignment.length; i++) {
      const x = assignment[i] as TensorLike;
      operands.push(typeof x === "number" ? x : withoutOverlap(k, x.array, out));
    }
    arrays.push({ f: assignment[1], operands, out });
  }
  k.assign(arrays);
  for (const { 0: target } of assignments) target.version = ++target.array.storage.version;
}

const PLUS_MULTIPLE = new Formula(
  "a + factor · b",
  3,
  (k, [a, factor, b]) => k.add(a, k.mul(factor, b)),
);

/** `target ← target + factor · x` */
export function plusMultiple(target: Tensor, factor: number, x: Tensor): Assignment {
  return [target, PLUS_MULTIPLE, target, factor, x];
}

/** The operands of {@link effective}. */
export type GradientOperands = readonly [
  gradient: TensorLike,
  sign: number,
  parameter: TensorLike,
  decay: number,
];

/** `d = sign · g + decay · p`, for formulas that end in {@link gradientOperands}. */
export function effective<T>(k: Arithmetic<T>, [g, sign, p, decay]: readonly Operand<T>[]): T {
  return k.add(k.mul(sign, g), k.mul(decay, p));
}

/** Returns the operands of the effective gradient of one parameter. */
export function gradientOperands(
  { gradient, parameter }: Update,
  { weightDecay, maximize }: { readonly weightDecay: number; readonly maximize: boolean },
): GradientOperands {
  // Without decay a number stands for the parameter: that is one tensor less to read, and an
  // infinite parameter does not become 0 · ∞.
  return [gradient, maximize ? -1 : 1, weightDecay === 0 ? 0 : parameter, weightDecay];
}

const MEAN = new Formula(
  "the running mean of gradients",
  7,
  (k, [m, beta, rest, ...d]) => k.add(k.mul(beta, m), k.mul(rest, effective(k, d))),
);

const MEAN_SQUARE = new Formula(
  "the running mean of squared gradients",
  7,
  (k, [v, beta, rest, ...operands]) => {
    const d = effective(k, operands);
    return k.add(k.mul(beta, v), k.mul(k.mul(rest, d), d));
  },
);

/** `m ← β · m + (1 - β) · d` */
export function runningMean(m: Tensor, beta: number, d: GradientOperands): Assignment {
  return [m, MEAN, m, beta, 1 - beta, ...d];
}

/** `v ← β · v + (1 - β) · d²` */
export function runningMeanSquare(v: Tensor, beta: number, d: GradientOperands): Assignment {
  return [v, MEAN_SQUARE, v, beta, 1 - beta, ...d];
}

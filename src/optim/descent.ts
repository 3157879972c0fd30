/**
 * The direction in which a step goes: the gradient and the pull of weight decay.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import type { Update } from "./optimizer.ts";

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

/**
 * expm1, log1p and erf on four float32 lanes, to 2 units in the last place.
 *
 * Only basic operations in a fixed order, so every machine and runtime gives the same bits.
 *
 * @module
 */

import {
  clamp,
  expOfNegative,
  logOfSum,
  polynomial,
  powerOfTwo,
  scaleAndRest,
} from "./math_f32.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/** From here on, `eˣ − 1` and `eˣ` are the same float32. */
const EXPM1_IS_EXP = 18;

/** `eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1)`, whose parts are exact to the last bit near 0. */
export function expm1(w: Writer, x: Vector): Vector {
  // Below −20 the result is −1.
  const { shifted, scale, small } = scaleAndRest(w, clamp(w, x, -20, 89));
  const near = f32x4.add(f32x4.mul(scale, small), f32x4.sub(scale, w.constant(1)));
  // 2ⁿ may overflow where the result does not: multiply by its halves in turn.
  const both = w.let(i32x4.add(shifted, w.bits(127)));
  const half = w.let(i32x4.shrS(both, 1));
  const rest = powerOfTwo(w, i32x4.sub(both, half));
  const power = f32x4.mul(f32x4.add(w.constant(1), small), powerOfTwo(w, half));
  const isFar = f32x4.gt(x, w.constant(EXPM1_IS_EXP));
  const result = v128.bitselect(f32x4.mul(power, rest), near, isFar);
  // −0 would come out as 0; where x is negative, so is the result.
  return w.let(v128.or(result, v128.and(x, w.constant(-0))));
}

/**
 * `ln u` for `u = 1 + x`, made up for what rounding took from `u`: `ln(u + c) ≈ ln u + c / u`.
 *
 * Knuth's sum gives `c` exactly, whichever of `1` and `x` is larger.
 */
export function log1p(w: Writer, x: Vector): Vector {
  const one = w.constant(1);
  const u = w.let(f32x4.add(one, x));
  const back = w.let(f32x4.sub(u, one));
  const lost = f32x4.add(f32x4.sub(one, f32x4.sub(u, back)), f32x4.sub(x, back));
  const result = logOfSum(w, u, w.let(f32x4.div(lost, u)));
  // The logarithm of 1 is +0, also for x = −0.
  return w.let(v128.bitselect(x, result, f32x4.eq(x, w.constant(0))));
}

/** `(erf x − x) / x` by powers of x², for `|x| ≤ 0.927734375`. */
const ERF_NEAR = [
  1.28379166e-1,
  -3.76125336e-1,
  1.12819925e-1,
  -2.67681349e-2,
  4.99119423e-3,
  -5.96761703e-4,
];

/** `(ln(1 − erf x) + x) / x` by powers of x, for larger x. */
const ERF_FAR = [
  -1.28717512e-1,
  -6.34846687e-1,
  -1.06777877e-1,
  2.42546219e-2,
  -3.88396438e-3,
  3.83197126e-4,
  -1.72853470e-5,
];

/** From here on, erf x is 1. */
const ERF_IS_ONE = 4;

/**
 * `x + x P(x²)` near 0, and `1 − e^(x Q(x) − x)` further away, with N. Juffa's polynomials
 * (https://stackoverflow.com/a/35148199).
 */
export function erf(w: Writer, x: Vector): Vector {
  const sign = w.constant(-0);
  const size = w.let(v128.andnot(x, sign));
  const square = w.let(f32x4.mul(x, x));
  const near = f32x4.add(x, f32x4.mul(x, polynomial(w, square, ERF_NEAR)));
  const t = w.let(f32x4.pmin(size, w.constant(ERF_IS_ONE)));
  const power = w.let(f32x4.sub(f32x4.mul(polynomial(w, t, ERF_FAR), t), t));
  const far = f32x4.sub(w.constant(1), expOfNegative(w, power, 0));
  const isFar = f32x4.gt(size, w.constant(0.927734375));
  return w.let(v128.bitselect(v128.or(far, v128.and(x, sign)), near, isFar));
}

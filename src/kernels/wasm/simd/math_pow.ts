/**
 * Powers on four float32 lanes.
 *
 * A power is computed in float64 as `aᵇ = 2^(b · log₂ a)`. An error of 10⁻¹⁰ in the exponent, which is
 * below 150, does not show in float32, so powers that are float32 numbers come out exactly.
 *
 * @module
 */

import { f32x4, f64x2, v128 } from "../assembler/vectors.ts";
import type { Vector } from "./lanes.ts";
import { exp2OfDoubles, log2OfDoubles, onHalves } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

/** `log₂((1+s)/(1−s)) = (2 / ln 2) (s + s³/3 + s⁵/5 + …)`; for `|s| < 0.172` this leaves 3e-15. */
const LOG2 = Array.from({ length: 8 }, (_, k) => 2 / ((2 * k + 1) * Math.LN2));

/** `2^r = Σ (r ln 2)ᵏ / k!`; for `|r| ≤ ½` this leaves 7e-12. */
const EXP2 = [1];
for (let k = 1; k < 10; k++) EXP2.push(EXP2[k - 1] * Math.LN2 / k);

/** `|a|ᵇ` */
function powOfMagnitude(w: Writer, a: Vector, b: Vector): Vector {
  return onHalves(w, [a, b], (a, b) => {
    const exponent = w.let(f64x2.mul(b, log2OfDoubles(w, a, LOG2)));
    return w.let(exp2OfDoubles(w, exponent, EXP2));
  });
}

/** `aᵇ`, with the special cases of C99 (section F.10.4.4). */
export function pow(w: Writer, a: Vector, b: Vector): Vector {
  const [zero, one, infinity] = [0, 1, Infinity].map((value) => w.constant(value));
  const sign = w.constant(-0);
  const magnitude = w.let(f32x4.abs(a));
  const power = powOfMagnitude(w, magnitude, b);
  // Large floats and ∞ are even integers.
  const isInteger = w.let(f32x4.eq(f32x4.trunc(b), b));
  const half = w.let(f32x4.mul(b, w.constant(0.5)));
  const isOdd = v128.and(isInteger, f32x4.ne(f32x4.trunc(half), half));
  const signed = w.let(v128.or(power, v128.and(v128.and(a, sign), isOdd)));
  // Roots of negative numbers.
  const isNegative = v128.and(f32x4.lt(a, zero), f32x4.lt(magnitude, infinity));
  const isRoot = v128.andnot(isNegative, isInteger);
  const real = w.let(v128.bitselect(w.constant(NaN), signed, isRoot));
  // 1 even if the other operand is NaN, and (−1)^±∞.
  const isTurn = v128.and(f32x4.eq(magnitude, one), f32x4.eq(f32x4.abs(b), infinity));
  const isOne = v128.or(v128.or(f32x4.eq(a, one), f32x4.eq(b, zero)), isTurn);
  return w.let(v128.bitselect(one, real, isOne));
}

/**
 * Powers on four float32 lanes, by logarithm and exponential in float64.
 *
 * float64 has room to spare: `aᵇ = 2^(b · log₂ a)`, where an error of 10⁻¹⁰ in the exponent, which
 * is below 150, does not show in float32. So powers that are float32 numbers come out exactly.
 *
 * @module
 */

import type { Code } from "./code.ts";
import { f32x4, f64x2, i64x2, i8x16, v128 } from "./vectors.ts";
import type { Vector, Writer } from "./writer.ts";

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** `log₂((1+s)/(1−s)) = (2 / ln 2) (s + s³/3 + s⁵/5 + …)`; for `|s| < 0.172` this leaves 3e-15. */
const LOG2 = Array.from({ length: 8 }, (_, k) => 2 / ((2 * k + 1) * Math.LN2));

/** `2^r = Σ (r ln 2)ᵏ / k!`; for `|r| ≤ ½` this leaves 7e-12. */
const EXP2 = [1];
for (let k = 1; k < 10; k++) EXP2.push(EXP2[k - 1] * Math.LN2 / k);

const SQRT_HALF_BITS = 0x3fe6a09e_667f3bcdn;
const ONE_BITS = 0x3ff00000_00000000n;
const MANTISSA_BITS = 0x000fffff_ffffffffn;
/** Bits of 2⁵²: with a small integer in the low bits, of 2⁵² plus that integer. */
const INTEGER_BITS = 0x43300000_00000000n;
/** Adding it rounds to an integer, which is then in the low bits. */
const ROUNDER = 1.5 * 2 ** 52;

function polynomial(w: Writer, x: Vector, coefficients: readonly number[]): Vector {
  let sum: Vector = w.double(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = w.let(f64x2.add(f64x2.mul(sum, x), w.double(coefficients[i])));
  }
  return sum;
}

/** `log₂ x` of two float64 lanes for `x ≥ 0` or NaN, if not a denormal of float64. */
function log2(w: Writer, x: Vector): Vector {
  // x = 2ᵏ · (1 + f) with 1 + f between √½ and √2.
  const bits = w.let(i64x2.add(x, w.bits64(ONE_BITS - SQRT_HALF_BITS)));
  const biased = v128.or(i64x2.shrU(bits, 52), w.bits64(INTEGER_BITS));
  const k = w.let(f64x2.sub(biased, w.double(2 ** 52 + 1023)));
  const mantissa = i64x2.add(v128.and(bits, w.bits64(MANTISSA_BITS)), w.bits64(SQRT_HALF_BITS));
  const f = w.let(f64x2.sub(mantissa, w.double(1)));
  const s = w.let(f64x2.div(f, f64x2.add(f, w.double(2))));
  const series = polynomial(w, w.let(f64x2.mul(s, s)), LOG2);
  const result = f64x2.add(k, f64x2.mul(s, series));
  const finite = v128.bitselect(result, x, f64x2.lt(x, w.double(Infinity)));
  return w.let(v128.bitselect(w.double(-Infinity), finite, f64x2.eq(x, w.double(0))));
}

/** `2^t` of two float64 lanes, as far as float32 can tell. */
function exp2(w: Writer, t: Vector): Code<"v128"> {
  // NaN comes first in pmin and pmax, which keeps it.
  const most = w.let(f64x2.pmin(t, w.double(130)));
  const bounded = w.let(f64x2.pmax(most, w.double(-160)));
  const shifted = w.let(f64x2.add(bounded, w.double(ROUNDER)));
  const r = w.let(f64x2.sub(bounded, f64x2.sub(shifted, w.double(ROUNDER))));
  const scale = i64x2.add(i64x2.shl(shifted, 52), w.bits64(ONE_BITS));
  return f64x2.mul(polynomial(w, r, EXP2), scale);
}

/** `|a|ᵇ` */
function powOfMagnitude(w: Writer, a: Vector, b: Vector): Vector {
  const halves = [(x: Vector) => x, (x: Vector) => i8x16.shuffle(x, x, HIGH_HALF)].map((half) => {
    const base = w.let(f64x2.promoteLowF32x4(half(a)));
    const exponent = f64x2.promoteLowF32x4(half(b));
    return w.let(f32x4.demoteF64x2Zero(exp2(w, w.let(f64x2.mul(exponent, log2(w, base))))));
  });
  return w.let(i8x16.shuffle(halves[0], halves[1], LOW_HALVES));
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
  // What is 1 even if the other operand is NaN, and (−1)^±∞.
  const isTurn = v128.and(f32x4.eq(magnitude, one), f32x4.eq(f32x4.abs(b), infinity));
  const isOne = v128.or(v128.or(f32x4.eq(a, one), f32x4.eq(b, zero)), isTurn);
  return w.let(v128.bitselect(one, real, isOne));
}

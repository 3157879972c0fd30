/**
 * exp, log, tanh and sigmoid on four float32 lanes, to 2 units in the last place.
 *
 * Only basic operations in a fixed order, so every machine and runtime gives the same bits.
 *
 * @module
 */

import type { Code } from "../assembler/code.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/** `ln 2`, as a part whose product with any exponent is exact, and the rest. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.42860677e-6;

/**
 * `1.5 · 2²³`: floats of this size have no room for a fraction, so adding it rounds to an integer
 * and leaves that integer in the low bits, ready to be shifted into the exponent.
 */
const ROUNDER = 12582912;

/** What is added to an exponent before its bits are stored. */
const BIAS = 127;
const ONE_BITS = BIAS << 23;

/**
 * `(eʳ − 1 − r) / r²` as a polynomial for `|r| ≤ ln 2 / 2`: the minimax one by Remez' algorithm,
 * which makes the relative error of `eʳ` at most 3.1e-9.
 */
const EXP = [0.499999934125, 0.166665201078, 0.0416683942206, 0.00836878041856, 0.00138144663544];

/**
 * `(r coth(r/2) − 2) / r²` by powers of r² for the same `r`, again by Remez' algorithm: with
 * {@link quotient} the relative error of `eʳ` is at most 5.2e-10.
 */
const COTH = [0.166666176671, -0.00276598202132];

/** `c[0] + c[1] x + c[2] x² + …` */
export function polynomial(w: Writer, x: Vector, coefficients: readonly number[]): Vector {
  let sum: Vector = w.constant(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = w.let(f32x4.add(f32x4.mul(sum, x), w.constant(coefficients[i])));
  }
  return sum;
}

/** `x` between two bounds; pmin and pmax keep NaN if it comes first. */
export function clamp(w: Writer, x: Vector, least: number, most: number): Vector {
  return w.let(f32x4.pmax(w.let(f32x4.pmin(x, w.constant(most))), w.constant(least)));
}

/**
 * `±x = n ln 2 ± r` with an integer `n` and `|r| ≤ ln 2 / 2`: gives an integer vector whose low bits
 * are `n + bias`, and `r` both rounded and as `rough − low`, of which `rough` is exact.
 */
function reduce(w: Writer, x: Vector, bias: number, sign = 1) {
  const rounder = w.constant(ROUNDER + bias);
  const shifted = w.let(f32x4.add(f32x4.mul(x, w.constant(sign * Math.LOG2E)), rounder));
  const n = w.let(f32x4.sub(shifted, rounder));
  const rough = w.let(f32x4.sub(x, f32x4.mul(n, w.constant(sign * LN2_HIGH))));
  const low = w.let(f32x4.mul(n, w.constant(sign * LN2_LOW)));
  return { shifted, rough, low, r: w.let(f32x4.sub(rough, low)) };
}

/**
 * `x = n ln 2 + r` as above: gives the float `2ⁿ`, if that is one, and `eʳ − 1`.
 *
 * To round `r` would cost digits near 0; so what belongs to `rough` and to `low` is added up from the
 * smallest: `eʳ − 1 = rough + (r² P(r) − low)`.
 */
export function scaleAndRest(
  w: Writer,
  x: Vector,
): { shifted: Vector; scale: Vector; small: Vector } {
  const { shifted, rough, low, r } = reduce(w, x, BIAS);
  const tail = f32x4.mul(f32x4.mul(r, r), polynomial(w, r, EXP));
  const small = w.let(f32x4.add(rough, f32x4.sub(tail, low)));
  return { shifted, scale: powerOfTwo(w, shifted), small };
}

/** `2ⁿ` from an integer whose low bits are `n + 127`: the shift drops all but the exponent. */
export function powerOfTwo(w: Writer, biased: Code<"v128">): Vector {
  return w.let(i32x4.shl(biased, 23));
}

/**
 * `numerator / (2 + (r² P(r²) ± r))`.
 *
 * As `eʳ = (c + r) / (c − r)` for the even function `c = r coth(r/2) = 2 + r² P(r²)`, whose `P` needs
 * two coefficients where a polynomial for `eʳ` needs seven, `½ eʳ = ½ + r / (c − r)`. A division is
 * one instruction, and a processor goes on with the next elements meanwhile.
 */
function quotient(w: Writer, r: Vector, numerator: Code<"v128">, add: typeof f32x4.add): Vector {
  const square = w.let(f32x4.mul(r, r));
  const bend = f32x4.mul(polynomial(w, square, COTH), square);
  return w.let(f32x4.div(numerator, f32x4.add(w.constant(2), add(bend, r))));
}

/** `½ eʳ` */
function halfExp(w: Writer, r: Vector): Vector {
  return w.let(f32x4.add(quotient(w, r, r, f32x4.sub), w.constant(0.5)));
}

/** `eˣ` */
export function exp(w: Writer, x: Vector): Vector {
  // Beyond these the result is 0 or ∞ anyway.
  const { shifted, r } = reduce(w, clamp(w, x, -104, 89), 2 * BIAS + 1);
  // 2ⁿ reaches from 2⁻¹⁵⁰ to 2¹²⁸, further than one float does: multiply by its halves in turn,
  // and only the last product rounds, to a denormal if need be.
  const half = w.let(i32x4.shrS(shifted, 1));
  const first = powerOfTwo(w, half);
  const second = powerOfTwo(w, i32x4.sub(shifted, half));
  return w.let(f32x4.mul(f32x4.mul(halfExp(w, r), first), second));
}

/** By what power of 2 the smallest denormal must be raised to become a normal number, and more. */
export const RAISE = 24;

/** `2ʳᵃⁱˢᵉ eˣ` for `x ≤ 0`: where that is no denormal, or `raise` is {@link RAISE}. */
export function expOfNegative(w: Writer, x: Vector, raise: number): Vector {
  const { shifted, r } = reduce(w, w.let(f32x4.pmax(x, w.constant(-104))), BIAS + 1 + raise);
  return w.let(f32x4.mul(halfExp(w, r), powerOfTwo(w, shifted)));
}

/**
 * `1 / (1 + e⁻ˣ)` with `e⁻ˣ = 2ⁿ e⁻ʳ = s (1 − q)`, `q = 2 r / (c + r)` (see {@link quotient}), as
 * `1 / (larger + (smaller − s q))` of 1 and s.
 *
 * The order matters: `s + 1` would lose its 1 at `s = 2²⁴`, and the result be wrong by 2.4 ulp there;
 * and near 1, where a gradient lives on the last digit, only the last sum and the division round.
 */
export function sigmoid(w: Writer, x: Vector): Vector {
  // From 17 on the result is 1.
  const { shifted, r } = reduce(w, clamp(w, x, -104, 20), BIAS - RAISE, -1);
  const q = quotient(w, r, f32x4.add(r, r), f32x4.add);
  // Numerator and denominator are 2⁻²⁴ times theirs, lest 2ⁿ overflows before the result is 0.
  const one = w.constant(2 ** -RAISE);
  const s = powerOfTwo(w, shifted);
  const [larger, smaller] = [f32x4.pmax(s, one), f32x4.pmin(s, one)];
  return w.let(f32x4.div(one, f32x4.add(larger, f32x4.sub(smaller, f32x4.mul(s, q)))));
}

/** `(tanh x − x) / x³` by powers of x² for `|x| ≤ 0.75`: makes the relative error at most 1.7e-9. */
const TANH_NEAR = [
  -0.333333151,
  0.133326941,
  -0.0538927226,
  0.0214520283,
  -0.00765724558,
  0.00173692989,
];

/**
 * `x + x³ P(x²)` near 0; further away `1 − 2 e / (1 + e)` with `e = e⁻²ˡˣˡ`, and the sign of `x`: in both
 * the part that is rounded more than once is the smaller one.
 */
export function tanh(w: Writer, x: Vector): Vector {
  const [one, sign] = [w.constant(1), w.constant(-0)];
  const size = w.let(v128.andnot(x, sign));
  // From 10 on the result is 1 in float32. pmin keeps NaN.
  const y = f32x4.mul(f32x4.pmin(size, w.constant(10)), w.constant(-2));
  const { scale: c, small } = scaleAndRest(w, w.let(y));
  const e = w.let(f32x4.add(c, f32x4.mul(c, small)));
  const far = f32x4.sub(one, f32x4.div(f32x4.add(e, e), f32x4.add(one, e)));
  const square = w.let(f32x4.mul(x, x));
  const cube = f32x4.mul(f32x4.mul(size, square), polynomial(w, square, TANH_NEAR));
  const isFar = f32x4.gt(size, w.constant(0.75));
  const result = v128.bitselect(far, f32x4.add(size, cube), isFar);
  return w.let(v128.or(result, v128.and(x, sign)));
}

const SMALLEST_NORMAL = 2 ** -126;
const SQRT_HALF_BITS = 0x3f3504f3;

/** `(ln(1+s) − ln(1−s)) / s − 2` by powers of `s²`, within 2⁻³⁴ (fdlibm's `e_logf.c`). */
const LOG = [0xaaaaaa / 2 ** 24, 0xccce13 / 2 ** 25, 0x91e9ee / 2 ** 25, 0xf89e26 / 2 ** 26];

/** `ln x` */
export function log(w: Writer, x: Vector): Vector {
  return logOfSum(w, x, w.constant(0));
}

/**
 * `ln(x + x · rest)` for a `rest` below a unit in the last place, as `k ln 2 + ln(1 + f)` with `1 + f`
 * between `√½` and `√2`, after fdlibm's `e_logf.c`.
 */
export function logOfSum(w: Writer, x: Vector, rest: Vector): Vector {
  // Denormals are scaled up first, and 25 is taken from the exponent instead.
  const denormal = w.let(f32x4.lt(x, w.constant(SMALLEST_NORMAL)));
  const normal = v128.bitselect(f32x4.mul(x, w.constant(2 ** 25)), x, denormal);
  const bits = w.let(i32x4.add(normal, w.bits(ONE_BITS - SQRT_HALF_BITS)));
  const excess = v128.bitselect(w.bits(127 + 25), w.bits(127), denormal);
  const k = w.let(f32x4.convertI32x4S(i32x4.sub(i32x4.shrS(bits, 23), excess)));
  const mantissa = v128.and(bits, w.bits(0x007fffff));
  const f = w.let(f32x4.sub(i32x4.add(mantissa, w.bits(SQRT_HALF_BITS)), w.constant(1)));
  const s = w.let(f32x4.div(f, f32x4.add(f, w.constant(2))));
  const z = w.let(f32x4.mul(s, s));
  const series = w.let(f32x4.mul(polynomial(w, z, LOG), z));
  const half = w.let(f32x4.mul(f32x4.mul(f, f), w.constant(0.5)));
  const small = f32x4.add(
    f32x4.mul(s, f32x4.add(half, series)),
    f32x4.add(f32x4.mul(k, w.constant(LN2_LOW)), rest),
  );
  const result = f32x4.add(
    f32x4.add(f32x4.sub(small, half), f),
    f32x4.mul(k, w.constant(LN2_HIGH)),
  );
  // ∞ and NaN are themselves; 0 gives −∞, and what is below gives NaN.
  const finite = v128.bitselect(result, x, f32x4.lt(x, w.constant(Infinity)));
  const zero = f32x4.eq(x, w.constant(0));
  const edge = v128.bitselect(w.constant(-Infinity), w.constant(NaN), zero);
  return w.let(v128.bitselect(edge, finite, f32x4.le(x, w.constant(0))));
}

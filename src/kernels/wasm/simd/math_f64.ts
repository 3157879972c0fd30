/**
 * Exponentials and logarithms on two float64 lanes, to 2 units in the last place, and the
 * parts that the functions of float32 share with them.
 *
 * Some float32 functions compute in float64, two lanes at a time ({@link onHalves}): where float32
 * would need every step twice, once for the rounding error, this is shorter and no slower, and errs
 * by half a unit. Only basic operations in a fixed order, so every machine and runtime gives the same
 * bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import type { Code } from "../assembler/code.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import { demotePair, promotePair } from "./elements.ts";
import { FLOAT_LANES, type Lanes, type Vector } from "./lanes.ts";
import { LN2_HIGH, LN2_LOW, LOG_SERIES } from "../../../math/log.ts";
import type { Writer } from "./writer.ts";

const F64 = FLOAT_LANES.float64;

/** `c[0] + c[1] x + c[2] x² + …` */
export function polynomial(
  w: Writer,
  lanes: Lanes,
  x: Vector,
  coefficients: readonly number[],
): Vector {
  let sum: Vector = w.splat(lanes, coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = w.let(lanes.add(lanes.mul(sum, x), w.splat(lanes, coefficients[i])));
  }
  return sum;
}

/** `x` between two bounds; pmin and pmax keep NaN if it comes first. */
export function clamp(w: Writer, lanes: Lanes, x: Vector, least: number, most: number): Vector {
  const notMore = w.let(lanes.pmin(x, w.splat(lanes, most)));
  return w.let(lanes.pmax(notMore, w.splat(lanes, least)));
}

/** Parts of `eˣ − 1` for `x = n ln 2 + r`. */
interface Expm1Parts {
  readonly x: Vector;
  /** `2ⁿ`, if the result is not large. */
  readonly scale: Vector;
  /** `eʳ − 1` */
  readonly small: Vector;
  /** Two powers of 2 whose product is `2ⁿ`, which may overflow where the result does not. */
  readonly halves: readonly [Vector, Vector];
  /** From here on, `eˣ − 1` and `eˣ` are the same number. */
  readonly isExp: number;
}

/** `eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1)`, whose parts are exact to the last bit near 0. */
export function expm1Of(w: Writer, lanes: Lanes, parts: Expm1Parts): Vector {
  const { x, scale, small, halves, isExp } = parts;
  const one = w.splat(lanes, 1);
  const near = lanes.add(lanes.mul(scale, small), lanes.sub(scale, one));
  const far = lanes.mul(lanes.mul(lanes.add(one, small), halves[0]), halves[1]);
  const result = v128.bitselect(far, near, lanes.gt(x, w.splat(lanes, isExp)));
  // −0 would come out as 0; where x is negative, so is the result.
  return w.let(v128.or(result, v128.and(x, w.splat(lanes, -0))));
}

/**
 * `ln u` for `u = 1 + x`, corrected by what rounding took from `u`: `ln(u + c) ≈ ln u + c / u`.
 *
 * Knuth's sum gives `c` exactly, whichever of `1` and `x` is larger. `logOfSum(w, u, c / u)` is
 * `ln(u + c)`.
 */
export function log1pBy(
  w: Writer,
  lanes: Lanes,
  x: Vector,
  logOfSum: (w: Writer, u: Vector, rest: Vector) => Vector,
): Vector {
  const one = w.splat(lanes, 1);
  const u = w.let(lanes.add(one, x));
  const back = w.let(lanes.sub(u, one));
  const lost = lanes.add(lanes.sub(one, lanes.sub(u, back)), lanes.sub(x, back));
  const result = logOfSum(w, u, w.let(lanes.div(lost, u)));
  // The logarithm of 1 is +0, also for x = −0.
  return w.let(v128.bitselect(x, result, lanes.eq(x, w.splat(lanes, 0))));
}

/** Parts of `ln(x + x · rest)` for `x = 2ᵏ · (1 + f)`. */
interface LogParts {
  readonly x: Vector;
  readonly k: Vector;
  readonly f: Vector;
  readonly rest: Vector;
  /** `(ln(1+s) − ln(1−s)) / s − 2` by powers of s², from s² on. */
  readonly series: readonly number[];
  /** `ln 2` as a part whose product with any exponent is exact, and the rest. */
  readonly high: number;
  readonly low: number;
}

/** `ln(x + x · rest)` as `k ln 2 + ln(1 + f)`, after fdlibm's `e_log.c`. */
export function logOfFraction(w: Writer, lanes: Lanes, parts: LogParts): Vector {
  const { x, k, f, rest } = parts;
  const [zero, infinity] = [0, Infinity].map((value) => w.splat(lanes, value));
  const s = w.let(lanes.div(f, lanes.add(f, w.splat(lanes, 2))));
  const z = w.let(lanes.mul(s, s));
  const half = w.let(lanes.mul(lanes.mul(f, f), w.splat(lanes, 0.5)));
  const series = lanes.mul(polynomial(w, lanes, z, parts.series), z);
  const tail = lanes.mul(s, lanes.add(half, series));
  const low = lanes.add(tail, lanes.add(lanes.mul(k, w.splat(lanes, parts.low)), rest));
  const rough = lanes.add(lanes.sub(low, half), f);
  const result = lanes.add(rough, lanes.mul(k, w.splat(lanes, parts.high)));
  // ∞ and NaN stay; 0 gives −∞, and numbers below give NaN.
  const finite = v128.bitselect(result, x, lanes.lt(x, infinity));
  const isZero = lanes.eq(x, zero);
  const edge = v128.bitselect(w.splat(lanes, -Infinity), w.splat(lanes, NaN), isZero);
  return w.let(v128.bitselect(edge, finite, lanes.le(x, zero)));
}

/** Adding this to a float64 rounds it to an integer, which is then in the low bits. */
export const ROUNDER = 1.5 * 2 ** 52;

/** `f` of the low and of the high two of four float32 lanes, as float64 lanes each. */
export function onHalves(
  w: Writer,
  arguments_: readonly Vector[],
  f: (...halves: Vector[]) => Vector,
): Vector {
  const pairs = arguments_.map(promotePair);
  const [low, high] = ([0, 1] as const).map((i) => f(...pairs.map((pair) => w.let(pair[i]))));
  return w.let(demotePair(low, high));
}

const SQRT_HALF_BITS = 0x3fe6a09e_667f3bcdn;
const ONE_BITS = 0x3ff00000_00000000n;
const MANTISSA_BITS = 0x000fffff_ffffffffn;
/** Bits of 2⁵²: with a small integer in the low bits, of 2⁵² plus that integer. */
export const INTEGER_BITS = 0x43300000_00000000n;

/** `x = 2ᵏ · (1 + f)` with `1 + f` between √½ and √2, for normal positive numbers of float64. */
function exponentAndFraction(
  w: Writer,
  x: Code<"v128">,
): { exponent: Vector; f: Vector } {
  const bits = w.let(i64x2.add(x, w.bits64(ONE_BITS - SQRT_HALF_BITS)));
  const biased = v128.or(i64x2.shrU(bits, 52), w.bits64(INTEGER_BITS));
  const exponent = w.let(f64x2.sub(biased, w.double(2 ** 52 + 1023)));
  const mantissa = i64x2.add(v128.and(bits, w.bits64(MANTISSA_BITS)), w.bits64(SQRT_HALF_BITS));
  return { exponent, f: w.let(f64x2.sub(mantissa, w.double(1))) };
}

/**
 * `log₂ x` of two float64 lanes for `x ≥ 0` or NaN, if not a denormal of float64.
 *
 * `series` is that of `log₂((1+s)/(1−s)) / s` by powers of s², for `|s| < 0.172`.
 */
export function log2OfDoubles(w: Writer, x: Vector, series: readonly number[]): Vector {
  const { exponent, f } = exponentAndFraction(w, x);
  const s = w.let(f64x2.div(f, f64x2.add(f, w.double(2))));
  const quotient = polynomial(w, F64, w.let(f64x2.mul(s, s)), series);
  const result = f64x2.add(exponent, f64x2.mul(s, quotient));
  const finite = v128.bitselect(result, x, f64x2.lt(x, w.double(Infinity)));
  return w.let(v128.bitselect(w.double(-Infinity), finite, f64x2.eq(x, w.double(0))));
}

/**
 * `2^t` of two float64 lanes, as far as float32 can tell.
 *
 * `series` is that of `2^r` by powers of r, for `|r| ≤ ½`.
 */
export function exp2OfDoubles(w: Writer, t: Vector, series: readonly number[]): Code<"v128"> {
  // NaN comes first in pmin and pmax, which keeps it.
  const most = w.let(f64x2.pmin(t, w.double(130)));
  const bounded = w.let(f64x2.pmax(most, w.double(-160)));
  const shifted = w.let(f64x2.add(bounded, w.double(ROUNDER)));
  const r = w.let(f64x2.sub(bounded, f64x2.sub(shifted, w.double(ROUNDER))));
  const scale = i64x2.add(i64x2.shl(shifted, 52), w.bits64(ONE_BITS));
  return f64x2.mul(polynomial(w, F64, r, series), scale);
}

/** `r (eʳ + 1) / (eʳ − 1) − 2` by powers of r², from r² on. */
const EXP = [
  1.66666666666666019037e-01,
  -2.77777777770155933842e-03,
  6.61375632143793436117e-05,
  -1.65339022054652515390e-06,
  4.13813679705723846039e-08,
];

/** `c = r − r² P(r²)`, for which `eʳ = 1 + r + r c / (2 − c)` */
export function expCorrection(w: Writer, r: Vector): Vector {
  const square = w.let(f64x2.mul(r, r));
  return w.let(f64x2.sub(r, f64x2.mul(square, polynomial(w, F64, square, EXP))));
}

/** `2ⁿ` for `−1022 ≤ n ≤ 1023`, from a float64 whose low bits are `n`. */
export function powerOfTwo(w: Writer, n: Code<"v128">): Vector {
  return w.let(i64x2.add(i64x2.shl(n, 52), w.bits64(ONE_BITS)));
}

/**
 * `x = n ln 2 + r` with an integer `n` and `|r| ≤ ln 2 / 2`: gives `ROUNDER + n`, `n`, and `eʳ − 1`.
 *
 * With `c = r − r² P(r²)`, `eʳ − 1 = r + r c / (2 − c)`. In the sum `r` stays `high − low`, so that no
 * digit of it is lost.
 */
function reduce(w: Writer, x: Vector): { shifted: Vector; n: Vector; small: Vector } {
  const shifted = w.let(f64x2.add(f64x2.mul(x, w.double(Math.LOG2E)), w.double(ROUNDER)));
  const n = w.let(f64x2.sub(shifted, w.double(ROUNDER)));
  const high = w.let(f64x2.sub(x, f64x2.mul(n, w.double(LN2_HIGH))));
  const low = w.let(f64x2.mul(n, w.double(LN2_LOW)));
  const r = w.let(f64x2.sub(high, low));
  const c = expCorrection(w, r);
  const bend = f64x2.div(f64x2.mul(r, c), f64x2.sub(w.double(2), c));
  return { shifted, n, small: w.let(f64x2.sub(high, f64x2.sub(low, bend))) };
}

/** `2ⁿ` as a product of two: one float64 does not reach from 2⁻¹⁰⁷⁵ to 2¹⁰²⁴. */
function halfPowers(w: Writer, n: Vector): [Vector, Vector] {
  const half = w.let(f64x2.add(f64x2.mul(n, w.double(0.5)), w.double(ROUNDER)));
  const rest = f64x2.sub(n, f64x2.sub(half, w.double(ROUNDER)));
  return [powerOfTwo(w, half), powerOfTwo(w, f64x2.add(rest, w.double(ROUNDER)))];
}

/** `eˣ` */
export function exp(w: Writer, x: Vector): Vector {
  const { n, small } = reduce(w, clamp(w, F64, x, -746, 710));
  const [first, second] = halfPowers(w, n);
  // Only the last product rounds, to a denormal if need be.
  const power = f64x2.add(w.double(1), small);
  return w.let(f64x2.mul(f64x2.mul(power, first), second));
}

/** `½ eˣ`, which overflows later */
export function halfExp(w: Writer, x: Vector): Vector {
  const { n, small } = reduce(w, clamp(w, F64, x, -746, 711));
  const [first, second] = halfPowers(w, w.let(f64x2.sub(n, w.double(1))));
  const power = f64x2.add(w.double(1), small);
  return w.let(f64x2.mul(f64x2.mul(power, first), second));
}

/** From here on, `eˣ − 1` and `eˣ` are the same float64. */
const EXPM1_IS_EXP = 38;

/** `eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1)`, whose parts are exact to the last bit near 0. */
export function expm1(w: Writer, x: Vector): Vector {
  const { shifted, n, small } = reduce(w, clamp(w, F64, x, -40, 710));
  const scale = powerOfTwo(w, shifted);
  return expm1Of(w, F64, { x, scale, small, halves: halfPowers(w, n), isExp: EXPM1_IS_EXP });
}

/** `ln x` */
export function log(w: Writer, x: Vector): Vector {
  return logOfSum(w, x, w.double(0));
}

/** `ln(1 + x)` */
export function log1p(w: Writer, x: Vector): Vector {
  return log1pBy(w, F64, x, logOfSum);
}

const SMALLEST_NORMAL = 2 ** -1022;

/** `ln(x + x · rest)` for a `rest` below a unit in the last place, as `k ln 2 + ln(1 + f)`. */
function logOfSum(w: Writer, x: Vector, rest: Vector): Vector {
  // Denormals are scaled up first, and 54 is taken from the exponent instead.
  const isDenormal = w.let(f64x2.lt(x, w.double(SMALLEST_NORMAL)));
  const normal = v128.bitselect(f64x2.mul(x, w.double(2 ** 54)), x, isDenormal);
  const { exponent, f } = exponentAndFraction(w, normal);
  const k = w.let(f64x2.sub(exponent, v128.and(isDenormal, w.double(54))));
  return logOfFraction(w, F64, { x, k, f, rest, series: LOG_SERIES, high: LN2_HIGH, low: LN2_LOW });
}

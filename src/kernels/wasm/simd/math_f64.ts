/**
 * Exponentials and logarithms on two float64 lanes, to 2 units in the last place.
 *
 * Only basic operations in a fixed order, so every machine and runtime gives the same bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import type { Code } from "../assembler/code.ts";
import { polynomial, ROUNDER } from "./halves.ts";
import { exponentAndFraction } from "./math_base2.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/** `ln 2` to 32 bits, whose product with any exponent is exact, and the rest. */
const LN2_HIGH = 6.93147180369123816490e-01;
const LN2_LOW = 1.90821492927058770002e-10;

const ONE_BITS = 0x3ff00000_00000000n;

/** `r (eʳ + 1) / (eʳ − 1) − 2` by powers of r², from r² on. */
const EXP = [
  1.66666666666666019037e-01,
  -2.77777777770155933842e-03,
  6.61375632143793436117e-05,
  -1.65339022054652515390e-06,
  4.13813679705723846039e-08,
];

/** `2ⁿ` for `−1022 ≤ n ≤ 1023`, from a float64 whose low bits are `n`. */
function powerOfTwo(w: Writer, n: Code<"v128">): Vector {
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
  const square = w.let(f64x2.mul(r, r));
  const c = w.let(f64x2.sub(r, f64x2.mul(square, polynomial(w, square, EXP))));
  const bend = f64x2.div(f64x2.mul(r, c), f64x2.sub(w.double(2), c));
  return { shifted, n, small: w.let(f64x2.sub(high, f64x2.sub(low, bend))) };
}

/** `2ⁿ` as a product of two: one float64 does not reach from 2⁻¹⁰⁷⁵ to 2¹⁰²⁴. */
function halfPowers(w: Writer, n: Vector): [Vector, Vector] {
  const half = w.let(f64x2.add(f64x2.mul(n, w.double(0.5)), w.double(ROUNDER)));
  const rest = f64x2.sub(n, f64x2.sub(half, w.double(ROUNDER)));
  return [powerOfTwo(w, half), powerOfTwo(w, f64x2.add(rest, w.double(ROUNDER)))];
}

/** `x` between the arguments from which on the result is always the same; NaN is itself. */
function bound(w: Writer, x: Vector, least: number, most: number): Vector {
  // pmin and pmax keep NaN if it comes first.
  const notMore = w.let(f64x2.pmin(x, w.double(most)));
  return w.let(f64x2.pmax(notMore, w.double(least)));
}

/** `eˣ` */
export function exp(w: Writer, x: Vector): Vector {
  const { n, small } = reduce(w, bound(w, x, -746, 710));
  const [first, second] = halfPowers(w, n);
  // Only the last product rounds, to a denormal if need be.
  const power = f64x2.add(w.double(1), small);
  return w.let(f64x2.mul(f64x2.mul(power, first), second));
}

/** From here on, `eˣ − 1` and `eˣ` are the same float64. */
const EXPM1_IS_EXP = 38;

/** `eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1)`, whose parts are exact to the last bit near 0. */
export function expm1(w: Writer, x: Vector): Vector {
  const { shifted, n, small } = reduce(w, bound(w, x, -40, 710));
  const scale = powerOfTwo(w, shifted);
  const near = f64x2.add(f64x2.mul(scale, small), f64x2.sub(scale, w.double(1)));
  const [first, second] = halfPowers(w, n);
  const far = f64x2.mul(f64x2.mul(f64x2.add(w.double(1), small), first), second);
  const result = v128.bitselect(far, near, f64x2.gt(x, w.double(EXPM1_IS_EXP)));
  // −0 would come out as 0; where x is negative, so is the result.
  return w.let(v128.or(result, v128.and(x, w.double(-0))));
}

/** `(ln(1+s) − ln(1−s)) / s − 2` by powers of s², from s² on. */
const LOG = [
  6.666666666666735130e-01,
  3.999999999940941908e-01,
  2.857142874366239149e-01,
  2.222219843214978396e-01,
  1.818357216161805012e-01,
  1.531383769920937332e-01,
  1.479819860511658591e-01,
];

/** `ln x` */
export function log(w: Writer, x: Vector): Vector {
  return logOfSum(w, x, w.double(0));
}

/** `ln(1 + x)`, as the logarithm of the rounded sum and of what rounding took from it. */
export function log1p(w: Writer, x: Vector): Vector {
  const one = w.double(1);
  const u = w.let(f64x2.add(one, x));
  const back = w.let(f64x2.sub(u, one));
  // Knuth's sum.
  const lost = f64x2.add(f64x2.sub(one, f64x2.sub(u, back)), f64x2.sub(x, back));
  const result = logOfSum(w, u, w.let(f64x2.div(lost, u)));
  // The logarithm of 1 is +0, also for x = −0.
  return w.let(v128.bitselect(x, result, f64x2.eq(x, w.double(0))));
}

const SMALLEST_NORMAL = 2 ** -1022;

/** `ln(x + x · rest)` for a `rest` below a unit in the last place, as `k ln 2 + ln(1 + f)`. */
function logOfSum(w: Writer, x: Vector, rest: Vector): Vector {
  // Denormals are scaled up first, and 54 is taken from the exponent instead.
  const isDenormal = w.let(f64x2.lt(x, w.double(SMALLEST_NORMAL)));
  const normal = v128.bitselect(f64x2.mul(x, w.double(2 ** 54)), x, isDenormal);
  const { exponent, f } = exponentAndFraction(w, normal);
  const k = w.let(f64x2.sub(exponent, v128.and(isDenormal, w.double(54))));
  const s = w.let(f64x2.div(f, f64x2.add(f, w.double(2))));
  const z = w.let(f64x2.mul(s, s));
  const half = w.let(f64x2.mul(f64x2.mul(f, f), w.double(0.5)));
  const series = f64x2.mul(z, polynomial(w, z, LOG));
  const tail = f64x2.mul(s, f64x2.add(half, series));
  const low = f64x2.add(tail, f64x2.add(f64x2.mul(k, w.double(LN2_LOW)), rest));
  const result = f64x2.sub(
    f64x2.mul(k, w.double(LN2_HIGH)),
    f64x2.sub(f64x2.sub(half, low), f),
  );
  // ∞ and NaN are themselves; 0 gives −∞, and what is below gives NaN.
  const finite = v128.bitselect(result, x, f64x2.lt(x, w.double(Infinity)));
  const isZero = f64x2.eq(x, w.double(0));
  const edge = v128.bitselect(w.double(-Infinity), w.double(NaN), isZero);
  return w.let(v128.bitselect(edge, finite, f64x2.le(x, w.double(0))));
}

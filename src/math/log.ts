/**
 * Logarithms: natural, of 1 + x, and to the bases 2 and 10.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { highWord, MIN_NORMAL, powerOfTwo } from "./bits.ts";

const TWO_54 = 18014398509481984;

/** ln 2 to 32 bits, so that k · LN2_HIGH is exact for |k| < 2^21. */
export const LN2_HIGH = 6.93147180369123816490e-01;
/** ln 2 - LN2_HIGH. */
export const LN2_LOW = 1.90821492927058770002e-10;

// 1/ln 2, 1/ln 10 and log10 2 in two parts; the first has 24 bits, so that its product with an
// integer or with another 24-bit number is exact.
export const INV_LN2_HIGH = 1.4426950216293335;
export const INV_LN2_LOW = 1.9259629911266175e-8;
export const INV_LN10_HIGH = 0.4342944920063019;
export const INV_LN10_LOW = -1.0103050052231683e-8;
export const LOG10_2_HIGH = 0.3010300099849701;
export const LOG10_2_LOW = -1.4320988897559699e-8;

// (log(1 + s) - log(1 - s))/s - 2 = s²·(L1 + L2·s² + …)
const L1 = 6.666666666666735130e-01;
const L2 = 3.999999999940941908e-01;
const L3 = 2.857142874366239149e-01;
const L4 = 2.222219843214978396e-01;
const L5 = 1.818357216161805012e-01;
const L6 = 1.531383769920937332e-01;
const L7 = 1.479819860511658591e-01;

/** These coefficients, for those who compute with vectors. */
export const LOG_SERIES: readonly number[] = [L1, L2, L3, L4, L5, L6, L7];

/**
 * Computes the small part of log(1 + f) = f - f²/2 + tail(f), for sqrt(1/2) <= 1 + f < sqrt(2).
 *
 * With s = f/(2 + f), log(1 + f) = log(1 + s) - log(1 - s) = 2s + s·R(s²), and
 * 2s = f - f²/2 + s·f²/2. Callers add `f` and `f²/2` themselves, in the order that loses least.
 */
function logTail(f: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (L2 + w * (L4 + w * L6));
  const even = z * (L1 + w * (L3 + w * (L5 + w * L7)));
  return s * (0.5 * f * f + (odd + even));
}

/** Computes the integer k that puts x · 2^-k in [sqrt(1/2), sqrt(2)), for positive finite x. */
function exponent(x: number): number {
  if (x < MIN_NORMAL) return exponent(x * TWO_54) - 54;
  // Adding 1 - (sqrt(2) - 1) to the fraction carries into the exponent from sqrt(2) on.
  return ((highWord(x) + 0x95f64) >> 20) - 1023;
}

/** x · 2^-k - 1 for k = exponent(x); exact. */
function fraction(x: number, k: number): number {
  return (k < -1022 ? x * TWO_54 * powerOfTwo(-54 - k) : x * powerOfTwo(-k)) - 1;
}

/** Any logarithm of 0, Infinity, a negative number or NaN. */
function logEdge(x: number): number {
  return x === 0 ? -Infinity : x === Infinity ? x : NaN;
}

/**
 * Computes the natural logarithm.
 *
 * x = 2^k · (1 + f), so log x = k·ln 2 + log(1 + f). Largest error seen: 0.73 ulp.
 * Source: FreeBSD msun `e_log.c`, `k_log.h`.
 *
 * @param x a number, 0 or more
 * @returns log x; -Infinity for ±0, NaN below 0 and for NaN
 */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return logEdge(x);
  const k = exponent(x);
  const f = fraction(x, k);
  return k * LN2_HIGH - (0.5 * f * f - (logTail(f) + k * LN2_LOW) - f);
}

/**
 * log(1 + x), precise also where 1 + x would round x away.
 *
 * For u = 1 + x rounded, log(1 + x) = log u + (1 + x - u)/u to first order.
 * Largest error seen: 0.75 ulp. Source: FreeBSD msun `s_log1p.c`.
 *
 * @param x a number, -1 or more
 * @returns log(1 + x); -Infinity for -1, ±0 for ±0, NaN below -1 and for NaN
 */
export function log1p(x: number): number {
  if (!(x > -1 && x < Infinity)) return logEdge(1 + x);
  if (Math.abs(x) < 5.551115123125783e-17) return x; // |x| < 2^-54, and ±0
  if (x > -0.2928932188134524 && x < 0.41421356237309503) {
    return x - (0.5 * x * x - logTail(x));
  }
  const u = 1 + x;
  const k = exponent(u);
  // Taking the larger of the two terms from u first makes the difference exact.
  const lost = (x > 1 ? 1 - (u - x) : x - (u - 1)) / u;
  const f = fraction(u, k);
  return k * LN2_HIGH - (0.5 * f * f - (logTail(f) + (k * LN2_LOW + lost)) - f);
}

/**
 * Computes the logarithm to base 2; exact for powers of two.
 *
 * log2 x = k + log(1 + f)/ln 2, with log(1 + f) and 1/ln 2 each in two parts, because near
 * sqrt(2) the sum cancels. Largest error seen: 0.71 ulp. Source: FreeBSD msun `e_log2.c`.
 *
 * @param x a number, 0 or more
 * @returns log2 x; -Infinity for ±0, NaN below 0 and for NaN
 */
export function log2(x: number): number {
  if (!(x > 0 && x < Infinity)) return logEdge(x);
  const k = exponent(x);
  const f = fraction(x, k);
  const half = 0.5 * f * f;
  const high = Math.fround(f - half);
  const low = f - high - half + logTail(f);
  const product = high * INV_LN2_HIGH;
  const sum = k + product;
  // k - sum + product is what the sum rounded away: exact, as |k| >= |product| or k = 0.
  return (low + high) * INV_LN2_LOW + low * INV_LN2_HIGH + (k - sum + product) + sum;
}

/**
 * Computes the logarithm to base 10.
 *
 * log10 x = k·log10(2) + log(1 + f)/ln 10, computed as in {@linkcode log2}.
 * Largest error seen: 0.62 ulp. Source: FreeBSD msun `e_log10.c`.
 *
 * @param x a number, 0 or more
 * @returns log10 x; -Infinity for ±0, NaN below 0 and for NaN
 */
export function log10(x: number): number {
  if (!(x > 0 && x < Infinity)) return logEdge(x);
  const k = exponent(x);
  const f = fraction(x, k);
  const half = 0.5 * f * f;
  const high = Math.fround(f - half);
  const low = f - high - half + logTail(f);
  const product = high * INV_LN10_HIGH;
  const shift = k * LOG10_2_HIGH;
  const sum = shift + product;
  const rest = k * LOG10_2_LOW + (low + high) * INV_LN10_LOW + low * INV_LN10_HIGH;
  return rest + (shift - sum + product) + sum;
}

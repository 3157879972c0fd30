/**
 * Powers: x^y for any two numbers.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { highWord, MIN_NORMAL, powerOfTwo, scaleByPowerOfTwo } from "./bits.ts";
import { expCorrection } from "./exp.ts";

/**
 * x^y = 2^(y · log2 x), with the logarithm and the product in about 70 bits.
 *
 * Exact wherever the result of an integer to an integer is a float64. The edges are those of
 * C99, as in PyTorch: x^0 = 1 and 1^y = 1 even for NaN (`Math.pow(1, NaN)` is NaN), (-1)^±∞ = 1,
 * a negative base to a fractional power is NaN, and odd powers of -0 and -Infinity are negative.
 * Largest error seen: 0.78 ulp. Source: FreeBSD msun `e_pow.c`.
 *
 * @param x the base
 * @param y the exponent
 * @returns x^y
 */
export function pow(x: number, y: number): number {
  if (y === 2) return x * x;
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return NaN;
  if (y === 1) return x;
  if (y === -1) return 1 / x;
  if (y === 0.5 && x > 0) return Math.sqrt(x);
  const a = Math.abs(x);
  if (a === 0 || a === Infinity || Math.abs(y) === Infinity) return powEdge(x, y);
  if (x > 0) return powPositive(x, y);
  if (Math.floor(y) !== y) return NaN;
  return isOdd(y) ? -powPositive(a, y) : powPositive(a, y);
}

/** Returns true if `y` is an odd integer; beyond 2^53 all float64 are even. */
function isOdd(y: number): boolean {
  return Math.floor(y) === y && Math.floor(0.5 * y) !== 0.5 * y;
}

/** x^y where x is ±0 or ±Infinity, or y is ±Infinity, and y is not 0. */
function powEdge(x: number, y: number): number {
  const a = Math.abs(x);
  if (Math.abs(y) === Infinity) return a === 1 ? 1 : (a > 1) === (y > 0) ? Infinity : 0;
  const magnitude = (a > 1) === (y > 0) ? Infinity : 0;
  const negative = x < 0 || 1 / x < 0;
  return negative && isOdd(y) ? -magnitude : magnitude;
}

const TWO_31 = 2147483648;
const TWO_64 = 18446744073709551616;
const TWO_MINUS_20 = 9.5367431640625e-7;
export const OVERFLOW_SLACK = 8.0085662595372944372e-17; // log2(largest float64 + ulp/2) - 1024, negated

/** The last logarithm found, as a part of 24 bits and the rest. */
const log2Parts = new Float64Array(2);

/** a^y for finite a > 0 and finite y. */
function powPositive(a: number, y: number): number {
  if (Math.abs(y) > TWO_31) {
    if (a === 1) return 1;
    if (Math.abs(y) > TWO_64 || Math.abs(a - 1) > TWO_MINUS_20) {
      return (a > 1) === (y > 0) ? Infinity : 0;
    }
    log2NearOne(a);
  } else {
    log2InTwo(a);
  }
  // y · (log2 a) with y = yHigh + (y - yHigh): `high` is exact, being 24 bits by 24 bits.
  const yHigh = Math.fround(y);
  const low = (y - yHigh) * log2Parts[0] + y * log2Parts[1];
  const high = yHigh * log2Parts[0];
  const z = high + low;
  if (z >= 1024 && (z > 1024 || low + OVERFLOW_SLACK > z - high)) return Infinity;
  if (z <= -1075 && (z < -1075 || low <= z - high)) return 0;
  return exp2OfSum(high, low);
}

export const INV_LN2 = 1.44269504088896338700e+00;
export const INV_LN2_HIGH = 1.44269502162933349609e+00;
export const INV_LN2_LOW = 1.92596299112661746887e-08;

/** log2 a for |a - 1| <= 2^-20, by log(1 + t) = t - t²/2 + t³/3 - t⁴/4. */
function log2NearOne(a: number): void {
  const t = a - 1;
  const w = t * t * (0.5 - t * (1 / 3 - t * 0.25));
  // t has up to 33 bits: without splitting it as well, the product would round, and y > 2^31 would
  // make hundreds of ulp of that (as it does in fdlibm).
  const tHigh = Math.fround(t);
  const u = INV_LN2_HIGH * tHigh;
  const v = (t - tHigh) * INV_LN2 + tHigh * INV_LN2_LOW - w * INV_LN2;
  const high = Math.fround(u + v);
  log2Parts[0] = high;
  log2Parts[1] = v - (high - u);
}

// 3/2·(log(1 + s) - log(1 - s))/s - 3 - s² = s⁴·(L1 + L2·s² + …)
const L1 = 5.99999999999994648725e-01;
const L2 = 4.28571428578550184252e-01;
const L3 = 3.33333329818377432918e-01;
const L4 = 2.72728123808534006489e-01;
const L5 = 2.30660745775561754067e-01;
const L6 = 2.06975017800338417784e-01;

/** These coefficients, for those who compute with vectors. */
export const LOG2_SERIES: readonly number[] = [L1, L2, L3, L4, L5, L6];

// 2/(3 ln 2), whole and in two parts, and log2(3/2) in two parts.
export const TWO_THIRDS_INV_LN2 = 9.61796693925975554329e-01;
export const TWO_THIRDS_INV_LN2_HIGH = 9.61796700954437255859e-01;
export const TWO_THIRDS_INV_LN2_LOW = -7.02846165095275826516e-09;
export const LOG2_3_2_HIGH = 5.84962487220764160156e-01;
export const LOG2_3_2_LOW = 1.35003920212974897128e-08;

/**
 * log2 a = n + log2 b + log2(m/b), where a = 2^n · m and b is 1 or 3/2, whichever is nearer to m.
 *
 * log2(m/b) = 2/(3 ln 2) · s · (3 + s² + s⁴·L(s²)) with s = (m - b)/(m + b). Every factor is split
 * into a 24-bit part and the rest, so that the leading products are exact.
 */
function log2InTwo(a: number): void {
  const scaled = a < MIN_NORMAL ? a * 9007199254740992 : a;
  const word = highWord(scaled);
  const bits = word & 0xfffff;
  // m is in [sqrt(3)/2, sqrt(3)): below sqrt(3/2) it is near 1, above near 3/2.
  const near3Halves = bits > 0x3988e && bits < 0xbb67a;
  const k = (word >> 20) - 1023 + (bits >= 0xbb67a ? 1 : 0);
  const m = scaled * powerOfTwo(-k);
  const n = scaled === a ? k : k - 53;
  const b = near3Halves ? 1.5 : 1;

  const u = m - b;
  const v = 1 / (m + b);
  const s = u * v;
  const sHigh = Math.fround(s);
  const denominatorHigh = Math.fround(m + b);
  const denominatorLow = m - (denominatorHigh - b);
  const sLow = v * (u - sHigh * denominatorHigh - sHigh * denominatorLow);

  const s2 = s * s;
  const series = s2 * s2 * (L1 + s2 * (L2 + s2 * (L3 + s2 * (L4 + s2 * (L5 + s2 * L6))))) +
    sLow * (sHigh + s);
  const square = sHigh * sHigh;
  const tHigh = Math.fround(3 + square + series);
  const tLow = series - (tHigh - 3 - square);

  const leading = sHigh * tHigh;
  const rest = sLow * tHigh + tLow * s;
  const pHigh = Math.fround(leading + rest);
  const pLow = rest - (pHigh - leading);
  const zHigh = TWO_THIRDS_INV_LN2_HIGH * pHigh;
  const zLow = TWO_THIRDS_INV_LN2_LOW * pHigh + pLow * TWO_THIRDS_INV_LN2 +
    (near3Halves ? LOG2_3_2_LOW : 0);
  const base = near3Halves ? LOG2_3_2_HIGH : 0;
  const high = Math.fround(zHigh + zLow + base + n);
  log2Parts[0] = high;
  log2Parts[1] = zLow - (high - n - base - zHigh);
}

export const LN2 = 6.93147180559945286227e-01;
export const LN2_HIGH = 6.93147182464599609375e-01;
export const LN2_LOW = -1.90465429995776804525e-09;

/** 2^(high + low) for |high + low| <= 1075 and |low| far below |high|. */
function exp2OfSum(high: number, low: number): number {
  const n = Math.floor(high + low + 0.5);
  const whole = high - n;
  const t = Math.fround(low + whole);
  // z + w = t·ln 2 to about 70 bits.
  const u = t * LN2_HIGH;
  const v = (low - (t - whole)) * LN2 + t * LN2_LOW;
  const z = u + v;
  const w = v - (z - u);
  const c = expCorrection(z);
  const r = (z * c) / (c - 2) - (w + z * w);
  return scaleByPowerOfTwo(1 - (r - z), n);
}

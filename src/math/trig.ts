/**
 * Trigonometric functions of angles in radians: sin, cos and tan.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { reduceAngle, remainder } from "./reduce_angle.ts";

export const QUARTER_PI = 7.85398163397448278999e-01;
export const QUARTER_PI_LOW = 3.06161699786838301793e-17;

/**
 * Computes the sine.
 *
 * Largest error seen: 0.76 ulp. Source: FreeBSD msun `s_sin.c`, `k_sin.c`.
 *
 * @param x the angle in radians
 * @returns sin x; ±0 for ±0, NaN for ±Infinity and NaN
 */
export function sin(x: number): number {
  const a = Math.abs(x);
  if (a < 1.4901161193847656e-8) return x; // 2^-26
  if (a <= QUARTER_PI) return sinReduced(x, 0);
  if (!(a < Infinity)) return NaN;
  const n = reduceAngle(x);
  const y = n & 1 ? cosReduced(remainder[0], remainder[1]) : sinReduced(remainder[0], remainder[1]);
  return n & 2 ? -y : y;
}

/**
 * Computes the cosine.
 *
 * Largest error seen: 0.72 ulp. Source: FreeBSD msun `s_cos.c`, `k_cos.c`.
 *
 * @param x the angle in radians
 * @returns cos x; NaN for ±Infinity and NaN
 */
export function cos(x: number): number {
  const a = Math.abs(x);
  if (a <= QUARTER_PI) return cosReduced(x, 0);
  if (!(a < Infinity)) return NaN;
  const n = reduceAngle(x);
  const y = n & 1 ? sinReduced(remainder[0], remainder[1]) : cosReduced(remainder[0], remainder[1]);
  return n === 1 || n === 2 ? -y : y;
}

/**
 * Computes the tangent.
 *
 * Largest error seen: 0.73 ulp. Source: FreeBSD msun `s_tan.c`, `k_tan.c`.
 *
 * @param x the angle in radians
 * @returns tan x; ±0 for ±0, NaN for ±Infinity and NaN
 */
export function tan(x: number): number {
  const a = Math.abs(x);
  if (a < 7.450580596923828e-9) return x; // 2^-27
  if (a <= QUARTER_PI) return tanReduced(x, 0, false);
  if (!(a < Infinity)) return NaN;
  const n = reduceAngle(x);
  return tanReduced(remainder[0], remainder[1], (n & 1) === 1);
}

// sin x = x + x³·(S1 + S2·x² + …), the least maximum error on |x| <= π/4.
const S1 = -1.66666666666666324348e-01;
const S2 = 8.33333333332248946124e-03;
const S3 = -1.98412698298579493134e-04;
const S4 = 2.75573137070700676789e-06;
const S5 = -2.50507602534068634195e-08;
const S6 = 1.58969099521155010221e-10;

/** These coefficients, for those who compute with vectors. */
export const SIN_SERIES: readonly number[] = [S1, S2, S3, S4, S5, S6];

/** sin(x + y) for |x| <= π/4 and y below half an ulp of x: sin x + y·(1 - x²/2). */
function sinReduced(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r = S2 + z * (S3 + z * S4) + z * w * (S5 + z * S6);
  const cube = z * x;
  return x - (z * (0.5 * y - cube * r) - y - cube * S1);
}

// cos x = 1 - x²/2 + x⁴·(C1 + C2·x² + …)
const C1 = 4.16666666666666019037e-02;
const C2 = -1.38888888888741095749e-03;
const C3 = 2.48015872894767294178e-05;
const C4 = -2.75573143513906633035e-07;
const C5 = 2.08757232129817482790e-09;
const C6 = -1.13596475577881948265e-11;

/** These coefficients, for those who compute with vectors. */
export const COS_SERIES: readonly number[] = [C1, C2, C3, C4, C5, C6];

/** cos(x + y) for |x| <= π/4 and y below half an ulp of x: cos x - x·y. */
function cosReduced(x: number, y: number): number {
  const z = x * x;
  const w = z * z;
  const r = z * (C1 + z * (C2 + z * C3)) + w * w * (C4 + z * (C5 + z * C6));
  const half = 0.5 * z;
  const head = 1 - half;
  // 1 - head - half is exactly what rounding `head` lost.
  return head + (1 - head - half + (z * r - x * y));
}

// tan x = x + x³·(T0 + T1·x² + …)
const T0 = 3.33333333333334091986e-01;
const T1 = 1.33333333333201242699e-01;
const T2 = 5.39682539762260521377e-02;
const T3 = 2.18694882948595424599e-02;
const T4 = 8.86323982359930005737e-03;
const T5 = 3.59207910759131235356e-03;
const T6 = 1.45620945432529025516e-03;
const T7 = 5.88041240820264096874e-04;
const T8 = 2.46463134818469906812e-04;
const T9 = 7.81794442939557092300e-05;
const T10 = 7.14072491382608190305e-05;
const T11 = -1.85586374855275456654e-05;
const T12 = 2.59073051863633712884e-05;

/** These coefficients, for those who compute with vectors. */
export const TAN_SERIES: readonly number[] = [
  T0,
  T1,
  T2,
  T3,
  T4,
  T5,
  T6,
  T7,
  T8,
  T9,
  T10,
  T11,
  T12,
];

/** tan(x + y) for |x| <= π/4 and y below half an ulp of x; -1/tan(x + y) if `inverted`. */
function tanReduced(x: number, y: number, inverted: boolean): number {
  // Near π/4 the series converges slowly: use tan x = (1 - t)/(1 + t) with t = tan(π/4 - x).
  const nearQuarter = Math.abs(x) >= 0.67434;
  const sign = x < 0 ? -1 : 1;
  const a = nearQuarter ? QUARTER_PI - sign * x + (QUARTER_PI_LOW - sign * y) : x;
  const b = nearQuarter ? 0 : y;
  const z = a * a;
  const w = z * z;
  const odd = T1 + w * (T3 + w * (T5 + w * (T7 + w * (T9 + w * T11))));
  const even = z * (T2 + w * (T4 + w * (T6 + w * (T8 + w * (T10 + w * T12)))));
  const cube = z * a;
  const r = b + z * (cube * (odd + even) + b) + T0 * cube;
  const t = a + r;
  if (nearQuarter) {
    const v = inverted ? -1 : 1;
    return sign * (v - 2 * (a - ((t * t) / (t + v) - r)));
  }
  if (!inverted) return t;
  // -1/(a + r) by one Newton step on the float32 quotient, whose products are exact.
  const tHigh = Math.fround(t);
  const tLow = r - (tHigh - a);
  const quotient = -1 / t;
  const high = Math.fround(quotient);
  return high + quotient * (1 + high * tHigh + high * tLow);
}

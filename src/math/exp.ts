/**
 * Exponentials: exp, expm1, and the two activations that are made of them.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { powerOfTwo, scaleByPowerOfTwo } from "./bits.ts";
import { LN2_HIGH, LN2_LOW, log1p } from "./log.ts";

const INV_LN2 = 1.44269504088896338700e+00;

const EXP_OVERFLOW = 7.09782712893383973096e+02;
const EXP_UNDERFLOW = -7.45133219101941108420e+02;

// r·(e^r + 1)/(e^r - 1) = 2 + r²·P(r²): an even function, hence a polynomial in r² alone.
const P1 = 1.66666666666666019037e-01;
const P2 = -2.77777777770155933842e-03;
const P3 = 6.61375632143793436117e-05;
const P4 = -1.65339022054652515390e-06;
const P5 = 4.13813679705723846039e-08;

/**
 * c = r - r²·P(r²), which gives e^r = 1 + r + r·c/(2 - c), for |r| <= ln(2)/2.
 *
 * That is the equation above P1 solved for e^r, with the leading 1 + r set apart.
 */
export function expCorrection(r: number): number {
  const t = r * r;
  return r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
}

/**
 * e^x · 2^n with a single rounding at the end, for |x| < 2000 and |n| < 10.
 *
 * x = k·ln 2 + r with |r| <= ln(2)/2, so that e^x = 2^k · e^r. In the final sum r is kept as
 * `high - low`, so that no digit of it is lost.
 */
export function expTimesPowerOfTwo(x: number, n: number): number {
  const k = (INV_LN2 * x + (x < 0 ? -0.5 : 0.5)) | 0;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const c = expCorrection(r);
  return scaleByPowerOfTwo(1 - (low - (r * c) / (2 - c) - high), k + n);
}

/**
 * e^x. Below the smallest denormal it is 0; above the largest float64, Infinity.
 *
 * Largest error seen: 0.78 ulp. Source: FreeBSD msun `e_exp.c`.
 *
 * @param x the exponent
 * @returns e^x; NaN for NaN
 */
export function exp(x: number): number {
  if (x > EXP_OVERFLOW) return Infinity;
  if (x < EXP_UNDERFLOW) return 0;
  return x === x ? expTimesPowerOfTwo(x, 0) : NaN;
}

// 6/r·((e^r + 1)/(e^r - 1) - 2/r) = 1 + h·(Q1 + …) with h = r²/2: even, as above.
const Q1 = -3.33333333333331316428e-02;
const Q2 = 1.58730158725481460165e-03;
const Q3 = -7.93650757867487942473e-05;
const Q4 = 4.00821782732936239552e-06;
const Q5 = -2.01099218183624371326e-07;

/** ln(2)/2: the largest argument that needs no reduction. */
export const HALF_LN2 = 0.34657359027997264;
const EXPM1_IS_MINUS_ONE = -38.816242111356935; // -56 ln 2

/**
 * e^x - 1, without the cancellation that `exp(x) - 1` suffers near 0.
 *
 * Largest error seen: 0.77 ulp. Source: FreeBSD msun `s_expm1.c`.
 *
 * @param x the exponent
 * @returns e^x - 1; -1 for -Infinity, ±0 for ±0, NaN for NaN
 */
export function expm1(x: number): number {
  if (x > EXP_OVERFLOW) return Infinity;
  if (x < EXPM1_IS_MINUS_ONE) return -1;
  if (Math.abs(x) < 5.551115123125783e-17) return x; // |x| < 2^-54, and ±0
  if (x !== x) return NaN;
  if (Math.abs(x) <= HALF_LN2) return expm1Reduced(x, 0, 0);
  const k = (INV_LN2 * x + (x < 0 ? -0.5 : 0.5)) | 0;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  return expm1Reduced(r, high - r - low, k);
}

/** 2^k · e^(r + c) - 1 for |r| <= ln(2)/2 and the rounding error c of r. */
function expm1Reduced(r: number, c: number, k: number): number {
  const half = 0.5 * r;
  const h = r * half;
  const q = 1 + h * (Q1 + h * (Q2 + h * (Q3 + h * (Q4 + h * Q5))));
  const t = 3 - q * half;
  // e^r - 1 = r + h - r·e, where h = r²/2 is what must not be rounded together with the rest.
  let e = h * ((q - t) / (6 - r * t));
  if (k === 0) return r - (r * e - h);
  e = r * (e - c) - c - h;
  // From here e^r - 1 = r - e, and the order of the sum keeps the largest terms exact.
  if (k === -1) return 0.5 * (r - e) - 0.5;
  if (k === 1) return r < -0.25 ? -2 * (e - (r + 0.5)) : 1 + 2 * (r - e);
  if (k <= -2 || k > 56) return scaleByPowerOfTwo(1 - (e - r), k) - 1;
  const unit = powerOfTwo(-k);
  return (k < 20 ? 1 - unit - (e - r) : r - (e + unit) + 1) * powerOfTwo(k);
}

/**
 * Computes the logistic function, 1 / (1 + e^-x).
 *
 * Each side uses the form whose exponential cannot overflow, so that the left tail keeps its
 * relative precision down to the denormals. Largest error seen: 2.30 ulp.
 *
 * @param x any number
 * @returns a number from 0 to 1; NaN for NaN
 */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/**
 * Computes the smooth ReLU, log(1 + e^x) = max(x, 0) + log1p(e^-|x|).
 *
 * Largest error seen: 1.22 ulp.
 *
 * @param x any number
 * @returns a number, 0 or more; NaN for NaN
 */
export function softplus(x: number): number {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/**
 * Hyperbolic functions: sinh, cosh and tanh, all made of expm1 and exp.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { exp, expm1, expTimesPowerOfTwo, HALF_LN2 } from "./exp.ts";

const TINY = 3.725290298461914e-9; // 2^-28: below it, x³ is lost beside x

// sinh and cosh overflow here, a little after exp does.
const OVERFLOW = 7.10475860073943863426e+02;

/**
 * Computes the hyperbolic sine, (e^x - e^-x)/2.
 *
 * With t = e^|x| - 1: sinh|x| = (t + t/(t + 1))/2, which does not cancel near 0.
 * Largest error seen: 1.67 ulp. Source: FreeBSD msun `e_sinh.c`.
 *
 * @param x any number
 * @returns sinh x; ±0 for ±0, ±Infinity for ±Infinity, NaN for NaN
 */
export function sinh(x: number): number {
  const a = Math.abs(x);
  if (a < TINY || x !== x) return x;
  const half = x < 0 ? -0.5 : 0.5;
  if (a < 22) {
    const t = expm1(a);
    return half * (a < 1 ? 2 * t - (t * t) / (t + 1) : t + t / (t + 1));
  }
  // e^a would overflow before its half does, so the half is taken inside.
  return a > OVERFLOW ? x * Infinity : 2 * half * expTimesPowerOfTwo(a, -1);
}

/**
 * Computes the hyperbolic cosine, (e^x + e^-x)/2.
 *
 * With t = e^|x| - 1: cosh x = 1 + t²/(2(t + 1)), which keeps the digits near 0.
 * Largest error seen: 1.10 ulp. Source: FreeBSD msun `e_cosh.c`.
 *
 * @param x any number
 * @returns cosh x; Infinity for ±Infinity, NaN for NaN
 */
export function cosh(x: number): number {
  const a = Math.abs(x);
  if (a < HALF_LN2) {
    const t = expm1(a);
    return 1 + (t * t) / (2 * (1 + t));
  }
  if (a < 22) {
    const e = exp(a);
    return 0.5 * e + 0.5 / e;
  }
  if (x !== x) return NaN;
  return a > OVERFLOW ? Infinity : expTimesPowerOfTwo(a, -1);
}

/**
 * Computes the hyperbolic tangent, (e^x - e^-x)/(e^x + e^-x).
 *
 * From 1 on it is 1 - 2/(t + 2) with t = e^(2|x|) - 1; below, -t/(t + 2) with
 * t = e^(-2|x|) - 1. Largest error seen: 1.74 ulp. Source: FreeBSD msun `s_tanh.c`.
 *
 * @param x any number
 * @returns a number from -1 to 1; ±0 for ±0, NaN for NaN
 */
export function tanh(x: number): number {
  const a = Math.abs(x);
  if (a < TINY || x !== x) return x;
  let y = 1;
  if (a < 1) {
    const t = expm1(-2 * a);
    y = -t / (t + 2);
  } else if (a < 22) {
    y = 1 - 2 / (expm1(2 * a) + 2);
  }
  return x < 0 ? -y : y;
}

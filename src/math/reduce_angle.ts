/**
 * Argument reduction for the trigonometric functions: x = n·π/2 + r with |r| <= π/4.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { highWord, powerOfTwo } from "./bits.ts";

/** The r of the last {@linkcode reduceAngle} as an unevaluated sum: its float64, and what that lost. */
export const remainder = new Float64Array(2);

export const INV_HALF_PI = 6.36619772367581382433e-01;

// π/2 in three parts of 33 bits, and each time what is still missing. A part times n is exact.
const HALF_PI_1 = 1.57079632673412561417e+00;
const HALF_PI_1_REST = 6.07710050650619224932e-11;
const HALF_PI_2 = 6.07710050630396597660e-11;
const HALF_PI_2_REST = 2.02226624879595063154e-21;
const HALF_PI_3 = 2.02226624871116645580e-21;
const HALF_PI_3_REST = 8.47842766036889956997e-32;

/** These parts, for those who compute with vectors. */
export const HALF_PI: readonly number[] = [
  ...[HALF_PI_1, HALF_PI_1_REST],
  ...[HALF_PI_2, HALF_PI_2_REST],
  ...[HALF_PI_3, HALF_PI_3_REST],
];

/** About 2^20·π/2. */
export const BIG = 1647099;

/**
 * Finds the quarter turn nearest to `x` and leaves the rest in {@linkcode remainder}.
 *
 * Source: FreeBSD msun `e_rem_pio2.c`, after Cody and Waite (1980), for |x| below 2^20·π/2; and
 * Payne and Hanek (1983), beyond.
 *
 * @param x a finite number
 * @returns n modulo 4
 */
export function reduceAngle(x: number): number {
  if (Math.abs(x) >= BIG) return reduceBig(x);
  const n = Math.floor(x * INV_HALF_PI + 0.5);
  let r = x - n * HALF_PI_1;
  let rest = n * HALF_PI_1_REST;
  // Bits that cancelled in the subtraction are made up for by the next part of π/2.
  if (cancelled(x, r - rest) > 16) {
    let before = r;
    rest = n * HALF_PI_2;
    r = before - rest;
    rest = n * HALF_PI_2_REST - (before - r - rest);
    if (cancelled(x, r - rest) > 49) {
      before = r;
      rest = n * HALF_PI_3;
      r = before - rest;
      rest = n * HALF_PI_3_REST - (before - r - rest);
    }
  }
  remainder[0] = r - rest;
  remainder[1] = r - remainder[0] - rest;
  return n & 3;
}

/** Returns the number of leading bits of `x` that cancelled in `difference`. */
function cancelled(x: number, difference: number): number {
  return ((highWord(x) >> 20) & 0x7ff) - ((highWord(difference) >> 20) & 0x7ff);
}

// 2/π and π/2 as fixed-point integers.
const INV_HALF_PI_BITS = 1216n;
const INV_HALF_PI_DIGITS = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e0" +
    "06492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f4" +
    "9c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d" +
    "7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6bab",
);
const BITS = 192n;
const HALF_PI_DIGITS = 0x1921fb54442d18469898cc51701b839a252049c1114cf98e8n;

/**
 * The same in exact integers: x·2/π = n + f, then r = f·π/2.
 *
 * Of the product only the two bits above the point and 192 below matter: no float64 comes nearer
 * than 2^-62 to a multiple of π/2, so 130 of them are significant. Slow (about a microsecond) and
 * rare.
 */
function reduceBig(x: number): number {
  const shift = ((highWord(x) >> 20) & 0x7ff) - 1075;
  const mantissa = BigInt(Math.abs(x) * powerOfTwo(-shift));
  const position = INV_HALF_PI_BITS - BITS - BigInt(shift);
  const product = (mantissa * INV_HALF_PI_DIGITS) >> position;
  const n = Number(((product + (1n << (BITS - 1n))) >> BITS) & 3n);
  const r = (BigInt.asIntN(Number(BITS), product) * HALF_PI_DIGITS) >> BITS;
  const high = Number(r);
  const sign = x < 0 ? -1 : 1;
  remainder[0] = sign * high * powerOfTwo(-192);
  remainder[1] = sign * Number(r - BigInt(high)) * powerOfTwo(-192);
  return sign < 0 ? -n & 3 : n;
}

/**
 * The error function and its complement.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { A, B, ERF_1, P, Q, R, S, TWO_INV_SQRT_PI_MINUS_1, U, V } from "./erf_series.ts";

import { exp } from "./exp.ts";

const [P0, P1, P2, P3, P4] = P;
const [, Q1, Q2, Q3, Q4, Q5] = Q;
const [A0, A1, A2, A3, A4, A5, A6] = A;
const [, B1, B2, B3, B4, B5, B6] = B;
const [R0, R1, R2, R3, R4, R5, R6, R7] = R;
const [, S1, S2, S3, S4, S5, S6, S7, S8] = S;
const [U0, U1, U2, U3, U4, U5, U6] = U;
const [, V1, V2, V3, V4, V5, V6, V7] = V;

function erfNearZero(x: number): number {
  const z = x * x;
  const p = P0 + z * (P1 + z * (P2 + z * (P3 + z * P4)));
  return p / (1 + z * (Q1 + z * (Q2 + z * (Q3 + z * (Q4 + z * Q5)))));
}

/** erf a - ERF_1 for 0.84375 <= a < 1.25. */
function erfNearOne(a: number): number {
  const s = a - 1;
  const p = A0 + s * (A1 + s * (A2 + s * (A3 + s * (A4 + s * (A5 + s * A6)))));
  return p / (1 + s * (B1 + s * (B2 + s * (B3 + s * (B4 + s * (B5 + s * B6))))));
}

/**
 * erfc a for 1.25 <= a < 28, as e^(-a²) · e^(-0.5625 + R/S) / a.
 *
 * With h the float32 of a, -a² = -h² + (h - a)(h + a): h² is exact, and the second exponential
 * is near 1, so that rounding a² costs nothing.
 */
function erfcTail(a: number): number {
  const z = 1 / (a * a);
  let ratio: number;
  if (a < 2.857142857142857) {
    const r = R0 + z * (R1 + z * (R2 + z * (R3 + z * (R4 + z * (R5 + z * (R6 + z * R7))))));
    ratio = r /
      (1 + z * (S1 + z * (S2 + z * (S3 + z * (S4 + z * (S5 + z * (S6 + z * (S7 + z * S8))))))));
  } else {
    const r = U0 + z * (U1 + z * (U2 + z * (U3 + z * (U4 + z * (U5 + z * U6)))));
    ratio = r / (1 + z * (V1 + z * (V2 + z * (V3 + z * (V4 + z * (V5 + z * (V6 + z * V7)))))));
  }
  const h = Math.fround(a);
  return (exp(-h * h - 0.5625) * exp((h - a) * (h + a) + ratio)) / a;
}

/**
 * Computes the error function, 2/sqrt(π) · ∫₀ˣ e^(-t²) dt.
 *
 * Largest error seen: 0.79 ulp. Source: FreeBSD msun `s_erf.c`.
 *
 * @param x any number
 * @returns a number from -1 to 1; ±0 for ±0, NaN for NaN
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) {
    // Among the denormals the product with the small factor would round to few bits.
    if (a < 3.725290298461914e-9) return 0.0625 * (16 * x + 16 * TWO_INV_SQRT_PI_MINUS_1 * x);
    return x + x * erfNearZero(x);
  }
  if (x !== x) return NaN;
  let y = 1;
  if (a < 1.25) y = ERF_1 + erfNearOne(a);
  else if (a < 6) y = 1 - erfcTail(a);
  return x < 0 ? -y : y;
}

/**
 * Computes the complementary error function, 1 - erf x, precise also where erf x rounds to 1.
 *
 * Largest error seen: 2.07 ulp. Source: FreeBSD msun `s_erf.c`.
 *
 * @param x any number
 * @returns a number from 0 to 2; NaN for NaN
 */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) {
    const y = x * erfNearZero(x);
    return x < 0.25 ? 1 - (x + y) : 0.5 - (x - 0.5 + y);
  }
  if (x !== x) return NaN;
  if (a < 1.25) return x < 0 ? 1 + (ERF_1 + erfNearOne(a)) : 1 - ERF_1 - erfNearOne(a);
  if (x < -6) return 2;
  if (a >= 28) return 0;
  return x < 0 ? 2 - erfcTail(a) : erfcTail(a);
}

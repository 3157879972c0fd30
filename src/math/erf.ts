/**
 * The error function and its complement.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { exp } from "./exp.ts";

const ERF_1 = 8.45062911510467529297e-01; // erf 1 to 24 bits
const TWO_INV_SQRT_PI_MINUS_1 = 1.28379167095512586316e-01; // erf'(0) - 1

// (erf x - x)/x = P(x²)/Q(x²) for |x| < 0.84375
const P0 = 0.12837916709551256;
const P1 = -0.3250421072470015;
const P2 = -0.02848174957559851;
const P3 = -0.005770270296489442;
const P4 = -2.3763016656650163e-05;
const Q1 = 0.39791722395915535;
const Q2 = 0.0650222499887673;
const Q3 = 0.005081306281875766;
const Q4 = 0.00013249473800432164;
const Q5 = -3.960228278775368e-06;

// erf x - ERF_1 = A(|x| - 1)/B(|x| - 1) for 0.84375 <= |x| < 1.25
const A0 = -0.0023621185607526594;
const A1 = 0.41485611868374833;
const A2 = -0.3722078760357013;
const A3 = 0.31834661990116175;
const A4 = -0.11089469428239668;
const A5 = 0.035478304325618236;
const A6 = -0.002166375594868791;
const B1 = 0.10642088040084423;
const B2 = 0.540397917702171;
const B3 = 0.07182865441419627;
const B4 = 0.12617121980876164;
const B5 = 0.01363708391202905;
const B6 = 0.011984499846799107;

// log(x·e^(x²)·erfc x) + 0.5625 = R(1/x²)/S(1/x²) for 1.25 <= x < 1/0.35
const R0 = -0.009864944034847148;
const R1 = -0.6938585727071818;
const R2 = -10.558626225323291;
const R3 = -62.375332450326006;
const R4 = -162.39666946257347;
const R5 = -184.60509290671104;
const R6 = -81.2874355063066;
const R7 = -9.814329344169145;
const S1 = 19.651271667439257;
const S2 = 137.65775414351904;
const S3 = 434.56587747522923;
const S4 = 645.3872717332679;
const S5 = 429.00814002756783;
const S6 = 108.63500554177944;
const S7 = 6.570249770319282;
const S8 = -0.0604244152148581;

// The same for 1/0.35 <= x < 28
const U0 = -0.0098649429247001;
const U1 = -0.799283237680523;
const U2 = -17.757954917754752;
const U3 = -160.63638485582192;
const U4 = -637.5664433683896;
const U5 = -1025.0951316110772;
const U6 = -483.5191916086514;
const V1 = 30.33806074348246;
const V2 = 325.7925129965739;
const V3 = 1536.729586084437;
const V4 = 3199.8582195085955;
const V5 = 2553.0504064331644;
const V6 = 474.52854120695537;
const V7 = -22.44095244658582;

/** (erf x - x)/x for |x| < 0.84375. */
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

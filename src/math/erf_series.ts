/**
 * The series of the error functions, by powers of their variable.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

/** `erf 1` to 24 bits. */
export const ERF_1 = 8.45062911510467529297e-01;
/** `erf′ 0 − 1` */
export const TWO_INV_SQRT_PI_MINUS_1 = 1.28379167095512586316e-01;

/** `(erf x − x) / x = P(x²) / Q(x²)` for `|x| < 0.84375`. */
export const P: readonly number[] = [
  0.12837916709551256,
  -0.3250421072470015,
  -0.02848174957559851,
  -0.005770270296489442,
  -2.3763016656650163e-05,
];

/** The denominator. */
export const Q: readonly number[] = [
  1,
  0.39791722395915535,
  0.0650222499887673,
  0.005081306281875766,
  0.00013249473800432164,
  -3.960228278775368e-06,
];

/** `erf x − ERF_1 = A(|x| − 1) / B(|x| − 1)` for `0.84375 ≤ |x| < 1.25`. */
export const A: readonly number[] = [
  -0.0023621185607526594,
  0.41485611868374833,
  -0.3722078760357013,
  0.31834661990116175,
  -0.11089469428239668,
  0.035478304325618236,
  -0.002166375594868791,
];

/** The denominator. */
export const B: readonly number[] = [
  1,
  0.10642088040084423,
  0.540397917702171,
  0.07182865441419627,
  0.12617121980876164,
  0.01363708391202905,
  0.011984499846799107,
];

/** `ln(x · e^(x²) · erfc x) + 0.5625 = R(1/x²) / S(1/x²)` for `1.25 ≤ x < 1/0.35`. */
export const R: readonly number[] = [
  -0.009864944034847148,
  -0.6938585727071818,
  -10.558626225323291,
  -62.375332450326006,
  -162.39666946257347,
  -184.60509290671104,
  -81.2874355063066,
  -9.814329344169145,
];

/** The denominator. */
export const S: readonly number[] = [
  1,
  19.651271667439257,
  137.65775414351904,
  434.56587747522923,
  645.3872717332679,
  429.00814002756783,
  108.63500554177944,
  6.570249770319282,
  -0.0604244152148581,
];

/** The same for `1/0.35 ≤ x < 28`. */
export const U: readonly number[] = [
  -0.0098649429247001,
  -0.799283237680523,
  -17.757954917754752,
  -160.63638485582192,
  -637.5664433683896,
  -1025.0951316110772,
  -483.5191916086514,
];

/** The denominator. */
export const V: readonly number[] = [
  1,
  30.33806074348246,
  325.7925129965739,
  1536.729586084437,
  3199.8582195085955,
  2553.0504064331644,
  474.52854120695537,
  -22.44095244658582,
];

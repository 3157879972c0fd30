/**
 * Inverse trigonometric functions: asin, acos, atan and atan2, in radians.
 *
 * @module
 */

// The method and its coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

export const PI = 3.141592653589793116;
export const PI_LOW = 1.2246467991473531772e-16;
export const HALF_PI = 1.57079632679489655800e+00;
export const HALF_PI_LOW = 6.12323399573676603587e-17;
export const QUARTER_PI = 7.85398163397448278999e-01;
export const QUARTER_PI_LOW = 3.06161699786838301793e-17;

const P0 = 1.66666666666666657415e-01;
const P1 = -3.25565818622400915405e-01;
const P2 = 2.01212532134862925881e-01;
const P3 = -4.00555345006794114027e-02;
const P4 = 7.91534994289814532176e-04;
const P5 = 3.47933107596021167570e-05;
const Q1 = -2.40339491173441421878e+00;
const Q2 = 2.02094576023350569471e+00;
const Q3 = -6.88283971605453293030e-01;
const Q4 = 7.70381505559019352791e-02;

/** These coefficients, for those who compute with vectors. */
export const ASIN_ABOVE: readonly number[] = [P0, P1, P2, P3, P4, P5];
export const ASIN_BELOW: readonly number[] = [1, Q1, Q2, Q3, Q4];

/** (asin x - x)/x as a rational function of z = x², for z <= 1/4. */
function asinRatio(z: number): number {
  const p = z * (P0 + z * (P1 + z * (P2 + z * (P3 + z * (P4 + z * P5)))));
  return p / (1 + z * (Q1 + z * (Q2 + z * (Q3 + z * Q4))));
}

/**
 * Computes the inverse sine.
 *
 * From 1/2 on, asin x = π/2 - 2·asin(sqrt((1 - x)/2)), with the root in two parts.
 * Largest error seen: 0.71 ulp. Source: FreeBSD msun `e_asin.c`.
 *
 * @param x a number from -1 to 1
 * @returns the angle from -π/2 to π/2; ±0 for ±0, NaN outside [-1, 1]
 */
export function asin(x: number): number {
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a < 0.5) return a < 1.4901161193847656e-8 ? x : x + x * asinRatio(x * x);
  const z = (1 - a) * 0.5;
  const ratio = asinRatio(z);
  const s = Math.sqrt(z);
  let y: number;
  if (a >= 0.975) {
    y = HALF_PI - (2 * (s + s * ratio) - HALF_PI_LOW);
  } else {
    const high = Math.fround(s);
    const low = (z - high * high) / (s + high);
    y = QUARTER_PI - (2 * s * ratio - (HALF_PI_LOW - 2 * low) - (QUARTER_PI - 2 * high));
  }
  return x < 0 ? -y : y;
}

/**
 * Computes the inverse cosine.
 *
 * acos x = π/2 - asin x in the middle, 2·asin(sqrt((1 - x)/2)) on the right, and π minus the
 * mirror image on the left. Largest error seen: 0.83 ulp. Source: FreeBSD msun `e_acos.c`.
 *
 * @param x a number from -1 to 1
 * @returns the angle from 0 to π; NaN outside [-1, 1]
 */
export function acos(x: number): number {
  const a = Math.abs(x);
  if (!(a <= 1)) return NaN;
  if (a < 0.5) return HALF_PI - (x - (HALF_PI_LOW - x * asinRatio(x * x)));
  const z = (1 - a) * 0.5;
  const ratio = asinRatio(z);
  const s = Math.sqrt(z);
  if (x < 0) return PI - 2 * (s + (ratio * s - HALF_PI_LOW));
  if (s === 0) return 0;
  const high = Math.fround(s);
  const low = (z - high * high) / (s + high);
  return 2 * (high + (ratio * s + low));
}

// (x - atan x)/x = x²·(A0 + A1·x² + …) for |x| <= 7/16.
const A0 = 3.33333333333329318027e-01;
const A1 = -1.99999999998764832476e-01;
const A2 = 1.42857142725034663711e-01;
const A3 = -1.11111104054623557880e-01;
const A4 = 9.09088713343650656196e-02;
const A5 = -7.69187620504482999495e-02;
const A6 = 6.66107313738753120669e-02;
const A7 = -5.83357013379057348645e-02;
const A8 = 4.97687799461593236017e-02;
const A9 = -3.65315727442169155270e-02;
const A10 = 1.62858201153657823623e-02;

/** These coefficients, for those who compute with vectors. */
export const ATAN_SERIES: readonly number[] = [A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10];

/** (x - atan x)/x for |x| <= 7/16. */
function atanRatio(x: number): number {
  const z = x * x;
  const w = z * z;
  const even = z * (A0 + w * (A2 + w * (A4 + w * (A6 + w * (A8 + w * A10)))));
  const odd = w * (A1 + w * (A3 + w * (A5 + w * (A7 + w * A9))));
  return even + odd;
}

// atan 1/2 and atan 3/2 in two parts each.
export const ATAN_HALF = 4.63647609000806093515e-01;
export const ATAN_HALF_LOW = 2.26987774529616870924e-17;
export const ATAN_3_2 = 9.82793723247329054082e-01;
export const ATAN_3_2_LOW = 1.39033110312309984516e-17;

/** high + low + atan t, where high + low is the angle that was taken out of the argument. */
function atanAround(t: number, high: number, low: number): number {
  return high - (t * atanRatio(t) - low - t);
}

/**
 * Computes the inverse tangent.
 *
 * atan x = atan c + atan((x - c)/(1 + x·c)) for the nearest of c = 0, 1/2, 1, 3/2 and ∞.
 * Largest error seen: 0.73 ulp. Source: FreeBSD msun `s_atan.c`.
 *
 * @param x any number
 * @returns the angle from -π/2 to π/2; ±0 for ±0, NaN for NaN
 */
export function atan(x: number): number {
  const a = Math.abs(x);
  if (a < 0.4375) return a < 7.450580596923828e-9 ? x : x - x * atanRatio(x);
  if (x !== x) return NaN;
  let y: number;
  if (a < 0.6875) {
    y = atanAround((2 * a - 1) / (2 + a), ATAN_HALF, ATAN_HALF_LOW);
  } else if (a < 1.1875) {
    y = atanAround((a - 1) / (a + 1), QUARTER_PI, QUARTER_PI_LOW);
  } else if (a < 2.4375) {
    y = atanAround(
      (a - 1.5) / (1 + 1.5 * a),
      ATAN_3_2,
      ATAN_3_2_LOW,
    );
  } else {
    y = atanAround(-1 / a, HALF_PI, HALF_PI_LOW);
  }
  return x < 0 ? -y : y;
}

/**
 * Computes the angle of the point (x, y) from the positive x-axis.
 *
 * The signs of zeros choose the side of the cut, as in C99: atan2(±0, -1) = ±π.
 * Largest error seen: 1.10 ulp. Source: FreeBSD msun `e_atan2.c`.
 *
 * @param y the ordinate
 * @param x the abscissa
 * @returns the angle from -π to π; NaN if either is NaN
 */
export function atan2(y: number, x: number): number {
  if (x !== x || y !== y) return NaN;
  const left = x < 0 || Object.is(x, -0);
  const down = y < 0 || Object.is(y, -0);
  const angle = atan2Upper(Math.abs(y), Math.abs(x), left);
  return down ? -angle : angle;
}

/** atan2(y, ±x) for x and y without sign. */
function atan2Upper(y: number, x: number, left: boolean): number {
  if (y === 0) return left ? PI : 0;
  if (y === Infinity && x === Infinity) return left ? 3 * QUARTER_PI : QUARTER_PI;
  const slope = y / x;
  // So steep, also at x = 0, the angle is π/2; subtracting it from π would round twice.
  if (slope > 1152921504606846976) return HALF_PI;
  const angle = atan(slope);
  return left ? PI - (angle - PI_LOW) : angle;
}

/**
 * Sigmoid, the hyperbolic functions and the error functions on two float64 lanes, to 2 units in the last place.
 *
 * Every lane goes through all intervals of a function, and keeps the result of its own.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import {
  A,
  B,
  ERF_1,
  P,
  Q,
  R,
  S,
  TWO_INV_SQRT_PI_MINUS_1,
  U,
  V,
} from "../../../math/erf_series.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Vector } from "./lanes.ts";
import { exp, expm1, halfExp, polynomial } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

const F64 = FLOAT_LANES.float64;

/** `1 / (1 + e⁻ˣ)`, or `eˣ / (1 + eˣ)` below 0, where the power is small, too */
export function sigmoid(w: Writer, x: Vector): Vector {
  const one = w.double(1);
  const e = exp(w, w.let(f64x2.neg(f64x2.abs(x))));
  const above = v128.bitselect(e, one, f64x2.lt(x, w.double(0)));
  return w.let(f64x2.div(above, f64x2.add(one, e)));
}

/** `t / (t + 2)` with `t = e²ˣ − 1`, as `1 − 2 / (t + 2)` beyond 1 */
export function tanh(w: Writer, x: Vector): Vector {
  const [one, two] = [w.double(1), w.double(2)];
  const size = w.let(f64x2.abs(x));
  const isFar = w.let(f64x2.ge(size, one));
  const double = w.let(f64x2.add(size, size));
  const t = expm1(w, w.let(v128.bitselect(double, f64x2.neg(double), isFar)));
  const quotient = w.let(f64x2.div(v128.bitselect(two, t, isFar), f64x2.add(t, two)));
  const result = v128.bitselect(f64x2.sub(one, quotient), f64x2.neg(quotient), isFar);
  return w.let(v128.or(f64x2.abs(w.let(result)), v128.and(x, w.double(-0))));
}

/** `(t + t / (t + 1)) / 2` with `t = e^|x| − 1` below 1, and `½ e^|x| − ½ e^−|x|` beyond */
export function sinh(w: Writer, x: Vector): Vector {
  const size = w.let(f64x2.abs(x));
  const half = halfExp(w, size);
  const result = w.let(f64x2.sub(half, f64x2.div(w.double(0.25), half)));
  w.patch(w.let(f64x2.lt(size, w.double(1))), [result], () => {
    const t = expm1(w, size);
    const sum = f64x2.add(t, f64x2.div(t, f64x2.add(t, w.double(1))));
    // Half of the smallest denormal would be 0.
    const isTiny = f64x2.lt(size, w.double(2 ** -28));
    return [w.let(v128.bitselect(size, f64x2.mul(w.double(0.5), sum), isTiny))];
  });
  return w.let(v128.or(result, v128.and(x, w.double(-0))));
}

/** `½ e^|x| + ½ e^−|x|` */
export function cosh(w: Writer, x: Vector): Vector {
  const half = halfExp(w, w.let(f64x2.abs(x)));
  return w.let(f64x2.add(half, f64x2.div(w.double(0.25), half)));
}

/** A quotient of polynomials. */
function ratio(w: Writer, x: Vector, above: readonly number[], below: readonly number[]): Vector {
  return w.let(f64x2.div(polynomial(w, F64, x, above), polynomial(w, F64, x, below)));
}

/** Parts of the error functions at `a = |x|`. */
interface ErfParts {
  /** `(erf x − x) / x`, for `a < 0.84375`. */
  readonly near: Vector;
  /** `erf a − ERF_1`, for `a < 1.25`. */
  readonly middle: Vector;
  /** `erfc a` beyond. */
  readonly tail: Vector;
  readonly isNear: Vector;
  readonly isMiddle: Vector;
}

function erfParts(w: Writer, x: Vector): ErfParts {
  const size = w.let(f64x2.abs(x));
  const isNear = w.let(f64x2.lt(size, w.double(0.84375)));
  const isMiddle = w.let(f64x2.lt(size, w.double(1.25)));
  const near = ratio(w, w.let(f64x2.mul(x, x)), P, Q);
  const middle = ratio(w, w.let(f64x2.sub(size, w.double(1))), A, B);
  const tail = w.let(f64x2.sub(size, size));
  w.patch(w.let(v128.not(isMiddle)), [tail], () => [erfcTail(w, size)]);
  return { near, middle, tail, isNear, isMiddle };
}

/** `erfc a` for `a ≥ 1.25`. */
function erfcTail(w: Writer, size: Vector): Vector {
  // From 28 on, erfc is 0; pmin keeps NaN.
  const a = w.let(f64x2.pmin(size, w.double(28)));
  const z = w.let(f64x2.div(w.double(1), f64x2.mul(a, a)));
  const isClose = f64x2.lt(a, w.double(1 / 0.35));
  const series = w.let(v128.bitselect(ratio(w, z, R, S), ratio(w, z, U, V), isClose));
  // The square of the first digits is exact.
  const h = w.let(v128.and(a, w.bits64(~0xffffffffn)));
  const square = f64x2.sub(f64x2.neg(f64x2.mul(h, h)), w.double(0.5625));
  const rest = f64x2.mul(f64x2.sub(h, a), f64x2.add(h, a));
  const power = f64x2.mul(exp(w, w.let(square)), exp(w, w.let(f64x2.add(rest, series))));
  const isZero = f64x2.ge(size, w.double(28));
  return w.let(v128.bitselect(w.double(0), f64x2.div(power, a), isZero));
}

/** `x + x P(x²)` near 0, and `1 − erfc x` further away */
export function erf(w: Writer, x: Vector): Vector {
  const { near, middle, tail, isNear, isMiddle } = erfParts(w, x);
  const far = v128.bitselect(
    f64x2.add(w.double(ERF_1), middle),
    f64x2.sub(w.double(1), tail),
    isMiddle,
  );
  const signed = v128.or(far, v128.and(x, w.double(-0)));
  // Among the denormals the product with the small factor would round to few bits.
  const isTiny = f64x2.lt(f64x2.abs(x), w.double(3.725290298461914e-9));
  const large = w.let(f64x2.mul(x, w.double(16)));
  const tiny = f64x2.mul(
    w.double(0.0625),
    f64x2.add(large, f64x2.mul(w.double(TWO_INV_SQRT_PI_MINUS_1), large)),
  );
  const small = v128.bitselect(tiny, f64x2.add(x, f64x2.mul(x, near)), isTiny);
  return w.let(v128.bitselect(small, signed, isNear));
}

/** `1 − erf x`, where each interval has a form of its own that loses no digits */
export function erfc(w: Writer, x: Vector): Vector {
  const { near, middle, tail, isNear, isMiddle } = erfParts(w, x);
  const [one, half] = [w.double(1), w.double(0.5)];
  const isNegative = w.let(f64x2.lt(x, w.double(0)));
  const y = w.let(f64x2.mul(x, near));
  const low = f64x2.sub(one, f64x2.add(x, y));
  const high = f64x2.sub(half, f64x2.add(f64x2.sub(x, half), y));
  const nearby = v128.bitselect(low, high, f64x2.lt(x, w.double(0.25)));
  const reach = w.double(ERF_1);
  const between = v128.bitselect(
    f64x2.add(one, f64x2.add(reach, middle)),
    f64x2.sub(w.double(1 - ERF_1), middle),
    isNegative,
  );
  const far = v128.bitselect(f64x2.sub(w.double(2), tail), tail, isNegative);
  return w.let(v128.bitselect(nearby, v128.bitselect(between, far, isMiddle), isNear));
}

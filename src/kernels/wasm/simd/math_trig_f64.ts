/**
 * Trigonometry on two float64 lanes: with the very operations of `math/trig.ts`, so with its bits, for
 * angles below {@link BIG} and those that are not finite. `maps` leaves larger ones to the definition.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import type { Arithmetic, Operand } from "../../arithmetic.ts";
import type { Code } from "../assembler/code.ts";
import { f32x4, f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import { BIG, HALF_PI, INV_HALF_PI } from "../../../math/reduce_angle.ts";
import {
  COS_SERIES,
  QUARTER_PI,
  QUARTER_PI_LOW,
  SIN_SERIES,
  TAN_SERIES,
} from "../../../math/trig.ts";
import type { Vector } from "./lanes.ts";
import { ROUNDER } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

const { add, sub, mul, div } = f64x2;

/** Returns true if the functions here are right for the angle `x`. */
export function isModerate<T>(k: Arithmetic<T>, x: Operand<T>): T {
  const size = k.abs(x);
  return k.logicalNot(k.logicalAnd(k.ge(size, BIG), k.lt(size, Infinity)));
}

/** An angle without its quarter turns: `turns` has their number in its low bits. */
interface Reduced {
  readonly turns: Vector;
  readonly a: Vector;
  readonly b: Vector;
  readonly isOdd: Vector;
}

/** Takes the quarter turns off angles; the rest is `a + b`. */
function reduced(w: Writer, x: Vector): Reduced {
  const nearest = f64x2.floor(add(mul(x, w.double(INV_HALF_PI)), w.double(0.5)));
  const isFar = f64x2.gt(f64x2.abs(x), w.double(QUARTER_PI));
  const n = w.let(v128.and(nearest, isFar));
  const [a, b] = reduceAngle(w, x, n);
  const turns = w.let(add(n, w.double(ROUNDER)));
  const one = w.bits64(1n);
  return { turns, a, b, isOdd: w.let(i64x2.eq(v128.and(turns, one), one)) };
}

/** The sign of a sine after `turns` quarter turns. */
function signOf(w: Writer, turns: Vector): Code<"v128"> {
  return i64x2.shl(v128.and(turns, w.bits64(2n)), 62);
}

/** `x` itself where that is the result: below 2⁻ᵏ. */
export function exactBelow(w: Writer, x: Vector, k: number, result: Vector): Code<"v128"> {
  return v128.bitselect(x, result, f64x2.lt(f64x2.abs(x), w.double(2 ** -k)));
}

/** Sine and cosine. */
export function sineAndCosine(w: Writer, x: Vector): { sine: Vector; cosine: Vector } {
  const angle = reduced(w, x);
  const { a, b, turns, isOdd } = angle;
  const [own, other] = [sinReduced(w, a, b), cosReduced(w, a, b)];
  const exact = w.let(exactBelow(w, x, 26, own));
  const next = w.let(i64x2.add(turns, w.bits64(1n)));
  return {
    sine: w.let(v128.xor(v128.bitselect(other, exact, isOdd), signOf(w, turns))),
    cosine: w.let(v128.xor(v128.bitselect(own, other, isOdd), signOf(w, next))),
  };
}

/** `sin x` */
export function sin(w: Writer, x: Vector): Vector {
  return sineAndCosine(w, x).sine;
}

/** `cos x` */
export function cos(w: Writer, x: Vector): Vector {
  return sineAndCosine(w, x).cosine;
}

/** `x` as float32 holds it. */
export function rounded(w: Writer, x: Vector): Vector {
  return w.let(f64x2.promoteLowF32x4(f32x4.demoteF64x2Zero(x)));
}

/** `tan x`, and `−1 / tan(a + b)` after an odd number of quarter turns */
export function tan(w: Writer, x: Vector): Vector {
  const { a: rest, b: low, isOdd } = reduced(w, x);
  const [one, two] = [w.double(1), w.double(2)];
  const sign = w.let(v128.and(rest, w.double(-0)));
  const isNear = w.let(f64x2.ge(f64x2.abs(rest), w.double(0.67434)));
  // Near π/4 by the distance from there.
  const size = w.let(f64x2.abs(rest));
  const distance = add(
    sub(w.double(QUARTER_PI), size),
    sub(w.double(QUARTER_PI_LOW), v128.xor(low, sign)),
  );
  const a = w.let(v128.bitselect(distance, rest, isNear));
  const b = w.let(v128.andnot(low, isNear));
  const z = w.let(mul(a, a));
  const s = w.let(mul(z, z));
  const [t0, ...others] = TAN_SERIES.map((c) => w.double(c));
  const series = (first: number): Vector => {
    const own = others.filter((_, i) => i % 2 === first);
    let sum = own[own.length - 1];
    for (let i = own.length - 2; i >= 0; i--) sum = w.let(add(own[i], mul(s, sum)));
    return sum;
  };
  const both = add(series(0), mul(z, series(1)));
  const cube = w.let(mul(z, a));
  const r = w.let(add(add(b, mul(z, add(mul(cube, both), b))), mul(t0, cube)));
  const t = w.let(add(a, r));
  const result = w.let(exactBelow(w, x, 27, t));
  w.patch(isOdd, [result], () => {
    // By one Newton step on the float32 quotient, whose products are exact.
    const tHigh = rounded(w, t);
    const tLow = w.let(sub(r, sub(tHigh, a)));
    const quotient = w.let(div(w.double(-1), t));
    const high = rounded(w, quotient);
    const error = add(add(one, mul(high, tHigh)), mul(high, tLow));
    return [w.let(add(high, mul(quotient, error)))];
  });
  w.patch(isNear, [result], () => {
    const v = w.let(v128.bitselect(w.double(-1), one, isOdd));
    const fraction = div(mul(t, t), add(t, v));
    const value = sub(v, mul(two, sub(a, sub(fraction, r))));
    return [w.let(v128.xor(value, sign))];
  });
  return result;
}

/** `x − n π/2` as an unevaluated sum, with more digits of π/2 where digits cancel. */
function reduceAngle(w: Writer, x: Vector, n: Vector): [Vector, Vector] {
  const exponent = (x: Vector) => v128.and(i64x2.shrU(x, 52), w.bits64(0x7ffn));
  const lost = (digits: bigint, difference: Vector) => {
    // Negative where more digits than these are gone.
    const left = i64x2.sub(
      i64x2.add(exponent(difference), w.bits64(digits)),
      exponent(x),
    );
    return i64x2.eq(i64x2.shrU(left, 63), w.bits64(1n));
  };
  const r = w.let(sub(x, mul(n, w.double(HALF_PI[0]))));
  const rest = w.let(mul(n, w.double(HALF_PI[1])));
  const further = (high: number, low: number): [Vector, Vector] => {
    const part = w.let(mul(n, w.double(high)));
    const next = w.let(sub(r, part));
    const rounded = sub(sub(r, next), part);
    return [next, w.let(sub(mul(n, w.double(low)), rounded))];
  };
  const isShort = (digits: bigint) => w.let(lost(digits, w.let(sub(r, rest))));
  const seldom = isShort(16n);
  w.patch(seldom, [r, rest], () => further(HALF_PI[2], HALF_PI[3]));
  const never = w.let(v128.and(seldom, isShort(49n)));
  w.patch(never, [r, rest], () => further(HALF_PI[4], HALF_PI[5]));
  const first = w.let(sub(r, rest));
  return [first, w.let(sub(sub(r, first), rest))];
}

/** `sin(x + y)` for `|x| ≤ π/4` and a `y` below half a unit of x. */
function sinReduced(w: Writer, x: Vector, y: Vector): Vector {
  const [s1, s2, s3, s4, s5, s6] = SIN_SERIES.map((c) => w.double(c));
  const z = w.let(mul(x, x));
  const fourth = mul(z, z);
  const r = add(
    add(s2, mul(z, add(s3, mul(z, s4)))),
    mul(mul(z, fourth), add(s5, mul(z, s6))),
  );
  const cube = w.let(mul(z, x));
  const inner = sub(mul(z, sub(mul(w.double(0.5), y), mul(cube, r))), y);
  return w.let(sub(x, sub(inner, mul(cube, s1))));
}

/** `cos(x + y)` for the same. */
function cosReduced(w: Writer, x: Vector, y: Vector): Vector {
  const [c1, c2, c3, c4, c5, c6] = COS_SERIES.map((c) => w.double(c));
  const z = w.let(mul(x, x));
  const fourth = w.let(mul(z, z));
  const r = add(
    mul(z, add(c1, mul(z, add(c2, mul(z, c3))))),
    mul(mul(fourth, fourth), add(c4, mul(z, add(c5, mul(z, c6))))),
  );
  const one = w.double(1);
  const half = w.let(mul(w.double(0.5), z));
  const head = w.let(sub(one, half));
  const lost = sub(sub(one, head), half);
  return w.let(add(head, add(lost, sub(mul(z, r), mul(x, y)))));
}

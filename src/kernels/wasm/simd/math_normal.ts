/**
 * Normal numbers from random words, two blocks at a time on float64 lanes: with the very operations of
 * `math/log.ts` and `math/trig.ts`, so with their bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import { LN2_HIGH, LN2_LOW, LOG_SERIES } from "../../../math/log.ts";
import { HALF_PI, INV_HALF_PI } from "../../../math/reduce_angle.ts";
import { COS_SERIES, QUARTER_PI, SIN_SERIES } from "../../../math/trig.ts";
import type { Vector } from "./lanes.ts";
import { INTEGER_BITS, ROUNDER } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

const { add, sub, mul, div } = f64x2;

/** `√(−2 ln(1 − u)) · cos 2πv`, and the same with the sine, for numbers of 53 bits from the words. */
export function normalPair(w: Writer, u: Vector, v: Vector): [Vector, Vector] {
  const logarithm = log(w, w.let(sub(w.double(1), unit53(w, u))));
  const radius = w.let(f64x2.sqrt(mul(w.double(-2), logarithm)));
  const [sine, cosine] = sineAndCosine(w, w.let(mul(w.double(2 * Math.PI), unit53(w, v))));
  return [w.let(mul(radius, cosine)), w.let(mul(radius, sine))];
}

/** A multiple of 2⁻⁵³ from the upper 27 bits of the lower word and the upper 26 of the higher one. */
function unit53(w: Writer, words: Vector): Vector {
  const float = (integer: ReturnType<typeof v128.and>) =>
    sub(v128.or(integer, w.bits64(INTEGER_BITS)), w.double(2 ** 52));
  const upper = float(i64x2.shrU(v128.and(words, w.bits64(0xffffffffn)), 5));
  const lower = float(i64x2.shrU(words, 38));
  return w.let(mul(add(mul(upper, w.double(2 ** 26)), lower), w.double(2 ** -53)));
}

/** `ln x` for normal numbers. */
function log(w: Writer, x: Vector): Vector {
  const biased = w.let(i64x2.shrU(i64x2.add(x, w.bits64(0x95f64n << 32n)), 52));
  const k = w.let(sub(v128.or(biased, w.bits64(INTEGER_BITS)), w.double(2 ** 52 + 1023)));
  const mantissa = i64x2.add(x, i64x2.shl(i64x2.sub(w.bits64(1023n), biased), 52));
  const f = w.let(sub(mantissa, w.double(1)));
  const s = w.let(div(f, add(w.double(2), f)));
  const z = w.let(mul(s, s));
  const [l1, l2, l3, l4, l5, l6, l7] = LOG_SERIES.map((c) => w.double(c));
  const fourth = w.let(mul(z, z));
  const odd = mul(fourth, add(l2, mul(fourth, add(l4, mul(fourth, l6)))));
  const inner = add(l3, mul(fourth, add(l5, mul(fourth, l7))));
  const even = mul(z, add(l1, mul(fourth, inner)));
  const half = w.let(mul(mul(w.double(0.5), f), f));
  const tail = mul(s, add(half, add(odd, even)));
  const low = add(tail, mul(k, w.double(LN2_LOW)));
  return w.let(sub(mul(k, w.double(LN2_HIGH)), sub(sub(half, low), f)));
}

/** Sine and cosine for `0 ≤ x ≤ 2π`. */
function sineAndCosine(w: Writer, x: Vector): [Vector, Vector] {
  const nearest = f64x2.floor(add(mul(x, w.double(INV_HALF_PI)), w.double(0.5)));
  const n = w.let(v128.and(nearest, f64x2.gt(x, w.double(QUARTER_PI))));
  const [a, b] = reduceAngle(w, x, n);
  const [sine, cosine] = [sinReduced(w, a, b), cosReduced(w, a, b)];
  const turns = w.let(add(n, w.double(ROUNDER)));
  const one = w.bits64(1n);
  const isOdd = w.let(i64x2.eq(v128.and(turns, one), one));
  const signOf = (n: Vector) => i64x2.shl(v128.and(n, w.bits64(2n)), 62);
  const exact = v128.bitselect(x, sine, f64x2.lt(x, w.double(2 ** -26)));
  return [
    w.let(v128.xor(v128.bitselect(cosine, exact, isOdd), signOf(turns))),
    w.let(v128.xor(v128.bitselect(sine, cosine, isOdd), signOf(w.let(i64x2.add(turns, one))))),
  ];
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

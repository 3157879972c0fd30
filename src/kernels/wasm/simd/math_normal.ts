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
import { LN2_HIGH, LN2_LOW } from "../../../math/log.ts";
import type { Vector } from "./lanes.ts";
import { INTEGER_BITS } from "./math_f64.ts";
import { logParts } from "./math_log_f64.ts";
import { sineAndCosine } from "./math_trig_f64.ts";
import type { Writer } from "./writer.ts";

const { add, sub, mul } = f64x2;

/** `√(−2 ln(1 − u)) · cos 2πv`, and the same with the sine, for numbers of 53 bits from the words. */
export function normalPair(w: Writer, u: Vector, v: Vector): [Vector, Vector] {
  const logarithm = log(w, w.let(sub(w.double(1), unit53(w, u))));
  const radius = w.let(f64x2.sqrt(mul(w.double(-2), logarithm)));
  const { sine, cosine } = sineAndCosine(w, w.let(mul(w.double(2 * Math.PI), unit53(w, v))));
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

/** `ln x` for positive numbers. */
function log(w: Writer, x: Vector): Vector {
  const { k, f, half, tail } = logParts(w, x);
  const low = add(tail, mul(k, w.double(LN2_LOW)));
  return w.let(sub(mul(k, w.double(LN2_HIGH)), sub(sub(half, low), f)));
}

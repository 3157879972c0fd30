/**
 * Logarithms to the bases 2 and 10 on two float64 lanes: with the very operations of `math/log.ts`, so
 * with their bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import * as logs from "../../../math/log.ts";
import type { Code } from "../assembler/code.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import type { Vector } from "./lanes.ts";
import { INTEGER_BITS } from "./math_f64.ts";
import { rounded } from "./math_trig_f64.ts";
import type { Writer } from "./writer.ts";

const { add, sub, mul, div } = f64x2;

/** `x = 2ᵏ (1 + f)`, and `ln(1 + f)` as `f − half + tail` with `half = f² / 2`. */
interface LogParts {
  readonly k: Vector;
  readonly f: Vector;
  readonly half: Vector;
  readonly tail: Vector;
}

/** These parts for positive finite numbers. */
export function logParts(w: Writer, x: Vector): LogParts {
  const isDenormal = w.let(f64x2.lt(x, w.double(2 ** -1022)));
  const normal = w.let(v128.bitselect(mul(x, w.double(2 ** 54)), x, isDenormal));
  const biased = w.let(i64x2.shrU(i64x2.add(normal, w.bits64(0x95f64n << 32n)), 52));
  const exponent = sub(v128.or(biased, w.bits64(INTEGER_BITS)), w.double(2 ** 52 + 1023));
  const k = w.let(sub(exponent, v128.and(isDenormal, w.double(54))));
  const mantissa = i64x2.add(normal, i64x2.shl(i64x2.sub(w.bits64(1023n), biased), 52));
  const f = w.let(sub(mantissa, w.double(1)));
  const s = w.let(div(f, add(w.double(2), f)));
  const z = w.let(mul(s, s));
  const [l1, l2, l3, l4, l5, l6, l7] = logs.LOG_SERIES.map((c) => w.double(c));
  const fourth = w.let(mul(z, z));
  const odd = mul(fourth, add(l2, mul(fourth, add(l4, mul(fourth, l6)))));
  const inner = add(l3, mul(fourth, add(l5, mul(fourth, l7))));
  const even = mul(z, add(l1, mul(fourth, inner)));
  const half = w.let(mul(mul(w.double(0.5), f), f));
  return { k, f, half, tail: w.let(mul(s, add(half, add(odd, even)))) };
}

/** A logarithm to another base, whose factor comes in two parts, as `k · shift + ln(1 + f) · factor`. */
function logarithm(
  w: Writer,
  x: Vector,
  [factor, factorLow]: readonly [number, number],
  shifted: (k: Vector) => readonly [whole: Code<"v128">, rest: Code<"v128"> | null],
): Vector {
  const { k, f, half, tail } = logParts(w, x);
  const high = rounded(w, w.let(sub(f, half)));
  const low = w.let(add(sub(sub(f, high), half), tail));
  const product = w.let(mul(high, w.double(factor)));
  const [whole, rest] = shifted(k);
  const shift = w.let(whole);
  const sum = w.let(add(shift, product));
  const small = mul(add(low, high), w.double(factorLow));
  const smaller = rest === null ? small : add(rest, small);
  // The sum rounds; this difference, which it has lost, is exact.
  const lost = add(sub(shift, sum), product);
  const result = add(add(add(smaller, mul(low, w.double(factor))), lost), sum);
  const [zero, infinity] = [w.double(0), w.double(Infinity)];
  const finite = v128.bitselect(result, x, f64x2.lt(x, infinity));
  const edge = v128.bitselect(w.double(-Infinity), w.double(NaN), f64x2.eq(x, zero));
  return w.let(v128.bitselect(edge, finite, f64x2.le(x, zero)));
}

/** `log₂ x` */
export function log2(w: Writer, x: Vector): Vector {
  return logarithm(w, x, [logs.INV_LN2_HIGH, logs.INV_LN2_LOW], (k) => [k, null]);
}

/** `log₁₀ x` */
export function log10(w: Writer, x: Vector): Vector {
  return logarithm(w, x, [logs.INV_LN10_HIGH, logs.INV_LN10_LOW], (k) => [
    mul(k, w.double(logs.LOG10_2_HIGH)),
    mul(k, w.double(logs.LOG10_2_LOW)),
  ]);
}

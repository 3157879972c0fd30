/**
 * Powers on two float64 lanes: with the very operations of `math/pow.ts`, so with their bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import * as powers from "../../../math/pow.ts";
import type { Code } from "../assembler/code.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Vector } from "./lanes.ts";
import { expCorrection, INTEGER_BITS, polynomial, powerOfTwo, ROUNDER } from "./math_f64.ts";
import { rounded } from "./math_trig_f64.ts";
import type { Writer } from "./writer.ts";

const F64 = FLOAT_LANES.float64;
const { add, sub, mul, div } = f64x2;

/** A logarithm as a part of 24 bits and the rest. */
type Parts = [high: Vector, low: Vector];

const MANTISSA_BITS = 0x000fffff_ffffffffn;
const ONE_BITS = 0x3ff00000_00000000n;

/** A small whole number in the low bits of each lane as a float64. */
function toFloat(w: Writer, bits: Code<"v128">): Vector {
  return w.let(sub(v128.or(bits, w.bits64(INTEGER_BITS)), w.double(2 ** 52)));
}

/** `log₂ a = n + log₂ b + log₂(m / b)` for `a = 2ⁿ m`, with b the nearer one of 1 and 3/2 */
function log2InTwo(w: Writer, a: Vector): Parts {
  const [one, zero] = [w.double(1), w.double(0)];
  const isDenormal = w.let(f64x2.lt(a, w.double(2 ** -1022)));
  const scaled = w.let(v128.bitselect(mul(a, w.double(2 ** 53)), a, isDenormal));
  const leading = toFloat(w, v128.and(i64x2.shrU(scaled, 32), w.bits64(0xfffffn)));
  const isUpper = w.let(f64x2.ge(leading, w.double(0xbb67a)));
  const isMiddle = w.let(v128.andnot(f64x2.gt(leading, w.double(0x3988e)), isUpper));
  const exponent = sub(toFloat(w, i64x2.shrU(scaled, 52)), w.double(1023));
  const k = add(exponent, v128.and(one, isUpper));
  const n = w.let(sub(k, v128.and(w.double(53), isDenormal)));
  const mantissa = v128.or(v128.and(scaled, w.bits64(MANTISSA_BITS)), w.bits64(ONE_BITS));
  const m = w.let(mul(mantissa, v128.bitselect(w.double(0.5), one, isUpper)));
  const b = w.let(v128.bitselect(w.double(1.5), one, isMiddle));
  const u = w.let(sub(m, b));
  const sum = w.let(add(m, b));
  const v = w.let(div(one, sum));
  const s = w.let(mul(u, v));
  const sHigh = rounded(w, s);
  const denominatorHigh = rounded(w, sum);
  const denominatorLow = sub(m, sub(denominatorHigh, b));
  const sLow = w.let(
    mul(v, sub(sub(u, mul(sHigh, denominatorHigh)), mul(sHigh, denominatorLow))),
  );
  const s2 = w.let(mul(s, s));
  const rest = mul(sLow, add(sHigh, s));
  const series = w.let(add(mul(mul(s2, s2), polynomial(w, F64, s2, powers.LOG2_SERIES)), rest));
  const square = w.let(mul(sHigh, sHigh));
  const three = w.double(3);
  const tHigh = rounded(w, w.let(add(add(three, square), series)));
  const tLow = sub(series, sub(sub(tHigh, three), square));
  const product = w.let(mul(sHigh, tHigh));
  const lost = w.let(add(mul(sLow, tHigh), mul(tLow, s)));
  const pHigh = rounded(w, w.let(add(product, lost)));
  const pLow = sub(lost, sub(pHigh, product));
  const zHigh = w.let(mul(w.double(powers.TWO_THIRDS_INV_LN2_HIGH), pHigh));
  const small = add(
    mul(w.double(powers.TWO_THIRDS_INV_LN2_LOW), pHigh),
    mul(pLow, w.double(powers.TWO_THIRDS_INV_LN2)),
  );
  const part = (value: number) => v128.bitselect(w.double(value), zero, isMiddle);
  const zLow = w.let(add(small, part(powers.LOG2_3_2_LOW)));
  const base = w.let(part(powers.LOG2_3_2_HIGH));
  const high = rounded(w, w.let(add(add(add(zHigh, zLow), base), n)));
  return [high, w.let(sub(zLow, sub(sub(sub(high, n), base), zHigh)))];
}

/** `log₂ a` for `|a − 1| ≤ 2⁻²⁰` */
function log2NearOne(w: Writer, a: Vector): Parts {
  const t = w.let(sub(a, w.double(1)));
  const inner = sub(w.double(1 / 3), mul(t, w.double(0.25)));
  const rest = mul(mul(t, t), sub(w.double(0.5), mul(t, inner)));
  const tHigh = rounded(w, t);
  const u = w.let(mul(w.double(powers.INV_LN2_HIGH), tHigh));
  const small = add(
    mul(sub(t, tHigh), w.double(powers.INV_LN2)),
    mul(tHigh, w.double(powers.INV_LN2_LOW)),
  );
  const v = w.let(sub(small, mul(rest, w.double(powers.INV_LN2))));
  const high = rounded(w, w.let(add(u, v)));
  return [high, w.let(sub(v, sub(high, u)))];
}

/** `2^(high + low)`, rounded once, for sums between −1075 and 1024 */
function exp2OfSum(w: Writer, high: Vector, low: Vector): Vector {
  const n = w.let(f64x2.floor(add(add(high, low), w.double(0.5))));
  const whole = w.let(sub(high, n));
  const t = rounded(w, w.let(add(low, whole)));
  const u = w.let(mul(t, w.double(powers.LN2_HIGH)));
  const v = w.let(add(
    mul(sub(low, sub(t, whole)), w.double(powers.LN2)),
    mul(t, w.double(powers.LN2_LOW)),
  ));
  const z = w.let(add(u, v));
  const rest = w.let(sub(v, sub(z, u)));
  const c = expCorrection(w, z);
  const r = sub(div(mul(z, c), sub(c, w.double(2))), add(rest, mul(z, rest)));
  const value = sub(w.double(1), sub(r, z));
  // Two factors: 2¹⁰²⁴ is no float64, and denormals are first formed where they are exact.
  const shifted = v128.bitselect(add(n, w.double(1000)), n, f64x2.lt(n, w.double(-1020)));
  const first = w.let(f64x2.pmin(shifted, w.double(1023)));
  const power = (k: Code<"v128">) => powerOfTwo(w, add(k, w.double(ROUNDER)));
  return w.let(mul(mul(value, power(first)), power(sub(n, first))));
}

/** `aʸ` for finite `a > 0` and finite y */
function powPositive(w: Writer, a: Vector, y: Vector): Vector {
  const [zero, one, infinity] = [0, 1, Infinity].map((value) => w.double(value));
  const parts = log2InTwo(w, a);
  const size = w.let(f64x2.abs(y));
  const isLong = w.let(f64x2.gt(size, w.double(2 ** 31)));
  w.patch(isLong, parts, () => log2NearOne(w, a));
  const yHigh = rounded(w, y);
  const low = w.let(add(mul(sub(y, yHigh), parts[0]), mul(y, parts[1])));
  const high = w.let(mul(yHigh, parts[0]));
  const z = w.let(add(high, low));
  const lost = w.let(sub(z, high));
  const power = exp2OfSum(w, high, low);
  const isOver = v128.and(
    f64x2.ge(z, w.double(1024)),
    v128.or(
      f64x2.gt(z, w.double(1024)),
      f64x2.gt(add(low, w.double(powers.OVERFLOW_SLACK)), lost),
    ),
  );
  const isUnder = v128.and(
    f64x2.le(z, w.double(-1075)),
    v128.or(f64x2.lt(z, w.double(-1075)), f64x2.le(low, lost)),
  );
  const bounded = v128.bitselect(infinity, v128.bitselect(zero, power, isUnder), isOver);
  const isFar = v128.or(
    f64x2.gt(size, w.double(2 ** 64)),
    f64x2.gt(f64x2.abs(sub(a, one)), w.double(2 ** -20)),
  );
  const result = v128.bitselect(limit(w, a, y), bounded, v128.and(isLong, isFar));
  return w.let(v128.bitselect(one, result, f64x2.eq(a, one)));
}

/** `∞` where the power of `a` by `y` grows beyond all bounds, and 0 where it vanishes. */
function limit(w: Writer, a: Vector, y: Vector): Code<"v128"> {
  const shrinks = v128.xor(f64x2.gt(a, w.double(1)), f64x2.gt(y, w.double(0)));
  return v128.bitselect(w.double(0), w.double(Infinity), shrinks);
}

/** `xʸ`, with the special cases of C99 (section F.10.4.4). */
export function pow(w: Writer, x: Vector, y: Vector): Vector {
  const [zero, half, one, infinity] = [0, 0.5, 1, Infinity].map((value) => w.double(value));
  const a = w.let(f64x2.abs(x));
  const isInteger = w.let(f64x2.eq(f64x2.floor(y), y));
  const halved = w.let(mul(half, y));
  const isOdd = v128.and(isInteger, f64x2.ne(f64x2.floor(halved), halved));
  const isEndless = w.let(f64x2.eq(f64x2.abs(y), infinity));
  const isEdge = w.let(v128.or(
    v128.or(f64x2.eq(a, zero), f64x2.eq(a, infinity)),
    isEndless,
  ));
  let result = w.let(v128.bitselect(limit(w, a, y), powPositive(w, a, y), isEdge));
  const where = (mask: Code<"v128">, value: Code<"v128">): void => {
    result = w.let(v128.bitselect(value, result, mask));
  };
  where(v128.and(isEndless, f64x2.eq(a, one)), one);
  result = w.let(v128.xor(result, v128.and(v128.and(x, w.double(-0)), isOdd)));
  where(v128.andnot(f64x2.lt(x, zero), v128.or(isInteger, isEdge)), w.double(NaN));
  where(v128.and(f64x2.eq(y, half), f64x2.gt(x, zero)), f64x2.sqrt(x));
  where(f64x2.eq(y, w.double(-1)), div(one, x));
  where(f64x2.eq(y, one), x);
  where(v128.or(f64x2.ne(x, x), f64x2.ne(y, y)), w.double(NaN));
  where(v128.or(f64x2.eq(y, zero), f64x2.eq(x, one)), one);
  where(f64x2.eq(y, w.double(2)), mul(x, x));
  return result;
}

/** `2ʸ` with the bits of {@link pow}, without a logarithm. */
export function exp2(w: Writer, y: Vector): Vector {
  const high = rounded(w, y);
  let result = exp2OfSum(w, high, w.let(sub(y, high)));
  const where = (mask: Code<"v128">, value: number): void => {
    result = w.let(v128.bitselect(w.double(value), result, mask));
  };
  where(f64x2.eq(y, w.double(0.5)), Math.SQRT2);
  where(f64x2.ge(y, w.double(1024)), Infinity);
  where(f64x2.le(y, w.double(-1075)), 0);
  where(f64x2.ne(y, y), NaN);
  return result;
}

/**
 * Inverse trigonometry on two float64 lanes: with the very operations of `math/inverse_trig.ts`, so with
 * their bits.
 *
 * @module
 */

// The methods and their coefficients come from fdlibm, by way of FreeBSD msun, under this notice:
// Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
// Developed at SunPro, a Sun Microsystems, Inc. business. Permission to use, copy, modify, and
// distribute this software is freely granted, provided that this notice is preserved.

import * as angles from "../../../math/inverse_trig.ts";
import type { Code } from "../assembler/code.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Vector } from "./lanes.ts";
import { polynomial } from "./math_f64.ts";
import { exactBelow, rounded } from "./math_trig_f64.ts";
import type { Writer } from "./writer.ts";

const F64 = FLOAT_LANES.float64;
const { add, sub, mul, div } = f64x2;

/** Values that asin and acos share. */
interface Arc {
  readonly isNear: Vector;
  /** `(asin t − t) / t` for t = x if that is near 0, and t = s elsewhere. */
  readonly ratio: Vector;
  /** `√((1 − |x|) / 2)`, and the same as a float32 and the rest. */
  readonly s: Vector;
  readonly high: Vector;
  readonly low: Vector;
}

function arcOf(w: Writer, x: Vector): Arc {
  const size = w.let(f64x2.abs(x));
  const isNear = w.let(f64x2.lt(size, w.double(0.5)));
  const far = w.let(mul(sub(w.double(1), size), w.double(0.5)));
  const z = w.let(v128.bitselect(mul(x, x), far, isNear));
  const above = mul(z, polynomial(w, F64, z, angles.ASIN_ABOVE));
  const ratio = w.let(div(above, polynomial(w, F64, z, angles.ASIN_BELOW)));
  const s = w.let(f64x2.sqrt(far));
  const high = rounded(w, s);
  const low = w.let(div(sub(far, mul(high, high)), add(s, high)));
  return { isNear, ratio, s, high, low };
}

/** `asin x` */
export function asin(w: Writer, x: Vector): Vector {
  const { isNear, ratio, s, high, low } = arcOf(w, x);
  const [two, quarter, rest] = [2, angles.QUARTER_PI, angles.HALF_PI_LOW].map((c) => w.double(c));
  const near = exactBelow(w, x, 26, w.let(add(x, mul(x, ratio))));
  const end = sub(w.double(angles.HALF_PI), sub(mul(two, add(s, mul(s, ratio))), rest));
  const lost = sub(mul(mul(two, s), ratio), sub(rest, mul(two, low)));
  const middle = sub(quarter, sub(lost, sub(quarter, mul(two, high))));
  const isEnd = f64x2.ge(f64x2.abs(x), w.double(0.975));
  const far = v128.or(v128.bitselect(end, middle, isEnd), v128.and(x, w.double(-0)));
  return w.let(v128.bitselect(near, far, isNear));
}

/** `acos x` */
export function acos(w: Writer, x: Vector): Vector {
  const { isNear, ratio, s, high, low } = arcOf(w, x);
  const [zero, two, rest] = [0, 2, angles.HALF_PI_LOW].map((c) => w.double(c));
  const near = sub(w.double(angles.HALF_PI), sub(x, sub(rest, mul(x, ratio))));
  const left = sub(w.double(angles.PI), mul(two, add(s, sub(mul(ratio, s), rest))));
  const right = mul(two, add(high, add(mul(ratio, s), low)));
  const beyond = v128.bitselect(zero, right, f64x2.eq(s, zero));
  const far = v128.bitselect(left, beyond, f64x2.lt(x, zero));
  return w.let(v128.bitselect(near, far, isNear));
}

/** `atan |x|` by the angle of the nearest of 0, 1/2, 1, 3/2 and ∞. */
function atanOfSize(w: Writer, size: Vector): Code<"v128"> {
  const [one, two, half3] = [1, 2, 1.5].map((c) => w.double(c));
  let [above, below]: Code<"v128">[] = [w.double(-1), size];
  let [high, low]: Code<"v128">[] = [w.double(angles.HALF_PI), w.double(angles.HALF_PI_LOW)];
  const within = (limit: number, parts: readonly Code<"v128">[]): void => {
    const mask = w.let(f64x2.lt(size, w.double(limit)));
    [above, below, high, low] = [above, below, high, low].map((other, i) =>
      w.let(v128.bitselect(parts[i], other, mask))
    );
  };
  const angle = (high: number, low: number) => [w.double(high), w.double(low)];
  within(2.4375, [
    ...[sub(size, half3), add(one, mul(half3, size))],
    ...angle(angles.ATAN_3_2, angles.ATAN_3_2_LOW),
  ]);
  within(1.1875, [
    ...[sub(size, one), add(size, one)],
    ...angle(angles.QUARTER_PI, angles.QUARTER_PI_LOW),
  ]);
  within(0.6875, [
    ...[sub(mul(two, size), one), add(two, size)],
    ...angle(angles.ATAN_HALF, angles.ATAN_HALF_LOW),
  ]);
  within(0.4375, [size, one, ...angle(0, 0)]);
  const t = w.let(div(above, below));
  const z = w.let(mul(t, t));
  const square = w.let(mul(z, z));
  const [even, odd] = [0, 1].map((first) =>
    polynomial(w, F64, square, angles.ATAN_SERIES.filter((_, i) => i % 2 === first))
  );
  const ratio = add(mul(z, even), mul(square, odd));
  return sub(high, sub(sub(mul(t, ratio), low), t));
}

/** `atan x` */
export function atan(w: Writer, x: Vector): Vector {
  const angle = atanOfSize(w, w.let(f64x2.abs(x)));
  return w.let(v128.or(angle, v128.and(x, w.double(-0))));
}

/** The angle of `(x, y)`, with the special cases of C99 (section F.10.1.4). */
export function atan2(w: Writer, y: Vector, x: Vector): Vector {
  const [height, breadth] = [y, x].map((v) => w.let(f64x2.abs(v)));
  const isLeft = w.let(i64x2.eq(i64x2.shrU(x, 63), w.bits64(1n)));
  const sides = (left: Code<"v128">, right: Code<"v128">) =>
    w.let(v128.bitselect(left, right, isLeft));
  const slope = w.let(div(height, breadth));
  const angle = w.let(atanOfSize(w, slope));
  const mirrored = sub(w.double(angles.PI), sub(angle, w.double(angles.PI_LOW)));
  let result: Vector = sides(mirrored, angle);
  const where = (mask: Code<"v128">, value: Code<"v128">): void => {
    result = w.let(v128.bitselect(value, result, mask));
  };
  where(f64x2.gt(slope, w.double(2 ** 60)), w.double(angles.HALF_PI));
  where(f64x2.eq(height, w.double(0)), sides(w.double(angles.PI), w.double(0)));
  const isDiagonal = v128.and(
    f64x2.eq(height, w.double(Infinity)),
    f64x2.eq(breadth, w.double(Infinity)),
  );
  where(isDiagonal, sides(w.double(3 * angles.QUARTER_PI), w.double(angles.QUARTER_PI)));
  where(v128.or(f64x2.ne(x, x), f64x2.ne(y, y)), w.double(NaN));
  return w.let(v128.or(result, v128.and(y, w.double(-0))));
}

/**
 * Trigonometry on four float32 lanes: sin, cos and tan, however large the angle, and asin and acos to
 * 0.51 units in the last place, by way of float64; atan and atan2 to 2.
 *
 * @module
 */

import { f32x4, f64x2, i32x4, i64x2, v128 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Vector } from "./lanes.ts";
import { onHalves, polynomial, ROUNDER } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

const F64 = FLOAT_LANES.float64;

/**
 * The first 192 bits of 2/π after the point, 24 at a time: the largest float32, 2¹²⁸, needs 128 for
 * whole turns and leaves 64. A float32 has 24 bits as well, so its product with a part is exact.
 */
const TWO_OVER_PI = [
  0xa2f983,
  0x6e4e44,
  0x1529fc,
  0x2757d1,
  0xf534dd,
  0xc0db62,
  0x95993c,
  0x439041,
].map((part, i) => part * 2 ** (-24 * (i + 1)));

/** From here on, the angle's quarter turns times {@link HALF_PI_HIGH} might be rounded. */
const LARGE = 2 ** 20;

/** The first 33 bits of π/2, and the 53 that follow (FreeBSD msun `e_rem_pio2.c`). */
const HALF_PI_HIGH = 1.57079632673412561417;
const HALF_PI_LOW = 6.07710050650619224932e-11;

/** `(sin r − r) / r³` and `(cos r − 1) / r²` by powers of r², from FreeBSD msun `k_sinf.c`, `k_cosf.c`. */
const SIN = [
  -0.16666666641626524,
  0.008333329385889463,
  -0.00019839334836096632,
  2.718311493989822e-6,
];
const COS = [-0.499999997251031, 0.04166662332373906, -0.001388676377460993, 2.439044879627741e-5];

/** An angle as a number of quarter turns, an integer in the low bits, and `−π/4 ≤ r ≤ π/4`. */
interface Angle {
  readonly turns: Vector;
  readonly r: Vector;
}

/**
 * Takes the quarter turns off two angles `x ≥ 0` of float64 lanes that hold float32 numbers.
 *
 * The product with the high part of π/2 is exact, and so is its difference from `x`.
 */
function reduceAngle(w: Writer, x: Vector): Angle {
  const turns = w.let(f64x2.add(f64x2.mul(x, w.double(2 / Math.PI)), w.double(ROUNDER)));
  const n = w.let(f64x2.sub(turns, w.double(ROUNDER)));
  const rest = f64x2.sub(x, f64x2.mul(n, w.double(HALF_PI_HIGH)));
  const r = w.let(f64x2.sub(rest, f64x2.mul(n, w.double(HALF_PI_LOW))));
  const isLarge = w.let(f64x2.ge(x, w.double(LARGE)));
  w.patch(isLarge, [turns, r], () => {
    const large = reduceLargeAngle(w, x);
    return [large.turns, large.r];
  });
  return { turns, r };
}

/**
 * The same, however large the angles.
 *
 * The product with each part of 2/π is exact, and so is what remains when whole turns are taken off;
 * these are added up as an unevaluated sum of two numbers, so that the rest is precise even if the
 * angle is almost a multiple of a quarter turn.
 */
function reduceLargeAngle(w: Writer, x: Vector): Angle {
  let high: Vector = w.double(0);
  let low: Vector = w.double(0);
  for (const part of TWO_OVER_PI) {
    const product = w.let(f64x2.mul(x, w.double(part)));
    const whole = f64x2.nearest(f64x2.mul(product, w.double(0.25)));
    const p = w.let(f64x2.sub(product, f64x2.mul(whole, w.double(4))));
    // Knuth's sum, with its rounding error.
    const sum = w.let(f64x2.add(high, p));
    const back = w.let(f64x2.sub(sum, high));
    const lost = f64x2.add(f64x2.sub(high, f64x2.sub(sum, back)), f64x2.sub(p, back));
    low = w.let(f64x2.add(low, lost));
    high = sum;
  }
  const turns = w.let(f64x2.add(high, w.double(ROUNDER)));
  const whole = f64x2.sub(turns, w.double(ROUNDER));
  const rest = f64x2.add(f64x2.sub(high, whole), low);
  return { turns, r: w.let(f64x2.mul(rest, w.double(Math.PI / 2))) };
}

/** `sin r` and `cos r` for `−π/4 ≤ r ≤ π/4`. */
function sineAndCosine(w: Writer, r: Vector): [sine: Vector, cosine: Vector] {
  const z = w.let(f64x2.mul(r, r));
  const sine = f64x2.add(r, f64x2.mul(f64x2.mul(r, z), polynomial(w, F64, z, SIN)));
  const cosine = f64x2.add(w.double(1), f64x2.mul(z, polynomial(w, F64, z, COS)));
  return [w.let(sine), w.let(cosine)];
}

function isOdd(w: Writer, n: Vector): Vector {
  const one = w.bits64(1n);
  return w.let(i64x2.eq(v128.and(n, one), one));
}

/** `sin(x + shift · π/2)` of two float64 lanes, for `x ≥ 0`. */
function shiftedSin(w: Writer, x: Vector, shift: 0 | 1): Vector {
  const { turns, r } = reduceAngle(w, x);
  const [sine, cosine] = sineAndCosine(w, r);
  const n = shift === 0 ? turns : w.let(i64x2.add(turns, w.bits64(1n)));
  const sign = i64x2.shl(v128.and(n, w.bits64(2n)), 62);
  return w.let(v128.xor(v128.bitselect(cosine, sine, isOdd(w, n)), sign));
}

/** `sin x`, as `sin |x|` with the sign of `x` */
export function sin(w: Writer, x: Vector): Vector {
  const sign = w.constant(-0);
  const size = w.let(v128.andnot(x, sign));
  const result = onHalves(w, [size], (half) => shiftedSin(w, half, 0));
  return w.let(v128.xor(result, v128.and(x, sign)));
}

/** `cos x = sin(|x| + π/2)` */
export function cos(w: Writer, x: Vector): Vector {
  const size = w.let(v128.andnot(x, w.constant(-0)));
  return onHalves(w, [size], (half) => shiftedSin(w, half, 1));
}

/** `tan x = sin x / cos x`, and a quarter turn on `−cos x / sin x`; as `tan |x|` with the sign of `x` */
export function tan(w: Writer, x: Vector): Vector {
  const sign = w.constant(-0);
  const size = w.let(v128.andnot(x, sign));
  const result = onHalves(w, [size], (half) => {
    const { turns, r } = reduceAngle(w, half);
    const [sine, cosine] = sineAndCosine(w, r);
    const odd = isOdd(w, turns);
    const quotient = f64x2.div(
      v128.bitselect(cosine, sine, odd),
      v128.bitselect(sine, cosine, odd),
    );
    return w.let(v128.xor(quotient, v128.and(odd, w.double(-0))));
  });
  return w.let(v128.xor(result, v128.and(x, sign)));
}

/**
 * `(asin s − s) / s³` by powers of s², for `0 ≤ s ≤ ½`: the minimax polynomial by Remez' algorithm,
 * which makes the relative error of the angle at most 2.8e-10.
 */
const ASIN = [
  0.166666599914079,
  0.0750050417966083,
  0.044516955601313,
  0.0318077186381935,
  0.0144385920942516,
  0.0375164819953502,
];

/**
 * `asin |x|` if `|x| ≤ ½`, and half of `acos |x|` where that is not so (`isOuter`), both small:
 * `acos a = 2 asin √((1 − a) / 2)`. Beyond 1 the root is NaN.
 */
function asinOrHalfAcos(w: Writer, x: Vector): { angle: Vector; isOuter: Vector } {
  const half = w.double(0.5);
  const size = w.let(f64x2.abs(x));
  const isOuter = w.let(f64x2.gt(size, half));
  const below = f64x2.mul(f64x2.sub(w.double(1), size), half);
  const z = w.let(v128.bitselect(below, f64x2.mul(x, x), isOuter));
  const s = w.let(v128.bitselect(f64x2.sqrt(z), size, isOuter));
  const bend = f64x2.mul(f64x2.mul(s, z), polynomial(w, F64, z, ASIN));
  return { angle: w.let(f64x2.add(s, bend)), isOuter };
}

/** `asin |x|`, which is `π/2 − acos |x|`, with the sign of `x` */
export function asin(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const { angle, isOuter } = asinOrHalfAcos(w, x);
    const outer = f64x2.sub(w.double(Math.PI / 2), f64x2.add(angle, angle));
    const result = v128.bitselect(outer, angle, isOuter);
    return w.let(v128.or(result, v128.and(x, w.double(-0))));
  });
}

/** `acos x = π/2 − asin x`, and `acos x = π − acos |x|` below 0 */
export function acos(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const { angle, isOuter } = asinOrHalfAcos(w, x);
    const signed = w.let(v128.xor(angle, v128.and(x, w.double(-0))));
    const inner = f64x2.sub(w.double(Math.PI / 2), signed);
    const left = v128.and(f64x2.lt(x, w.double(0)), w.double(Math.PI));
    const outer = f64x2.add(left, f64x2.add(signed, signed));
    return w.let(v128.bitselect(outer, inner, isOuter));
  });
}

/**
 * `(atan t − t) / t³` by powers of t², for `0 ≤ t ≤ 1`: the minimax polynomial by Remez' algorithm,
 * which makes the relative error of the angle at most 2.6e-9.
 */
const ATAN = [
  -0.333332990924,
  0.19998548373,
  -0.142642424267,
  0.109521886235,
  -0.084034560223,
  0.0579576548523,
  -0.031177878246,
  0.0109146108381,
  -0.00179362061974,
];

/** The float32 nearest to π/2, and the rest of π/2. */
const QUARTER = Math.fround(Math.PI / 2);
const QUARTER_REST = Math.PI / 2 - QUARTER;

/** `atan t` for `0 ≤ t ≤ 1`. */
function atanOfFraction(w: Writer, t: Vector): Vector {
  const z = w.let(f32x4.mul(t, t));
  return w.let(
    f32x4.add(t, f32x4.mul(f32x4.mul(t, z), polynomial(w, FLOAT_LANES.float32, z, ATAN))),
  );
}

/** Changes the sign of `x` where `mask` is set. */
function negateWhere(w: Writer, mask: Vector, x: Vector): Vector {
  return w.let(v128.xor(x, v128.and(mask, w.constant(-0))));
}

/** `atan |x|`, or `π/2 − atan |1/x|` beyond 1, with the sign of `x`. */
export function atan(w: Writer, x: Vector): Vector {
  const [one, sign] = [w.constant(1), w.constant(-0)];
  const size = w.let(v128.andnot(x, sign));
  const isSteep = w.let(f32x4.gt(size, one));
  // pmin keeps NaN if it comes first.
  const t = w.let(f32x4.div(f32x4.pmin(size, one), f32x4.pmax(one, size)));
  const angle = negateWhere(w, isSteep, atanOfFraction(w, t));
  const rest = f32x4.add(angle, v128.and(isSteep, w.constant(QUARTER_REST)));
  const result = f32x4.add(rest, v128.and(isSteep, w.constant(QUARTER)));
  return w.let(v128.or(result, v128.and(x, sign)));
}

/**
 * The angle of `(x, y)`, with the special cases of C99 (section F.10.1.4).
 *
 * `t` is the lesser by the greater of `|x|` and `|y|`, and the angle is `atan t`, `π/2 − atan t`,
 * `π/2 + atan t` or `π − atan t`, counted from the positive x-axis on, with the sign of `y`.
 */
export function atan2(w: Writer, y: Vector, x: Vector): Vector {
  const sign = w.constant(-0);
  const [height, breadth] = [y, x].map((v) => w.let(v128.andnot(v, sign)));
  const isSteep = w.let(f32x4.lt(breadth, height));
  const isLeft = w.let(i32x4.shrS(x, 31));
  // `pmin(a, b)` is `b < a ? b : a`: one of the two is NaN if an operand is.
  const lesser = w.let(f32x4.pmin(height, breadth));
  const greater = w.let(f32x4.pmax(breadth, height));
  // 0 / 0 is 0 here, and ∞ / ∞ is 1.
  const isOrigin = f32x4.eq(f32x4.add(height, breadth), w.constant(0));
  const isDiagonal = f32x4.eq(lesser, greater);
  const quotient = v128.bitselect(w.constant(1), f32x4.div(lesser, greater), isDiagonal);
  const t = w.let(v128.andnot(quotient, isOrigin));
  const angle = negateWhere(w, w.let(v128.xor(isSteep, isLeft)), atanOfFraction(w, t));
  const turn = (quarter: number) => {
    const half = v128.and(isLeft, w.constant(2 * quarter));
    return v128.bitselect(w.constant(quarter), half, isSteep);
  };
  const result = f32x4.add(f32x4.add(angle, turn(QUARTER_REST)), turn(QUARTER));
  return w.let(v128.or(result, v128.and(y, sign)));
}

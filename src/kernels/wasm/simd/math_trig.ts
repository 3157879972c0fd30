/**
 * Sine, cosine and tangent on four float32 lanes, to 0.51 units in the last place however large the
 * angle.
 *
 * @module
 */

import { onHalves, polynomial, ROUNDER } from "./halves.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

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
 * The product with the high part of π/2 is exact, and so is what is left of `x` without it.
 */
function reduce(w: Writer, x: Vector): Angle {
  const turns = w.let(f64x2.add(f64x2.mul(x, w.double(2 / Math.PI)), w.double(ROUNDER)));
  const n = w.let(f64x2.sub(turns, w.double(ROUNDER)));
  const rest = f64x2.sub(x, f64x2.mul(n, w.double(HALF_PI_HIGH)));
  const r = w.let(f64x2.sub(rest, f64x2.mul(n, w.double(HALF_PI_LOW))));
  const isLarge = w.let(f64x2.ge(x, w.double(LARGE)));
  w.patch(isLarge, [turns, r], () => {
    const large = reduceLarge(w, x);
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
function reduceLarge(w: Writer, x: Vector): Angle {
  let high: Vector = w.double(0);
  let low: Vector = w.double(0);
  for (const part of TWO_OVER_PI) {
    const product = w.let(f64x2.mul(x, w.double(part)));
    const whole = f64x2.nearest(f64x2.mul(product, w.double(0.25)));
    const p = w.let(f64x2.sub(product, f64x2.mul(whole, w.double(4))));
    // Knuth's sum, which knows what it lost.
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
  const sine = f64x2.add(r, f64x2.mul(f64x2.mul(r, z), polynomial(w, z, SIN)));
  const cosine = f64x2.add(w.double(1), f64x2.mul(z, polynomial(w, z, COS)));
  return [w.let(sine), w.let(cosine)];
}

function isOdd(w: Writer, n: Vector): Vector {
  const one = w.bits64(1n);
  return w.let(i64x2.eq(v128.and(n, one), one));
}

/** `sin(x + shift · π/2)` of two float64 lanes, for `x ≥ 0`. */
function shiftedSin(w: Writer, x: Vector, shift: 0 | 1): Vector {
  const { turns, r } = reduce(w, x);
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
    const { turns, r } = reduce(w, half);
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

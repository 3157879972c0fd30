/**
 * Sine and cosine on four float32 lanes, to 0.51 units in the last place however large the angle.
 *
 * @module
 */

import { f32x4, f64x2, i64x2, i8x16, v128 } from "./vectors.ts";
import type { Vector, Writer } from "./writer.ts";

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

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

/** Adding it rounds to an integer, which is then in the low bits. */
const ROUNDER = 1.5 * 2 ** 52;

/** `(sin r − r) / r³` and `(cos r − 1) / r²` by powers of r², from FreeBSD msun `k_sinf.c`, `k_cosf.c`. */
const SIN = [
  -0.16666666641626524,
  0.008333329385889463,
  -0.00019839334836096632,
  2.718311493989822e-6,
];
const COS = [-0.499999997251031, 0.04166662332373906, -0.001388676377460993, 2.439044879627741e-5];

function polynomial(w: Writer, x: Vector, coefficients: readonly number[]): Vector {
  let sum: Vector = w.double(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = w.let(f64x2.add(f64x2.mul(sum, x), w.double(coefficients[i])));
  }
  return sum;
}

/**
 * Quarter turns in two angles of float64: as an integer in the low bits, and the rest, from −½ to ½.
 *
 * The product with each part of 2/π is exact, and so is what remains when whole turns are taken off;
 * these are added up as an unevaluated sum of two numbers, so that the rest is precise even if the
 * angle is almost a multiple of a quarter turn.
 */
function quarterTurns(w: Writer, x: Vector): { turns: Vector; rest: Vector } {
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
  return { turns, rest: w.let(f64x2.add(f64x2.sub(high, whole), low)) };
}

/** `sin(x + shift · π/2)` of two float64 lanes, for `x ≥ 0`. */
function shiftedSin(w: Writer, x: Vector, shift: 0 | 1): Vector {
  const { turns, rest } = quarterTurns(w, x);
  const r = w.let(f64x2.mul(rest, w.double(Math.PI / 2)));
  const z = w.let(f64x2.mul(r, r));
  const sine = f64x2.add(r, f64x2.mul(f64x2.mul(r, z), polynomial(w, z, SIN)));
  const cosine = f64x2.add(w.double(1), f64x2.mul(z, polynomial(w, z, COS)));
  const n = shift === 0 ? turns : w.let(i64x2.add(turns, w.bits64(1n)));
  const one = w.bits64(1n);
  const isOdd = i64x2.eq(v128.and(n, one), one);
  const sign = i64x2.shl(v128.and(n, w.bits64(2n)), 62);
  return w.let(v128.xor(v128.bitselect(cosine, sine, isOdd), sign));
}

function onHalves(w: Writer, x: Vector, f: (half: Vector) => Vector): Vector {
  const [low, high] = [x, w.let(i8x16.shuffle(x, x, HIGH_HALF))].map((half) =>
    w.let(f32x4.demoteF64x2Zero(f(w.let(f64x2.promoteLowF32x4(half)))))
  );
  return w.let(i8x16.shuffle(low, high, LOW_HALVES));
}

/** `sin x`, as `sin |x|` with the sign of `x` */
export function sin(w: Writer, x: Vector): Vector {
  const sign = w.constant(-0);
  const size = w.let(v128.andnot(x, sign));
  const result = onHalves(w, size, (half) => shiftedSin(w, half, 0));
  return w.let(v128.xor(result, v128.and(x, sign)));
}

/** `cos x = sin(|x| + π/2)` */
export function cos(w: Writer, x: Vector): Vector {
  const size = w.let(v128.andnot(x, w.constant(-0)));
  return onHalves(w, size, (half) => shiftedSin(w, half, 1));
}

/**
 * float32 functions that compute in float64, two lanes at a time: where float32 would need every step
 * twice, once for what it rounds away, this is shorter and no slower, and errs by half a unit.
 *
 * @module
 */

import { f32x4, f64x2, i8x16 } from "./vectors.ts";
import type { Vector, Writer } from "./writer.ts";

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Adding it to a float64 rounds to an integer, which is then in the low bits. */
export const ROUNDER = 1.5 * 2 ** 52;

/** `c[0] + c[1] x + c[2] x² + …` in float64 lanes. */
export function polynomial(w: Writer, x: Vector, coefficients: readonly number[]): Vector {
  let sum: Vector = w.double(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = w.let(f64x2.add(f64x2.mul(sum, x), w.double(coefficients[i])));
  }
  return sum;
}

/** `f` of the low and of the high two of four float32 lanes, as float64 lanes each. */
export function onHalves(
  w: Writer,
  arguments_: readonly Vector[],
  f: (...halves: Vector[]) => Vector,
): Vector {
  const low = arguments_.map((x) => w.let(f64x2.promoteLowF32x4(x)));
  const high = arguments_.map((x) => w.let(f64x2.promoteLowF32x4(i8x16.shuffle(x, x, HIGH_HALF))));
  const [first, second] = [low, high].map((half) => f32x4.demoteF64x2Zero(f(...half)));
  return w.let(i8x16.shuffle(first, second, LOW_HALVES));
}

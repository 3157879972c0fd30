/**
 * float32 functions that compute in float64, two lanes at a time: where float32 would need every step
 * twice, once for what it rounds away, this is shorter and no slower, and errs by half a unit.
 *
 * @module
 */

import { demotePair, promotePair } from "./elements.ts";
import { f64x2 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

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
  const pairs = arguments_.map(promotePair);
  const [low, high] = ([0, 1] as const).map((i) => f(...pairs.map((pair) => w.let(pair[i]))));
  return w.let(demotePair(low, high));
}

/**
 * The inverse of the error function.
 *
 * @module
 */

import { erf, erfc } from "./erf.ts";
import { exp } from "./exp.ts";
import { log } from "./log.ts";

const HALF_SQRT_PI = 0.886226925452758;
/** The constant of Winitzki's approximation. */
const A = 0.147;

/**
 * Returns the number whose error function is `y`, to about a unit in the last place; ±∞ at ±1, NaN
 * beyond.
 *
 * Halley's iteration for `erf x − y`, or for `erfc x − (1 − y)` where that keeps more digits.
 *
 * Source of the start: Winitzki, "A handy approximation for the error function and its inverse"
 * (2008).
 */
export function erfinv(y: number): number {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Infinity : NaN;
  if (y === 0) return y;
  const l = log((1 - size) * (1 + size));
  const half = 2 / (Math.PI * A) + l / 2;
  let x = Math.sqrt(Math.sqrt(half * half - l / A) - half);
  for (let i = 0; i < 3; i++) {
    const error = size < 0.5 ? erf(x) - size : (1 - size) - erfc(x);
    const step = error * HALF_SQRT_PI * exp(x * x);
    x -= step / (1 + x * step);
  }
  return y < 0 ? -x : x;
}

/**
 * The remainder of a division, exact, on four float32 lanes.
 *
 * @module
 */

import { onHalves } from "./halves.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/** Keeps 29 of the 53 bits of a float64: times the 24 of a float32 they make 53 again. */
const LEADING_BITS = ~0xffffffn;

/**
 * `rest − b · q` for the leading bits of the quotient, `q`, rounded towards 0.
 *
 * The product is exact. A `q` with more bits takes off at least all but 2⁻²⁸ of `rest`, and numbers
 * so near to each other have an exact difference; a `q` that is an integer of at most 29 bits leaves
 * less than `b`, and every bit of that has a place in float32. Only where the quotient is rounded up
 * to the integer above it does `rest` come out below 0, by the little that was missing.
 */
function takeMultiples(w: Writer, rest: Vector, b: Vector): Vector {
  const quotient = v128.and(f64x2.div(rest, b), w.bits64(LEADING_BITS));
  return w.let(f64x2.sub(rest, f64x2.mul(f64x2.trunc(quotient), b)));
}

/**
 * `|a| − |b| · ⌊|a| / |b|⌋` with the sign of `a`.
 *
 * As in C99 (section F.10.7.1), `a` itself for `b = ±∞`, and NaN for `a = ±∞` or `b = 0`: those come
 * out as ∞ − ∞ or ∞ · 0.
 */
export function fmod(w: Writer, a: Vector, b: Vector): Vector {
  return onHalves(w, [a, b], (a, b) => {
    const [dividend, divisor] = [a, b].map((x) => w.let(f64x2.abs(x)));
    const isLess = w.let(f64x2.lt(dividend, divisor));
    const first = v128.bitselect(dividend, takeMultiples(w, dividend, divisor), isLess);
    // Quotients reach 2²⁷⁷, but few exceed 2²⁹.
    const rest = w.repeat(
      first,
      (rest) => f64x2.ge(f64x2.abs(rest), divisor),
      (rest) => takeMultiples(w, rest, divisor),
    );
    const isBelow = f64x2.lt(rest, w.double(0));
    const positive = f64x2.add(rest, v128.and(divisor, isBelow));
    return w.let(v128.or(positive, v128.and(a, w.double(-0))));
  });
}

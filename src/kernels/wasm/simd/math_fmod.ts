/**
 * The exact remainder of a division, on four float32 and on two float64 lanes.
 *
 * Multiples of the divisor are taken off in steps: each takes the leading bits of the quotient, so few that
 * their product with the divisor, or with each half of its digits, is exact.
 *
 * @module
 */

import { f64x2, v128 } from "../assembler/vectors.ts";
import type { Vector } from "./lanes.ts";
import { onHalves } from "./math_f64.ts";
import type { Writer } from "./writer.ts";

/** Keeps 29 of the 53 bits of a float64: times the 24 of a float32 they make 53 again. */
const LEADING_BITS = ~0xffffffn;

/**
 * Keeps 26 of the 53 bits of a float64: times the 26 that it keeps of another one, or the 27 that it drops,
 * they make 53 at most.
 */
const HALF_OF_BITS = ~0x7ffffffn;

/** Takes multiples of the divisor off: a rounded quotient may leave a little less than 0. */
type Step = (rest: Vector) => Vector;

/**
 * `|a| − |b| · ⌊|a| / |b|⌋` with the sign of `a`, on two float64 lanes.
 *
 * As in C99 (section F.10.7.1), `a` itself for `b = ±∞`, and NaN for `a = ±∞` or `b = 0`: those come
 * out as ∞ − ∞ or ∞ · 0.
 *
 * @param bring writes the steps for quotients that a float64 cannot hold
 */
function remainderBy(
  w: Writer,
  a: Vector,
  b: Vector,
  stepOf: (divisor: Vector) => Step,
  bring: (dividend: Vector, divisor: Vector) => Vector,
): Vector {
  const divisor = w.let(f64x2.abs(b));
  const dividend = bring(w.let(f64x2.abs(a)), divisor);
  const step = stepOf(divisor);
  const isLess = w.let(f64x2.lt(f64x2.abs(dividend), divisor));
  const first = v128.bitselect(dividend, step(dividend), isLess);
  // Few quotients have more bits than a step takes.
  const rest = w.repeat(first, (rest) => f64x2.ge(f64x2.abs(rest), divisor), step);
  // A quotient that was rounded up to the integer above it has taken one divisor too many.
  const isBelow = f64x2.lt(rest, w.double(0));
  const positive = f64x2.add(rest, v128.and(divisor, isBelow));
  return w.let(v128.or(positive, v128.and(a, w.double(-0))));
}

/**
 * The remainder of float32, by way of float64.
 *
 * A step is exact: a quotient of more bits than it keeps takes off at least all but 2⁻²⁸ of the rest, and
 * numbers so near to each other have an exact difference; one that is an integer of at most 29 bits leaves
 * less than the divisor, and every bit of that has a place in float32.
 */
export function fmod(w: Writer, a: Vector, b: Vector): Vector {
  const stepOf = (divisor: Vector): Step => (rest) => {
    const quotient = v128.and(f64x2.div(rest, divisor), w.bits64(LEADING_BITS));
    return w.let(f64x2.sub(rest, f64x2.mul(f64x2.trunc(quotient), divisor)));
  };
  return onHalves(w, [a, b], (a, b) => remainderBy(w, a, b, stepOf, (dividend) => dividend));
}

/** Quotients from 2¹⁰⁰⁰ on are computed as 2⁻¹²⁰⁰ of themselves, since they reach 2²⁰⁹⁸. */
const HUGE = 2 ** 400;
const DOWN = 2 ** -600;
const UP = 2 ** 600;

/**
 * The remainder of float64.
 *
 * A step is exact: with the leading bits `q` of the quotient and the halves `h` and `l` of the digits of the
 * divisor, `rest − q h` is a multiple of the unit in the last place of `rest`, and no larger than it; and
 * `rest − q h − q l` is less than a unit of `q` times the divisor, and a multiple of a unit of each.
 */
export function fmodOfDoubles(w: Writer, a: Vector, b: Vector): Vector {
  const leading = (x: Vector): Vector => w.let(v128.and(x, w.bits64(HALF_OF_BITS)));
  const take = (rest: Vector, q: Vector, high: Vector, low: Vector) =>
    f64x2.sub(f64x2.sub(rest, f64x2.mul(q, high)), f64x2.mul(q, low));
  const halves = (x: Vector): [high: Vector, low: Vector] => {
    const high = leading(x);
    return [high, w.let(f64x2.sub(x, high))];
  };
  const stepOf = (divisor: Vector): Step => {
    const [high, low] = halves(divisor);
    return (rest) => {
      const q = f64x2.trunc(leading(w.let(f64x2.div(rest, divisor))));
      return w.let(take(rest, w.let(q), high, low));
    };
  };
  const bring = (dividend: Vector, divisor: Vector): Vector => {
    const least = w.let(f64x2.mul(divisor, w.double(HUGE)));
    const scaled = (rest: Vector): Vector => w.let(f64x2.mul(rest, w.double(DOWN)));
    return w.repeat(dividend, (rest) => f64x2.ge(f64x2.abs(scaled(rest)), least), (rest) => {
      const [x, y] = [scaled(rest), w.let(f64x2.mul(divisor, w.double(UP)))];
      const left = take(x, leading(w.let(f64x2.div(x, y))), ...halves(y));
      return w.let(f64x2.mul(left, w.double(UP)));
    });
  };
  return remainderBy(w, a, b, stepOf, bring);
}

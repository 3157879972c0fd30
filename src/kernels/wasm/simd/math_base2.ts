/**
 * Logarithms and exponentials to base 2 of float64 lanes, as precise as their callers ask, and the
 * float32 functions that are little more than one of them.
 *
 * @module
 */

import type { Code } from "../assembler/code.ts";
import { onHalves, polynomial, ROUNDER } from "./halves.ts";
import { f64x2, i64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

const SQRT_HALF_BITS = 0x3fe6a09e_667f3bcdn;
const ONE_BITS = 0x3ff00000_00000000n;
const MANTISSA_BITS = 0x000fffff_ffffffffn;
/** Bits of 2⁵²: with a small integer in the low bits, of 2⁵² plus that integer. */
const INTEGER_BITS = 0x43300000_00000000n;

/** `x = 2ᵏ · (1 + f)` with `1 + f` between √½ and √2, for normal positive numbers of float64. */
export function exponentAndFraction(
  w: Writer,
  x: Code<"v128">,
): { exponent: Vector; f: Vector } {
  const bits = w.let(i64x2.add(x, w.bits64(ONE_BITS - SQRT_HALF_BITS)));
  const biased = v128.or(i64x2.shrU(bits, 52), w.bits64(INTEGER_BITS));
  const exponent = w.let(f64x2.sub(biased, w.double(2 ** 52 + 1023)));
  const mantissa = i64x2.add(v128.and(bits, w.bits64(MANTISSA_BITS)), w.bits64(SQRT_HALF_BITS));
  return { exponent, f: w.let(f64x2.sub(mantissa, w.double(1))) };
}

/**
 * `log₂ x` of two float64 lanes for `x ≥ 0` or NaN, if not a denormal of float64.
 *
 * `series` is that of `log₂((1+s)/(1−s)) / s` by powers of s², for `|s| < 0.172`.
 */
export function log2OfDoubles(w: Writer, x: Vector, series: readonly number[]): Vector {
  const { exponent, f } = exponentAndFraction(w, x);
  const s = w.let(f64x2.div(f, f64x2.add(f, w.double(2))));
  const quotient = polynomial(w, w.let(f64x2.mul(s, s)), series);
  const result = f64x2.add(exponent, f64x2.mul(s, quotient));
  const finite = v128.bitselect(result, x, f64x2.lt(x, w.double(Infinity)));
  return w.let(v128.bitselect(w.double(-Infinity), finite, f64x2.eq(x, w.double(0))));
}

/**
 * `2^t` of two float64 lanes, as far as float32 can tell.
 *
 * `series` is that of `2^r` by powers of r, for `|r| ≤ ½`.
 */
export function exp2OfDoubles(w: Writer, t: Vector, series: readonly number[]): Code<"v128"> {
  // NaN comes first in pmin and pmax, which keeps it.
  const most = w.let(f64x2.pmin(t, w.double(130)));
  const bounded = w.let(f64x2.pmax(most, w.double(-160)));
  const shifted = w.let(f64x2.add(bounded, w.double(ROUNDER)));
  const r = w.let(f64x2.sub(bounded, f64x2.sub(shifted, w.double(ROUNDER))));
  const scale = i64x2.add(i64x2.shl(shifted, 52), w.bits64(ONE_BITS));
  return f64x2.mul(polynomial(w, r, series), scale);
}

/** The minimax series for {@link log2OfDoubles} that leaves 7e-10, a hundredth of a unit. */
const LOG2 = [2.88539007978875, 0.96179884780206, 0.576714365276433, 0.431736393297165];

/** The minimax series for {@link exp2OfDoubles} that leaves 1.9e-9, a thirtieth of a unit. */
export const EXP2 = [
  1.00000000055422,
  0.693147205737109,
  0.240226468904054,
  0.0555032877750979,
  0.00961848898528024,
  0.00133999310496393,
  0.00015345804192248,
];

/** `log₂ x` of four float32 lanes, exact for powers of two. */
export function log2(w: Writer, x: Vector): Vector {
  return logarithm(w, x, 1);
}

/** `log₁₀ x` of four float32 lanes, exact for powers of ten. */
export function log10(w: Writer, x: Vector): Vector {
  return logarithm(w, x, Math.LN2 / Math.LN10);
}

function logarithm(w: Writer, x: Vector, scale: number): Vector {
  return onHalves(w, [x], (x) => {
    const binary = log2OfDoubles(w, x, LOG2);
    const scaled = scale === 1 ? binary : f64x2.mul(binary, w.double(scale));
    return w.let(v128.bitselect(w.double(NaN), scaled, f64x2.lt(x, w.double(0))));
  });
}

/**
 * Exponentials, logarithms and their relatives on four float32 lanes: exp, log, expm1, log1p, tanh,
 * sigmoid and erf to 2 units in the last place; log2, log10, sinh, cosh and erfc, by way of float64,
 * to 0.6.
 *
 * Only basic operations in a fixed order, so every machine and runtime gives the same bits.
 *
 * @module
 */

import type { Code } from "../assembler/code.ts";
import { f32x4, f64x2, i32x4, v128 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Vector } from "./lanes.ts";
import {
  clamp,
  exp2OfDoubles,
  expm1Of,
  log1pBy,
  log2OfDoubles,
  logOfFraction,
  onHalves,
  polynomial,
} from "./math_f64.ts";
import type { Writer } from "./writer.ts";

const F32 = FLOAT_LANES.float32;
const F64 = FLOAT_LANES.float64;

/** `ln 2`, as a part whose product with any exponent is exact, and the rest. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.42860677e-6;

/**
 * `1.5 · 2²³`: floats of this size have no room for a fraction, so adding it rounds to an integer
 * and leaves that integer in the low bits, ready to be shifted into the exponent.
 */
const ROUNDER = 12582912;

/** Added to an exponent before its bits are stored. */
const BIAS = 127;
const ONE_BITS = BIAS << 23;

/**
 * `(eʳ − 1 − r) / r²` as a polynomial for `|r| ≤ ln 2 / 2`: the minimax one by Remez' algorithm,
 * which makes the relative error of `eʳ` at most 3.1e-9.
 */
const EXP = [0.499999934125, 0.166665201078, 0.0416683942206, 0.00836878041856, 0.00138144663544];

/**
 * `(r coth(r/2) − 2) / r²` by powers of r² for the same `r`, again by Remez' algorithm: with
 * {@link quotient} the relative error of `eʳ` is at most 5.2e-10.
 */
const COTH = [0.166666176671, -0.00276598202132];

/**
 * `±x = n ln 2 ± r` with an integer `n` and `|r| ≤ ln 2 / 2`: gives an integer vector whose low bits
 * are `n + bias`, and `r` both rounded and as `rough − low`, of which `rough` is exact.
 */
function reduce(w: Writer, x: Vector, bias: number, sign = 1) {
  const rounder = w.constant(ROUNDER + bias);
  const shifted = w.let(f32x4.add(f32x4.mul(x, w.constant(sign * Math.LOG2E)), rounder));
  const n = w.let(f32x4.sub(shifted, rounder));
  const rough = w.let(f32x4.sub(x, f32x4.mul(n, w.constant(sign * LN2_HIGH))));
  const low = w.let(f32x4.mul(n, w.constant(sign * LN2_LOW)));
  return { shifted, rough, low, r: w.let(f32x4.sub(rough, low)) };
}

/**
 * `x = n ln 2 + r` as above: gives the float `2ⁿ`, if that is one, and `eʳ − 1`.
 *
 * Rounding `r` would cost digits near 0; so the parts are added up from the smallest:
 * `eʳ − 1 = rough + (r² P(r) − low)`.
 */
function scaleAndRest(
  w: Writer,
  x: Vector,
): { shifted: Vector; scale: Vector; small: Vector } {
  const { shifted, rough, low, r } = reduce(w, x, BIAS);
  const tail = f32x4.mul(f32x4.mul(r, r), polynomial(w, F32, r, EXP));
  const small = w.let(f32x4.add(rough, f32x4.sub(tail, low)));
  return { shifted, scale: powerOfTwo(w, shifted), small };
}

/** `2ⁿ` from an integer whose low bits are `n + 127`: the shift drops all but the exponent. */
function powerOfTwo(w: Writer, biased: Code<"v128">): Vector {
  return w.let(i32x4.shl(biased, 23));
}

/**
 * `numerator / (2 + (r² P(r²) ± r))`.
 *
 * As `eʳ = (c + r) / (c − r)` for the even function `c = r coth(r/2) = 2 + r² P(r²)`, whose `P` needs
 * two coefficients where a polynomial for `eʳ` needs seven, `½ eʳ = ½ + r / (c − r)`. A division is
 * one instruction, and a processor goes on with the next elements meanwhile.
 */
function quotient(w: Writer, r: Vector, numerator: Code<"v128">, add: typeof f32x4.add): Vector {
  const square = w.let(f32x4.mul(r, r));
  const bend = f32x4.mul(polynomial(w, F32, square, COTH), square);
  return w.let(f32x4.div(numerator, f32x4.add(w.constant(2), add(bend, r))));
}

/** `½ eʳ` */
function halfExp(w: Writer, r: Vector): Vector {
  return w.let(f32x4.add(quotient(w, r, r, f32x4.sub), w.constant(0.5)));
}

/** `eˣ` */
export function exp(w: Writer, x: Vector): Vector {
  // Beyond these the result is 0 or ∞ anyway.
  const { shifted, r } = reduce(w, clamp(w, F32, x, -104, 89), 2 * BIAS + 1);
  return scaledExp(w, shifted, r);
}

/** `2ˣ`, exact for whole numbers: `2ⁿ eʳ` with `r = (x − n) ln 2` */
export function exp2(w: Writer, x: Vector): Vector {
  const rounder = w.constant(ROUNDER + 2 * BIAS + 1);
  const bounded = clamp(w, F32, x, -151, 129);
  const shifted = w.let(f32x4.add(bounded, rounder));
  const rest = f32x4.sub(bounded, f32x4.sub(shifted, rounder));
  return scaledExp(w, shifted, w.let(f32x4.mul(rest, w.constant(Math.LN2))));
}

/** `2ⁿ eʳ`, from an integer whose low bits are `n + 2 · BIAS + 1`. */
function scaledExp(w: Writer, shifted: Vector, r: Vector): Vector {
  // 2ⁿ reaches from 2⁻¹⁵⁰ to 2¹²⁸, further than one float does: multiply by its halves in turn,
  // and only the last product rounds, to a denormal if need be.
  const half = w.let(i32x4.shrS(shifted, 1));
  const first = powerOfTwo(w, half);
  const second = powerOfTwo(w, i32x4.sub(shifted, half));
  return w.let(f32x4.mul(f32x4.mul(halfExp(w, r), first), second));
}

/** Times this power of 2, the smallest denormal is a normal number. */
export const RAISE = 24;

/** `2ʳᵃⁱˢᵉ eˣ` for `x ≤ 0`: where that is no denormal, or `raise` is {@link RAISE}. */
export function expOfNegative(w: Writer, x: Vector, raise: number): Vector {
  const { shifted, r } = reduce(w, w.let(f32x4.pmax(x, w.constant(-104))), BIAS + 1 + raise);
  return w.let(f32x4.mul(halfExp(w, r), powerOfTwo(w, shifted)));
}

/**
 * `1 / (1 + e⁻ˣ)` with `e⁻ˣ = 2ⁿ e⁻ʳ = s (1 − q)`, `q = 2 r / (c + r)` (see {@link quotient}), as
 * `1 / (larger + (smaller − s q))` of 1 and s.
 *
 * The order matters: `s + 1` would lose its 1 at `s = 2²⁴`, and the result be wrong by 2.4 ulp there;
 * and near 1, where a gradient lives on the last digit, only the last sum and the division round.
 */
export function sigmoid(w: Writer, x: Vector): Vector {
  // From 17 on the result is 1.
  const { shifted, r } = reduce(w, clamp(w, F32, x, -104, 20), BIAS - RAISE, -1);
  const q = quotient(w, r, f32x4.add(r, r), f32x4.add);
  // Numerator and denominator are scaled by 2⁻²⁴, so that 2ⁿ does not overflow before the result is 0.
  const one = w.constant(2 ** -RAISE);
  const s = powerOfTwo(w, shifted);
  const [larger, smaller] = [f32x4.pmax(s, one), f32x4.pmin(s, one)];
  return w.let(f32x4.div(one, f32x4.add(larger, f32x4.sub(smaller, f32x4.mul(s, q)))));
}

/** `(tanh x − x) / x³` by powers of x² for `|x| ≤ 0.75`: makes the relative error at most 1.7e-9. */
const TANH_NEAR = [
  -0.333333151,
  0.133326941,
  -0.0538927226,
  0.0214520283,
  -0.00765724558,
  0.00173692989,
];

/**
 * `x + x³ P(x²)` near 0; further away `1 − 2 e / (1 + e)` with `e = e⁻²ˡˣˡ`, and the sign of `x`: in both
 * the part that is rounded more than once is the smaller one.
 */
export function tanh(w: Writer, x: Vector): Vector {
  const [one, sign] = [w.constant(1), w.constant(-0)];
  const size = w.let(v128.andnot(x, sign));
  // From 10 on the result is 1 in float32. pmin keeps NaN.
  const y = f32x4.mul(f32x4.pmin(size, w.constant(10)), w.constant(-2));
  const { scale: c, small } = scaleAndRest(w, w.let(y));
  const e = w.let(f32x4.add(c, f32x4.mul(c, small)));
  const far = f32x4.sub(one, f32x4.div(f32x4.add(e, e), f32x4.add(one, e)));
  const square = w.let(f32x4.mul(x, x));
  const cube = f32x4.mul(f32x4.mul(size, square), polynomial(w, F32, square, TANH_NEAR));
  const isFar = f32x4.gt(size, w.constant(0.75));
  const result = v128.bitselect(far, f32x4.add(size, cube), isFar);
  return w.let(v128.or(result, v128.and(x, sign)));
}

const SMALLEST_NORMAL = 2 ** -126;
const SQRT_HALF_BITS = 0x3f3504f3;

/** `(ln(1+s) − ln(1−s)) / s − 2` by powers of `s²`, within 2⁻³⁴ (fdlibm's `e_logf.c`). */
const LOG = [0xaaaaaa / 2 ** 24, 0xccce13 / 2 ** 25, 0x91e9ee / 2 ** 25, 0xf89e26 / 2 ** 26];

/** `ln x` */
export function log(w: Writer, x: Vector): Vector {
  return logOfSum(w, x, w.constant(0));
}

/**
 * `ln(x + x · rest)` for a `rest` below a unit in the last place, as `k ln 2 + ln(1 + f)` with `1 + f`
 * between `√½` and `√2`, after fdlibm's `e_logf.c`.
 */
function logOfSum(w: Writer, x: Vector, rest: Vector): Vector {
  // Denormals are scaled up first, and 25 is taken from the exponent instead.
  const denormal = w.let(f32x4.lt(x, w.constant(SMALLEST_NORMAL)));
  const normal = v128.bitselect(f32x4.mul(x, w.constant(2 ** 25)), x, denormal);
  const bits = w.let(i32x4.add(normal, w.bits(ONE_BITS - SQRT_HALF_BITS)));
  const excess = v128.bitselect(w.bits(127 + 25), w.bits(127), denormal);
  const k = w.let(f32x4.convertI32x4S(i32x4.sub(i32x4.shrS(bits, 23), excess)));
  const mantissa = v128.and(bits, w.bits(0x007fffff));
  const f = w.let(f32x4.sub(i32x4.add(mantissa, w.bits(SQRT_HALF_BITS)), w.constant(1)));
  return logOfFraction(w, F32, { x, k, f, rest, series: LOG, high: LN2_HIGH, low: LN2_LOW });
}

/** From here on, `eˣ − 1` and `eˣ` are the same float32. */
const EXPM1_IS_EXP = 18;

/** `eˣ − 1` */
export function expm1(w: Writer, x: Vector): Vector {
  // Below −20 the result is −1.
  const { shifted, scale, small } = scaleAndRest(w, clamp(w, F32, x, -20, 89));
  const both = w.let(i32x4.add(shifted, w.bits(BIAS)));
  const half = w.let(i32x4.shrS(both, 1));
  const rest = powerOfTwo(w, i32x4.sub(both, half));
  const halves = [powerOfTwo(w, half), rest] as const;
  return expm1Of(w, F32, { x, scale, small, halves, isExp: EXPM1_IS_EXP });
}

/** `ln(1 + x)` */
export function log1p(w: Writer, x: Vector): Vector {
  return log1pBy(w, F32, x, logOfSum);
}

/** `(erf x − x) / x` by powers of x², for `|x| ≤ 0.927734375`. */
const ERF_NEAR = [
  1.28379166e-1,
  -3.76125336e-1,
  1.12819925e-1,
  -2.67681349e-2,
  4.99119423e-3,
  -5.96761703e-4,
];

/** `(ln(1 − erf x) + x) / x` by powers of x, for larger x. */
const ERF_FAR = [
  -1.28717512e-1,
  -6.34846687e-1,
  -1.06777877e-1,
  2.42546219e-2,
  -3.88396438e-3,
  3.83197126e-4,
  -1.72853470e-5,
];

/** From here on, erf x is 1. */
const ERF_IS_ONE = 4;

/**
 * `x + x P(x²)` near 0, and `1 − e^(x Q(x) − x)` further away, with N. Juffa's polynomials
 * (https://stackoverflow.com/a/35148199).
 */
export function erf(w: Writer, x: Vector): Vector {
  const sign = w.constant(-0);
  const size = w.let(v128.andnot(x, sign));
  const square = w.let(f32x4.mul(x, x));
  const near = f32x4.add(x, f32x4.mul(x, polynomial(w, F32, square, ERF_NEAR)));
  const result = w.let(near);
  w.patch(w.let(f32x4.gt(size, w.constant(0.927734375))), [result], () => {
    const t = w.let(f32x4.pmin(size, w.constant(ERF_IS_ONE)));
    const power = w.let(f32x4.sub(f32x4.mul(polynomial(w, F32, t, ERF_FAR), t), t));
    const far = f32x4.sub(w.constant(1), expOfNegative(w, power, 0));
    return [w.let(v128.or(far, v128.and(x, sign)))];
  });
  return result;
}

/** The minimax series for {@link log2OfDoubles} that leaves 7e-10, a hundredth of a unit. */
const LOG2 = [2.88539007978875, 0.96179884780206, 0.576714365276433, 0.431736393297165];

/** The minimax series for {@link exp2OfDoubles} that leaves 1.9e-9, a thirtieth of a unit. */
const EXP2 = [
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

/** `eˣ` of two float64 lanes, as far as float32 can tell. */
function expOfDoubles(w: Writer, x: Vector): Vector {
  return w.let(exp2OfDoubles(w, w.let(f64x2.mul(x, w.double(Math.LOG2E))), EXP2));
}

/** `sinh x / x` by powers of x²: Taylor's series, which leaves 4e-11 below {@link NEAR}. */
const SINH = [1, 1 / 6, 1 / 120, 1 / 5040];
/** From here on `eˣ − e⁻ˣ` does not cancel much: at most twice the error of the exponential shows. */
const NEAR = 0.25;

/** `sinh |x| = (e^|x| − 1 / e^|x|) / 2`, and a series near 0, with the sign of `x` */
export function sinh(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const size = w.let(f64x2.abs(x));
    const power = expOfDoubles(w, size);
    const difference = f64x2.sub(power, f64x2.div(w.double(1), power));
    const far = f64x2.mul(difference, w.double(0.5));
    const near = f64x2.mul(size, polynomial(w, F64, w.let(f64x2.mul(x, x)), SINH));
    const result = v128.bitselect(near, far, f64x2.lt(size, w.double(NEAR)));
    return w.let(v128.or(result, v128.and(x, w.double(-0))));
  });
}

/** `cosh x = (eˣ + 1 / eˣ) / 2` */
export function cosh(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const power = expOfDoubles(w, w.let(f64x2.abs(x)));
    const sum = f64x2.add(power, f64x2.div(w.double(1), power));
    return w.let(f64x2.mul(sum, w.double(0.5)));
  });
}

/** The centre of {@link ERFC}. */
const CENTRE = 3;
/** From here on, erfc x is less than half of the smallest float32. */
const ERFC_IS_ZERO = 11;

/**
 * `(1 + 2x) e^(x²) erfc x` by powers of `(x − 3) / (x + 3)`, for `0 ≤ x ≤ 10.1`: smooth, from 1 down
 * to 2/√π (Shepherd and Laframboise 1981). The minimax polynomial by Remez' algorithm leaves 1.9e-9.
 */
const ERFC = [
  1.25300805912192,
  -0.135621139295687,
  -0.0475623994521748,
  0.129646414452064,
  -0.119270975066708,
  0.0682957679688095,
  -0.0237975313246099,
  0.00256737527765625,
  0.00200181311889605,
  -0.000777580208749372,
  -0.000268126356617347,
];

/** `erfc |x|`, and `2 − erfc |x|` below 0 */
export function erfc(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    // NaN comes first in pmin, which keeps it.
    const size = w.let(f64x2.pmin(f64x2.abs(x), w.double(ERFC_IS_ZERO)));
    const centre = w.double(CENTRE);
    const t = w.let(f64x2.div(f64x2.sub(size, centre), f64x2.add(size, centre)));
    const slope = f64x2.div(
      polynomial(w, F64, t, ERFC),
      f64x2.add(w.double(1), f64x2.add(size, size)),
    );
    const power = expOfDoubles(w, w.let(f64x2.neg(f64x2.mul(size, size))));
    const right = w.let(f64x2.mul(slope, power));
    const left = f64x2.sub(w.double(2), right);
    return w.let(v128.bitselect(left, right, f64x2.lt(x, w.double(0))));
  });
}

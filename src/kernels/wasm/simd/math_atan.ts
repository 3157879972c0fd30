/**
 * The arc tangent and the angle of a point on four float32 lanes, to 2 units in the last place.
 *
 * @module
 */

import { polynomial } from "./math_f32.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

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

/** The float32 nearest to π/2, and what it lacks. */
const QUARTER = Math.fround(Math.PI / 2);
const QUARTER_REST = Math.PI / 2 - QUARTER;

/** `atan t` for `0 ≤ t ≤ 1`. */
function smallAngle(w: Writer, t: Vector): Vector {
  const z = w.let(f32x4.mul(t, t));
  return w.let(f32x4.add(t, f32x4.mul(f32x4.mul(t, z), polynomial(w, z, ATAN))));
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
  const angle = negateWhere(w, isSteep, smallAngle(w, t));
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
  const angle = negateWhere(w, w.let(v128.xor(isSteep, isLeft)), smallAngle(w, t));
  const turn = (quarter: number) => {
    const half = v128.and(isLeft, w.constant(2 * quarter));
    return v128.bitselect(w.constant(quarter), half, isSteep);
  };
  const result = f32x4.add(f32x4.add(angle, turn(QUARTER_REST)), turn(QUARTER));
  return w.let(v128.or(result, v128.and(y, sign)));
}

/**
 * Arc sine and arc cosine on four float32 lanes, by way of float64: to 0.51 units in the last place.
 *
 * @module
 */

import { onHalves, polynomial } from "./halves.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/**
 * `(asin s − s) / s³` by powers of s², for `0 ≤ s ≤ ½`: the minimax polynomial by Remez' algorithm,
 * which makes the relative error of the angle at most 2.8e-10.
 */
const ASIN = [
  0.166666599914079,
  0.0750050417966083,
  0.044516955601313,
  0.0318077186381935,
  0.0144385920942516,
  0.0375164819953502,
];

/**
 * `asin |x|` if `|x| ≤ ½`, and half of `acos |x|` where that is not so (`isOuter`), both small:
 * `acos a = 2 asin √((1 − a) / 2)`. Beyond 1 the root is NaN.
 */
function smallAngle(w: Writer, x: Vector): { angle: Vector; isOuter: Vector } {
  const half = w.double(0.5);
  const size = w.let(f64x2.abs(x));
  const isOuter = w.let(f64x2.gt(size, half));
  const below = f64x2.mul(f64x2.sub(w.double(1), size), half);
  const z = w.let(v128.bitselect(below, f64x2.mul(x, x), isOuter));
  const s = w.let(v128.bitselect(f64x2.sqrt(z), size, isOuter));
  const bend = f64x2.mul(f64x2.mul(s, z), polynomial(w, z, ASIN));
  return { angle: w.let(f64x2.add(s, bend)), isOuter };
}

/** `asin |x|`, which is `π/2 − acos |x|`, with the sign of `x` */
export function asin(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const { angle, isOuter } = smallAngle(w, x);
    const outer = f64x2.sub(w.double(Math.PI / 2), f64x2.add(angle, angle));
    const result = v128.bitselect(outer, angle, isOuter);
    return w.let(v128.or(result, v128.and(x, w.double(-0))));
  });
}

/** `acos x = π/2 − asin x`, and `acos x = π − acos |x|` below 0 */
export function acos(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const { angle, isOuter } = smallAngle(w, x);
    const signed = w.let(v128.xor(angle, v128.and(x, w.double(-0))));
    const inner = f64x2.sub(w.double(Math.PI / 2), signed);
    const left = v128.and(f64x2.lt(x, w.double(0)), w.double(Math.PI));
    const outer = f64x2.add(left, f64x2.add(signed, signed));
    return w.let(v128.bitselect(outer, inner, isOuter));
  });
}

/**
 * sinh, cosh and erfc on four float32 lanes, by way of exponentials in float64: to 0.6 units in the
 * last place.
 *
 * @module
 */

import { onHalves, polynomial } from "./halves.ts";
import { EXP2, exp2OfDoubles } from "./math_base2.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import type { Vector, Writer } from "./writer.ts";

/** `eˣ` of two float64 lanes, as far as float32 can tell. */
function exp(w: Writer, x: Vector): Vector {
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
    const power = exp(w, size);
    const difference = f64x2.sub(power, f64x2.div(w.double(1), power));
    const far = f64x2.mul(difference, w.double(0.5));
    const near = f64x2.mul(size, polynomial(w, w.let(f64x2.mul(x, x)), SINH));
    const result = v128.bitselect(near, far, f64x2.lt(size, w.double(NEAR)));
    return w.let(v128.or(result, v128.and(x, w.double(-0))));
  });
}

/** `cosh x = (eˣ + 1 / eˣ) / 2` */
export function cosh(w: Writer, x: Vector): Vector {
  return onHalves(w, [x], (x) => {
    const power = exp(w, w.let(f64x2.abs(x)));
    const sum = f64x2.add(power, f64x2.div(w.double(1), power));
    return w.let(f64x2.mul(sum, w.double(0.5)));
  });
}

/** Where {@link ERFC} is centred. */
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
      polynomial(w, t, ERFC),
      f64x2.add(w.double(1), f64x2.add(size, size)),
    );
    const power = exp(w, w.let(f64x2.neg(f64x2.mul(size, size))));
    const right = w.let(f64x2.mul(slope, power));
    const left = f64x2.sub(w.double(2), right);
    return w.let(v128.bitselect(left, right, f64x2.lt(x, w.double(0))));
  });
}

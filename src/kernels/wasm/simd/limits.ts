/**
 * Limits of vector code: sin, cos and tan of float64 are left to the reference where an angle is so large
 * that its quarter turns take hundreds of digits of π.
 *
 * @module
 */

import { type Expression, Formula, type Formulas } from "../../formula.ts";
import { isModerate } from "./math_trig_f64.ts";

/** By the id of a formula: what {@link hasAngles} returns, and the condition of {@link limitOf}. */
const angles: boolean[] = [];
const limits: Formula[] = [];

/** Returns the condition, of the inputs of `f`, under which vectors of float64 compute `f`; null if they always do. */
export function limitOf(f: Formula): Formula | null {
  return hasAngles(f) ? limits[f.id] ??= makeLimit(f) : null;
}

function makeLimit(f: Formula): Formula {
  return new Formula(`the limit of ${f.name}`, f.arity, (k, inputs) => {
    let condition = k.eq(0, 0);
    const noted = (compute: (x: typeof inputs[0]) => typeof condition) =>
    (
      x: typeof inputs[0],
    ): typeof condition => {
      condition = k.logicalAnd(condition, isModerate(k, x));
      return compute(x);
    };
    f.rule({ ...k, sin: noted(k.sin), cos: noted(k.cos), tan: noted(k.tan) }, inputs);
    return condition;
  });
}

/** Returns true if `f` has a sine, cosine or tangent. It is asked at each call, so the answer is kept. */
export function hasAngles(f: Formula | Formulas): boolean {
  return angles[f.id] ??= (f instanceof Formula ? [f.body] : f.bodies).some(containsAngle);
}

function containsAngle(e: Expression): boolean {
  if (e.kind !== "apply") return false;
  return ["sin", "cos", "tan"].includes(e.name) || e.args.some(containsAngle);
}

/**
 * Limits of vector code: sin, cos and tan of float64 are left to the reference where an angle is so large
 * that its quarter turns take hundreds of digits of π.
 *
 * @module
 */

import { type Expression, Formula } from "../../formula.ts";
import { isModerate } from "./math_trig_f64.ts";

/** By the id of a formula: what {@link limitOf} returns. */
const limits: (Formula | null)[] = [];

/** Returns the condition, of the inputs of `f`, under which vectors of float64 compute `f`; null if they always do. */
export function limitOf(f: Formula): Formula | null {
  return limits[f.id] ??= hasAngles(f.body)
    ? new Formula(`the limit of ${f.name}`, f.arity, (k, inputs) => {
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
    })
    : null;
}

/** Returns true if `e` has a sine, cosine or tangent. */
export function hasAngles(e: Expression): boolean {
  if (e.kind !== "apply") return false;
  return ["sin", "cos", "tan"].includes(e.name) || e.args.some(hasAngles);
}

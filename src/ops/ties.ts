/**
 * The gradient of what picks one value out of many, where several elements have that value.
 *
 * @module
 */

import { ElementFunction } from "../kernels/formula.ts";
import type { Language } from "./rule_ops.ts";
import type { Value } from "./op.ts";

/** x is y, where NaN is NaN. */
const isPicked = new ElementFunction(
  "picked",
  2,
  (k, [x, y]) => k.logicalOr(k.eq(x, y), k.logicalAnd(k.ne(x, x), k.ne(y, y))),
);

/** `g`, the gradient for `y`, in equal shares to those elements of `x` along `axes` that are `y`. */
export function shareTies<T extends Value>(
  k: Language<T>,
  g: T,
  x: T,
  y: T,
  axes: readonly number[],
): T {
  const picked = k.cast(k.map(isPicked, [x, y]), g.dtype);
  return k.mul(k.div(g, k.sum(picked, { axes, keepDims: true })), picked);
}

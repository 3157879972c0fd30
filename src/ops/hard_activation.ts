/**
 * Activations of straight pieces. At a kink the gradient is that of the flat side, as in PyTorch.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

/** Limited to `[low, high]`; NaN stays NaN. */
function limit<T>(k: Arithmetic<T>, x: Operand<T>, low: Operand<T>, high: Operand<T>): T {
  return k.minimum(k.maximum(x, low), high);
}

/** Whether `low < x < high`. */
function inside<T>(k: Arithmetic<T>, x: Operand<T>, low: Operand<T>, high: Operand<T>): T {
  return k.logicalAnd(k.gt(x, low), k.lt(x, high));
}

/** x limited to [0, 6]; unlike that of `clamp`, the gradient at a bound is 0. */
export const relu6: Op<void> = elementwise(
  { name: "relu6", samples: [{ inputs: [sample([3, 4], -4, 9)], attrs: undefined }] },
  1,
  (k, [x]) => limit(k, x, 0, 6),
  (k, g, [x]) => [k.where(inside(k, x, 0, 6), g, 0)],
);

/** x limited to [low, high]; unlike that of `clamp`, the gradient at a bound is 0. */
export const hardtanh: Op<void> = elementwise(
  { name: "hardtanh", samples: [{ inputs: [sample([2, 4]), -0.9, 1.1], attrs: undefined }] },
  3,
  (k, [x, low, high]) => limit(k, x, low, high),
  (k, g, [x, low, high]) => [k.where(inside(k, x, low, high), g, 0)],
);

/** (x + 3) / 6, limited to [0, 1]. */
export const hardsigmoid: Op<void> = elementwise(
  {
    name: "hardsigmoid",
    float: true,
    samples: [{ inputs: [sample([3, 4], -4.5, 4.5)], attrs: undefined }],
  },
  1,
  (k, [x]) => k.div(limit(k, k.add(x, 3), 0, 6), 6),
  (k, g, [x]) => [k.where(inside(k, x, -3, 3), k.div(g, 6), 0)],
);

/** x · hardsigmoid(x). */
export const hardswish: Op<void> = elementwise(
  {
    name: "hardswish",
    float: true,
    samples: [{ inputs: [sample([3, 4], -4.5, 4.5)], attrs: undefined }],
  },
  1,
  (k, [x]) => k.div(k.mul(x, limit(k, k.add(x, 3), 0, 6)), 6),
  (k, g, [x]) => [
    k.where(k.lt(x, -3), 0, k.where(k.ge(x, 3), g, k.mul(g, k.add(k.div(x, 3), 0.5)))),
  ],
);

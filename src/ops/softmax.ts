/**
 * Softmax and its logarithm.
 *
 * @module
 */

import { checkFloat } from "../checks.ts";
import type { Shape } from "../shape.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";
import type { ReduceAttrs } from "./rule_ops.ts";

const samples = [
  { inputs: [sample([2, 3])], attrs: 1 },
  { inputs: [sample([2, 3, 2])], attrs: 1 },
  { inputs: [sample([])], attrs: 0 },
  { inputs: [sample([2, 0])], attrs: 1 },
];

/** y = eˣ / Σ eˣ along an axis; gₓ = y (g − Σ g y). */
export const softmax: Op<number> = op({
  name: "softmax",
  reads: [[OUTPUT]],
  forward(k, [x], axis) {
    checkFloat("softmax", x);
    return k.softmax(x, axis, false);
  },
  backward: (k, g, { output: y, attrs: axis }) => [
    () => k.mul(y, k.sub(g, k.sum(k.mul(g, y), along(axis, y.shape)))),
  ],
  samples,
});

/** y = x − ln Σ eˣ along an axis; gₓ = g − eʸ Σ g. */
export const logSoftmax: Op<number> = op({
  name: "logSoftmax",
  reads: [[OUTPUT]],
  forward(k, [x], axis) {
    checkFloat("logSoftmax", x);
    return k.softmax(x, axis, true);
  },
  backward: (k, g, { output: y, attrs: axis }) => [
    () => k.sub(g, k.mul(k.exp(y), k.sum(g, along(axis, y.shape)))),
  ],
  samples,
});

/** Options for a sum along an axis of `shape`; a scalar counts as an axis of size 1, so nothing is summed. */
function along(axis: number, shape: Shape): ReduceAttrs {
  return { axes: shape.length === 0 ? [] : [axis], keepDims: true };
}

/**
 * Activations that are not functions of their own in mathematics.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

/** max(x, 0); the gradient at 0 is 0, and at NaN 1. NaN stays NaN, and −0 stays −0. */
export const relu: Op<void> = elementwise(
  { name: "relu" },
  1,
  (k, [x]) => k.where(k.lt(x, 0), 0, x),
  (k, g, _, y) => [k.where(k.le(y, 0), 0, g)],
);

/** x above 0, slope · x elsewhere. */
export const leakyRelu: Op<void> = elementwise(
  {
    name: "leakyRelu",
    float: true,
    samples: [
      { inputs: [sample([2, 4]), 0.1], attrs: undefined },
      { inputs: [sample([2, 4]), sample([4], 0.1, 0.5)], attrs: undefined },
    ],
  },
  2,
  (k, [x, slope]) => k.where(k.gt(x, 0), x, k.mul(x, slope)),
  (k, g, [x, slope]) => [
    k.where(k.gt(x, 0), g, k.mul(g, slope)),
    k.where(k.gt(x, 0), 0, k.mul(g, x)),
  ],
);

/** ln(1 + eˣ), written so that eˣ cannot overflow and small results are precise; its derivative is the sigmoid. */
export const softplus: Op<void> = elementwise(
  { name: "softplus", float: true },
  1,
  (k, [x]) => k.add(k.maximum(x, 0), k.log1p(k.exp(k.neg(k.abs(x))))),
  (k, g, [x]) => [k.mul(g, k.sigmoid(x))],
);

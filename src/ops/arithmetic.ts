/**
 * Arithmetic: `a + b` and its like.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { elementwise } from "./elementwise.ts";
import { nonZero } from "./non_zero.ts";
import { indices, type Op, sample } from "./op.ts";

const positive = sample([2, 3], 0.5, 3);

export const add: Op<void> = elementwise(
  { name: "add" },
  2,
  (k, [a, b]) => k.add(a, b),
  (_, g) => [g, g],
);

export const sub: Op<void> = elementwise(
  { name: "sub", noBool: true },
  2,
  (k, [a, b]) => k.sub(a, b),
  (k, g) => [g, k.neg(g)],
);

export const mul: Op<void> = elementwise(
  { name: "mul" },
  2,
  (k, [a, b]) => k.mul(a, b),
  (k, g, [a, b]) => [k.mul(g, b), k.mul(g, a)],
);

export const div: Op<void> = elementwise(
  {
    name: "div",
    float: true,
    samples: [
      { inputs: [3, positive], attrs: undefined },
      { inputs: [sample([2, 3]), positive], attrs: undefined },
    ],
  },
  2,
  (k, [a, b]) => k.div(a, b),
  (k, g, [, b], y) => [k.div(g, b), k.neg(k.mul(g, k.div(y, b)))],
);

/**
 * d(aᵇ) = b·aᵇ⁻¹ da + aᵇ·ln a db; where a textbook has 0·∞, the gradient is 0.
 *
 * There the infinite factor is not computed at all: it would come back as 0·∞ in derivatives of this.
 */
export const pow: Op<void> = elementwise(
  {
    name: "pow",
    noBool: true,
    samples: [
      { inputs: [sample([2, 3]), 3], attrs: undefined },
      { inputs: [sample([2, 3]), indices([2, 3], [0, 1, 2, 3, -1, 4])], attrs: undefined },
      { inputs: [2, sample([2, 3])], attrs: undefined },
      { inputs: [positive, sample([2, 3])], attrs: undefined },
    ],
  },
  2,
  (k, [a, b]) => k.pow(a, b),
  (k, g, [a, b], y) => [
    k.where(k.eq(b, 0), 0, k.mul(g, k.mul(b, k.pow(a, k.sub(nonZero(k, b), 1))))),
    k.mul(g, k.mul(y, k.log(k.where(k.logicalAnd(k.eq(a, 0), k.ge(b, 0)), 1, a)))),
  ],
);

export const square: Op<void> = elementwise(
  { name: "square" },
  1,
  (k, [x]) => k.mul(x, x),
  (k, g, [x]) => [k.mul(g, k.mul(2, x))],
);

export const neg: Op<void> = elementwise(
  { name: "neg", noBool: true },
  1,
  (k, [x]) => k.neg(x),
  (k, g) => [k.neg(g)],
);

/** |x|′ = sign x, so 0 at 0. */
export const abs: Op<void> = elementwise(
  { name: "abs" },
  1,
  (k, [x]) => k.abs(x),
  (k, g, [x]) => [k.mul(g, k.sign(x))],
);

/** What is left of a gradient for the one that the other has passed: none, or half if only reached. */
function share<T>(k: Arithmetic<T>, isPassed: Operand<T>, isReached: Operand<T>): T {
  return k.sub(k.sub(1, k.mul(0.5, isPassed)), k.mul(0.5, isReached));
}

/** Of equal elements, each gets half of the gradient; beside NaN, both get all of it. */
export const maximum: Op<void> = elementwise(
  { name: "maximum" },
  2,
  (k, [a, b]) => k.maximum(a, b),
  (k, g, [a, b]) => [
    k.mul(g, share(k, k.lt(a, b), k.le(a, b))),
    k.mul(g, share(k, k.lt(b, a), k.le(b, a))),
  ],
);

/** Of equal elements, each gets half of the gradient; beside NaN, both get all of it. */
export const minimum: Op<void> = elementwise(
  { name: "minimum" },
  2,
  (k, [a, b]) => k.minimum(a, b),
  (k, g, [a, b]) => [
    k.mul(g, share(k, k.gt(a, b), k.ge(a, b))),
    k.mul(g, share(k, k.gt(b, a), k.ge(b, a))),
  ],
);

/** `min(max(x, low), high)`, so `high` where the bounds cross; the gradient at a bound is 1. */
export const clamp: Op<void> = elementwise(
  {
    name: "clamp",
    samples: [
      { inputs: [sample([2, 4], -1.9, 1.7), -1, 1], attrs: undefined },
      {
        inputs: [sample([2, 4]), sample([2, 4], -1.4, 0.2), sample([2, 4], 0, 1.7)],
        attrs: undefined,
      },
    ],
  },
  3,
  (k, [x, low, high]) => k.minimum(k.maximum(x, low), high),
  (k, g, [x, low, high]) => [
    k.where(k.logicalAnd(k.ge(x, low), k.le(x, high)), g, 0),
    k.where(k.logicalAnd(k.lt(x, low), k.lt(low, high)), g, 0),
    k.where(k.logicalOr(k.gt(x, high), k.gt(low, high)), g, 0),
  ],
);

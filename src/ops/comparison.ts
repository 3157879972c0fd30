/**
 * Comparisons and logic: results are booleans, without gradients.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { indices, type Op, sample } from "./op.ts";

export const lt: Op<void> = elementwise({
  name: "lt",
  arity: 2,
  forward: (k, [a, b]) => k.lt(a, b),
});
export const le: Op<void> = elementwise({
  name: "le",
  arity: 2,
  forward: (k, [a, b]) => k.le(a, b),
});
export const gt: Op<void> = elementwise({
  name: "gt",
  arity: 2,
  forward: (k, [a, b]) => k.gt(a, b),
});
export const ge: Op<void> = elementwise({
  name: "ge",
  arity: 2,
  forward: (k, [a, b]) => k.ge(a, b),
});
export const eq: Op<void> = elementwise({
  name: "eq",
  arity: 2,
  forward: (k, [a, b]) => k.eq(a, b),
});
export const ne: Op<void> = elementwise({
  name: "ne",
  arity: 2,
  forward: (k, [a, b]) => k.ne(a, b),
});

export const logicalAnd: Op<void> = elementwise({
  name: "logicalAnd",
  arity: 2,
  forward: (k, [a, b]) => k.logicalAnd(a, b),
});

export const logicalOr: Op<void> = elementwise({
  name: "logicalOr",
  arity: 2,
  forward: (k, [a, b]) => k.logicalOr(a, b),
});

export const logicalNot: Op<void> = elementwise({
  name: "logicalNot",
  forward: (k, [x]) => k.logicalNot(x),
});

/** One is zero and the other is not. */
export const logicalXor: Op<void> = elementwise({
  name: "logicalXor",
  arity: 2,
  forward: (k, [a, b]) => k.ne(k.eq(a, 0), k.eq(b, 0)),
});

export const isnan: Op<void> = elementwise({
  name: "isnan",
  float: true,
  forward: (k, [x]) => k.ne(x, x),
});

export const isinf: Op<void> = elementwise({
  name: "isinf",
  float: true,
  forward: (k, [x]) => k.eq(k.abs(x), Infinity),
});

export const isfinite: Op<void> = elementwise({
  name: "isfinite",
  float: true,
  forward: (k, [x]) => k.lt(k.abs(x), Infinity),
});

/** `a` where the condition holds, `b` elsewhere; each gets the gradient of what was taken of it. */
export const where: Op<void> = elementwise({
  name: "where",
  promoteFrom: 1,
  forward: (k, [condition, a, b]) => k.where(condition, a, b),
  backward: (k, g, [condition]) => [0, k.where(condition, g, 0), k.where(condition, 0, g)],
  samples: [
    { inputs: [indices([2, 3], [0, 1, 1, 0, 0, 1]), sample([2, 3]), -1] },
    { inputs: [indices([2, 3], [0, 1, 1, 0, 0, 1]), sample([2, 3]), sample([2, 3])] },
  ],
});

/**
 * Comparisons and logic, whose results are booleans without gradients, and the choice by a condition.
 *
 * @module
 */

import type { FormulaBody } from "../kernels/formula.ts";
import { elementwise } from "./elementwise.ts";
import { indices, type Op, sample } from "./op.ts";

function compare(name: string, forward: FormulaBody): Op<void> {
  return elementwise({ name, arity: 2, forward });
}

export const lt: Op<void> = compare("lt", (k, [a, b]) => k.lt(a, b));
export const le: Op<void> = compare("le", (k, [a, b]) => k.le(a, b));
export const gt: Op<void> = compare("gt", (k, [a, b]) => k.gt(a, b));
export const ge: Op<void> = compare("ge", (k, [a, b]) => k.ge(a, b));
export const eq: Op<void> = compare("eq", (k, [a, b]) => k.eq(a, b));
export const ne: Op<void> = compare("ne", (k, [a, b]) => k.ne(a, b));
export const logicalAnd: Op<void> = compare("logicalAnd", (k, [a, b]) => k.logicalAnd(a, b));
export const logicalOr: Op<void> = compare("logicalOr", (k, [a, b]) => k.logicalOr(a, b));

/** One is zero and the other is not. */
export const logicalXor: Op<void> = compare(
  "logicalXor",
  (k, [a, b]) => k.ne(k.eq(a, 0), k.eq(b, 0)),
);

function test(name: string, forward: FormulaBody): Op<void> {
  return elementwise({ name, float: true, forward });
}

export const isnan: Op<void> = test("isnan", (k, [x]) => k.ne(x, x));
export const isinf: Op<void> = test("isinf", (k, [x]) => k.eq(k.abs(x), Infinity));
export const isfinite: Op<void> = test("isfinite", (k, [x]) => k.lt(k.abs(x), Infinity));

export const logicalNot: Op<void> = elementwise({
  name: "logicalNot",
  forward: (k, [x]) => k.logicalNot(x),
});

const mask = indices([2, 3], [0, 1, 1, 0, 0, 1]);

/** `a` where the condition holds, `b` elsewhere; each gets the gradient of the elements taken from it. */
export const where: Op<void> = elementwise({
  name: "where",
  promoteFrom: 1,
  forward: (k, [condition, a, b]) => k.where(condition, a, b),
  backward: (k, g, [condition]) => [0, k.where(condition, g, 0), k.where(condition, 0, g)],
  samples: [
    [mask, sample([2, 3]), -1],
    [mask, sample([2, 3]), sample([2, 3])],
  ],
});

/**
 * Running totals.
 *
 * @module
 */

import { type DType, isFloat } from "../dtype.ts";
import type { Language } from "./rule_ops.ts";
import { nonZero } from "./non_zero.ts";
import { type Op, op, OUTPUT, type Sample, sample, type Value } from "./op.ts";

const samples: readonly Sample<number>[] = [
  { inputs: [sample([2, 4])], attrs: 1 },
  { inputs: [sample([3, 2, 2])], attrs: 0 },
  { inputs: [sample([])], attrs: 0 },
  { inputs: [sample([2, 1])], attrs: 1 },
  { inputs: [sample([2, 0])], attrs: 1 },
];

/** Integers narrower than int32 are added up in int32. */
function widened(dtype: DType): DType {
  return isFloat(dtype) ? dtype : "int32";
}

/** `x` backwards along `axis`; a scalar is itself. */
function flipped<T extends Value>(k: Language<T>, x: T, axis: number): T {
  const spans = x.shape.map((length, i) =>
    i === axis
      ? { start: Math.max(length - 1, 0), step: -1, length }
      : { start: 0, step: 1, length }
  );
  return k.slice(x, spans);
}

/** `result[i] = x[i] + x[i + 1] + …` */
function sumFromHere<T extends Value>(k: Language<T>, x: T, axis: number): T {
  return flipped(k, k.cumsum(flipped(k, x, axis), axis), axis);
}

/** `y[i] = x[0] + … + x[i]`, so each element is part of all results from its place on. */
export const cumsum: Op<number> = op<number>({
  name: "cumsum",
  forward: (k, [x], axis) => k.scan("sum", x, axis, widened(x.dtype)),
  backward: (k, g, { attrs: axis }) => [() => sumFromHere(k, g, axis)],
  samples,
});

/**
 * `y[i] = x[0] · … · x[i]`. The gradient for `x[i]` is `Σ g[j] y[j] / x[i]` over `j ≥ i`, if `x[i]` is
 * not 0.
 *
 * Otherwise `y[j] / x[i]` is the running product without `x[i]`. So that it need not be computed for
 * every zero: that of the first zero is the running product in which the first zero counts as 1; the
 * second zero's has the first zero as a factor, and counts both as 1; the gradient of a third is 0.
 * The factor of the second appears as itself rather than as 0, so that the second derivative is right
 * as well.
 */
export const cumprod: Op<number> = op<number>({
  name: "cumprod",
  reads: [[0, OUTPUT]],
  forward: (k, [x], axis) => k.scan("prod", x, axis, widened(x.dtype)),
  backward: (k, g, { inputs: [x], output: y, attrs: axis }) => [() => {
    const isZero = k.eq(x, 0);
    const zeros = k.cumsum(k.cast(isZero, "int32"), axis);
    const isFirst = k.logicalAnd(isZero, k.eq(zeros, 1));
    const isSecond = k.logicalAnd(isZero, k.eq(zeros, 2));
    const past = (product: T): T => sumFromHere(k, k.mul(g, product), axis);
    type T = typeof g;
    const withoutFirst = k.where(isFirst, 1, x);
    const axes = x.shape.length === 0 ? [] : [axis];
    const firstZero = k.sum(k.where(isFirst, x, 0), { axes, keepDims: true });
    const ofFirst = past(k.cumprod(withoutFirst, axis));
    const ofSecond = past(k.cumprod(k.where(isSecond, 1, withoutFirst), axis));
    const ofOthers = k.div(past(y), nonZero(k, x));
    const ofZeros = k.where(isSecond, k.mul(firstZero, ofSecond), 0);
    return k.where(isFirst, ofFirst, k.where(isZero, ofZeros, ofOthers));
  }],
  samples: [
    ...samples,
    {
      inputs: [{
        shape: [4, 4],
        values: [2, 0, 3, -1, 0, 1.5, 0, 2, 1, -2, 3, 0, 0, 0, 0, 2],
        dtype: "float32",
      }],
      attrs: 1,
    },
  ],
});

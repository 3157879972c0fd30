/**
 * Reductions: many elements to one.
 *
 * @module
 */

import { checkElements, checkFloat } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { Formula } from "../kernels/formula.ts";
import { countOf, reducedShape, type Value } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { spansAlong, viewReshape } from "../storage/views.ts";
import { isNonZero, mapElements } from "./elementwise.ts";
import { multiplyIntegers, scanIntegers, sumIntegers } from "./integers.ts";
import { meanOf, momentsOf } from "./moments.ts";
import { listed, type Op, op, OUTPUT, type Sample, sample } from "./op.ts";
import { nonZero, type ReduceAttrs, restoreAxes, type RuleOps, shareTies } from "./rule_ops.ts";

const samples: readonly Sample<ReduceAttrs>[] = [
  { inputs: [sample([2, 3])], attrs: { axes: [0, 1], keepDims: false } },
  { inputs: [sample([2, 3, 2])], attrs: { axes: [1], keepDims: true } },
  { inputs: [sample([2, 3, 2])], attrs: { axes: [0, 2], keepDims: false } },
  { inputs: [sample([0, 3])], attrs: { axes: [1], keepDims: true } },
];

/** For reductions that have a value for a single element, and for none. */
const smallSamples: readonly Sample<ReduceAttrs>[] = [
  ...samples,
  { inputs: [sample([])], attrs: { axes: [], keepDims: false } },
  { inputs: [sample([2, 0])], attrs: { axes: [1], keepDims: false } },
];

/** `x` without `axes`, which have size 1. */
function withoutAxes(x: NDArray, axes: readonly number[]): NDArray {
  return viewReshape(x, reducedShape(x.shape, axes, false))!;
}

export const sum: Op<ReduceAttrs> = op({
  name: "sum",
  forward: (k, [x], { axes, keepDims }) =>
    isFloat(x.dtype)
      ? k.reduce("sum", x, axes, keepDims, x.dtype)
      : sumIntegers(k, x, axes, keepDims),
  backward: (k, g, { shapes: [shape], attrs }) => [
    () => k.expand(restoreAxes(k, g, shape, attrs), shape),
  ],
  samples: smallSamples,
});

const numbersOnly = new Formula("numbersOnly", 1, (k, [x]) => k.where(k.eq(x, x), x, 0));

/** The sum of the elements that are not NaN. */
export const nansum: Op<ReduceAttrs> = op({
  name: "nansum",
  reads: [[0]],
  forward: (k, [x], { axes, keepDims }) => k.reduce("sum", x, axes, keepDims, x.dtype, numbersOnly),
  backward: (k, g, { inputs: [x], shapes: [shape], attrs }) => [
    () => k.where(k.eq(x, x), restoreAxes(k, g, shape, attrs), 0),
  ],
  samples: smallSamples,
});

export const mean: Op<ReduceAttrs> = op({
  name: "mean",
  forward(k, [x], { axes, keepDims }) {
    checkFloat("take the mean of", x);
    return meanOf(k, x, axes, keepDims, x.dtype);
  },
  backward: (k, g, { shapes: [shape], attrs }) => [
    () => k.expand(k.div(restoreAxes(k, g, shape, attrs), countOf(shape, attrs.axes)), shape),
  ],
  samples: smallSamples,
});

const shareOfProduct = new Formula(
  "the gradient of prod",
  3,
  (k, [g, y, x]) => k.mul(g, k.div(y, x)),
);

/**
 * Each gradient is the product of all the others, which is that of all by the one, if none is zero.
 *
 * Otherwise it is the product of the others that are not zero, times the others that are: no factor if
 * there are none, and 0 if there are two or more. A single one appears as itself rather than as 0, so that
 * the second derivative is right as well.
 */
export const prod: Op<ReduceAttrs> = op({
  name: "prod",
  reads: [[0, OUTPUT]],
  forward: (k, [x], { axes, keepDims }) =>
    isFloat(x.dtype)
      ? k.reduce("prod", x, axes, keepDims, x.dtype)
      : multiplyIntegers(k, x, axes, keepDims),
  backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
    const [gy, y] = [g, output].map((value) => restoreAxes(k, value, shape, attrs));
    if (!k.hasZero(x)) return k.map(shareOfProduct, [gy, y, x]);
    const kept = { axes: attrs.axes, keepDims: true };
    const isZero = k.eq(x, 0);
    const zeros = k.sum(k.cast(isZero, x.dtype), kept);
    const factors = nonZero(k, x);
    const withoutZeros = k.div(k.prod(factors, kept), factors);
    const vanishing = k.where(isZero, x, 0);
    const single = k.sub(k.sum(vanishing, kept), vanishing);
    const others = k.sub(zeros, isZero);
    const zeroFactor = k.where(k.eq(others, 0), 1, k.where(k.eq(others, 1), single, 0));
    return k.mul(gy, k.mul(withoutZeros, zeroFactor));
  }],
  samples: [
    ...smallSamples,
    {
      inputs: [listed([3, 3], [2, 0, 3, 0, 1.5, 0, 1, -2, 3])],
      attrs: { axes: [1], keepDims: false },
    },
  ],
});

/** The largest or smallest element; elements that tie share the gradient evenly. */
function extreme(name: string, kind: "max" | "min"): Op<ReduceAttrs> {
  return op({
    name,
    reads: [[0, OUTPUT]],
    forward(k, [x], { axes, keepDims }) {
      checkElements(`take ${name}`, x.shape, axes);
      return k.reduce(kind, x, axes, keepDims, x.dtype);
    },
    backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
      const [y, gy] = [output, g].map((value) => restoreAxes(k, value, shape, attrs));
      return shareTies(k, gy, x, y, attrs.axes);
    }],
    samples,
  });
}

export const amax: Op<ReduceAttrs> = extreme("amax", "max");
export const amin: Op<ReduceAttrs> = extreme("amin", "min");

function quantifier(name: string, kind: "max" | "min"): Op<ReduceAttrs> {
  return op({
    name,
    forward: (k, [x], { axes, keepDims }) =>
      k.reduce(kind, mapElements(k, isNonZero, [x]), axes, keepDims, "bool"),
    samples,
  });
}

export const any: Op<ReduceAttrs> = quantifier("any", "max");
export const all: Op<ReduceAttrs> = quantifier("all", "min");

/** Options of `argmax` and `argmin`. */
interface ArgAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
}

/** Its callers have checked that the axis has elements, and that int32 can count them. */
function argExtreme(name: string, kind: "max" | "min"): Op<ArgAttrs> {
  return op({
    name,
    forward(k, [x], { axis, keepDims }) {
      return k.argReduce(kind, x, axis, keepDims);
    },
    samples: [
      { inputs: [sample([2, 3])], attrs: { axis: 1, keepDims: false } },
      { inputs: [sample([2, 3, 2])], attrs: { axis: 0, keepDims: true } },
    ],
  });
}

export const argmax: Op<ArgAttrs> = argExtreme("argmax", "max");
export const argmin: Op<ArgAttrs> = argExtreme("argmin", "min");

/** Options of `variance`. */
interface VarianceAttrs extends ReduceAttrs {
  /** Subtracted from the number of elements in the denominator. */
  readonly correction: number;
}

const corrected = new Formula(
  "corrected variance",
  3,
  (k, [variance, n, count]) => k.div(k.mul(variance, n), count),
);

/** Σ (x − x̄)² / (n − correction), in two passes, so that a large mean loses no digits. */
export const variance: Op<VarianceAttrs> = op({
  name: "var",
  reads: [[0]],
  forward(k, [x], { axes, keepDims, correction }) {
    checkFloat("take the variance of", x);
    const n = countOf(x.shape, axes);
    const { variance } = momentsOf(k, x, axes);
    const operands = [variance, n, Math.max(n - correction, 0)];
    const result = k.map(corrected, operands, variance.shape, "float64", x.dtype);
    return keepDims ? result : withoutAxes(result, axes);
  },
  backward: (k, g, { inputs: [x], shapes: [shape], attrs }) => [() => {
    const n = countOf(shape, attrs.axes);
    const mean = k.div(k.sum(x, { axes: attrs.axes, keepDims: true }), n);
    const factor = 2 / Math.max(n - attrs.correction, 0);
    return k.mul(k.mul(restoreAxes(k, g, shape, attrs), factor), k.sub(x, mean));
  }],
  samples: samples.map((s) => ({ ...s, attrs: { ...s.attrs!, correction: 1 } })),
});

/** Options of `norm`. */
interface NormAttrs extends ReduceAttrs {
  /** The exponent; finite and not 0. */
  readonly p: number;
}

const squared = new Formula("square", 1, (k, [x]) => k.mul(x, x));
const root = new Formula("root", 1, (k, [x]) => k.sqrt(x));
const power = new Formula("power", 2, (k, [x, p]) => k.pow(k.abs(x), p));

/** (Σ |x|ᵖ)^(1/p); gₓ = g · sign x · (|x| / y)ᵖ⁻¹, and 0 where x or the norm is 0. */
export const norm: Op<NormAttrs> = op({
  name: "norm",
  reads: [[0, OUTPUT]],
  forward(k, [x], { axes, keepDims, p }) {
    const total = p === 2
      ? k.reduce("sum", x, axes, keepDims, "float64", squared)
      : k.reduce("sum", mapElements(k, power, [x, p]), axes, keepDims, "float64");
    const [f, operands] = p === 2 ? [root, [total]] : [power, [total, 1 / p]];
    return k.map(f, operands, total.shape, "float64", x.dtype);
  },
  backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
    const y = restoreAxes(k, output, shape, attrs);
    const length = nonZero(k, y);
    const scale = k.where(k.eq(y, 0), 0, restoreAxes(k, g, shape, attrs));
    if (attrs.p === 2) return k.mul(scale, k.div(x, length));
    // Below p = 1 the power of 0 is infinite, and its product with the sign would be NaN.
    const slope = k.pow(k.div(k.abs(nonZero(k, x)), length), attrs.p - 1);
    return k.mul(scale, k.mul(k.sign(x), slope));
  }],
  samples: [
    { inputs: [sample([2, 3])], attrs: { axes: [0, 1], keepDims: false, p: 2 } },
    { inputs: [sample([2, 3, 2])], attrs: { axes: [1], keepDims: true, p: 2 } },
    { inputs: [sample([2, 3])], attrs: { axes: [1], keepDims: false, p: 3 } },
    { inputs: [sample([2, 3], 0.5, 2)], attrs: { axes: [0], keepDims: false, p: 0.5 } },
    { inputs: [sample([2, 0])], attrs: { axes: [1], keepDims: false, p: 2 } },
  ],
});

// An infinite maximum is not subtracted: ∞ − ∞ is NaN.
const shiftedExp = new Formula(
  "shiftedExp",
  2,
  (k, [x, most]) => k.exp(k.where(k.lt(k.abs(most), Infinity), k.sub(x, most), x)),
);

const restoredLog = new Formula("restoredLog", 2, (k, [sum, most]) => k.add(k.log(sum), most));

/** y = ln Σ eˣ along axes, without overflow; gₓ = g eˣ⁻ʸ, the softmax. */
export const logsumexp: Op<ReduceAttrs> = op({
  name: "logsumexp",
  reads: [[0, OUTPUT]],
  forward(k, [x], { axes, keepDims }) {
    checkFloat("logsumexp", x);
    const most = k.reduce("max", x, axes, true, x.dtype);
    const sum = k.reduce("sum", mapElements(k, shiftedExp, [x, most]), axes, true, "float64");
    // The logarithm and the maximum may cancel.
    const result = k.map(restoredLog, [sum, most], most.shape, "float64", x.dtype);
    return keepDims ? result : withoutAxes(result, axes);
  },
  backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
    const y = restoreAxes(k, output, shape, attrs);
    return k.mul(restoreAxes(k, g, shape, attrs), k.exp(k.sub(x, y)));
  }],
  samples: smallSamples,
});

const scanSamples: readonly Sample<number>[] = [
  { inputs: [sample([2, 4])], attrs: 1 },
  { inputs: [sample([3, 2, 2])], attrs: 0 },
  { inputs: [sample([])], attrs: 0 },
  { inputs: [sample([2, 1])], attrs: 1 },
  { inputs: [sample([2, 0])], attrs: 1 },
];

/** `x` backwards along `axis`; a scalar is itself. */
function flipped<T extends Value>(k: RuleOps<T>, x: T, axis: number): T {
  const length = x.shape[axis];
  return k.slice(x, spansAlong(x.shape, axis, Math.max(length - 1, 0), length, -1));
}

/** `result[i] = x[i] + x[i + 1] + …` */
function sumFromHere<T extends Value>(k: RuleOps<T>, x: T, axis: number): T {
  return flipped(k, k.cumsum(flipped(k, x, axis), axis), axis);
}

/** `y[i] = x[0] + … + x[i]`, so each element is part of all results from its place on. */
export const cumsum: Op<number> = op({
  name: "cumsum",
  forward: (k, [x], axis) =>
    isFloat(x.dtype) ? k.scan("sum", x, axis, x.dtype) : scanIntegers(k, "sum", x, axis),
  backward: (k, g, { attrs: axis }) => [() => sumFromHere(k, g, axis)],
  samples: scanSamples,
});

/**
 * `y[i] = x[0] · … · x[i]`. The gradient for `x[i]` is `Σ g[j] y[j] / x[i]` over `j ≥ i`, if `x[i]` is
 * not 0.
 *
 * Otherwise `y[j] / x[i]` is the running product without `x[i]`, which the first two zeros of a line
 * alone need: for the first zero, it is the running product in which that zero counts as 1; for the
 * second, both count as 1, and the first zero is a factor; for a third, the gradient is 0. The factor
 * of the second appears as itself rather than as 0, so that the second derivative is right as well.
 */
export const cumprod: Op<number> = op({
  name: "cumprod",
  reads: [[0, OUTPUT]],
  forward: (k, [x], axis) =>
    isFloat(x.dtype) ? k.scan("prod", x, axis, x.dtype) : scanIntegers(k, "prod", x, axis),
  backward: (k, g, { inputs: [x], output: y, attrs: axis }) => [() => {
    const ofOthers = k.div(sumFromHere(k, k.mul(g, y), axis), nonZero(k, x));
    if (!k.hasZero(x)) return ofOthers;
    const isZero = k.eq(x, 0);
    const zeros = k.cumsum(isZero, axis);
    const isFirst = k.logicalAnd(isZero, k.eq(zeros, 1));
    const isSecond = k.logicalAnd(isZero, k.eq(zeros, 2));
    const past = (product: T): T => sumFromHere(k, k.mul(g, product), axis);
    type T = typeof g;
    const withoutFirst = k.where(isFirst, 1, x);
    const axes = x.shape.length === 0 ? [] : [axis];
    const firstZero = k.sum(k.where(isFirst, x, 0), { axes, keepDims: true });
    const ofFirst = past(k.cumprod(withoutFirst, axis));
    const ofSecond = past(k.cumprod(k.where(isSecond, 1, withoutFirst), axis));
    const ofZeros = k.where(isSecond, k.mul(firstZero, ofSecond), 0);
    return k.where(isFirst, ofFirst, k.where(isZero, ofZeros, ofOthers));
  }],
  samples: [
    ...scanSamples,
    { inputs: [listed([4, 4], [2, 0, 3, -1, 0, 1.5, 0, 2, 1, -2, 3, 0, 0, 0, 0, 2])], attrs: 1 },
  ],
});

/**
 * The bodies of the methods of `Tensor` that reduce axes.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { type Variable, wrap } from "../autograd/node.ts";
import {
  checkCountable,
  checkElements,
  checkFloat,
  checkHasAxes,
  checkKind,
  checkTensors,
  checkWhole,
  isTensor,
  normalizeAxes,
  normalizeAxis,
  readAxisOptions,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { getDefaultDtype, isFloat } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { quoted } from "../names.ts";
import { roundHalfEven } from "../math/mod.ts";
import type { ReduceAttrs } from "../ops/rule_ops.ts";
import { ops } from "../ops/table.ts";
import { type Axes, formatShape, type Shape } from "../shape.ts";
import { where } from "./comparison.ts";
import { cat, stack } from "./shape.ts";
import { fromValues, run } from "./run.ts";
import { scope } from "./scope.ts";
import { entryOf, type ExtremeOptions, type Sorted, sorted } from "./sorting.ts";
import type { Tensor } from "./tensor.ts";

/** Options of a reduction. */
export interface ReduceOptions {
  /** The axis or axes to reduce; all by default, and for an empty list. */
  readonly axis?: Axes;
  /** Keep reduced axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/** Options of `var` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the denominator; default 1 (the sample variance). */
  readonly correction?: number;
}

/** Options of a reduction along one axis. */
export interface AxisOptions {
  /** The axis; by default the tensor is flattened. */
  readonly axis?: number;
  /** Keep the axis with size 1; default false. */
  readonly keepDims?: boolean;
}

const DEFAULTS = { axis: undefined, keepDims: false };

export function sum(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.sum, [x], axesOf("sum", x, options));
}

export function mean(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.mean, [x], axesOf("mean", x, options));
}

export function prod(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.prod, [x], axesOf("prod", x, options));
}

export function variance(x: Tensor, options?: VarianceOptions | Axes): Tensor {
  const { correction, axis, keepDims } = readAxisOptions("var", options, {
    ...DEFAULTS,
    correction: 1,
  });
  if (!(correction >= 0)) {
    throw new ValueError(
      `Cannot take the variance with correction ${correction}: it must be ≥ 0`,
    );
  }
  return run(ops.variance, [x], {
    axes: reducedAxes(axis, x.shape, "var"),
    keepDims,
    correction,
  });
}

export function std(x: Tensor, options?: VarianceOptions | Axes): Tensor {
  checkFloat("take the standard deviation of", x);
  return scope(() => {
    const variance = x.var(options);
    const isZero = variance.eq(0);
    // √ has an infinite slope at 0, and ∞ · 0 would give NaN in the backward pass.
    return variance.maskedFill(isZero, 1).sqrt().maskedFill(isZero, 0);
  });
}

export function amax(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.amax, [x], axesOf("amax", x, options));
}

export function amin(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.amin, [x], axesOf("amin", x, options));
}

export function max(x: Tensor, options: ExtremeOptions | number): Sorted {
  return extreme(x, "max", options, ops.argmax);
}

export function min(x: Tensor, options: ExtremeOptions | number): Sorted {
  return extreme(x, "min", options, ops.argmin);
}

function extreme(
  x: Tensor,
  action: string,
  options: ExtremeOptions | number,
  op: typeof ops.argmax,
): Sorted {
  checkKind(action, options, !isTensor(options), `options; ${action}imum() compares two tensors`);
  const { axis, keepDims } = readAxisOptions(action, options, {
    axis: REQUIRED,
    keepDims: false,
  });
  const along = normalizeAxis(axis, x.shape, action);
  return scope(() => {
    const indices = argExtreme(x, op, { axis: along, keepDims: true }, action);
    return x.ndim === 0 ? sorted(x.clone(), indices) : entryOf(x, along, indices, keepDims);
  });
}

export function argmax(x: Tensor, options?: AxisOptions | number): Tensor {
  return argExtreme(x, ops.argmax, options);
}

export function argmin(x: Tensor, options?: AxisOptions | number): Tensor {
  return argExtreme(x, ops.argmin, options);
}

/** Finds the place of an extreme for the function `action`. */
function argExtreme(
  x: Tensor,
  op: typeof ops.argmax,
  options: AxisOptions | number | undefined,
  action: string = op.name,
): Tensor {
  const { axis, keepDims } = readAxisOptions(action, options, DEFAULTS);
  const find = (input: Variable, along: number, keepDims: boolean): Tensor => {
    const { shape } = input.array;
    checkElements(`take ${action}`, shape, [along]);
    checkCountable(action, shape, along);
    return run(op, [input], { axis: along, keepDims });
  };
  if (axis === undefined || x.ndim === 0) {
    const flat = find(apply(ops.reshape, [wrap(x.array)], [x.numel()]), 0, false);
    return keepDims ? flat.reshape(x.shape.map(() => 1)) : flat;
  }
  return find(x, normalizeAxis(axis, x.shape, action), keepDims);
}

export function any(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.any, [x], axesOf("any", x, options));
}

export function all(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.all, [x], axesOf("all", x, options));
}

function axesOf(action: string, x: Tensor, options: ReduceOptions | Axes | undefined): ReduceAttrs {
  const { axis, keepDims } = readAxisOptions(action, options, DEFAULTS);
  return { axes: reducedAxes(axis, x.shape, action), keepDims };
}

/** The axes that are reduced: an empty list names all of them, as in PyTorch. */
function reducedAxes(axes: Axes | undefined, shape: Shape, action: string): number[] {
  const isAll = Array.isArray(axes) && axes.length === 0;
  return normalizeAxes(isAll ? undefined : axes, shape, action);
}

export function trace(x: Tensor): Tensor {
  if (x.ndim !== 2) {
    throw new ShapeError(
      `Cannot take the trace of shape ${formatShape(x.shape)}: it must be a matrix; sum ` +
        `diagonal() of a batch`,
      x.shape,
    );
  }
  return scope(() => x.diagonal().sum());
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent p; ∞ takes the largest, −∞ the smallest, 0 counts; default 2. */
  readonly p?: number;
}

/** Options of `diff`. */
export interface DiffOptions {
  /** Number of times to take differences; default 1. */
  readonly n?: number;
  /** The axis; default −1. */
  readonly axis?: number;
  /** Entries to put before the first. */
  readonly prepend?: Tensor;
  /** Entries to put after the last. */
  readonly append?: Tensor;
}

/** Options of `cov`. */
export interface CovOptions {
  /** Subtracted from the number of observations in the denominator; default 1. */
  readonly correction?: number;
  /** Frequencies `[observations]`, as whole numbers; 1 each by default. */
  readonly fweights?: Tensor;
  /** Weights `[observations]`; equal by default. */
  readonly aweights?: Tensor;
}

export function norm(x: Tensor, options?: NormOptions): Tensor {
  if (typeof options === "number") {
    throw new ValueError(
      `Cannot norm with ${options}: say whether it is an order or an axis, as { p: ${options} } ` +
        `or { axis: ${options} }`,
    );
  }
  // No default, so that a name, as NumPy has them, is refused below, with the function that takes it.
  const read = readOptions("norm", options, { ...DEFAULTS, p: undefined });
  const { p = 2, axis, keepDims } = read;
  checkFloat("take the norm of", x);
  if (typeof p !== "number" || Number.isNaN(p)) {
    throw new ValueError(
      `Cannot take a norm of order ${p}: use a number; linalg.matrixNorm() has others`,
    );
  }
  const axes = reducedAxes(axis, x.shape, "norm");
  // Of nothing, the others are 0.
  if (p < 0 || p === Infinity) checkElements("take the norm", x.shape, axes);
  const over = { axis, keepDims };
  if (p === Infinity) return scope(() => x.abs().amax(over));
  if (p === -Infinity) return scope(() => x.abs().amin(over));
  if (p === 0) return scope(() => x.ne(0).sum(over).to(x.dtype));
  if (p === 1) return scope(() => x.abs().sum(over));
  return run(ops.norm, [x], { axes, keepDims, p });
}

export function logsumexp(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return run(ops.logsumexp, [x], axesOf("logsumexp", x, options));
}

export function countNonzero(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  return scope(() => x.ne(0).sum(options));
}

export function diff(input: Tensor, options?: DiffOptions | number): Tensor {
  const { n, axis, prepend, append } = readAxisOptions("diff", options, {
    n: 1,
    axis: -1,
    prepend: undefined,
    append: undefined,
  });
  const along = normalizeAxis(axis, input.shape, "diff");
  checkHasAxes("diff", input.shape);
  checkWhole(`diff ${n} times`, n, 0);
  if (n === 0) return input.clone();
  const parts = [prepend, input, append].filter((x) => x !== undefined);
  checkTensors("diff", ...parts);
  return scope(() => {
    let y = parts.length === 1 ? input : cat(parts, along);
    // An empty axis stays empty.
    for (let i = Math.min(n, y.shape[along]); i > 0; i--) {
      const [next, own] = [y.slice(1, null, { axis: along }), y.slice(0, -1, { axis: along })];
      y = y.dtype === "bool" ? next.logicalXor(own) : next.sub(own);
    }
    return y;
  });
}

export function cov(x: Tensor, options?: CovOptions): Tensor {
  const { correction, fweights, aweights } = readOptions("cov", options, {
    correction: 1,
    fweights: undefined,
    aweights: undefined,
  });
  const observations = x.shape[x.ndim - 1] ?? 1;
  const weights = [fweights, aweights].filter((w) => w !== undefined);
  if (x.ndim > 2 || weights.some((w) => w.ndim !== 1 || w.numel() !== observations)) {
    throw new ShapeError(
      `Cannot take covariances of shape ${formatShape(x.shape)}` +
        weights.map((w) => ` with weights ${formatShape(w.shape)}`).join("") +
        `: it must be [variables, observations], and weights [observations]`,
      x.shape,
      ...weights.map((w) => w.shape),
    );
  }
  const wrong = (w: Tensor, isRight: (n: number) => boolean): number | undefined =>
    w.data.find((n) => !isRight(n));
  const frequency = fweights && wrong(fweights, (n) => n >= 0 && Number.isInteger(n));
  const weight = aweights && wrong(aweights, (n) => n >= 0);
  if (frequency !== undefined || weight !== undefined) {
    throw new ValueError(
      `Cannot take covariances with ${
        frequency === undefined ? `a weight of ${weight}` : `a frequency of ${frequency}`
      }: frequencies are whole numbers, and both are 0 or more`,
    );
  }
  return scope(() => {
    const dtype = isFloat(x.dtype) ? x.dtype : getDefaultDtype();
    const rows = run(ops.cast, [x], dtype).reshape(
      x.ndim < 2 ? 1 : x.shape[0],
      observations,
    );
    const [f, a] = [fweights, aweights].map((w) => w?.to(dtype));
    const w = (f !== undefined && a !== undefined ? f.mul(a) : f ?? a) ??
      fromValues(new Array<number>(observations).fill(1), [observations], dtype);
    const total = w.sum();
    const lost = (a === undefined ? total : w.mul(a).sum()).div(total).mul(correction);
    const centered = rows.sub(rows.mul(w).sum({ axis: 1, keepDims: true }).div(total));
    const sums = centered.mul(w).matmul(centered.T);
    const covariances = sums.div(total.sub(lost).clamp(0));
    return covariances.numel() === 1 ? covariances.reshape([]) : covariances;
  });
}

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  /** Replaces NaN; default 0. */
  readonly nan?: number;
  /** Replaces ∞; by default the largest number of the dtype. */
  readonly posinf?: number;
  /** Replaces −∞; by default the lowest number of the dtype. */
  readonly neginf?: number;
}

/** The largest finite number of each dtype. */
const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE };

export function nanToNum(x: Tensor, options?: NanToNumOptions): Tensor {
  const { dtype } = x;
  const largest = isFloat(dtype) ? LARGEST[dtype] : 0;
  const { nan, posinf, neginf } = readOptions("nanToNum", options, {
    nan: 0,
    posinf: largest,
    neginf: -largest,
  });
  if (!isFloat(dtype)) return x.clone();
  return scope(() =>
    x.maskedFill(x.isnan(), nan)
      .maskedFill(x.eq(Infinity), posinf)
      .maskedFill(x.eq(-Infinity), neginf)
  );
}

export function nansum(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  if (!isFloat(x.dtype)) return x.sum(options);
  return run(ops.nansum, [x], axesOf("nansum", x, options));
}

export function nanmean(x: Tensor, options?: ReduceOptions | Axes): Tensor {
  if (!isFloat(x.dtype)) return x.mean(options);
  return scope(() => x.nansum(options).div(x.isnan().logicalNot().sum(options)));
}

/** The ways in which `quantile` interpolates between two elements. */
export type QuantileInterpolation = "linear" | "lower" | "higher" | "midpoint" | "nearest";

/** Options of `quantile`. */
export interface QuantileOptions {
  /** The axis along which elements are ranked; by default the tensor is flattened. */
  readonly axis?: number;
  /** Keep that axis with size 1; default false. */
  readonly keepDims?: boolean;
  /** The value of a rank between two elements; default `"linear"`. */
  readonly interpolation?: QuantileInterpolation;
}

/** For each interpolation, maps a rank between two elements to the rank that is taken. */
const RANKS: Readonly<Record<QuantileInterpolation, (rank: number) => number>> = {
  linear: (rank) => rank,
  lower: Math.floor,
  higher: Math.ceil,
  midpoint: (rank) => (Math.floor(rank) + Math.ceil(rank)) / 2,
  nearest: roundHalfEven,
};

export function quantile(
  x: Tensor,
  q: number | readonly number[],
  options?: QuantileOptions | number,
): Tensor {
  const { axis, keepDims, interpolation } = readAxisOptions("quantile", options, {
    ...DEFAULTS,
    interpolation: "linear",
  });
  const along = axis === undefined ? null : normalizeAxis(axis, x.shape, "quantile");
  checkQuantiles(x, q, along, interpolation);
  const kept = x.shape.map((size, i) => (along === null || i === along ? 1 : size));
  const shape = keepDims ? kept : kept.filter((_, i) => along !== null && i !== along);
  return scope(() => {
    const lines = along === null || x.ndim === 0 ? x.reshape(-1) : x.movedim(along, -1);
    const { values } = lines.sort();
    const at = (rank: number): Tensor => values.slice(rank, rank + 1, { axis: -1 });
    const last = lines.shape[lines.ndim - 1] - 1;
    const isNaN = at(last).isnan();
    const results = [q].flat().map((share) => {
      const rank = RANKS[interpolation](share * last);
      const low = Math.floor(rank);
      const between = rank === low ? at(low) : at(low).lerp(at(low + 1), rank - low);
      // NaN is sorted last.
      return where(isNaN, at(last), between).reshape(shape);
    });
    return typeof q === "number" ? results[0] : stack(results);
  });
}

function checkQuantiles(
  x: Tensor,
  q: number | readonly number[],
  along: number | null,
  interpolation: string,
): void {
  const shares = [q].flat();
  const wrong = shares.find((share) => typeof share !== "number" || !(share >= 0 && share <= 1));
  if (wrong !== undefined || shares.length === 0) {
    throw new ValueError(
      `Cannot take quantile ${
        shares.length === 0 ? "[]" : quoted(wrong)
      }: quantiles are shares from 0 to 1, at least one`,
    );
  }
  if (!Object.hasOwn(RANKS, interpolation)) {
    throw new ValueError(
      `Cannot take a quantile with interpolation "${interpolation}": use ${
        Object.keys(RANKS).join(", ")
      }`,
    );
  }
  checkFloat("take a quantile of", x);
  const axes = along === null ? x.shape.keys().toArray() : [along];
  if (x.ndim > 0) checkElements("take a quantile", x.shape, axes);
}

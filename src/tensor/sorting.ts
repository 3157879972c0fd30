/**
 * The bodies of the methods of `Tensor` that sort, rank and count; the class documents each method.
 *
 * @module
 */

import {
  checkElements,
  checkTensors,
  checkType,
  checkWhole,
  normalizeAxis,
  readAxis,
  readAxisOptions,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { isFloat, type TypedArray } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula } from "../kernels/formula.ts";
import { quoted } from "../names.ts";
import { ops } from "../ops/table.ts";
import { type AlongOptions, formatShape } from "../shape.ts";
import { listOf } from "../storage/arena.ts";
import { where } from "./comparison.ts";
import { fitTotals, fromArray, fromValues, indexTensor, iterable, run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** The axis along which to sort; default −1. */
  readonly axis?: number;
  /** Sort the largest first; default false. */
  readonly descending?: boolean;
}

/** Options of `topk`. */
export interface TopkOptions {
  /** The axis; default −1. */
  readonly axis?: number;
  /** Take the largest elements rather than the smallest; default true. */
  readonly largest?: boolean;
}

/** Options of `max`, `min` and `median` along one axis. */
export interface ExtremeOptions {
  /** The axis. */
  readonly axis: number;
  /** Keep the axis with size 1; default false. */
  readonly keepDims?: boolean;
}

/** Elements and their indices along an axis; also iterable, as in `const [values, indices] = …`. */
export interface Sorted extends Iterable<Tensor> {
  /** The elements; gradients flow back to the elements of the tensor. */
  readonly values: Tensor;
  /** The indices of the elements along the axis, as int32. */
  readonly indices: Tensor;
}

/** The result of `unique`; also iterable. */
export interface Unique extends Iterable<Tensor> {
  /** The distinct values in ascending order. */
  readonly values: Tensor;
  /** The index of the value of each element: int32, in the shape of the tensor. */
  readonly inverse: Tensor;
  /** The number of occurrences of each value, as int32. */
  readonly counts: Tensor;
}

/** Options of `histogram` and `histc`. */
export interface HistogramOptions {
  /** Number of bins; default 100. */
  readonly bins?: number;
  /** Left end of the first bin; the smallest element if neither `min` nor `max` is given. */
  readonly min?: number;
  /** Right end of the last bin (inclusive); the largest element if neither is given. */
  readonly max?: number;
}

/** The result of `histogram`; also iterable. */
export interface Histogram extends Iterable<Tensor> {
  /** The number of elements in each bin, in the dtype of the tensor. */
  readonly counts: Tensor;
  /** The edges of the bins, `[bins + 1]`. */
  readonly edges: Tensor;
}

/** Options of `bincount`. */
export interface BincountOptions {
  /** The weight of each element; default 1. */
  readonly weights?: Tensor;
  /** The minimum length of the result; default 0. */
  readonly minLength?: number;
}

/** Options of `bucketize`. */
export interface BucketizeOptions {
  /** Include each boundary in the bucket on its right; default false. */
  readonly right?: boolean;
}

const DEFAULTS = { axis: -1, descending: false };

/** Makes the pair that `sort`, `max(axis)` and their like return. */
export function sorted(values: Tensor, indices: Tensor): Sorted {
  return iterable({ values, indices });
}

export function argsort(x: Tensor, options?: SortOptions | number): Tensor {
  const { axis, descending } = readAxisOptions("argsort", options, DEFAULTS);
  return run(ops.argsort, [x], {
    axis: normalizeAxis(axis, x.shape, "argsort"),
    descending,
  });
}

export function sort(x: Tensor, options?: SortOptions | number): Sorted {
  const read = readAxisOptions("sort", options, DEFAULTS);
  return inOrder(x, x.argsort(read), read.axis);
}

function inOrder(x: Tensor, indices: Tensor, axis: number): Sorted {
  // A scalar has no axis to gather along.
  const values = x.ndim === 0 ? x.clone() : x.gather(axis, indices);
  return sorted(values, indices);
}

export function topk(x: Tensor, k: number, options?: TopkOptions | number): Sorted {
  const { axis, largest } = readAxisOptions("topk", options, { axis: -1, largest: true });
  const along = normalizeAxis(axis, x.shape, "topk");
  const size = x.shape[along] ?? 1;
  if (!Number.isInteger(k) || k < 0 || k > size || (x.ndim === 0 && k === 0)) {
    throw new ShapeError(
      `Cannot take the top ${quoted(k)} along axis ${axis} of shape ${
        formatShape(x.shape)
      }: there are ` +
        `${size}`,
      x.shape,
    );
  }
  return scope(() => {
    if (x.ndim === 0) return inOrder(x, x.argsort(), axis);
    const attrs = { axis: along, descending: largest, ranks: [0, k] as const };
    return inOrder(x, run(ops.argsort, [x], attrs), axis);
  });
}

/** Returns the index of the element of that rank along an axis, counted from 0; the axis stays. */
function placeOf(x: Tensor, axis: number, rank: number): Tensor {
  return run(ops.argsort, [x], { axis, descending: false, ranks: [rank, rank + 1] });
}

/** Takes the entry at `indices`, whose axis has size 1, and removes the axis unless it is kept. */
export function entryOf(x: Tensor, axis: number, indices: Tensor, keepDims: boolean): Sorted {
  const values = x.gather(axis, indices);
  if (keepDims) return sorted(values, indices);
  return sorted(values.squeeze(axis), indices.squeeze(axis));
}

export function median(x: Tensor, options: ExtremeOptions | number): Sorted {
  const { axis, keepDims } = readAxisOptions("median", options, {
    axis: REQUIRED,
    keepDims: false,
  });
  const along = normalizeAxis(axis, x.shape, "median");
  if (x.ndim === 0) return sorted(x.clone(), fromValues([0], [], "int32"));
  const last = x.shape[along] - 1;
  checkElements("take the median", x.shape, [along]);
  return scope(() => {
    // The place of the first NaN, if there is one.
    const greatest = run(ops.argmax, [x], { axis: along, keepDims: true });
    const isNaN = x.gather(along, greatest).isnan();
    const chosen = where(isNaN, greatest, placeOf(x, along, Math.floor(last / 2)));
    return entryOf(x, along, chosen, keepDims);
  });
}

export function bucketize(input: Tensor, boundaries: Tensor, options?: BucketizeOptions): Tensor {
  const { right } = readOptions("bucketize", options, { right: false });
  checkTensors("bucketize", boundaries);
  if (boundaries.ndim !== 1) {
    throw new ShapeError(
      `Cannot bucketize by boundaries of shape ${formatShape(boundaries.shape)}: they must be a ` +
        `vector`,
      boundaries.shape,
    );
  }
  const ends = boundaries.data;
  const { data } = input;
  const found = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (right ? ends[middle] > x : ends[middle] >= x) high = middle;
      else low = middle + 1;
    }
    found[i] = low;
  }
  return fromValues(found, input.shape, "int32");
}

export function unique(x: Tensor): Unique {
  const { data } = x;
  const { values, inverse, counts } = (isFloat(x.dtype) ? null : countedValues(data)) ??
    sortedValues(data, scope(() => x.reshape(x.numel()).argsort().data));
  return iterable({
    values: fromValues(values, [values.length], x.dtype),
    inverse: fromValues(inverse, x.shape, "int32"),
    counts: indexTensor(counts),
  });
}

/** The distinct values among elements, the number of the value of each, and of the occurrences of each. */
interface Distinct {
  readonly values: ArrayLike<number>;
  readonly inverse: Int32Array;
  readonly counts: Int32Array;
}

/** Finds the distinct values of `data`, whose elements are sorted by `order`. */
function sortedValues(data: TypedArray, order: TypedArray): Distinct {
  const values = new Float64Array(data.length);
  const counts = new Int32Array(data.length);
  const inverse = new Int32Array(data.length);
  let found = 0;
  for (let i = 0, last = NaN; i < order.length; i++) {
    const place = order[i];
    const value = data[place];
    // NaN differs from itself, so that each is a value of its own, as in PyTorch.
    if (value !== last) values[found++] = value;
    inverse[place] = found - 1;
    counts[found - 1]++;
    last = value;
  }
  return { values: values.subarray(0, found), inverse, counts: counts.subarray(0, found) };
}

/** The same for integers by counting all between the least and the largest, or null if those are many. */
function countedValues(data: TypedArray): Distinct | null {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < least) least = data[i];
    if (data[i] > most) most = data[i];
  }
  if (!(most - least < 2 * data.length)) return null;
  const all = new Int32Array(most - least + 1);
  for (let i = 0; i < data.length; i++) all[data[i] - least]++;
  const numbers = new Int32Array(all.length);
  const values: number[] = [];
  for (let i = 0; i < all.length; i++) {
    numbers[i] = values.length;
    if (all[i] > 0) values.push(i + least);
  }
  const inverse = new Int32Array(data.length);
  for (let i = 0; i < data.length; i++) inverse[i] = numbers[data[i] - least];
  return { values, inverse, counts: all.filter((count) => count > 0) };
}

/** The bin of x among `bins` from `low` to `high`; one more for what lies in none. */
const binOf = new Formula("bin", 4, (k, [x, low, high, bins]) => {
  const place = k.floor(k.mul(k.div(k.sub(x, low), k.sub(high, low)), bins));
  const isInside = k.logicalAnd(k.ge(x, low), k.le(x, high));
  return k.where(isInside, k.minimum(place, k.sub(bins, 1)), bins);
});

export function histogram(x: Tensor, options?: HistogramOptions): Histogram {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot make a histogram of ${x.dtype}: use bincount(), or convert it with .to("float32")`,
    );
  }
  const { bins, min, max } = readOptions("histogram", options, {
    bins: 100,
    min: undefined,
    max: undefined,
  });
  for (const [name, end] of Object.entries({ min, max })) {
    if (end !== undefined) checkType("make a histogram", name, end, "number");
  }
  const [low, high] = rangeOf(x, min, max);
  if (!Number.isInteger(bins) || bins < 1 || !(low < high) || !Number.isFinite(high - low)) {
    throw new ValueError(
      `Cannot make a histogram of ${
        quoted(bins)
      } bins from ${low} to ${high}: it needs a whole number of ` +
        `bins, and finite ends of which the first is smaller`,
    );
  }
  const counts = scope(() => {
    const k = kernels();
    const places = k.map(binOf, [x.array, low, high, bins], x.shape, "float64", "int32");
    return fromArray(k.count(places, bins + 1)).slice(0, bins).to(x.dtype);
  });
  const edges = listOf(bins + 1, (i) => low + (high - low) * i / bins);
  return iterable({
    counts,
    edges: fromValues(edges, [bins + 1], x.dtype),
  });
}

export function histc(x: Tensor, options?: HistogramOptions): Tensor {
  const { bins, ...ends } = readOptions("histc", options, {
    bins: 100,
    min: undefined,
    max: undefined,
  });
  // As in PyTorch, equal ends stand for none here.
  return scope(() => x.histogram(ends.min === ends.max ? { bins } : { bins, ...ends }).counts);
}

export function bincount(x: Tensor, options?: BincountOptions): Tensor {
  const { weights, minLength } = readOptions("bincount", options, {
    weights: undefined,
    minLength: 0,
  });
  if (isFloat(x.dtype)) {
    throw new DTypeError(`Cannot count bins of ${x.dtype}: convert it with .to("int32")`);
  }
  if (x.ndim !== 1 || (weights !== undefined && weights.numel() !== x.numel())) {
    throw new ShapeError(
      `Cannot count bins of shape ${formatShape(x.shape)}: it needs one axis, and as many ` +
        `weights if there are any`,
      x.shape,
    );
  }
  checkWhole(`bincount with minLength ${minLength}`, minLength, 0, 2 ** 31 - 1);
  const length = scope(() => {
    if (x.numel() === 0) return minLength;
    const least = x.amin().item();
    if (least < 0) {
      throw new ValueError(`Cannot bincount ${least}: it counts whole numbers, 0 or more`);
    }
    return Math.max(minLength, x.amax().item() + 1);
  });
  if (weights === undefined) {
    return scope(() => fromArray(kernels().count(x.to("int32").array, length)));
  }
  return scope(() => {
    const total = (parts: Tensor): Tensor =>
      run(ops.indexAdd, [parts, x.to("int32")], { shape: [length], axis: 0 });
    if (isFloat(weights.dtype)) return total(weights);
    return fitTotals("bincount", "int32", total(weights.to("float64")));
  });
}

/** Returns the range of a histogram; a single value gets a range of width 1. */
function rangeOf(x: Tensor, min?: number, max?: number): [number, number] {
  let [low, high] = [min ?? 0, max ?? 0];
  if (min === undefined && max === undefined) {
    if (x.numel() === 0) return [0, 1];
    const plain = x.detach();
    [low, high] = scope(() => [plain.amin().item(), plain.amax().item()]);
  }
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Options of `kthvalue`. */
export interface KthvalueOptions {
  /** The axis along which elements are ranked; default −1. */
  readonly axis?: number;
  /** Keep that axis with size 1; default false. */
  readonly keepDims?: boolean;
}

export function kthvalue(x: Tensor, k: number, options?: KthvalueOptions | number): Sorted {
  const { axis, keepDims } = readAxisOptions("kthvalue", options, { axis: -1, keepDims: false });
  const along = normalizeAxis(axis, x.shape, "kthvalue");
  const size = x.shape[along] ?? 1;
  if (!Number.isInteger(k) || k < 1 || k > size) {
    throw new ShapeError(
      `Cannot take kthvalue ${quoted(k)} along axis ${axis} of shape ${
        formatShape(x.shape)
      }: ranks go ` +
        `from 1 to ${size}`,
      x.shape,
    );
  }
  return scope(() => {
    if (x.ndim === 0) return inOrder(x, x.argsort(), axis);
    return entryOf(x, along, placeOf(x, along, k - 1), keepDims);
  });
}

export function cummax(input: Tensor, options: AlongOptions | number): Sorted {
  return running(input, options, "cummax");
}

export function cummin(input: Tensor, options: AlongOptions | number): Sorted {
  return running(input, options, "cummin");
}

function running(
  input: Tensor,
  options: AlongOptions | number,
  action: "cummax" | "cummin",
): Sorted {
  const along = readAxis(action, options, input.shape);
  const kind = action === "cummax" ? "max" : "min";
  return scope(() => inOrder(input, fromArray(kernels().argScan(kind, input.array, along)), along));
}

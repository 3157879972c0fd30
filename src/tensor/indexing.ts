/**
 * The bodies of the methods of `Tensor` that read and write parts; the class documents each method.
 *
 * @module
 */

import { applyInPlace } from "../autograd/apply.ts";
import {
  checkCondition,
  checkHasAxes,
  checkHolds,
  checkIndexDtype,
  checkIndexShape,
  checkIndices,
  checkInPlaceDtype,
  checkList,
  checkRange,
  checkTensors,
  checkType,
  elementOf,
  isForeign,
  isTensor,
  normalizeAxis,
  operandError,
  readAxis,
  readAxisOptions,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { counted, quoted } from "../names.ts";
import { ops } from "../ops/table.ts";
import {
  type AlongOptions,
  broadcastShapes,
  canStretch,
  contiguousStrides,
  formatShape,
  sameShape,
  type Shape,
  sizeOf,
} from "../shape.ts";
import type { Span } from "../storage/views.ts";
import { where } from "./comparison.ts";
import { create } from "./create.ts";
import { cat } from "./shape.ts";
import { fitTotals, fromValues, indexTensor, run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/**
 * A range `[start, stop, step]` of an axis, as `start:stop:step` in Python: `stop` is exclusive,
 * negative ends count from the end, `null` is an open end, and the default step is 1.
 */
export type Range = readonly [start: number | null, stop?: number | null, step?: number];

/**
 * One part of an index.
 *
 * | part | meaning |
 * |---|---|
 * | `2`, `-1` | one entry; removes the axis |
 * | `[1, 5]`, `[null, null, -1]` | a range; keeps the axis |
 * | `":"` | the whole axis |
 * | `"..."` | as many whole axes as are left |
 * | `null` | a new axis of size 1 |
 * | int32 tensor | these entries, in this order |
 * | bool tensor | the entries where it is true; covers as many axes as the mask has |
 *
 * Several tensors broadcast together and pick entry by entry: `x.at(rows, columns)` has the shape
 * of `rows` and `columns`, and holds `x.at(r, c)` for each pair.
 */
export type Index = number | Range | ":" | "..." | null | Tensor;

/** A parsed index: a strided part, and the entries that tensors pick from it. */
interface ParsedIndex {
  /** The part that is taken of each axis. */
  readonly spans: readonly Span[];
  /** The shape of that part after axes are removed and added. */
  readonly shape: Shape;
  /** The tensors of the index, each with the (first) axis of `shape` from which it picks. */
  readonly picks: readonly Pick[];
}

interface Pick {
  readonly axis: number;
  readonly index: Tensor;
}

/**
 * Parses `index` for a tensor of `shape`.
 *
 * @throws {ShapeError} if an index is out of range, or there are too many
 */
function parseIndex(shape: Shape, index: readonly Index[]): ParsedIndex {
  const spans: Span[] = [];
  const result: number[] = [];
  const picks: Pick[] = [];
  const fail = (reason: string): never => {
    throw new ShapeError(`Cannot index shape ${formatShape(shape)}: ${reason}`, shape);
  };
  const whole = (): void => {
    const length = shape[spans.length];
    spans.push({ start: 0, step: 1, length });
    result.push(length);
  };
  const used = index.reduce<number>((n, part) => n + axesOf(part), 0);
  if (used > shape.length) {
    fail(
      `the index has ${
        counted(used, "axis", "axes")
      }, and the tensor ${shape.length}; leave some out`,
    );
  }
  if (index.filter((part) => part === "...").length > 1) fail(`"..." can stand only once`);
  for (const part of index) {
    const axis = spans.length;
    if (part === null) result.push(1);
    else if (part === ":") whole();
    else if (part === "...") { for (let n = shape.length - used; n > 0; n--) whole(); }
    else if (typeof part === "number") {
      if (!Number.isInteger(part) || part < -shape[axis] || part >= shape[axis]) {
        fail(`${part} is out of range for axis ${axis} of size ${shape[axis]}`);
      }
      spans.push({ start: part < 0 ? part + shape[axis] : part, step: 1, length: 1 });
    } else if (isRange(part)) {
      const span = spanOf(part, shape[axis], fail);
      spans.push(span);
      result.push(span.length);
    } else {
      if (!isTensor(part)) {
        if (isForeign(part)) throw operandError("index", part, "a tensor");
        fail(
          `there is no index ${
            quoted(part)
          }; use whole numbers, [start, stop], ":", "...", null or a tensor`,
        );
      }
      if (isFloat(part.dtype)) {
        throw new DTypeError(
          `Cannot index with a tensor of ${part.dtype}: convert it with .to("int32"), or use a ` +
            `boolean mask`,
        );
      }
      picks.push({ axis: result.length, index: part });
      for (let n = axesOf(part); n > 0; n--) whole();
    }
  }
  while (spans.length < shape.length) whole();
  return { spans, shape: result, picks };
}

function axesOf(part: Index): number {
  if (part === null || part === "...") return 0;
  if (typeof part === "object" && !isRange(part) && part.dtype === "bool") return part.shape.length;
  return 1;
}

function isRange(part: Range | Tensor): part is Range {
  return Array.isArray(part);
}

/** Clips `start:stop:step` to an axis of `size`, as Python does. */
function spanOf(range: Range, size: number, fail: (reason: string) => never): Span {
  const [start, stop = null, step = 1] = range;
  for (const n of [start ?? 0, stop ?? 0, step]) {
    if (!Number.isInteger(n)) fail(`the range ${quoted(range)} needs whole numbers`);
  }
  if (step === 0) fail(`the range ${quoted(range)} has step 0; use 1, or -1 to run backwards`);
  // The ends lie in [0, size] forwards, and in [-1, size - 1] backwards.
  const low = step > 0 ? 0 : -1;
  const clip = (n: number): number => Math.min(Math.max(n < 0 ? n + size : n, low), size + low);
  const from = start === null ? (step > 0 ? 0 : size - 1) : clip(start);
  const to = stop === null ? (step > 0 ? size : -1) : clip(stop);
  return { start: from, step, length: Math.max(0, Math.ceil((to - from) / step)) };
}

export function at(x: Tensor, index: readonly Index[]): Tensor {
  const { spans, shape, picks } = parseIndex(x.shape, index);
  const part = run(ops.slice, [x], spans).reshape(shape);
  return picks.length === 0 ? part : scope(() => pickEntries(part, picks));
}

/** Indices into adjacent axes, joined into one. */
interface Chosen {
  readonly axis: number;
  readonly axes: number;
  readonly index: Tensor;
}

/**
 * Picks entries by index tensors that broadcast together, as NumPy does. The axes of the index
 * replace the axes that it covers, or go in front if other axes lie between those.
 */
function pickEntries(x: Tensor, picks: readonly Pick[]): Tensor {
  const chosen = picks.map((pick) =>
    pick.index.dtype === "bool" ? placesOf(x, pick) : fromFront(x, pick)
  );
  // Checked here, since the error of the addition below would not mention an index.
  chosen.reduce<Shape>((shape, { index }) => broadcastShapes(shape, index.shape, "index by"), []);
  const covered = chosen.flatMap(({ axis, axes }) =>
    Array.from({ length: axes }, (_, i) => axis + i)
  );
  const areNeighbours = covered.every((axis, i) => axis === covered[0] + i);
  const moved = areNeighbours ? x : x.movedim(covered, covered.map((_, i) => i));
  const first = areNeighbours ? chosen[0].axis : 0;
  const before = moved.shape.slice(0, first);
  const after = moved.shape.slice(first + covered.length);
  const sizes = chosen.map(({ axis, axes }) => sizeOf(x.shape.slice(axis, axis + axes)));
  const strides = contiguousStrides(sizes);
  const places = chosen.map(({ index }, i) => strides[i] === 1 ? index : index.mul(strides[i]))
    .reduce((a, b) => a.add(b));
  return moved.reshape([...before, sizeOf(sizes), ...after])
    .indexSelect(first, places.reshape(-1))
    .reshape([...before, ...places.shape, ...after]);
}

/** Returns the places where a mask is true, counted in all axes that it covers. */
function placesOf(x: Tensor, { axis, index: mask }: Pick): Chosen {
  const masked = x.shape.slice(axis, axis + mask.ndim);
  if (!sameShape(masked, mask.shape)) {
    throw new ShapeError(
      `Cannot index with a mask of shape ${
        formatShape(mask.shape)
      }: the axes that it covers have ` +
        `shape ${formatShape(masked)}`,
      x.shape,
      mask.shape,
    );
  }
  return { axis, axes: mask.ndim, index: run(ops.nonzero, [mask]) };
}

/** Counts negative indices from the front, and checks that all are in range. */
function fromFront(x: Tensor, { axis, index }: Pick, action = "index"): Chosen {
  const size = x.shape[axis];
  const signed = index.to("int32");
  const isReady = signed.numel() === 0 || signed.min().item() >= 0 && signed.max().item() < size;
  if (isReady) return { axis, axes: 1, index: signed };
  const positive = where(signed.lt(0), signed.add(size), signed);
  checkIndices(action, positive.data, x.shape, axis);
  return { axis, axes: 1, index: positive };
}

export function* entries(x: Tensor): IterableIterator<Tensor> {
  checkHasAxes("iterate over", x.shape, "use item()");
  for (let i = 0; i < x.shape[0]; i++) yield x.at(i);
}

/**
 * Returns numbers of classes or rows as integers: floats may be whole numbers, since `tensor([3, 1])`
 * holds floats.
 *
 * @throws {ValueError} naming `action` and the place of the first that is not whole
 * @throws {DTypeError} for booleans
 */
export function wholeNumbers(action: string, x: Tensor): Tensor {
  if (!isFloat(x.dtype)) {
    checkIndexDtype(action, x);
    return x;
  }
  const { data } = x;
  const wrong = data.findIndex((n) => !Number.isInteger(n));
  if (wrong < 0) {
    checkRange(action, data, "int32");
    return run(ops.cast, [x], "int32");
  }
  const place = contiguousStrides(x.shape).map((n, i) => Math.floor(wrong / n) % x.shape[i]);
  throw new ValueError(
    `Cannot ${action} with number ${data[wrong]} at ${formatShape(place)}: classes and rows have ` +
      `whole numbers`,
  );
}

/** Options of `slice`. */
export interface SliceOptions {
  /** The axis; default 0. */
  readonly axis?: number;
  /** The distance between elements, negative to run backwards; default 1. */
  readonly step?: number;
}

export function slice(
  x: Tensor,
  start: number | null,
  stop: number | null,
  options?: SliceOptions,
): Tensor {
  const { axis, step } = readOptions("slice", options, { axis: 0, step: 1 });
  const before = new Array<Index>(normalizeAxis(axis, x.shape, "slice")).fill(":");
  return x.at(...before, [start, stop, step]);
}

export function select(x: Tensor, axis: number, index: number): Tensor {
  const along = normalizeAxis(axis, x.shape, "select");
  checkHasAxes("select from", x.shape, "use item()");
  checkType("select", "an index", index, "number");
  return x.at(...new Array<Index>(along).fill(":"), index);
}

export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  const along = normalizeAxis(axis, x.shape, "narrow");
  const size = x.shape[along] ?? 0;
  const first = start < 0 ? start + size : start;
  const fits = Number.isInteger(first) && Number.isInteger(length) && first >= 0 && length >= 0 &&
    first + length <= size;
  if (!fits || x.ndim === 0) {
    throw new ShapeError(
      `Cannot narrow axis ${axis} of shape ${formatShape(x.shape)} to ${
        counted(length, "entry", "entries")
      } from ` +
        `${start} on: it has ${size}`,
      x.shape,
    );
  }
  return x.slice(first, first + length, { axis: along });
}

export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  checkTensors("indexSelect", index);
  const along = normalizeAxis(axis, x.shape, "indexSelect");
  if (index.ndim > 1 || (x.ndim === 0 && index.numel() !== 1)) {
    throw new ShapeError(
      `Cannot indexSelect shape ${formatShape(x.shape)} with an index of shape ` +
        `${formatShape(index.shape)}: the index needs one axis; use at() for others`,
      x.shape,
      index.shape,
    );
  }
  if (x.ndim > 0 && index.ndim > 0) return run(ops.indexSelect, [x, index], along);
  return scope(() => {
    const picked = run(ops.indexSelect, [asVector(x), asVector(index)], along);
    return x.ndim === 0 ? picked.reshape([]) : picked;
  });
}

/** Returns a scalar as a vector of one element, as which PyTorch treats it. */
function asVector<T extends TensorLike>(x: T): T | Tensor {
  return typeof x !== "number" && x.ndim === 0 ? x.reshape(1) : x;
}

/** Calls `write` on vectors, where the tensor that is written or the index is a scalar. */
function onVectors<S extends TensorLike>(
  x: Tensor,
  index: Tensor,
  source: S,
  write: (x: Tensor, index: Tensor, source: S | Tensor) => Tensor,
): Tensor {
  if (x.ndim > 1 || (x.ndim === 1 && index.ndim > 0)) return write(x, index, source);
  return scope(() => write(asVector(x), asVector(index), asVector(source)).reshape(x.shape));
}

export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  checkTensors("gather", index);
  const along = normalizeAxis(axis, x.shape, "gather");
  if (x.ndim > 1 || (x.ndim === 1 && index.ndim > 0)) return run(ops.gather, [x, index], along);
  return scope(() => run(ops.gather, [asVector(x), asVector(index)], 0).reshape(index.shape));
}

export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  checkCondition("maskedSelect", mask);
  const shape = broadcastShapes(x.shape, mask.shape, "maskedSelect");
  return x.expand(shape).at(mask.expand(shape));
}

export function maskedFill(x: Tensor, mask: Tensor, value: TensorLike): Tensor {
  checkCondition("maskedFill", mask);
  if (typeof value === "number" && isFloat(x.dtype)) return run(ops.where, [mask, value, x]);
  return scope(() => run(ops.where, [mask, sourceFor("maskedFill", x, value), x]));
}

export function fillMasked(x: Tensor, mask: Tensor, value: TensorLike): void {
  scope(() => assign("maskedFill_", x, [], maskedFill(x, mask, value)));
}

/** Returns `value` as what `action` writes among the elements of `x`, whose dtype stays. */
function sourceFor(action: string, x: Tensor, value: TensorLike): TensorLike {
  if (typeof value === "number") {
    const element = elementOf(action, value, x.dtype);
    // A number would make integers of booleans.
    return x.dtype === "bool" ? fromValues([element], [], "bool") : element;
  }
  checkTensors(action, value);
  checkHolds(action, value.dtype, x.dtype);
  return value.to(x.dtype);
}

/** Rejects an index, or a source, that is no tensor; PyTorch has the axis in front of them. */
function checkWrite(action: string, index: unknown, ...sources: readonly unknown[]): void {
  if (typeof index === "number") {
    throw new ValueError(
      `Cannot ${action} with ${index} as the index: if it is the axis, pass it as an option behind the ` +
        `others, { axis: ${index} }`,
    );
  }
  checkTensors(action, index, ...sources);
}

export function scatter(
  x: Tensor,
  index: Tensor,
  source: TensorLike,
  options?: AlongOptions | number,
): Tensor {
  checkWrite("scatter", index);
  const axis = readAxis("scatter", options, x.shape, 0);
  return scope(() =>
    onVectors(x, index, sourceFor("scatter", x, source), (x, index, source) => {
      return run(ops.scatter, [x, index, source], axis);
    })
  );
}

export function scatterAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options?: AlongOptions | number,
): Tensor {
  checkWrite("scatterAdd", index, source);
  const axis = readAxis("scatterAdd", options, x.shape, 0);
  return onVectors(x, index, source, (x, index, source) => {
    const attrs = { shape: x.shape, axis };
    return addTotals("scatterAdd", x, source, (part) => run(ops.scatterAdd, [part, index], attrs));
  });
}

export function indexAdd(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options?: AlongOptions | number,
): Tensor {
  checkWrite("indexAdd", index, source);
  const axis = readAxis("indexAdd", options, x.shape, 0);
  return onVectors(x, index, source, (x, index, source) => {
    checkSource(x, "indexAdd", "to", index, source, axis);
    const attrs = { shape: x.shape, axis };
    return addTotals("indexAdd", x, source, (part) => run(ops.indexAdd, [part, index], attrs));
  });
}

/** Adds the totals of `source` to `x`: of integers in float64, so that they are exact or refused. */
function addTotals(
  action: string,
  x: Tensor,
  source: Tensor,
  total: (source: Tensor) => Tensor,
): Tensor {
  checkHolds(action, source.dtype, x.dtype);
  if (isFloat(x.dtype) || x.dtype === "bool") {
    return scope(() => x.add(total(source.to(x.dtype))));
  }
  return scope(() => fitTotals(action, x.dtype, x.to("float64"), total(source.to("float64"))));
}

export function indexCopy(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options?: AlongOptions | number,
): Tensor {
  checkWrite("indexCopy", index, source);
  const axis = readAxis("indexCopy", options, x.shape, 0);
  checkHolds("indexCopy", source.dtype, x.dtype);
  return onVectors(x, index, source, (x, index, source) => {
    checkSource(x, "indexCopy", "into", index, source, axis);
    return scope(() => x.scatter(alongAxis(x, index, axis), source.to(x.dtype), { axis }));
  });
}

export function indexFill(
  x: Tensor,
  index: Tensor,
  value: number,
  options?: AlongOptions | number,
): Tensor {
  checkWrite("indexFill", index);
  const axis = readAxis("indexFill", options, x.shape, 0);
  return onVectors(x, index, sourceFor("indexFill", x, value), (x, index, value) => {
    return scope(() => x.scatter(alongAxis(x, index, axis), value, { axis }));
  });
}

/** Checks that `source` has one entry along `axis` for each index. */
function checkSource(
  x: Tensor,
  action: string,
  where: string,
  index: Tensor,
  source: Tensor,
  axis: number,
): void {
  const expected = x.shape.with(axis, index.numel());
  if (sameShape(source.shape, expected)) return;
  throw new ShapeError(
    `Cannot ${action} ${formatShape(source.shape)} ${where} ${formatShape(x.shape)} at ` +
      `${index.numel()} indices of axis ${axis}: the source must be ${formatShape(expected)}`,
    source.shape,
    x.shape,
  );
}

/** Expands a 1-d index of entries to one index for each of their elements. */
function alongAxis(x: Tensor, index: Tensor, axis: number): Tensor {
  const column = x.shape.map((_, i) => (i === axis ? index.numel() : 1));
  return index.reshape(column).expand(x.shape.with(axis, index.numel()));
}

export function take(x: Tensor, index: Tensor): Tensor {
  checkTensors("take", index);
  return scope(() => {
    const flat = x.reshape(x.numel());
    checkIndexDtype("take", index);
    const picks = { axis: 0, index: index.reshape(index.numel()) };
    return flat.indexSelect(0, fromFront(flat, picks, "take").index).reshape(index.shape);
  });
}

export function takeAlongDim(x: Tensor, index: Tensor, options?: AlongOptions | number): Tensor {
  checkTensors("takeAlongDim", index);
  const { axis } = readAxisOptions("takeAlongDim", options, { axis: undefined });
  if (axis === undefined) return x.take(index.reshape(index.numel()));
  const along = normalizeAxis(axis, x.shape, "takeAlongDim");
  if (index.ndim !== x.ndim) {
    throw new ShapeError(
      `Cannot take along axis ${axis} of shape ${formatShape(x.shape)} with an index of shape ` +
        `${formatShape(index.shape)}: the index needs as many axes`,
      x.shape,
      index.shape,
    );
  }
  const common = x.shape.map((n, i) => (n === 1 ? index.shape[i] : n));
  return scope(() => {
    const wide = x.expand(common.with(along, x.shape[along]));
    return wide.gather(along, index.expand(common.with(along, index.shape[along])));
  });
}

export function nonzero(x: Tensor): Tensor {
  const { shape } = x;
  const places = scope(() => run(ops.nonzero, [x]).data);
  return create([places.length, shape.length], "int32", false, (rows) => {
    if (shape.length > 0) writeCoordinates(rows as Int32Array, places as Int32Array, shape);
  });
}

/** Writes the indices of each of the ascending `places` in an array of `shape`. */
function writeCoordinates(rows: Int32Array, places: Int32Array, shape: Shape): void {
  const last = shape.length - 1;
  const width = shape[last];
  const line = new Int32Array(last);
  let start = -width;
  for (let i = 0, at = 0; i < places.length; i++) {
    const place = places[i];
    // The axes before the last one stay as they are along a line.
    if (place >= start + width) {
      start = place - place % width;
      for (let axis = last - 1, rest = start / width; axis >= 0; axis--) {
        line[axis] = rest % shape[axis];
        rest = (rest - line[axis]) / shape[axis];
      }
    }
    for (let axis = 0; axis < last; axis++) rows[at++] = line[axis];
    rows[at++] = place - start;
  }
}

/** The reductions of `scatterReduce`. */
export type ScatterReduction = "sum" | "prod" | "mean" | "amax" | "amin";

/** Options of `scatterReduce`. */
export interface ScatterReduceOptions {
  /** The reduction of elements with the same index; the mean of integers is rounded down. */
  readonly reduce: ScatterReduction;
  /** The axis along which the index counts; default 0. */
  readonly axis?: number;
  /** Include the old element in the reduction; default true. */
  readonly includeSelf?: boolean;
}

const REDUCTIONS: readonly ScatterReduction[] = ["sum", "prod", "mean", "amax", "amin"];

export function scatterReduce(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  options: ScatterReduceOptions,
): Tensor {
  checkWrite("scatterReduce", index, source);
  checkHolds("scatterReduce", source.dtype, x.dtype);
  const { reduce, includeSelf, ...rest } = readOptions("scatterReduce", options, {
    reduce: REQUIRED,
    axis: 0,
    includeSelf: true,
  });
  const axis = normalizeAxis(rest.axis, x.shape, "scatterReduce");
  if (!REDUCTIONS.includes(reduce)) {
    throw new ValueError(`Cannot scatterReduce by "${reduce}": use ${REDUCTIONS.join(", ")}`);
  }
  return onVectors(x, index, source, (x, index, source) => {
    return scope(() => reduceByPlace(x, index, source, reduce, axis, includeSelf));
  });
}

function reduceByPlace(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  reduce: ScatterReduction,
  axis: number,
  includeSelf: boolean,
): Tensor {
  checkIndexDtype("scatterReduce", index);
  checkIndexShape("scatterReduce", index.shape, x.shape, axis);
  if (!sameShape(index.shape, source.shape)) {
    throw new ShapeError(
      `Cannot scatterReduce ${formatShape(source.shape)} with an index of shape ` +
        `${formatShape(index.shape)}: index and source need the same shape`,
      source.shape,
      index.shape,
    );
  }
  const values = source.to(x.dtype);
  if (reduce === "amax" || reduce === "amin") {
    const kind = reduce === "amax" ? "max" : "min";
    return run(ops.scatterExtreme, [x, index, values], { axis, kind, includeSelf });
  }
  checkIndices("scatterReduce", index.data, x.shape, axis);
  if (reduce === "prod") return multiplyByPlace(x, index, values, axis, includeSelf);
  const attrs = { shape: x.shape, axis };
  const total = (parts: Tensor): Tensor => run(ops.scatterAdd, [parts, index], attrs);
  // Totals of integers are exact or refused.
  const [own, parts] = [x, values].map((y) => isFloat(y.dtype) ? y : y.to("float64"));
  const counts = total(parts.detach().mul(0).add(1));
  const sum = includeSelf ? own.add(total(parts)) : where(counts.gt(0), total(parts), own);
  if (reduce === "sum") return fromTotals(sum, x.dtype);
  const mean = sum.div(includeSelf ? counts.add(1) : counts.clamp(1));
  return fromTotals(isFloat(x.dtype) ? mean : mean.floor(), x.dtype);
}

/** Converts totals to `dtype`, of a `scatterReduce`. */
function fromTotals(totals: Tensor, dtype: DType): Tensor {
  if (isFloat(dtype)) return totals;
  return dtype === "bool" ? totals.ne(0) : fitTotals("scatterReduce", dtype, totals);
}

/** Multiplies the elements of each place: places with the same number of elements are rows at once. */
function multiplyByPlace(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  axis: number,
  includeSelf: boolean,
): Tensor {
  const groups = groupBySize(destinations(index, x.shape, axis), includeSelf ? x.numel() : null);
  const from = source.reshape(-1);
  const all = includeSelf ? cat([from, x.reshape(-1)]) : from;
  const places = indexTensor(groups.flatMap((group) => group.places));
  const results = groups.map(({ size, places, members }) => {
    const rows = all.indexSelect(0, indexTensor(members)).reshape(places.length, size).prod(1);
    return x.dtype === "uint8" ? fromTotals(rows.to("float64"), x.dtype) : rows.to(x.dtype);
  });
  if (results.length === 0) return x.clone();
  return x.reshape(-1).scatter(places, cat(results)).reshape(x.shape);
}

/** Returns the place of each element of the source in the flattened result. */
function destinations(index: Tensor, shape: Shape, axis: number): Int32Array {
  const [own, strides] = [contiguousStrides(index.shape), contiguousStrides(shape)];
  return Int32Array.from(index.data, (target, i) => {
    let place = target * strides[axis];
    for (let k = 0; k < own.length; k++) {
      if (k !== axis) place += (Math.floor(i / own[k]) % index.shape[k]) * strides[k];
    }
    return place;
  });
}

/** The places where the same number of elements is reduced. */
interface PlaceGroup {
  readonly size: number;
  readonly places: number[];
  /** The elements, place by place; old elements are numbered after those of the source. */
  readonly members: number[];
}

function groupBySize(destinations: Int32Array, own: number | null): PlaceGroup[] {
  const byPlace = new Map<number, number[]>();
  destinations.forEach((place, i) => {
    const members = byPlace.get(place);
    if (members !== undefined) members.push(i);
    else byPlace.set(place, own === null ? [i] : [destinations.length + place, i]);
  });
  const bySize = new Map<number, PlaceGroup>();
  for (const [place, members] of byPlace) {
    const size = members.length;
    const group = bySize.get(size) ?? { size, places: [], members: [] };
    bySize.set(size, group);
    group.places.push(place);
    for (const member of members) group.members.push(member);
  }
  return [...bySize.values()];
}

/** Writes `value`, broadcast, into the part of `x` at `index`. */
export function assign(
  action: string,
  x: Tensor,
  index: readonly Index[],
  value: TensorLike,
): void {
  checkList(action, index);
  const { spans, shape, picks } = parseIndex(x.shape, index);
  if (picks.length > 0) return assignPicked(action, x, index, value);
  const full = spans.map((span) => span.length);
  // Gives the value the axes of `x`: the index may have removed or added some.
  const fitted = typeof value === "number"
    ? elementOf(action, value, x.dtype)
    : stretch(action, value, shape).reshape(full);
  applyInPlace(ops.assign, [x, fitted], spans);
}

/** Writes the entries that tensors pick; of several values for one entry, the last wins. */
function assignPicked(
  action: string,
  x: Tensor,
  index: readonly Index[],
  value: TensorLike,
): void {
  if (typeof value !== "number") checkInPlaceDtype(action, value.dtype, x.dtype);
  const written = scope(() => {
    const all = new Int32Array(x.numel());
    for (let i = 0; i < all.length; i++) all[i] = i;
    const places = at(fromValues(all, x.shape, "int32"), index);
    const source = typeof value === "number"
      ? value
      : stretch(action, value, places.shape).to(x.dtype).reshape(-1);
    return x.reshape(-1).scatter(places.reshape(-1), source).reshape(x.shape);
  });
  copyInto(x, written);
}

/** Broadcasts `value` to the `shape` of the part that is written. */
function stretch(action: string, value: Tensor, shape: Shape): Tensor {
  checkTensors(`call ${action}()`, value);
  if (canStretch(value.shape, shape)) return value.expand(shape);
  throw new ShapeError(
    `Cannot ${action} a value of shape ${formatShape(value.shape)} into shape ` +
      `${formatShape(shape)}: it must broadcast to that; reshape it, or take a part of it`,
    value.shape,
    shape,
  );
}

export function copyInto(x: Tensor, source: TensorLike): void {
  assign("copy_", x, [], isTensor<Tensor>(source) ? source.to(x.dtype) : source);
}

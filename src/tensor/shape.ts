/**
 * The bodies of the methods of `Tensor` that change shapes, and functions that join tensors.
 *
 * @module
 */

import {
  checkArguments,
  checkHasAxes,
  checkJoinable,
  checkList,
  checkShape,
  checkTensorList,
  checkTensors,
  checkWhole,
  elementOf,
  normalizeAxes,
  normalizeAxis,
  readAxis,
  readAxisOptions,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { type DType, DTYPES, isDType } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { counted, quoted } from "../names.ts";
import { ops } from "../ops/table.ts";
import {
  type AlongOptions,
  type Axes,
  type AxesOptions,
  broadcastShapes,
  formatShape,
  resolveReshape,
  sameShape,
  type Shape,
  sizeOf,
} from "../shape.ts";
import { listOf, OBJECTS } from "../storage/arena.ts";
import { checkRoom } from "../storage/ndarray.ts";
import type { Span } from "../storage/views.ts";
import { arange, filled } from "./create.ts";
import { indexTensor, run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

export function reshape(x: Tensor, shape: number[] | [Shape], action = "reshape"): Tensor {
  const to = resolveReshape(x.shape, sizesOf(shape), action);
  return run(ops.reshape, [x], to);
}

export function view(x: Tensor, shape: number[] | [Shape], action = "view"): Tensor {
  const result = reshape(x, shape, action);
  if (result.array.storage === x.array.storage || x.numel() === 0) return result;
  throw new ShapeError(
    `Cannot view shape ${formatShape(x.shape)} as ${formatShape(result.shape)}: the elements ` +
      `do not lie in that order; use reshape()`,
    x.shape,
    result.shape,
  );
}

export function sizeAlong({ shape }: Tensor, axis: number): number {
  checkHasAxes("size", shape);
  return shape[normalizeAxis(axis, shape, "size")];
}

export function strideAlong({ shape, array }: Tensor, axis: number): number {
  checkHasAxes("stride", shape);
  return array.strides[normalizeAxis(axis, shape, "stride")];
}

export function viewAs(x: Tensor, other: Tensor): Tensor {
  checkTensors("viewAs", other);
  return view(x, [other.shape], "viewAs");
}

export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  const from = normalizeAxis(start, x.shape, "flatten");
  const to = normalizeAxis(end, x.shape, "flatten");
  if (x.ndim === 0) return x.reshape(1);
  if (from > to) {
    throw new ShapeError(
      `Cannot flatten axes ${start} to ${end} of shape ${formatShape(x.shape)}: they run ` +
        `backwards`,
      x.shape,
    );
  }
  const joined = sizeOf(x.shape.slice(from, to + 1));
  return x.reshape(...x.shape.slice(0, from), joined, ...x.shape.slice(to + 1));
}

export function permute(x: Tensor, order: number[] | [readonly number[]]): Tensor {
  const axes = sizesOf(order);
  const from = axes.map((axis) => normalizeAxis(axis, x.shape, "permute"));
  if (from.length !== x.ndim || new Set(from).size !== x.ndim) {
    throw new ShapeError(
      `Cannot permute shape ${formatShape(x.shape)} by ${quoted(axes)}: every axis must ` +
        `be named once`,
      x.shape,
    );
  }
  return run(ops.permute, [x], from);
}

export function transpose(x: Tensor, first = -2, second = -1, action = "transpose"): Tensor {
  const order = x.shape.map((_, axis) => axis);
  const a = normalizeAxis(first, x.shape, action);
  const b = normalizeAxis(second, x.shape, action);
  if (a !== b) [order[a], order[b]] = [b, a];
  return run(ops.permute, [x], order);
}

export function squeeze(x: Tensor, options?: AxesOptions | Axes): Tensor {
  const { axis } = readAxisOptions("squeeze", options, { axis: undefined });
  const axes = normalizeAxes(axis, x.shape, "squeeze");
  return x.reshape(x.shape.filter((size, i) => size !== 1 || !axes.includes(i)));
}

export function unsqueeze(x: Tensor, options: AlongOptions | number): Tensor {
  const at = readNewAxis("unsqueeze", options, x.shape);
  return x.reshape([...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Returns the place, counted from the front, of an axis that is added to `shape`. */
function readNewAxis(
  action: string,
  options: AlongOptions | number | undefined,
  shape: Shape,
  fallback: number = REQUIRED,
): number {
  const { axis } = readAxisOptions(action, options, { axis: fallback });
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank - 1 || axis > rank) {
    throw new ShapeError(
      `Cannot ${action} shape ${formatShape(shape)} at axis ${quoted(axis)}: new axes go from ` +
        `${-rank - 1} to ${rank}`,
      shape,
    );
  }
  return axis < 0 ? axis + rank + 1 : axis;
}

export function expand(x: Tensor, shape: number[] | [Shape]): Tensor {
  const sizes = sizesOf(shape);
  const added = sizes.length - x.ndim;
  const to = sizes.map((n, i) => (n === -1 ? x.shape[i - added] ?? -1 : n));
  checkShape(to, `expand ${formatShape(x.shape)}`);
  return run(ops.expand, [x], to);
}

export function contiguous(x: Tensor): Tensor {
  return x.isContiguous ? x : x.clone();
}

export function to(x: Tensor, dtype: DType): Tensor {
  if (dtype === x.dtype) return x;
  if (!isDType(dtype)) {
    throw new DTypeError(
      `Cannot convert ${x.dtype} to ${quoted(dtype)}: the dtypes are ${
        Object.keys(DTYPES).join(", ")
      }`,
    );
  }
  return run(ops.cast, [x], dtype);
}

/** Reads sizes from arguments: `(2, 3)` and `([2, 3])` are the same. */
function sizesOf(args: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(args[0]) ? args[0] : args as readonly number[];
}

export function t(x: Tensor): Tensor {
  if (x.ndim <= 2) return x.T;
  throw new ShapeError(
    `Cannot t() shape ${formatShape(x.shape)}: it is for two axes or fewer; use mT for a batch ` +
      `of matrices`,
    x.shape,
  );
}

export function mT(x: Tensor): Tensor {
  if (x.ndim >= 2) return x.transpose();
  throw new ShapeError(
    `Cannot take mT of shape ${formatShape(x.shape)}: matrices have two axes; add one with ` +
      `unsqueeze()`,
    x.shape,
  );
}

export function unflatten(x: Tensor, axis: number, sizes: Shape): Tensor {
  checkList("unflatten", sizes);
  const at = normalizeAxis(axis, x.shape, "unflatten");
  if (sizes.length === 0 || x.ndim === 0) {
    throw new ShapeError(
      `Cannot unflatten axis ${axis} of shape ${formatShape(x.shape)} to ` +
        `${formatShape(sizes)}: it needs an axis, and at least one size`,
      x.shape,
      sizes,
    );
  }
  const parts = resolveReshape([x.shape[at]], sizes, "unflatten");
  return x.reshape([...x.shape.slice(0, at), ...parts, ...x.shape.slice(at + 1)]);
}

export function expandAs(x: Tensor, other: Tensor): Tensor {
  checkTensors("expandAs", other);
  return x.expand(other.shape);
}

export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  checkTensors("reshapeAs", other);
  return reshape(x, [other.shape], "reshapeAs");
}

export function chunk(x: Tensor, parts: number, options?: AlongOptions | number): Tensor[] {
  const axis = readAxis("chunk", options, x.shape, 0);
  checkWhole(`cut into ${quoted(parts)} chunks`, parts, 1);
  const total = x.shape[axis] ?? 1;
  if (total === 0) return x.split(listOf(parts, () => 0, OBJECTS), axis);
  return x.split(Math.max(Math.ceil(total / parts), 1), axis);
}

export function tensorSplit(
  x: Tensor,
  parts: number | readonly number[],
  options?: AlongOptions | number,
): Tensor[] {
  const along = readAxis("tensorSplit", options, x.shape, 0);
  checkHasAxes("tensorSplit", x.shape);
  const cuts = typeof parts === "number" ? evenCuts(x.shape[along], parts) : parts;
  checkList("tensorSplit", cuts);
  if (!cuts.every(Number.isInteger)) {
    throw new ValueError(`Cannot tensorSplit at ${quoted(cuts)}: use whole numbers`);
  }
  return [...cuts, null].map((stop, i) => x.slice(cuts[i - 1] ?? 0, stop, { axis: along }));
}

export function unbind(x: Tensor, options?: AlongOptions | number): Tensor[] {
  const along = readAxis("unbind", options, x.shape, 0);
  checkHasAxes("unbind", x.shape);
  return Array.from({ length: x.shape[along] }, (_, i) => x.select(along, i));
}

/** Returns the ends of `parts` parts of `total` entries, but the last; the first may be larger. */
function evenCuts(total: number, parts: number): number[] {
  checkWhole(`tensorSplit into ${parts} parts`, parts, 1);
  const [size, larger] = [Math.floor(total / parts), total % parts];
  return listOf(parts - 1, (i) => (i + 1) * size + Math.min(i + 1, larger), OBJECTS);
}

/** Options of `diagonal`, and of `diagEmbed` with other defaults. */
export interface DiagonalOptions {
  /** Distance above the main diagonal; negative below it; default 0. */
  readonly offset?: number;
  /** The axis of the rows; default 0. */
  readonly axis1?: number;
  /** The axis of the columns; default 1. */
  readonly axis2?: number;
}

/** Options of `unfold`. */
export interface UnfoldOptions {
  /** Number of entries in a window. */
  readonly size: number;
  /** Distance between the starts of windows; default 1. */
  readonly step?: number;
}

export function repeat(x: Tensor, sizes: number[], action = "repeat"): Tensor {
  if (sizes.length < x.ndim || sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ShapeError(
      `Cannot ${action} shape ${formatShape(x.shape)} ${formatShape(sizes)} times: each axis ` +
        `needs a whole number, 0 or more` +
        (action === "repeat" ? "; use tile() to name only the last ones" : ""),
      x.shape,
    );
  }
  const shape = [...sizes.slice(x.ndim).map(() => 1), ...x.shape];
  // Each axis repeats along a new axis in front of it, and both are joined.
  return scope(() =>
    x.reshape(shape.flatMap((n) => [1, n]))
      .expand(shape.flatMap((n, i) => [sizes[i], n]))
      .reshape(shape.map((n, i) => n * sizes[i]))
  );
}

export function tile(x: Tensor, sizes: number[]): Tensor {
  const missing = Math.max(x.ndim - sizes.length, 0);
  return repeat(x, [...new Array<number>(missing).fill(1), ...sizes], "tile");
}

export function repeatInterleave(
  x: Tensor,
  repeats: number | readonly number[],
  options?: AlongOptions | number,
): Tensor {
  const { axis } = readAxisOptions("repeatInterleave", options, { axis: undefined });
  if (axis === undefined) return scope(() => x.reshape(x.numel()).repeatInterleave(repeats, 0));
  checkHasAxes("repeatInterleave", x.shape);
  const along = normalizeAxis(axis, x.shape, "repeatInterleave");
  const entries = x.shape[along] ?? 1;
  if (typeof repeats === "number" && Number.isInteger(repeats) && repeats >= 0) {
    const repeated = x.shape.toSpliced(along + 1, 0, repeats);
    return scope(() =>
      x.unsqueeze(along + 1).expand(repeated).reshape(x.shape.with(along, entries * repeats))
    );
  }
  const counts = typeof repeats === "number" ? new Array<number>(entries).fill(repeats) : repeats;
  checkList("repeatInterleave", counts);
  if (counts.length !== entries || counts.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ValueError(
      `Cannot repeat the ${entries} entries of axis ${axis} ${quoted(counts)} times: each ` +
        `needs a whole number, 0 or more`,
    );
  }
  checkRoom([counts.reduce((sum, n) => sum + n, 0)], "float64");
  const index = counts.flatMap((n, i) => new Array<number>(n).fill(i));
  return scope(() => x.indexSelect(along, indexTensor(index)));
}

export function flip(x: Tensor, options?: AxesOptions | Axes): Tensor {
  const { axis: axes } = readAxisOptions("flip", options, { axis: undefined });
  const turned = normalizeAxes(axes, x.shape, "flip");
  const spans = x.shape.map((length, axis): Span =>
    turned.includes(axis)
      ? { start: Math.max(length - 1, 0), step: -1, length }
      : { start: 0, step: 1, length }
  );
  return run(ops.slice, [x], spans);
}

export function roll(x: Tensor, shift: number, options?: AlongOptions | number): Tensor {
  const { axis } = readAxisOptions("roll", options, { axis: undefined });
  if (axis === undefined) {
    return scope(() => x.reshape(x.numel()).roll(shift, 0).reshape(x.shape));
  }
  const along = normalizeAxis(axis, x.shape, "roll");
  checkWhole(`roll by ${quoted(shift)} places`, shift);
  const size = x.shape[along] ?? 0;
  if (size === 0) return x.clone();
  const last = ((shift % size) + size) % size;
  return scope(() =>
    cat([x.narrow(along, size - last, last), x.narrow(along, 0, size - last)], along)
  );
}

export function diagonal(x: Tensor, options?: DiagonalOptions): Tensor {
  const { offset, axis1, axis2 } = readOptions("diagonal", options, {
    offset: 0,
    axis1: 0,
    axis2: 1,
  });
  checkWhole(`take the diagonal at offset ${offset}`, offset);
  const pair = [axis1, axis2].map((axis) => normalizeAxis(axis, x.shape, "diagonal"));
  if (x.ndim < 2 || pair[0] === pair[1]) {
    throw new ShapeError(
      `Cannot take a diagonal of axes ${axis1} and ${axis2} of shape ${formatShape(x.shape)}: ` +
        `it needs two different axes`,
      x.shape,
    );
  }
  return run(ops.diagonal, [x], { offset, axes: [pair[0], pair[1]] });
}

export function diag(x: Tensor, offset = 0): Tensor {
  checkWhole(`diag with offset ${quoted(offset)}`, offset);
  if (x.ndim !== 1 && x.ndim !== 2) {
    throw new ShapeError(
      `Cannot diag shape ${
        formatShape(x.shape)
      }: it must be a vector or a matrix; use diagonal() ` +
        `or diagEmbed() for batches`,
      x.shape,
    );
  }
  if (x.ndim !== 1) return scope(() => x.diagonal({ offset }).clone());
  const [length] = x.shape;
  const size = length + Math.abs(offset);
  const start = offset < 0 ? -offset * size : offset;
  const spans = [{ start, step: size + 1, length }];
  return scope(() => run(ops.pad, [x], { shape: [size * size], spans }).reshape(size, size));
}

export function diagEmbed(x: Tensor, options?: DiagonalOptions): Tensor {
  const { offset, axis1, axis2 } = readOptions("diagEmbed", options, {
    offset: 0,
    axis1: -2,
    axis2: -1,
  });
  checkWhole(`diagEmbed at offset ${offset}`, offset);
  const outer = x.shape.slice(0, -1);
  const length = x.shape[x.ndim - 1] ?? 0;
  const size = length + Math.abs(offset);
  const shape = [...outer, size, size];
  const axes = [axis1, axis2].map((axis) => normalizeAxis(axis, shape, "diagEmbed"));
  if (x.ndim === 0 || axes[0] === axes[1]) {
    throw new ShapeError(
      `Cannot diagEmbed shape ${formatShape(x.shape)} at axes ${axis1} and ${axis2}: it needs ` +
        `vectors, and two different axes`,
      x.shape,
    );
  }
  const spans = [
    ...outer.map((n): Span => ({ start: 0, step: 1, length: n })),
    { start: offset < 0 ? -offset * size : offset, step: size + 1, length },
  ];
  return scope(() =>
    run(ops.pad, [x], { shape: [...outer, size * size], spans })
      .reshape(shape)
      .movedim([-2, -1], axes)
  );
}

export function movedim(x: Tensor, from: Axes, to: Axes): Tensor {
  const places = (axes: Axes): number[] => {
    const list = typeof axes === "number" ? [axes] : axes;
    checkList("movedim", list);
    return list.map((axis) => normalizeAxis(axis, x.shape, "movedim"));
  };
  const [sources, targets] = [places(from), places(to)];
  const areDistinct = [sources, targets].every((axes) => new Set(axes).size === axes.length);
  if (sources.length !== targets.length || !areDistinct) {
    throw new ShapeError(
      `Cannot move axes ${quoted(sources)} to ${quoted(targets)}: each needs a place of ` +
        `its own`,
      x.shape,
    );
  }
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
  const order = x.shape.map((_, axis) => {
    const moved = targets.indexOf(axis);
    return moved < 0 ? rest.shift()! : sources[moved];
  });
  return x.permute(...order);
}

export function unfold(x: Tensor, axis: number, options: UnfoldOptions): Tensor {
  const { size, step } = readOptions("unfold", options, { size: REQUIRED, step: 1 });
  const along = normalizeAxis(axis, x.shape, "unfold");
  const total = x.shape[along] ?? 1;
  if (
    !(Number.isInteger(size) && size >= 0 && size <= total && Number.isInteger(step) && step > 0)
  ) {
    throw new ValueError(
      `Cannot unfold axis ${axis} of shape ${formatShape(x.shape)} into windows of ${size} at ` +
        `distance ${step}: a window must fit, and the distance be 1 or more`,
    );
  }
  // The windows of a scalar have no axis to be counted along.
  if (x.ndim === 0) return scope(() => x.expand(size).clone());
  return run(ops.unfold, [x], { axis: along, size, step });
}

/** The kinds of border of `pad`. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** Options of `pad`. */
export interface PadOptions {
  /**
   * `"constant"` fills with one value, `"reflect"` mirrors the entries at the edge (without the
   * edge itself), `"replicate"` repeats the edge, `"circular"` continues at the other end. Default
   * `"constant"`.
   */
  readonly mode?: PadMode;
  /** The value of a constant border; default 0. */
  readonly value?: number;
}

/** For each mode, maps a place `i` outside of an axis of `size` to the entry that it repeats. */
const SHOWN: Readonly<Record<Exclude<PadMode, "constant">, (i: number, size: number) => number>> = {
  reflect: (i, size) => (i < 0 ? -i : 2 * (size - 1) - i),
  replicate: (i, size) => (i < 0 ? 0 : size - 1),
  circular: (i, size) => (i + size) % size,
};

export function pad(x: Tensor, padding: readonly number[], options?: PadOptions): Tensor {
  const { mode, value } = readOptions("pad", options, { mode: "constant", value: 0 });
  checkList("pad", padding);
  const { shape } = x;
  const fail = (reason: string): never => {
    throw new ValueError(
      `Cannot pad shape ${formatShape(shape)} by ${quoted(padding)}: ${reason}`,
    );
  };
  if (padding.length % 2 !== 0 || padding.length > 2 * shape.length) {
    fail("it takes two widths for each axis, the last axis first");
  }
  if (!padding.every(Number.isInteger)) fail("widths must be whole numbers");
  const widths = shape.map((_, axis): readonly [number, number] => {
    const place = 2 * (shape.length - 1 - axis);
    return [padding[place] ?? 0, padding[place + 1] ?? 0];
  });
  const cut = shape.findIndex((size, axis) => size + widths[axis][0] + widths[axis][1] < 0);
  if (cut >= 0) fail(`axis ${cut} has only ${counted(shape[cut], "entry", "entries")} to cut off`);
  if (mode === "constant") return constantBorder(x, widths, value);
  if (!Object.hasOwn(SHOWN, mode)) fail(`there is no mode ${quoted(mode)}`);
  widths.forEach(([before, after], axis) => {
    const most = {
      reflect: Math.max(shape[axis] - 1, 0),
      circular: shape[axis] + Math.min(before, 0) + Math.min(after, 0),
      replicate: Infinity,
    }[mode];
    if (before > most || after > most) {
      fail(`a border with mode "${mode}" of axis ${axis} can be at most ${most} wide`);
    }
    if (mode === "replicate" && shape[axis] === 0 && (before > 0 || after > 0)) {
      fail(`axis ${axis} has no edge to replicate`);
    }
  });
  return scope(() => widths.reduce((y, pair, axis) => border(y, axis, pair, mode), x));
}

function border(
  x: Tensor,
  axis: number,
  [before, after]: readonly [number, number],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  if (before === 0 && after === 0) return x;
  if (mode === "circular" && (before < 0 || after < 0)) {
    // Entries that are cut off do not come back at the other end.
    const length = x.shape[axis] + Math.min(before, 0) + Math.min(after, 0);
    const cut = x.narrow(axis, Math.max(-before, 0), length);
    return border(cut, axis, [Math.max(before, 0), Math.max(after, 0)], mode);
  }
  const size = x.shape[axis];
  const shown = SHOWN[mode];
  const places = arange(-before, size + after, { dtype: "int32" });
  const values = places.array.values();
  // A border that is cut off has no places: such writes fall beside the typed array.
  for (let i = -before; i < 0; i++) values[i + before] = shown(i, size);
  for (let i = size; i < size + after; i++) values[i + before] = shown(i, size);
  return x.indexSelect(axis, places);
}

/** Cuts `x` at negative widths, then writes it into a tensor that is filled with `value`. */
function constantBorder(
  x: Tensor,
  widths: readonly (readonly [number, number])[],
  value: number,
): Tensor {
  const shape = x.shape.map((size, axis) => size + widths[axis][0] + widths[axis][1]);
  const from = widths.map(([before, after], axis): Span => {
    const start = Math.max(-before, 0);
    const end = x.shape[axis] + Math.min(after, 0);
    return { start, step: 1, length: Math.max(end - start, 0) };
  });
  const to = from.map(({ length }, axis): Span => {
    return { start: Math.max(widths[axis][0], 0), step: 1, length };
  });
  return scope(() => {
    const inside = run(ops.slice, [x], from);
    if (value === 0) return run(ops.pad, [inside], { shape, spans: to });
    const whole = filled("pad", shape, elementOf("pad", value, x.dtype), { dtype: x.dtype });
    return run(ops.assign, [whole, inside], to);
  });
}

/**
 * Joins tensors along an existing axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @param tensors at least one tensor; all sizes but that of the axis must be equal
 * @param options `axis`, default 0; or the axis alone
 * @throws {ShapeError} if other sizes differ
 * @example
 * ```ts
 * import { cat, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2]]);
 * assertEquals(cat([x, x.mul(10)]).toArray(), [[1, 2], [10, 20]]);
 * assertEquals(cat([x, x.mul(10)], 1).toArray(), [[1, 2, 10, 20]]);
 * ```
 */
export function cat(tensors: readonly Tensor[], options?: AlongOptions | number): Tensor {
  checkArguments("cat", arguments, 2);
  checkTensorList("cat", tensors);
  const along = readAxis("cat", options, tensors[0].shape, 0);
  checkHasAxes("cat", tensors[0].shape, "use stack()");
  return joined("cat", tensors, along);
}

/** Joins tensors along `axis`, for the function `action`. */
function joined(action: string, tensors: readonly Tensor[], axis: number): Tensor {
  checkJoinable(action, tensors.map(({ shape }) => shape), axis);
  return run(ops.cat, tensors, axis);
}

/**
 * Joins tensors of equal shape along a new axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.stack.html
 *
 * @param tensors at least one tensor
 * @param options `axis`, the index of the new axis in the result, default 0; or the axis alone
 * @throws {ShapeError} if shapes differ
 * @example
 * ```ts
 * import { stack, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = [tensor([1, 2]), tensor([3, 4])];
 * assertEquals(stack(rows).toArray(), [[1, 2], [3, 4]]);
 * assertEquals(stack(rows, 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack(tensors: readonly Tensor[], options?: AlongOptions | number): Tensor {
  checkArguments("stack", arguments, 2);
  checkTensorList("stack", tensors);
  const { shape } = tensors[0];
  for (const other of tensors) {
    if (sameShape(other.shape, shape)) continue;
    throw new ShapeError(
      `Cannot stack ${formatShape(shape)} and ${
        formatShape(other.shape)
      }: all shapes must be equal`,
      shape,
      other.shape,
    );
  }
  const along = readNewAxis("stack", options, shape, 0);
  return run(ops.cat, tensors.map((x) => x.unsqueeze(along)), along);
}

/**
 * Joins tensors side by side: along the second axis, or vectors along their only axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.hstack.html
 *
 * @param tensors at least one tensor; scalars count as vectors of one element
 * @throws {ShapeError} if other sizes differ
 * @example
 * ```ts
 * import { hstack, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const [x, y] = [tensor([[1], [2]]), tensor([[3], [4]])];
 * assertEquals(hstack([x, y]).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  checkTensorList("hstack", tensors);
  checkArguments("hstack", arguments, 1);
  const parts = tensors.map((x) => (x.ndim === 0 ? x.reshape(1) : x));
  const axis = parts[0].ndim > 1 ? 1 : 0;
  return scope(() => joined("hstack", parts, axis));
}

/**
 * Stacks tensors on top of each other: joins them along the first axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.vstack.html
 *
 * @param tensors at least one tensor; vectors count as matrices of one row
 * @throws {ShapeError} if other sizes differ
 * @example
 * ```ts
 * import { tensor, vstack } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(vstack([tensor([1, 2]), tensor([3, 4])]).toArray(), [[1, 2], [3, 4]]);
 * ```
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  checkTensorList("vstack", tensors);
  checkArguments("vstack", arguments, 1);
  const parts = tensors.map((x) => (x.ndim < 2 ? x.reshape(1, -1) : x));
  return scope(() => joined("vstack", parts, 0));
}

/**
 * Expands tensors, as views, to the shape to which they broadcast together.
 *
 * See https://pytorch.org/docs/stable/generated/torch.broadcast_tensors.html
 *
 * @param tensors any number of tensors
 * @returns one view for each, all of the same shape
 * @throws {ShapeError} if they do not broadcast
 * @example
 * ```ts
 * import { broadcastTensors, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = broadcastTensors(tensor([[1], [2]]), tensor([3, 4]));
 * assertEquals(a.toArray(), [[1, 1], [2, 2]]);
 * assertEquals(b.toArray(), [[3, 4], [3, 4]]);
 * ```
 */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  checkTensors("broadcastTensors", ...tensors);
  const shape = tensors.reduce<Shape>((s, x) => broadcastShapes(s, x.shape), []);
  return tensors.map((x) => x.expand(shape));
}

/** Options of `meshgrid`. */
export interface MeshgridOptions {
  /** The first vector varies along axis 0 (`"ij"`, default) or axis 1 (`"xy"`, as in plots). */
  readonly indexing?: "ij" | "xy";
}

/**
 * Makes the coordinates of a grid: each vector becomes a view that varies along its own axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.meshgrid.html
 *
 * @param vectors 1-d tensors
 * @param options `indexing`
 * @returns one tensor of shape `[n₀, n₁, …]` for each vector
 * @throws {ShapeError} if a tensor has more than one axis
 * @example
 * ```ts
 * import { arange, meshgrid } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const [rows, columns] = meshgrid([arange(2), arange(3)]);
 * assertEquals(rows.toArray(), [[0, 0, 0], [1, 1, 1]]);
 * assertEquals(columns.toArray(), [[0, 1, 2], [0, 1, 2]]);
 * ```
 */
export function meshgrid(vectors: readonly Tensor[], options?: MeshgridOptions): Tensor[] {
  checkArguments("meshgrid", arguments, 2);
  checkTensorList("meshgrid", vectors);
  const { indexing } = readOptions("meshgrid", options, { indexing: "ij" });
  if (indexing !== "ij" && indexing !== "xy") {
    throw new ValueError(`Cannot make a grid with indexing ${quoted(indexing)}: use "ij" or "xy"`);
  }
  const wrong = vectors.find((x) => x.ndim > 1);
  if (wrong !== undefined) {
    throw new ShapeError(
      `Cannot make a grid of shape ${formatShape(wrong.shape)}: each axis needs a vector`,
      wrong.shape,
    );
  }
  const sizes = vectors.map((x) => x.numel());
  const grid = vectors.map((x, axis) =>
    x.reshape(sizes.map((_, i) => (i === axis ? -1 : 1))).expand(sizes)
  );
  const swaps = indexing === "xy" && vectors.length > 1;
  return swaps ? grid.map((x) => x.transpose(0, 1)) : grid;
}

export function split(
  x: Tensor,
  size: number | readonly number[],
  options?: AlongOptions | number,
): Tensor[] {
  const along = readAxis("split", options, x.shape, 0);
  const total = x.shape[along] ?? 1;
  if (typeof size !== "number") checkList("split", size);
  const sizes = typeof size === "number" ? equalParts(total, size) : size;
  const areSizes = sizes.every((n) => Number.isInteger(n) && n >= 0);
  if (!areSizes || sizes.reduce((a, b) => a + b, 0) !== total) {
    throw new ShapeError(
      `Cannot split axis ${along} of shape ${formatShape(x.shape)} into ${formatShape(sizes)}: ` +
        `the parts must be whole numbers that add up to ${total}`,
      x.shape,
    );
  }
  let start = 0;
  return sizes.map((n) => x.slice(start, start += n, { axis: along }));
}

function equalParts(total: number, size: number): number[] {
  checkWhole(`split into parts of ${size}`, size, 1);
  const parts = Array.from({ length: Math.floor(total / size) }, () => size);
  if (total % size > 0 || total === 0) parts.push(total % size);
  return parts;
}

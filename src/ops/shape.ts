/**
 * Ops that move elements without changing them: views, copies, borders, triangles and joins.
 *
 * @module
 */

import { checkMatrix, checkWhole } from "../checks.ts";
import { type DType, promote } from "../dtype.ts";
import { Formula, identity } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Shape } from "../shape.ts";
import { arena, listOf } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import {
  inverseOrder,
  type Span,
  spansAlong,
  viewExpand,
  viewPermute,
  viewReshape,
  viewSlice,
} from "../storage/views.ts";
import { copy, mapInOrder, write } from "./elementwise.ts";
import { type Op, op, type Sample, sample } from "./op.ts";
import type { PadAttrs } from "./rule_ops.ts";
import { quoted } from "../names.ts";

export const reshape: Op<Shape> = op({
  name: "reshape",
  forward: (k, [x], shape) => viewReshape(x, shape) ?? viewReshape(copy(k, x), shape)!,
  backward: (k, g, { shapes: [shape] }) => [() => k.reshape(g, shape)],
  samples: [
    { inputs: [sample([2, 3])], attrs: [3, 2] },
    { inputs: [sample([2, 3, 2])], attrs: [6, 2] },
    { inputs: [sample([])], attrs: [1, 1] },
    { inputs: [sample([0, 3])], attrs: [3, 0] },
  ],
});

export const permute: Op<readonly number[]> = op({
  name: "permute",
  forward: (_, [x], order) => viewPermute(x, order),
  backward: (k, g, { attrs: order }) => [() => k.permute(g, inverseOrder(order))],
  samples: [
    { inputs: [sample([2, 3, 4])], attrs: [2, 0, 1] },
    { inputs: [sample([0, 3])], attrs: [1, 0] },
    { inputs: [sample([])], attrs: [] },
  ],
});

/** Options of `unfold`: windows of `size` elements, `step` apart. */
interface UnfoldAttrs {
  readonly axis: number;
  readonly size: number;
  readonly step: number;
}

/**
 * Windows along an axis as a view: that axis counts them, and a new last axis their elements. The gradient
 * adds up windows that overlap: element by element of a window, or window by window, if these are fewer.
 */
export const unfold: Op<UnfoldAttrs> = op({
  name: "unfold",
  forward(_, [x], { axis, size, step }) {
    const shape = [...x.shape.with(axis, windowsOf(x.shape[axis], size, step)), size];
    const strides = [...x.strides.with(axis, step * x.strides[axis]), x.strides[axis]];
    return new NDArray(x.storage, shape, strides, x.offset, x.dtype);
  },
  backward: (k, g, { shapes: [shape], attrs: { axis, size, step } }) => [() => {
    const count = g.shape[axis];
    const last = shape.length;
    const part = (along: number, i: number, spans: Span[]): typeof g => {
      const one = k.slice(g, spansAlong(g.shape, along, i, 1));
      // Without the axis that has size 1 now, and the other one in the place of `axis`.
      const order = shape.map((_, other) => other === axis && along === axis ? last : other);
      const moved = k.permute(one, [...order, along]);
      return k.pad(k.reshape(moved, moved.shape.slice(0, -1)), { shape, spans });
    };
    const byElement = size <= count;
    const parts = Array.from(
      { length: byElement ? size : count },
      (_, i) =>
        byElement
          ? part(last, i, spansAlong(shape, axis, i, count, step))
          : part(axis, i, spansAlong(shape, axis, i * step, size)),
    );
    return parts.reduce((a, b) => k.add(a, b));
  }],
  samples: [
    { inputs: [sample([2, 5])], attrs: { axis: 1, size: 3, step: 1 } },
    { inputs: [sample([7, 2])], attrs: { axis: 0, size: 2, step: 3 } },
    { inputs: [sample([2, 6, 2])], attrs: { axis: 1, size: 5, step: 1 } },
    { inputs: [sample([0, 3])], attrs: { axis: 1, size: 2, step: 1 } },
  ],
});

function windowsOf(length: number, size: number, step: number): number {
  return Math.floor((length - size) / step) + 1;
}

/** Options of `diagonal`. */
interface DiagonalAttrs {
  /** Distance above the main diagonal; negative below it. */
  readonly offset: number;
  /** The axes of the rows and of the columns, counted from the front. */
  readonly axes: readonly [rows: number, columns: number];
}

/** A diagonal of two axes as a view: its elements become the last axis. */
export const diagonal: Op<DiagonalAttrs> = op({
  name: "diagonal",
  forward(_, [x], attrs) {
    const { axes, others, row, column, length } = diagonalOf(x.shape, attrs);
    const [down, right] = axes.map((axis) => x.strides[axis]);
    const shape = [...others.map((axis) => x.shape[axis]), length];
    const strides = [...others.map((axis) => x.strides[axis]), down + right];
    return new NDArray(x.storage, shape, strides, x.offset + row * down + column * right, x.dtype);
  },
  backward: (k, g, { shapes: [shape], attrs }) => [() => {
    const { axes, others, row, column, length } = diagonalOf(shape, attrs);
    const outer = others.map((axis) => shape[axis]);
    const [rows, columns] = axes.map((axis) => shape[axis]);
    const flat = [...outer, rows * columns];
    const spans = spansAlong(flat, outer.length, row * columns + column, length, columns + 1);
    const matrices = k.reshape(k.pad(g, { shape: flat, spans }), [...outer, rows, columns]);
    return k.permute(matrices, inverseOrder([...others, ...axes]));
  }],
  samples: [
    { inputs: [sample([3, 4])], attrs: { offset: 0, axes: [0, 1] } },
    { inputs: [sample([3, 2, 4])], attrs: { offset: -1, axes: [2, 0] } },
    { inputs: [sample([2, 3])], attrs: { offset: 3, axes: [0, 1] } },
  ],
});

/** The other axes of a diagonal, the place of its first element, and its length. */
function diagonalOf(shape: Shape, { offset, axes }: DiagonalAttrs) {
  const others = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const [rows, columns] = axes.map((axis) => shape[axis]);
  const [row, column] = [Math.max(-offset, 0), Math.max(offset, 0)];
  const length = Math.min(rows - row, columns - column);
  return length <= 0
    ? { axes, others, row: 0, column: 0, length: 0 }
    : { axes, others, row, column, length };
}

/** The engine sums the gradients of repeated elements, as for every broadcast input. */
export const expand: Op<Shape> = op({
  name: "expand",
  forward: (_, [x], shape) => viewExpand(x, shape),
  backward: (_, g) => [() => g],
  samples: [
    { inputs: [sample([3, 1])], attrs: [2, 3, 4] },
    { inputs: [sample([])], attrs: [2, 2] },
    { inputs: [sample([1, 2])], attrs: [0, 2] },
  ],
});

/** Zeros of `shape` with `x` at `spans`: the transpose of `slice`. */
export const pad: Op<PadAttrs> = op({
  name: "pad",
  forward(k, [x], { shape, spans }) {
    arena.begin();
    const result = NDArray.allocate(shape, x.dtype);
    write(k, 0, result);
    write(k, x, viewSlice(result, spans));
    return result;
  },
  backward: (k, g, { attrs: { spans } }) => [() => k.slice(g, spans)],
  samples: [{
    inputs: [sample([2])],
    attrs: { shape: [5], spans: [{ start: 1, step: 2, length: 2 }] },
  }],
});

export const clone: Op<void> = op({
  name: "clone",
  forward: (k, [x]) => copy(k, x),
  backward: (_, g) => [() => g],
  samples: [{ inputs: [sample([2, 3])] }],
});

/** Conversion; the engine casts the gradient back. */
export const cast: Op<DType> = op({
  name: "cast",
  forward: (k, [x], dtype) => mapInOrder(k, identity, [x], x.shape, dtype, dtype),
  backward: (_, g) => [() => g],
  samples: [{ inputs: [sample([2, 3])], attrs: "float64" }],
});

/** Joins tensors along an existing axis; callers have checked that their shapes fit. */
export const cat: Op<number> = op({
  name: "cat",
  arity: -1,
  forward(k, inputs, axis) {
    const shapes = inputs.map((x) => x.shape);
    const length = shapes.reduce((sum, shape) => sum + shape[axis], 0);
    const dtype = inputs.map((x) => x.dtype).reduce(promote);
    arena.begin();
    const result = NDArray.allocate(shapes[0].with(axis, length), dtype);
    partsOf(shapes, axis).forEach((spans, i) => write(k, inputs[i], viewSlice(result, spans)));
    return result;
  },
  backward: (k, g, { shapes, attrs: axis }) =>
    partsOf(shapes, axis).map((spans) => () => k.slice(g, spans)),
  samples: [
    { inputs: [sample([2, 3]), sample([2, 1]), sample([2, 2])], attrs: 1 },
    { inputs: [sample([0, 2]), sample([3, 2])], attrs: 0 },
  ],
});

/** The spans of each part in the whole. */
function partsOf(shapes: readonly Shape[], axis: number): Span[][] {
  let start = 0;
  return shapes.map((shape) => {
    const spans = spansAlong(shape, axis, start, shape[axis]);
    start += shape[axis];
    return spans;
  });
}

const keep = new Formula(
  "triangle",
  4,
  (k, [x, column, first, end]) =>
    k.where(k.logicalAnd(k.le(first, column), k.lt(column, end)), x, 0),
);
const keepTrue = new Formula(
  "triangle of booleans",
  4,
  (k, [x, column, first, end]) =>
    k.logicalAnd(x, k.logicalAnd(k.le(first, column), k.lt(column, end))),
);

const triangleSamples: readonly Sample<number>[] = [
  { inputs: [sample([3, 4])], attrs: 0 },
  { inputs: [sample([2, 3, 3])], attrs: -1 },
  { inputs: [sample([4, 3])], attrs: 1 },
  { inputs: [sample([0, 3])], attrs: 0 },
];

/**
 * `x` below a boundary that goes down by a column a row, or not below it; 0 elsewhere. In row r, the columns
 * from r + `first` on are not below it.
 */
function triangle(k: Kernels, x: NDArray, first: number, isBelow: boolean): NDArray {
  const [rows, columns] = x.shape.slice(-2);
  const clip = (row: number): number => Math.min(Math.max(row, 0), rows);
  // Before these rows nothing is below the boundary, and after them everything.
  const [start, end] = [clip(1 - first), clip(columns - first)];
  arena.begin();
  const out = NDArray.allocate(x.shape, x.dtype);
  const mixed = end - start;
  if (2 * mixed * mixed >= rows * columns) {
    writeTriangle(k, x, out, first, isBelow);
    return out;
  }
  const cut = (y: NDArray, [top, bottom]: Ends, [left, right]: Ends): NDArray =>
    viewSlice(y, [
      ...x.shape.slice(0, -2).map((length) => ({ start: 0, step: 1, length })),
      { start: top, step: 1, length: bottom - top },
      { start: left, step: 1, length: right - left },
    ]);
  const fill = (isKept: boolean, vertical: Ends, horizontal: Ends): void =>
    write(k, isKept ? cut(x, vertical, horizontal) : 0, cut(out, vertical, horizontal));
  fill(!isBelow, [0, start], [0, columns]);
  fill(isBelow, [end, rows], [0, columns]);
  if (mixed === 0) return out;
  const [vertical, left, right] = [[start, end] as const, start + first, end - 1 + first];
  fill(isBelow, vertical, [0, left]);
  const horizontal = [left, right] as const;
  writeTriangle(k, cut(x, vertical, horizontal), cut(out, vertical, horizontal), 0, isBelow);
  fill(!isBelow, vertical, [right, columns]);
  return out;
}

/** The first entry of a part, and the one after its last. */
type Ends = readonly [start: number, end: number];

/** Writes the triangle of `x` to `out`, element by element. */
function writeTriangle(
  k: Kernels,
  x: NDArray,
  out: NDArray,
  first: number,
  isBelow: boolean,
): void {
  const [rows, columns] = x.shape.slice(-2);
  const boundaries = listOf(rows, (row) => row + first);
  const [none, all] = [new Int32Array(rows), new Int32Array(rows).fill(columns)];
  const ends = isBelow ? [none, boundaries] : [boundaries, all];
  const operands = [
    x,
    NDArray.from(listOf(columns, (i) => i), [columns], "int32"),
    ...ends.map((values) => NDArray.from(values, [rows, 1], "int32")),
  ];
  // The numbers of the columns are far from 2²⁴: there are at most twice as many columns as rows.
  const compute = x.dtype === "float32" ? "float32" : "float64";
  k.mapInto(x.dtype === "bool" ? keepTrue : keep, operands, out, compute);
}

/** Rejects what has no triangles, for `action`. */
function checkTriangle(action: string, x: NDArray, diagonal: number): void {
  checkMatrix(action, x);
  checkWhole(`${action} at diagonal ${quoted(diagonal)}`, diagonal);
}

/** The elements on and below a diagonal, which is counted upwards from the main one; 0 above. */
export const tril: Op<number> = op({
  name: "tril",
  forward(k, [x], diagonal) {
    checkTriangle("tril", x, diagonal);
    return triangle(k, x, diagonal + 1, true);
  },
  backward: (k, g, { attrs: diagonal }) => [() => k.tril(g, diagonal)],
  samples: triangleSamples,
});

/** The elements on and above a diagonal, which is counted upwards from the main one; 0 below. */
export const triu: Op<number> = op({
  name: "triu",
  forward(k, [x], diagonal) {
    checkTriangle("triu", x, diagonal);
    return triangle(k, x, diagonal, false);
  },
  backward: (k, g, { attrs: diagonal }) => [() => k.triu(g, diagonal)],
  samples: triangleSamples,
});

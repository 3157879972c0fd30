/**
 * Ops that move elements without changing them: views, copies, borders, triangles and joins.
 *
 * @module
 */

import { checkMatrix, checkWhole } from "../checks.ts";
import { type DType, promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import {
  type Span,
  spansAlong,
  viewExpand,
  viewPermute,
  viewReshape,
  viewSlice,
} from "../storage/views.ts";
import { copy, write } from "./elementwise.ts";
import { type Op, op, type Sample, sample } from "./op.ts";
import type { PadAttrs } from "./rule_ops.ts";

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
  backward: (k, g, { attrs: order }) => [() => k.permute(g, order.map((_, i) => order.indexOf(i)))],
  samples: [
    { inputs: [sample([2, 3, 4])], attrs: [2, 0, 1] },
    { inputs: [sample([0, 3])], attrs: [1, 0] },
    { inputs: [sample([])], attrs: [] },
  ],
});

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
    result.values().fill(0);
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
  forward: (k, [x], dtype) => copy(k, x, dtype),
  backward: (_, g) => [() => g],
  samples: [{ inputs: [sample([2, 3])], attrs: "float64" }],
});

/** Joins tensors along an existing axis. */
export const cat: Op<number> = op({
  name: "cat",
  arity: -1,
  forward(k, inputs, axis) {
    const shapes = inputs.map((x) => x.shape);
    checkParts(shapes, axis);
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

function checkParts([first, ...others]: readonly Shape[], axis: number): void {
  for (const shape of others) {
    if (shape.length === first.length && shape.every((n, i) => i === axis || n === first[i])) {
      continue;
    }
    throw new ShapeError(
      `Cannot cat ${formatShape(first)} and ${formatShape(shape)} along axis ${axis}: all other ` +
        `sizes must match`,
      first,
      shape,
    );
  }
}

const keep = new Formula("triangle", 2, (k, [mask, x]) => k.where(mask, x, 0));

const triangleSamples: readonly Sample<number>[] = [
  { inputs: [sample([3, 4])], attrs: 0 },
  { inputs: [sample([2, 3, 3])], attrs: -1 },
  { inputs: [sample([4, 3])], attrs: 1 },
  { inputs: [sample([0, 3])], attrs: 0 },
];

/** `x` in the columns of each row from `first` to before `end`; 0 elsewhere. */
function triangle(
  k: Kernels,
  action: string,
  x: NDArray,
  diagonal: number,
  columnsOf: (row: number, columns: number) => readonly [first: number, end: number],
): NDArray {
  checkMatrix(action, x);
  checkWhole(`${action} at diagonal ${diagonal}`, diagonal);
  const [rows, columns] = x.shape.slice(-2);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const [first, end] = columnsOf(row, columns);
    const start = row * columns;
    mask.fill(1, start + Math.max(first, 0), start + Math.max(Math.min(end, columns), 0));
  }
  return k.map(keep, [NDArray.from(mask, [rows, columns], "bool"), x], x.shape, x.dtype, x.dtype);
}

/** The elements on and below a diagonal, which is counted upwards from the main one; 0 above. */
export const tril: Op<number> = op({
  name: "tril",
  forward: (k, [x], diagonal) => triangle(k, "tril", x, diagonal, (row) => [0, row + diagonal + 1]),
  backward: (k, g, { attrs: diagonal }) => [() => k.tril(g, diagonal)],
  samples: triangleSamples,
});

/** The elements on and above a diagonal, which is counted upwards from the main one; 0 below. */
export const triu: Op<number> = op({
  name: "triu",
  forward: (k, [x], diagonal) =>
    triangle(k, "triu", x, diagonal, (row, columns) => [row + diagonal, columns]),
  backward: (k, g, { attrs: diagonal }) => [() => k.triu(g, diagonal)],
  samples: triangleSamples,
});

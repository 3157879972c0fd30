/**
 * Ops that pick or write elements by index. The gradient of a pick adds up by index, and the other way
 * round.
 *
 * @module
 */

import {
  checkIndexDtype,
  checkIndexShape,
  checkIndices,
  checkInPlaceDtype,
  rangeOf,
} from "../checks.ts";
import { ShapeError } from "../errors.ts";
import type { Operand } from "../kernels/arithmetic.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { canStretch, formatShape, type Shape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { type Span, viewExpand, viewSlice } from "../storage/views.ts";
import { contiguous, copy, write } from "./elementwise.ts";
import { indices, type Op, op, OUTPUT, sample } from "./op.ts";
import { isPicked, type PlaceAttrs } from "./rule_ops.ts";

/** `index` as contiguous int32, after checking that all of it lies within `axis` of `shape`. */
function readIndex(
  k: Kernels,
  action: string,
  index: NDArray,
  shape: Shape,
  axis: number,
): NDArray {
  checkIndexDtype(action, index);
  const ready = contiguous(k, index, "int32");
  if (!k.areIndices(ready, shape[axis])) checkIndices(action, ready.values(), shape, axis);
  return ready;
}

/** `result[i, j] = x[i, index[i, j]]` (for axis 1). */
export const gather: Op<number> = op({
  name: "gather",
  reads: [[1]],
  forward(k, [x, index], axis) {
    checkIndexShape("gather", index.shape, x.shape, axis);
    return k.gather(x, readIndex(k, "gather", index, x.shape, axis), axis);
  },
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs: axis }) => [
    () => k.scatterAdd(g, index, { shape, axis }),
  ],
  samples: [
    { inputs: [sample([2, 3]), indices([2, 2], [0, 0, 2, 1])], attrs: 1 },
    { inputs: [sample([3, 2, 2]), indices([2, 1, 2], [2, 0, 2, 1])], attrs: 0 },
    { inputs: [sample([2, 3]), indices([2, 0], [])], attrs: 1 },
  ],
});

/**
 * `x` with `source[i, j]` written at `[i, index[i, j]]` (for axis 1). Of several writes to
 * one place the last stays, and only that one has a gradient.
 */
export const scatter: Op<number> = op({
  name: "scatter",
  reads: [[1], [], [1]],
  forward(k, [x, index, source]: readonly [NDArray, NDArray, Operand<NDArray>], axis) {
    checkIndexShape("scatter", index.shape, x.shape, axis);
    if (typeof source !== "number" && !canStretch(source.shape, index.shape)) {
      throw new ShapeError(
        `Cannot scatter a source of shape ${formatShape(source.shape)} to indices of shape ` +
          `${formatShape(index.shape)}: each index needs an element; reshape one of them`,
        source.shape,
        index.shape,
      );
    }
    const values = viewExpand(
      typeof source === "number" ? NDArray.from([source], [], x.dtype) : source,
      index.shape,
    );
    return k.scatter(x, readIndex(k, "scatter", index, x.shape, axis), values, axis);
  },
  backward: (k, g, { inputs: [, index], attrs: axis }) => [
    () => k.scatter(g, index, 0, axis),
    () => g,
    () => {
      // Writes to one place have the same place beside the axis, and are numbered along it from 1.
      const place = k.cumsum(k.eq(index, index), axis);
      // The elements of `g` do not matter: gather reads only those that scatter has written.
      const numbered = k.scatter(k.cast(g, "int32"), index, place, axis);
      const isLast = k.eq(k.gather(numbered, index, axis), place);
      return k.where(isLast, k.gather(g, index, axis), 0);
    },
  ],
  samples: [
    { inputs: [sample([2, 3]), indices([2, 2], [0, 0, 2, 1]), sample([2, 2])], attrs: 1 },
    { inputs: [sample([3, 2, 2]), indices([2, 1, 2], [2, 0, 2, 1]), sample([2, 1, 2])], attrs: 0 },
    { inputs: [sample([2, 3]), indices([2, 2], [1, 0, 2, 1]), 5], attrs: 1 },
    { inputs: [sample([2, 3]), indices([2, 0], []), sample([2, 0])], attrs: 1 },
  ],
});

/** Options of `scatterExtreme`. */
interface ExtremeAttrs {
  readonly axis: number;
  readonly kind: "max" | "min";
  /** True if the old element counts; if not, it shows only where nothing is written. */
  readonly includeSelf: boolean;
}

/**
 * `x` with the largest or smallest `source[i, j]` of those that go to `[i, index[i, j]]` (for axis 1), and
 * of the old element if it is included. Elements that tie share the gradient evenly.
 */
export const scatterExtreme: Op<ExtremeAttrs> = op({
  name: "scatterExtreme",
  reads: [[0, 1, 2, OUTPUT], [], [0, 1, 2, OUTPUT]],
  forward(k, [x, index, source], { axis, kind, includeSelf }) {
    const places = readIndex(k, "scatterReduce", index, x.shape, axis);
    if (includeSelf) return k.scatterExtreme(kind, x, places, source, axis);
    const least = rangeOf(x.dtype)[kind === "max" ? 0 : 1];
    const start = k.scatter(
      x,
      places,
      viewExpand(NDArray.from([least], [], x.dtype), index.shape),
      axis,
    );
    return k.scatterExtreme(kind, start, places, source, axis);
  },
  backward(k, g, { inputs: [x, index, source], output: y, shapes, attrs: { axis, includeSelf } }) {
    const attrs = { shape: shapes[0], axis };
    const place = k.gather(y, index, axis);
    const picked = k.cast(k.map(isPicked, [source, place]), g.dtype);
    const written = k.scatterAdd(k.cast(k.eq(index, index), g.dtype), index, attrs);
    const isOwn = includeSelf ? k.map(isPicked, [x, y]) : k.eq(written, 0);
    const own = k.cast(isOwn, g.dtype);
    const share = k.div(g, k.add(k.scatterAdd(picked, index, attrs), own));
    return [
      () => k.mul(share, own),
      () => g,
      () => k.mul(k.gather(share, index, axis), picked),
    ];
  },
  samples: (["max", "min"] as const).flatMap((kind) =>
    [true, false].map((includeSelf) => ({
      inputs: [sample([2, 3]), indices([2, 2], [0, 0, 2, 1]), sample([2, 2])],
      attrs: { axis: 1, kind, includeSelf },
    }))
  ),
});

/** Zeros with `source[i, j]` added at `[i, index[i, j]]` (for axis 1). */
export const scatterAdd: Op<PlaceAttrs> = op({
  name: "scatterAdd",
  reads: [[1]],
  forward(k, [source, index], { shape, axis }) {
    checkIndexShape("scatterAdd", index.shape, shape, axis);
    return k.scatterAdd(shape, readIndex(k, "scatterAdd", index, shape, axis), source, axis);
  },
  backward: (k, g, { inputs: [, index], attrs: { axis } }) => [() => k.gather(g, index, axis)],
  samples: [{
    inputs: [sample([2, 2]), indices([2, 2], [0, 0, 2, 1])],
    attrs: { shape: [2, 3], axis: 1 },
  }],
});

/** `result[i, j] = x[i, index[j]]` (for axis 1). */
export const indexSelect: Op<number> = op({
  name: "indexSelect",
  reads: [[1]],
  forward: (k, [x, index], axis) =>
    k.indexSelect(x, readIndex(k, "indexSelect", index, x.shape, axis), axis),
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs: axis }) => [
    () => k.indexAdd(g, index, { shape, axis }),
  ],
  samples: [
    { inputs: [sample([4, 3]), indices([3], [3, 0, 3])], attrs: 0 },
    { inputs: [sample([2, 4, 3]), indices([3], [3, 0, 3])], attrs: 1 },
    { inputs: [sample([4, 3]), indices([0], [])], attrs: 1 },
  ],
});

/** Zeros with `source[i, j]` added at `[i, index[j]]` (for axis 1). */
export const indexAdd: Op<PlaceAttrs> = op({
  name: "indexAdd",
  reads: [[1]],
  forward: (k, [source, index], { shape, axis }) =>
    k.indexAdd(shape, readIndex(k, "indexAdd", index, shape, axis), source, axis),
  backward: (k, g, { inputs: [, index], attrs: { axis } }) => [
    () => k.indexSelect(g, index, axis),
  ],
  samples: [{
    inputs: [sample([3, 3]), indices([3], [3, 0, 3])],
    attrs: { shape: [4, 3], axis: 0 },
  }],
});

/** Row-major positions of the elements that are not zero. */
export const nonzero: Op<void> = op({
  name: "nonzero",
  forward: (k, [x]) => k.nonzero(x),
  samples: [{ inputs: [indices([2, 3], [0, 1, 1, 0, 0, 1])] }],
});

/** Options of `embedding`. */
interface EmbeddingAttrs {
  /** The row that gets no gradient, if any. */
  readonly padding: number | null;
  /** Average the gradients of a row instead of adding them up. */
  readonly byFrequency: boolean;
}

/**
 * y[i] = weight[index[i]]; rows numbered `padding` get no gradient.
 *
 * Gradients of that row are set to 0 before they are added up, which costs one pass over g.
 */
export const embedding: Op<EmbeddingAttrs> = op({
  name: "embedding",
  reads: [[1]],
  forward: (k, [weight, index]) =>
    k.indexSelect(weight, readIndex(k, "embed", index, weight.shape, 0), 0),
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs }) => [() => {
    const { padding, byFrequency } = attrs;
    const column = [g.shape[0], 1];
    let rows = g;
    if (padding !== null) rows = k.where(k.reshape(k.eq(index, padding), column), 0, rows);
    if (byFrequency) {
      const once = k.cast(k.eq(index, index), g.dtype);
      const counts = k.indexAdd(once, index, { shape: [shape[0]], axis: 0 });
      rows = k.div(rows, k.reshape(k.indexSelect(counts, index, 0), column));
    }
    return k.indexAdd(rows, index, { shape, axis: 0 });
  }],
  samples: [
    {
      inputs: [sample([4, 2]), indices([3], [3, 0, 3])],
      attrs: { padding: null, byFrequency: false },
    },
    {
      // Only where no row repeats is the average the derivative.
      inputs: [sample([4, 2]), indices([3], [3, 0, 1])],
      attrs: { padding: null, byFrequency: true },
    },
  ],
});

export const slice: Op<readonly Span[]> = op({
  name: "slice",
  forward: (_, [x], spans) => viewSlice(x, spans),
  backward: (k, g, { shapes: [shape], attrs: spans }) => [() => k.pad(g, { shape, spans })],
  samples: [
    {
      inputs: [sample([3, 5])],
      attrs: [{ start: 1, step: 1, length: 2 }, { start: 4, step: -2, length: 3 }],
    },
    { inputs: [sample([3])], attrs: [{ start: 3, step: 1, length: 0 }] },
  ],
});

/** `x` with `value` written at spans; overwritten elements get no gradient. */
export const assign: Op<readonly Span[]> = op({
  name: "assign",
  arity: 2,
  forward(k, [x, value]: readonly [NDArray, Operand<NDArray>], spans) {
    const result = copy(k, x);
    assignInto(k, value, result, spans);
    return result;
  },
  into: (k, [, value], out, spans) => assignInto(k, value, out, spans),
  backward: (k, g, { attrs: spans }) => [
    () => k.assign(g, 0, spans),
    () => k.slice(g, spans),
  ],
  samples: [sample([2, 2]), sample([2, 1]), sample([]), 5].map((value) => ({
    inputs: [sample([2, 3]), value],
    attrs: [{ start: 0, step: 1, length: 2 }, { start: 2, step: -2, length: 2 }],
  })),
});

function assignInto(
  k: Kernels,
  value: Operand<NDArray>,
  out: NDArray,
  spans: readonly Span[],
): void {
  if (typeof value !== "number") checkInPlaceDtype("assign", value.dtype, out.dtype);
  write(k, value, viewSlice(out, spans));
}

/**
 * Ops that move elements without changing them. The first ones copy nothing.
 *
 * @module
 */

import { type DType, promote } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { MapOperand } from "../kernels/kernels.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { type Span, viewExpand, viewPermute, viewReshape, viewSlice } from "../storage/views.ts";
import { copy, write } from "./copy.ts";
import { checkInto } from "./elementwise.ts";
import { type Op, op, sample } from "./op.ts";

function zeros(shape: Shape, dtype: DType): NDArray {
  arena.begin();
  const result = NDArray.allocate(shape, dtype);
  result.values().fill(0);
  return result;
}

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

/** The engine sums what was repeated, as it does for every broadcast input. */
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

/** Where `pad` puts its input. */
export interface PadAttrs {
  readonly shape: Shape;
  readonly spans: readonly Span[];
}

export const pad: Op<PadAttrs> = op({
  name: "pad",
  forward(k, [x], { shape, spans }) {
    const result = zeros(shape, x.dtype);
    write(k, x, viewSlice(result, spans));
    return result;
  },
  backward: (k, g, { attrs: { spans } }) => [() => k.slice(g, spans)],
  samples: [{
    inputs: [sample([2])],
    attrs: { shape: [5], spans: [{ start: 1, step: 2, length: 2 }] },
  }],
});

/** `x` with `value` written at spans; what is overwritten gets no gradient. */
export const assign: Op<readonly Span[]> = op<
  readonly Span[],
  readonly [NDArray, MapOperand]
>({
  name: "assign",
  arity: 2,
  forward(k, [x, value], spans) {
    const result = copy(k, x);
    const target = viewSlice(result, spans);
    checkValue(value, target);
    write(k, value, target);
    return result;
  },
  into(k, [, value], out, spans) {
    const target = viewSlice(out, spans);
    checkValue(value, target);
    write(k, value, target);
  },
  backward: (k, g, { attrs: spans }) => [
    () => k.assign(g, 0, spans),
    () => k.slice(g, spans),
  ],
  samples: [sample([2, 2]), sample([2, 1]), sample([]), 5].map((value) => ({
    inputs: [sample([2, 3]), value],
    attrs: [{ start: 0, step: 1, length: 2 }, { start: 2, step: -2, length: 2 }],
  })),
});

function checkValue(value: MapOperand, target: NDArray): void {
  if (typeof value !== "number") checkInto("assign", value.shape, value.dtype, target);
}

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
    const shape = checkCat(inputs, axis);
    const dtype = inputs.map((x) => x.dtype).reduce(promote);
    arena.begin();
    const result = NDArray.allocate(shape, dtype);
    forEachPart(inputs.map((x) => x.shape), axis, (spans, i) => {
      write(k, inputs[i], viewSlice(result, spans));
    });
    return result;
  },
  backward(k, g, { shapes, attrs: axis }) {
    const gradients: (() => typeof g)[] = [];
    forEachPart(shapes, axis, (spans) => gradients.push(() => k.slice(g, spans)));
    return gradients;
  },
  samples: [
    { inputs: [sample([2, 3]), sample([2, 1]), sample([2, 2])], attrs: 1 },
    { inputs: [sample([0, 2]), sample([3, 2])], attrs: 0 },
  ],
});

/** Calls `visit` with the place of each part in the whole. */
function forEachPart(
  shapes: readonly Shape[],
  axis: number,
  visit: (spans: Span[], i: number) => void,
): void {
  let start = 0;
  shapes.forEach((shape, i) => {
    const spans = shape.map((length, a) => ({ start: a === axis ? start : 0, step: 1, length }));
    visit(spans, i);
    start += shape[axis];
  });
}

function checkCat(inputs: readonly NDArray[], axis: number): number[] {
  const first = inputs[0].shape;
  const result = [...first];
  for (const { shape } of inputs.slice(1)) {
    if (shape.length !== first.length || shape.some((n, i) => i !== axis && n !== first[i])) {
      throw new ShapeError(
        `Cannot cat ${formatShape(first)} and ${
          formatShape(shape)
        } along axis ${axis}: all other ` +
          `sizes must match`,
        first,
        shape,
      );
    }
    result[axis] += shape[axis];
  }
  return result;
}

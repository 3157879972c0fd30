/**
 * Ops that pick elements by index, and their transposes, which add elements up by index.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { RawArray } from "../storage/raw_array.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { copy } from "./copy.ts";
import type { PlaceAttrs } from "./language.ts";
import { indices, type Op, op, sample } from "./op.ts";

/** `result[i, j] = x[i, index[i, j]]` (for axis 1). */
export const gather: Op<number> = op<number>({
  name: "gather",
  reads: [[1]],
  forward(k, [x, index], axis) {
    checkGather("gather", x.shape, index, axis);
    return k.gather(x, checkIndex(k, "gather", index, x.shape, axis), axis);
  },
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs: axis }) => [
    () => k.scatterAdd(g, index, { shape, axis }),
  ],
  samples: [{ inputs: [sample([2, 3]), indices([2, 2], [0, 0, 2, 1])], attrs: 1 }],
});

/** Zeros with `source[i, j]` added at `[i, index[i, j]]` (for axis 1). */
export const scatterAdd: Op<PlaceAttrs> = op<PlaceAttrs>({
  name: "scatterAdd",
  reads: [[1]],
  forward(k, [source, index], { shape, axis }) {
    checkGather("scatterAdd", shape, index, axis);
    return k.scatterAdd(shape, checkIndex(k, "scatterAdd", index, shape, axis), source, axis);
  },
  backward: (k, g, { inputs: [, index], attrs: { axis } }) => [() => k.gather(g, index, axis)],
  samples: [{
    inputs: [sample([2, 2]), indices([2, 2], [0, 0, 2, 1])],
    attrs: { shape: [2, 3], axis: 1 },
  }],
});

/** `result[i, j] = x[i, index[j]]` (for axis 1). */
export const indexSelect: Op<number> = op<number>({
  name: "indexSelect",
  reads: [[1]],
  forward: (k, [x, index], axis) =>
    k.indexSelect(x, checkIndex(k, "indexSelect", index, x.shape, axis), axis),
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs: axis }) => [
    () => k.indexAdd(g, index, { shape, axis }),
  ],
  samples: [{ inputs: [sample([4, 3]), indices([3], [3, 0, 3])], attrs: 0 }],
});

/** Zeros with `source[i, j]` added at `[i, index[j]]` (for axis 1). */
export const indexAdd: Op<PlaceAttrs> = op<PlaceAttrs>({
  name: "indexAdd",
  reads: [[1]],
  forward: (k, [source, index], { shape, axis }) =>
    k.indexAdd(shape, checkIndex(k, "indexAdd", index, shape, axis), source, axis),
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
  samples: [{ inputs: [indices([2, 3], [0, 1, 1, 0, 0, 1])], attrs: undefined }],
});

/** `index` as contiguous int32, all of it within axis `axis` of `shape`. */
function checkIndex(
  k: Kernels,
  name: string,
  index: RawArray,
  shape: Shape,
  axis: number,
): RawArray {
  if (index.dtype !== "int32" && index.dtype !== "uint8") {
    throw new DTypeError(
      `Cannot ${name} with an index of dtype ${index.dtype}: convert it with .to("int32")`,
    );
  }
  const ready = index.dtype === "int32" && index.contiguous ? index : copy(k, index, "int32");
  arena.begin();
  arena.touch(ready.storage);
  const size = shape[axis];
  const values = ready.values();
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] < size) continue;
    throw new ShapeError(
      `Cannot ${name} index ${values[i]} from axis ${axis} of shape ${formatShape(shape)}: ` +
        `indices go from 0 to ${size - 1}`,
      shape,
    );
  }
  return ready;
}

function checkGather(name: string, shape: Shape, index: RawArray, axis: number): void {
  const fits = index.shape.length === shape.length &&
    index.shape.every((n, i) => i === axis || n <= shape[i]);
  if (fits) return;
  throw new ShapeError(
    `Cannot ${name} with an index of shape ${formatShape(index.shape)} over shape ` +
      `${formatShape(shape)}: the index needs as many axes, none longer except axis ${axis}`,
    shape,
    index.shape,
  );
}

/**
 * Picking elements by index, and adding to them.
 *
 * The iterator stays at index 0 of the picked axis; the place from the index is then added.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { convert, toElement } from "./convert.ts";
import { StridedIterator } from "../strided_iterator.ts";
import type { Shape } from "../../shape.ts";
import { arena } from "../../storage/arena.ts";
import { beginKernel, NDArray, touch } from "../../storage/ndarray.ts";

/** The reference indexing kernels. */
export const indexing: Pick<
  Kernels,
  | "gather"
  | "scatter"
  | "scatterExtreme"
  | "scatterAdd"
  | "indexSelect"
  | "indexAdd"
  | "areIndices"
  | "nonzero"
> = {
  gather: pick,

  scatter: (x, index, source, axis) => write(x, index, source, axis, (_, value) => value),

  scatterExtreme: (kind, x, index, source, axis) =>
    write(x, index, source, axis, kind === "max" ? Math.max : Math.min),

  scatterAdd: add,

  indexSelect(x, index, axis): NDArray {
    const shape = x.shape.length === 0 ? [] : x.shape.with(axis, index.shape[0]);
    return pick(x, alongAxis(index, shape, axis), axis);
  },

  indexAdd(shape, index, source, axis): NDArray {
    return add(shape, alongAxis(index, source.shape, axis), source, axis);
  },

  areIndices(x, size): boolean {
    arena.begin();
    touch(x);
    return x.values().every((index: number) => index >= 0 && index < size);
  },

  nonzero(x): NDArray {
    arena.begin();
    touch(x);
    const positions: number[] = [];
    const from = x.whole();
    const iterator = new StridedIterator(x.shape, [x]);
    for (let i = 0; i < x.size; i++, iterator.next()) {
      if (from[iterator.offsets[0]] !== 0) positions.push(i);
    }
    const out = NDArray.allocate([positions.length], "int32");
    out.values().set(positions);
    return out;
  },
};

function pick(x: NDArray, index: NDArray, axis: number): NDArray {
  const out = beginKernel([x, index], index.shape, x.dtype);
  const from = x.whole();
  const indices = index.whole();
  const to = out.values();
  const step = x.strides[axis] ?? 0;
  const iterator = new StridedIterator(index.shape, [standing(x, axis), index]);
  for (let i = 0; i < to.length; i++, iterator.next()) {
    to[i] = from[iterator.offsets[0] + indices[iterator.offsets[1]] * step];
  }
  return out;
}

/** A copy of `x` with `combine(old, value)` at the places in `index`. */
function write(
  x: NDArray,
  index: NDArray,
  source: NDArray,
  axis: number,
  combine: (old: number, value: number) => number,
): NDArray {
  const out = beginKernel([x, index, source], x.shape, x.dtype);
  const [from, indices, values] = [x.whole(), index.whole(), source.whole()];
  const to = out.whole();
  const all = new StridedIterator(x.shape, [x, out]);
  for (let i = 0; i < x.size; i++, all.next()) to[all.offsets[1]] = from[all.offsets[0]];
  const step = out.strides[axis] ?? 0;
  const iterator = new StridedIterator(index.shape, [standing(out, axis), index, source]);
  for (let i = 0; i < index.size; i++, iterator.next()) {
    const place = iterator.offsets[0] + indices[iterator.offsets[1]] * step;
    to[place] = combine(to[place], convert(values[iterator.offsets[2]], source.dtype, x.dtype));
  }
  return out;
}

function add(shape: Shape, index: NDArray, source: NDArray, axis: number): NDArray {
  const out = beginKernel([index, source], shape, source.dtype);
  const from = source.whole();
  const indices = index.whole();
  const to = out.whole().fill(0);
  const step = out.strides[axis] ?? 0;
  const iterator = new StridedIterator(index.shape, [standing(out, axis), index, source]);
  for (let i = 0; i < index.size; i++, iterator.next()) {
    const place = iterator.offsets[0] + indices[iterator.offsets[1]] * step;
    to[place] = toElement(to[place] + from[iterator.offsets[2]], out.dtype);
  }
  return out;
}

/** `x` with stride 0 along `axis`: an iterator over it stays at index 0. */
function standing(x: NDArray, axis: number): NDArray {
  const strides = x.strides.map((stride, other) => (other === axis ? 0 : stride));
  return new NDArray(x.storage, x.shape, strides, x.offset, x.dtype);
}

/** The 1-d `index`, laid along `axis` of `shape` and repeated along the others. */
function alongAxis(index: NDArray, shape: Shape, axis: number): NDArray {
  const strides = shape.map((_, other) => (other === axis ? index.strides[0] : 0));
  return new NDArray(index.storage, shape, strides, index.offset, index.dtype);
}

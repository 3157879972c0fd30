/**
 * Picking elements by index, and adding to them.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import { identity } from "../../formula.ts";
import type { Kernels } from "../../kernels.ts";
import { indexing as reference } from "../../reference/indexing.ts";
import {
  boundsKernel,
  type IndexedDType,
  indexingKernels,
  searchKernels,
} from "./indexing_kernels.ts";
import { maps, withContiguous } from "./map.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray } from "../../../storage/ndarray.ts";

type Selection = "gather" | "indexSelect";
type Writing = "scatter" | "scatterMax" | "scatterMin";
type Addition = "scatterAdd" | "indexAdd";

/** The indexing kernels, in WebAssembly where other axes of the operands match. */
export const indexing: Pick<
  Kernels,
  Selection | Addition | "scatter" | "scatterExtreme" | "areIndices" | "nonzero"
> = {
  gather(x, index, axis): NDArray {
    if (!isIndexed(x.dtype) || !matches(x.shape, index.shape, axis)) {
      return reference.gather(x, index, axis);
    }
    return select("gather", x.dtype, x, index, index.shape, axis);
  },

  scatter(x, index, source, axis): NDArray {
    if (!canWrite(x, index, source, axis)) return reference.scatter(x, index, source, axis);
    return write("scatter", x, index, source, axis);
  },

  scatterExtreme(kind, x, index, source, axis): NDArray {
    if (!canWrite(x, index, source, axis)) {
      return reference.scatterExtreme(kind, x, index, source, axis);
    }
    return write(kind === "max" ? "scatterMax" : "scatterMin", x, index, source, axis);
  },

  scatterAdd(shape, index, source, axis): NDArray {
    const fits = matches(shape, index.shape, axis) && matches(source.shape, index.shape, -1);
    if (!isIndexed(source.dtype) || !fits) return reference.scatterAdd(shape, index, source, axis);
    return add("scatterAdd", source.dtype, shape, index, source, axis);
  },

  indexSelect(x, index, axis): NDArray {
    if (!isIndexed(x.dtype) || x.shape.length === 0) return reference.indexSelect(x, index, axis);
    return select("indexSelect", x.dtype, x, index, x.shape.with(axis, index.size), axis);
  },

  indexAdd(shape, index, source, axis): NDArray {
    if (!isIndexed(source.dtype) || shape.length === 0) {
      return reference.indexAdd(shape, index, source, axis);
    }
    return add("indexAdd", source.dtype, shape, index, source, axis);
  },

  areIndices(x, size): boolean {
    arena.begin();
    arena.touch(x.storage);
    return boundsKernel()(x.ptr, x.size, size) === 0;
  },

  nonzero(x): NDArray {
    return withContiguous([x], ([dense]) => {
      const { count, positions } = searchKernels(x.dtype);
      const out = NDArray.allocate([count(dense.ptr, x.size)], "int32");
      positions(dense.ptr, out.ptr, out.ptr + 4 * out.size);
      return out;
    });
  },
};

function isIndexed(dtype: DType): dtype is IndexedDType {
  return dtype === "float32" || dtype === "float64" || dtype === "int32";
}

/** Returns true if two shapes differ at most in `axis`. */
function matches(a: Shape, b: Shape, axis: number): boolean {
  return a.length > 0 && a.length === b.length && a.every((n, i) => i === axis || n === b[i]);
}

/** Returns true if `write` can write `source` into a copy of `x`. */
function canWrite(x: NDArray, index: NDArray, source: NDArray, axis: number): boolean {
  return isIndexed(x.dtype) && source.dtype === x.dtype && matches(x.shape, index.shape, axis);
}

/** A copy of `x`, with the elements of `source` written at the places in `index`. */
function write(
  name: Writing,
  x: NDArray,
  index: NDArray,
  source: NDArray,
  axis: number,
): NDArray {
  const out = maps.map(identity, [x], x.shape, x.dtype, x.dtype);
  return withContiguous([out, index, source], ([whole, places, part]) => {
    runKernel(name, x.dtype as IndexedDType, x.shape, axis, whole, places, part);
    return whole;
  });
}

/** A new array of `shape` with the elements of `x` that `index` names. */
function select(
  name: Selection,
  dtype: IndexedDType,
  x: NDArray,
  index: NDArray,
  shape: Shape,
  axis: number,
): NDArray {
  return withContiguous([x, index], ([whole, places]) => {
    const out = NDArray.allocate(shape, dtype);
    runKernel(name, dtype, x.shape, axis, whole, places, out);
    return out;
  });
}

/** Zeros of `shape`, with the elements of `source` added at the places in `index`. */
function add(
  name: Addition,
  dtype: IndexedDType,
  shape: Shape,
  index: NDArray,
  source: NDArray,
  axis: number,
): NDArray {
  return withContiguous([index, source], ([places, part]) => {
    const out = NDArray.allocate(shape, dtype);
    runKernel(name, dtype, shape, axis, out, places, part);
    return out;
  });
}

/** Runs the kernel `name`; `shape` is that of `whole`. Threads share the axes before `axis`. */
function runKernel(
  name: Selection | Addition | Writing,
  dtype: IndexedDType,
  shape: Shape,
  axis: number,
  whole: NDArray,
  index: NDArray,
  part: NDArray,
): void {
  const kernel = indexingKernels(dtype)[name];
  const { bytes } = DTYPES[dtype];
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const count = part.shape[axis];
  const [wholeStep, partStep] = [shape[axis] * inner * bytes, count * inner * bytes];
  const isByElement = name === "gather" || name.startsWith("scatter");
  const indexStep = isByElement ? count * inner * 4 : 0;
  parallel(threadsFor(part.size * NANOSECONDS.element, outer), outer, (first, last, call) => {
    call(
      ...[kernel, last - first, shape[axis], count, inner, whole.ptr + first * wholeStep] as const,
      ...[index.ptr + first * indexStep, part.ptr + first * partStep],
    );
  });
}

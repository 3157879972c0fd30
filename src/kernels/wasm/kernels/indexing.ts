/**
 * Picking elements by index, and adding to them.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { indexing as reference } from "../../reference/indexing.ts";
import { type IndexedDType, indexingKernels } from "./indexing_kernels.ts";
import { makeContiguous } from "./map.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { type Shape, sizeOf } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";

type Name = "gather" | "scatterAdd" | "indexSelect" | "indexAdd";

/** The indexing kernels, in WebAssembly where other axes of the operands match. */
export const indexing: Pick<Kernels, Name | "nonzero"> = {
  gather(x, index, axis): NDArray {
    const { dtype } = x;
    if (!isIndexed(dtype) || !matches(x.shape, index.shape, axis)) {
      return reference.gather(x, index, axis);
    }
    return withDense([x, index], ([whole, places]) => {
      const out = NDArray.allocate(index.shape, dtype);
      run("gather", dtype, x.shape, axis, whole, places, out);
      return out;
    });
  },

  scatterAdd(shape, index, source, axis): NDArray {
    const { dtype } = source;
    const fits = matches(shape, index.shape, axis) && matches(source.shape, index.shape, -1);
    if (!isIndexed(dtype) || !fits) return reference.scatterAdd(shape, index, source, axis);
    return withDense([index, source], ([places, part]) => {
      const out = NDArray.allocate(shape, dtype);
      run("scatterAdd", dtype, shape, axis, out, places, part);
      return out;
    });
  },

  indexSelect(x, index, axis): NDArray {
    const { dtype } = x;
    if (!isIndexed(dtype) || x.shape.length === 0) return reference.indexSelect(x, index, axis);
    return withDense([x, index], ([whole, places]) => {
      const out = NDArray.allocate(x.shape.with(axis, index.size), dtype);
      run("indexSelect", dtype, x.shape, axis, whole, places, out);
      return out;
    });
  },

  indexAdd(shape, index, source, axis): NDArray {
    const { dtype } = source;
    if (!isIndexed(dtype) || shape.length === 0) {
      return reference.indexAdd(shape, index, source, axis);
    }
    return withDense([index, source], ([places, part]) => {
      const out = NDArray.allocate(shape, dtype);
      run("indexAdd", dtype, shape, axis, out, places, part);
      return out;
    });
  },

  nonzero(x): NDArray {
    return withDense([x], ([dense]) => {
      let count = 0;
      const values = dense.values();
      for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
      const out = NDArray.allocate([count], "int32");
      const positions = out.values();
      // The allocation may have moved the memory.
      const current = dense.values();
      for (let i = 0, at = 0; i < current.length; i++) if (current[i] !== 0) positions[at++] = i;
      return out;
    });
  },
};

function isIndexed(dtype: DType): dtype is IndexedDType {
  return dtype === "float32" || dtype === "float64" || dtype === "int32";
}

/** Whether two shapes differ at most in `axis`. */
function matches(a: Shape, b: Shape, axis: number): boolean {
  return a.length > 0 && a.length === b.length && a.every((n, i) => i === axis || n === b[i]);
}

/** Runs `kernel` on contiguous forms of `arrays`; copies that this took are gone afterwards. */
function withDense(arrays: NDArray[], kernel: (dense: NDArray[]) => NDArray): NDArray {
  const dense = arrays.map(makeContiguous);
  arena.begin();
  touch(...dense);
  const result = kernel(dense);
  dense.forEach((copy, i) => {
    if (copy !== arrays[i]) arena.dispose(copy.storage, "temporary");
  });
  return result;
}

/** Calls the kernel `name`, where `shape` is that of `whole`; threads share the axes before `axis`. */
function run(
  name: Name,
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
  const indexStep = name === "gather" || name === "scatterAdd" ? count * inner * 4 : 0;
  const threads = Math.max(1, Math.min(outer, threadsFor(part.size * NANOSECONDS.element)));
  parallel(threads, outer, (first, last, call) => {
    call(
      ...[kernel, last - first, shape[axis], count, inner, whole.ptr + first * wholeStep] as const,
      ...[index.ptr + first * indexStep, part.ptr + first * partStep],
    );
  });
}

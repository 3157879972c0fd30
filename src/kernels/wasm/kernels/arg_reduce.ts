/**
 * Where the largest or smallest element is.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import { reducedShape } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";
import type { Kernels } from "../../kernels.ts";
import { reductions as reference } from "../../reference/reduce.ts";
import { Assembler, instantiate } from "../assembler/assembler.ts";
import { loopUntil, when, words } from "../assembler/control.ts";
import { axisLast, makeContiguous } from "./map.ts";
import { loadNumber } from "../simd/elements.ts";
import type { Kernel } from "../threads/instances.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Searches. */
export const searches: Pick<Kernels, "argReduce"> = {
  argReduce(kind, x, axis, keepDims): NDArray {
    if (x.size === 0 || x.shape.length === 0) return reference.argReduce(kind, x, axis, keepDims);
    const moved = axisLast(x, axis);
    const dense = makeContiguous(moved);
    arena.begin();
    touch(dense);
    const out = NDArray.allocate(reducedShape(x.shape, [axis], keepDims), "int32");
    const search = kernelFor(kind, x.dtype);
    const rowBytes = x.shape[axis] * DTYPES[x.dtype].bytes;
    parallel(threadsFor(x.size * NANOSECONDS.search), out.size, (first, last, call) => {
      const [start, end] = [dense.ptr + first * rowBytes, out.ptr + first * 4];
      call(search, start, end, last - first, x.shape[axis]);
    });
    if (dense !== moved) arena.dispose(dense.storage, "temporary");
    return out;
  },
};

const cache: Kernel[] = [];

function kernelFor(kind: "max" | "min", dtype: DType): Kernel {
  return cache[DTYPES[dtype].rank * 2 + Number(kind === "max")] ??= writeSearch(kind, dtype);
}

/**
 * The function `(x, out, rows, columns)` that finds, in each row of a dense matrix, the first best
 * element or first NaN.
 */
function writeSearch(kind: "max" | "min", dtype: DType): Kernel {
  const assembler = new Assembler();
  assembler.func("search", words(4), "void", (f, x, out, rows, columns) => {
    const [row, column, place] = f.locals("i32", 3);
    const [best, value] = f.locals("f64", 2);
    const isBetter = kind === "max" ? f64.gt(value, best) : f64.lt(value, best);
    // Nothing compares with NaN, so the first one stays.
    const isFirstNaN = i32.and(f64.ne(value, value), f64.eq(best, best));
    return [
      loopUntil(row, rows, 1, [
        best.set(kind === "max" ? -Infinity : Infinity),
        place.set(0),
        column.set(0),
        loopUntil(column, columns, 1, [
          value.set(loadNumber(dtype, x)),
          when(i32.or(isBetter, isFirstNaN), [best.set(value), place.set(column)]),
          x.set(i32.add(x, DTYPES[dtype].bytes)),
        ]),
        i32.store(out, place),
        out.set(i32.add(out, 4)),
      ]),
    ];
  });
  return instantiate(assembler.bytes()).search;
}

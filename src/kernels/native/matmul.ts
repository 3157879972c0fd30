/**
 * Matrix products by a library, on the tensor memory.
 *
 * A library reads a matrix whose rows or whose columns are dense, so transposed operands and parts of
 * matrices need no copy. Products too small to be worth a call stay in WebAssembly.
 *
 * Threads share a large product as our own products do: each has a part of the result, and lets the
 * library compute it on that thread. So one set of threads does all work. The parts follow from the
 * shapes and from the number of threads that is set, not from how many are free: a library may add up
 * in another order when a part has another size.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../../dtype.ts";
import { KernelError } from "../../errors.ts";
import { arena } from "../../storage/arena.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";
import type { Kernels } from "../kernels.ts";
import { makeContiguous } from "../wasm/kernels/map.ts";
import { cuts, matrixStarts, oneMatrix } from "../wasm/kernels/matmul.ts";
import { wasm } from "../wasm/mod.ts";
import { FLOAT_LANES } from "../wasm/simd/lanes.ts";
import { mostThreads, parallel, threadsFor } from "../wasm/threads/pool.ts";
import { type Blas, FORM, memoryBase } from "./blas.ts";
import { copyKernels } from "./copies.ts";

/** The least work for which a library is called. */
export const WORTH = {
  /** Multiplications of a product. With fewer, the call costs more than the library saves. */
  call: 16384,
};

/** Nanoseconds of a multiplication and an addition on one thread. */
export const NANOSECONDS: Readonly<Record<FloatDType, number>> = { float32: 0.02, float64: 0.04 };

/** Parts of a result begin at multiples of this many rows or columns, as tiles of libraries do. */
const UNIT = 16;

/** The products, by a library where they are large enough. */
export function products(blas: Blas): Pick<Kernels, "matmul"> {
  return {
    matmul(a, b, bias): NDArray {
      const { dtype } = a;
      const rank = a.shape.length;
      const [m, k, n] = [a.shape[rank - 2], a.shape[rank - 1], b.shape[b.shape.length - 1]];
      if (!isFloat(dtype) || m * k * n < WORTH.call || a.size === 0) return wasm.matmul(a, b, bias);
      const [left, right] = [readable(a), readable(b)];
      const out = beginKernel([left, right, bias], a.shape.with(-1, n), dtype);
      multiply(blas, oneMatrix(left, right) ?? left, right, bias, out, dtype);
      if (left !== a) arena.free(left.storage, "temporary");
      if (right !== b) arena.free(right.storage, "temporary");
      return out;
    },
  };
}

/** The way in which a matrix is stored. */
interface Layout {
  readonly byColumns: boolean;
  /** Elements from row to row, or from column to column. */
  readonly step: number;
}

/** The layout of the matrices of `x`; null if neither their rows nor their columns are dense. */
function layoutOf({ shape, strides }: NDArray): Layout | null {
  const last = shape.length - 1;
  const [rows, columns] = [shape[last - 1], shape[last]];
  const [rowStep, columnStep] = [strides[last - 1], strides[last]];
  const fits = (inner: number, size: number, outer: number, count: number): boolean =>
    (inner === 1 || size === 1) && (outer >= size || count === 1);
  if (fits(columnStep, columns, rowStep, rows)) {
    return { byColumns: false, step: rows === 1 ? columns : rowStep };
  }
  if (fits(rowStep, rows, columnStep, columns)) {
    return { byColumns: true, step: columns === 1 ? rows : columnStep };
  }
  return null;
}

/** `x`, or a dense copy if no library could read it. */
function readable(x: NDArray): NDArray {
  return layoutOf(x) !== null ? x : makeContiguous(x);
}

/**
 * Makes sure that a view lies within its storage, and the storage in the memory. So no product can
 * read or write anything else: a library does not check.
 *
 * @throws {KernelError} if it does not
 */
export function checkInside({ storage, shape, strides, offset, dtype }: NDArray): void {
  let [first, last] = [offset, offset];
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = (shape[axis] - 1) * strides[axis];
    if (reach < 0) first += reach;
    else last += reach;
  }
  const bytes = FLOAT_LANES[dtype as FloatDType].bytes;
  if (first >= 0 && (last + 1) * bytes <= storage.bytes && storage.ptr > 0) return;
  throw new KernelError(
    `Cannot pass elements ${first} to ${last} to a library: ${storage.origin} has ` +
      `${storage.bytes / bytes}; please report this as a bug`,
  );
}

/** Writes `a · b + bias` to the dense array `out`. */
function multiply(
  blas: Blas,
  a: NDArray,
  b: NDArray,
  bias: NDArray | null,
  out: NDArray,
  dtype: FloatDType,
): void {
  checkInside(a);
  checkInside(b);
  const { bytes } = FLOAT_LANES[dtype];
  const gemm = blas.gemm[dtype];
  const rank = a.shape.length;
  const [m, k, n] = [a.shape[rank - 2], a.shape[rank - 1], out.shape[out.shape.length - 1]];
  const [left, right] = [layoutOf(a)!, layoutOf(b)!];
  const form = (left.byColumns ? FORM.leftByColumns : 0) |
    (right.byColumns ? FORM.rightByColumns : 0) | (bias === null ? 0 : FORM.adds);
  const [high, low] = memoryBase();
  const biasStep = bias === null ? 0 : bias.strides[0] * bytes;
  const batch = out.size / (m * n);
  const work = blas.isSingleThreaded ? out.size * k * NANOSECONDS[dtype] : 0;
  const [rowCuts, columnCuts] = cutMatrix(m, k, n, batch, work);
  const [rowParts, columnParts] = [rowCuts.length - 1, columnCuts.length - 1];
  const items = batch * rowParts * columnParts;
  if (items === 1) {
    if (bias !== null) {
      copyKernels(dtype).copyBlock(1, m, n, bias.ptr, 0, 0, biasStep, out.ptr, 0, n * bytes, bytes);
    }
    gemm(form, m, k, n, a.ptr, left.step, b.ptr, right.step, out.ptr, n, high, low);
    return;
  }
  const [rowStep, columnStep] = [left.byColumns ? 1 : left.step, right.byColumns ? right.step : 1];
  const starts = matrixStarts(a, b);
  parallel(threadsFor(work), items, (first, last, call) => {
    for (let item = first; item < last; item++) {
      const matrix = Math.floor(item / (rowParts * columnParts));
      const [i, j] = [Math.floor(item / columnParts) % rowParts, item % columnParts];
      const [row, column] = [rowCuts[i], columnCuts[j]];
      const [rows, columns] = [rowCuts[i + 1] - row, columnCuts[j + 1] - column];
      const to = out.ptr + ((matrix * m + row) * n + column) * bytes;
      if (bias !== null) {
        const from = bias.ptr + column * biasStep;
        call(
          copyKernels(dtype).copyBlock,
          1,
          rows,
          columns,
          from,
          0,
          0,
          biasStep,
          to,
          0,
          n * bytes,
          bytes,
        );
      }
      const rowAt = starts[0][matrix] + row * rowStep * bytes;
      const columnAt = starts[1][matrix] + column * columnStep * bytes;
      const operands = [rowAt, left.step, columnAt, right.step] as const;
      call(gemm, form, rows, k, columns, ...operands, to, n, high, low);
    }
  });
}

/** Up to this many matrices for each thread, a remainder leaves too many threads idle. */
const FEW = 8;

/** Elements of the right operand that are packed in the time in which one more part of a row starts. */
const ROW_START = 600;

/**
 * Cuts the rows or the columns of each matrix, so that there are parts for all threads that are set.
 *
 * If rows are cut, each thread packs the whole right operand; if columns are cut, each thread goes
 * through all rows of the left one and of the result.
 */
function cutMatrix(
  m: number,
  k: number,
  n: number,
  batch: number,
  work: number,
): [rows: number[], columns: number[]] {
  const threads = mostThreads(work);
  if (batch % threads === 0 || batch > FEW * threads) return [[0, m], [0, n]];
  const byRows = n * k <= m * ROW_START;
  return byRows ? [cuts(m, threads, UNIT), [0, n]] : [[0, m], cuts(n, threads, UNIT)];
}

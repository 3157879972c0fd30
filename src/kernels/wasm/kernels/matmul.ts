/**
 * Matrix products on the tensor memory.
 *
 * @module
 */

import { DTYPES, type FloatDType, isFloat } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { products as reference } from "../../reference/matmul.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import { areRows, multiplyRows } from "./dots.ts";
import { kernelsForProducts } from "./fast_math.ts";
import { emitGemm, leftScratch, rightScratch } from "./gemm.ts";
import { withContiguous } from "./map.ts";
import { PANEL } from "./panel.ts";
import { areSmall, multiplySmall } from "./small_products.ts";
import { copyVector, Scratch } from "../scratch.ts";
import { FLOAT_LANES, type Lanes } from "../simd/lanes.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { beginKernel, type NDArray } from "../../../storage/ndarray.ts";
import { viewPermute, viewReshape } from "../../../storage/views.ts";

/** The function of `emitGemm` for elements of a dtype. */
const kernelsFor = kernelsForProducts((lanes) => ({
  gemm: (assembler) => emitGemm(assembler, lanes),
}));

/** The product, in SIMD for floats. */
export const products: Pick<Kernels, "matmul"> = {
  matmul(a, b, bias): NDArray {
    const { dtype } = a;
    if (!isFloat(dtype) || a.shape[a.shape.length - 1] === 0) return reference.matmul(a, b, bias);
    const shape = a.shape.with(-1, b.shape[b.shape.length - 1]);
    if (areRows(a, b)) {
      return withContiguous([b], ([right]) => {
        const out = beginKernel([a, right, bias], shape, dtype);
        multiplyRows(a, right, bias, out);
        return out;
      });
    }
    const out = beginKernel([a, b, bias], shape, dtype);
    if (areColumns(a, b) && bias === null) {
      const [row, matrix] = [b, a].map((x) => viewPermute(x, [1, 0]));
      multiply(row, matrix, null, viewReshape(out, [1, out.size])!, dtype);
    } else if (out.size > 0) multiply(oneMatrix(a, b) ?? a, b, bias, out, dtype);
    return out;
  },
};

/** Returns true if `a` has dense columns and `b` is a vector: they are read in place as `bᵀ · aᵀ`. */
function areColumns({ shape, strides }: NDArray, b: NDArray): boolean {
  return shape.length === 2 && b.shape[1] === 1 && shape[0] > 1 && strides[0] === 1;
}

/** All matrices of `a` as one tall matrix, if they meet the same matrix of `b`; otherwise null. */
export function oneMatrix(a: NDArray, b: NDArray): NDArray | null {
  if (a.shape.length === 2) return a;
  for (let axis = 0; axis < b.shape.length - 2; axis++) {
    if (b.strides[axis] !== 0 && b.shape[axis] !== 1) return null;
  }
  const k = a.shape[a.shape.length - 1];
  return viewReshape(a, [a.size / k, k]);
}

function multiply(
  a: NDArray,
  b: NDArray,
  bias: NDArray | null,
  out: NDArray,
  dtype: FloatDType,
): void {
  const lanes = FLOAT_LANES[dtype];
  const { bytes } = lanes;
  const { gemm } = kernelsFor(dtype);
  const rank = a.shape.length;
  const [m, k, n] = [a.shape[rank - 2], a.shape[rank - 1], out.shape[out.shape.length - 1]];
  const [aRow, aColumn] = [rowStep(a, bytes), columnStep(a, bytes)];
  const [bRow, bColumn] = [rowStep(b, bytes), columnStep(b, bytes)];
  const cRow = n * bytes;
  const batch = out.size / (m * n);
  if (bias === null && areSmall(batch, m, k, n)) {
    return multiplySmall(out, [m, k, n], matrixStarts(a, b), [aRow, aColumn], [bRow, bColumn]);
  }
  const threads = threadsFor(out.size * k * NANOSECONDS.product[dtype]);
  const biasBytes = bias === null ? 0 : n * bytes;
  if (threads === 1 && batch === 1) {
    const right = rightScratch(lanes, k, n);
    const scratch = new Scratch(biasBytes, right, leftScratch(lanes, m, k, aColumn));
    const [biasRow, packedRight, packedLeft] = scratch.at;
    if (bias !== null) copyVector(bias, biasRow);
    const biasAt = bias === null ? 0 : biasRow;
    // deno-fmt-ignore -- as the list of parameters
    gemm(
      m, k, n, a.ptr, aRow, aColumn, b.ptr, bRow, bColumn, out.ptr, cRow,
      biasAt, packedRight, packedLeft,
    );
    return scratch.free();
  }
  const [rowCuts, columnCuts] = cutMatrix(m, n, batch, threads, lanes, aColumn === bytes);
  const [rowParts, columnParts] = [rowCuts.length - 1, columnCuts.length - 1];
  const scratch = new Scratch(
    biasBytes,
    ...new Array(threads).fill(rightScratch(lanes, k, columnCuts[1])),
    ...new Array(threads).fill(leftScratch(lanes, rowCuts[1], k, aColumn)),
  );
  const [biasRow, ...packed] = scratch.at;
  if (bias !== null) copyVector(bias, biasRow);
  const starts = matrixStarts(a, b);
  parallel(threads, batch * rowParts * columnParts, (first, last, call, thread) => {
    for (let item = first; item < last; item++) {
      const matrix = Math.floor(item / (rowParts * columnParts));
      // Only rows or only columns are cut.
      const [i, j] = [item % rowParts, item % columnParts];
      const [row, column] = [rowCuts[i], columnCuts[j]];
      call(
        ...[gemm, rowCuts[i + 1] - row, k, columnCuts[j + 1] - column] as const,
        ...[starts[0][matrix] + row * aRow, aRow, aColumn],
        ...[starts[1][matrix] + column * bColumn, bRow, bColumn],
        ...[out.ptr + (matrix * m + row) * cRow + column * bytes, cRow],
        bias === null ? 0 : biasRow + column * bytes,
        ...[packed[thread], packed[threads + thread]],
      );
    }
  });
  scratch.free();
}

/** Up to this many matrices for each thread, a remainder leaves too many threads idle. */
const FEW = 8;

/**
 * Cuts the rows or the columns of each matrix, so that there is work for all threads.
 *
 * If columns are cut, each thread packs its own part of the right operand, and no thread packs the left
 * one if its rows are dense. So columns are cut, unless there are too few of them, or a left operand
 * that must be packed is the larger one.
 */
function cutMatrix(
  m: number,
  n: number,
  batch: number,
  threads: number,
  lanes: Lanes,
  isDense: boolean,
): [rows: number[], columns: number[]] {
  if (batch % threads === 0 || batch > FEW * threads) return [[0, m], [0, n]];
  const byColumns = n >= threads * PANEL * lanes.count && (isDense || n >= m);
  return byColumns ? [[0, m], cuts(n, threads, lanes.count)] : [cuts(m, threads, 1), [0, n]];
}

/** The ends of `parts` or fewer parts of `size`, multiples of `unit`; the first is the largest. */
export function cuts(size: number, parts: number, unit: number): number[] {
  const units = Math.ceil(size / unit);
  const count = Math.min(parts, units);
  const cut = (i: number): number => Math.min(size, Math.ceil(units * i / count) * unit);
  return Array.from({ length: count + 1 }, (_, i) => cut(i));
}

/** The addresses of all matrices of `a` and of `b`. */
export function matrixStarts(a: NDArray, b: NDArray): [a: number[], b: number[]] {
  const starts: [number[], number[]] = [[], []];
  const iterator = new StridedIterator(a.shape.slice(0, -2), [a, b]);
  for (let i = a.size / (a.shape[a.shape.length - 2] * a.shape[a.shape.length - 1]); i > 0; i--) {
    [a, b].forEach((x, j) =>
      starts[j].push(x.storage.ptr + iterator.offsets[j] * DTYPES[x.dtype].bytes)
    );
    iterator.next();
  }
  return starts;
}

/** Bytes from row to row. */
function rowStep({ shape, strides }: NDArray, bytes: number): number {
  return strides[shape.length - 2] * bytes;
}

/** Bytes from column to column; an axis of size 1 is as good as a dense one. */
function columnStep({ shape, strides }: NDArray, bytes: number): number {
  const last = shape.length - 1;
  return shape[last] === 1 ? bytes : strides[last] * bytes;
}

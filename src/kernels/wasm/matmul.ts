/**
 * Matrix products on the tensor memory.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../../dtype.ts";
import { arena } from "../../storage/arena.ts";
import { RawArray, touch } from "../../storage/raw_array.ts";
import { viewReshape } from "../../storage/views.ts";
import type { Kernels } from "../kernels.ts";
import { products as reference } from "../reference/matmul.ts";
import { Walk } from "../reference/walk.ts";
import { Assembler, type Exports, instantiate } from "./assembler.ts";
import { FLOAT_LANES } from "./float_lanes.ts";
import { addGemm, gemmScratch } from "./gemm.ts";
import { copyVector, Scratch } from "./scratch.ts";

const compiled: Partial<Record<FloatDType, Exports>> = {};

/** The functions of `addGemm` for `dtype`. */
function kernelsFor(dtype: FloatDType): Exports {
  let exports = compiled[dtype];
  if (exports === undefined) {
    const assembler = new Assembler();
    addGemm(assembler, FLOAT_LANES[dtype]);
    exports = compiled[dtype] = instantiate(assembler.bytes());
  }
  return exports;
}

/** The product, in SIMD for floats. */
export const products: Pick<Kernels, "matmul"> = {
  matmul(a, b, bias): RawArray {
    const { dtype } = a;
    if (!isFloat(dtype) || a.shape[a.shape.length - 1] === 0) return reference.matmul(a, b, bias);
    arena.begin();
    touch(a, b);
    if (bias !== null) touch(bias);
    const out = RawArray.allocate(a.shape.with(-1, b.shape[b.shape.length - 1]), dtype);
    if (out.size > 0) multiply(oneMatrix(a, b) ?? a, b, bias, out, dtype);
    return out;
  },
};

/** All matrices of `a` as one tall matrix, if they meet the same matrix of `b`; otherwise null. */
function oneMatrix(a: RawArray, b: RawArray): RawArray | null {
  if (a.shape.length === 2) return a;
  for (let axis = 0; axis < b.shape.length - 2; axis++) {
    if (b.strides[axis] !== 0 && b.shape[axis] !== 1) return null;
  }
  const k = a.shape[a.shape.length - 1];
  return viewReshape(a, [a.size / k, k]);
}

function multiply(
  a: RawArray,
  b: RawArray,
  bias: RawArray | null,
  out: RawArray,
  dtype: FloatDType,
): void {
  const lanes = FLOAT_LANES[dtype];
  const { gemm } = kernelsFor(dtype);
  const rank = a.shape.length;
  const [m, k, n] = [a.shape[rank - 2], a.shape[rank - 1], out.shape[out.shape.length - 1]];
  const [aRow, aColumn] = matrixSteps(a, lanes.bytes);
  const [bRow, bColumn] = matrixSteps(b, lanes.bytes);
  const needs = gemmScratch(lanes, m, k, n, aColumn);
  const scratch = new Scratch(needs.right, needs.left, bias === null ? 0 : n * lanes.bytes);
  const [right, left, biasRow] = scratch.at;
  if (bias !== null) copyVector(bias, biasRow);
  const biasPtr = bias === null ? 0 : biasRow;
  const cRow = n * lanes.bytes;
  const walk = new Walk(a.shape.slice(0, -2), [a, b]);
  for (let c = out.ptr, end = c + out.size * lanes.bytes; c < end; c += m * cRow, walk.next()) {
    const aPtr = a.storage.ptr + walk.at[0] * lanes.bytes;
    const bPtr = b.storage.ptr + walk.at[1] * lanes.bytes;
    gemm(m, k, n, aPtr, aRow, aColumn, bPtr, bRow, bColumn, c, cRow, biasPtr, right, left);
  }
  scratch.dispose();
}

/** Bytes from row to row and from column to column; an axis of size 1 is as good as a dense one. */
function matrixSteps(x: RawArray, bytes: number): [row: number, column: number] {
  const rank = x.shape.length;
  const column = x.shape[rank - 1] === 1 ? 1 : x.strides[rank - 1];
  return [x.strides[rank - 2] * bytes, column * bytes];
}

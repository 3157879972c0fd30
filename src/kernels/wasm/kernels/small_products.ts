/**
 * Products of many small matrices in one call, where a call for each would take longer than its product.
 *
 * @module
 */

import { DTYPES, type FloatDType } from "../../../dtype.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Local } from "../assembler/code.ts";
import { loopUntil } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Most multiplications of a matrix; more are faster in vectors. */
const SMALL = 128;

/** Returns true if {@link multiplySmall} computes `count` products of `[m, k]` by `[k, n]`. */
export function areSmall(count: number, m: number, k: number, n: number): boolean {
  return count > 1 && m * k * n <= SMALL;
}

/** Distances between rows and columns, in bytes. */
type Steps = readonly [row: number, column: number];

/**
 * Multiplies the matrices of `[m, k]` and of `[k, n]` at the addresses `starts` into `out`. Products are added
 * in the order of k, as in products of large matrices.
 */
export function multiplySmall(
  out: NDArray,
  [m, k, n]: readonly [number, number, number],
  starts: readonly [a: readonly number[], b: readonly number[]],
  aSteps: Steps,
  bSteps: Steps,
): void {
  const dtype = out.dtype as FloatDType;
  const kernel = kernelFor(dtype);
  const count = starts[0].length;
  const table = new Scratch(8 * count);
  const [at] = table.at;
  for (let i = 0; i < count; i++) {
    wasmMemory.i32[at / 4 + 2 * i] = starts[0][i];
    wasmMemory.i32[at / 4 + 2 * i + 1] = starts[1][i];
  }
  const size = m * n * DTYPES[dtype].bytes;
  // Without vectors, a product takes about ten times as long.
  const threads = threadsFor(10 * out.size * k * NANOSECONDS.product[dtype]);
  parallel(threads, count, (first, last, call) => {
    const places = [at + 8 * first, out.ptr + first * size];
    call(kernel, last - first, ...places, m, k, n, ...aSteps, ...bSteps);
  });
  table.free();
}

const compiled: Partial<Record<FloatDType, Kernel>> = {};

/** `products(count, table, out, m, k, n, aRow, aColumn, bRow, bColumn)`; the table has pairs of addresses. */
function kernelFor(dtype: FloatDType): Kernel {
  const { bytes } = DTYPES[dtype];
  return compiled[dtype] ??= compile((assembler) => {
    assembler.procedure("products", 10, (f, count, table, out, m, k, n, ...steps) => {
      const [aRow, aColumn, bRow, bColumn] = steps;
      const [matrix, row, column, l, x, y, left, right] = f.locals("i32", 8);
      // Floats of both sizes have the same instructions.
      const { load, store, add, mul } = (dtype === "float32" ? f32 : f64) as typeof f64;
      const sum = f.local(dtype === "float32" ? "f32" : "f64") as Local<"f64">;
      return [loopUntil(matrix, count, 1, [
        left.set(i32.load(table)),
        row.set(0),
        loopUntil(row, m, 1, [
          right.set(i32.load(table, 4)),
          column.set(0),
          loopUntil(column, n, 1, [
            ...[x.set(left), y.set(right), sum.set(0), l.set(0)],
            loopUntil(l, k, 1, [
              sum.set(add(sum, mul(load(x), load(y)))),
              x.set(i32.add(x, aColumn)),
              y.set(i32.add(y, bRow)),
            ]),
            store(out, sum),
            out.set(i32.add(out, bytes)),
            right.set(i32.add(right, bColumn)),
          ]),
          left.set(i32.add(left, aRow)),
        ]),
        table.set(i32.add(table, 8)),
      ])];
    });
  }).products;
}

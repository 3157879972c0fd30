/**
 * Products of rows with a vector, where a product of matrices would spend its time on packing.
 *
 * @module
 */

import { DTYPES, type FloatDType } from "../../../dtype.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Body } from "../assembler/code.ts";
import { loopUntil, loopWhile, select } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { promotePair } from "../simd/elements.ts";
import { FLOAT_LANES, VECTOR } from "../simd/lanes.ts";
import { compile, type Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Shorter rows are multiplied as matrices. */
const SHORT = 16;

/** Elements of a piece of a single row: threads share the pieces. */
const PIECE = 32768;

/** Elements that are added up before their total is added in float64. */
const BLOCK = 4096;

/** Vectors that are loaded together, so that additions need not wait for each other. */
const ABREAST = 4;

/** Returns true if {@link multiplyRows} computes this product of two matrices, with a dense `b`. */
export function areRows({ size, shape, strides }: NDArray, b: NDArray): boolean {
  return size > 0 && shape.length === 2 && b.shape[1] === 1 && shape[1] >= SHORT &&
    strides[1] === 1;
}

/** Multiplies each row of `a [m, k]` by a dense `b [k, 1]` into `out [m, 1]`, with totals in float64. */
export function multiplyRows(a: NDArray, b: NDArray, bias: NDArray | null, out: NDArray): void {
  const dtype = a.dtype as FloatDType;
  const { bytes } = DTYPES[dtype];
  const [m, k] = a.shape;
  const pieces = Math.ceil(k / PIECE);
  const scratch = new Scratch(m * pieces * 8);
  const dots = kernelFor(dtype);
  parallel(threadsFor(m * k * NANOSECONDS.product[dtype]), m * pieces, (first, last, call) => {
    for (let item = first; item < last;) {
      const [row, piece] = [Math.floor(item / pieces), item % pieces];
      // Rows in one piece are one call, and so is each piece of a longer row.
      const rows = pieces === 1 ? last - item : 1;
      const start = piece * PIECE * bytes;
      const from = a.ptr + row * a.strides[0] * bytes + start;
      const length = Math.min(PIECE, k - piece * PIECE);
      const to = scratch.at[0] + item * 8;
      call(dots, rows, length, from, a.strides[0] * bytes, b.ptr + start, to);
      item += rows;
    }
  });
  const totals = new Float64Array(wasmMemory.memory.buffer, scratch.at[0], m * pieces);
  const added = bias === null ? 0 : bias.whole()[bias.offset];
  const results = out.values();
  for (let row = 0; row < m; row++) {
    let total = added;
    for (let piece = 0; piece < pieces; piece++) total += totals[row * pieces + piece];
    results[row] = total;
  }
  scratch.free();
}

const compiled: Partial<Record<FloatDType, Kernel>> = {};

/** Compiles `dots(rows, k, a, step, b, out)`: the products of each row with `b`, as float64. */
function kernelFor(dtype: FloatDType): Kernel {
  const lanes = FLOAT_LANES[dtype];
  const { bytes, count } = lanes;
  return compiled[dtype] ??= compile((assembler) => {
    assembler.procedure("dots", 6, (f, rows, k, a, step, b, out) => {
      const [row, left, block, x, y] = f.locals("i32", 5);
      const sums = f.locals("v128", ABREAST);
      const total = f.local("v128");
      const [sum] = sums;
      const forward = (elements: number): Body => [
        x.set(i32.add(x, elements * bytes)),
        y.set(i32.add(y, elements * bytes)),
        block.set(i32.sub(block, elements)),
      ];
      const add = (vectors: number): Body =>
        sums.slice(0, vectors).map((sum, i) => {
          const [p, q] = [x, y].map((at) => v128.load(at, i * VECTOR));
          return sum.set(lanes.multiplyAdd(p, q, sum));
        });
      const [s0, s1, s2, s3] = sums;
      return [
        loopUntil(row, rows, 1, [
          ...[x.set(a), y.set(b), left.set(k), total.set(f64x2.splat(f64.const(0)))],
          loopWhile(left, [
            block.set(select(left, i32.const(BLOCK), i32.ltU(left, BLOCK))),
            left.set(i32.sub(left, block)),
            ...sums.map((sum) => sum.set(lanes.splat(0))),
            loopWhile(i32.geU(block, ABREAST * count), [
              ...add(ABREAST),
              ...forward(ABREAST * count),
            ]),
            loopWhile(i32.geU(block, count), [...add(1), ...forward(count)]),
            loopWhile(block, [
              sum.set(lanes.multiplyAdd(lanes.loadFirst(1, x, 0), lanes.loadFirst(1, y, 0), sum)),
              ...forward(1),
            ]),
            sum.set(lanes.add(lanes.add(s0, s1), lanes.add(s2, s3))),
            ...(count === 2 ? [sum] : promotePair(sum)).map((part) =>
              total.set(f64x2.add(total, part))
            ),
          ]),
          f64.store(out, f64.add(f64x2.extractLane(total, 0), f64x2.extractLane(total, 1))),
          a.set(i32.add(a, step)),
          out.set(i32.add(out, 8)),
        ]),
      ];
    });
  }).dots;
}

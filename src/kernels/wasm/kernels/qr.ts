/**
 * Orthogonal factors of larger matrices by Householder's reflections, in float64 for every dtype.
 *
 * Matrices lie column by column, so that a reflection reads a column from one place.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import { eachMatrix, linearAlgebra as reference } from "../../reference/linalg.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Body } from "../assembler/code.ts";
import { loopUntil, loopWhile } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Kernel } from "../threads/instances.ts";

/** Smaller matrices are faster in JavaScript alone. */
const SMALL = 12;

/** Bytes of a float64. */
const BYTES = 8;

/** QR of larger matrices. */
export const orthogonal: Pick<Kernels, "qr"> = {
  qr(x) {
    const [m, n] = x.shape.slice(-2);
    if (n < SMALL) return reference.qr(x);
    return eachMatrix([x], [...x.shape.slice(0, -2), m + n, n], ([a]) => qr(a, m, n));
  },
};

function qr(a: Float64Array, m: number, n: number): Float64Array {
  const scratch = new Scratch(m * n * BYTES, m * n * BYTES);
  const [columns, vectors] = scratch.at.map((at) => float64At(at, m * n));
  transposeInto(columns, a, m, n);
  const factors = Array.from({ length: n }, (_, k) => {
    const corner = k * m + k;
    const v = vectors.subarray(corner, (k + 1) * m);
    v.set(columns.subarray(corner, (k + 1) * m));
    const factor = makeReflection(v);
    const [from, start] = [v.byteOffset, columns.byteOffset + corner * BYTES];
    if (factor > 0) reflectKernel()(from, start, n - k, m * BYTES, m - k, factor);
    return factor;
  });
  const packed = new Float64Array((m + n) * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i <= j; i++) packed[(m + i) * n + j] = columns[j * m + i];
  }
  multiplyReflections(columns, vectors, factors, m, 0);
  transposeInto(packed, columns, n, m);
  scratch.free();
  return packed;
}

/** `count` numbers of the tensor memory, from an address on; only until more memory is allocated. */
export function float64At(ptr: number, count: number): Float64Array {
  return new Float64Array(wasmMemory.memory.buffer, ptr, count);
}

/** Writes the columns of `a [m, n]` one after another to the start of `to`. */
export function transposeInto(to: Float64Array, a: Float64Array, m: number, n: number): void {
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < m; i++) to[j * m + i] = a[i * n + j];
  }
}

/**
 * Turns the vector `v` into that of the reflection `1 − factor · v vᵀ` that makes `(−sign · length, 0, …)` of
 * it.
 *
 * @returns the factor, 0 where there is nothing to make 0
 */
export function makeReflection(v: Float64Array): number {
  let below = 0;
  for (let i = 1; i < v.length; i++) below += v[i] * v[i];
  if (below === 0) return 0;
  v[0] += (v[0] < 0 ? -1 : 1) * Math.sqrt(v[0] * v[0] + below);
  return 2 / (v[0] * v[0] + below);
}

/**
 * Writes `H₀ H₁ …` column by column, for reflections whose vectors lie as columns below the diagonal, or
 * below the one that is `shift` further down.
 *
 * @param columns the result, `count` columns of `length` elements
 */
export function multiplyReflections(
  columns: Float64Array,
  vectors: Float64Array,
  factors: readonly number[],
  length: number,
  shift: number,
): void {
  columns.fill(0);
  for (let j = 0; j < columns.length / length; j++) columns[j * length + j] = 1;
  const reflect = reflectKernel();
  for (let k = factors.length - 1; k >= 0; k--) {
    if (factors[k] === 0) continue;
    const row = k + shift;
    const [v, from] = [k * length + row, row * length + row].map((at) => at * BYTES);
    const count = columns.length / length - row;
    reflect(
      vectors.byteOffset + v,
      columns.byteOffset + from,
      count,
      length * BYTES,
      length - row,
      factors[k],
    );
  }
}

let compiled: Kernel | undefined;

/**
 * `reflect(v, columns, count, step, length, factor)` takes `factor · (v · c) · v` from each column `c` of
 * `length` elements; `step` is in bytes.
 */
export function reflectKernel(): Kernel {
  return compiled ??= compile((assembler) => {
    const parameters = ["i32", "i32", "i32", "i32", "i32", "f64"] as const;
    assembler.func("reflect", parameters, "void", (f, v, column, count, step, length, factor) => {
      const [i, left, x, y] = f.locals("i32", 4);
      const sums = f.locals("v128", 4);
      const [product, scale] = [f.local("f64"), f.local("v128")];
      const start: Body = [x.set(v), y.set(column), left.set(length)];
      const forward = (elements: number): Body => [
        x.set(i32.add(x, elements * BYTES)),
        y.set(i32.add(y, elements * BYTES)),
        left.set(i32.sub(left, elements)),
      ];
      const dot = (vectors: number): Body =>
        sums.slice(0, vectors).map((sum, i) =>
          sum.set(f64x2.add(sum, f64x2.mul(v128.load(x, 16 * i), v128.load(y, 16 * i))))
        );
      const subtract = (vectors: number): Body =>
        sums.slice(0, vectors).map((_, i) =>
          v128.store(
            y,
            f64x2.sub(v128.load(y, 16 * i), f64x2.mul(scale, v128.load(x, 16 * i))),
            16 * i,
          )
        );
      const [a, b, c, d] = sums;
      return [loopUntil(i, count, 1, [
        ...start,
        ...sums.map((sum) => sum.set(f64x2.splat(0))),
        loopWhile(i32.geU(left, 8), [...dot(4), ...forward(8)]),
        loopWhile(i32.geU(left, 2), [...dot(1), ...forward(2)]),
        a.set(f64x2.add(f64x2.add(a, b), f64x2.add(c, d))),
        product.set(f64.add(f64x2.extractLane(a, 0), f64x2.extractLane(a, 1))),
        loopWhile(left, [
          product.set(f64.add(product, f64.mul(f64.load(x), f64.load(y)))),
          ...forward(1),
        ]),
        product.set(f64.mul(product, factor)),
        scale.set(f64x2.splat(product)),
        ...start,
        loopWhile(i32.geU(left, 8), [...subtract(4), ...forward(8)]),
        loopWhile(i32.geU(left, 2), [...subtract(1), ...forward(2)]),
        loopWhile(left, [
          f64.store(y, f64.sub(f64.load(y), f64.mul(product, f64.load(x)))),
          ...forward(1),
        ]),
        column.set(i32.add(column, step)),
      ])];
    });
  }).reflect;
}

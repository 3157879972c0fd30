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
import type { Body, Code } from "../assembler/code.ts";
import { type I32, loopWhile, when } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Kernel } from "../threads/instances.ts";

/** Smaller matrices are faster in JavaScript alone. */
const SMALL = 12;

/** Columns that are reflected at once. */
const ABREAST = 2;

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
      const [left, x] = f.locals("i32", 2);
      const ys = f.locals("i32", ABREAST);
      const sums = ys.map(() => f.locals("v128", 4));
      const [products, scales] = [f.locals("f64", ABREAST), f.locals("v128", ABREAST)];
      const part = f.local("v128");
      /** Reflects the next `count` columns, for which each part of `v` is read once. */
      const reflect = (count: number): Body => {
        const at = ys.slice(0, count);
        const start: Body = [
          ...at.map((y, i) => y.set(i === 0 ? column : i32.add(column, step))),
          ...[x.set(v), left.set(length)],
        ];
        const forward = (elements: number): Body => [
          ...[x, ...at].map((at) => at.set(i32.add(at, elements * BYTES))),
          left.set(i32.sub(left, elements)),
        ];
        const each = (vectors: number, visit: (y: I32, i: number, j: number) => Code): Body =>
          Array.from({ length: vectors }, (_, j) => [
            part.set(v128.load(x, 16 * j)),
            ...at.map((y, i) => visit(y, i, j)),
          ]).flat();
        const dot = (y: I32, i: number, j: number): Code =>
          sums[i][j].set(f64x2.add(sums[i][j], f64x2.mul(part, v128.load(y, 16 * j))));
        const subtract = (y: I32, i: number, j: number): Code => {
          const rest = f64x2.sub(v128.load(y, 16 * j), f64x2.mul(scales[i], part));
          return v128.store(y, rest, 16 * j);
        };
        const walk = (visit: typeof dot): Body => [
          loopWhile(i32.geU(left, 8), [...each(4, visit), ...forward(8)]),
          loopWhile(i32.geU(left, 2), [...each(1, visit), ...forward(2)]),
        ];
        return [
          ...start,
          ...sums.slice(0, count).flat().map((sum) => sum.set(f64x2.splat(0))),
          ...walk(dot),
          ...sums.slice(0, count).flatMap(([a, b, c, d], i) => [
            a.set(f64x2.add(f64x2.add(a, b), f64x2.add(c, d))),
            products[i].set(f64.add(f64x2.extractLane(a, 0), f64x2.extractLane(a, 1))),
          ]),
          when(
            left,
            at.map((y, i) =>
              products[i].set(f64.add(products[i], f64.mul(f64.load(x), f64.load(y))))
            ),
          ),
          ...at.flatMap((_, i) => [
            products[i].set(f64.mul(products[i], factor)),
            scales[i].set(f64x2.splat(products[i])),
          ]),
          ...start,
          ...walk(subtract),
          when(
            left,
            at.map((y, i) => f64.store(y, f64.sub(f64.load(y), f64.mul(products[i], f64.load(x))))),
          ),
          column.set(i32.add(column, i32.mul(step, count))),
        ];
      };
      return [
        loopWhile(i32.geU(count, ABREAST), [
          ...reflect(ABREAST),
          count.set(i32.sub(count, ABREAST)),
        ]),
        when(count, reflect(1)),
      ];
    });
  }).reflect;
}

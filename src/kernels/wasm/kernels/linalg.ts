/**
 * Equations and determinants of larger matrices, in float64 for every dtype.
 *
 * The methods are those of the reference. Pivots are found in JavaScript; rows are combined in
 * WebAssembly, the rows of four pivots in one pass.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import {
  eachMatrix,
  linearAlgebra as reference,
  logOfDeterminant,
  rowsOf,
  singular,
  TINY,
} from "../../reference/linalg.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Body } from "../assembler/code.ts";
import { loopUntil, loopWhile } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Exports } from "../threads/instances.ts";

/** Smaller matrices are faster in JavaScript alone. */
const SMALL = 12;

/** Pivots whose rows are combined in one pass. */
const PIVOTS = 4;

type Factorization = "solve" | "determinant" | "logDeterminant" | "cofactors";

/** Factorizations of larger matrices. */
export const linearAlgebra: Pick<Kernels, Factorization> = {
  solve(a, b) {
    if (rowsOf(a) < SMALL) return reference.solve(a, b);
    return eachMatrix([a, b], b.shape, ([p, q], i) =>
      withEquations(p, q, rowsOf(a), (m) => {
        m.triangularize(() => singular(i));
        return m.substitute();
      }));
  },

  determinant(x) {
    if (rowsOf(x) < SMALL) return reference.determinant(x);
    return eachMatrix(
      [x],
      x.shape.slice(0, -2),
      ([a]) => withEquations(a, null, rowsOf(x), (m) => [m.triangularize(() => 0)]),
      0,
    );
  },

  logDeterminant(x) {
    if (rowsOf(x) < SMALL) return reference.logDeterminant(x);
    return eachMatrix(
      [x],
      [...x.shape.slice(0, -2), 2],
      ([a]) =>
        withEquations(a, null, rowsOf(x), (m) => {
          const product = m.triangularize(() => 0);
          return logOfDeterminant(product, m.diagonal());
        }),
      1,
    );
  },

  cofactors(x) {
    const n = rowsOf(x);
    if (n < SMALL) return reference.cofactors(x);
    return eachMatrix([x], x.shape, ([a]) => {
      const unit = new Float64Array(n * n);
      for (let i = 0; i < n; i++) unit[i * n + i] = 1;
      return withEquations(a, unit, n, (m) => {
        const det = m.triangularize(() => TINY);
        const inverse = m.substitute();
        return inverse.map((_, i) => det * inverse[(i % n) * n + Math.floor(i / n)]);
      });
    });
  },
};

/** Bytes of a float64. */
const BYTES = 8;

function withEquations(
  a: Float64Array,
  b: Float64Array | null,
  n: number,
  compute: (m: Equations) => ArrayLike<number>,
): ArrayLike<number> {
  const width = n + (b === null ? 0 : b.length / n);
  const scratch = new Scratch(n * width * BYTES);
  const m = new Equations(scratch.at[0], n, width);
  m.fill(a, b);
  try {
    return compute(m);
  } finally {
    scratch.free();
  }
}

/** A square matrix, and beside it the right sides of its equations, row by row in scratch memory. */
class Equations {
  readonly #ptr: number;
  readonly #n: number;
  readonly #width: number;
  readonly #values: Float64Array;

  constructor(ptr: number, n: number, width: number) {
    [this.#ptr, this.#n, this.#width] = [ptr, n, width];
    this.#values = new Float64Array(wasmMemory.memory.buffer, ptr, n * width);
  }

  fill(a: Float64Array, b: Float64Array | null): void {
    const [n, width] = [this.#n, this.#width];
    for (let i = 0; i < n; i++) {
      this.#values.set(a.subarray(i * n, (i + 1) * n), i * width);
      b?.length &&
        this.#values.set(b.subarray(i * (width - n), (i + 1) * (width - n)), i * width + n);
    }
  }

  diagonal(): Float64Array {
    return Float64Array.from({ length: this.#n }, (_, k) => this.#values[k * (this.#width + 1)]);
  }

  /** Address of an element. */
  #at(row: number, column: number): number {
    return this.#ptr + (row * this.#width + column) * BYTES;
  }

  /**
   * Gaussian elimination with partial pivoting: factors replace what becomes 0 below the diagonal.
   *
   * @returns the determinant
   */
  triangularize(insteadOfZero: () => number): number {
    const [n, width] = [this.#n, this.#width];
    const step = width * BYTES;
    const { subtract, subtractFour } = rowKernels();
    let result = 1;
    for (let first = 0; first < n; first += PIVOTS) {
      const end = Math.min(first + PIVOTS, n);
      for (let k = first; k < end; k++) result *= this.#pivot(k, end, insteadOfZero);
      const columns = width - end;
      for (let row = first + 1; row < end; row++) {
        const source = this.#at(first, end);
        const factors = this.#at(row, first);
        subtract(row - first, columns, this.#at(row, end), 0, source, step, factors, BYTES);
      }
      const [target, factors] = [this.#at(end, end), this.#at(end, first)];
      if (end < n) subtractFour(n - end, columns, target, step, this.#at(first, end), factors);
    }
    return result;
  }

  /** Moves the row with the largest element of column `k` up, and eliminates the columns before `end`. */
  #pivot(k: number, end: number, insteadOfZero: () => number): number {
    const [n, width, values] = [this.#n, this.#width, this.#values];
    let best = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(values[i * width + k]) > Math.abs(values[best * width + k])) best = i;
    }
    if (best !== k) {
      const row = values.slice(k * width, (k + 1) * width);
      values.copyWithin(k * width, best * width, (best + 1) * width);
      values.set(row, best * width);
    }
    if (values[k * width + k] === 0) values[k * width + k] = insteadOfZero();
    const pivot = values[k * width + k];
    for (let i = k + 1; i < n; i++) {
      const value = values[i * width + k];
      const factor = value === 0 ? 0 : value / pivot;
      values[i * width + k] = factor;
      for (let j = k + 1; j < end; j++) values[i * width + j] -= factor * values[k * width + j];
    }
    return best === k ? pivot : -pivot;
  }

  /** Solves the triangular equations from the last row up; returns the solutions. */
  substitute(): Float64Array {
    const [n, width, values] = [this.#n, this.#width, this.#values];
    const [columns, step] = [width - n, width * BYTES];
    const { subtract, subtractFour } = rowKernels();
    for (let end = n; end > 0;) {
      const first = Math.max(0, end - PIVOTS);
      for (let i = end - 1; i >= first; i--) {
        const pivot = values[i * width + i];
        for (let j = n; j < width; j++) values[i * width + j] /= pivot;
        const [target, factor] = [this.#at(first, n), this.#at(first, i)];
        subtract(i - first, columns, target, step, this.#at(i, n), 0, factor, step);
      }
      const source = this.#at(first, n);
      if (first > 0) subtractFour(first, columns, this.#at(0, n), step, source, this.#at(0, first));
      end = first;
    }
    const result = new Float64Array(n * columns);
    for (let i = 0; i < n; i++) {
      result.set(values.subarray(i * width + n, (i + 1) * width), i * columns);
    }
    return result;
  }
}

let compiled: Exports | undefined;

/**
 * `subtract(rows, columns, target, targetStep, source, sourceStep, factor, factorStep)` takes
 * `factor · source` from `target` for each row; the steps between rows, in bytes, may be 0.
 * `subtractFour(rows, columns, target, step, source, factors)` takes four rows of `source`, times the four
 * factors that lie side by side for each row of `target`.
 */
export function rowKernels(): Exports {
  return compiled ??= compile((assembler) => {
    assembler.procedure("subtract", 8, (f, ...parameters) => {
      const [rows, columns, target, targetStep, source, sourceStep, factor, factorStep] =
        parameters;
      const [row, left, to, from] = f.locals("i32", 4);
      const scale = f.local("v128");
      const forward = (count: number): Body => [
        to.set(i32.add(to, count * BYTES)),
        from.set(i32.add(from, count * BYTES)),
        left.set(i32.sub(left, count)),
      ];
      return [loopUntil(row, rows, 1, [
        scale.set(v128.load64Splat(factor)),
        ...[to.set(target), from.set(source), left.set(columns)],
        loopWhile(i32.geU(left, 2), [
          v128.store(to, f64x2.sub(v128.load(to), f64x2.mul(scale, v128.load(from)))),
          ...forward(2),
        ]),
        loopWhile(left, [
          f64.store(to, f64.sub(f64.load(to), f64.mul(f64.load(factor), f64.load(from)))),
          ...forward(1),
        ]),
        target.set(i32.add(target, targetStep)),
        source.set(i32.add(source, sourceStep)),
        factor.set(i32.add(factor, factorStep)),
      ])];
    });
    assembler.procedure("subtractFour", 6, (f, ...parameters) => {
      const [rows, columns, target, step, source, factors] = parameters;
      const [row, left, to, ...from] = f.locals("i32", 3 + PIVOTS);
      const scales = f.locals("v128", PIVOTS);
      const forward = (count: number): Body => [
        ...[to, ...from].map((at) => at.set(i32.add(at, count * BYTES))),
        left.set(i32.sub(left, count)),
      ];
      return [loopUntil(row, rows, 1, [
        ...scales.map((scale, i) => scale.set(v128.load64Splat(factors, i * BYTES))),
        ...from.map((at, i) => at.set(i32.add(source, i32.mul(step, i)))),
        ...[to.set(target), left.set(columns)],
        loopWhile(i32.geU(left, 2), [
          v128.store(
            to,
            from.reduce(
              (rest, at, i) => f64x2.sub(rest, f64x2.mul(scales[i], v128.load(at))),
              v128.load(to),
            ),
          ),
          ...forward(2),
        ]),
        loopWhile(left, [
          f64.store(
            to,
            from.reduce(
              (rest, at, i) => f64.sub(rest, f64.mul(f64.load(factors, i * BYTES), f64.load(at))),
              f64.load(to),
            ),
          ),
          ...forward(1),
        ]),
        target.set(i32.add(target, step)),
        factors.set(i32.add(factors, step)),
      ])];
    });
  });
}

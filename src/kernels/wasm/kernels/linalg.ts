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
  indefinite,
  linearAlgebra as reference,
  logOfDeterminant,
  rowsOf,
  singular,
  TINY,
} from "../../reference/linalg.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Body, Code } from "../assembler/code.ts";
import { loopUntil, loopWhile, when } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Exports } from "../threads/instances.ts";

/** Smaller matrices are faster in JavaScript alone. */
const SMALL = 12;

/** Pivots whose rows are combined in one pass. */
const PIVOTS = 4;

/** Rows of a symmetric matrix that are combined from the diagonal of the first one on. */
const ROWS = 16;

/** Rows from which they are taken at once: a processor has registers for the factors of two. */
const ABREAST = 2;

type Factorization = "cholesky" | "solve" | "determinant" | "logDeterminant" | "cofactors";

/** Factorizations of larger matrices. */
export const linearAlgebra: Pick<Kernels, Factorization> = {
  cholesky(x) {
    const n = rowsOf(x);
    if (n < SMALL) return reference.cholesky(x);
    return eachMatrix(
      [x],
      x.shape,
      ([a], i) => withEquations(a, null, n, (m) => m.cholesky((rows) => indefinite(i, rows))),
    );
  },

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
      if (this.#hasFactors(first, end)) {
        subtractFour(n - end, columns, target, step, this.#at(first, end), factors);
      }
    }
    return result;
  }

  /** Returns false if nothing is left to eliminate in the columns from `first` on, as in a triangle. */
  #hasFactors(first: number, end: number): boolean {
    for (let row = end; row < this.#n; row++) {
      for (let k = first; k < end; k++) if (this.#values[row * this.#width + k] !== 0) return true;
    }
    return false;
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

  /**
   * The lower triangular factor, in place: each row of its transpose above the diagonal, and a copy of it
   * below, where {@link rowKernels} find factors side by side. Only the upper triangle is combined, and what
   * shares a block of rows with it.
   *
   * @param fail called with the number of rows of a leading part that is not positive definite
   */
  cholesky(fail: (rows: number) => never): Float64Array {
    const [n, values] = [this.#n, this.#values];
    const step = n * BYTES;
    const { subtract, subtractFour } = rowKernels();
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) {
        values[i * n + j] = (values[i * n + j] + values[j * n + i]) / 2;
      }
    }
    for (let first = 0; first < n; first += PIVOTS) {
      const end = Math.min(first + PIVOTS, n);
      for (let k = first; k < end; k++) {
        const factors = this.#at(k, first);
        subtract(k - first, n - k, this.#at(k, k), 0, this.#at(first, k), step, factors, BYTES);
        if (!(values[k * n + k] > 0)) fail(k + 1);
        const root = Math.sqrt(values[k * n + k]);
        for (let j = k; j < n; j++) values[j * n + k] = values[k * n + j] /= root;
      }
      for (let row = end; row < n; row += ROWS) {
        const [target, source] = [this.#at(row, row), this.#at(first, row)];
        const rows = Math.min(ROWS, n - row);
        subtractFour(rows, n - row, target, step, source, this.#at(row, first));
      }
    }
    for (let i = 0; i < n; i++) values.fill(0, i * n + i + 1, (i + 1) * n);
    return values;
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
      subtractFour(first, columns, this.#at(0, n), step, source, this.#at(0, first));
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
      const [left, ...from] = f.locals("i32", 1 + PIVOTS);
      const to = f.locals("i32", ABREAST);
      const scales = f.locals("v128", ABREAST * PIVOTS);
      const sources = f.locals("v128", PIVOTS);
      const forward = (elements: number): Body => [
        ...[...to, ...from].map((at) => at.set(i32.add(at, elements * BYTES))),
        left.set(i32.sub(left, elements)),
      ];
      /** Goes on from each of `count` rows, whose sources are read once for all of them. */
      const combine = (count: number): Body => {
        const at = to.slice(0, count);
        const rest = (row: number, value: Code<"v128">): Code<"v128"> =>
          sources.reduce(
            (rest, x, i) => f64x2.sub(rest, f64x2.mul(scales[row * PIVOTS + i], x)),
            value,
          );
        return [
          ...at.flatMap((to, row) => [
            to.set(row === 0 ? target : i32.add(target, step)),
            ...sources.map((_, i) =>
              scales[row * PIVOTS + i].set(
                v128.load64Splat(row === 0 ? factors : i32.add(factors, step), i * BYTES),
              )
            ),
          ]),
          ...[left.set(columns), ...from.map((at, i) => at.set(i32.add(source, i32.mul(step, i))))],
          loopWhile(i32.geU(left, 2), [
            ...sources.map((x, i) => x.set(v128.load(from[i]))),
            ...at.map((to, row) => v128.store(to, rest(row, v128.load(to)))),
            ...forward(2),
          ]),
          when(left, [
            ...sources.map((x, i) => x.set(v128.load64Zero(from[i]))),
            ...at.map((to, row) => v128.store64Lane(to, rest(row, v128.load64Zero(to)), 0)),
          ]),
          target.set(i32.add(target, i32.mul(step, count))),
          factors.set(i32.add(factors, i32.mul(step, count))),
          rows.set(i32.sub(rows, count)),
        ];
      };
      return [loopWhile(i32.geU(rows, ABREAST), combine(ABREAST)), when(rows, combine(1))];
    });
  });
}

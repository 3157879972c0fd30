/**
 * Matrix factorizations, in float64 whatever the dtype, one matrix of a batch after the other.
 *
 * Matrices are flat arrays in row-major order. The methods are those of G. H. Golub and C. F. Van
 * Loan, Matrix Computations, 4th edition, chapters 3 to 5.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { log } from "../../math/mod.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Kernels } from "../kernels.ts";
import { eachMatrix, rowsOf } from "./matrices.ts";

/** The reference factorizations. */
export const linearAlgebra: Pick<
  Kernels,
  "cholesky" | "solve" | "determinant" | "logDeterminant" | "cofactors" | "qr"
> = {
  cholesky: (x) => eachMatrix([x], x.shape, ([a], i) => cholesky(a, rowsOf(x), i)),

  solve: (a, b) => eachMatrix([a, b], b.shape, ([p, q], i) => solve(p, q, rowsOf(a), i)),

  determinant: (x) =>
    eachMatrix([x], x.shape.slice(0, -2), ([a]) => [determinant(a, rowsOf(x))], 0),

  logDeterminant: (x) =>
    eachMatrix([x], [...x.shape.slice(0, -2), 2], ([a]) => logDeterminant(a, rowsOf(x)), 1),

  cofactors: (x) => eachMatrix([x], x.shape, ([a]) => cofactors(a, rowsOf(x))),

  qr(x): NDArray {
    const [m, n] = x.shape.slice(-2);
    return eachMatrix([x], [...x.shape.slice(0, -2), m + n, n], ([a]) => qr(a, m, n));
  },
};

/** Row by row: what is below the diagonal first, then the root of what the diagonal has left. */
function cholesky(a: Float64Array, n: number, index: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = (a[i * n + j] + a[j * n + i]) / 2;
      for (let k = 0; k < j; k++) rest -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(rest) : rest / l[j * n + j];
    }
    if (l[i * n + i] > 0) continue;
    throw new ValueError(
      `Cannot take the Cholesky factor of matrix ${index}: it is not positive definite, as its ` +
        `leading part of ${i + 1} rows shows; add a little to the diagonal`,
    );
  }
  return l;
}

function swapRows(a: Float64Array, width: number, i: number, j: number): void {
  for (let k = 0; k < width; k++) {
    [a[i * width + k], a[j * width + k]] = [a[j * width + k], a[i * width + k]];
  }
}

/** The row, from `column` down, with the largest element in `column`. */
function pivotRow(a: Float64Array, n: number, column: number): number {
  let best = column;
  for (let i = column + 1; i < n; i++) {
    if (Math.abs(a[i * n + column]) > Math.abs(a[best * n + column])) best = i;
  }
  return best;
}

/** Takes multiples of row `k` of `a` from those below, which makes zeros below its diagonal. */
function eliminate(a: Float64Array, b: Float64Array, n: number, k: number): void {
  const width = b.length / n;
  for (let i = k + 1; i < n; i++) {
    if (a[i * n + k] === 0) continue;
    const factor = a[i * n + k] / a[k * n + k];
    for (let j = k; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
    for (let j = 0; j < width; j++) b[i * width + j] -= factor * b[k * width + j];
  }
}

/**
 * Gaussian elimination with partial pivoting: makes `a` upper triangular and does the same to `b`.
 *
 * @returns the determinant: the product of the pivots, whose sign every exchange of rows turns
 */
function triangularize(
  a: Float64Array,
  b: Float64Array,
  n: number,
  insteadOfZero: () => number,
): number {
  let result = 1;
  for (let k = 0; k < n; k++) {
    const pivot = pivotRow(a, n, k);
    if (pivot !== k) result = -result;
    swapRows(a, n, k, pivot);
    swapRows(b, b.length / n, k, pivot);
    if (a[k * n + k] === 0) a[k * n + k] = insteadOfZero();
    result *= a[k * n + k];
    eliminate(a, b, n, k);
  }
  return result;
}

/** Solves `a · x = b` for an upper triangular `a`, from the last row up; overwrites `b`. */
function substitute(a: Float64Array, b: Float64Array, n: number): void {
  const width = b.length / n;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = 0; j < width; j++) {
      let rest = b[i * width + j];
      for (let k = i + 1; k < n; k++) rest -= a[i * n + k] * b[k * width + j];
      b[i * width + j] = rest / a[i * n + i];
    }
  }
}

function solve(a: Float64Array, b: Float64Array, n: number, index: number): Float64Array {
  triangularize(a, b, n, () => {
    throw new ValueError(
      `Cannot solve with matrix ${index}: it is singular; add a little to the diagonal, or check ` +
        `for columns that depend on others`,
    );
  });
  substitute(a, b, n);
  return b;
}

/** The determinant of `a`, which is overwritten. */
export function determinant(a: Float64Array, n: number): number {
  return triangularize(a, new Float64Array(0), n, () => 0);
}

/** The sign of the determinant of `a`, which is overwritten, and the logarithm of its size. */
function logDeterminant(a: Float64Array, n: number): [sign: number, log: number] {
  const product = triangularize(a, new Float64Array(0), n, () => 0);
  let total = 0;
  for (let k = 0; k < n; k++) total += log(Math.abs(a[k * n + k]));
  if (total === -Infinity) return [0, total];
  // The product may have become ±0 or ±∞, and keeps its sign then.
  return [product === 0 ? Math.sign(1 / product) : Math.sign(product), total];
}

/** So small that it vanishes beside whatever it is added to. */
const TINY = 2 ** -300;

/**
 * `det a · a⁻ᵀ`. A pivot of 0 counts as a tiny number: the determinant has it as a factor and the
 * inverse as a divisor, so it cancels, and what is left is right for singular matrices too.
 */
function cofactors(a: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  const det = triangularize(a, inverse, n, () => TINY);
  substitute(a, inverse, n);
  return inverse.map((_, i) => det * inverse[(i % n) * n + Math.floor(i / n)]);
}

/** Reflects, column by column, what is below the diagonal onto the diagonal. */
function qr(a: Float64Array, m: number, n: number): Float64Array {
  const reflections: Float64Array[] = [];
  for (let k = 0; k < n; k++) {
    const v = reflection(a, m, n, k);
    reflections.push(v);
    reflect(a, m, n, k, v);
  }
  const packed = new Float64Array((m + n) * n);
  for (let k = 0; k < n; k++) packed[k * n + k] = 1;
  for (let k = n - 1; k >= 0; k--) reflect(packed, m, n, k, reflections[k]);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) packed[(m + i) * n + j] = a[i * n + j];
  }
  return packed;
}

/**
 * The vector `v` of the reflection `1 − 2 v vᵀ / vᵀv` that turns column `k` from the diagonal down
 * into `(−sign a_kk · length, 0, …)`; empty where there is nothing below to remove.
 */
function reflection(a: Float64Array, m: number, n: number, k: number): Float64Array {
  const v = Float64Array.from({ length: m - k }, (_, i) => a[(k + i) * n + k]);
  if (v.subarray(1).every((value) => value === 0)) return new Float64Array(0);
  v[0] += (v[0] < 0 ? -1 : 1) * Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
  return v;
}

/** Reflects the columns of `a`, from row `k` down. */
function reflect(a: Float64Array, m: number, n: number, k: number, v: Float64Array): void {
  const square = v.reduce((sum, value) => sum + value * value, 0);
  if (square === 0) return;
  for (let j = 0; j < n; j++) {
    let product = 0;
    for (let i = k; i < m; i++) product += v[i - k] * a[i * n + j];
    const factor = 2 * product / square;
    for (let i = k; i < m; i++) a[i * n + j] -= factor * v[i - k];
  }
}

/**
 * Matrix factorizations and singular values, in float64 for every dtype, one matrix of a batch after
 * the other.
 *
 * Matrices are flat arrays in row-major order. The methods are those of G. H. Golub and C. F. Van
 * Loan, Matrix Computations, 4th edition, chapters 3 to 5.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { Kernels } from "../kernels.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { log } from "../../math/mod.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { arena } from "../../storage/arena.ts";
import { NDArray, touch } from "../../storage/ndarray.ts";

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

/** In place, row by row: first the elements below the diagonal, then the root of the rest on the diagonal. */
function cholesky(a: Float64Array, n: number, index: number): Float64Array {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = (a[i * n + j] + a[j * n + i]) / 2;
      for (let k = 0; k < j; k++) rest -= a[i * n + k] * a[j * n + k];
      a[j * n + i] = 0;
      a[i * n + j] = i === j ? Math.sqrt(rest) : rest / a[j * n + j];
    }
    if (!(a[i * n + i] > 0)) indefinite(index, i + 1);
  }
  return a;
}

/** Rejects a matrix that has no Cholesky factor, as its leading part of some rows shows. */
export function indefinite(index: number, rows: number): never {
  throw new ValueError(
    `Cannot take the Cholesky factor of matrix ${index}: it is not positive definite, as its ` +
      `leading part of ${rows} rows shows; add a little to the diagonal`,
  );
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
  triangularize(a, b, n, () => singular(index));
  substitute(a, b, n);
  return b;
}

/** Rejects a singular matrix of equations. */
export function singular(index: number): never {
  throw new ValueError(
    `Cannot solve with matrix ${index}: it is singular; add a little to the diagonal, or check ` +
      `for columns that depend on others`,
  );
}

/** The determinant of `a`, which is overwritten. */
function determinant(a: Float64Array, n: number): number {
  return triangularize(a, new Float64Array(), n, () => 0);
}

/** The sign of the determinant of `a`, which is overwritten, and the logarithm of its size. */
function logDeterminant(a: Float64Array, n: number): [sign: number, log: number] {
  const product = triangularize(a, new Float64Array(), n, () => 0);
  const pivots = Float64Array.from({ length: n }, (_, k) => a[k * n + k]);
  return logOfDeterminant(product, pivots);
}

/** The sign and the logarithm of the size of a determinant, from the product of the pivots and from them. */
export function logOfDeterminant(
  product: number,
  pivots: Float64Array,
): [sign: number, log: number] {
  let total = 0;
  for (const pivot of pivots) total += log(Math.abs(pivot));
  if (total === -Infinity) return [0, total];
  // The product may have become ±0 or ±∞, and keeps its sign then.
  return [Math.sign(product === 0 ? product ** -1 : product), total];
}

/** So small that it vanishes beside any number that it is added to. */
export const TINY = 2 ** -300;

/**
 * `det a · a⁻ᵀ`. A pivot of 0 counts as a tiny number: the determinant has it as a factor and the
 * inverse as a divisor, so it cancels, and the result is right for singular matrices, too.
 */
function cofactors(a: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) inverse[i * n + i] = 1;
  const det = triangularize(a, inverse, n, () => TINY);
  substitute(a, inverse, n);
  return inverse.map((_, i) => det * inverse[(i % n) * n + Math.floor(i / n)]);
}

/** Reflects, column by column, the part below the diagonal onto the diagonal. */
function qr(a: Float64Array, m: number, n: number): Float64Array {
  const reflections = Array.from({ length: n }, (_, k) => {
    const v = reflection(a, m, n, k);
    reflect(a, m, n, k, v);
    return v;
  });
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
  const v = new Float64Array(m - k);
  let isDone = true;
  for (let i = 0; i < v.length; i++) {
    v[i] = a[(k + i) * n + k];
    if (i > 0 && v[i] !== 0) isDone = false;
  }
  if (isDone) return new Float64Array();
  v[0] += (v[0] < 0 ? -1 : 1) * Math.sqrt(dot(v, v));
  return v;
}

/** Reflects the columns of `a`, from row `k` down. */
function reflect(a: Float64Array, m: number, n: number, k: number, v: Float64Array): void {
  const square = dot(v, v);
  if (square === 0) return;
  for (let j = 0; j < n; j++) {
    let product = 0;
    for (let i = k; i < m; i++) product += v[i - k] * a[i * n + j];
    const factor = 2 * product / square;
    for (let i = k; i < m; i++) a[i * n + j] -= factor * v[i - k];
  }
}

/** Rows of each matrix of a batch. */
export function rowsOf(x: NDArray): number {
  return x.shape[x.shape.length - 2];
}

/**
 * Applies `f` to the matrices of `inputs` with the same index; its results make up one of `shape`. What `f`
 * gets is its to overwrite, until it returns.
 */
export function eachMatrix(
  inputs: readonly NDArray[],
  shape: Shape,
  f: (matrices: Float64Array[], index: number) => ArrayLike<number>,
  resultRank = 2,
): NDArray {
  arena.begin();
  touch(...inputs);
  const all = inputs.map(elements);
  const sizes = inputs.map((x) => sizeOf(x.shape.slice(-2)));
  const size = sizeOf(shape.slice(shape.length - resultRank));
  const count = sizeOf(shape.slice(0, shape.length - resultRank));
  const results = new Float64Array(count * size);
  const matrices = sizes.map((size) => new Float64Array(size));
  for (let i = 0; i < count; i++) {
    matrices.forEach((matrix, j) => copyPart(all[j], i * matrix.length, matrix, 0, matrix.length));
    copyPart(f(matrices, i), 0, results, i * size, size);
  }
  const out = NDArray.allocate(shape, inputs[0].dtype);
  out.values().set(results);
  return out;
}

/** Most elements that a loop copies faster than `set` does. */
const FEW = 64;

function copyPart(
  from: ArrayLike<number>,
  start: number,
  to: Float64Array,
  at: number,
  count: number,
): void {
  if (from instanceof Float64Array && count > FEW) to.set(from.subarray(start, start + count), at);
  else for (let k = 0; k < count; k++) to[at + k] = from[start + k];
}

function elements(x: NDArray): Float64Array {
  if (x.contiguous) return new Float64Array(x.values());
  const from = x.whole();
  const last = x.shape.length - 1;
  const [columns, step] = [x.shape[last], x.strides[last]];
  const rows = new StridedIterator(x.shape.slice(0, last), [{
    offset: x.offset,
    strides: x.strides.slice(0, last),
  }]);
  const result = new Float64Array(x.size);
  for (let i = 0; i < result.length; i += columns, rows.next()) {
    const start = rows.offsets[0];
    for (let j = 0; j < columns; j++) result[i + j] = from[start + j * step];
  }
  return result;
}

/** The reference decompositions. */
export const decompositions: Pick<Kernels, "svd" | "singularValues" | "cofactorsGradient"> = {
  svd(x): NDArray {
    const [m, n] = x.shape.slice(-2);
    const shape = [...x.shape.slice(0, -2), m + 1 + n, n];
    return eachMatrix([x], shape, ([a], i) => packed(svd(a, m, n, i), m, n));
  },

  singularValues(x): NDArray {
    const [m, n] = x.shape.slice(-2);
    return eachMatrix([x], [...x.shape.slice(0, -2), n], ([a], i) => svd(a, m, n, i).values, 1);
  },

  cofactorsGradient: (x, g) =>
    eachMatrix([x, g], x.shape, ([a, b], i) => cofactorsGradient(a, b, rowsOf(x), i)),
};

/** `a = u · diag(values) · vᵀ`, with the columns of `u` and `v` one by one. */
interface Decomposition {
  readonly u: readonly Float64Array[];
  /** Descending. */
  readonly values: readonly number[];
  readonly v: readonly Float64Array[];
}

function packed({ u, values, v }: Decomposition, m: number, n: number): Float64Array {
  const result = new Float64Array((m + 1 + n) * n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < m; i++) result[i * n + j] = u[j][i];
    result[m * n + j] = values[j];
    for (let i = 0; i < n; i++) result[(m + 1 + j) * n + i] = v[j][i];
  }
  return result;
}

/** More sweeps than any matrix has needed; five to ten are usual. */
export const MAX_SWEEPS = 60;

/**
 * One-sided Jacobi: pairs of columns are rotated until all are orthogonal. Then their lengths are the
 * singular values, and the rotations together are `v`. Small singular values come out as precise,
 * relative to themselves, as large ones.
 *
 * Source: M. R. Hestenes, Inversion of matrices by biorthogonalization and related results (1958);
 * J. Demmel and K. Veselić, Jacobi's method is more accurate than QR (1992).
 */
function svd(a: Float64Array, m: number, n: number, index: number): Decomposition {
  const scale = scaleOf(a, index);
  const w = Array.from({ length: n }, (_, j) => {
    const column = new Float64Array(m);
    for (let i = 0; i < m; i++) column[i] = a[i * n + j] * scale;
    return column;
  });
  const v = Array.from({ length: n }, (_, j) => {
    const unit = new Float64Array(n);
    unit[j] = 1;
    return unit;
  });
  const tolerance = Math.sqrt(m) * 2 ** -52;
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotated = orthogonalize(w, v, p, q, tolerance) || rotated;
    }
    if (!rotated) break;
  }
  const lengths = w.map((column) => Math.sqrt(dot(column, column)));
  const order = lengths.map((_, j) => j).sort((i, j) => lengths[j] - lengths[i]);
  const u: Float64Array[] = [];
  for (const j of order) {
    u.push(lengths[j] > 0 ? w[j].map((value) => value / lengths[j]) : orthogonalTo(u, m));
  }
  return { u, values: order.map((j) => lengths[j] / scale), v: order.map((j) => v[j]) };
}

/** A power of 2 that brings the largest element near 1, so that no square over- or underflows. */
export function scaleOf(a: Float64Array, index: number): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const value = a[i];
    if (!Number.isFinite(value)) {
      throw new ValueError(
        `Cannot take the singular values of matrix ${index}: it holds ${value}; look for what made ` +
          `it so, or replace it with where()`,
      );
    }
    largest = Math.max(largest, Math.abs(value));
  }
  return 2 ** -Math.max(Math.floor(Math.log2(largest)), -1000);
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/** Rotates columns `p` and `q` of `w`, and of `v`, so that those of `w` are orthogonal. */
function orthogonalize(
  w: readonly Float64Array[],
  v: readonly Float64Array[],
  p: number,
  q: number,
  tolerance: number,
): boolean {
  const [pp, qq, pq] = [dot(w[p], w[p]), dot(w[q], w[q]), dot(w[p], w[q])];
  if (!(Math.abs(pq) > tolerance * Math.sqrt(pp) * Math.sqrt(qq))) return false;
  const zeta = (qq - pp) / (2 * pq);
  const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  rotate(w[p], w[q], cosine, cosine * tangent);
  rotate(v[p], v[q], cosine, cosine * tangent);
  return true;
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const [a, b] = [x[i], y[i]];
    x[i] = cosine * a - sine * b;
    y[i] = sine * a + cosine * b;
  }
}

/** A unit vector of `m` elements that is orthogonal to `others`, which are orthonormal and fewer. */
export function orthogonalTo(others: readonly Float64Array[], m: number): Float64Array {
  const best = new Float64Array(m);
  let length = 0;
  // Of all unit vectors at least one keeps a length of √(1 − others / m), so rounding stays small.
  for (let k = 0; k < m && length < 0.5 / Math.sqrt(m); k++) {
    best[k] = 1;
    for (const other of others) {
      const share = dot(best, other);
      for (let i = 0; i < m; i++) best[i] -= share * other[i];
    }
    length = Math.sqrt(dot(best, best));
  }
  return best.map((value) => value / length);
}

/**
 * The change of the cofactors of `a` along `g`. For `a = u S vᵀ` the cofactors are those of the
 * diagonal matrix S, rotated: `±u · C(S) · vᵀ`. An off-diagonal `h_ij` changes `C_ji` by minus the
 * product of all singular values but the i-th and the j-th, a diagonal `h_ii` changes every other
 * `C_jj` by plus that. So it is exact where `a` is singular.
 */
function cofactorsGradient(
  a: Float64Array,
  g: Float64Array,
  n: number,
  index: number,
): Float64Array {
  const { u, values, v } = svd(a, n, n, index);
  const [left, right] = [rowMajor(u), rowMajor(v)];
  const h = product(transpose(left, n), product(g, right, n), n);
  const others = productsOfOthers(values);
  const change = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      change[i * n + j] -= others[i * n + j] * h[j * n + i];
      change[i * n + i] += others[i * n + j] * h[j * n + j];
    }
  }
  const result = product(left, product(change, transpose(right, n), n), n);
  // Both are orthogonal: their determinants are ±1.
  const turn = Math.sign(determinant(left, n) * determinant(right, n));
  return result.map((value) => turn * value);
}

/** At `[i, j]` the product of all `values` but the i-th and the j-th; 0 on the diagonal. */
function productsOfOthers(values: readonly number[]): Float64Array {
  const n = values.length;
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    const start = Number(i !== j);
    return values.reduce((total, value, k) => k === i || k === j ? total : total * value, start);
  });
}

function rowMajor(columns: readonly Float64Array[]): Float64Array {
  const n = columns.length;
  return Float64Array.from({ length: n * n }, (_, i) => columns[i % n][Math.floor(i / n)]);
}

function transpose(a: Float64Array, n: number): Float64Array {
  return a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]);
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < n; j++) result[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
  return result;
}

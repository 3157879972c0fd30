/**
 * Singular values and vectors, and what they are good for, in float64.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Kernels } from "../kernels.ts";
import { determinant } from "./linalg.ts";
import { eachMatrix, rowsOf } from "./matrices.ts";

/** The reference decompositions. */
export const decompositions: Pick<Kernels, "svd" | "cofactorsGradient"> = {
  svd(x): NDArray {
    const [m, n] = x.shape.slice(-2);
    const shape = [...x.shape.slice(0, -2), m + 1 + n, n];
    return eachMatrix([x], shape, ([a], i) => packed(svd(a, m, n, i), m, n));
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
const MAX_SWEEPS = 60;

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
  const w = Array.from(
    { length: n },
    (_, j) => Float64Array.from({ length: m }, (_, i) => a[i * n + j] * scale),
  );
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
function scaleOf(a: Float64Array, index: number): number {
  let largest = 0;
  for (const value of a) {
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
function orthogonalTo(others: readonly Float64Array[], m: number): Float64Array {
  let best = new Float64Array(m);
  let length = 0;
  // Of all unit vectors at least one keeps a length of √(1 − others / m).
  for (let k = 0; k < m && length < 0.5 / Math.sqrt(m); k++) {
    best = new Float64Array(m);
    best[k] = 1;
    // Once would leave what rounding has left; twice is enough.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of others) {
        const share = dot(best, other);
        for (let i = 0; i < m; i++) best[i] -= share * other[i];
      }
    }
    length = Math.sqrt(dot(best, best));
  }
  return best.map((value) => value / length);
}

/**
 * How the cofactors of `a` change along `g`. For `a = u S vᵀ` they are those of the diagonal matrix S,
 * turned: `±u · C(S) · vᵀ`. An off-diagonal `h_ij` changes `C_ji` by minus the product of all singular
 * values but the i-th and the j-th, a diagonal `h_ii` changes every other `C_jj` by plus that. So it is
 * exact where `a` is singular.
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
      if (i === j) continue;
      change[i * n + j] -= others[i * n + j] * h[j * n + i];
      change[i * n + i] += others[i * n + j] * h[j * n + j];
    }
  }
  const result = product(left, product(change, transpose(right, n), n), n);
  // Both are orthogonal: their determinants are ±1.
  const turn = Math.sign(determinant(left, n) * determinant(right, n));
  return result.map((value) => turn * value);
}

/** At `[i, j]` the product of all `values` but the i-th and the j-th. */
function productsOfOthers(values: readonly number[]): Float64Array {
  const n = values.length;
  const after = new Float64Array(n + 1).fill(1);
  for (let j = n - 1; j >= 0; j--) after[j] = after[j + 1] * values[j];
  const result = new Float64Array(n * n);
  for (let i = 0, before = 1; i < n; before *= values[i++]) {
    for (let j = i + 1, between = before; j < n; between *= values[j++]) {
      result[i * n + j] = result[j * n + i] = between * after[j + 1];
    }
  }
  return result;
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

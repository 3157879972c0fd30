/**
 * Linear algebra: determinants, inverses, equations, decompositions and norms of matrices.
 *
 * Each function takes a matrix `[m, n]` or a batch of matrices `[…, m, n]`, and has a gradient.
 *
 * See https://pytorch.org/docs/stable/linalg.html
 *
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const a = tensor([[2, 0], [0, 4]]);
 * assertEquals(linalg.solve(a, tensor([2, 8])).toArray(), [1, 2]);
 * ```
 *
 * @module
 */

import {
  checkArguments,
  checkFloat,
  checkKind,
  checkMatrix,
  checkSquare,
  checkTensors,
  checkWhole,
  normalizeAxis,
  readOptions,
} from "../checks.ts";
import type { DType } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { quoted } from "../names.ts";
import { ops } from "../ops/table.ts";
import { formatShape, sameShape } from "../shape.ts";
import { eye } from "./create.ts";
import { iterable, run } from "./run.ts";
import { scope } from "./scope.ts";
import { cat } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Returns the determinant, `[…, n, n] → […]`; the gradient is right for singular matrices too.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.det.html
 *
 * @param x square matrices
 * @throws {ShapeError} if the last two axes are not square matrices
 * @throws {DTypeError} if the tensor holds integers
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linalg.det(tensor([[2, 1], [0, 4]])).item(), 8);
 * ```
 */
export function det(x: Tensor): Tensor {
  checkArguments("det", arguments, 1);
  checkTensors("det", x);
  return run(ops.det, [x]);
}

/** The result of {@link slogdet}; also iterable. */
export interface SLogDet extends Iterable<Tensor> {
  /** −1, 0 or 1. */
  readonly sign: Tensor;
  /** `ln |det x|` */
  readonly logabsdet: Tensor;
}

/**
 * Returns the sign of the determinant and `ln |det x|`, which neither overflows nor underflows.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html
 *
 * @param x square matrices `[…, n, n]`
 * @returns `sign`: −1, 0 or 1, without a gradient; `logabsdet`: −∞ for a singular matrix, for which
 *   `backward()` throws, as {@link inv} does; both `[…]`
 * @throws {ShapeError} if the last two axes are not square matrices
 * @throws {DTypeError} if the tensor holds integers
 * @example
 * ```ts
 * import { eye, linalg } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const x = eye(400).mul(-0.1); // its determinant is 1e-400, which no dtype holds
 * const { sign, logabsdet } = linalg.slogdet(x);
 * assertEquals(sign.item(), 1);
 * assert(Math.abs(logabsdet.item() + 400 * Math.LN10) < 1e-4);
 * ```
 */
export function slogdet(x: Tensor): SLogDet {
  checkArguments("slogdet", arguments, 1);
  checkTensors("slogdet", x);
  return scope(() => {
    const packed = run(ops.slogdet, [x]);
    return iterable({ sign: packed.select(-1, 0), logabsdet: packed.select(-1, 1) });
  });
}

/**
 * Returns `ln(det x)`, without overflow; −∞ if the determinant is 0, NaN if it is negative.
 *
 * See https://pytorch.org/docs/stable/generated/torch.logdet.html
 *
 * @param x square matrices `[…, n, n]`
 * @throws {ShapeError} if the last two axes are not square matrices
 * @throws {DTypeError} if the tensor holds integers
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const y = linalg.logdet(tensor([[2, 0], [0, 4]]));
 * assert(Math.abs(y.item() - 3 * Math.LN2) < 1e-6);
 * assertEquals(linalg.logdet(tensor([[0, 1], [1, 0]])).item(), NaN); // its determinant is −1
 * ```
 */
export function logdet(x: Tensor): Tensor {
  checkArguments("logdet", arguments, 1);
  return scope(() => {
    const { sign, logabsdet } = slogdet(x);
    return logabsdet.maskedFill(sign.lt(0), NaN);
  });
}

/**
 * Returns the inverse `x⁻¹`; to solve equations, {@link solve} is faster and more precise.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.inv.html
 *
 * @param x square matrices `[…, n, n]`
 * @throws {ValueError} if a matrix is singular
 * @throws {DTypeError} if the tensor holds integers
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[2, 0], [0, 4]]);
 * assertEquals(linalg.inv(x).toArray(), [[0.5, 0], [0, 0.25]]);
 * ```
 */
export function inv(x: Tensor): Tensor {
  checkArguments("inv", arguments, 1);
  checkTensors("inv", x);
  checkSquare("invert", x);
  return scope(() => run(ops.solve, [x, identity(x.shape[x.ndim - 1] ?? 0, x.dtype)]));
}

/**
 * Solves `a · x = b` for `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.solve.html
 *
 * @param a square matrices `[…, n, n]`
 * @param b matrices `[…, n, k]`, a vector `[n]`, or as many vectors as `a` has matrices
 * @returns the shape of `b`
 * @throws {ValueError} if a matrix is singular
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = linalg.solve(tensor([[2, 0], [0, 4]]), tensor([2, 8]));
 * assertEquals(x.toArray(), [1, 2]);
 * ```
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  checkArguments("solve", arguments, 2);
  checkTensors("solve", a, b);
  const isVectors = b.ndim === 1 || sameShape(b.shape, a.shape.slice(0, -1));
  if (!isVectors) return run(ops.solve, [a, b]);
  return scope(() => run(ops.solve, [a, b.unsqueeze(-1)]).squeeze(-1));
}

/**
 * Raises matrices to the power `n` by repeated squaring: `xⁿ`; a negative `n` raises the inverse,
 * and `n = 0` gives the identity.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html
 *
 * @param x square matrices `[…, m, m]`
 * @param n a whole number
 * @throws {ShapeError} if the last two axes are not square matrices
 * @throws {ValueError} if `n` is not whole, or below 0 and a matrix is singular
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const fibonacci = tensor([[1, 1], [1, 0]]);
 * assertEquals(linalg.matrixPower(fibonacci, 10).toArray(), [[89, 55], [55, 34]]);
 * assertEquals(linalg.matrixPower(fibonacci, -1).toArray(), [[0, 1], [1, -1]]);
 * ```
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  checkArguments("matrixPower", arguments, 2);
  checkTensors("matrixPower", x);
  const [rows, columns] = x.shape.slice(-2);
  const action = `take power ${quoted(n)} of shape ${formatShape(x.shape)}`;
  checkWhole(action, n);
  if (x.ndim < 2 || rows !== columns) {
    throw new ShapeError(`Cannot ${action}: the last two axes must be square matrices`, x.shape);
  }
  return scope(() => {
    if (n === 0) return identity(rows, x.dtype).expand(x.shape).clone();
    let square = n < 0 ? inv(x) : x.clone();
    let result: Tensor | null = null;
    for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === null ? square : result.matmul(square);
      if (rest > 1) square = square.matmul(square);
    }
    return result!;
  });
}

/**
 * Factors symmetric positive definite matrices: `L Lᵀ = x` with `L` lower triangular.
 *
 * It reads the symmetric part `(x + xᵀ) / 2`, so that the gradient is symmetric.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html
 *
 * @param x square matrices `[…, n, n]`
 * @throws {ValueError} if a matrix is not positive definite
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linalg.cholesky(tensor([[4, 2], [2, 5]])).toArray(), [[2, 0], [1, 2]]);
 * ```
 */
export function cholesky(x: Tensor): Tensor {
  checkArguments("cholesky", arguments, 1);
  checkTensors("cholesky", x);
  return run(ops.cholesky, [x]);
}

/** The result of {@link qr}; also iterable. */
export interface QR extends Iterable<Tensor> {
  /** Orthonormal columns, `[…, m, min(m, n)]`. */
  readonly q: Tensor;
  /** Upper triangular, `[…, min(m, n), n]`. */
  readonly r: Tensor;
}

/**
 * Factors matrices: `Q R = x`, where `Q` has orthonormal columns and `R` is upper triangular.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.qr.html
 *
 * @param x matrices `[…, m, n]`
 * @returns `[…, m, k]` and `[…, k, n]` with k the smaller of m and n
 * @throws {ShapeError} if there are fewer than two axes
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const { q, r } = linalg.qr(tensor([[0, 2], [3, 0]]));
 * assertEquals(q.matmul(r).toArray(), [[0, 2], [3, 0]]);
 * ```
 */
export function qr(x: Tensor): QR {
  checkArguments("qr", arguments, 1);
  checkTensors("qr", x);
  checkMatrix("take the QR factors of", x);
  const [rows, columns] = x.shape.slice(-2);
  const square = Math.min(rows, columns);
  return scope(() => {
    // The first columns determine Q; R expresses the others as combinations of its columns.
    const packed = run(ops.qr, [x.slice(0, square, { axis: -1 })]);
    const q = packed.slice(0, rows, { axis: -2 });
    const r = packed.slice(rows, rows + square, { axis: -2 });
    if (columns === square) return iterable({ q, r });
    const rest = q.transpose().matmul(x.slice(square, columns, { axis: -1 }));
    return iterable({ q, r: cat([r, rest], -1) });
  });
}

/** The result of {@link svd}; also iterable. */
export interface SVD extends Iterable<Tensor> {
  /** Orthonormal columns, `[…, m, k]`. */
  readonly u: Tensor;
  /** Singular values, the largest first, `[…, k]`. */
  readonly s: Tensor;
  /** Orthonormal rows, `[…, k, n]`. */
  readonly vh: Tensor;
}

/**
 * Computes singular values and vectors: `U · diag(s) · Vh = x` (`full_matrices=False` in PyTorch).
 *
 * The signs of vectors are not determined, and neither are the vectors of equal singular values: a
 * quantity that depends on such a choice has no gradient. Small singular values are as precise,
 * relative to themselves, as large ones.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.svd.html
 *
 * @param x matrices `[…, m, n]`
 * @returns `[…, m, k]`, `[…, k]` and `[…, k, n]` with k the smaller of m and n
 * @throws {ShapeError} if there are fewer than two axes
 * @throws {DTypeError} if the tensor holds integers
 * @throws {ValueError} if a matrix holds NaN or ±∞
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[0, 2, 0], [-3, 0, 0]]);
 * const { u, s, vh } = linalg.svd(x);
 * assertEquals(s.toArray(), [3, 2]);
 * assertEquals(u.mul(s).matmul(vh).sub(x).abs().max().item(), 0);
 * ```
 */
export function svd(x: Tensor): SVD {
  checkArguments("svd", arguments, 1);
  checkTensors("svd", x);
  const [rows, columns] = x.shape.slice(-2);
  const isTall = rows >= columns || x.ndim < 2;
  return scope(() => {
    const packed = run(ops.svd, [isTall ? x : x.transpose()]);
    const [long, short] = isTall ? [rows, columns] : [columns, rows];
    const left = packed.slice(0, long, { axis: -2 });
    const s = packed.slice(long, long + 1, { axis: -2 }).squeeze(-2);
    const right = packed.slice(long + 1, long + 1 + short, { axis: -2 });
    return isTall
      ? iterable({ u: left, s, vh: right })
      : iterable({ u: right.transpose(), s, vh: left.transpose() });
  });
}

/**
 * Returns the singular values, the largest first; equal values have a gradient too.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.svdvals.html
 *
 * @param x matrices `[…, m, n]`
 * @returns `[…, min(m, n)]`
 * @throws {ShapeError} if there are fewer than two axes
 * @throws {DTypeError} if the tensor holds integers
 * @throws {ValueError} if a matrix holds NaN or ±∞
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linalg.svdvals(tensor([[3, 0], [0, -4]])).toArray(), [4, 3]);
 * ```
 */
export function svdvals(x: Tensor): Tensor {
  checkArguments("svdvals", arguments, 1);
  checkTensors("svdvals", x);
  const [rows, columns] = x.shape.slice(-2);
  return scope(() => run(ops.svdvals, [rows >= columns || x.ndim < 2 ? x : x.transpose()]));
}

/** Options of {@link matrixNorm}. */
export interface MatrixNormOptions {
  /**
   * `"fro"`: `√Σ x²`. `"nuc"`: the sum of the singular values; 2 and −2: the largest and the
   * smallest of them. 1 and −1: the largest and the smallest column sum of `|x|`; ∞ and −∞: row
   * sum. Default `"fro"`.
   */
  readonly p?: "fro" | "nuc" | number;
  /** The axes of the rows and the columns; by default the last two. */
  readonly axis?: readonly [rows: number, columns: number];
  /** Keep the two axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * Returns the norms of matrices.
 *
 * Tied singular values or sums share the gradient equally.
 *
 * See https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
 *
 * @param x matrices `[…, m, n]`
 * @param options `p` (default `"fro"`), `axis`, `keepDims`; see {@link MatrixNormOptions}
 * @returns the shape without the two axes
 * @throws {ValueError} if there is no such order, or the axes are the same
 * @throws {ShapeError} if there are no such axes
 * @throws {DTypeError} if the tensor holds integers
 * @example
 * ```ts
 * import { linalg, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, -2], [3, 4]]);
 * assertEquals(linalg.matrixNorm(x, { p: 1 }).item(), 6); // the second column
 * assertEquals(linalg.matrixNorm(x, { p: Infinity }).item(), 7); // the second row
 * assertEquals(linalg.matrixNorm(tensor([[3, 0], [0, -4]]), { p: 2 }).item(), 4);
 * ```
 */
export function matrixNorm(x: Tensor, options?: MatrixNormOptions): Tensor {
  checkArguments("matrixNorm", arguments, 2);
  checkTensors("matrixNorm", x);
  const { p, axis, keepDims } = readOptions("matrixNorm", options, {
    p: "fro",
    axis: [-2, -1],
    keepDims: false,
  });
  checkKind(
    "take a matrix norm",
    axis,
    Array.isArray(axis) && axis.length === 2,
    "a list of two axes",
  );
  const [rows, columns] = axis.map((a) => normalizeAxis(a, x.shape, "take a matrix norm"));
  if (rows === columns) {
    throw new ValueError(
      `Cannot take the matrix norm of shape ${formatShape(x.shape)} along axes ` +
        `${quoted(axis)}: rows and columns are the same axis; use two`,
    );
  }
  if (p === "fro") return x.norm({ axis: [rows, columns], keepDims });
  return scope(() => {
    const norms = normsOf(x.movedim([rows, columns], [-2, -1]), p);
    const [first, second] = rows < columns ? [rows, columns] : [columns, rows];
    return keepDims ? norms.unsqueeze(first).unsqueeze(second) : norms;
  });
}

/** Returns the norms of the matrices in the last two axes. */
function normsOf(x: Tensor, p: "nuc" | number): Tensor {
  checkFloat("take the matrix norm of", x);
  switch (p) {
    case "nuc":
      return svdvals(x).sum(-1);
    case 2:
      return svdvals(x).amax(-1);
    case -2:
      return svdvals(x).amin(-1);
    case 1:
      return x.abs().sum(-2).amax(-1);
    case -1:
      return x.abs().sum(-2).amin(-1);
    case Infinity:
      return x.abs().sum(-1).amax(-1);
    case -Infinity:
      return x.abs().sum(-1).amin(-1);
  }
  throw new ValueError(
    `Cannot take the matrix norm of order ${quoted(p)} of shape ${
      formatShape(x.shape)
    }: there are ` +
      `"fro", "nuc", 2, -2, 1, -1, Infinity and -Infinity`,
  );
}

function identity(n: number, dtype: DType): Tensor {
  return eye(n, n, { dtype });
}

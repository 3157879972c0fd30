/**
 * Linear algebra.
 *
 * @module
 */

import { requireTensors } from "../autograd/operands.ts";
import { wrap } from "../autograd/variable.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape } from "../shape.ts";
import { RawArray } from "../storage/raw_array.ts";
import { cat } from "./functions.ts";
import { OrderedTensor } from "./ordering.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** What `qr` finds. */
export interface QR {
  /** Orthonormal columns, `[…, m, min(m, n)]`. */
  readonly q: Tensor;
  /** Upper triangular, `[…, min(m, n), n]`. */
  readonly r: Tensor;
}

/**
 * The part of {@link Tensor} that solves linear equations. The last two axes are matrices, all others
 * a batch; everything is computed in float64 and has first and second derivatives.
 *
 * See https://pytorch.org/docs/stable/linalg.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const a = tensor([[2, 1], [1, 3]]);
 * const x = a.solve(tensor([[3], [5]])); // 2x + y = 3 and x + 3y = 5
 * assert.ok(x.sub(tensor([[0.8], [1.4]])).abs().amax().item() < 1e-6);
 * ```
 */
export abstract class SolvedTensor extends OrderedTensor {
  /**
   * The product of two batches of matrices, `[b, m, k] · [b, k, n]`, without broadcasting.
   *
   * @param other `[b, k, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[[1, 2]], [[3, 4]]]); // two rows
   * const y = tensor([[[1], [1]], [[10], [1]]]); // two columns
   * assert.deepEqual(x.bmm(y).toArray(), [[[3]], [[34]]]);
   * ```
   */
  bmm(other: Tensor): Tensor {
    requireTensors("bmm", other);
    if (this.ndim !== 3 || other.ndim !== 3 || this.shape[0] !== other.shape[0]) {
      throw new ShapeError(
        `Cannot bmm ${formatShape(this.shape)} by ${
          formatShape(other.shape)
        }: both must be batches ` +
          `of equal length, [b, m, k] and [b, k, n]; matmul() broadcasts`,
        this.shape,
        other.shape,
      );
    }
    return this.matmul(other);
  }

  /**
   * `Σ this · other` of two vectors.
   *
   * @param other a vector of the same length
   * @throws {ShapeError} if they are not vectors of one length
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([1, 2]).dot(tensor([3, 4])).item(), 11);
   * ```
   */
  dot(other: Tensor): Tensor {
    requireTensors("dot", other);
    if (this.ndim !== 1 || other.ndim !== 1 || this.size !== other.size) {
      const shapes = `${formatShape(this.shape)} by ${formatShape(other.shape)}`;
      throw new ShapeError(
        `Cannot dot ${shapes}: both must be vectors of one length; use matmul() for matrices`,
        this.shape,
        other.shape,
      );
    }
    return this.matmul(other);
  }

  /**
   * Every product of an element of one vector and one of another: `[m], [n] → [m, n]`.
   *
   * @param other a vector
   * @throws {ShapeError} if they are not vectors
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).outer(tensor([3, 4])).toArray(), [[3, 4], [6, 8]]);
   * ```
   */
  outer(other: Tensor): Tensor {
    requireTensors("take the outer product", other);
    if (this.ndim !== 1 || other.ndim !== 1) {
      throw new ShapeError(
        `Cannot take the outer product of ${formatShape(this.shape)} and ` +
          `${formatShape(other.shape)}: both must be vectors; flatten() them`,
        this.shape,
        other.shape,
      );
    }
    return pass(() => this.unsqueeze(1).mul(other));
  }

  /**
   * The sum of the diagonal of a matrix.
   *
   * @throws {ShapeError} if the tensor is not a matrix
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([[1, 2], [3, 4]]).trace().item(), 5);
   * ```
   */
  trace(): Tensor {
    if (this.ndim !== 2) {
      throw new ShapeError(
        `Cannot take the trace of shape ${formatShape(this.shape)}: it must be a matrix; sum ` +
          `diagonal() of a batch`,
        this.shape,
      );
    }
    return pass(() => this.diagonal().sum());
  }

  /**
   * The lower triangular `L` with `L Lᵀ = x`, for symmetric positive definite matrices.
   *
   * The symmetric part `(x + xᵀ) / 2` is used, so the gradient is symmetric.
   *
   * @throws {ValueError} if a matrix is not positive definite
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[4, 2], [2, 5]]).cholesky().toArray(), [[2, 0], [1, 2]]);
   * ```
   */
  cholesky(): Tensor {
    return run(ops.cholesky, [this], undefined);
  }

  /**
   * The solution of `this · x = right`.
   *
   * @param right matrices `[…, n, k]`, or a vector `[n]`
   * @throws {ValueError} if a matrix is singular
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[2, 0], [0, 4]]).solve(tensor([2, 8]));
   * assert.deepEqual(x.toArray(), [1, 2]);
   * ```
   */
  solve(right: Tensor): Tensor {
    requireTensors("solve", right);
    if (right.ndim !== 1) return run(ops.solve, [this, right], undefined);
    return pass(() => run(ops.solve, [this, right.unsqueeze(1)], undefined).squeeze(-1));
  }

  /**
   * The inverse. (To solve equations, `solve` is faster and more precise.)
   *
   * @throws {ValueError} if a matrix is singular
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[2, 0], [0, 4]]).inv().toArray(), [[0.5, 0], [0, 0.25]]);
   * ```
   */
  inv(): Tensor {
    const n = this.shape[this.ndim - 1] ?? 0;
    if (!isFloat(this.dtype)) {
      throw new DTypeError(`Cannot invert ${this.dtype}: convert it with .to("float32")`);
    }
    const identity = new Float64Array(n * n);
    for (let i = 0; i < n; i++) identity[i * n + i] = 1;
    return pass(() => this.solve(wrap(RawArray.from(identity, [n, n], this.dtype)) as Tensor));
  }

  /**
   * The determinant; its gradient is right for singular matrices too.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([[2, 1], [0, 4]]).det().item(), 8);
   * ```
   */
  det(): Tensor {
    return run(ops.det, [this], undefined);
  }

  /**
   * `Q` with orthonormal columns and `R` upper triangular, with `Q R` the tensor.
   *
   * @returns `[…, m, k]` and `[…, k, n]` with k the smaller of m and n
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { q, r } = tensor([[0, 2], [3, 0]]).qr();
   * assert.deepEqual(q.matmul(r).toArray(), [[0, 2], [3, 0]]);
   * ```
   */
  qr(): QR {
    if (this.ndim < 2) {
      throw new ShapeError(
        `Cannot take the QR factors of shape ${formatShape(this.shape)}: a matrix has two axes`,
        this.shape,
      );
    }
    const [rows, columns] = this.shape.slice(-2);
    const square = Math.min(rows, columns);
    return pass(() => {
      // The first columns determine Q; R has the others in its terms.
      const packed = run(ops.qr, [this.#columns(0, square)], undefined);
      const axis = -2;
      const q = packed.slice(0, rows, { axis });
      const r = packed.slice(rows, rows + square, { axis });
      if (columns === square) return { q, r };
      const rest = q.transpose().matmul(this.#columns(square, columns));
      return { q, r: cat([r, rest], -1) };
    });
  }

  #columns(start: number, stop: number): Tensor {
    return this.slice(start, stop, { axis: -1 });
  }
}

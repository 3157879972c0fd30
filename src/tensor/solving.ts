/**
 * Linear algebra.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { wrap } from "../autograd/node.ts";
import { type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { cat } from "./functions.ts";
import { MultipliedTensor } from "./multiplying.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** What `slogdet` finds. */
export interface SignedLogarithm {
  /** −1, 0 or 1. */
  readonly sign: Tensor;
  /** `ln |det x|` */
  readonly logabsdet: Tensor;
}

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
export abstract class SolvedTensor extends MultipliedTensor {
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
    return run(ops.cholesky, [this]);
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
    if (right.ndim !== 1) return run(ops.solve, [this, right]);
    return pass(() => run(ops.solve, [this, right.unsqueeze(1)]).squeeze(-1));
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
    return pass(() => this.solve(identity(n, this.dtype)));
  }

  /**
   * The matrix times itself, `n` times in all, by repeated squaring; negative powers are those of the
   * inverse, and the power 0 is the identity.
   *
   * See https://pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html
   *
   * @param n a whole number
   * @throws {ShapeError} if the last two axes are not square matrices
   * @throws {ValueError} if `n` is not whole, or below 0 and a matrix is singular
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const fibonacci = tensor([[1, 1], [1, 0]]);
   * assert.deepEqual(fibonacci.matrixPower(10).toArray(), [[89, 55], [55, 34]]);
   * assert.deepEqual(fibonacci.matrixPower(-1).toArray(), [[0, 1], [1, -1]]);
   * ```
   */
  matrixPower(n: number): Tensor {
    const [rows, columns] = this.shape.slice(-2);
    if (this.ndim < 2 || rows !== columns || !Number.isInteger(n)) {
      const action = `Cannot take power ${n} of shape ${formatShape(this.shape)}`;
      if (!Number.isInteger(n)) throw new ValueError(`${action}: use a whole number`);
      throw new ShapeError(`${action}: the last two axes must be square matrices`, this.shape);
    }
    return pass(() => {
      if (n === 0) return identity(rows, this.dtype).expand(this.shape).clone();
      let square = n < 0 ? this.inv() : this.clone();
      let result: Tensor | null = null;
      for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
        if (rest % 2 === 1) result = result === null ? square : result.matmul(square);
        if (rest > 1) square = square.matmul(square);
      }
      return result!;
    });
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
    return run(ops.det, [this]);
  }

  /**
   * The determinant as its sign and the logarithm of its size, which neither overflows nor vanishes.
   *
   * See https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html
   *
   * @returns `sign`: −1, 0 or 1, without gradient; `logabsdet`: −∞ for a singular matrix, which has no
   *   gradient: `backward()` refuses then, as `inv()` does
   * @throws {ShapeError} if the last two axes are not square matrices
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { eye } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = eye(400).mul(-0.1); // its determinant is 1e-400, which no dtype holds
   * const { sign, logabsdet } = x.slogdet();
   * assert.equal(sign.item(), 1);
   * assert.ok(Math.abs(logabsdet.item() + 400 * Math.LN10) < 1e-4);
   * ```
   */
  slogdet(): SignedLogarithm {
    return pass(() => {
      const packed = run(ops.slogdet, [this]);
      return { sign: packed.select(-1, 0), logabsdet: packed.select(-1, 1) };
    });
  }

  /**
   * The logarithm of the determinant, without overflow; −∞ where that is 0, NaN where it is below.
   *
   * See https://pytorch.org/docs/stable/generated/torch.logdet.html
   *
   * @throws {ShapeError} if the last two axes are not square matrices
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([[2, 0], [0, 4]]).logdet();
   * assert.ok(Math.abs(y.item() - 3 * Math.LN2) < 1e-6);
   * assert.equal(tensor([[0, 1], [1, 0]]).logdet().item(), NaN); // its determinant is −1
   * ```
   */
  logdet(): Tensor {
    return pass(() => {
      const { sign, logabsdet } = this.slogdet();
      return logabsdet.maskedFill(sign.lt(0), NaN);
    });
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
      const packed = run(ops.qr, [this.#columns(0, square)]);
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

/** The identity matrix. */
function identity(n: number, dtype: DType): Tensor {
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return wrap(NDArray.from(values, [n, n], dtype)) as Tensor;
}

/**
 * Singular values, and norms of matrices.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxis } from "../checks.ts";
import { formatShape } from "../shape.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import { SolvedTensor } from "./solving.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `matrixNorm`. */
export interface MatrixNormOptions {
  /**
   * `"fro"`: the root of the sum of squares. `"nuc"`: the sum of the singular values; 2 and −2: the
   * largest and the smallest. 1 and −1: the largest and smallest sum of a column; ∞ and −∞: of a row.
   * Default `"fro"`.
   */
  readonly order?: "fro" | "nuc" | number;
  /** Along which axes rows and columns count; default the last two. */
  readonly axis?: readonly [rows: number, columns: number];
  /** Keep the two axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/** What `svd` finds. */
export interface SVD {
  /** Orthonormal columns, `[…, m, k]`. */
  readonly u: Tensor;
  /** Singular values, the largest first, `[…, k]`. */
  readonly s: Tensor;
  /** Orthonormal rows, `[…, k, n]`. */
  readonly vh: Tensor;
}

/**
 * The part of {@link Tensor} that takes matrices apart. The last two axes are matrices, all others a
 * batch; everything is computed in float64.
 *
 * See https://pytorch.org/docs/stable/linalg.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[3, 0], [0, -4]]);
 * assert.deepEqual(x.svdvals().toArray(), [4, 3]);
 * assert.equal(x.matrixNorm({ order: "nuc" }).item(), 7);
 * ```
 */
export abstract class DecomposedTensor extends SolvedTensor {
  /**
   * Singular values and vectors: `U · diag(s) · Vh` is the tensor.
   *
   * The signs of vectors are not determined, and neither are vectors of equal singular values; what
   * depends on such a choice has no gradient, as in PyTorch
   * (https://pytorch.org/docs/stable/generated/torch.linalg.svd.html), whose `full_matrices=False`
   * this is. By Jacobi's method, which finds small singular values as precisely as large ones.
   *
   * @returns `[…, m, k]`, `[…, k]` and `[…, k, n]` with k the smaller of m and n
   * @throws {ShapeError} if there are fewer than two axes
   * @throws {DTypeError} if the tensor is of integers
   * @throws {ValueError} if a matrix holds NaN or ±∞
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[0, 2, 0], [-3, 0, 0]]);
   * const { u, s, vh } = x.svd();
   * assert.deepEqual(s.toArray(), [3, 2]);
   * assert.deepEqual(u.mul(s).matmul(vh).sub(x).abs().max().item(), 0);
   * ```
   */
  svd(): SVD {
    const [rows, columns] = this.shape.slice(-2);
    const isTall = rows >= columns || this.ndim < 2;
    return pass(() => {
      const packed = run(ops.svd, [isTall ? this : this.transpose()]);
      const [long, short] = isTall ? [rows, columns] : [columns, rows];
      const axis = -2;
      const left = packed.slice(0, long, { axis });
      const s = packed.slice(long, long + 1, { axis }).squeeze(axis);
      const right = packed.slice(long + 1, long + 1 + short, { axis });
      return isTall ? { u: left, s, vh: right } : { u: right.transpose(), s, vh: left.transpose() };
    });
  }

  /**
   * The singular values, the largest first; their gradient exists for equal ones too.
   *
   * @returns `[…, min(m, n)]`
   * @throws {ShapeError} if there are fewer than two axes
   * @throws {DTypeError} if the tensor is of integers
   * @throws {ValueError} if a matrix holds NaN or ±∞
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[3, 0], [0, -4]]).svdvals().toArray(), [4, 3]);
   * ```
   */
  svdvals(): Tensor {
    return this.svd().s;
  }

  /**
   * The norms of matrices.
   *
   * Of equal largest (or smallest) singular values or sums, each gets an equal share of the gradient.
   * Source: https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
   *
   * @param options see {@link MatrixNormOptions}
   * @returns the shape without the two axes
   * @throws {ValueError} if there is no such order, or the axes are the same
   * @throws {ShapeError} if there are no such axes
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, -2], [3, 4]]);
   * assert.equal(x.matrixNorm({ order: 1 }).item(), 6); // the second column
   * assert.equal(x.matrixNorm({ order: Infinity }).item(), 7); // the second row
   * assert.equal(tensor([[3, 0], [0, -4]]).matrixNorm({ order: 2 }).item(), 4);
   * ```
   */
  matrixNorm(options: MatrixNormOptions = {}): Tensor {
    const { order = "fro", axis = [-2, -1], keepDims = false } = options;
    const [rows, columns] = axis.map((a) => normalizeAxis(a, this.shape, "take a matrix norm"));
    if (rows === columns) {
      throw new ValueError(
        `Cannot take the matrix norm of shape ${formatShape(this.shape)} along axes ` +
          `[${axis.join(", ")}]: rows and columns are the same axis; use two`,
      );
    }
    if (order === "fro") return this.norm({ axis: [rows, columns], keepDims });
    return pass(() => {
      const norms = matrixNorm(this.movedim([rows, columns], [-2, -1]), order);
      const [first, second] = rows < columns ? [rows, columns] : [columns, rows];
      return keepDims ? norms.unsqueeze(first).unsqueeze(second) : norms;
    });
  }
}

/** The norms of the last two axes. */
function matrixNorm(x: Tensor, order: "nuc" | number): Tensor {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot take the matrix norm of ${x.dtype}: convert it with .to("float32")`,
    );
  }
  const last = { axis: -1 };
  switch (order) {
    case "nuc":
      return x.svdvals().sum(last);
    case 2:
      return x.svdvals().amax(last);
    case -2:
      return x.svdvals().amin(last);
    case 1:
      return x.abs().sum({ axis: -2 }).amax(last);
    case -1:
      return x.abs().sum({ axis: -2 }).amin(last);
    case Infinity:
      return x.abs().sum(last).amax(last);
    case -Infinity:
      return x.abs().sum(last).amin(last);
  }
  throw new ValueError(
    `Cannot take the matrix norm of order ${order} of shape ${formatShape(x.shape)}: there are ` +
      `"fro", "nuc", 2, -2, 1, -1, Infinity and -Infinity`,
  );
}

/**
 * Lengths, smooth maxima, running totals and counts.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { type Axes, formatShape, normalizeAxes, normalizeAxis } from "../shape.ts";
import { optionsOf, type ReduceOptions, ReducibleTensor } from "./reducing.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent: any number, ∞ for the largest, −∞ for the smallest, 0 for a count; default 2. */
  readonly order?: number;
}

/** Options of `matrixNorm`. */
export interface MatrixNormOptions {
  /**
   * `"fro"`: the root of the sum of squares. 1 and −1: the largest and smallest sum of a column;
   * ∞ and −∞: of a row. Default `"fro"`.
   */
  readonly order?: "fro" | 1 | -1 | number;
  /** Keep the two axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * The part of {@link Tensor} that measures along axes.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[3, 4], [0, 0]]);
 * assert.deepEqual(x.norm({ axis: 1 }).toArray(), [5, 0]);
 * assert.deepEqual(x.cumsum(1).toArray(), [[3, 7], [0, 0]]);
 * ```
 */
export abstract class MeasuredTensor extends ReducibleTensor {
  /**
   * The norm `(Σ |x|ᵖ)^(1/p)` over all axes or some. Where it is 0, its gradient is 0.
   *
   * @param options `order` (p), `axis`, `keepDims`
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([3, -4]);
   * assert.equal(x.norm().item(), 5);
   * assert.equal(x.norm({ order: 1 }).item(), 7);
   * assert.equal(x.norm({ order: Infinity }).item(), 4);
   * ```
   */
  norm(options?: NormOptions | Axes): Tensor {
    const { order = 2, axis, keepDims = false } = optionsOf<NormOptions>(options);
    if (!isFloat(this.dtype)) {
      throw new DTypeError(`Cannot take the norm of ${this.dtype}: convert it with .to("float32")`);
    }
    if (!(order >= -Infinity)) {
      throw new ValueError(
        `Cannot take a norm of order ${order}: use a number; matrixNorm() has others`,
      );
    }
    const over = { axis, keepDims };
    if (order === Infinity) return pass(() => this.abs().amax(over));
    if (order === -Infinity) return pass(() => this.abs().amin(over));
    if (order === 0) return pass(() => this.ne(0).sum(over).to(this.dtype));
    if (order === 1) return pass(() => this.abs().sum(over));
    return run(ops.norm, [this], {
      axes: normalizeAxes(axis, this.shape, "norm"),
      keepDims,
      order,
    });
  }

  /**
   * The norm of the matrices of the last two axes.
   *
   * @param options see {@link MatrixNormOptions}
   * @returns the shape without the last two axes
   * @throws {ValueError} for orders that need singular values: 2, −2 and the nuclear norm
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, -2], [3, 4]]);
   * assert.equal(x.matrixNorm({ order: 1 }).item(), 6); // the second column
   * assert.equal(x.matrixNorm({ order: Infinity }).item(), 7); // the second row
   * ```
   */
  matrixNorm(options: MatrixNormOptions = {}): Tensor {
    const { order = "fro", keepDims = false } = options;
    const [rows, columns] = [-2, -1];
    normalizeAxis(rows, this.shape, "take a matrix norm");
    if (order === "fro") return this.norm({ axis: [rows, columns], keepDims });
    if (Math.abs(order) !== 1 && Math.abs(order) !== Infinity) {
      throw new ValueError(
        `Cannot take the matrix norm of order ${order} of shape ${
          formatShape(this.shape)
        }: there ` +
          `are "fro", 1, -1, Infinity and -Infinity`,
      );
    }
    const added = Math.abs(order) === 1 ? rows : columns;
    return pass(() => {
      const sums = this.abs().sum({ axis: added, keepDims: true });
      const found = order > 0
        ? sums.amax({ axis: [rows, columns], keepDims })
        : sums.amin({ axis: [rows, columns], keepDims });
      return found;
    });
  }

  /**
   * `ln Σ eˣ`, over all axes or some, without overflow; −∞ of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([1000, 1000]).logsumexp().item();
   * assert.ok(Math.abs(y - 1000 - Math.LN2) < 1e-4);
   * ```
   */
  logsumexp(options?: ReduceOptions | Axes): Tensor {
    const { axis, keepDims = false } = optionsOf<ReduceOptions>(options);
    return run(ops.logsumexp, [this], {
      axes: normalizeAxes(axis, this.shape, "logsumexp"),
      keepDims,
    });
  }

  /**
   * Running sums along an axis; small integers add up in int32
   *
   * @param axis along which the sums run
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3]).cumsum(0).toArray(), [1, 3, 6]);
   * ```
   */
  cumsum(axis: number): Tensor {
    return run(ops.cumsum, [this], normalizeAxis(axis, this.shape, "cumsum"));
  }

  /**
   * Running products along an axis; the gradient is right at zeros too
   *
   * @param axis along which the products run
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3, 4]).cumprod(0).toArray(), [1, 2, 6, 24]);
   * ```
   */
  cumprod(axis: number): Tensor {
    return run(ops.cumprod, [this], normalizeAxis(axis, this.shape, "cumprod"));
  }

  /**
   * How many elements are not 0, of all axes or some, as int32
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([0, 2, -1]).countNonzero().item(), 2);
   * ```
   */
  countNonzero(options?: ReduceOptions | Axes): Tensor {
    return pass(() => this.ne(0).sum(options));
  }
}

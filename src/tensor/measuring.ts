/**
 * Lengths, smooth maxima, running totals and counts.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { type Axes, normalizeAxes, normalizeAxis } from "../shape.ts";
import { optionsOf, type ReduceOptions, ReducibleTensor } from "./reducing.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent: any number, ∞ for the largest, −∞ for the smallest, 0 for a count; default 2. */
  readonly order?: number;
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
   * `ln Σ eˣ`, over all axes or some, without overflow; −∞ of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor is of integers
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
   * The difference of each element and the one before it along an axis: one entry less
   *
   * @param axis default −1
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 4, 9, 16]).diff().toArray(), [3, 5, 7]);
   * ```
   */
  diff(axis = -1): Tensor {
    const along = normalizeAxis(axis, this.shape, "diff");
    const size = this.shape[along];
    const part = (start: number, stop: number): Tensor => this.slice(start, stop, { axis: along });
    return pass(() => part(1, size).sub(part(0, Math.max(0, size - 1))));
  }

  /**
   * How many elements are not 0, of all axes or some, as int32
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
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

/**
 * Lengths, smooth maxima, running totals, differences, counts and covariances.
 *
 * @module
 */

import { wrap } from "../autograd/node.ts";
import { type DType, getDefaultDtype, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxes, normalizeAxis } from "../checks.ts";
import { type Axes, formatShape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { cat } from "./functions.ts";
import { optionsOf, type ReduceOptions, ReducibleTensor } from "./reducing.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** The exponent: any number, ∞ for the largest, −∞ for the smallest, 0 for a count; default 2. */
  readonly order?: number;
}

/** Options of `diff`. */
export interface DiffOptions {
  /** How often differences are taken; default 1. */
  readonly n?: number;
  /** The axis; default −1. */
  readonly axis?: number;
  /** What stands before the first entries. */
  readonly prepend?: Tensor;
  /** What stands behind the last entries. */
  readonly append?: Tensor;
}

/** Options of `cov`. */
export interface CovOptions {
  /** Subtracted from the number of observations in the denominator; default 1. */
  readonly correction?: number;
  /** `[observations]`: how often each was made, as whole numbers; once if left out. */
  readonly fweights?: Tensor;
  /** `[observations]`: how much each counts; all the same if left out. */
  readonly aweights?: Tensor;
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

  /**
   * Differences of neighbours along an axis: `y[i] = x[i + 1] − x[i]`, `n` times over; of booleans,
   * whether they differ.
   *
   * See https://pytorch.org/docs/stable/generated/torch.diff.html
   *
   * @param options see {@link DiffOptions}; or the axis alone
   * @returns `n` entries fewer along the axis, 0 at least
   * @throws {ShapeError} if this is a scalar, or there is no such axis
   * @throws {ValueError} if `n` is not a whole number ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 4, 9, 16]);
   * assert.deepEqual(x.diff().toArray(), [3, 5, 7]);
   * assert.deepEqual(x.diff({ n: 2 }).toArray(), [2, 2]);
   * assert.deepEqual(x.diff({ prepend: tensor([0]) }).toArray(), [1, 3, 5, 7]);
   * ```
   */
  diff(options?: DiffOptions | number): Tensor {
    const { n = 1, axis = -1, prepend, append } = optionsOf<DiffOptions>(options);
    const along = normalizeAxis(axis, this.shape, "diff");
    if (this.ndim === 0) {
      throw new ShapeError("Cannot diff a scalar: it has no neighbours; use stack()", this.shape);
    }
    if (!Number.isInteger(n) || n < 0) {
      throw new ValueError(`Cannot diff ${n} times: use a whole number, 0 or more`);
    }
    const parts = [prepend, this as unknown as Tensor, append].filter((x) => x !== undefined);
    return pass(() => {
      let y = cat(parts, along);
      for (let i = 0; i < n; i++) {
        const [next, own] = [y.slice(1, null, { axis: along }), y.slice(0, -1, { axis: along })];
        y = y.dtype === "bool" ? next.logicalXor(own) : next.sub(own);
      }
      return y;
    });
  }

  /**
   * Covariances of variables, each of which is a row: `Σ (x − x̄) (y − ȳ) / (N − correction)` with N
   * observations. With weights `w = f · a`, means and sums are weighted, and the denominator is
   * `Σ w − correction · Σ w a / Σ w`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cov.html
   *
   * @param options see {@link CovOptions}
   * @returns `[variables, variables]`; a scalar for a single variable `[observations]`
   * @throws {ShapeError} if there are more than two axes, or weights are not one for each observation
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[0, 2], [3, 1]]);
   * assert.deepEqual(x.cov().toArray(), [[2, -2], [-2, 2]]);
   * assert.deepEqual(x.cov({ correction: 0 }).toArray(), [[1, -1], [-1, 1]]);
   * ```
   */
  cov(options: CovOptions = {}): Tensor {
    const { correction = 1, fweights, aweights } = options;
    const observations = this.shape[this.ndim - 1] ?? 1;
    const weights = [fweights, aweights].filter((w) => w !== undefined);
    if (this.ndim > 2 || weights.some((w) => w.ndim !== 1 || w.size !== observations)) {
      throw new ShapeError(
        `Cannot take covariances of shape ${formatShape(this.shape)}` +
          weights.map((w) => ` with weights ${formatShape(w.shape)}`).join("") +
          `: it must be [variables, observations], and weights [observations]`,
        this.shape,
        ...weights.map((w) => w.shape),
      );
    }
    return pass(() => {
      const dtype = isFloat(this.dtype) ? this.dtype : getDefaultDtype();
      const rows = run(ops.cast, [this], dtype).reshape(
        this.ndim < 2 ? 1 : this.shape[0],
        observations,
      );
      const [f, a] = [fweights, aweights].map((w) => w?.to(dtype));
      const w = (f !== undefined && a !== undefined ? f.mul(a) : f ?? a) ??
        ones(observations, dtype);
      const total = w.sum();
      const lost = (a === undefined ? total : w.mul(a).sum()).div(total).mul(correction);
      const centred = rows.sub(rows.mul(w).sum({ axis: 1, keepDims: true }).div(total));
      const sums = centred.mul(w).matmul(centred.T);
      const covariances = sums.div(total.sub(lost).clamp(0));
      return this.ndim < 2 ? covariances.reshape([]) : covariances;
    });
  }
}

function ones(length: number, dtype: DType): Tensor {
  return wrap(NDArray.from(new Array<number>(length).fill(1), [length], dtype)) as Tensor;
}

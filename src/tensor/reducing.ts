/**
 * Sums over axes: products of matrices, normalizations, and reductions.
 *
 * @module
 */

import { requireOptions } from "../checks.ts";
import { apply } from "../autograd/apply.ts";
import { wrap } from "../autograd/node.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxes, normalizeAxis } from "../checks.ts";
import type { Axes } from "../shape.ts";
import { matmul } from "./product.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import { ScatteredTensor } from "./scattering.ts";
import type { Tensor } from "./tensor.ts";

/** Options of a reduction. */
export interface ReduceOptions {
  /** The axis or axes to reduce; all of them if left out. */
  readonly axis?: Axes;
  /** Keep reduced axes with size 1; default false. */
  readonly keepDims?: boolean;
}

/** Options of `var` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the denominator; default 1 (the sample variance). */
  readonly correction?: number;
}

/** Options of a reduction along one axis. */
export interface AxisOptions {
  /** The axis; the flattened tensor if left out. */
  readonly axis?: number;
  /** Keep the axis with size 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * The part of {@link Tensor} that combines elements along axes.
 *
 * See https://pytorch.org/docs/stable/torch.html#reduction-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2], [3, 6]]);
 * assert.equal(x.sum().item(), 12);
 * assert.deepEqual(x.mean({ axis: 0, keepDims: true }).toArray(), [[2, 4]]);
 * assert.deepEqual(x.max(1).toArray(), [2, 6]);
 * ```
 */
export abstract class ReducibleTensor extends ScatteredTensor {
  /**
   * The matrix product `this · other`, `[…, m, k] · […, k, n] → […, m, n]`; batches broadcast.
   *
   * A vector counts as a row on the left and as a column on the right, and that axis goes again.
   *
   * @param other the right operand
   * @throws {ShapeError} if inner sizes differ, batches do not broadcast, or one is a scalar
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.deepEqual(x.matmul(x).toArray(), [[7, 10], [15, 22]]);
   * assert.deepEqual(x.matmul(tensor([1, 1])).toArray(), [3, 7]);
   * assert.deepEqual(zeros([5, 1, 2, 3]).matmul(zeros([4, 3, 6])).shape, [5, 4, 2, 6]);
   * ```
   */
  matmul(other: Tensor): Tensor {
    return matmul(this, other) as Tensor;
  }

  /**
   * `eˣ / Σ eˣ` along `axis`, without overflow; −∞ gets 0, and NaN if the whole axis is −∞
   *
   * @param axis along which the results add up to 1
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1000, 1000, -Infinity]).softmax(0).toArray(), [0.5, 0.5, 0]);
   * ```
   */
  softmax(axis: number): Tensor {
    return run(ops.softmax, [this], normalizeAxis(axis, this.shape, "softmax"));
  }

  /**
   * `x - ln Σ eˣ` along `axis`, without overflow
   *
   * @param axis along which it normalizes
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([0, 0, 0, 0]).logSoftmax(0);
   * assert.ok(Math.abs(y.at(0).item() + Math.log(4)) < 1e-6);
   * ```
   */
  logSoftmax(axis: number): Tensor {
    return run(ops.logSoftmax, [this], normalizeAxis(axis, this.shape, "logSoftmax"));
  }

  /**
   * `Σ x`, over all axes or some; 0 of nothing. Small integers add up in int32.
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.equal(x.sum().item(), 10);
   * assert.deepEqual(x.sum(0).toArray(), [4, 6]);
   * assert.deepEqual(x.sum({ axis: 1, keepDims: true }).toArray(), [[3], [7]]);
   * ```
   */
  sum(options?: ReduceOptions | Axes): Tensor {
    return run(ops.sum, [this], this.#reduction(options, "sum"));
  }

  /**
   * `Σ x / n`; NaN of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.equal(x.mean().item(), 2.5);
   * assert.deepEqual(x.mean(1).toArray(), [1.5, 3.5]);
   * ```
   */
  mean(options?: ReduceOptions | Axes): Tensor {
    return run(ops.mean, [this], this.#reduction(options, "mean"));
  }

  /**
   * `Π x`, over all axes or some; 1 of nothing. The gradient is right at zeros too.
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([2, 0, 5], { requiresGrad: true });
   * x.prod().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 10, 0]); // the product of the others
   * ```
   */
  prod(options?: ReduceOptions | Axes): Tensor {
    return run(ops.prod, [this], this.#reduction(options, "prod"));
  }

  /**
   * `Σ (x - x̄)² / max(n - correction, 0)`; NaN where that is 0 / 0
   *
   * @param options `correction` (default 1), `axis`, `keepDims`; or the axis or axes alone
   * @throws {ValueError} if the correction is below 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3, 4]);
   * assert.ok(Math.abs(x.var().item() - 5 / 3) < 1e-6);
   * assert.equal(x.var({ correction: 0 }).item(), 1.25);
   * ```
   */
  var(options?: VarianceOptions | Axes): Tensor {
    const { correction = 1 } = optionsOf<VarianceOptions>(options);
    if (!(correction >= 0)) {
      throw new ValueError(
        `Cannot take the variance with correction ${correction}: it must be ≥ 0`,
      );
    }
    return run(ops.variance, [this], { ...this.#reduction(options, "var"), correction });
  }

  /**
   * The square root of `var`; where all elements are equal, its gradient is 0
   *
   * @param options `correction` (default 1), `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([1, 3, 5]).std().item(), 2);
   * ```
   */
  std(options?: VarianceOptions | Axes): Tensor {
    return pass(() => {
      const variance = this.var(options);
      const isZero = variance.eq(0);
      // The root of 0 has an infinite slope, which would make NaN of the zeros behind it.
      return variance.maskedFill(isZero, 1).sqrt().maskedFill(isZero, 0);
    });
  }

  /**
   * The largest element; elements that tie share the gradient. NaN wins.
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there are no elements
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([4, 1, 4], { requiresGrad: true });
   * x.amax().backward();
   * assert.deepEqual(x.grad!.toArray(), [0.5, 0, 0.5]);
   * ```
   */
  amax(options?: ReduceOptions | Axes): Tensor {
    return run(ops.amax, [this], this.#reduction(options, "amax"));
  }

  /**
   * The smallest element; elements that tie share the gradient. NaN wins.
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 1], [4, 2]], { requiresGrad: true });
   * const y = x.amin(1);
   * assert.deepEqual(y.toArray(), [1, 2]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [[0.5, 0.5], [0, 1]]);
   * ```
   */
  amin(options?: ReduceOptions | Axes): Tensor {
    return run(ops.amin, [this], this.#reduction(options, "amin"));
  }

  /**
   * The largest element: of all, where ties share the gradient as in `amax`, or along one axis, where
   * the first of equal ones gets it. (PyTorch also returns indices then; `argmax` has them.)
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 5], [7, 3]]);
   * assert.equal(x.max().item(), 7);
   * assert.deepEqual(x.max(1).toArray(), [5, 7]);
   * ```
   */
  max(options?: AxisOptions | number): Tensor {
    return this.#extreme(options, "argmax", "amax");
  }

  /**
   * The smallest element, as `max` the largest.
   *
   * @param options `axis`, `keepDims`, or just the axis; all axes if left out
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[3, 1], [2, 4]]);
   * assert.equal(x.min().item(), 1);
   * assert.deepEqual(x.min(1).toArray(), [1, 2]);
   * ```
   */
  min(options?: AxisOptions | number): Tensor {
    return this.#extreme(options, "argmin", "amin");
  }

  #extreme(
    options: AxisOptions | number | undefined,
    arg: "argmax" | "argmin",
    all: "amax" | "amin",
  ): Tensor {
    const { axis, keepDims = false } = optionsOf<AxisOptions>(options);
    if (axis === undefined || this.ndim === 0) return this[all]({ keepDims });
    const along = normalizeAxis(axis, this.shape, arg.slice(3));
    const picked = this.gather(along, this[arg]({ axis: along, keepDims: true }));
    return keepDims ? picked : picked.squeeze(along);
  }

  /**
   * int32 index of the first largest element, along an axis or of the flattened tensor.
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([[0.1, 0.7, 0.7], [0.9, 0, 0.1]]);
   * assert.deepEqual(scores.argmax(1).toArray(), [1, 0]);
   * assert.equal(scores.argmax().item(), 3);
   * ```
   */
  argmax(options?: AxisOptions | number): Tensor {
    return this.#argExtreme(ops.argmax, options);
  }

  /**
   * int32 index of the first smallest element, along an axis or of the flattened tensor.
   *
   * @param options `axis`, `keepDims`, or just the axis
   * @throws {ShapeError} if there is no such axis, or nothing to choose from
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[3, 1], [2, 2]]);
   * assert.equal(x.argmin().item(), 1);
   * assert.deepEqual(x.argmin(1).toArray(), [1, 0]);
   * ```
   */
  argmin(options?: AxisOptions | number): Tensor {
    return this.#argExtreme(ops.argmin, options);
  }

  #argExtreme(op: typeof ops.argmax, options?: AxisOptions | number): Tensor {
    const { axis, keepDims = false } = optionsOf<AxisOptions>(options);
    if (axis === undefined || this.ndim === 0) {
      const row = apply(ops.reshape, [wrap(this.array)], [this.size]);
      const flat = run(op, [row], { axis: 0, keepDims: false });
      return keepDims ? flat.reshape(this.shape.map(() => 1)) : flat;
    }
    return run(op, [this], { axis: normalizeAxis(axis, this.shape, op.name), keepDims });
  }

  /**
   * Whether any element is non-zero, as a boolean; false of nothing
   *
   * @param options `axis`, `keepDims`, or just the axes
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[0, 2], [0, 0]]);
   * assert.deepEqual(x.any(1).toArray(), [1, 0]);
   * assert.equal(x.isnan().any().item(), 0);
   * ```
   */
  any(options?: ReduceOptions | Axes): Tensor {
    return run(ops.any, [this], this.#reduction(options, "any"));
  }

  /**
   * Whether all elements are non-zero; true of nothing
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 0], [2, 3]]).all(1).toArray(), [0, 1]);
   * ```
   */
  all(options?: ReduceOptions | Axes): Tensor {
    return run(ops.all, [this], this.#reduction(options, "all"));
  }

  #reduction(options: ReduceOptions | Axes | undefined, action: string) {
    const { axis, keepDims = false } = optionsOf<ReduceOptions>(options);
    return { axes: normalizeAxes(axis, this.shape, action), keepDims };
  }
}

/** A bare axis, or axes, stand for options with only that. */
export function optionsOf<O extends { readonly axis?: Axes }>(options: O | Axes | undefined): O {
  if (typeof options === "number" || Array.isArray(options)) {
    return { axis: options } as unknown as O;
  }
  if (options !== undefined && typeof options !== "object") {
    throw new ValueError(
      `Cannot reduce with ${typeof options} ${options}: give an axis, a list of axes, or options`,
    );
  }
  if (options === undefined) return {} as O;
  requireOptions("reduce", options);
  return options as O;
}

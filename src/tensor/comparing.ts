/**
 * Comparisons, logic, and choices by them.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { requireOptions, requireTensors } from "../checks.ts";
import { wrap } from "../autograd/node.ts";
import { isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { broadcastShapes, sameShape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { RoundedTensor } from "./rounding.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `isclose` and `allclose`. */
export interface CloseOptions {
  /** The difference allowed, as a share of the other element; default 1e-5. */
  readonly rtol?: number;
  /** The difference allowed in any case; default 1e-8. */
  readonly atol?: number;
  /** Whether NaN is close to NaN; default false. */
  readonly equalNan?: boolean;
}

/**
 * The part of {@link Tensor} that compares; operands broadcast. Results are booleans, without
 * gradients.
 *
 * See https://pytorch.org/docs/stable/torch.html#comparison-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assert.deepEqual(x.ge(2).logicalAnd(x.lt(4)).toArray(), [[0, 1], [1, 0]]);
 * assert.deepEqual(x.gt(2).where(x, 0).toArray(), [[0, 0], [3, 4]]);
 * ```
 */
export abstract class ComparedTensor extends RoundedTensor {
  /**
   * `this < other`, as booleans; NaN is less than nothing
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3]).lt(2).toArray(), [1, 0, 0]);
   * ```
   */
  lt(other: TensorLike): Tensor {
    return run(ops.lt, [this, other]);
  }

  /**
   * `this ≤ other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3]).le(2).toArray(), [1, 1, 0]);
   * ```
   */
  le(other: TensorLike): Tensor {
    return run(ops.le, [this, other]);
  }

  /**
   * `this > other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const logits = tensor([-0.5, 0.25, 3]);
   * assert.equal(logits.gt(0).sum().item(), 2);
   * ```
   */
  gt(other: TensorLike): Tensor {
    return run(ops.gt, [this, other]);
  }

  /**
   * `this ≥ other`, as booleans; false where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, NaN, 3]).ge(tensor([1, 0, 4])).toArray(), [1, 0, 0]);
   * ```
   */
  ge(other: TensorLike): Tensor {
    return run(ops.ge, [this, other]);
  }

  /**
   * `this = other`, as booleans; NaN equals nothing
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const right = tensor([1, 0, 2]).eq(tensor([1, 1, 2]));
   * assert.equal(right.sum().item(), 2);
   * ```
   */
  eq(other: TensorLike): Tensor {
    return run(ops.eq, [this, other]);
  }

  /**
   * `this ≠ other`, as booleans; true where either is NaN
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, NaN]);
   * assert.deepEqual(x.ne(x).toArray(), [0, 1]);
   * ```
   */
  ne(other: TensorLike): Tensor {
    return run(ops.ne, [this, other]);
  }

  /**
   * `|this − other| ≤ atol + rtol · |other|`, as booleans; infinities are close to themselves only
   *
   * @param other a tensor whose shape broadcasts with this one
   * @param options `rtol`, `atol`, `equalNan`
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if a tolerance is below 0, or NaN
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 1e10, Infinity]);
   * assert.deepEqual(x.isclose(tensor([1.0001, 1.000001e10, Infinity])).toArray(), [0, 1, 1]);
   * ```
   */
  isclose(other: Tensor, options: CloseOptions = {}): Tensor {
    requireOptions("compare", options);
    const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
    requireTensors("compare", other);
    broadcastShapes(this.shape, other.shape, "compare");
    if (!(rtol >= 0 && atol >= 0)) {
      throw new ValueError(
        `Cannot compare with rtol ${rtol} and atol ${atol}: tolerances must be 0 or more`,
      );
    }
    using _ = noGrad();
    return pass(() => {
      const [a, b] = [comparable(this), comparable(other)];
      const error = a.sub(b).abs();
      const isNear = error.le(b.abs().mul(rtol).add(atol)).logicalAnd(error.isfinite());
      const isClose = isNear.logicalOr(a.eq(b));
      return equalNan ? isClose.logicalOr(a.isnan().logicalAnd(b.isnan())) : isClose;
    });
  }

  /**
   * Whether all elements are close; see `isclose`.
   *
   * @param other a tensor whose shape broadcasts with this one
   * @param options `rtol`, `atol`, `equalNan`
   * @returns a plain boolean; true where there are no elements
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if a tolerance is below 0, or NaN
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([0.1, 0.2]);
   * assert.equal(x.add(0.2).allclose(tensor([0.3, 0.4])), true);
   * assert.equal(x.allclose(tensor([0.1, 0.21])), false);
   * ```
   */
  allclose(other: Tensor, options: CloseOptions = {}): boolean {
    return pass(() => this.isclose(other, options).all().item() === 1);
  }

  /**
   * Whether both have the same shape and equal elements, whatever their dtypes; for single elements,
   * see `eq`.
   *
   * @param other any tensor
   * @returns a plain boolean; false if there is a NaN
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([1, 2]).equal(tensor([1, 2])), true);
   * assert.equal(tensor([1, 2]).equal(tensor([[1, 2]])), false);
   * ```
   */
  equal(other: Tensor): boolean {
    requireTensors("compare", other);
    return sameShape(this.shape, other.shape) && pass(() => this.eq(other).all().item() === 1);
  }

  /**
   * Whether each element is among `values`, as booleans; NaN is not.
   *
   * See https://pytorch.org/docs/stable/generated/torch.isin.html
   *
   * @param values a tensor of any shape
   * @returns the shape of this
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const labels = tensor([3, 8, 5, 8], { dtype: "int32" });
   * assert.deepEqual(labels.isin(tensor([5, 8])).toArray(), [0, 1, 1, 1]);
   * ```
   */
  isin(values: Tensor): Tensor {
    requireTensors("search", values);
    const known = new Set<number>(values.data);
    known.delete(NaN);
    const { data } = this;
    const found = new Uint8Array(data.length);
    for (let i = 0; i < data.length; i++) found[i] = known.has(data[i]) ? 1 : 0;
    return wrap(NDArray.from(found, this.shape, "bool")) as Tensor;
  }

  /**
   * Both are non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3]);
   * assert.deepEqual(x.gt(1).logicalAnd(x.lt(3)).toArray(), [0, 1, 0]);
   * ```
   */
  logicalAnd(other: TensorLike): Tensor {
    return run(ops.logicalAnd, [this, other]);
  }

  /**
   * One or both are non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2, 3]);
   * assert.deepEqual(x.lt(2).logicalOr(x.gt(2)).toArray(), [1, 0, 1]);
   * ```
   */
  logicalOr(other: TensorLike): Tensor {
    return run(ops.logicalOr, [this, other]);
  }

  /**
   * Exactly one is non-zero, as booleans
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const [a, b] = [tensor([0, 0, 2, 2]), tensor([0, 1, 0, 1])];
   * assert.deepEqual(a.logicalXor(b).toArray(), [0, 1, 1, 0]);
   * ```
   */
  logicalXor(other: TensorLike): Tensor {
    return run(ops.logicalXor, [this, other]);
  }

  /**
   * Is zero, as booleans
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 1, 2]).logicalNot().toArray(), [1, 0, 0]);
   * ```
   */
  logicalNot(): Tensor {
    return run(ops.logicalNot, [this]);
  }

  /**
   * Is NaN, as booleans
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, NaN, Infinity]).isnan().toArray(), [0, 1, 0]);
   * ```
   */
  isnan(): Tensor {
    return run(ops.isnan, [this]);
  }

  /**
   * Is ∞ or −∞, as booleans
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, NaN, -Infinity]).isinf().toArray(), [0, 0, 1]);
   * ```
   */
  isinf(): Tensor {
    return run(ops.isinf, [this]);
  }

  /**
   * Is neither NaN nor infinite, as booleans
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, NaN, -Infinity]).isfinite().toArray(), [1, 0, 0]);
   * ```
   */
  isfinite(): Tensor {
    return run(ops.isfinite, [this]);
  }

  /**
   * Where this (a condition) is true `a`, elsewhere `b`; only what is chosen gets a gradient.
   *
   * @param a a tensor or a number, broadcast
   * @param b a tensor or a number, broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-1, 4], { requiresGrad: true });
   * const y = x.gt(0).where(x, 0);
   * y.sum().backward();
   * assert.deepEqual(y.toArray(), [0, 4]);
   * assert.deepEqual(x.grad!.toArray(), [0, 1]);
   * ```
   */
  where(a: TensorLike, b: TensorLike): Tensor {
    return run(ops.where, [this, a, b]);
  }

  /**
   * `value` where the boolean `mask` is true, the own elements elsewhere.
   *
   * @param mask booleans, broadcast
   * @param value a tensor or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([1, 2, 3]).maskedFill(tensor([false, true, false]), -Infinity);
   * assert.equal(scores.softmax(0).at(1).item(), 0);
   * ```
   */
  maskedFill(mask: Tensor, value: TensorLike): Tensor {
    return run(ops.where, [mask, value, this]);
  }
}

/** `x` as floating-point numbers that hold its elements: differences of integers could overflow. */
function comparable(x: ComparedTensor): Tensor {
  return (isFloat(x.dtype) ? x : run(ops.cast, [x], "float64")) as Tensor;
}

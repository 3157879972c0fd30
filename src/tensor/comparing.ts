/**
 * Comparisons, logic, and choices by them.
 *
 * @module
 */

import { ops } from "../ops/table.ts";
import { RoundedTensor } from "./rounding.ts";
import { run } from "./run.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

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
    return run(ops.lt, [this, other], undefined);
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
    return run(ops.le, [this, other], undefined);
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
    return run(ops.gt, [this, other], undefined);
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
    return run(ops.ge, [this, other], undefined);
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
    return run(ops.eq, [this, other], undefined);
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
    return run(ops.ne, [this, other], undefined);
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
    return run(ops.logicalAnd, [this, other], undefined);
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
    return run(ops.logicalOr, [this, other], undefined);
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
    return run(ops.logicalXor, [this, other], undefined);
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
    return run(ops.logicalNot, [this], undefined);
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
    return run(ops.isnan, [this], undefined);
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
    return run(ops.isinf, [this], undefined);
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
    return run(ops.isfinite, [this], undefined);
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
    return run(ops.where, [this, a, b], undefined);
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
    return run(ops.where, [mask, value, this], undefined);
  }
}

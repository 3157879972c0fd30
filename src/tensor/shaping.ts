/**
 * The same elements in other shapes.
 *
 * @module
 */

import { type DType, DTYPES } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { checkShape, normalizeAxes, normalizeAxis } from "../checks.ts";
import { type Axes, formatShape, resolveReshape, type Shape, sizeOf } from "../shape.ts";
import { ActivatedTensor } from "./activating.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The part of {@link Tensor} that changes shapes; most of it copies nothing.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = arange(6).reshape(2, 3);
 * assert.deepEqual(x.T.toArray(), [[0, 3], [1, 4], [2, 5]]);
 * assert.deepEqual(x.unsqueeze(0).shape, [1, 2, 3]);
 * ```
 */
export abstract class ShapedTensor extends ActivatedTensor {
  /** This class is a part: every instance is a whole tensor. */
  get #itself(): Tensor {
    return this as unknown as Tensor;
  }

  /**
   * The same elements with another shape; one size may be -1. A view where strides allow it.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if the number of elements is another
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(6);
   * assert.deepEqual(x.reshape(2, -1).toArray(), [[0, 1, 2], [3, 4, 5]]);
   * assert.deepEqual(x.reshape([3, 2]).shape, [3, 2]);
   * ```
   */
  reshape(...shape: number[] | [Shape]): Tensor {
    const to = resolveReshape(this.shape, sizesOf(shape));
    return run(ops.reshape, [this], to);
  }

  /**
   * As `reshape`, but never copies.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if the strides do not allow it
   * @example
   * ```ts
   * import { ShapeError, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([2, 3]);
   * x.view(6).fill_(1);
   * assert.equal(x.sum().item(), 6);
   * assert.throws(() => x.T.view(6), ShapeError);
   * ```
   */
  view(...shape: number[] | [Shape]): Tensor {
    const result = this.reshape(...shape);
    if (result.array.storage === this.array.storage || this.size === 0) return result;
    throw new ShapeError(
      `Cannot view shape ${formatShape(this.shape)} as ${
        formatShape(result.shape)
      }: the elements ` +
        `do not lie in that order; use reshape()`,
      this.shape,
      result.shape,
    );
  }

  /**
   * Joins the axes from `start` to `end` (both included) into one; all of them by default.
   *
   * @param start the first axis; negative ones count from the end
   * @param end the last axis
   * @throws {ShapeError} if they run backwards or there is no such axis
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([8, 3, 4, 4]).flatten(1).shape, [8, 48]);
   * ```
   */
  flatten(start = 0, end = -1): Tensor {
    if (this.ndim === 0) return this.reshape(1);
    const from = normalizeAxis(start, this.shape, "flatten");
    const to = normalizeAxis(end, this.shape, "flatten");
    if (from > to) {
      throw new ShapeError(
        `Cannot flatten axes ${start} to ${end} of shape ${formatShape(this.shape)}: they run ` +
          `backwards`,
        this.shape,
      );
    }
    const joined = sizeOf(this.shape.slice(from, to + 1));
    return this.reshape(...this.shape.slice(0, from), joined, ...this.shape.slice(to + 1));
  }

  /**
   * The axes in another order, as a view: `x.permute(2, 0, 1)`.
   *
   * @param order every axis once
   * @throws {ShapeError} if an axis is missing or named twice
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const images = zeros([8, 28, 14, 3]);
   * assert.deepEqual(images.permute(0, 3, 1, 2).shape, [8, 3, 28, 14]);
   * ```
   */
  permute(...order: number[] | [readonly number[]]): Tensor {
    const axes = sizesOf(order);
    const from = axes.map((axis) => normalizeAxis(axis, this.shape, "permute"));
    if (from.length !== this.ndim || new Set(from).size !== this.ndim) {
      throw new ShapeError(
        `Cannot permute shape ${formatShape(this.shape)} by [${
          axes.join(", ")
        }]: every axis must ` +
          `be named once`,
        this.shape,
      );
    }
    return run(ops.permute, [this], from);
  }

  /**
   * Two axes swapped, as a view; the last two by default.
   *
   * @param first one axis
   * @param second the other
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(6).reshape(1, 2, 3);
   * assert.deepEqual(x.transpose().toArray(), [[[0, 3], [1, 4], [2, 5]]]);
   * assert.deepEqual(x.transpose(0, 1).shape, [2, 1, 3]);
   * ```
   */
  transpose(first = -2, second = -1): Tensor {
    const order = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(first, this.shape, "transpose");
    const b = normalizeAxis(second, this.shape, "transpose");
    if (a !== b) [order[a], order[b]] = [b, a];
    return run(ops.permute, [this], order);
  }

  /**
   * All axes in reverse order, as a view: the transpose of a matrix.
   *
   * @returns `[a, …, z] → [z, …, a]`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).T.toArray(), [[1, 3], [2, 4]]);
   * ```
   */
  get T(): Tensor {
    return run(ops.permute, [this], this.shape.map((_, axis) => this.ndim - 1 - axis));
  }

  /**
   * Without axes of size 1: all of them, or those named; others are left as they are.
   *
   * @param axis an axis or several; all if left out
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([1, 3, 1]);
   * assert.deepEqual(x.squeeze().shape, [3]);
   * assert.deepEqual(x.squeeze([0, 1]).shape, [3, 1]);
   * ```
   */
  squeeze(axis?: Axes): Tensor {
    const axes = normalizeAxes(axis, this.shape, "squeeze");
    return this.reshape(this.shape.filter((size, i) => size !== 1 || !axes.includes(i)));
  }

  /**
   * With a new axis of size 1 at `axis`.
   *
   * @param axis where it goes, from `-ndim - 1` to `ndim`
   * @throws {ShapeError} if that is out of range
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([3]).unsqueeze(0).shape, [1, 3]);
   * assert.deepEqual(zeros([3]).unsqueeze(-1).shape, [3, 1]);
   * ```
   */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis(axis, [...this.shape, 1], "unsqueeze");
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }

  /**
   * Axes of size 1 repeated, and new axes in front, as a view; -1 leaves a size as it is.
   *
   * @param shape the sizes, as arguments or in one array
   * @throws {ShapeError} if an axis of another size than 1 would change
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const column = tensor([[1], [2]]);
   * assert.deepEqual(column.expand(-1, 3).toArray(), [[1, 1, 1], [2, 2, 2]]);
   * ```
   */
  expand(...shape: number[] | [Shape]): Tensor {
    const sizes = sizesOf(shape);
    const added = sizes.length - this.ndim;
    const to = sizes.map((n, i) => (n === -1 ? this.shape[i - added] ?? -1 : n));
    checkShape(to, `expand ${formatShape(this.shape)}`);
    return run(ops.expand, [this], to);
  }

  /**
   * As `expand`.
   *
   * @param shape what the sizes become
   * @throws {ShapeError} if a size other than 1 would change
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([[1], [2]]).broadcastTo([2, 3]);
   * assert.deepEqual(y.toArray(), [[1, 1, 1], [2, 2, 2]]);
   * ```
   */
  broadcastTo(shape: Shape): Tensor {
    return this.expand(shape);
  }

  /**
   * The tensor itself if it is contiguous, otherwise a copy that is.
   *
   * @returns elements in row-major order, without gaps
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.equal(x.contiguous(), x);
   * assert.equal(x.T.contiguous().isContiguous, true);
   * ```
   */
  contiguous(): Tensor {
    return this.isContiguous ? this.#itself : this.clone();
  }

  /**
   * A copy with a storage of its own; gradients flow through it.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 2]);
   * x.clone().fill_(0);
   * assert.deepEqual(x.toArray(), [1, 2]);
   * ```
   */
  clone(): Tensor {
    return run(ops.clone, [this]);
  }

  /**
   * Converted to `dtype`, or the tensor itself if it has it.
   *
   * To integers, a float loses its fraction, stays within their range, and NaN becomes 0; to booleans,
   * anything but 0 becomes true.
   *
   * @param dtype of the result
   * @throws {DTypeError} if there is no such dtype
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1.9, -1.9, 0]).to("int32").toArray(), [1, -1, 0]);
   * assert.deepEqual(tensor([0.5, 0]).to("bool").toArray(), [1, 0]);
   * ```
   */
  to(dtype: DType): Tensor {
    if (dtype === this.dtype) return this.#itself;
    if (!(dtype in DTYPES)) {
      throw new DTypeError(
        `Cannot convert ${this.dtype} to ${dtype}: the dtypes are ${
          Object.keys(DTYPES).join(", ")
        }`,
      );
    }
    return run(ops.cast, [this], dtype);
  }

  /**
   * Converted to float32: `to("float32")`.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const right = tensor([7, 2, 1]).eq(tensor([7, 2, 5]));
   * assert.equal(right.float().mean().item(), Math.fround(2 / 3));
   * ```
   */
  float(): Tensor {
    return this.to("float32");
  }

  /**
   * Converted to float64: `to("float64")`.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor(0.1).double().item(), Math.fround(0.1));
   * ```
   */
  double(): Tensor {
    return this.to("float64");
  }

  /**
   * Converted to int32: `to("int32")`.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1.9, -1.9]).int().toArray(), [1, -1]);
   * ```
   */
  int(): Tensor {
    return this.to("int32");
  }

  /**
   * Converted to booleans: `to("bool")`.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0.5, 0, NaN]).bool().toArray(), [1, 0, 1]);
   * ```
   */
  bool(): Tensor {
    return this.to("bool");
  }
}

/** `(2, 3)` and `([2, 3])` are the same. */
function sizesOf(args: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(args[0]) ? args[0] : args as readonly number[];
}

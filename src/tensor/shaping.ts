/**
 * The same elements in other shapes.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import {
  type Axes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  resolveReshape,
  type Shape,
  sizeOf,
} from "../shape.ts";
import { ActivatedTensor } from "./activating.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** The part of {@link Tensor} that changes shapes; most of it copies nothing. */
export abstract class ShapedTensor extends ActivatedTensor {
  /** This class is a part: every instance is a whole tensor. */
  get #itself(): Tensor {
    return this as unknown as Tensor;
  }

  /** The same elements with another shape; one size may be -1. A view where strides allow it. */
  reshape(...shape: number[] | [Shape]): Tensor {
    const to = resolveReshape(this.shape, sizesOf(shape));
    return run(ops.reshape, [this], to);
  }

  /**
   * As `reshape`, but never copies.
   *
   * @throws {ShapeError} if the strides do not allow it
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

  /** Joins the axes from `start` to `end` (both included) into one; all of them by default. */
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

  /** The axes in another order, as a view: `x.permute(2, 0, 1)`. */
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

  /** Two axes swapped, as a view; the last two by default. */
  transpose(first = -2, second = -1): Tensor {
    const order = this.shape.map((_, axis) => axis);
    const a = normalizeAxis(first, this.shape, "transpose");
    const b = normalizeAxis(second, this.shape, "transpose");
    if (a !== b) [order[a], order[b]] = [b, a];
    return run(ops.permute, [this], order);
  }

  /** All axes in reverse order, as a view: the transpose of a matrix. */
  get T(): Tensor {
    return run(ops.permute, [this], this.shape.map((_, axis) => this.ndim - 1 - axis));
  }

  /** Without axes of size 1: all of them, or those named; others are left as they are. */
  squeeze(axis?: Axes): Tensor {
    const axes = normalizeAxes(axis, this.shape, "squeeze");
    return this.reshape(this.shape.filter((size, i) => size !== 1 || !axes.includes(i)));
  }

  /** With a new axis of size 1 at `axis`. */
  unsqueeze(axis: number): Tensor {
    const at = normalizeAxis(axis, [...this.shape, 1], "unsqueeze");
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
  }

  /** Axes of size 1 repeated, and new axes in front, as a view; -1 leaves a size as it is. */
  expand(...shape: number[] | [Shape]): Tensor {
    const sizes = sizesOf(shape);
    const added = sizes.length - this.ndim;
    const to = sizes.map((n, i) => (n === -1 ? this.shape[i - added] ?? -1 : n));
    checkShape(to, "expand");
    return run(ops.expand, [this], to);
  }

  /** As `expand`. */
  broadcastTo(shape: Shape): Tensor {
    return this.expand(shape);
  }

  /** The tensor itself if it is contiguous, otherwise a copy that is. */
  contiguous(): Tensor {
    return this.isContiguous ? this.#itself : this.clone();
  }

  /** A copy with a storage of its own; gradients flow through it. */
  clone(): Tensor {
    return run(ops.clone, [this], undefined);
  }

  /** Converted to `dtype`, or the tensor itself if it has it. */
  to(dtype: DType): Tensor {
    return dtype === this.dtype ? this.#itself : run(ops.cast, [this], dtype);
  }
}

/** `(2, 3)` and `([2, 3])` are the same. */
function sizesOf(args: readonly number[] | readonly [readonly number[]]): readonly number[] {
  return Array.isArray(args[0]) ? args[0] : args as readonly number[];
}

/**
 * The tensor: an n-dimensional array that remembers how it was made.
 *
 * Its methods are in files by family, each class on top of the one before: `readable.ts` (state and
 * elements), `elementwise.ts`, `rounding.ts`, `comparing.ts`, `signing.ts`, `special.ts`,
 * `hyperbolic.ts`, `activating.ts`, `shaping.ts`, `viewing.ts`, `selecting.ts`, `parting.ts`,
 * `rearranging.ts`, `scattering.ts`, `reducing.ts`, `measuring.ts`, `nan_aware.ts`, `ordering.ts`,
 * `ranking.ts`, `multiplying.ts`, `solving.ts`, `decomposing.ts`, and here what changes it.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { type Node, setWrapper } from "../autograd/node.ts";
import { ShapeError } from "../errors.ts";
import type { Op } from "../ops/op.ts";
import { ops } from "../ops/table.ts";
import { canStretch, formatShape, type Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { DecomposedTensor } from "./decomposing.ts";
import { clampBounds } from "./elementwise.ts";
import { type Index, parseIndex } from "./indexing.ts";
import { runInPlace } from "./run.ts";

/** A tensor, or a number that stands for a tensor of that value everywhere. */
export type TensorLike = Tensor | number;

/**
 * An n-dimensional array of numbers with automatic differentiation.
 *
 * Make one with `tensor`, `zeros`, `randn` and their like. Operations return new tensors; names that
 * end in `_` change the tensor itself. If `requiresGrad` is set, operations are recorded, and
 * `backward()` on a result computes the gradients.
 *
 * The names of methods are PyTorch's, in camelCase: https://pytorch.org/docs/stable/tensors.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * x.square().sum().backward();
 * assert.deepEqual(x.grad!.toArray(), [2, 4, 6]);
 * ```
 */
export class Tensor extends DecomposedTensor {
  /**
   * Writes `value`, broadcast, into a part of the tensor; see {@link Index}.
   *
   * @param index the part, in brackets: `x.set([0, [1, 3]], 5)`
   * @param value a tensor or a number
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([2, 3]).set([0, [1, 3]], 5);
   * x.set([":", 0], tensor([7, 8]));
   * assert.deepEqual(x.toArray(), [[7, 5, 5], [8, 0, 0]]);
   * ```
   */
  set(index: Index[], value: TensorLike): this {
    return this.#write("set", index, value);
  }

  #write(action: string, index: Index[], value: TensorLike): this {
    const { spans, shape, pick } = parseIndex(this.shape, index);
    if (pick !== null) return this.#setPicked(index, value);
    const full = spans.map((span) => span.length);
    // Axes that the index removed or added are put back, so that the value meets the right ones.
    const fitted = typeof value === "number" ? value : stretch(action, value, shape).reshape(full);
    runInPlace(ops.assign, [this, fitted], spans);
    return this;
  }

  #setPicked(index: Index[], value: TensorLike): this {
    const [mask] = index;
    if (index.length === 1 && mask instanceof Tensor && mask.dtype === "bool") {
      const over = mask.reshape([...mask.shape, ...this.shape.slice(mask.ndim).map(() => 1)]);
      return this.copy_(over.where(value, this));
    }
    throw new ShapeError(
      `Cannot set entries of shape ${formatShape(this.shape)} that an int32 tensor picks: use a ` +
        `boolean mask alone, or set them one by one`,
      this.shape,
    );
  }

  /**
   * `this += other`; the shape and the dtype stay
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {ShapeError} if the result would have another shape
   * @throws {DTypeError} if it would have another dtype
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * x.add_(tensor([10, 20])).mul_(2);
   * assert.deepEqual(x.toArray(), [[22, 44], [26, 48]]);
   * ```
   */
  add_(other: TensorLike): this {
    return this.#inPlace(ops.add, other);
  }

  /**
   * `this -= other`, as `add_`
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @example
   * ```ts
   * import { noGrad, tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const weight = tensor([1, 2], { requiresGrad: true });
   * weight.square().sum().backward();
   * noGrad(() => weight.sub_(weight.grad!.mul(0.25))); // a step of gradient descent
   * assert.deepEqual(weight.toArray(), [0.5, 1]);
   * ```
   */
  sub_(other: TensorLike): this {
    return this.#inPlace(ops.sub, other);
  }

  /**
   * `this *= other`, as `add_`
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * x.at(0).mul_(10); // a view: it changes the first row
   * assert.deepEqual(x.toArray(), [[10, 20], [3, 4]]);
   * ```
   */
  mul_(other: TensorLike): this {
    return this.#inPlace(ops.mul, other);
  }

  /**
   * `this /= other`, as `add_`; an integer tensor refuses, because the quotients are not integers
   *
   * @param other a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {DTypeError} if this is a tensor of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3]).div_(4).toArray(), [0.25, 0.5, 0.75]);
   * ```
   */
  div_(other: TensorLike): this {
    return this.#inPlace(ops.div, other);
  }

  /**
   * Limits every element to `[min, max]`; `null` leaves a side open. See `clamp`.
   *
   * @param min the lower bound
   * @param max the upper bound, which wins where it is below the lower
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { noGrad, tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const weight = tensor([-3, 0.5, 2], { requiresGrad: true });
   * noGrad(() => weight.clamp_(-1, 1));
   * assert.deepEqual(weight.toArray(), [-1, 0.5, 1]);
   * ```
   */
  clamp_(min: TensorLike | null, max: TensorLike | null = null): this {
    const [low, high] = clampBounds(this, min, max);
    runInPlace(ops.clamp, [this, low, high]);
    return this;
  }

  /**
   * Takes over the elements of `source`, broadcast and converted.
   *
   * @param source a tensor that broadcasts to this shape, or a number
   * @returns this tensor
   * @throws {ShapeError} if it does not
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = zeros([2, 2], { dtype: "int32" }).copy_(tensor([1.5, 2]));
   * assert.deepEqual(x.toArray(), [[1, 2], [1, 2]]);
   * ```
   */
  copy_(source: TensorLike): this {
    if (typeof source === "number") return this.fill_(source);
    requireTensors("copy_", source);
    return this.#write("copy_", [], source.to(this.dtype));
  }

  /**
   * Sets every element to `value`.
   *
   * @param value rounded to the dtype
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([2, 2]).fill_(0.5).toArray(), [[0.5, 0.5], [0.5, 0.5]]);
   * ```
   */
  fill_(value: number): this {
    return this.set([], value);
  }

  /**
   * Sets every element to 0.
   *
   * @returns this tensor
   * @throws {GradientError} if gradients are recorded and this is a leaf that requires one, or a view
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = ones([2, 2]);
   * x.at(":", 0).zero_();
   * assert.deepEqual(x.toArray(), [[0, 1], [0, 1]]);
   * ```
   */
  zero_(): this {
    return this.set([], 0);
  }

  #inPlace(op: Op<void>, other: TensorLike): this {
    runInPlace(op, [this, other]);
    return this;
  }
}

/** `value`, broadcast to `shape`, in which it is written. */
function stretch(action: string, value: Tensor, shape: Shape): Tensor {
  requireTensors(action, value);
  if (canStretch(value.shape, shape)) return value.expand(shape);
  throw new ShapeError(
    `Cannot ${action} a value of shape ${formatShape(value.shape)} into shape ` +
      `${formatShape(shape)}: it must broadcast to that; reshape it, or take a part of it`,
    value.shape,
    shape,
  );
}

setWrapper((array: NDArray, node: Node | null) => new Tensor(array, node));

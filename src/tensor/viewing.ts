/**
 * Shapes by what they are of: transposes of matrices, axes cut in parts, the shape of another tensor.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { normalizeAxis } from "../checks.ts";
import { formatShape, resolveReshape, type Shape } from "../shape.ts";
import { ShapedTensor } from "./shaping.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The part of {@link Tensor} that gives other views of the same elements.
 *
 * @example
 * ```ts
 * import { arange, zeros } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = arange(6);
 * assert.deepEqual(x.reshapeAs(zeros([2, 3])).mT.toArray(), [[0, 3], [1, 4], [2, 5]]);
 * ```
 */
export abstract class ViewedTensor extends ShapedTensor {
  /**
   * The transpose of a matrix, as a view; a vector or a scalar as it is.
   *
   * See https://pytorch.org/docs/stable/generated/torch.t.html
   *
   * @throws {ShapeError} if there are more than two axes
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2]]).t().toArray(), [[1], [2]]);
   * assert.deepEqual(tensor([1, 2]).t().shape, [2]);
   * ```
   */
  t(): Tensor {
    if (this.ndim <= 2) return this.T;
    throw new ShapeError(
      `Cannot t() shape ${
        formatShape(this.shape)
      }: it is for two axes or fewer; use mT for a batch ` +
        `of matrices`,
      this.shape,
    );
  }

  /**
   * The transposes of matrices, `[…, m, n] → […, n, m]`, as a view.
   *
   * See https://pytorch.org/docs/stable/tensors.html#torch.Tensor.mT
   *
   * @throws {ShapeError} if there are fewer than two axes
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([5, 2, 3]).mT.shape, [5, 3, 2]);
   * ```
   */
  get mT(): Tensor {
    if (this.ndim >= 2) return this.transpose();
    throw new ShapeError(
      `Cannot take mT of shape ${formatShape(this.shape)}: matrices have two axes; add one with ` +
        `unsqueeze()`,
      this.shape,
    );
  }

  /**
   * Two axes swapped, as a view: `transpose` by NumPy's name.
   *
   * See https://pytorch.org/docs/stable/generated/torch.swapaxes.html
   *
   * @param first one axis
   * @param second the other
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([2, 3, 4]).swapaxes(0, -1).shape, [4, 3, 2]);
   * ```
   */
  swapaxes(first: number, second: number): Tensor {
    return this.transpose(first, second);
  }

  /**
   * An axis cut into several, the inverse of `flatten`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.unflatten.html
   *
   * @param axis the axis that is cut
   * @param sizes of the axes that stand in its place; one may be -1
   * @throws {ShapeError} if there is no such axis, or the sizes do not multiply to its size
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(zeros([8, 12]).unflatten(1, [3, -1]).shape, [8, 3, 4]);
   * ```
   */
  unflatten(axis: number, sizes: Shape): Tensor {
    const at = normalizeAxis(axis, this.shape, "unflatten");
    if (sizes.length === 0 || this.ndim === 0) {
      throw new ShapeError(
        `Cannot unflatten axis ${axis} of shape ${formatShape(this.shape)} to ` +
          `${formatShape(sizes)}: it needs an axis, and at least one size`,
        this.shape,
        sizes,
      );
    }
    const parts = resolveReshape([this.shape[at]], sizes);
    return this.reshape([...this.shape.slice(0, at), ...parts, ...this.shape.slice(at + 1)]);
  }

  /**
   * Expanded to the shape of another tensor, as a view.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.expand_as.html
   *
   * @param other whose shape is taken
   * @throws {ShapeError} if an axis of another size than 1 would change
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1], [2]]).expandAs(zeros([2, 2])).toArray(), [[1, 1], [2, 2]]);
   * ```
   */
  expandAs(other: Tensor): Tensor {
    requireTensors("expandAs", other);
    return this.expand(other.shape);
  }

  /**
   * The same elements in the shape of another tensor. A view where strides allow it.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.reshape_as.html
   *
   * @param other whose shape is taken
   * @throws {ShapeError} if the number of elements is another
   * @example
   * ```ts
   * import { arange, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(4).reshapeAs(zeros([2, 2])).toArray(), [[0, 1], [2, 3]]);
   * ```
   */
  reshapeAs(other: Tensor): Tensor {
    requireTensors("reshapeAs", other);
    return this.reshape(other.shape);
  }
}

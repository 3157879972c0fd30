/**
 * Elements by their rank: the k-th smallest, and the largest so far.
 *
 * @module
 */

import { wrap } from "../autograd/node.ts";
import { ShapeError } from "../errors.ts";
import { normalizeAxis } from "../checks.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { OrderedTensor, type Sorted } from "./ordering.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `kthvalue`. */
export interface KthvalueOptions {
  /** The axis along which elements are ranked; default −1. */
  readonly axis?: number;
  /** Keep that axis with size 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * The part of {@link Tensor} that ranks elements. Indices are int32; gradients flow to where values
 * came from.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const losses = tensor([0.9, 0.5, 0.7, 0.3]);
 * assert.deepEqual(losses.cummin(0).indices.toArray(), [0, 1, 1, 3]); // the best so far
 * assert.equal(losses.kthvalue(2).values.item(), 0.5);
 * ```
 */
export abstract class RankedTensor extends OrderedTensor {
  /**
   * The `k`-th smallest element along an axis, and where it is; NaN counts as larger than ∞. Of equal
   * elements, the first ones have the lower ranks.
   *
   * See https://pytorch.org/docs/stable/generated/torch.kthvalue.html
   *
   * @param k from 1, the smallest, to the size of the axis
   * @param options see {@link KthvalueOptions}
   * @returns `values` and their `indices`, without the axis
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([[3, 1, 2], [7, 9, 8]]).kthvalue(2);
   * assert.deepEqual(values.toArray(), [2, 8]);
   * assert.deepEqual(indices.toArray(), [2, 2]);
   * ```
   */
  kthvalue(k: number, options: KthvalueOptions = {}): Sorted {
    const { axis = -1, keepDims = false } = options;
    const along = normalizeAxis(axis, this.shape, "kthvalue");
    const size = this.shape[along] ?? 1;
    if (!Number.isInteger(k) || k < 1 || k > size) {
      throw new ShapeError(
        `Cannot take kthvalue ${k} along axis ${axis} of shape ${
          formatShape(this.shape)
        }: ranks go ` +
          `from 1 to ${size}`,
        this.shape,
      );
    }
    return pass(() => {
      const order = this.argsort({ axis: along });
      if (this.ndim === 0) return { values: this.clone(), indices: order };
      const indices = order.narrow(along, k - 1, 1).clone();
      const values = this.gather(along, indices);
      if (keepDims) return { values, indices };
      return { values: values.squeeze(along), indices: indices.squeeze(along) };
    });
  }

  /**
   * The largest element from the beginning of an axis to each place, and the index of its last
   * occurrence there. From a NaN on, NaN.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cummax.html
   *
   * @param axis along which it runs
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([1, 3, 2, 5]).cummax(0);
   * assert.deepEqual(values.toArray(), [1, 3, 3, 5]);
   * assert.deepEqual(indices.toArray(), [0, 1, 1, 3]);
   * ```
   */
  cummax(axis: number): Sorted {
    return this.#running(axis, "cummax", (x, best) => x >= best);
  }

  /**
   * The smallest element from the beginning of an axis to each place, as `cummax` the largest.
   *
   * See https://pytorch.org/docs/stable/generated/torch.cummin.html
   *
   * @param axis along which it runs
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[3, 1], [2, 4]]);
   * assert.deepEqual(x.cummin(0).values.toArray(), [[3, 1], [2, 1]]);
   * assert.deepEqual(x.cummin(1).indices.toArray(), [[0, 1], [0, 0]]);
   * ```
   */
  cummin(axis: number): Sorted {
    return this.#running(axis, "cummin", (x, best) => x <= best);
  }

  #running(axis: number, action: string, wins: (x: number, best: number) => boolean): Sorted {
    const along = normalizeAxis(axis, this.shape, action);
    const { data, shape } = this;
    const length = shape[along] ?? 1;
    const inner = sizeOf(shape.slice(along + 1));
    const found = new Int32Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const place = Math.floor(i / inner) % length;
      const best = place === 0 ? i : i + (found[i - inner] - place) * inner;
      found[i] = Number.isNaN(data[i]) || wins(data[i], data[best]) ? place : found[i - inner];
    }
    return pass(() => {
      const indices = wrap(NDArray.from(found, shape, "int32")) as Tensor;
      return { values: this.ndim === 0 ? this.clone() : this.gather(along, indices), indices };
    });
  }
}

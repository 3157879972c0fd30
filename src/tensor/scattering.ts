/**
 * Writing and adding by index, and reading by place in the flattened tensor.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { wrap } from "../autograd/node.ts";
import { ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxis } from "../checks.ts";
import { contiguousStrides, formatShape, sameShape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { RearrangedTensor } from "./rearranging.ts";
import { run } from "./run.ts";
import { scatterReduce, type ScatterReduceOptions } from "./scatter_reduce.ts";
import { pass } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of what writes along an axis. */
export interface AlongOptions {
  /** The axis to which indices belong; default 0. */
  readonly axis?: number;
}

/**
 * The part of {@link Tensor} that writes by index. Indices are int32, and not below 0.
 *
 * See https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
 *
 * @example
 * ```ts
 * import { ones, tensor, zeros } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const index = tensor([0, 2, 2], { dtype: "int32" });
 * const votes = zeros([3]).indexAdd(index, ones([3]));
 * assert.deepEqual(votes.toArray(), [1, 0, 2]);
 * ```
 */
export abstract class ScatteredTensor extends RearrangedTensor {
  /**
   * A copy in which `y[i, index[i, j]] = source[i, j]` (for axis 1).
   *
   * Of several writes to one place the last stays, and only that one has a gradient. (PyTorch leaves
   * open which one stays, and gives all of them the gradient.)
   *
   * @param index int32, of the shape of the source
   * @param source a tensor or a number
   * @param options `axis`, default 0
   * @throws {ShapeError} if the shapes do not fit, or a position is out of range
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([[2], [0]], { dtype: "int32" });
   * const oneHot = zeros([2, 3]).scatter(index, 1, { axis: 1 });
   * assert.deepEqual(oneHot.toArray(), [[0, 0, 1], [1, 0, 0]]);
   * ```
   */
  scatter(index: Tensor, source: TensorLike, options: AlongOptions = {}): Tensor {
    requireTensors("scatter", index);
    return run(ops.scatter, [this, index, source], this.#axis(options, "scatter"));
  }

  /**
   * A copy in which `y[i, index[i, j]] += source[i, j]` (for axis 1).
   *
   * @param index int32, of the shape of the source
   * @param source what is added; to one place several times, if the index repeats
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([0, 2, 0], { dtype: "int32" });
   * assert.deepEqual(zeros([3]).scatterAdd(index, tensor([1, 2, 3])).toArray(), [4, 0, 2]);
   * ```
   */
  scatterAdd(index: Tensor, source: Tensor, options: AlongOptions = {}): Tensor {
    requireTensors("scatterAdd", index, source);
    const axis = this.#axis(options, "scatterAdd");
    return pass(() => {
      const added = run(ops.scatterAdd, [source.to(this.dtype), index], {
        shape: this.shape,
        axis,
      });
      return this.add(added);
    });
  }

  /**
   * A copy in which `y[i, index[j]] += source[i, j]` (for axis 1).
   *
   * @param index int32, one axis
   * @param source what is added, with an entry along the axis for each index
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([1, 1], { dtype: "int32" });
   * const y = zeros([2, 2]).indexAdd(index, tensor([[1, 2], [3, 4]]));
   * assert.deepEqual(y.toArray(), [[0, 0], [4, 6]]);
   * ```
   */
  indexAdd(index: Tensor, source: Tensor, options: AlongOptions = {}): Tensor {
    requireTensors("indexAdd", index, source);
    const axis = this.#axis(options, "indexAdd");
    this.#checkSource("indexAdd", "to", index, source, axis);
    return pass(() => {
      const added = run(ops.indexAdd, [source.to(this.dtype), index], { shape: this.shape, axis });
      return this.add(added);
    });
  }

  /**
   * A copy in which `y[i, index[j]] = source[i, j]` (for axis 1).
   *
   * Of several writes to one place the last stays, and only that one has a gradient.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.index_copy_.html
   *
   * @param index int32, one axis
   * @param source what is written, with an entry along the axis for each index
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([2, 0], { dtype: "int32" });
   * const y = zeros([3, 2]).indexCopy(index, tensor([[1, 2], [3, 4]]));
   * assert.deepEqual(y.toArray(), [[3, 4], [0, 0], [1, 2]]);
   * ```
   */
  indexCopy(index: Tensor, source: Tensor, options: AlongOptions = {}): Tensor {
    requireTensors("indexCopy", index, source);
    const axis = this.#axis(options, "indexCopy");
    this.#checkSource("indexCopy", "into", index, source, axis);
    return pass(() => this.scatter(this.#alongAxis(index, axis), source.to(this.dtype), { axis }));
  }

  /**
   * A copy in which `y[i, k]` is a reduction of all `source[i, j]` with `index[i, j] = k` (for axis 1),
   * and of the element that was there. Of equal largest or smallest ones, each gets an equal share of
   * the gradient; that of products is right at zeros too.
   *
   * See https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_reduce_.html
   *
   * @param index int32
   * @param source of the shape of the index
   * @param options see {@link ScatterReduceOptions}
   * @throws {ShapeError} if an index is out of range, or the shapes do not fit
   * @throws {DTypeError} if the index is not int32
   * @throws {ValueError} if there is no such reduction
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const index = tensor([0, 2, 0], { dtype: "int32" });
   * const source = tensor([5, 7, 9]);
   * const mean = zeros([3]).scatterReduce(index, source, { reduce: "mean", includeSelf: false });
   * assert.deepEqual(mean.toArray(), [7, 0, 7]);
   * const largest = tensor([6, 6, 8]).scatterReduce(index, source, { reduce: "amax" });
   * assert.deepEqual(largest.toArray(), [9, 6, 8]);
   * ```
   */
  scatterReduce(index: Tensor, source: Tensor, options: ScatterReduceOptions): Tensor {
    requireTensors("scatterReduce", index, source);
    const axis = this.#axis(options, "scatterReduce");
    return scatterReduce(this as unknown as Tensor, index, source, { ...options, axis });
  }

  /**
   * A copy in which the entries of an axis that a 1-d `index` names are `value`.
   *
   * @param index int32, one axis
   * @param value what the entries become
   * @param options `axis`, default 0
   * @throws {ShapeError} if an index is out of range
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const column = tensor([1], { dtype: "int32" });
   * const y = tensor([[1, 2], [3, 4]]).indexFill(column, -1, { axis: 1 });
   * assert.deepEqual(y.toArray(), [[1, -1], [3, -1]]);
   * ```
   */
  indexFill(index: Tensor, value: number, options: AlongOptions = {}): Tensor {
    requireTensors("indexFill", index);
    const axis = this.#axis(options, "indexFill");
    return pass(() => this.scatter(this.#alongAxis(index, axis), value, { axis }));
  }

  /** Checks that `source` has an entry along `axis` for each index. */
  #checkSource(action: string, where: string, index: Tensor, source: Tensor, axis: number): void {
    const expected = this.shape.with(axis, index.size);
    if (sameShape(source.shape, expected)) return;
    throw new ShapeError(
      `Cannot ${action} ${formatShape(source.shape)} ${where} ${formatShape(this.shape)} at ` +
        `${index.size} indices of axis ${axis}: the source must be ${formatShape(expected)}`,
      source.shape,
      this.shape,
    );
  }

  /** A 1-d index of entries, as the index of each of their elements. */
  #alongAxis(index: Tensor, axis: number): Tensor {
    const column = this.shape.map((_, i) => (i === axis ? index.size : 1));
    return index.reshape(column).expand(this.shape.with(axis, index.size));
  }

  #axis(options: AlongOptions, action: string): number {
    if (this.ndim === 0) {
      throw new ShapeError(`Cannot ${action} a scalar: it has no axes; reshape it to [1]`, []);
    }
    return normalizeAxis(options.axis ?? 0, this.shape, action);
  }

  /**
   * The elements at places of the flattened tensor, in the shape of `index`.
   *
   * @param index int32
   * @throws {ShapeError} if an index is out of range
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.deepEqual(x.take(tensor([3, 0], { dtype: "int32" })).toArray(), [4, 1]);
   * ```
   */
  take(index: Tensor): Tensor {
    requireTensors("take", index);
    return pass(() => {
      const flat = this.reshape(this.size).indexSelect(0, index.reshape(index.size));
      return flat.reshape(index.shape);
    });
  }

  /**
   * As `gather`, but all axes except `axis` broadcast: with `argsort` or `argmax` as index it gives
   * what they found.
   *
   * @param index int32, with as many axes as the tensor
   * @param axis the flattened tensors if left out
   * @throws {ShapeError} if an index is out of range, or there is no such axis
   * @throws {DTypeError} if the index is not int32
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[3, 1, 2], [6, 5, 4]]);
   * const sorted = x.takeAlongDim(x.argsort({ axis: 1 }), 1);
   * assert.deepEqual(sorted.toArray(), [[1, 2, 3], [4, 5, 6]]);
   * ```
   */
  takeAlongDim(index: Tensor, axis?: number): Tensor {
    requireTensors("takeAlongDim", index);
    if (axis === undefined) return this.take(index.reshape(index.size));
    const along = normalizeAxis(axis, this.shape, "takeAlongDim");
    if (index.ndim !== this.ndim) {
      throw new ShapeError(
        `Cannot take along axis ${axis} of shape ${
          formatShape(this.shape)
        } with an index of shape ` +
          `${formatShape(index.shape)}: the index needs as many axes`,
        this.shape,
        index.shape,
      );
    }
    const common = this.shape.map((n, i) => (n === 1 ? index.shape[i] : n));
    return pass(() => {
      const wide = this.expand(common.with(along, this.shape[along]));
      return wide.gather(along, index.expand(common.with(along, index.shape[along])));
    });
  }

  /**
   * The indices of the elements that are not zero, row by row: int32 `[count, ndim]`.
   *
   * @returns without gradient
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[0, 5], [6, 0]]).nonzero().toArray(), [[0, 1], [1, 0]]);
   * ```
   */
  nonzero(): Tensor {
    const strides = contiguousStrides(this.shape);
    const places = pass(() => run(ops.nonzero, [this]).data);
    const rows = new Int32Array(places.length * this.ndim);
    places.forEach((place, i) => {
      strides.forEach((stride, axis) => {
        rows[i * this.ndim + axis] = Math.floor(place / stride) % this.shape[axis];
      });
    });
    return wrap(NDArray.from(rows, [places.length, this.ndim], "int32")) as Tensor;
  }
}

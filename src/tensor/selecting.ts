/**
 * Parts of a tensor.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxis } from "../checks.ts";
import { broadcastShapes, formatShape, sizeOf } from "../shape.ts";
import { type Index, parseIndex } from "./indexing.ts";
import { run } from "./run.ts";
import { ViewedTensor } from "./viewing.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The part of {@link Tensor} that selects elements.
 *
 * See https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assert.deepEqual(x.at(":", -1).toArray(), [3, 6]);
 * const columns = tensor([2, 0], { dtype: "int32" });
 * assert.deepEqual(x.indexSelect(1, columns).toArray(), [[3, 1], [6, 4]]);
 * ```
 */
export abstract class SelectableTensor extends ViewedTensor {
  /**
   * A part of the tensor, axis by axis; see {@link Index}. A view unless tensors pick entries.
   *
   * @param index one part for each axis; axes at the end that are left out are taken whole
   * @throws {ShapeError} if there is no such axis or entry
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(12).reshape(3, 4);
   * assert.deepEqual(x.at(-1, [0, 4, 2]).toArray(), [8, 10]);
   * ```
   */
  at(...index: Index[]): Tensor {
    const { spans, shape, pick } = parseIndex(this.shape, index);
    const part = run(ops.slice, [this], spans).reshape(shape);
    if (pick === null) return part;
    const picker = pick.index as Tensor;
    return picker.dtype === "bool"
      ? part.#pickWhere(picker, pick.axis)
      : part.#pickEntries(picker, pick.axis);
  }

  #pickWhere(mask: Tensor, axis: number): Tensor {
    const masked = this.shape.slice(axis, axis + mask.ndim);
    if (formatShape(masked) !== formatShape(mask.shape)) {
      throw new ShapeError(
        `Cannot index with a mask of shape ${
          formatShape(mask.shape)
        }: the axes that it covers have ` +
          `shape ${formatShape(masked)}`,
        this.shape,
        mask.shape,
      );
    }
    const positions = run(ops.nonzero, [mask]);
    const rest = this.shape.slice(axis + mask.ndim);
    const flat = this.reshape([...this.shape.slice(0, axis), sizeOf(masked), ...rest]);
    return flat.indexSelect(axis, positions);
  }

  #pickEntries(index: Tensor, axis: number): Tensor {
    if (isFloat(index.dtype)) {
      throw new DTypeError(
        `Cannot index with a tensor of ${index.dtype}: convert it with .to("int32"), or use a ` +
          `boolean mask`,
      );
    }
    const size = this.shape[axis];
    const positive = index.lt(0).where(index.add(size), index).to("int32");
    const picked = this.indexSelect(axis, positive.reshape(-1));
    const rest = this.shape.slice(axis + 1);
    return picked.reshape([...this.shape.slice(0, axis), ...index.shape, ...rest]);
  }

  /** Iterates over the entries of the first axis. */
  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.ndim === 0) {
      throw new ShapeError("Cannot iterate over a scalar: it has no axes; use item()", this.shape);
    }
    for (let i = 0; i < this.shape[0]; i++) yield this.at(i);
  }

  /**
   * Elements `start` to `stop` (not included) of an axis, as a view.
   *
   * @param start negative ones count from the end; `null` is the end from which the step leads
   * @param stop as `start`
   * @param options `axis` (default 0), `step` (default 1, may be negative)
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = arange(10);
   * assert.deepEqual(x.slice(2, 5).toArray(), [2, 3, 4]);
   * assert.deepEqual(x.slice(-3).toArray(), [7, 8, 9]);
   * ```
   */
  slice(
    start: number | null,
    stop: number | null = null,
    options: { readonly axis?: number; readonly step?: number } = {},
  ): Tensor {
    const axis = normalizeAxis(options.axis ?? 0, this.shape, "slice");
    const index: Index[] = new Array<Index>(axis).fill(":");
    return this.at(...index, [start, stop, options.step ?? 1]);
  }

  /**
   * One entry of an axis, without that axis, as a view.
   *
   * See https://pytorch.org/docs/stable/generated/torch.select.html
   *
   * @param axis whose entry is taken
   * @param index negative ones count from the end
   * @throws {ShapeError} if there is no such axis or entry
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).select(1, -1).toArray(), [2, 4]);
   * ```
   */
  select(axis: number, index: number): Tensor {
    const along = normalizeAxis(axis, this.shape, "select");
    if (this.ndim === 0) {
      throw new ShapeError("Cannot select from a scalar: it has no axes; use item()", this.shape);
    }
    return this.at(...new Array<Index>(along).fill(":"), index);
  }

  /**
   * `length` entries of an axis from `start` on, as a view; unlike `slice`, it refuses to give fewer.
   *
   * See https://pytorch.org/docs/stable/generated/torch.narrow.html
   *
   * @param axis whose entries are taken
   * @param start negative ones count from the end
   * @param length how many
   * @throws {ShapeError} if there is no such axis, or it has fewer entries
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(5).narrow(0, 1, 3).toArray(), [1, 2, 3]);
   * ```
   */
  narrow(axis: number, start: number, length: number): Tensor {
    const along = normalizeAxis(axis, this.shape, "narrow");
    const size = this.shape[along] ?? 0;
    const first = start < 0 ? start + size : start;
    const fits = Number.isInteger(first) && Number.isInteger(length) && first >= 0 && length >= 0 &&
      first + length <= size;
    if (!fits || this.ndim === 0) {
      throw new ShapeError(
        `Cannot narrow axis ${axis} of shape ${
          formatShape(this.shape)
        } to ${length} entries from ` +
          `${start} on: it has ${size}`,
        this.shape,
      );
    }
    return this.slice(first, first + length, { axis: along });
  }

  /**
   * Entries of an axis by a 1-d int32 tensor; they may repeat. Gradients of repeats add up.
   *
   * @param axis whose entries are taken
   * @param index their positions, from 0
   * @throws {ShapeError} if the index has not one axis, or a position is out of range
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * const index = tensor([2, 0, 2], { dtype: "int32" });
   * assert.deepEqual(x.indexSelect(1, index).toArray(), [[3, 1, 3], [6, 4, 6]]);
   * ```
   */
  indexSelect(axis: number, index: Tensor): Tensor {
    requireTensors("indexSelect", index);
    const along = normalizeAxis(axis, this.shape, "indexSelect");
    if (index.ndim !== 1 || this.ndim === 0) {
      throw new ShapeError(
        `Cannot indexSelect shape ${formatShape(this.shape)} with an index of shape ` +
          `${formatShape(index.shape)}: the index needs one axis; use at() for others`,
        this.shape,
        index.shape,
      );
    }
    return run(ops.indexSelect, [this, index], along);
  }

  /**
   * `y[i, j] = x[i, index[i, j]]` for axis 1, and so on; `index` has as many axes as the tensor.
   *
   * @param axis along which the index counts
   * @param index int32
   * @returns the shape of the index
   * @throws {ShapeError} if the shapes do not fit, or a position is out of range
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const scores = tensor([[1, 9, 3], [7, 2, 5]]);
   * const labels = tensor([[1], [2]], { dtype: "int32" });
   * assert.deepEqual(scores.gather(1, labels).toArray(), [[9], [5]]);
   * ```
   */
  gather(axis: number, index: Tensor): Tensor {
    requireTensors("gather", index);
    return run(ops.gather, [this, index], normalizeAxis(axis, this.shape, "gather"));
  }

  /**
   * The elements where the boolean `mask`, broadcast, is true, in row-major order.
   *
   * @param mask made by comparing
   * @returns one axis, as long as there are true elements
   * @throws {DTypeError} if the mask is not boolean
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, -2], [-3, 4]]);
   * assert.deepEqual(x.maskedSelect(x.gt(0)).toArray(), [1, 4]);
   * ```
   */
  maskedSelect(mask: Tensor): Tensor {
    requireTensors("maskedSelect", mask);
    if (mask.dtype !== "bool") {
      throw new DTypeError(
        `Cannot maskedSelect with a mask of ${mask.dtype}: make one by comparing, as in x.gt(0)`,
      );
    }
    const shape = broadcastShapes(this.shape, mask.shape, "maskedSelect");
    return this.expand(shape).at(mask.expand(shape));
  }

  /**
   * Equal parts of `size` along an axis (the last may be smaller), or parts of given sizes.
   *
   * @param size of a part, or of each
   * @param axis default 0
   * @returns views
   * @throws {ShapeError} if given sizes do not add up to that of the axis
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(5).split(2).map((part) => part.size), [2, 2, 1]);
   * const [head, tail] = arange(5).split([1, 4]);
   * assert.deepEqual([head.toArray(), tail.toArray()], [[0], [1, 2, 3, 4]]);
   * ```
   */
  split(size: number | readonly number[], axis = 0): Tensor[] {
    const along = normalizeAxis(axis, this.shape, "split");
    const total = this.shape[along] ?? 1;
    const sizes = typeof size === "number" ? equalParts(total, size) : size;
    if (sizes.reduce((a, b) => a + b, 0) !== total || sizes.some((n) => n < 0)) {
      throw new ShapeError(
        `Cannot split axis ${axis} of shape ${formatShape(this.shape)} into [${
          sizes.join(", ")
        }]: ` +
          `the parts must add up to ${total}`,
        this.shape,
      );
    }
    let start = 0;
    return sizes.map((n) => this.slice(start, start += n, { axis: along }));
  }
}

function equalParts(total: number, size: number): number[] {
  if (!Number.isInteger(size) || size <= 0) {
    throw new ValueError(
      `Cannot split into parts of ${size}: the size must be a whole number above 0`,
    );
  }
  const parts = Array.from({ length: Math.floor(total / size) }, () => size);
  if (total % size > 0 || total === 0) parts.push(total % size);
  return parts;
}

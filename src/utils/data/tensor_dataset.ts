/**
 * Tensors as a data set.
 *
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Collated } from "./collate.ts";
import { checkIndex, checkIndices, type Dataset, type Indices } from "./dataset.ts";
import { takeRows } from "./rows.ts";

/**
 * Tensors whose first axes belong together: sample `i` has entry `i` of each.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @typeParam T the tensors as a tuple, which is also the type of samples and batches
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { TensorDataset } from "@gradus/gradus/utils/data";
 * import assert from "node:assert/strict";
 *
 * const set = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([10, 20]));
 * const [x, y] = set.get(1);
 * assert.deepEqual(x.toArray(), [3, 4]);
 * assert.equal(y.item(), 20);
 * ```
 */
export class TensorDataset<T extends Tensor[]> implements Dataset<T> {
  /** The tensors. */
  readonly tensors: Readonly<T>;
  /** The number of samples. */
  readonly length: number;

  /**
   * Makes a data set of `tensors`, which it does not copy.
   *
   * @param tensors at least one, all with the same size along their first axis
   * @throws {ShapeError} if there is none, or sizes differ
   */
  constructor(...tensors: T) {
    const shapes = tensors.map((x) => x.shape);
    const length = shapes[0]?.[0];
    if (length === undefined || shapes.some((shape) => shape[0] !== length)) {
      throw new ShapeError(
        `Cannot make a data set of tensors of shapes ${shapes.map(formatShape).join(", ")}: give ` +
          `at least one, and all with as many entries along the first axis`,
        ...shapes,
      );
    }
    this.tensors = tensors;
    this.length = length;
  }

  /**
   * Entry `index` of each tensor, as views.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { TensorDataset } from "@gradus/gradus/utils/data";
   * import assert from "node:assert/strict";
   *
   * const set = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([10, 20]));
   * const [x, y] = set.get(0);
   * assert.deepEqual([x.toArray(), y.toArray()], [[1, 2], 10]);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    return this.tensors.map((x) => x.at(index)) as T;
  }

  /**
   * The entries at `indices` of each tensor, copied together.
   *
   * @param indices from 0 to `length - 1`, in any order
   * @returns for each tensor one with the entries along its first axis
   * @throws {ValueError} if an index is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { TensorDataset } from "@gradus/gradus/utils/data";
   * import assert from "node:assert/strict";
   *
   * const set = new TensorDataset(tensor([[1, 2], [3, 4], [5, 6]]), tensor([10, 20, 30]));
   * const [x, y] = set.getBatch([2, 0]);
   * assert.deepEqual(x.toArray(), [[5, 6], [1, 2]]);
   * assert.deepEqual(y.toArray(), [30, 10]);
   * ```
   */
  getBatch(indices: Indices): Collated<T> {
    const rows = checkIndices(indices, this.length);
    return this.tensors.map((x) => takeRows(x, rows)) as Collated<T>;
  }
}

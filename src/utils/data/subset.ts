/**
 * Some samples of a data set.
 *
 * @module
 */

import type { Collated } from "./collate.ts";
import { checkDataset, checkIndex, checkIndices, type Dataset, type Indices } from "./dataset.ts";

/**
 * The samples of a data set at given indices, which may repeat.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Subset, TensorDataset } from "@gradus/gradus/utils/data";
 * import assert from "node:assert/strict";
 *
 * const set = new TensorDataset(tensor([10, 20, 30]));
 * const part = new Subset(set, [2, 0]);
 * assert.deepEqual([part.length, part.get(0)[0].item()], [2, 30]);
 * ```
 */
export class Subset<T> implements Dataset<T> {
  /** Where the samples are. */
  readonly dataset: Dataset<T>;
  /** Which ones: sample `i` is that at `indices[i]`. */
  readonly indices: Int32Array;
  /** Batches at once, if the data set makes them. */
  readonly getBatch?: (indices: Indices) => Collated<T>;

  /**
   * Makes a data set of the samples at `indices`.
   *
   * @param dataset where the samples are
   * @param indices which ones, in which order
   * @throws {ValueError} if an index is none of the data set's
   */
  constructor(dataset: Dataset<T>, indices: Indices) {
    checkDataset(dataset);
    this.dataset = dataset;
    this.indices = checkIndices(indices, dataset.length).slice();
    if (dataset.getBatch !== undefined) {
      this.getBatch = (chosen) =>
        dataset.getBatch!(checkIndices(chosen, this.length).map((i) => this.indices[i]));
    }
  }

  /** The number of samples. */
  get length(): number {
    return this.indices.length;
  }

  /**
   * Sample number `index` of those chosen.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { Subset, TensorDataset } from "@gradus/gradus/utils/data";
   * import assert from "node:assert/strict";
   *
   * const set = new TensorDataset(tensor([10, 20, 30]));
   * const [x] = new Subset(set, [2, 0]).get(1);
   * assert.equal(x.item(), 10);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    return this.dataset.get(this.indices[index]);
  }
}

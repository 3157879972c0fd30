/**
 * Data sets one after the other.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { checkDataset, checkIndex, type Dataset } from "./dataset.ts";

/**
 * The samples of several data sets, one after the other.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConcatDataset, TensorDataset } from "@gradus/gradus/utils/data";
 * import assert from "node:assert/strict";
 *
 * const first = new TensorDataset(tensor([10, 20]));
 * const second = new TensorDataset(tensor([30]));
 * const both = new ConcatDataset([first, second]);
 * assert.equal(both.length, 3);
 * assert.equal(both.get(2)[0].item(), 30);
 * ```
 */
export class ConcatDataset<T> implements Dataset<T> {
  /** The parts. */
  readonly datasets: readonly Dataset<T>[];
  /** For each part, the number of samples up to its end. */
  readonly cumulativeSizes: readonly number[];

  /**
   * Makes a data set of `datasets`.
   *
   * @param datasets at least one
   * @throws {ValueError} if there is none
   */
  constructor(datasets: readonly Dataset<T>[]) {
    if (datasets.length === 0) {
      throw new ValueError("Cannot concatenate no data sets: give at least one");
    }
    datasets.forEach(checkDataset);
    let total = 0;
    this.datasets = [...datasets];
    this.cumulativeSizes = datasets.map(({ length }) => total += length);
  }

  /** The number of samples in all parts. */
  get length(): number {
    return this.cumulativeSizes[this.cumulativeSizes.length - 1];
  }

  /**
   * Sample number `index`, counted through all parts.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ConcatDataset, TensorDataset } from "@gradus/gradus/utils/data";
   * import assert from "node:assert/strict";
   *
   * const both = new ConcatDataset([
   *   new TensorDataset(tensor([10, 20])),
   *   new TensorDataset(tensor([30, 40])),
   * ]);
   * const [x] = both.get(3);
   * assert.equal(x.item(), 40);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    const part = this.cumulativeSizes.findIndex((end) => index < end);
    const start = part === 0 ? 0 : this.cumulativeSizes[part - 1];
    return this.datasets[part].get(index - start);
  }
}

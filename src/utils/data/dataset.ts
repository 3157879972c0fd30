/**
 * What a data set is: a number of samples, each to be had by its index.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { Collated } from "./collate.ts";

/** Indices of samples. */
export type Indices = Int32Array | readonly number[];

/**
 * A number of samples, each to be had by its index.
 *
 * `length` and `get` are enough. A data set that can make a whole batch faster than sample by sample
 * also has `getBatch`, which the loader then prefers.
 *
 * @typeParam T one sample, such as `[Tensor, Tensor]`
 */
export interface Dataset<T> {
  /** The number of samples. */
  readonly length: number;

  /**
   * One sample.
   *
   * @param index from 0 to `length - 1`
   */
  get(index: number): T;

  /**
   * A batch, equal to what the default collation makes of the samples at `indices`.
   *
   * @param indices each from 0 to `length - 1`, in any order; they may repeat
   */
  getBatch?(indices: Indices): Collated<T>;
}

/**
 * Checks that `dataset` is one, which programs without types may get wrong.
 *
 * @param dataset what should be a data set
 * @throws {ValueError} if it has no length, or no way to a sample
 */
export function checkDataset(dataset: Pick<Dataset<unknown>, "length" | "get">): void {
  if (typeof dataset?.get === "function" && Number.isInteger(dataset.length)) return;
  const what = Array.isArray(dataset) ? "an array" : `a value of type ${typeof dataset}`;
  throw new ValueError(
    `Cannot use ${what} as a data set: it needs a whole number "length" and a function ` +
      `"get(index)"; of an array, make { length: array.length, get: (index) => array[index] }`,
  );
}

/**
 * `indices` as int32, all of them checked to be those of samples.
 *
 * @param indices the indices
 * @param length the number of samples
 * @throws {ValueError} if one is not a whole number from 0 to `length - 1`
 */
export function checkIndices(indices: Indices, length: number): Int32Array {
  for (let i = 0; i < indices.length; i++) checkIndex(indices[i], length);
  return indices instanceof Int32Array ? indices : Int32Array.from(indices);
}

/**
 * Checks that `index` is that of a sample.
 *
 * @param index the index
 * @param length the number of samples
 * @throws {ValueError} if it is not a whole number from 0 to `length - 1`
 */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new ValueError(
    `Cannot get sample ${index} of ${length}: ` +
      (length > 0 ? `indices are whole numbers from 0 to ${length - 1}` : "the data set is empty"),
  );
}

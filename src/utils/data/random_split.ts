/**
 * Dividing a data set by lot.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { defaultGenerator, type Generator } from "../../random.ts";
import { checkDataset, type Dataset } from "./dataset.ts";
import { Subset } from "./subset.ts";

/** Options of {@link randomSplit}. */
export interface RandomSplitOptions {
  /** Where random numbers come from; the default generator, which `manualSeed` seeds, if left out. */
  readonly generator?: Generator;
}

/** How far from 1 the sum of fractions may lie: 0.7 + 0.2 + 0.1 is not quite 1. */
const TOLERANCE = 1e-9;

/**
 * Divides a data set into parts at random; every sample is in exactly one.
 *
 * Fractions that add up to 1 become lengths rounded down, and what is then left over goes to the
 * parts one by one from the first, as in PyTorch (`torch.utils.data.random_split`).
 *
 * @param dataset what to divide
 * @param lengths the lengths of the parts, or fractions
 * @param options `generator`
 * @returns the parts
 * @throws {ValueError} if lengths are not whole or do not add up to the length of the data set
 * @example
 * ```ts
 * import { arange, Generator } from "@gradus/gradus";
 * import { randomSplit, TensorDataset } from "@gradus/gradus/utils/data";
 * import assert from "node:assert/strict";
 *
 * const set = new TensorDataset(arange(10));
 * const [train, test] = randomSplit(set, [0.75, 0.25], { generator: new Generator(1) });
 * assert.deepEqual([train.length, test.length], [8, 2]);
 * ```
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  options: RandomSplitOptions = {},
): Subset<T>[] {
  checkDataset(dataset);
  const sizes = sizesOf(lengths, dataset.length);
  const order = (options.generator ?? defaultGenerator).permutation(dataset.length);
  let start = 0;
  return sizes.map((size) => new Subset(dataset, order.subarray(start, start += size)));
}

function sizesOf(lengths: readonly number[], total: number): readonly number[] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  const fractions = Math.abs(sum - 1) <= TOLERANCE && lengths.every((part) => part >= 0);
  if (!fractions) {
    if (sum === total && lengths.every((n) => Number.isInteger(n) && n >= 0)) return lengths;
    throw new ValueError(
      `Cannot split ${total} samples into [${
        lengths.join(", ")
      }]: give whole lengths that add up ` +
        `to ${total}, or fractions that add up to 1`,
    );
  }
  const sizes = lengths.map((part) => Math.floor(part * total));
  const used = sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < total - used; i++) sizes[i % sizes.length]++;
  return sizes;
}

/**
 * Data sets: samples by index, from tensors, from other data sets, or a random part of one.
 *
 * @module
 */

import {
  checkArguments,
  checkKind,
  checkList,
  checkTensors,
  checkType,
  guardMembers,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { counted, quoted } from "../../names.ts";
import { kernels } from "../../kernels/backends.ts";
import { identity } from "../../kernels/formula.ts";
import { defaultGenerator, type GeneratorOptions } from "../../random.ts";
import { formatShape } from "../../shape.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Collated } from "./collate.ts";

/** Indices of samples. */
export type Indices = Int32Array | readonly number[];

/**
 * A list of samples: a length, and each sample by its index.
 *
 * `length` and `get` are enough. What `get` makes is never freed as long as the data set keeps it, so
 * it may compute a sample once. A data set that can make a whole batch faster than sample by sample
 * also has `getBatch`, which the loader then prefers.
 *
 * @typeParam T one sample, such as `[Tensor, Tensor]`
 */
export interface Dataset<T> {
  /** The number of samples. */
  readonly length: number;

  /**
   * Returns one sample.
   *
   * @param index from 0 to `length - 1`
   */
  get(index: number): T;

  /**
   * Returns the batch that the default collation would make of the samples at `indices`, in new
   * tensors: the loader frees them after the next batch.
   *
   * @param indices each from 0 to `length - 1`, in any order; they may repeat
   */
  getBatch?(indices: Indices): Collated<T>;
}

/**
 * A data set whose samples arrive later, such as from files or from a server.
 *
 * A loop over a loader of it must wait: `for await (const batch of loader)`. Samples of one batch are
 * asked for at once, so their order of arrival is open: draw random numbers before the first `await`,
 * or where batches are made (`collate`), so that a seed decides them.
 *
 * @typeParam T one sample
 */
export type AsyncDataset<T> = Dataset<T | Promise<T>>;

/**
 * A stream of samples: anything that can be iterated, such as an object with a generator
 * `*[Symbol.iterator]()`, or `async *[Symbol.asyncIterator]()`. Each epoch iterates it anew.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @typeParam T one sample
 */
export type IterableDataset<T> = Iterable<T> | AsyncIterable<T>;

/** Returns true if `dataset` has a length and samples by index. */
export function isIndexed<T>(dataset: unknown): dataset is AsyncDataset<T> {
  const { get, length } = Object(dataset) as Partial<AsyncDataset<T>>;
  return typeof get === "function" && isCount(length);
}

/** Returns true for a whole number, 0 or more. */
export function isCount(length: unknown): boolean {
  return Number.isSafeInteger(length) && length as number >= 0;
}

/** @throws {ValueError} if `dataset` has no length, or no `get` */
export function checkDataset(dataset: unknown): void {
  if (isIndexed(dataset)) return;
  const { length } = Object(dataset) as Partial<AsyncDataset<unknown>>;
  const what = Array.isArray(dataset)
    ? "an array"
    : typeof length === "number" && !isCount(length)
    ? `what has length ${length}`
    : `a value of type ${typeof dataset}`;
  throw new ValueError(
    `Cannot use ${what} as a data set: it needs a whole number "length" and a function ` +
      `"get(index)"; of an array, make { length: array.length, get: (index) => array[index] }`,
  );
}

/** Rejects what is neither a sampler nor a list of indices. */
export function checkSampler(action: string, sampler: Iterable<unknown>): void {
  const isSampler = typeof sampler?.[Symbol.iterator] === "function";
  checkKind(action, sampler, isSampler, "a sampler, or a list of indices");
  if (typeof (sampler as { next?: unknown }).next !== "function") return;
  throw new ValueError(
    `Cannot ${action} with an iterator as sampler: it is used up after one epoch, and the next would ` +
      "have no samples; pass [...iterator], or an object with length and *[Symbol.iterator]()",
  );
}

/**
 * Returns `indices` as int32.
 *
 * @throws {ValueError} if one is not a whole number from 0 to `length - 1`
 */
export function readIndices(indices: Indices, length: number): Int32Array {
  checkList("get samples", indices);
  for (let i = 0; i < indices.length; i++) checkIndex(indices[i], length);
  return indices instanceof Int32Array ? indices : Int32Array.from(indices);
}

/** @throws {ValueError} if `index` is not a whole number from 0 to `length - 1` */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  throw new ValueError(
    `Cannot get sample ${index} of ${length}: ` +
      (length > 0 ? `indices are whole numbers from 0 to ${length - 1}` : "the data set is empty"),
  );
}

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
 * import { assertEquals } from "@std/assert";
 *
 * const set = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([10, 20]));
 * const [x, y] = set.get(1);
 * assertEquals(x.toArray(), [3, 4]);
 * assertEquals(y.item(), 20);
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
    checkTensors("make TensorDataset", ...tensors);
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
   * Returns entry `index` of each tensor, as views.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { TensorDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([10, 20]));
   * const [x, y] = set.get(0);
   * assertEquals([x.toArray(), y.toArray()], [[1, 2], 10]);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    return this.tensors.map((x) => x.at(index)) as T;
  }

  /**
   * Copies the entries at `indices` of each tensor.
   *
   * @param indices from 0 to `length - 1`, in any order
   * @returns for each tensor one with the entries along its first axis
   * @throws {ValueError} if an index is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { TensorDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new TensorDataset(tensor([[1, 2], [3, 4], [5, 6]]), tensor([10, 20, 30]));
   * const [x, y] = set.getBatch([2, 0]);
   * assertEquals(x.toArray(), [[5, 6], [1, 2]]);
   * assertEquals(y.toArray(), [30, 10]);
   * ```
   */
  getBatch(indices: Indices): Collated<T> {
    const checked = readIndices(indices, this.length);
    return this.tensors.map((x) => takeSamples(x, checked)) as Collated<T>;
  }
}

guardMembers(TensorDataset);

/**
 * The samples of several data sets, one after the other.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConcatDataset, TensorDataset } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const first = new TensorDataset(tensor([10, 20]));
 * const second = new TensorDataset(tensor([30]));
 * const both = new ConcatDataset([first, second]);
 * assertEquals(both.length, 3);
 * assertEquals(both.get(2)[0].item(), 30);
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
    checkArguments("make ConcatDataset", arguments, 1);
    checkList("make ConcatDataset", datasets);
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
   * Returns sample number `index`, counted through all parts.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ConcatDataset, TensorDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const both = new ConcatDataset([
   *   new TensorDataset(tensor([10, 20])),
   *   new TensorDataset(tensor([30, 40])),
   * ]);
   * const [x] = both.get(3);
   * assertEquals(x.item(), 40);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    const part = this.cumulativeSizes.findIndex((end) => index < end);
    const start = part === 0 ? 0 : this.cumulativeSizes[part - 1];
    return this.datasets[part].get(index - start);
  }
}

guardMembers(ConcatDataset);

/**
 * The samples of a data set at given indices, which may repeat.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Subset, TensorDataset } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const set = new TensorDataset(tensor([10, 20, 30]));
 * const part = new Subset(set, [2, 0]);
 * assertEquals([part.length, part.get(0)[0].item()], [2, 30]);
 * ```
 */
export class Subset<T> implements Dataset<T> {
  /** The data set. */
  readonly dataset: Dataset<T>;
  /** The indices in the data set: sample `i` is that at `indices[i]`. */
  readonly indices: Int32Array;
  /** Makes a batch at once, if the data set can. */
  readonly getBatch?: (indices: Indices) => Collated<T>;

  /**
   * Makes a data set of the samples at `indices`.
   *
   * @param dataset the data set
   * @param indices the chosen samples, in order
   * @throws {ValueError} if the data set has no such index
   */
  constructor(dataset: Dataset<T>, indices: Indices) {
    checkArguments("make Subset", arguments, 2);
    checkDataset(dataset);
    this.dataset = dataset;
    this.indices = readIndices(indices, dataset.length).slice();
    if (dataset.getBatch !== undefined) {
      this.getBatch = (chosen) =>
        dataset.getBatch!(readIndices(chosen, this.length).map((i) => this.indices[i]));
    }
  }

  /** The number of samples. */
  get length(): number {
    return this.indices.length;
  }

  /**
   * Returns sample number `index` of the chosen ones.
   *
   * @param index from 0 to `length - 1`
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { Subset, TensorDataset } from "@gradus/gradus/utils/data";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new TensorDataset(tensor([10, 20, 30]));
   * const [x] = new Subset(set, [2, 0]).get(1);
   * assertEquals(x.item(), 10);
   * ```
   */
  get(index: number): T {
    checkIndex(index, this.length);
    return this.dataset.get(this.indices[index]);
  }
}

guardMembers(Subset);

/** The rounding error allowed in a sum of fractions: 0.7 + 0.2 + 0.1 is not quite 1. */
const TOLERANCE = 1e-9;

/**
 * Divides a data set into parts at random; every sample is in exactly one.
 *
 * Fractions that add up to 1 become lengths rounded down, and what is then left over goes to the
 * parts one by one from the first, as in PyTorch (`torch.utils.data.random_split`).
 *
 * @param dataset the data set to divide
 * @param lengths the lengths of the parts, or fractions
 * @param options `generator`
 * @returns the parts
 * @throws {ValueError} if lengths are not whole or do not add up to the length of the data set
 * @example
 * ```ts
 * import { arange, Generator } from "@gradus/gradus";
 * import { randomSplit, TensorDataset } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const set = new TensorDataset(arange(10));
 * const [train, test] = randomSplit(set, [0.75, 0.25], { generator: new Generator(1) });
 * assertEquals([train.length, test.length], [8, 2]);
 * ```
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  options: GeneratorOptions = {},
): Subset<T>[] {
  checkArguments("randomSplit", arguments, 3);
  checkDataset(dataset);
  const sizes = sizesOf(lengths, dataset.length);
  const { generator } = readOptions("randomSplit", options, { generator: defaultGenerator });
  const order = generator.permutation(dataset.length);
  let start = 0;
  return sizes.map((size) => new Subset(dataset, order.subarray(start, start += size)));
}

function sizesOf(lengths: readonly number[], total: number): readonly number[] {
  checkList("randomSplit", lengths);
  for (const length of lengths) checkType("randomSplit", "a length", length, "number");
  const sum = lengths.reduce((a, b) => a + b, 0);
  const fractions = Math.abs(sum - 1) <= TOLERANCE && lengths.every((part) => part >= 0);
  if (!fractions) {
    if (sum === total && lengths.every((n) => Number.isInteger(n) && n >= 0)) return lengths;
    throw new ValueError(
      `Cannot split ${counted(total, "sample")} into ${
        quoted(lengths)
      }: give whole lengths that add up ` +
        `to ${total}, or fractions that add up to 1`,
    );
  }
  const sizes = lengths.map((part) => Math.floor(part * total));
  const used = sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < total - used; i++) sizes[i % sizes.length]++;
  return sizes;
}

/**
 * Returns the entries of `x` at `indices` of its first axis, copied in one pass.
 *
 * Gradients flow through it if `x` requires one, which costs a detour.
 *
 * @param indices indices that have been checked
 */
export function takeSamples(x: Tensor, indices: Int32Array): Tensor {
  if (x.requiresGrad) return x.indexSelect(0, tensor(indices));
  return new Tensor(kernels().mapRows(identity, x.array, indices, [], x.dtype));
}

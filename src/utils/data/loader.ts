/**
 * Batches out of a data set.
 *
 * @module
 */

import { requireOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import type { Generator } from "../../random.ts";
import { arena } from "../../storage/arena.ts";
import type { Storage } from "../../storage/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Collated, defaultCollate } from "./collate.ts";
import { checkDataset, checkIndices, type Dataset, type Indices } from "./dataset.ts";
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<T, B = Collated<T>> {
  /** Samples in a batch; default 1. */
  readonly batchSize?: number;
  /** Whether to take the samples in random order, another in each epoch; default false. */
  readonly shuffle?: boolean;
  /** Whether to leave out the last batch if it is short; default false. */
  readonly dropLast?: boolean;
  /** Decides the order, instead of `shuffle`; an array of indices will do. */
  readonly sampler?: Sampler;
  /** Decides which samples form each batch, instead of all of the above. */
  readonly batchSampler?: Sampler<Indices>;
  /** Makes a batch out of samples; by default {@link defaultCollate}, or the data set's `getBatch`. */
  readonly collate?: (samples: T[]) => B;
  /** Where the random order comes from; the default generator, which `manualSeed` seeds, if left out. */
  readonly generator?: Generator;
  /** Whether batches stay readable for good, at the price of their memory; default false. */
  readonly keepBatches?: boolean;
}

/**
 * Batches of a data set, one after the other: `for (const [x, y] of loader)`.
 *
 * Each loop is an epoch with an order of its own, and loops may nest. A batch lives for its turn of
 * the loop: when the batch after the next is asked for, its memory is used again, and reading it is
 * an error from then on. To keep a tensor, call its `retain()`; to keep all, pass `keepBatches`.
 * `for await` works as well.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @typeParam T a sample of the data set
 * @typeParam B a batch
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { DataLoader, TensorDataset } from "@gradus/gradus/utils/data";
 * import assert from "node:assert/strict";
 *
 * const set = new TensorDataset(arange(10).reshape(5, 2), arange(5));
 * const loader = new DataLoader(set, { batchSize: 2 });
 * const shapes = [];
 * for (const [x] of loader) shapes.push(x.shape);
 * assert.deepEqual(shapes, [[2, 2], [2, 2], [1, 2]]);
 * assert.equal(loader.length, 3);
 * ```
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B> {
  /** Where samples come from. */
  readonly dataset: Dataset<unknown>;
  /** Which samples form each batch. */
  readonly batchSampler: Sampler<Indices>;
  readonly #read: (indices: Indices) => B;
  readonly #keepBatches: boolean;
  /** Batches of finished loops that are still readable. */
  readonly #left: Storage[][] = [];

  /**
   * Makes a loader.
   *
   * @param dataset where samples come from
   * @param options `batchSize`, `shuffle`, `dropLast`, `sampler`, `batchSampler`, `collate`,
   *   `generator`, `keepBatches`
   * @throws {ValueError} if `batchSize` is not a whole number above 0, there is no such option, or
   *   options exclude each other
   */
  constructor(dataset: Dataset<T>, options: DataLoaderOptions<T, B> = {}) {
    checkDataset(dataset);
    checkOptions(options);
    this.dataset = dataset;
    this.batchSampler = options.batchSampler === undefined
      ? batchesOf(dataset, options)
      : checkAlone(options.batchSampler, options);
    this.#read = reader(dataset, options.collate);
    this.#keepBatches = options.keepBatches ?? false;
  }

  /** The number of batches in an epoch. */
  get length(): number {
    return this.batchSampler.length;
  }

  /** Runs through the data set once. */
  *[Symbol.iterator](): IterableIterator<B> {
    const turns = new Turns(this.#left.splice(0));
    try {
      for (const indices of this.batchSampler) {
        turns.release();
        yield this.#keepBatches ? this.#read(indices) : turns.add(() => this.#read(indices));
      }
    } finally {
      // The last batches stay readable after the loop, until the next one needs their memory.
      this.#left.push(...turns.left());
    }
  }
}

/** Every option, so that a misspelt one is not passed over: runtimes do not check types. */
const OPTIONS: Readonly<Record<keyof DataLoaderOptions<unknown>, true>> = {
  batchSize: true,
  shuffle: true,
  dropLast: true,
  sampler: true,
  batchSampler: true,
  collate: true,
  generator: true,
  keepBatches: true,
};

/** @throws {ValueError} if there is no such option */
function checkOptions(options: object): void {
  requireOptions("make a DataLoader", options);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown === undefined) return;
  throw new ValueError(
    `Cannot make a DataLoader: "${unknown}" is not an option; there are ` +
      Object.keys(OPTIONS).join(", "),
  );
}

/** Groups of samples in the order that the options ask for. */
function batchesOf<T, B>(
  dataset: Dataset<T>,
  options: DataLoaderOptions<T, B>,
): Sampler<Indices> {
  const { batchSize = 1, shuffle = false, dropLast, sampler, generator } = options;
  if (sampler !== undefined && shuffle) {
    throw new ValueError(
      "Cannot load with both sampler and shuffle: the sampler decides the order; leave one out",
    );
  }
  const order = sampler ??
    (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset));
  return new BatchSampler(order, { batchSize, dropLast });
}

/** `batchSampler`, if no other option claims a part of its work. */
function checkAlone<T, B>(
  batchSampler: Sampler<Indices>,
  options: DataLoaderOptions<T, B>,
): Sampler<Indices> {
  const { batchSize, shuffle, sampler, dropLast } = options;
  const others = Object.entries({ batchSize, shuffle, sampler, dropLast })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => name);
  if (others.length === 0) return batchSampler;
  throw new ValueError(
    `Cannot load with both batchSampler and ${others.join(", ")}: the batchSampler decides which ` +
      `samples form each batch; leave one out`,
  );
}

/** The cheapest way to a batch that the data set and the options allow. */
function reader<T, B>(
  dataset: Dataset<T>,
  collate: ((samples: T[]) => B) | undefined,
): (indices: Indices) => B {
  // Without `collate`, B is its default: what the data set and the default collation make.
  if (collate === undefined && dataset.getBatch !== undefined) {
    return (indices) => dataset.getBatch!(indices) as B;
  }
  const make = collate ?? ((samples: T[]) => defaultCollate(samples) as B);
  return (indices) =>
    make(Array.from(checkIndices(indices, dataset.length), (index) => dataset.get(index)));
}

/**
 * The batches that one loop over a loader has made and not released, oldest first, each by the
 * storages that were made for it.
 *
 * When a further batch is asked for, the one before the last is released. What was retained, what a
 * recorded graph will read, and what the data set had before (a view of it can be a batch) stays.
 */
export class Turns {
  readonly #batches: Storage[][];

  /** @param left batches that earlier loops have left behind */
  constructor(left: Storage[][]) {
    this.#batches = left;
  }

  /** Releases the batch before the last. */
  release(): void {
    while (this.#batches.length > 1) {
      for (const storage of this.#batches.shift()!) {
        arena.release(storage, "batch");
        // What a graph holds goes when the graph does.
        storage.ownedByGraph = storage.graphUses > 0;
      }
    }
  }

  /** Makes a batch with `make`; what it made on the way and did not return is released at once. */
  add<B>(make: () => B): B {
    const before = arena.serial;
    const mark = arena.open();
    let found: Storage[] = [];
    try {
      const batch = make();
      found = [...storagesIn(batch)];
      const made = found.filter((storage) => storage.serial > before);
      for (const storage of made) storage.origin = "a batch";
      this.#batches.push(made);
      return batch;
    } finally {
      arena.close(mark, "sample", found.map((storage) => ({ storage })));
    }
  }

  /** What the next loop inherits. */
  left(): Storage[][] {
    return this.#batches;
  }
}

/** The storages of all tensors that can be reached from `value`. */
function storagesIn(
  value: unknown,
  found = new Set<Storage>(),
  seen = new Set<unknown>(),
): Set<Storage> {
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Tensor) found.add(value.array.storage);
  else if (!ArrayBuffer.isView(value)) {
    const items = Array.isArray(value) || value instanceof Set
      ? value
      : value instanceof Map
      ? value.values()
      : Object.values(value);
    for (const item of items) storagesIn(item, found, seen);
  }
  return found;
}

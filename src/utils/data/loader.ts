/**
 * Makes batches of the samples of a data set.
 *
 * @module
 */

import { checkKind, readOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import type { Generator } from "../../random.ts";
import { arena } from "../../storage/arena.ts";
import type { Storage } from "../../storage/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Collated, collator } from "./collate.ts";
import { checkDataset, checkSampler, type Dataset, type Indices, readIndices } from "./dataset.ts";
import { BatchSampler, RandomSampler, type Sampler, SequentialSampler } from "./sampler.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<T, B = Collated<T>> {
  /** Samples in a batch; default 1. */
  readonly batchSize?: number;
  /** True for random order, another in each epoch; default false. */
  readonly shuffle?: boolean;
  /** True to leave out the last batch if it is short; default false. */
  readonly dropLast?: boolean;
  /** The order of the samples, instead of `shuffle`; an array of indices will do. */
  readonly sampler?: Sampler;
  /** The indices of the samples in each batch, instead of all of the above. */
  readonly batchSampler?: Sampler<Indices>;
  /** Makes a batch out of samples; by default {@link defaultCollate}, or the data set's `getBatch`. */
  readonly collate?: (samples: T[]) => B;
  /** The source of random numbers; by default the one that `manualSeed` seeds. */
  readonly generator?: Generator;
  /** True to keep all batches readable, at the price of their memory; default false. */
  readonly keepBatches?: boolean;
}

/**
 * Batches of a data set, one after the other: `for (const [x, y] of loader)`.
 *
 * Each loop is an epoch with an order of its own, and loops may nest. A batch lives for its turn of
 * the loop: when the loop takes the batch after the next, those of its tensors that were read are
 * freed, and reading them is an error from then on. To keep such a tensor, call its `retain()`; to
 * keep all, pass `keepBatches`. Tensors that nothing has read stay, so `[...loader]` works, and labels
 * that a loop only collects can be read after it. `for await` works as well.
 *
 * A field of the samples has one dtype in all batches: that of the first one. Numbers are int32 if
 * those of the first batch are whole; a later one that is not is an error then, so return a tensor
 * from `get` where numbers may be either.
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
  /** The data set. */
  readonly dataset: Dataset<unknown>;
  /** The indices of the samples in each batch. */
  readonly batchSampler: Sampler<Indices>;
  readonly #read: (indices: Indices) => B;
  readonly #keepBatches: boolean;
  /** The readable batches of a finished loop, oldest first. */
  readonly #live: Batch[] = [];

  /**
   * Makes a loader.
   *
   * @param dataset the data set
   * @param options `batchSize`, `shuffle`, `dropLast`, `sampler`, `batchSampler`, `collate`,
   *   `generator`, `keepBatches`
   * @throws {ValueError} if `batchSize` is not a whole number above 0, there is no such option, or
   *   options exclude each other
   */
  constructor(dataset: Dataset<T>, options: DataLoaderOptions<T, B> = {}) {
    checkDataset(dataset);
    const read = readOptions("make DataLoader", options, {
      batchSize: undefined,
      shuffle: false,
      dropLast: false,
      sampler: undefined,
      batchSampler: undefined,
      collate: undefined,
      generator: undefined,
      keepBatches: false,
    });
    const { batchSize, shuffle, sampler, dropLast, batchSampler, generator, collate } = read;
    const isFunction = collate === undefined || typeof collate === "function";
    checkKind("make DataLoader", collate, isFunction, "a function, as the option collate");
    if (batchSampler !== undefined) {
      checkSampler("make DataLoader", batchSampler);
      const others = { batchSize, shuffle, sampler, dropLast };
      checkAlone("batchSampler", "the batchSampler decides which samples form each batch", others);
    }
    if (sampler !== undefined) checkAlone("sampler", "the sampler decides the order", { shuffle });
    const order = sampler ??
      (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset));
    this.dataset = dataset;
    this.batchSampler = batchSampler ??
      new BatchSampler(order, { batchSize: batchSize ?? 1, dropLast });
    this.#read = reader(dataset, collate);
    this.#keepBatches = read.keepBatches;
  }

  /** The number of batches in an epoch. */
  get length(): number {
    return this.batchSampler.length;
  }

  /** Runs through the data set once. */
  *[Symbol.iterator](): IterableIterator<B> {
    const live = this.#live.splice(0);
    try {
      for (const indices of this.batchSampler) {
        while (live.length > 1) free(live.shift()!);
        yield this.#keepBatches ? this.#read(indices) : track(() => this.#read(indices), live);
      }
    } finally {
      // The last batches stay readable after the loop: what was read of them until the next loop
      // needs the memory, and the rest for good.
      for (const { storages, tick } of live) {
        this.#live.push({ storages: storages.filter((storage) => isRead(storage, tick)), tick });
      }
    }
  }
}

/** A batch that can be read. */
interface Batch {
  /** The storages that it made. */
  readonly storages: readonly Storage[];
  /** The time when it was complete. */
  readonly tick: number;
}

/** @throws {ValueError} if one of `others` is given as well as the option `name` */
function checkAlone(name: string, reason: string, others: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(others).filter((other) =>
    others[other] !== undefined && others[other] !== false
  );
  if (given.length === 0) return;
  throw new ValueError(
    `Cannot load with both ${name} and ${given.join(", ")}: ${reason}; leave one out`,
  );
}

/** Returns the cheapest way to a batch that the data set and the options allow. */
function reader<T, B>(
  dataset: Dataset<T>,
  collate: ((samples: T[]) => B) | undefined,
): (indices: Indices) => B {
  // Without `collate`, B is its default: what the data set and the default collation make.
  if (collate === undefined && dataset.getBatch !== undefined) {
    return (indices) => dataset.getBatch!(readIndices(indices, dataset.length)) as B;
  }
  const collateAll = collator<T>();
  const make = collate ?? ((samples: T[]) => collateAll(samples) as B);
  return (indices) =>
    make(Array.from(readIndices(indices, dataset.length), (index) => dataset.get(index)));
}

/**
 * Returns true if a kernel has used `storage` since `tick`, and moves it out of the arena if not: it
 * may be wanted later, as all batches of `[...loader]` are.
 */
function isRead(storage: Storage, tick: number): boolean {
  if (storage.lastUse > tick) return true;
  arena.moveOut(storage);
  return false;
}

/**
 * Frees what was read of a batch. Tensors survive that were retained or that a recorded graph will
 * read, and so does everything that the data set had before: a batch can be a view of it.
 */
function free({ storages, tick }: Batch): void {
  for (const storage of storages) {
    if (isRead(storage, tick)) arena.release(storage, "batch");
    // The graph frees what it holds when it goes.
    storage.ownedByGraph = storage.graphUses > 0;
  }
}

/** Makes a batch, frees what `make` made and did not return, and adds the batch to `live`. */
function track<B>(make: () => B, live: Batch[]): B {
  const before = arena.serial;
  const mark = arena.open();
  let found: Storage[] = [];
  try {
    const batch = make();
    found = [...storagesIn(batch)];
    const made = found.filter((storage) => storage.serial > before);
    for (const storage of made) storage.origin = "a batch";
    live.push({ storages: made, tick: arena.tick });
    return batch;
  } finally {
    arena.close(mark, "sample", found.map((storage) => ({ storage })));
  }
}

/** Returns the storages of all tensors that can be reached from `value`. */
function storagesIn(
  value: unknown,
  found = new Set<Storage>(),
  seen = new Set<unknown>(),
): Set<Storage> {
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Tensor) found.add(value.array.storage);
  else if (!ArrayBuffer.isView(value)) {
    const isIterable = Array.isArray(value) || value instanceof Set;
    const items = value instanceof Map ? value.values() : isIterable ? value : Object.values(value);
    for (const item of items) storagesIn(item, found, seen);
  }
  return found;
}

/**
 * Makes batches of the samples of a data set.
 *
 * @module
 */

import {
  checkArguments,
  checkFunction,
  checkWhole,
  cloneGuard,
  isForeign,
  operandError,
  readOptions,
} from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import type { Generator } from "../../random.ts";
import { arena } from "../../storage/arena.ts";
import type { Storage } from "../../storage/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { type Collated, collator } from "./collate.ts";
import {
  type AsyncDataset,
  checkDataset,
  checkSampler,
  type Dataset,
  type Indices,
  isIndexed,
  type IterableDataset,
  readIndices,
} from "./dataset.ts";
import {
  BatchSampler,
  checkBatchSize,
  groups,
  RandomSampler,
  type Sampler,
  SequentialSampler,
  type Sized,
} from "./sampler.ts";

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
  /** Batches that a `for await` loop asks for before they are wanted; default 0. */
  readonly prefetch?: number;
}

const CLONE_GUARD = cloneGuard(
  "Cannot clone, post or write a loader as JSON: its state is private; make it where it is used",
);

/** Samples that wait to become a batch, or a batch that the data set has made itself. */
type Loaded<T, B> = { readonly samples: T[] } | { readonly batch: B };

/**
 * Batches of a data set, one after the other: `for (const [x, y] of loader)`.
 *
 * Each loop is an epoch with an order of its own, and loops may nest. A batch lives for its turn of
 * the loop: when the loop takes the batch after the next, those of its tensors that were read are
 * freed, and reading them is an error from then on. To keep such a tensor, call its `retain()`; to
 * keep all, pass `keepBatches`. Tensors that nothing has read stay, so `[...loader]` works, and labels
 * that a loop only collects can be read after it.
 *
 * A field of the samples has one dtype in all batches: that of the first one. Numbers are int32 if
 * those of the first batch are whole; a later one that is not is an error then, so return a tensor
 * from `get` where numbers may be either.
 *
 * Samples may also come as a stream, from anything that can be iterated, in the order of the stream.
 * If samples or streams are asynchronous, wait: `for await (const [x, y] of loader)`. Then
 * `prefetch` asks for batches while the loop still works on earlier ones.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @typeParam T a sample of the data set
 * @typeParam B a batch
 * @example
 * ```ts
 * import { arange, tensor } from "@gradus/gradus";
 * import { DataLoader, TensorDataset } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const set = new TensorDataset(arange(10).reshape(5, 2), arange(5));
 * const loader = new DataLoader(set, { batchSize: 2 });
 * const shapes = [];
 * for (const [x] of loader) shapes.push(x.shape);
 * assertEquals(shapes, [[2, 2], [2, 2], [1, 2]]);
 * assertEquals(loader.length, 3);
 *
 * // Samples that arrive later: here they are numbers, there they may be files.
 * const remote = { length: 4, get: async (index: number) => await Promise.resolve(tensor(index)) };
 * const totals = [];
 * for await (const x of new DataLoader(remote, { batchSize: 2, prefetch: 1 })) {
 *   totals.push(x.sum().item());
 * }
 * assertEquals(totals, [1, 5]);
 * ```
 */
export class DataLoader<T, B = Collated<T>> implements Iterable<B>, AsyncIterable<B> {
  /** Keeps loaders from being cloned, which would leave out the data set. */
  protected readonly guard: object = CLONE_GUARD;
  /** The indices of the samples in each batch; `null` for a stream. */
  readonly batchSampler: Sampler<Indices> | null;
  readonly #source: AsyncDataset<T> | IterableDataset<T>;
  readonly #batchSize: number;
  readonly #dropLast: boolean;
  readonly #collate: (samples: T[]) => B;
  /** True if the data set makes batches itself. */
  readonly #isBatched: boolean;
  readonly #keepBatches: boolean;
  readonly #prefetch: number;
  /** The iterator of the last epoch of a stream. */
  #iterator: object | null = null;
  /** The readable batches of a finished loop, oldest first. */
  readonly #live: Batch[] = [];

  /**
   * Makes a loader.
   *
   * @param dataset the data set, or a stream of samples
   * @param options `batchSize`, `shuffle`, `dropLast`, `sampler`, `batchSampler`, `collate`,
   *   `generator`, `keepBatches`, `prefetch`
   * @throws {ValueError} if `batchSize` is not a whole number above 0, there is no such option, or
   *   options exclude each other
   */
  constructor(
    dataset: AsyncDataset<T> | IterableDataset<T>,
    options: DataLoaderOptions<T, B> = {},
  ) {
    checkArguments("make DataLoader", arguments, 2);
    const read = readOptions("make DataLoader", options, {
      batchSize: undefined,
      shuffle: false,
      dropLast: false,
      sampler: undefined,
      batchSampler: undefined,
      collate: undefined,
      generator: undefined,
      keepBatches: false,
      prefetch: 0,
    });
    const { batchSize = 1, dropLast, collate, prefetch } = read;
    if (collate !== undefined) checkFunction("make DataLoader", "the option collate", collate);
    checkWhole(`prefetch ${prefetch} batches`, prefetch, 0, MOST_AHEAD);
    // None of Python asks for samples without batches, which a loop over the data set gives.
    if (options.batchSize === null) checkBatchSize(options.batchSize);
    this.#source = dataset;
    this.batchSampler = isStream(dataset) ? null : batchesOf(dataset as Sized, read);
    if (this.batchSampler === null) {
      checkBatchSize(batchSize);
      const { shuffle, sampler, batchSampler, generator } = read;
      const others = { shuffle, sampler, batchSampler, generator };
      checkAlone("a stream", "it comes in its own order", others);
    }
    this.#batchSize = batchSize;
    this.#dropLast = dropLast;
    const collateAll = collator<T>();
    // Without `collate`, B is its default: what the data set and the default collation make.
    this.#collate = collate ?? ((samples) => collateAll(samples) as B);
    this.#isBatched = collate === undefined && isIndexed(dataset) &&
      dataset.getBatch !== undefined;
    this.#keepBatches = read.keepBatches;
    this.#prefetch = prefetch;
  }

  /**
   * The data set.
   *
   * @throws {ValueError} if the samples are a stream
   */
  get dataset(): Dataset<unknown> {
    if (this.batchSampler !== null) return this.#source as Dataset<unknown>;
    throw new ValueError(
      "Cannot return the data set of a loader of a stream: there is none; use the stream itself",
    );
  }

  /**
   * The number of batches in an epoch.
   *
   * @throws {ValueError} if the samples are a stream, which has no length
   */
  get length(): number {
    if (this.batchSampler !== null) return this.batchSampler.length;
    throw new ValueError(
      "Cannot count the batches of a stream: it ends where it ends; count them in the loop",
    );
  }

  /** Runs through the data set once. */
  *[Symbol.iterator](): IterableIterator<B> {
    if (this.#prefetch > 0) {
      throw new ValueError(
        'Cannot prefetch in a loop that does not wait: write "for await (const batch of loader)", ' +
          "or leave prefetch out",
      );
    }
    const live = this.#live.splice(0);
    try {
      for (const load of this.#loads()) yield arrived(this.#make(load, arena.serial, live));
    } finally {
      this.#live.push(...live.map(settle));
    }
  }

  /** Runs through the data set once, and waits for samples that arrive later. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<B> {
    const live = this.#live.splice(0);
    try {
      for await (const { loaded, since } of ahead(this.#requests(), this.#prefetch)) {
        yield this.#make(() => loaded, since, live);
      }
    } finally {
      this.#live.push(...live.map(settle));
    }
  }

  /** Yields for each batch what loads it. */
  *#loads(): IterableIterator<() => Loaded<T, B>> {
    if (this.batchSampler !== null) {
      for (const indices of this.batchSampler) yield () => arrived(this.#load(indices));
      return;
    }
    const stream = this.#source as IterableDataset<T>;
    if (!(Symbol.iterator in stream)) throw waitError();
    const samples = this.#start(Symbol.iterator, stream[Symbol.iterator]());
    for (const group of groups(samples, this.#batchSize, this.#dropLast)) {
      yield () => arrived(gather(group));
    }
  }

  /** Asks for batches, one after the other. */
  #requests(): AsyncIterator<Request<T, B>> {
    if (this.batchSampler === null) {
      const stream = this.#source as IterableDataset<T>;
      const samples = Symbol.asyncIterator in stream
        ? this.#start(Symbol.asyncIterator, stream[Symbol.asyncIterator]())
        : this.#start(Symbol.iterator, stream[Symbol.iterator]());
      return streamed(samples, this.#batchSize, this.#dropLast);
    }
    const batches = this.batchSampler[Symbol.iterator]();
    return {
      next: async () => {
        const { done, value: indices } = batches.next();
        if (done) return { done, value: undefined };
        const since = arena.serial;
        return { done: false, value: { loaded: await this.#load(indices), since } };
      },
    };
  }

  /** Asks for the samples at `indices`, all at once. */
  #load(indices: Indices): Loaded<T, B> | Promise<Loaded<T, B>> {
    const source = this.#source as AsyncDataset<T>;
    const checked = readIndices(indices, source.length);
    if (this.#isBatched) {
      const made = source.getBatch!(checked) as B | Promise<B>;
      return isPromise(made) ? made.then((batch) => ({ batch })) : { batch: made };
    }
    const samples: (T | Promise<T>)[] = [];
    try {
      for (const index of checked) samples.push(source.get(index));
    } catch (error) {
      Promise.allSettled(samples); // Nobody waits for these any more, or for their errors.
      throw error;
    }
    return gather(samples);
  }

  #collated(samples: T[]): B {
    const batch = this.#collate(samples);
    if (batch !== undefined) return batch;
    throw new ValueError(
      "Cannot make a batch with a collate that returns nothing: return the batch",
    );
  }

  /** Returns the stream that `iterator` has just started, for one loop. */
  #start<K extends symbol, I extends object>(key: K, iterator: I): Record<K, () => I> {
    if (iterator === this.#iterator) {
      throw new ValueError(
        "Cannot run twice through an iterator: it is used up; pass a stream that starts anew, such " +
          "as an object with *[Symbol.iterator]()",
      );
    }
    this.#iterator = iterator;
    return { [key]: () => iterator } as Record<K, () => I>;
  }

  /**
   * Makes a batch of what `load` returns, and frees an old one. Storages after number `since` were made
   * on the way.
   */
  #make(load: () => Loaded<T, B>, since: number, live: Batch[]): B {
    while (live.length > 1) free(live.shift()!);
    const finish = (loaded: Loaded<T, B>): B =>
      "batch" in loaded ? loaded.batch : this.#collated(loaded.samples);
    if (this.#keepBatches) return finish(load());
    const start = arena.serial;
    const mark = arena.open();
    let found = new Set<Storage>();
    try {
      const loaded = load();
      // The data set may keep what `get` has returned, also when it is a part of the batch.
      const first = "batch" in loaded ? since : arena.serial;
      const batch = finish(loaded);
      found = storagesIn(batch);
      const made = [...found].filter((storage) => storage.serial > first);
      for (const storage of made) storage.origin = "a batch";
      live.push({ storages: made, tick: arena.tick });
      if (since < start && "samples" in loaded) moveOut(loaded.samples, since, found);
      return batch;
    } finally {
      arena.close(mark, "spill", [...found].map((storage) => ({ storage })));
    }
  }
}

/** Batches that may be asked for ahead. */
const MOST_AHEAD = 1_000_000;

/** A batch that can be read. */
interface Batch {
  /** The storages that it made. */
  readonly storages: readonly Storage[];
  /** The time when it was complete. */
  readonly tick: number;
}

/** The samples of a batch, or a batch, as they arrive. */
interface Request<T, B> {
  readonly loaded: Loaded<T, B>;
  /** The number of the last storage from before it was asked for. */
  readonly since: number;
}

/** @throws {ValueError} if one of `others` is given as well as `what` */
function checkAlone(what: string, reason: string, others: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(others).filter((other) =>
    others[other] !== undefined && others[other] !== false
  );
  if (given.length === 0) return;
  throw new ValueError(
    `Cannot load with both ${what} and ${given.join(", ")}: ${reason}; leave one out`,
  );
}

/** Returns true for what can be iterated and is no data set; arrays are neither. */
function isStream(dataset: unknown): boolean {
  return typeof dataset === "object" && dataset !== null && !isIndexed(dataset) &&
    !("get" in dataset && "length" in dataset) && !Array.isArray(dataset) &&
    !ArrayBuffer.isView(dataset) &&
    (Symbol.iterator in dataset || Symbol.asyncIterator in dataset);
}

/** Returns the sampler that the options of a loader ask for. */
function batchesOf(
  dataset: Sized,
  { batchSize, shuffle, dropLast, sampler, batchSampler, generator }: Pick<
    DataLoaderOptions<unknown>,
    "batchSize" | "shuffle" | "dropLast" | "sampler" | "batchSampler" | "generator"
  >,
): Sampler<Indices> {
  checkDataset(dataset);
  if (batchSampler !== undefined) {
    checkSampler("make DataLoader", batchSampler);
    const others = { batchSize, shuffle, sampler, dropLast };
    checkAlone("batchSampler", "the batchSampler decides which samples form each batch", others);
    return batchSampler;
  }
  if (sampler !== undefined) checkAlone("sampler", "the sampler decides the order", { shuffle });
  const order = sampler ??
    (shuffle ? new RandomSampler(dataset, { generator }) : new SequentialSampler(dataset));
  return new BatchSampler(order, { batchSize: batchSize ?? 1, dropLast });
}

function isPromise<V>(value: V | Promise<V>): value is Promise<V> {
  return typeof (value as Partial<Promise<V>> | null)?.then === "function";
}

/** Returns `samples`, or a promise of them if one of them is a promise. */
function gather<T, B>(samples: (T | Promise<T>)[]): Loaded<T, B> | Promise<Loaded<T, B>> {
  return samples.some(isPromise)
    ? Promise.all(samples).then((samples) => ({ samples }))
    : { samples: samples as T[] };
}

/** @throws {ValueError} if `loaded` is still to come */
function arrived<L>(loaded: L | Promise<L>): L {
  if (!isPromise(loaded)) return loaded;
  loaded.catch(() => {}); // Nobody waits for it any more.
  throw waitError();
}

function waitError(): ValueError {
  return new ValueError(
    'Cannot loop over samples that arrive later without waiting: write "for await (const batch of ' +
      'loader)"',
  );
}

/** Groups the samples of a stream, as {@link groups} does. */
async function* streamed<T, B>(
  stream: IterableDataset<T | Promise<T>>,
  size: number,
  dropLast: boolean,
): AsyncGenerator<Request<T, B>, void, undefined> {
  let [samples, since]: [T[], number] = [[], arena.serial];
  for await (const sample of stream) {
    samples.push(sample);
    if (samples.length < size) continue;
    yield { loaded: { samples }, since };
    [samples, since] = [[], arena.serial];
  }
  if (samples.length > 0 && !dropLast) yield { loaded: { samples }, since };
}

/** Yields what `source` yields, and asks for `count` more before they are wanted. */
async function* ahead<V>(
  source: AsyncIterator<V>,
  count: number,
): AsyncGenerator<V, void, undefined> {
  const asked: Promise<IteratorResult<V>>[] = [];
  try {
    for (;;) {
      while (asked.length <= count) {
        const next = source.next();
        next.catch(() => {}); // An error is reported when its turn comes, or never after a break.
        asked.push(next);
      }
      const { done, value } = await asked.shift()!;
      if (done) return;
      yield value;
    }
  } finally {
    await source.return?.();
  }
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

/**
 * Ends the turn of one of the last batches of a loop: what was read of it stays readable until the
 * next loop needs the memory, and the rest for good.
 */
function settle({ storages, tick }: Batch): Batch {
  return { storages: storages.filter((storage) => isRead(storage, tick)), tick };
}

/** Moves storages after number `since` out of the arena that `samples` have, except `kept`. */
function moveOut(samples: readonly unknown[], since: number, kept: ReadonlySet<Storage>): void {
  for (const storage of storagesIn(samples)) {
    if (storage.serial > since && !kept.has(storage)) arena.moveOut(storage);
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
  if (isForeign(value)) throw operandError("make a batch", value, "a tensor");
  if (value instanceof Tensor) found.add(value.array.storage);
  else if (!ArrayBuffer.isView(value)) {
    const isIterable = Array.isArray(value) || value instanceof Set;
    const items = value instanceof Map ? value.values() : isIterable ? value : Object.values(value);
    for (const item of items) storagesIn(item, found, seen);
  }
  return found;
}

/**
 * Samplers: the order in which a loader takes samples, and their groups.
 *
 * @module
 */

import {
  checkArguments,
  checkKind,
  checkList,
  checkType,
  checkWhole,
  readOptions,
  REQUIRED,
} from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../random.ts";
import { checkDraws, checkWeights, draw } from "../../tensor/draw.ts";
import { checkSampler, type Indices, isCount } from "./dataset.ts";

/**
 * Indices, or groups of them: a new sequence each time it is iterated. An array is one too.
 *
 * @typeParam I `number`, or {@link Indices} for groups
 */
export interface Sampler<I = number> extends Iterable<I> {
  /** The number of indices or groups in a sequence. */
  readonly length: number;
}

function checkSized(action: string, source: Sized): void {
  checkKind(action, source, isCount(source?.length), "a data set, or { length }");
}

/** Anything with a number of samples. */
export interface Sized {
  /** The number of samples. */
  readonly length: number;
}

/**
 * All samples from the first to the last.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { SequentialSampler } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...new SequentialSampler({ length: 3 })], [0, 1, 2]);
 * ```
 */
export class SequentialSampler implements Sampler {
  readonly #source: Sized;

  /**
   * Makes a sampler.
   *
   * @param source the data set, or its length
   */
  constructor(source: Sized) {
    checkArguments("make SequentialSampler", arguments, 1);
    checkSized("make SequentialSampler", source);
    this.#source = source;
  }

  /** The number of samples. */
  get length(): number {
    return this.#source.length;
  }

  /** Yields the indices in order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield i;
  }
}

/** Options of {@link RandomSampler}. */
export interface RandomSamplerOptions extends GeneratorOptions {
  /** True to draw from all samples each time, so that some come often, some never; default false. */
  readonly replacement?: boolean;
  /** The number of draws; by default that of the samples. */
  readonly numSamples?: number;
}

/** As many indices are drawn at once: "endless" sequences are never there as a whole. */
const PIECE = 65536;

/**
 * Samples in random order, another each time.
 *
 * Without replacement every sample comes once; if more are asked for than there are, all of them
 * come once before any comes again.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { Generator } from "@gradus/gradus";
 * import { RandomSampler } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const sampler = new RandomSampler({ length: 4 }, { generator: new Generator(0) });
 * assertEquals([...sampler].sort(), [0, 1, 2, 3]);
 * ```
 */
export class RandomSampler implements Sampler {
  readonly #source: Sized;
  readonly #replacement: boolean;
  readonly #numSamples: number | undefined;
  readonly #generator: Generator;

  /**
   * Makes a sampler.
   *
   * @param source the data set, or its length
   * @param options `replacement`, `numSamples`, `generator`
   * @throws {ValueError} if `numSamples` is not a whole number above 0, or there is nothing to draw
   */
  constructor(source: Sized, options: RandomSamplerOptions = {}) {
    checkArguments("make RandomSampler", arguments, 2);
    const { replacement, numSamples, generator } = readOptions("make RandomSampler", options, {
      replacement: false,
      numSamples: undefined,
      generator: defaultGenerator,
    });
    checkSized("make RandomSampler", source);
    if (numSamples !== undefined) checkDraws(numSamples, source.length);
    this.#source = source;
    this.#replacement = replacement;
    this.#numSamples = numSamples;
    this.#generator = generator;
  }

  /** The number of draws. */
  get length(): number {
    return this.#numSamples ?? this.#source.length;
  }

  /** Draws the indices. */
  *[Symbol.iterator](): IterableIterator<number> {
    const { length } = this;
    const total = this.#source.length;
    if (this.#replacement) {
      for (let left = length; left > 0; left -= PIECE) {
        const drawn = new Int32Array(Math.min(left, PIECE));
        this.#generator.integers(drawn, 0, total);
        yield* drawn;
      }
      return;
    }
    for (let left = length; left > 0; left -= total) {
      yield* this.#generator.permutation(total).subarray(0, left);
    }
  }
}

/**
 * Chosen samples in random order, another each time.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { SubsetRandomSampler } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...new SubsetRandomSampler([7, 3, 5])].sort(), [3, 5, 7]);
 * ```
 */
export class SubsetRandomSampler implements Sampler {
  readonly #indices: Indices;
  readonly #generator: Generator;

  /**
   * Makes a sampler.
   *
   * @param indices the samples
   * @param options `generator`
   */
  constructor(indices: Indices, options: GeneratorOptions = {}) {
    checkArguments("make SubsetRandomSampler", arguments, 2);
    const known = { generator: defaultGenerator };
    this.#generator = readOptions("make SubsetRandomSampler", options, known).generator;
    checkList("make SubsetRandomSampler", indices);
    this.#indices = indices;
  }

  /** The number of indices. */
  get length(): number {
    return this.#indices.length;
  }

  /** Yields the indices in random order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (const i of this.#generator.permutation(this.length)) yield this.#indices[i];
  }
}

/** Options of {@link BatchSampler}. */
export interface BatchSamplerOptions {
  /** The number of indices in a group. */
  readonly batchSize: number;
  /** True to leave out the last group if it is short; default false. */
  readonly dropLast?: boolean;
}

/**
 * Groups the indices of another sampler.
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @example
 * ```ts
 * import { BatchSampler, SequentialSampler } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const batches = new BatchSampler(new SequentialSampler({ length: 5 }), { batchSize: 2 });
 * assertEquals([...batches].map((batch) => [...batch]), [[0, 1], [2, 3], [4]]);
 * ```
 */
export class BatchSampler implements Sampler<Int32Array> {
  readonly #sampler: Sampler;
  readonly #batchSize: number;
  readonly #dropLast: boolean;

  /**
   * Makes a sampler of groups.
   *
   * @param sampler the source of the indices
   * @param options `batchSize`, `dropLast`
   * @throws {ValueError} if `batchSize` is not a whole number above 0
   */
  constructor(sampler: Sampler, options: BatchSamplerOptions) {
    checkArguments("make BatchSampler", arguments, 2);
    const known = { batchSize: REQUIRED, dropLast: false };
    const { batchSize, dropLast } = readOptions("make BatchSampler", options, known);
    checkBatchSize(batchSize);
    checkSampler("make BatchSampler", sampler);
    this.#sampler = sampler;
    this.#batchSize = batchSize;
    this.#dropLast = dropLast;
  }

  /** The number of groups. */
  get length(): number {
    const groups = this.#sampler.length / this.#batchSize;
    return this.#dropLast ? Math.floor(groups) : Math.ceil(groups);
  }

  /** Yields each group as a new array. */
  *[Symbol.iterator](): IterableIterator<Int32Array> {
    for (const group of groups(this.#sampler, this.#batchSize, this.#dropLast)) {
      yield toIndices(group);
    }
  }
}

/** Cuts a sequence into groups of `size`; `dropLast` leaves out a short one at the end. */
export function* groups<T>(
  items: Iterable<T>,
  size: number,
  dropLast: boolean,
): IterableIterator<T[]> {
  let group: T[] = [];
  for (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0 && !dropLast) yield group;
}

/** @throws {ValueError} if `batchSize` is not a whole number above 0 */
export function checkBatchSize(batchSize: number): void {
  checkWhole(`make batches with batchSize ${batchSize}`, batchSize, 1);
}

/** @throws {ValueError} if int32 cannot hold an index of `group` */
function toIndices(group: readonly number[]): Int32Array {
  const indices = new Int32Array(group.length);
  for (let i = 0; i < indices.length; i++) {
    if (typeof group[i] === "number") indices[i] = group[i];
    if (indices[i] === group[i]) continue;
    throw new ValueError(
      `Cannot make a batch with sample ${
        quoted(group[i])
      }: indices are whole numbers from 0 to 2^31 - 1`,
    );
  }
  return indices;
}

/** Options of {@link WeightedRandomSampler}. */
export interface WeightedRandomSamplerOptions extends GeneratorOptions {
  /** True if a sample can be drawn again; default true. */
  readonly replacement?: boolean;
}

/**
 * Samples drawn with unequal odds: `P(i) = weights[i] / Σ weights`.
 *
 * Without replacement, each draw is among those that are left.
 *
 * @example
 * ```ts
 * import { Generator } from "@gradus/gradus";
 * import { WeightedRandomSampler } from "@gradus/gradus/utils/data";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const sampler = new WeightedRandomSampler([0, 1, 3], 1000, { generator: new Generator(0) });
 * const drawn = [...sampler];
 * assertEquals(drawn.filter((i) => i === 0).length, 0);
 * assert(Math.abs(drawn.filter((i) => i === 2).length - 750) < 50);
 * ```
 */
export class WeightedRandomSampler implements Sampler {
  /** The number of draws. */
  readonly length: number;
  readonly #weights: Float64Array;
  readonly #replacement: boolean;
  readonly #generator: Generator;

  /**
   * Makes a sampler.
   *
   * @param weights one for each sample, 0 or more; they need not add up to 1
   * @param numSamples the number of draws
   * @param options `replacement`, `generator`
   * @throws {ValueError} if a weight is negative or not finite, `numSamples` is not a whole number
   *   above 0, or too few weights are above 0
   */
  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    options: WeightedRandomSamplerOptions = {},
  ) {
    checkArguments("make WeightedRandomSampler", arguments, 3);
    const known = { replacement: true, generator: defaultGenerator };
    const { replacement, generator } = readOptions("make WeightedRandomSampler", options, known);
    checkList("make WeightedRandomSampler", weights);
    const other = Array.from(weights).find((weight) => typeof weight !== "number");
    if (other !== undefined) checkType("make WeightedRandomSampler", "a weight", other, "number");
    this.#weights = Float64Array.from(weights);
    checkWeights(this.#weights, numSamples, replacement);
    this.length = numSamples;
    this.#replacement = replacement;
    this.#generator = generator;
  }

  /** Draws the indices. */
  *[Symbol.iterator](): IterableIterator<number> {
    const piece = this.#replacement ? PIECE : this.length;
    for (let left = this.length; left > 0; left -= piece) {
      yield* draw(this.#weights, Math.min(left, piece), this.#replacement, this.#generator);
    }
  }
}

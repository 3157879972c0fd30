/**
 * Random numbers from counters: a draw is a pure function of seed, offset and position.
 *
 * @module
 */

import { checkArguments, checkKind, cloneGuard, guardMembers } from "./checks.ts";
import { ValueError } from "./errors.ts";
import { kernels } from "./kernels/backends.ts";
import { MAX_RANDOM_BLOCKS } from "./kernels/kernels.ts";
import { bounded, unit53 } from "./math/philox.ts";

const WORD = 4294967296; // 2^32
const TWO_MINUS_24 = 5.9604644775390625e-8;

/** The state of a {@linkcode Generator}: all that its next draws depend on. */
export interface GeneratorState {
  /** The key of the stream: a whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /** The number of blocks of 128 bits used so far. */
  readonly offset: number;
}

const CLONE_GUARD = cloneGuard(
  "Cannot clone, post or write a generator as JSON: its state is private; pass getState(), and give " +
    "it to setState() of another",
);

/**
 * A stream of random numbers, the same on every runtime and for any number of threads.
 *
 * Block number n of the stream is Philox4x32-10 of counter n under the key `seed`. A fill takes the
 * next blocks and advances the offset by exactly as many as it needs; its element i depends on
 * the seed, the offset at its start and i alone. A block makes four float32, two float64, two
 * normals or two integers, so disjoint ranges that start on such a boundary can be filled apart.
 *
 * A generator made without a seed takes one from the system's entropy at its first use.
 * Unlike PyTorch's, the stream does not depend on the device or on the size of the fill.
 *
 * @example
 * ```ts
 * import { Generator, randn } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const generator = new Generator(7);
 * const first = randn([3], { generator }).toArray();
 * generator.manualSeed(7);
 * assertEquals(randn([3], { generator }).toArray(), first);
 * ```
 */
export class Generator {
  /** Keeps generators from being cloned, which would leave out the seed. */
  protected readonly guard: object = CLONE_GUARD;
  #seed: number | undefined;
  #offset = 0;

  /**
   * Makes a generator at the beginning of its stream.
   *
   * @param seed a whole number from 0 to 2^53 - 1; random if left out
   * @throws {ValueError} if `seed` is anything else
   */
  constructor(seed?: number) {
    checkArguments("make Generator", arguments, 1);
    if (seed !== undefined) this.manualSeed(seed);
  }

  /** Returns the text that `console.log` shows in Deno, Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { seed, offset } = this.getState();
    return `Generator { seed: ${seed}, offset: ${offset} }`;
  }

  /**
   * Starts the stream of `seed` from its beginning.
   *
   * @param seed a whole number from 0 to 2^53 - 1
   * @returns this generator
   * @throws {ValueError} if `seed` is anything else
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals, assertNotEquals } from "@std/assert";
   *
   * const generator = new Generator(7);
   * const first = generator.next();
   * assertNotEquals(generator.next(), first);
   * assertEquals(generator.manualSeed(7).next(), first);
   * ```
   */
  manualSeed(seed: number): this {
    return this.setState({ seed, offset: 0 });
  }

  /** The seed of this generator; drawn now if none was given and none was needed so far. */
  get initialSeed(): number {
    return this.#seed ??= entropy();
  }

  /**
   * Returns the present state, to come back to with {@linkcode setState}.
   *
   * @returns the seed and the offset, plain numbers that can be saved
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const generator = new Generator(7);
   * const state = generator.getState();
   * const drawn = generator.next();
   * assertEquals(generator.setState(state).next(), drawn);
   * ```
   */
  getState(): GeneratorState {
    return { seed: this.initialSeed, offset: this.#offset };
  }

  /**
   * Goes to a state that {@linkcode getState} gave.
   *
   * @param state the seed and the offset, both whole numbers from 0 to 2^53 - 1
   * @returns this generator
   * @throws {ValueError} if either is anything else; the generator stays where it was
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * // Continue where a saved run was: a state is two plain numbers.
   * const saved = JSON.stringify(new Generator(7).getState());
   * const generator = new Generator().setState(JSON.parse(saved));
   * assertEquals(generator.next(), new Generator(7).next());
   * ```
   */
  setState(state: GeneratorState): this {
    const isState = Object(state) === state && "seed" in state;
    checkKind("set a generator", state, isState, "a state, as getState() returns it");
    const { seed, offset } = state;
    const given = (value: unknown): string => typeof value === "number" ? `${value}` : typeof value;
    if (!isCount(seed)) {
      throw new ValueError(
        `Cannot seed a generator with ${given(seed)}: use a whole number from 0 to 2^53 - 1`,
      );
    }
    if (!isCount(offset)) {
      throw new ValueError(
        `Cannot set a generator to offset ${given(offset)}: use a whole number from 0 to 2^53 - 1`,
      );
    }
    this.#seed = seed;
    this.#offset = offset;
    return this;
  }

  /**
   * Draws a whole number from 0 to 2^32 - 1. It uses up a block; for many, fill an array.
   *
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new Generator(0).next(), 0x6627e8d5); // the first word of Philox4x32-10
   * ```
   */
  next(): number {
    return kernels().randomBlocks(this.initialSeed, this.#take(1), 1)[0];
  }

  /**
   * Fills `out` with numbers spread evenly over [0, 1): multiples of 2^-24 in float32, of 2^-53 in
   * float64.
   *
   * @param out the array to fill; four elements a block in float32, two in float64
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const generator = new Generator(0);
   * const out = new Float32Array(6);
   * generator.uniform(out);
   * assert(out.every((x) => x >= 0 && x < 1));
   * assertEquals(generator.getState().offset, 2); // blocks of four
   * ```
   */
  uniform(out: Float32Array | Float64Array): void {
    const wordsEach = out instanceof Float64Array ? 2 : 1;
    this.#draw(out.length * wordsEach, (words, first) => {
      const start = first / wordsEach;
      const count = Math.min(words.length / wordsEach, out.length - start);
      for (let i = 0; i < count; i++) {
        out[start + i] = wordsEach === 2
          ? unit53(words[2 * i], words[2 * i + 1])
          : (words[i] >>> 8) * TWO_MINUS_24;
      }
    });
  }

  /**
   * Fills `out` with numbers from the normal distribution of mean 0 and variance 1.
   *
   * Box and Muller (1958), in float64: for u, v uniform, sqrt(-2 log u)·cos 2πv and
   * sqrt(-2 log u)·sin 2πv are two independent normals. The largest magnitude possible is 8.6.
   *
   * @param out the array to fill; two elements a block
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assert } from "@std/assert";
   *
   * const out = new Float64Array(10_000);
   * new Generator(0).normal(out);
   * const mean = out.reduce((sum, x) => sum + x) / out.length;
   * assert(Math.abs(mean) < 0.05);
   * ```
   */
  normal(out: Float32Array | Float64Array): void {
    this.#fill(out, (seed, first, count) => kernels().normalBlocks(seed, first, count), 0);
  }

  /**
   * Fills `out` with whole numbers from `low` up to but not including `high`.
   *
   * Each takes 64 random bits r and is low + floor(r · (high - low) / 2^64). A rejection would make
   * elements depend on their neighbours; this makes some values likelier than others by less than
   * one part in 2^32 instead.
   *
   * @param out the array to fill; two elements a block
   * @param low the least value
   * @param high the bound above the largest value, 2^31 at most
   * @throws {ValueError} if the bounds are not whole int32 bounds with low < high; nothing is
   *   written then
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const rolls = new Int32Array(600);
   * new Generator(0).integers(rolls, 1, 7);
   * assertEquals([...new Set(rolls)].sort(), [1, 2, 3, 4, 5, 6]);
   * ```
   */
  integers(out: Int32Array, low: number, high: number): void {
    const whole = Number.isInteger(low) && Number.isInteger(high);
    if (!whole || low >= high || low < -2147483648 || high > 2147483648) {
      throw new ValueError(
        `Cannot draw integers from ${low} up to ${high}: use whole numbers with low < high, ` +
          `low at least -2^31 and high at most 2^31`,
      );
    }
    const range = high - low;
    this.#fill(
      out,
      (seed, first, count) => kernels().boundedBlocks(seed, first, count, range),
      low,
    );
  }

  /**
   * Returns the numbers 0 … n - 1 in random order, by the shuffle of Fisher and Yates.
   *
   * @param n how many, from 0 to 2^31 - 1
   * @returns a new array of n numbers
   * @throws {ValueError} if `n` is anything else
   * @example
   * ```ts
   * import { Generator } from "@gradus/gradus";
   * import { assertEquals } from "@std/assert";
   *
   * const order = new Generator(0).permutation(5);
   * assertEquals([...order].sort(), [0, 1, 2, 3, 4]);
   * ```
   */
  permutation(n: number): Int32Array {
    if (!isCount(n) || n > 2147483647) {
      throw new ValueError(`Cannot permute ${n} items: use a whole number from 0 to 2^31 - 1`);
    }
    const order = new Int32Array(n);
    this.#draw(2 * (n - 1), (words, first) => {
      const end = Math.min((first + words.length) / 2 + 1, n);
      for (let i = first / 2 + 1, word = 0; i < end; i++, word += 2) {
        // Inside-out: item i goes to place j, and what was there to place i.
        const j = bounded(words[word], words[word + 1], i + 1);
        order[i] = order[j];
        order[j] = i;
      }
    });
    return order;
  }

  /** Advances the offset by `blocks` and returns where it stood. */
  #take(blocks: number): number {
    const first = this.#offset;
    if (first + blocks > Number.MAX_SAFE_INTEGER) {
      throw new ValueError(
        `Cannot draw ${blocks} blocks at offset ${first}: the stream ends at 2^53 - 1; ` +
          `use a new seed`,
      );
    }
    this.#offset = first + blocks;
    return first;
  }

  /** Fills `out` with numbers of which `draw` makes two a block, and adds `low` to each. */
  #fill(
    out: Float32Array | Float64Array | Int32Array,
    draw: (seed: number, first: number, count: number) => Float64Array | Uint32Array,
    low: number,
  ): void {
    const blocks = Math.ceil(out.length / 2);
    const start = this.#take(blocks);
    for (let done = 0; done < blocks; done += MAX_RANDOM_BLOCKS) {
      const some = Math.min(blocks - done, MAX_RANDOM_BLOCKS);
      const drawn = draw(this.initialSeed, start + done, some);
      const count = Math.min(drawn.length, out.length - 2 * done);
      for (let i = 0; i < count; i++) out[2 * done + i] = low + drawn[i];
    }
  }

  /** Draws `count` words, in whole blocks, and gives them to `use` with the number of the first one. */
  #draw(count: number, use: (words: Uint32Array, first: number) => void): void {
    const blocks = Math.max(0, Math.ceil(count / 4));
    const start = this.#take(blocks);
    for (let done = 0; done < blocks; done += MAX_RANDOM_BLOCKS) {
      const some = Math.min(blocks - done, MAX_RANDOM_BLOCKS);
      use(kernels().randomBlocks(this.initialSeed, start + done, some), 4 * done);
    }
  }
}

guardMembers(Generator);

/** Options of what draws random numbers. */
export interface GeneratorOptions {
  /** The source of random numbers; by default the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * The generator of everything that is random and is not given another one; `manualSeed` seeds it.
 *
 * @example
 * ```ts
 * import { defaultGenerator, manualSeed, rand } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * manualSeed(3);
 * const state = defaultGenerator.getState();
 * const first = rand([2]).toArray();
 * defaultGenerator.setState(state);
 * assertEquals(rand([2]).toArray(), first);
 * ```
 */
export const defaultGenerator: Generator = new Generator();

/**
 * Seeds the default generator, which otherwise starts from a different random seed in each process.
 *
 * See https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 *
 * @param seed a whole number from 0 to 2^53 - 1
 * @returns the default generator
 * @throws {ValueError} if `seed` is anything else
 * @example
 * ```ts
 * import { manualSeed, rand } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * manualSeed(42);
 * const first = rand([2, 2]).toArray();
 * manualSeed(42);
 * assertEquals(rand([2, 2]).toArray(), first);
 * ```
 */
export function manualSeed(seed: number): Generator {
  checkArguments("manualSeed", arguments, 1);
  return defaultGenerator.manualSeed(seed);
}

/** Returns true if `value` is a whole number from 0 to 2^53 - 1. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Returns 53 random bits from the system. */
function entropy(): number {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * WORD + low;
}

/**
 * Drawing samples with unequal odds.
 *
 * @module
 */

import { defaultGenerator, type Generator } from "../../random.ts";
import { checkWeights, draw } from "../../tensor/draw.ts";
import type { GeneratorOptions, Sampler } from "./sampler.ts";

/** Options of {@link WeightedRandomSampler}. */
export interface WeightedRandomSamplerOptions extends GeneratorOptions {
  /** Whether a sample can be drawn again; default true. */
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
 * import assert from "node:assert/strict";
 *
 * const sampler = new WeightedRandomSampler([0, 1, 3], 1000, { generator: new Generator(0) });
 * const drawn = [...sampler];
 * assert.equal(drawn.filter((i) => i === 0).length, 0);
 * assert.ok(Math.abs(drawn.filter((i) => i === 2).length - 750) < 50);
 * ```
 */
export class WeightedRandomSampler implements Sampler {
  /** How many indices are drawn. */
  readonly length: number;
  readonly #weights: Float64Array;
  readonly #replacement: boolean;
  readonly #generator: Generator;

  /**
   * Makes a sampler.
   *
   * @param weights one for each sample, 0 or more; they need not add up to 1
   * @param numSamples how many to draw
   * @param options `replacement`, `generator`
   * @throws {ValueError} if a weight is negative or not finite, `numSamples` is not a whole number
   *   above 0, or too few weights are above 0
   */
  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    options: WeightedRandomSamplerOptions = {},
  ) {
    const { replacement = true, generator = defaultGenerator } = options;
    this.#weights = Float64Array.from(weights);
    checkWeights(this.#weights, numSamples, replacement);
    this.length = numSamples;
    this.#replacement = replacement;
    this.#generator = generator;
  }

  /** Draws the indices. */
  [Symbol.iterator](): IterableIterator<number> {
    return draw(this.#weights, this.length, this.#replacement, this.#generator).values();
  }
}

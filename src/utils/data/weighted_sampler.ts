/**
 * Drawing samples with unequal odds.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { log } from "../../math/mod.ts";
import { defaultGenerator, type Generator } from "../../random.ts";
import { checkDraws, type GeneratorOptions, type Sampler } from "./sampler.ts";

/** Options of {@link WeightedRandomSampler}. */
export interface WeightedRandomSamplerOptions extends GeneratorOptions {
  /** Whether a sample can be drawn again; default true. */
  readonly replacement?: boolean;
}

/**
 * Samples drawn with unequal odds: `P(i) = weights[i] / Σ weights`.
 *
 * Without replacement, each draw is among those that are left. This is done by giving every sample
 * the key `ln(u) / weight` with `u` uniform and taking the largest (Efraimidis and Spirakis, 2006).
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
    const bad = this.#weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
    if (bad >= 0) {
      throw new ValueError(
        `Cannot draw with weight ${
          weights[bad]
        } for sample ${bad}: weights must be finite, and 0 ` +
          `or more`,
      );
    }
    const possible = this.#weights.reduce((count, weight) => count + Number(weight > 0), 0);
    checkDraws(numSamples, possible);
    if (!replacement && numSamples > possible) {
      throw new ValueError(
        `Cannot draw ${numSamples} samples without replacement: only ${possible} have a weight ` +
          `above 0; draw fewer, or pass { replacement: true }`,
      );
    }
    this.length = numSamples;
    this.#replacement = replacement;
    this.#generator = generator;
  }

  /** Draws the indices. */
  [Symbol.iterator](): IterableIterator<number> {
    return (this.#replacement ? this.#again() : this.#once()).values();
  }

  /** Where a uniform draw falls among the weights, laid end to end. */
  #again(): Int32Array {
    let total = 0;
    const ends = this.#weights.map((weight) => total += weight);
    const draws = new Float64Array(this.length);
    this.#generator.uniform(draws);
    return Int32Array.from(draws, (u) => firstAbove(ends, u * total));
  }

  #once(): number[] {
    const draws = new Float64Array(this.#weights.length);
    this.#generator.uniform(draws);
    // 1 - u lies in (0, 1]; a weight of 0 gets the least key, even where the logarithm is 0.
    const keys = draws.map((u, i) => {
      const weight = this.#weights[i];
      return weight > 0 ? log(1 - u) / weight : -Infinity;
    });
    const order = Array.from(keys.keys()).sort((a, b) => keys[b] - keys[a] || a - b);
    return order.slice(0, this.length);
  }
}

/** Index of the first of the rising `ends` that is above `value`; the last that has any width. */
function firstAbove(ends: Float64Array, value: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

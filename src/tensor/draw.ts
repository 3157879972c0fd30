/**
 * Draws indices with the probabilities `P(i) = weights[i] / Σ weights`.
 *
 * @module
 */

import { checkWhole } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { log } from "../math/mod.ts";
import type { Generator } from "../random.ts";
import { checkRoom } from "../storage/ndarray.ts";
import { quoted } from "../names.ts";

/**
 * Checks that `count` draws from `total` samples are possible.
 *
 * @throws {ValueError} if `count` is not a whole number above 0, or `total` is 0
 */
export function checkDraws(count: number, total: number): void {
  checkWhole(`draw ${quoted(count)} samples`, count, 1);
  if (total === 0) {
    throw new ValueError(`Cannot draw ${count} samples: there are none to draw from`);
  }
}

/**
 * Checks that `count` draws with `weights` are possible.
 *
 * @throws {ValueError} if a weight is negative or not finite, or too few are above 0
 */
export function checkWeights(weights: Float64Array, count: number, replacement: boolean): void {
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity));
  if (bad >= 0) {
    throw new ValueError(
      `Cannot draw with weight ${
        weights[bad]
      } for sample ${bad}: weights must be finite, and 0 or ` +
        `more`,
    );
  }
  const possible = weights.reduce((count, weight) => count + Number(weight > 0), 0);
  checkDraws(count, possible);
  if (replacement || count <= possible) return;
  throw new ValueError(
    `Cannot draw ${count} samples without replacement: only ${possible} have a weight above 0; draw ` +
      `fewer, or pass { replacement: true }`,
  );
}

/** Draws `count` indices; the caller has checked the weights. */
export function draw(
  weights: Float64Array,
  count: number,
  replacement: boolean,
  generator: Generator,
): Int32Array {
  // A single draw cannot repeat another.
  if (replacement || count === 1) return drawAgain(weights, count, generator);
  return drawOnce(weights, count, generator);
}

/** Draws with replacement: finds the weight that a uniform draw hits, laid end to end. */
function drawAgain(weights: Float64Array, count: number, generator: Generator): Int32Array {
  let total = 0;
  const ends = weights.map((weight) => total += weight);
  checkRoom([count], "float64");
  const draws = new Float64Array(count);
  generator.uniform(draws);
  return Int32Array.from(draws, (u) => firstAbove(ends, u * total));
}

/**
 * Draws without replacement: takes the largest keys `ln(u) / weight`, with `u` uniform (Efraimidis
 * and Spirakis, 2006).
 */
function drawOnce(weights: Float64Array, count: number, generator: Generator): Int32Array {
  const draws = new Float64Array(weights.length);
  generator.uniform(draws);
  // 1 - u lies in (0, 1]; a weight of 0 gets the lowest key, even if the logarithm is 0.
  const keys = draws.map((u, i) => weights[i] > 0 ? log(1 - u) / weights[i] : -Infinity);
  const order = largest(keys, count).sort((a, b) => keys[b] - keys[a] || a - b);
  return order.slice(0, count);
}

/** Bits of the upper words of keys by which `largest` counts: 17 leave 2⁻⁴ of an exponent. */
const COUNTED_BITS = 17;

/** Returns the places of the `count` largest of `keys`, none of which is above 0, and of some more. */
function largest(keys: Float64Array, count: number): Int32Array {
  const words = new Uint32Array(keys.buffer);
  // The bits of numbers below 0 grow with their size, so the largest key has the smallest bits.
  const bucketOf = (i: number): number => (words[2 * i + 1] & 0x7fffffff) >>> (32 - COUNTED_BITS);
  const sizes = new Int32Array(1 << COUNTED_BITS);
  for (let i = 0; i < keys.length; i++) sizes[bucketOf(i)]++;
  let last = 0;
  for (let total = sizes[0]; total < count; total += sizes[last]) last++;
  const places: number[] = [];
  for (let i = 0; i < keys.length; i++) if (bucketOf(i) <= last) places.push(i);
  return Int32Array.from(places);
}

/** Finds the first of the ascending `ends` that is above `value`, by bisection. */
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

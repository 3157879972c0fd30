import assert from "node:assert/strict";
import { test } from "node:test";
import { Generator, manualSeed } from "../../../mod.ts";
import { type Dataset, randomSplit } from "../../../src/utils/data/mod.ts";

const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });
const sizes = (length: number, parts: number[]): number[] =>
  randomSplit(numbers(length), parts).map((part) => part.length);

test("every sample is in exactly one part, in an order that the generator decides", () => {
  const split = (seed: number): number[][] =>
    randomSplit(numbers(20), [12, 0, 8], { generator: new Generator(seed) })
      .map((part) => Array.from(part.indices));
  const parts = split(1);
  assert.deepEqual(parts.map((part) => part.length), [12, 0, 8]);
  assert.deepEqual(parts.flat().sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
  assert.notDeepEqual(parts.flat(), Array.from({ length: 20 }, (_, i) => i));
  assert.deepEqual(split(1), parts);
  assert.notDeepEqual(split(2), parts);
});

test("without a generator, manualSeed decides", () => {
  const split = (): number[] => Array.from(randomSplit(numbers(50), [25, 25])[0].indices);
  manualSeed(3);
  const first = split();
  assert.notDeepEqual(split(), first);
  manualSeed(3);
  assert.deepEqual(split(), first);
});

test("fractions are rounded down, and what is left goes round from the first part", () => {
  assert.deepEqual(sizes(10, [0.5, 0.5]), [5, 5]);
  assert.deepEqual(sizes(10, [0.7, 0.2, 0.1]), [7, 2, 1]);
  assert.deepEqual(sizes(11, [0.3, 0.3, 0.4]), [4, 3, 4]);
  assert.deepEqual(sizes(5, [0.25, 0.25, 0.25, 0.25]), [2, 1, 1, 1]);
  assert.deepEqual(sizes(3, [1]), [3]);
  assert.deepEqual(sizes(0, [0.5, 0.5]), [0, 0]);
});

test("lengths that do not add up are refused", () => {
  for (const parts of [[5, 4], [5, 6], [], [-1, 11], [5.5, 4.5], [0.5, 0.4], [NaN]]) {
    assert.throws(() => randomSplit(numbers(10), parts), {
      name: "ValueError",
      message: `Cannot split 10 samples into [${parts.join(", ")}]: give whole lengths that add ` +
        `up to 10, or fractions that add up to 1`,
    });
  }
});

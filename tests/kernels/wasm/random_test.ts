import { test } from "node:test";
import assert from "node:assert/strict";
import { drawBlocks } from "../../../src/kernels/wasm/kernels/random.ts";
import { drawBlocks as reference, Generator, MOST_BLOCKS } from "../../../src/random.ts";

test("the kernel draws the blocks of the definition, over carries and for all seeds", () => {
  for (const seed of [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    for (const first of [0, 7, 2 ** 31 - 3, 2 ** 32 - 5, 2 ** 53 - 1 - MOST_BLOCKS]) {
      for (const count of [0, 1, 10, MOST_BLOCKS]) {
        assert.deepEqual(
          [...drawBlocks(seed, first, count)],
          [...reference(seed, first, count)],
          `${seed}, ${first}, ${count}`,
        );
      }
    }
  }
});

test("fills longer than the blocks drawn at once go on where the last ones ended", () => {
  const count = 4 * MOST_BLOCKS + 5;
  const long = new Float32Array(count);
  new Generator(3).uniform(long);
  const generator = new Generator(3);
  const [head, tail] = [new Float32Array(4 * MOST_BLOCKS), new Float32Array(5)];
  generator.uniform(head);
  generator.uniform(tail);
  assert.deepEqual([...long], [...head, ...tail]);
  const whole = new Float64Array(2 * MOST_BLOCKS + 3);
  new Generator(3).normal(whole);
  const [front, rest] = [new Float64Array(2 * MOST_BLOCKS), new Float64Array(3)];
  generator.manualSeed(3).normal(front);
  generator.normal(rest);
  assert.deepEqual([...whole], [...front, ...rest]);
  const rolls = new Int32Array(2 * MOST_BLOCKS + 3);
  new Generator(3).integers(rolls, 0, 100);
  const [early, late] = [new Int32Array(2 * MOST_BLOCKS), new Int32Array(3)];
  generator.manualSeed(3).integers(early, 0, 100);
  generator.integers(late, 0, 100);
  assert.deepEqual([...rolls], [...early, ...late]);
  const order = new Generator(3).permutation(count);
  assert.deepEqual(order.toSorted(), Int32Array.from({ length: count }, (_, i) => i));
});

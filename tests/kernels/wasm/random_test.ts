import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MAX_RANDOM_BLOCKS } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { emitNormals } from "../../../src/kernels/wasm/kernels/random.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { Scratch } from "../../../src/kernels/wasm/scratch.ts";
import { compile } from "../../../src/kernels/wasm/threads/instances.ts";
import { cos, log, sin } from "../../../src/math/mod.ts";
import { unit53 } from "../../../src/math/philox.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";

test("the kernel draws the blocks of the definition, over carries and for all seeds", () => {
  for (const seed of [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    for (const first of [0, 7, 2 ** 31 - 3, 2 ** 32 - 5, 2 ** 53 - 1 - MAX_RANDOM_BLOCKS]) {
      for (const count of [0, 1, 10, MAX_RANDOM_BLOCKS]) {
        assertEquals([...wasm.randomBlocks(seed, first, count)], [
          ...reference.randomBlocks(seed, first, count),
        ], `${seed}, ${first}, ${count}`);
      }
    }
  }
});

test("numbers below a bound are those of the definition", () => {
  for (const range of [1, 2, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32]) {
    for (const count of [0, 1, MAX_RANDOM_BLOCKS]) {
      const fast = [...wasm.boundedBlocks(7, 2 ** 32 - 5, count, range)];
      assertEquals(fast, [...reference.boundedBlocks(7, 2 ** 32 - 5, count, range)], `${range}`);
    }
  }
});

test("normal numbers are those of the definition, to the bit", () => {
  for (const seed of [0, 42, 2 ** 53 - 1]) {
    for (const first of [0, 2 ** 32 - 5]) {
      for (let block = 0; block < 64 * MAX_RANDOM_BLOCKS; block += MAX_RANDOM_BLOCKS) {
        const count = MAX_RANDOM_BLOCKS - Number(block === 0);
        const fast = [...wasm.normalBlocks(seed, first + block, count)];
        const slow = reference.normalBlocks(seed, first + block, count);
        const wrong = fast.findIndex((x, i) => !Object.is(x, slow[i]));
        assertEquals(wrong, -1, `${seed}, ${first + block}: ${fast[wrong]} for ${slow[wrong]}`);
      }
    }
  }
});

test("angles that are nearly quarter turns keep their digits", () => {
  const upper = [0, 2 ** 30, 2 ** 31, 3 * 2 ** 30].flatMap((word) => [word - 32, word, word + 32]);
  const words = upper.flatMap((word) => [7, 9, word >>> 0, word % 64 === 0 ? 0 : 2 ** 32 - 64]);
  const scratch = new Scratch(4 * words.length);
  const [ptr] = scratch.at;
  const place = new Uint32Array(wasmMemory.memory.buffer, ptr, words.length);
  place.set(words);
  compile(emitNormals).normals(ptr, ptr + 4 * words.length);
  const fast = [...new Float64Array(wasmMemory.memory.buffer, ptr, words.length / 2)];
  scratch.free();
  const slow = upper.flatMap((_, i) => {
    const [a, b, c, d] = words.slice(4 * i);
    const radius = Math.sqrt(-2 * log(1 - unit53(a, b)));
    const angle = 2 * Math.PI * unit53(c, d);
    return [radius * cos(angle), radius * sin(angle)];
  });
  assertEquals(fast.map((x) => `${x}`), slow.map((x) => `${x}`));
});

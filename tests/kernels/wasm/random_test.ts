import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MAX_RANDOM_BLOCKS } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";

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

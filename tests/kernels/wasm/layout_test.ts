/** Kernels loop over as few axes as possible: axes that can be walked as one are merged. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { collapse } from "../../../src/kernels/wasm/kernels/layout.ts";
import { assertSame } from "../../support/assert.ts";

test("neighbours that all arrays walk as one are joined", () => {
  assertEquals(collapse([2, 3, 4], [[12, 4, 1]]), { sizes: [24], strides: [[1]] });
  assertSame(collapse([2, 3, 4], [[12, 4, 1], [0, 4, 1]]), {
    sizes: [2, 12],
    strides: [[12, 1], [0, 1]],
  });
  assertEquals(collapse([2, 3], [[6, 2]]), { sizes: [6], strides: [[2]] });
});

test("axes of size 1 go, and the first array is walked in the order of its memory", () => {
  assertEquals(collapse([1, 3, 1], [[9, 2, 7]]), { sizes: [3], strides: [[2]] });
  assertEquals(collapse([3, 4], [[1, 3], [4, 1]]), {
    sizes: [4, 3],
    strides: [[3, 1], [1, 4]],
  });
  assertEquals(collapse([3, 4], [[1, -3]]), { sizes: [4, 3], strides: [[-3, 1]] });
  assertEquals(collapse([], [[], []]), { sizes: [], strides: [[], []] });
});

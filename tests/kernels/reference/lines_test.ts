/** Kernels that go along lines reach the last one, also where a line has one element. */

import { test } from "node:test";
import { assertSame } from "../../support/assert.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { arena } from "../../../src/storage/arena.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { array, list, noise } from "../arrays.ts";

test("every line of one element has its result", () => {
  const x = noise([5, 1]);
  const same = (value: number): number[] => new Array(5).fill(value);
  const first = array(same(0), [5], "int32");
  const cases: readonly (readonly [() => NDArray, number[]])[] = [
    [() => reference.scan("sum", x, 1, "float32"), list(x)],
    [() => reference.argScan("max", x, 1), same(0)],
    [() => reference.argsort(x, 1, false), same(0)],
    [() => reference.softmax(x, 1, false), same(1)],
    [() => reference.crossEntropy(x, first, 1), same(0)],
  ];
  for (const [call, expected] of cases) {
    // Memory that is used again is not empty.
    arena.free(array(same(7), [5], "int32").storage, "disposed");
    assertSame(list(call()), expected);
  }
});

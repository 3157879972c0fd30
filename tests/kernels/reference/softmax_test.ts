import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

test("log-softmax of far-apart values is exact", () => {
  const x = array([1e4, 0, -1e4], [3]);
  assertSame(list(reference.softmax(x, 0, true)), [0, -1e4, -2e4]);
});

test("softmax works along any axis of any layout", () => {
  const x = array([0, Math.log(3), 0, 0], [2, 2], "float64");
  const rows = list(reference.softmax(x, 1, false));
  [0.25, 0.75, 0.5, 0.5].forEach((p, i) => assert(Math.abs(rows[i] - p) < 1e-15));
  const columns = list(reference.softmax(viewPermute(x, [1, 0]), 0, false));
  [0.25, 0.5, 0.75, 0.5].forEach((p, i) => assert(Math.abs(columns[i] - p) < 1e-15));
});

test("softmax of a row of -∞ is NaN; of a scalar 1; of nothing nothing", () => {
  const x = array([-Infinity, -Infinity, 0, -Infinity], [2, 2]);
  assertSame(list(reference.softmax(x, 1, false)), [NaN, NaN, 1, 0]);
  assertEquals(list(reference.softmax(array([5], []), 0, false)), [1]);
  assertStrictEquals(reference.softmax(array([], [2, 0]), 1, false).size, 0);
  assertStrictEquals(reference.softmax(array([], [0, 2]), 1, false).size, 0);
});

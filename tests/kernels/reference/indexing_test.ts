import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

test("gather follows the index along one axis", () => {
  const x = array([1, 2, 3, 4, 5, 6], [2, 3]);
  const index = array([2, 0, 1, 1], [2, 2], "int32");
  assertEquals(list(reference.gather(x, index, 1)), [3, 1, 5, 5]);
  const down = array([1, 0, 1], [1, 3], "int32");
  assertEquals(list(reference.gather(x, down, 0)), [4, 2, 6]);
  assertEquals(list(reference.gather(viewPermute(x, [1, 0]), index, 0)), [3, 4, 2, 5]);
});

test("scatterAdd accumulates where an index repeats", () => {
  const source = array([1, 2, 3, 4], [2, 2]);
  const index = array([0, 0, 2, 1], [2, 2], "int32");
  const sums = reference.scatterAdd([2, 3], index, source, 1);
  assertSame(list(sums), [3, 0, 0, 0, 4, 3]);
});

test("indexSelect and indexAdd take and give whole slices", () => {
  const x = array([1, 2, 3, 4, 5, 6], [3, 2]);
  const index = array([2, 0, 2], [3], "int32");
  assertEquals(list(reference.indexSelect(x, index, 0)), [5, 6, 1, 2, 5, 6]);
  const columns = array([1], [1], "int32");
  const picked = reference.indexSelect(x, columns, 1);
  assertEquals(picked.shape, [3, 1]);
  assertEquals(list(picked), [2, 4, 6]);
  assertSame(list(reference.indexAdd([3, 2], index, x, 0)), [3, 4, 0, 0, 6, 8]);
  assertSame(list(reference.indexAdd([3, 4], columns, picked, 1)), [
    ...[0, 2, 0, 0],
    ...[0, 4, 0, 0],
    ...[0, 6, 0, 0],
  ]);
});

test("indexing with no indices selects nothing and adds nothing", () => {
  const x = array([1, 2, 3, 4], [2, 2]);
  const none = array([], [0], "int32");
  assertSame(reference.indexSelect(x, none, 0).shape, [0, 2]);
  assertSame(list(reference.indexAdd([2, 2], none, array([], [0, 2]), 0)), [0, 0, 0, 0]);
});

test("nonzero counts NaN, not -0, in row-major order of the view", () => {
  const x = array([0, 1, -0, NaN, 0, -2], [2, 3]);
  assertEquals(list(reference.nonzero(x)), [1, 3, 5]);
  assertEquals(list(reference.nonzero(viewPermute(x, [1, 0]))), [1, 2, 5]);
  assertSame(reference.nonzero(array([], [0])).shape, [0]);
});

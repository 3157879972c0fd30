import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { viewExpand, viewPermute } from "../../../src/storage/views.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

test("matmul multiplies rows by columns and adds the bias", () => {
  const a = array([1, 2, 3, 4, 5, 6], [2, 3]);
  const b = array([1, 0, 2, 1, 0, 3], [3, 2]);
  const product = reference.matmul(a, b, null);
  assertEquals(product.shape, [2, 2]);
  assertEquals(list(product), [5, 11, 14, 23]);
  assertEquals(list(reference.matmul(a, b, array([100, 200], [2]))), [105, 211, 114, 223]);
});

test("matmul reads transposed operands and repeats a matrix of stride 0", () => {
  const a = array([1, 2, 3, 4], [2, 2]);
  const turned = viewPermute(a, [1, 0]);
  assertEquals(list(reference.matmul(turned, a, null)), [10, 14, 14, 20]);
  const batch = array([1, 0, 0, 1, 2, 0, 0, 2], [2, 2, 2]);
  const product = reference.matmul(batch, viewExpand(a, [2, 2, 2]), null);
  assertEquals(list(product), [1, 2, 3, 4, 2, 4, 6, 8]);
});

test("matmul over nothing is zeros, or the bias", () => {
  const a = array([], [2, 0]);
  const b = array([], [0, 3]);
  assertSame(list(reference.matmul(a, b, null)), [0, 0, 0, 0, 0, 0]);
  assertEquals(list(reference.matmul(a, b, array([1, 2, 3], [3]))), [1, 2, 3, 1, 2, 3]);
  assertStrictEquals(reference.matmul(array([], [0, 2]), array([1, 2], [2, 1]), null).size, 0);
});

test("matmul of integers wraps without losing bits", () => {
  const a = array([123456789], [1, 1], "int32");
  const b = array([987654321], [1, 1], "int32");
  const exact = Number(BigInt.asIntN(32, 123456789n * 987654321n));
  assertEquals(list(reference.matmul(a, b, null)), [exact]);
});

import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

test("reduce combines the named axes and keeps them as 1 on request", () => {
  const x = array([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]);
  const outer = reference.reduce("sum", x, [0, 2], false, "float32");
  assertEquals(outer.shape, [2]);
  assertEquals(list(outer), [1 + 2 + 5 + 6, 3 + 4 + 7 + 8]);
  const kept = reference.reduce("prod", x, [1], true, "float32");
  assertEquals(kept.shape, [2, 1, 2]);
  assertEquals(list(kept), [3, 8, 35, 48]);
  assertEquals(list(reference.reduce("min", x, [0, 1, 2], false, "float32")), [1]);
});

test("reduce reads transposed arrays", () => {
  const x = viewPermute(array([1, 2, 3, 4, 5, 6], [2, 3]), [1, 0]);
  assertEquals(list(reference.reduce("sum", x, [0], false, "float32")), [6, 15]);
});

test("reduce of nothing gives the neutral element", () => {
  const none = array([], [0, 2]);
  assertSame(list(reference.reduce("sum", none, [0], false, "float32")), [0, 0]);
  assertEquals(list(reference.reduce("prod", none, [0], false, "float32")), [1, 1]);
  assertEquals(list(reference.reduce("max", none, [0], false, "float32")), [
    -Infinity,
    -Infinity,
  ]);
  const ints = array([], [0], "int32");
  assertEquals(list(reference.reduce("max", ints, [0], false, "int32")), [-(2 ** 31)]);
  const bools = array([], [0], "bool");
  assertEquals(list(reference.reduce("min", bools, [0], false, "bool")), [1]);
  assertStrictEquals(reference.reduce("sum", none, [1], false, "float32").size, 0);
});

test("NaN wins in max and min, and argmax returns the first NaN", () => {
  const x = array([1, NaN, 3, NaN], [4]);
  assertEquals(list(reference.reduce("max", x, [0], false, "float32")), [NaN]);
  assertEquals(list(reference.reduce("min", x, [0], false, "float32")), [NaN]);
  assertEquals(list(reference.argReduce("max", x, 0, false)), [1]);
  assertEquals(list(reference.argReduce("min", x, 0, false)), [1]);
});

test("argReduce returns the first of equal elements, in any layout", () => {
  const x = array([3, 1, 3, 1, 5, 5], [2, 3]);
  assertSame(list(reference.argReduce("max", x, 1, false)), [0, 1]);
  const min = reference.argReduce("min", x, 1, true);
  assertEquals(min.shape, [2, 1]);
  assertSame(list(min), [1, 0]);
  assertSame(list(reference.argReduce("max", viewPermute(x, [1, 0]), 0, false)), [0, 1]);
  const low = array([-Infinity, -Infinity], [2]);
  assertSame(list(reference.argReduce("max", low, 0, false)), [0]);
  assertEquals(reference.argReduce("max", array([4], []), 0, false).shape, []);
});

test("sums of float32 stay exact to the last digit, and bytes sum wider", () => {
  const tenths = array(new Array(1_000_000).fill(0.1), [1_000_000]);
  const expected = Math.fround(1_000_000 * Math.fround(0.1));
  assertEquals(list(reference.reduce("sum", tenths, [0], false, "float32")), [expected]);
  const bytes = array([200, 200, 200], [3], "uint8");
  assertEquals(list(reference.reduce("sum", bytes, [0], false, "int32")), [600]);
});

test("integer products wrap without losing their last bits", () => {
  const x = array([123456789, 987654321, 3], [3], "int32");
  const exact = Number(BigInt.asIntN(32, 123456789n * 987654321n * 3n));
  assertEquals(list(reference.reduce("prod", x, [0], false, "int32")), [exact]);
});

test("extremes of integers are found wherever in their range they are", () => {
  const last = { uint8: 255, int32: 2 ** 31 - 1 } as const;
  for (const dtype of ["uint8", "int32"] as const) {
    const [low, high] = [dtype === "uint8" ? 0 : -(2 ** 31), last[dtype]];
    for (const [kind, value] of [["max", low], ["min", high]] as const) {
      const x = array([value, value], [2], dtype);
      assertSame(list(reference.reduce(kind, x, [0], false, dtype)), [value]);
      const none = array([], [0], dtype);
      assertSame(list(reference.reduce(kind, none, [0], false, dtype)), [value]);
    }
  }
});

test("max of booleans is any, min is all", () => {
  const x = array([1, 0, 1, 1], [2, 2], "bool");
  assertEquals(list(reference.reduce("max", x, [1], false, "bool")), [1, 1]);
  assertSame(list(reference.reduce("min", x, [1], false, "bool")), [0, 1]);
});

test("long float64 sums go through few roundings", () => {
  const tenths = array(new Array(100_000).fill(0.1), [100_000], "float64");
  const [sum] = list(reference.reduce("sum", tenths, [0], false, "float64"));
  // Added one by one they are off by 1.9e-8.
  assert(Math.abs(sum - 10_000) < 1e-9, `${sum}`);
});

import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { Formula, Formulas } from "../../../src/kernels/formula.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const add = new Formula("add", 2, (k, [a, b]) => k.add(a, b));
const mul = new Formula("mul", 2, (k, [a, b]) => k.mul(a, b));
const same = new Formula("same", 1, (_, [x]) => x);
const less = new Formula("less", 2, (k, [a, b]) => k.lt(a, b));

test("map broadcasts arrays and numbers", () => {
  const column = array([10, 20], [2, 1]);
  const row = array([1, 2, 3], [3]);
  const sum = reference.map(add, [column, row], [2, 3], "float32", "float32");
  assertEquals(sum.shape, [2, 3]);
  assertEquals(list(sum), [11, 12, 13, 21, 22, 23]);
  assertEquals(list(reference.map(add, [row, 0.5], [3], "float32", "float32")), [
    1.5,
    2.5,
    3.5,
  ]);
});

test("map reads any strides, a scalar and nothing", () => {
  const x = array([1, 2, 3, 4, 5, 6], [2, 3]);
  const turned = viewPermute(x, [1, 0]);
  const doubled = reference.map(mul, [turned, 2], [3, 2], "float32", "float32");
  assertEquals(list(doubled), [2, 8, 4, 10, 6, 12]);
  const backwards = viewSlice(x, [{ start: 1, step: 1, length: 1 }, {
    start: 2,
    step: -2,
    length: 2,
  }]);
  assertEquals(list(reference.map(same, [backwards], [1, 2], "float32", "float32")), [6, 4]);
  const scalar = array([7], []);
  assertEquals(list(reference.map(add, [scalar, scalar], [], "float32", "float32")), [14]);
  const empty = array([], [0, 3]);
  assertStrictEquals(reference.map(same, [empty], [0, 3], "float32", "float32").size, 0);
});

test("map rounds to float32 and wraps integers as its result type does", () => {
  const big = array([2147483647, -5], [2], "int32");
  assertEquals(list(reference.map(add, [big, 1], [2], "int32", "int32")), [-2147483648, -4]);
  const bytes = array([250, 3], [2], "uint8");
  assertEquals(list(reference.map(add, [bytes, 10], [2], "uint8", "uint8")), [4, 13]);
  const tenth = array([0.1], [1], "float64");
  const rounded = reference.map(same, [tenth], [1], "float32", "float64");
  assertEquals(list(rounded), [Math.fround(0.1)]);
});

test("map converts floats to integers towards zero, within bounds", () => {
  const x = array([1.9, -1.9, NaN, 1e10, -1e10, -1], [6]);
  const ints = reference.map(same, [x], [6], "float32", "int32");
  assertSame(list(ints), [1, -1, 0, 2147483647, -2147483648, -1]);
  const bytes = reference.map(same, [x], [6], "float32", "uint8");
  assertSame(list(bytes), [1, 255, 0, 255, 0, 255]);
  const bools = reference.map(same, [x], [6], "float32", "bool");
  assertEquals(list(bools), [1, 1, 1, 1, 1, 1]);
});

test("map stores conditions as 0 and 1; nothing is less than NaN", () => {
  const x = array([1, NaN, 3], [3]);
  assertSame(list(reference.map(less, [x, 2], [3], "float32", "bool")), [1, 0, 0]);
});

test("mapInto writes through a view and may read what it writes", () => {
  const x = array([1, 2, 3, 4], [2, 2]);
  const second = viewSlice(x, [{ start: 0, step: 1, length: 2 }, { start: 1, step: 1, length: 1 }]);
  reference.mapInto(mul, [second, 10], second, "float32");
  assertEquals(list(x), [1, 20, 3, 40]);
});

test("assign makes one assignment after the other", () => {
  const [x, y] = [array([1, 2], [2]), array([3, 4], [2])];
  reference.assign([
    { f: mul, operands: [x, y], out: y },
    { f: mul, operands: [y, 10], out: x },
  ]);
  assertEquals([list(x), list(y)], [[30, 80], [3, 8]]);
});

test("mapAllInto reads all operands of an element before it writes its results", () => {
  const [x, y] = [array([1, 2], [2]), array([10, 20], [2])];
  const sum = array([0, 0], [2]);
  const swap = new Formulas(3, (k, [x, y, n]) => [y, x, k.add(k.add(x, y), n)]);
  reference.mapAllInto(swap, [x, y, 0.5], [x, y, sum]);
  assertEquals([x, y, sum].map(list), [[10, 20], [1, 2], [11.5, 22.5]]);
});

test("mapRows picks entries in any order, more than once", () => {
  const images = array([0, 51, 102, 153, 204, 255], [3, 2], "uint8");
  const scaled = reference.mapRows(mul, images, Int32Array.of(2, 0, 2), [1 / 255], "float32");
  assertEquals(scaled.shape, [3, 2]);
  const expected = [204, 255, 0, 51, 204, 255].map((byte) =>
    Math.fround(byte * Math.fround(1 / 255))
  );
  assertSame(list(scaled), expected);
  assertSame(reference.mapRows(mul, images, Int32Array.of(), [1], "float32").shape, [0, 2]);
});

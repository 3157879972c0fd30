import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Window } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const halving: Window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };

test("maxPool2d takes the first of equal elements and says where it is", () => {
  const x = array([1, 5, 2, 2, 5, 0, 2, 2], [1, 1, 2, 4]);
  const { output, indices } = reference.maxPool2d(x, halving);
  assertEquals(list(output), [5, 2]);
  assertEquals(list(indices), [1, 2]);
  assertEquals(indices.dtype, "int32");
});

test("maxPool2d pads with -∞ and lets NaN win", () => {
  const x = array([-1, -2, NaN, -4], [1, 1, 2, 2]);
  const { output, indices } = reference.maxPool2d(x, { ...halving, padding: [1, 1] });
  assertEquals(list(output), [-1, -2, NaN, -4]);
  assertSame(list(indices), [0, 1, 2, 3]);
  const all = reference.maxPool2d(x, halving);
  assertEquals([list(all.output), list(all.indices)], [[NaN], [2]]);
  const low = array([-Infinity, -Infinity, -Infinity, -Infinity], [1, 1, 2, 2]);
  const bottom = reference.maxPool2d(low, { ...halving, padding: [1, 1] });
  assertSame(list(bottom.indices), [0, 1, 2, 3]);
});

test("avgPool2d counts the border as zeros, and its gradient gives shares back", () => {
  const x = array([4, 8, 12, 16], [1, 1, 2, 2]);
  const padded: Window = { ...halving, padding: [1, 1] };
  assertEquals(list(reference.avgPool2d(x, halving)), [10]);
  assertEquals(list(reference.avgPool2d(x, padded)), [1, 2, 3, 4]);
  const g = array([1, 2, 3, 4], [1, 1, 2, 2]);
  const gradient = reference.avgPool2dGradient(g, [1, 1, 2, 2], padded);
  assertEquals(list(gradient), [0.25, 0.5, 0.75, 1]);
  const overlapping: Window = { ...halving, kernel: [1, 2], stride: [1, 1] };
  const row = reference.avgPool2dGradient(array([2, 4], [1, 1, 1, 2]), [1, 1, 1, 3], overlapping);
  assertEquals(list(row), [1, 3, 2]);
});

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Convolution } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { array, list } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const plain: Convolution = {
  kernel: [2, 2],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};

test("conv2d slides a window and adds the bias of each channel", () => {
  const x = array([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);
  const weight = array([1, 0, 0, 1, 0, 1, 0, 0], [2, 1, 2, 2]);
  const y = reference.conv2d(x, weight, array([10, 20], [2]), plain);
  assertEquals(y.shape, [1, 2, 2, 2]);
  assertEquals(list(y), [16, 18, 22, 24, 22, 23, 25, 26]);
});

test("conv2d pads with zeros, strides and dilates", () => {
  const x = array([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);
  const ones = array([1, 1, 1, 1], [1, 1, 2, 2]);
  const window: Convolution = { ...plain, stride: [2, 2], padding: [1, 1], dilation: [2, 2] };
  // Along each axis the windows touch -1 and 1, and 1 and 3: only the middle is inside.
  assertEquals(list(reference.conv2d(x, ones, null, window)), [5, 5, 5, 5]);
  const closer = { ...window, dilation: [1, 1] } as const;
  assertEquals(list(reference.conv2d(x, ones, null, closer)), [1, 5, 11, 28]);
});

test("groups of conv2d do not see each other's channels", () => {
  const x = array([1, 2, 3, 4], [1, 4, 1, 1]);
  const weight = array([1, 1, 10, 10], [2, 2, 1, 1]);
  const window: Convolution = { ...plain, kernel: [1, 1], groups: 2 };
  assertEquals(list(reference.conv2d(x, weight, null, window)), [3, 70]);
});

test("gradients of conv2d are its transposes", () => {
  const x = array([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);
  const weight = array([1, 2, 3, 4], [1, 1, 2, 2]);
  const g = array([1, 0, 0, 10], [1, 1, 2, 2]);
  const input = reference.conv2dInputGradient(g, weight, [1, 1, 3, 3], plain);
  assertSame(list(input), [1, 2, 0, 3, 4 + 10, 20, 0, 30, 40]);
  const kernel = reference.conv2dWeightGradient(g, x, [1, 1, 2, 2], plain);
  assertEquals(list(kernel), [51, 62, 84, 95]);
});

test("conv2d of an empty batch: no result, a zero weight gradient", () => {
  const x = array([], [0, 1, 3, 3]);
  const weight = array([1, 2, 3, 4], [1, 1, 2, 2]);
  const y = reference.conv2d(x, weight, null, plain);
  assertSame(y.shape, [0, 1, 2, 2]);
  assertSame(list(reference.conv2dWeightGradient(y, x, [1, 1, 2, 2], plain)), [0, 0, 0, 0]);
});

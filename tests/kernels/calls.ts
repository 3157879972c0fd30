/**
 * Calls of kernels on strided arrays, to see what they leave behind.
 *
 * @module
 */

import { Formula } from "../../src/kernels/formula.ts";
import type { Convolution, Kernels } from "../../src/kernels/kernels.ts";
import { arena } from "../../src/storage/arena.ts";
import type { NDArray } from "../../src/storage/ndarray.ts";
import { viewExpand, viewPermute } from "../../src/storage/views.ts";
import { array, noise } from "./arrays.ts";

const line = noise([70_001]);
const x = viewPermute(noise([30, 20, 40]), [2, 0, 1]);
const last = viewExpand(noise([20]), [40, 30, 20]);
const square = viewPermute(noise([20, 20]), [1, 0]);
const matrix = viewPermute(noise([30, 20]), [1, 0]);
const bias = viewExpand(noise([1]), [30]);
const pairs = viewPermute(noise([30, 40, 2]), [1, 0, 2]);
const rows = viewPermute(noise([5, 40, 20]), [1, 0, 2]);
const places = viewExpand(array([3], [1, 1, 1], "int32"), [40, 30, 2]);
const row = viewExpand(array([3], [1], "int32"), [5]);
const classes = array(new Array(800).fill(2), [40, 20], "int32");
const losses = viewPermute(noise([20, 40]), [1, 0]);
const images = viewPermute(noise([2, 9, 10, 8]), [0, 3, 1, 2]);
const weight = viewPermute(noise([8, 3, 3, 8]), [3, 0, 1, 2]);
const f = new Formula("test", 2, (k, [a, b]) => k.add(k.exp(a), b));

const window: Convolution = {
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
};
const wide: Convolution = { ...window, stride: [2, 2] };

/** Calls of kernels that copy, share out and pack. */
export const CALLS: Record<string, (k: Kernels) => readonly NDArray[]> = {
  map: (k) => [k.map(f, [x, last], x.shape, "float32", "float32")],
  "reduce all": (k) => [k.reduce("sum", line, [0], false, "float32")],
  "reduce some": (k) => [0, 1, 2].map((axis) => k.reduce("sum", x, [axis], true, "float32")),
  "reduce the outer ones": (k) => [k.reduce("max", x, [0, 2], false, "float32")],
  argReduce: (k) => [0, 1, 2].map((axis) => k.argReduce("max", x, axis, false)),
  matmul: (k) => [k.matmul(x, matrix, null), k.matmul(square, matrix, bias)],
  scan: (k) => [k.scan("sum", x, 1, "float32"), k.argScan("min", x, 1)],
  count: (k) => [k.count(places, 2)],
  argsort: (k) => [k.argsort(x, 0, true)],
  softmax: (k) => [0, 1, 2].map((axis) => k.softmax(x, axis, axis === 0)),
  crossEntropy: (
    k,
  ) => [k.crossEntropy(x, classes, 1), k.crossEntropyGradient(losses, x, classes, 1)],
  indexing: (k) => [
    k.gather(x, places, 2),
    k.scatter(x, places, pairs, 2),
    k.scatterAdd(x.shape, places, pairs, 2),
    k.scatterExtreme("max", x, places, pairs, 2),
    k.indexSelect(x, row, 1),
    k.indexAdd(x.shape, row, rows, 1),
    k.nonzero(x),
  ],
  convolution: (k) =>
    [window, wide].flatMap((window) => {
      const y = k.conv2d(images, weight, null, window);
      return [
        y,
        k.conv2dInputGradient(y, weight, images.shape, window),
        k.conv2dWeightGradient(y, images, weight.shape, window),
      ];
    }),
  pooling: (k) => {
    const { output, indices } = k.maxPool2d(images, wide);
    return [
      output,
      indices,
      k.avgPool2d(images, wide),
      k.avgPool2dGradient(output, images.shape, wide),
    ];
  },
};

/** Calls a kernel; returns how many storages it has left in the arena, and how many results. */
export function storagesLeft(call: (k: Kernels) => readonly NDArray[], kernels: Kernels): {
  made: number;
  results: number;
} {
  const mark = arena.open();
  // The first call brings operands back that wait outside the arena.
  call(kernels);
  const before = arena.stats().storages;
  const results = call(kernels).length;
  const made = arena.stats().storages - before;
  arena.close(mark, "temporary", []);
  return { made, results };
}

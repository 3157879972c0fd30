/**
 * Calls of every kernel on strided arrays, to see what room they need and what they leave behind.
 *
 * @module
 */

import { assert } from "@std/assert";
import { Formula, Formulas, identity } from "../../src/kernels/formula.ts";
import type { Convolution, Kernels } from "../../src/kernels/kernels.ts";
import type { Shape } from "../../src/shape.ts";
import { arena } from "../../src/storage/arena.ts";
import { NDArray } from "../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewSlice } from "../../src/storage/views.ts";
import { array, list, noise } from "./arrays.ts";

const line = noise([70_001]);
/** As many elements in a row as are sorted by inserting. */
const ranked = noise([4, 128]);
const x = viewPermute(noise([30, 20, 40]), [2, 0, 1]);
const last = viewExpand(noise([20]), [40, 30, 20]);
const square = viewPermute(noise([20, 20]), [1, 0]);
const matrix = viewPermute(noise([30, 20]), [1, 0]);
const many = viewPermute(noise([5, 70, 3]), [1, 0, 2]);
const bias = viewExpand(noise([1]), [30]);
const pairs = viewPermute(noise([30, 40, 2]), [1, 0, 2]);
const rows = viewPermute(noise([5, 40, 20]), [1, 0, 2]);
const places = viewExpand(array([3], [1, 1, 1], "int32"), [40, 30, 2]);
const row = viewExpand(array([3], [1], "int32"), [5]);
const classes = array(new Array(800).fill(2), [40, 20], "int32");
const [losses, wideLosses] = (["float32", "float64"] as const).map((dtype) =>
  viewPermute(noise([20, 40], dtype), [1, 0])
);
/** As `x`, in float64, for which softmaxes have another code. */
const wideX = viewPermute(noise([30, 20, 40], "float64"), [2, 0, 1]);
/** For rows of classes. */
const targets = array(new Array(40).fill(2), [40], "int32");
const slopes = noise([40]);
const wideClasses = array(new Array(800).fill(2), [40, 20], "int32");
const images = viewPermute(noise([2, 9, 10, 8]), [0, 3, 1, 2]);
const weight = viewPermute(noise([8, 3, 3, 8]), [3, 0, 1, 2]);
const whole = viewPermute(noise([2, 9, 10, 8]), [0, 3, 1, 2]);
const half = viewPermute(noise([2, 5, 5, 8]), [0, 3, 1, 2]);
/** Its sums of columns fill their memory, but not the last part of a thread. */
const table = noise([9, 24], "float64");
const f = new Formula("test", 2, (k, [a, b]) => k.add(k.exp(a), b));

const window: Convolution = {
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
};
const wide: Convolution = { ...window, stride: [2, 2] };
/** Gradients of the results of both. */
const pictures = [[whole, window], [half, wide]] as const;

/** Windows side by side, and ones that overlap; the gradients of their means. */
const tiles: Convolution = { ...window, kernel: [3, 5], stride: [3, 5], padding: [0, 0] };
const overlapping: Convolution = { ...tiles, kernel: [2, 8], stride: [2, 1] };
const means = [
  [half, wide],
  [viewPermute(noise([2, 3, 2, 8]), [0, 3, 1, 2]), tiles],
  [viewPermute(noise([2, 4, 3, 8]), [0, 3, 1, 2]), overlapping],
] as const;

/** Positive definite: the diagonal is far larger than the rest. */
const definite = viewPermute(
  array(list(noise([20, 20])).map((value, i) => value + 40 * Number(i % 21 === 0)), [20, 20]),
  [1, 0],
);
const tall = viewPermute(noise([20, 30]), [1, 0]);
const inside = x.shape.map((size) => ({ start: 1, step: 1, length: size - 1 }));
const both = new Formulas(1, (k, [x]) => [k.neg(x), x]);
const scaled = new Formula("scaled", 2, (k, [x, factor]) => k.mul(x, factor));

/** Arrays for results, which wait outside the arena. */
function make(shape: Shape, count: number): NDArray[] {
  arena.begin();
  return Array.from({ length: count }, () => {
    const made = NDArray.allocate(shape, "float32");
    arena.moveOut(made.storage);
    return made;
  });
}

type Setting = "getNumThreads" | "setNumThreads" | "getFastMath" | "setFastMath";
type Random = "randomBlocks" | "boundedBlocks" | "normalBlocks";
type Text = "name" | "library" | "mapText";
type Called = Exclude<keyof Kernels, Setting | Random | Text>;

/** Calls of each kernel, and their results. */
export const CALLS: Record<Called, (k: Kernels) => readonly NDArray[]> = {
  map: (k) => [k.map(f, [x, last], x.shape, "float32", "float32")],
  mapInto(k) {
    const [out] = make(x.shape, 1);
    k.mapInto(f, [x, last], out, "float32");
    return [out];
  },
  assign(k) {
    const [out, twice] = make([20, 20], 2);
    const first = { f: identity, operands: [square], out };
    k.assign([first, { f, operands: [out, square], out: twice }]);
    return [out, twice];
  },
  mapAllInto(k) {
    const outs = make([20, 20], 2);
    k.mapAllInto(both, [square], outs);
    return outs;
  },
  mapRows: (k) => [
    k.mapRows(identity, classes, new Int32Array([2, 0, 2]), [], "int32"),
    k.mapRows(scaled, classes, new Int32Array([1]), [0.5], "float32"),
  ],
  reduce: (k) => [
    k.reduce("sum", table, [0], false, "float64"),
    k.reduce("sum", line, [0], false, "float32"),
    ...[0, 1, 2].map((axis) => k.reduce("sum", x, [axis], true, "float32")),
    k.reduce("max", x, [0, 2], false, "float32"),
    k.reduce("sum", viewSlice(x, inside), [1], false, "float32"),
  ],
  argReduce: (k) => [0, 1, 2].map((axis) => k.argReduce("max", x, axis, false)),
  matmul: (k) => [
    k.matmul(many, viewPermute(many, [0, 2, 1]), null),
    k.matmul(x, viewExpand(matrix, [40, 20, 30]), null),
    k.matmul(square, matrix, bias),
  ],
  distances: (k) => [k.distances(square, square)],
  weightedDifferences: (k) => [k.weightedDifferences(square, square, square)],
  scan: (k) => [k.scan("sum", x, 1, "float32")],
  argScan: (k) => [k.argScan("min", x, 1)],
  count: (k) => [k.count(places, 2)],
  argsort: (k) => [k.argsort(x, 0, true), k.argsort(line, 0, false), k.argsort(ranked, 1, false)],
  softmax: (k) =>
    [x, wideX].flatMap((x) => [0, 1, 2].map((axis) => k.softmax(x, axis, axis === 0))),
  crossEntropy: (k) => [
    k.crossEntropy(losses, targets, 1),
    ...[x, wideX].map((x) => k.crossEntropy(x, classes, 1)),
  ],
  crossEntropyGradient: (k) => [
    k.crossEntropyGradient(slopes, losses, targets, 1),
    k.crossEntropyGradient(losses, x, classes, 1),
    k.crossEntropyGradient(wideLosses, wideX, wideClasses, 1),
  ],
  gather: (k) => [k.gather(x, places, 2)],
  scatter: (k) => [k.scatter(x, places, pairs, 2)],
  scatterAdd: (k) => [k.scatterAdd(x.shape, places, pairs, 2)],
  scatterExtreme: (k) => [k.scatterExtreme("max", x, places, pairs, 2)],
  indexSelect: (k) => [k.indexSelect(x, row, 1)],
  indexAdd: (k) => [k.indexAdd(x.shape, row, rows, 1)],
  nonzero: (k) => [k.nonzero(x)],
  areIndices(k) {
    assert(k.areIndices(classes, 3));
    return [];
  },
  conv2d: (k) => [window, wide].map((window) => k.conv2d(images, weight, null, window)),
  conv2dInputGradient: (k) =>
    pictures.map(([g, window]) => k.conv2dInputGradient(g, weight, images.shape, window)),
  conv2dWeightGradient: (k) =>
    pictures.map(([g, window]) => k.conv2dWeightGradient(g, images, weight.shape, window)),
  maxPool2d(k) {
    const { output, indices } = k.maxPool2d(images, wide);
    return [output, indices];
  },
  avgPool2d: (k) => means.map(([, window]) => k.avgPool2d(images, window)),
  avgPool2dGradient: (k) =>
    means.map(([g, window]) => k.avgPool2dGradient(g, images.shape, window)),
  cholesky: (k) => [k.cholesky(definite)],
  solve: (k) => [k.solve(definite, square)],
  determinant: (k) => [k.determinant(definite)],
  logDeterminant: (k) => [k.logDeterminant(definite)],
  cofactors: (k) => [k.cofactors(definite)],
  cofactorsGradient: (k) => [k.cofactorsGradient(definite, square)],
  qr: (k) => [k.qr(tall)],
  svd: (k) => [k.svd(tall)],
  singularValues: (k) => [k.singularValues(tall)],
};

/** Calls a kernel; returns how many storages it has left in the arena, and how many results. */
export function storagesLeft(call: (k: Kernels) => readonly NDArray[], kernels: Kernels): {
  made: number;
  results: number;
} {
  const mark = arena.open();
  // The first call brings operands back that wait outside the arena.
  call(kernels);
  let [made, results] = [0, Infinity];
  // Meanwhile the collector may find what other tests have left, and the count goes down.
  for (let turn = 0; made < results && turn < 10; turn++) {
    const before = arena.stats().storages;
    results = call(kernels).length;
    made = arena.stats().storages - before;
  }
  arena.close(mark, "temporary", []);
  return { made, results };
}

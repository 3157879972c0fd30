/**
 * Every kernel unpins the operands of the kernel before it, which may fill the memory.
 *
 * @module
 */

import { assert, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { backends } from "../support/kernels.ts";
import { Formula, Formulas, identity } from "../../src/kernels/formula.ts";
import type { Convolution, Kernels } from "../../src/kernels/kernels.ts";
import { arena } from "../../src/storage/arena.ts";
import { NDArray } from "../../src/storage/ndarray.ts";
import { array, list, noise } from "./arrays.ts";
import { withLimit } from "../storage/limit.ts";

const ROOM = 2 ** 20;
const window: Convolution = {
  kernel: [2, 2],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};

const sum = new Formula("sum", 2, (k, [a, b]) => k.add(a, b));
const x = noise([3, 4]);
const square = array([4, 1, 0, 1, 3, 1, 0, 1, 2], [3, 3]);
const image = noise([1, 2, 3, 3]);
const weight = noise([2, 2, 2, 2]);
const corner = noise([1, 2, 2, 2]);
const columns = array([3, 0, 1], [3, 1], "int32");
const classes = array([3, 0, 1], [3], "int32");
const column = noise([3, 1]);
const pair = noise([2, 4]);
const rows = array([2, 0], [2], "int32");

const both = new Formulas(1, (k, [x]) => [k.neg(x), x]);

type Setting = "getNumThreads" | "setNumThreads" | "getFastMath" | "setFastMath";
type Random = "randomBlocks" | "boundedBlocks" | "normalBlocks";
type Text = "name" | "library" | "mapText";
type Called = Exclude<keyof Kernels, Setting | Random | Text | "mapRows">;

/** A call of each kernel. */
const CALLS: Record<Called, (k: Kernels) => NDArray> = {
  map: (k) => k.map(identity, [x], [3, 4], "float32", "float32"),
  mapInto: (k) => {
    arena.begin();
    const out = NDArray.allocate([3, 4], "float32");
    k.mapInto(identity, [x], out, "float32");
    return out;
  },
  assign: (k) => {
    arena.begin();
    const [out, twice] = [0, 1].map(() => NDArray.allocate([3, 4], "float32"));
    k.assign([{ f: identity, operands: [x], out }, { f: sum, operands: [out, x], out: twice }]);
    return twice;
  },
  mapAllInto: (k) => {
    arena.begin();
    const outs = [0, 1].map(() => NDArray.allocate([3, 4], "float32"));
    k.mapAllInto(both, [x], outs);
    return outs[1];
  },
  reduce: (k) => k.reduce("sum", x, [1], false, "float32"),
  argReduce: (k) => k.argReduce("max", x, 1, false),
  matmul: (k) => k.matmul(square, x, null),
  distances: (k) => k.distances(square, square),
  weightedDifferences: (k) => k.weightedDifferences(square, square, square),
  scan: (k) => k.scan("sum", x, 1, "float32"),
  argScan: (k) => k.argScan("max", x, 1),
  count: (k) => k.count(columns, 4),
  argsort: (k) => k.argsort(x, 1, false),
  softmax: (k) => k.softmax(x, 1, false),
  crossEntropy: (k) => k.crossEntropy(x, classes, 1),
  crossEntropyGradient: (k) => k.crossEntropyGradient(noise([3]), x, classes, 1),
  conv2d: (k) => k.conv2d(image, weight, null, window),
  conv2dInputGradient: (k) => k.conv2dInputGradient(corner, weight, [1, 2, 3, 3], window),
  conv2dWeightGradient: (k) => k.conv2dWeightGradient(corner, image, [2, 2, 2, 2], window),
  maxPool2d: (k) => k.maxPool2d(image, window).output,
  avgPool2d: (k) => k.avgPool2d(image, window),
  avgPool2dGradient: (k) => k.avgPool2dGradient(corner, [1, 2, 3, 3], window),
  gather: (k) => k.gather(x, columns, 1),
  scatter: (k) => k.scatter(x, columns, column, 1),
  scatterExtreme: (k) => k.scatterExtreme("min", x, columns, column, 1),
  scatterAdd: (k) => k.scatterAdd([3, 4], columns, x, 1),
  indexSelect: (k) => k.indexSelect(x, rows, 0),
  indexAdd: (k) => k.indexAdd([3, 4], rows, pair, 0),
  cholesky: (k) => k.cholesky(square),
  solve: (k) => k.solve(square, x),
  determinant: (k) => k.determinant(square),
  logDeterminant: (k) => k.logDeterminant(square),
  cofactors: (k) => k.cofactors(square),
  cofactorsGradient: (k) => k.cofactorsGradient(square, square),
  qr: (k) => k.qr(square),
  svd: (k) => k.svd(x),
  singularValues: (k) => k.singularValues(x),
  areIndices(k) {
    assert(k.areIndices(columns, 4));
    return columns;
  },
  nonzero: (k) => k.nonzero(x),
};

for (const kernels of backends) {
  for (const [name, call] of Object.entries(CALLS)) {
    test(`${name} on ${kernels.name} finds room where another kernel has been`, () => {
      const size = list(call(kernels)).length;
      withLimit(ROOM, () => {
        arena.begin();
        const whole = arena.allocate(ROOM);
        assertStrictEquals(list(call(kernels)).length, size);
        arena.free(whole, "disposed");
      });
    });
  }
}

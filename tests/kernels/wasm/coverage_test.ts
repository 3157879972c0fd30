/** Kernels that WebAssembly has are not left to plain TypeScript. */

import { test } from "node:test";
import { assertThrows, fail } from "@std/assert";
import type { DType, FloatDType } from "../../../src/dtype.ts";
import { Formula, Formulas, identity } from "../../../src/kernels/formula.ts";
import type { Convolution, Kernels } from "../../../src/kernels/kernels.ts";
import { convolutions } from "../../../src/kernels/reference/conv.ts";
import { counts } from "../../../src/kernels/reference/count.ts";
import { indexing } from "../../../src/kernels/reference/indexing.ts";
import { maps } from "../../../src/kernels/reference/map.ts";
import { products } from "../../../src/kernels/reference/matmul.ts";
import { pooling } from "../../../src/kernels/reference/pooling.ts";
import { reductions } from "../../../src/kernels/reference/reduce.ts";
import { scans } from "../../../src/kernels/reference/scan.ts";
import { softmaxes } from "../../../src/kernels/reference/softmax.ts";
import { sorting } from "../../../src/kernels/reference/sort.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { array, noise } from "../arrays.ts";

/** The reference kernels, on which WebAssembly can fall back. */
const REFERENCE: readonly object[] = [
  ...[convolutions, indexing, maps, products],
  ...[pooling, reductions, scans, counts, softmaxes, sorting],
];

/** Runs `body` while every kernel of the reference refuses. */
function withoutReference(body: () => void): void {
  const own = REFERENCE.map((family) => ({ ...family }));
  for (const family of REFERENCE as Record<string, unknown>[]) {
    for (const name of Object.keys(family)) {
      family[name] = () => fail(`${name} is left to the reference`);
    }
  }
  try {
    body();
  } finally {
    REFERENCE.forEach((family, i) => Object.assign(family, own[i]));
  }
}

const FLOATS: readonly FloatDType[] = ["float32", "float64"];
const NUMBERS: readonly DType[] = [...FLOATS, "int32"];
const ALL: readonly DType[] = [...NUMBERS, "uint8", "bool"];

const window: Convolution = {
  kernel: [2, 2],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
};
const rule = new Formula("rule", 2, (k, [a, b]) => k.where(k.lt(a, b), a, k.add(a, b)));
const power = new Formula("power", 2, (k, [a, b]) => k.pow(a, b));
const pair = new Formulas(2, (k, [a, b]) => [k.add(a, b), k.tanh(a)]);
const zerosLike = ({ shape, size, dtype }: NDArray) =>
  array(new Array<number>(size).fill(0), shape, dtype);
const columns = array([2, 0, 1], [3, 1], "int32");
const rows = array([2, 0], [2], "int32");
const classes = array([2, 0, 1], [3], "int32");

type Call = (k: Kernels, x: NDArray, dtype: DType) => unknown;

/** Calls on an array `[3, 4]`, or on an image `[1, 2, 3, 4]`, of these dtypes. */
const CALLS: Record<string, readonly [dtypes: readonly DType[], call: Call]> = {
  map: [ALL, (k, x, dtype) => k.map(rule, [x, x], x.shape, dtype, dtype)],
  "map of simple powers": [FLOATS, (k, x, dtype) => {
    for (const exponent of [0, 1, 2, 3, 4, -1, 0.5, -0.5]) {
      k.map(power, [x, exponent], x.shape, dtype, dtype);
    }
  }],
  mapInto: [ALL, (k, x, dtype) => k.mapInto(identity, [1], x, dtype)],
  assign: [FLOATS, (k, x, dtype) => {
    const y = noise([3, 4], dtype);
    k.assign([{ f: rule, operands: [x, y], out: y }, { f: rule, operands: [y, 1], out: x }]);
  }],
  mapAllInto: [FLOATS, (k, x) => k.mapAllInto(pair, [x, 2], [x, zerosLike(x)])],
  mapRows: [NUMBERS, (k, x, dtype) => k.mapRows(rule, x, new Int32Array([2, 0]), [1], dtype)],
  "copied rows": [ALL, (k, x, dtype) => k.mapRows(identity, x, new Int32Array([2, 0]), [], dtype)],
  sum: [FLOATS, (k, x, dtype) => k.reduce("sum", x, [1], false, dtype)],
  "sum of integers": [["int32", "uint8", "bool"], (k, x) => k.reduce("sum", x, [0], true, "int32")],
  prod: [FLOATS, (k, x, dtype) => k.reduce("prod", x, [0, 1], false, dtype)],
  max: [ALL, (k, x, dtype) => k.reduce("max", x, [1], false, dtype)],
  scan: [NUMBERS, (k, x, dtype) => [k.scan("sum", x, 1, dtype), k.scan("prod", x, 0, dtype)]],
  "scan of bytes": [["uint8", "bool"], (k, x) => k.scan("sum", x, 0, "int32")],
  argScan: [ALL, (k, x) => [k.argScan("max", x, 1), k.argScan("min", x, 0)]],
  count: [["int32"], (k) => k.count(columns, 3)],
  argReduce: [ALL, (k, x) => k.argReduce("min", x, 1, false)],
  matmul: [FLOATS, (k, x) => k.matmul(x, noise([4, 2], x.dtype), null)],
  softmax: [["float32"], (k, x) => [k.softmax(x, 1, false), k.softmax(x, 0, true)]],
  crossEntropy: [["float32"], (k, x) => k.crossEntropy(x, classes, 1)],
  crossEntropyGradient: [["float32"], (k, x) => k.crossEntropyGradient(noise([3]), x, classes, 1)],
  gather: [NUMBERS, (k, x) => k.gather(x, columns, 1)],
  scatterAdd: [NUMBERS, (k, x) => k.scatterAdd([3, 4], columns, k.gather(x, columns, 1), 1)],
  scatter: [NUMBERS, (k, x) => k.scatter(x, columns, k.gather(x, columns, 1), 1)],
  scatterExtreme: [NUMBERS, (k, x) => {
    for (const kind of ["max", "min"] as const) {
      k.scatterExtreme(kind, x, columns, k.gather(x, columns, 1), 1);
    }
  }],
  indexSelect: [NUMBERS, (k, x) => k.indexSelect(x, rows, 0)],
  indexAdd: [NUMBERS, (k, x) => k.indexAdd([3, 4], rows, k.indexSelect(x, rows, 0), 0)],
  areIndices: [["int32"], (k, x) => k.areIndices(x, 3)],
  nonzero: [ALL, (k, x) => k.nonzero(x)],
  argsort: [["float32", "int32", "uint8", "bool"], (k, _, dtype) => {
    k.argsort(noise([2, 40], dtype), 1, false);
  }],
};

const IMAGE_CALLS: Record<string, readonly [dtypes: readonly DType[], call: Call]> = {
  conv2d: [FLOATS, (k, x) => k.conv2d(x, noise([3, 2, 2, 2], x.dtype), null, window)],
  "gradients of conv2d": [FLOATS, (k, x) => {
    const weight = noise([3, 2, 2, 2], x.dtype);
    const g = k.conv2d(x, weight, null, window);
    k.conv2dInputGradient(g, weight, x.shape, window);
    k.conv2dWeightGradient(g, x, weight.shape, window);
  }],
  maxPool2d: [["float32"], (k, x) => k.maxPool2d(x, window)],
  avgPool2d: [FLOATS, (k, x) => k.avgPool2dGradient(k.avgPool2d(x, window), x.shape, window)],
};

for (const [shape, calls] of [[[3, 4], CALLS], [[1, 2, 3, 4], IMAGE_CALLS]] as const) {
  for (const [name, [dtypes, call]] of Object.entries(calls)) {
    test(`${name} has a kernel for ${dtypes.join(", ")}`, () => {
      for (const dtype of dtypes) {
        const x = noise(shape, dtype);
        withoutReference(() => call(wasm, x, dtype));
      }
    });
  }
}

test("what has no kernel is left to the reference, which this file would notice", () => {
  const x = noise([3, 4], "uint8");
  assertThrows(() => withoutReference(() => wasm.gather(x, columns, 1)), Error, "gather is left");
});

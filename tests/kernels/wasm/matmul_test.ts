import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { FloatDType } from "../../../src/dtype.ts";
import type { Shape } from "../../../src/shape.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { arena } from "../../../src/storage/arena.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewReshape, viewSlice } from "../../../src/storage/views.ts";
import { array, assertClose, list, noise } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

/** Products of numbers below 1: the error of a float32 sum of k of them stays below this. */
const TOLERANCE: Record<FloatDType, number> = { float32: 3e-5, float64: 1e-13 };

function check(a: NDArray, b: NDArray, bias: NDArray | null = null, what = ""): void {
  const fast = wasm.matmul(a, b, bias);
  const slow = reference.matmul(a, b, bias);
  assertEquals(fast.shape, slow.shape, what);
  assertClose(list(fast), list(slow), TOLERANCE[a.dtype as FloatDType], what);
}

/** A matrix in one of four layouts: dense, transposed, every second column, backwards. */
function matrix([m, n]: Shape, layout: number, dtype: FloatDType): NDArray {
  switch (layout) {
    case 0:
      return noise([m, n], dtype);
    case 1:
      return viewPermute(noise([n, m], dtype), [1, 0]);
    case 2:
      return viewSlice(noise([m, 2 * n + 1], dtype), [
        { start: 0, step: 1, length: m },
        { start: 1, step: 2, length: n },
      ]);
    default:
      return viewSlice(noise([m, n], dtype), [
        { start: m - 1, step: -1, length: m },
        { start: n - 1, step: -1, length: n },
      ]);
  }
}

test("products of rows with a vector agree with the reference", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const [m, k] of [[1, 16], [3, 17], [5, 4097], [7, 8212], [1, 70_003], [2, 32_769]]) {
      const padded = viewSlice(noise([m, k + 3], dtype), [
        { start: 0, step: 1, length: m },
        { start: 2, step: 1, length: k },
      ]);
      // A kernel must not read behind the vector, not even to multiply by 0.
      const longer = noise([k + 1, 1], dtype);
      longer.values()[k] = NaN;
      const b = viewSlice(longer, [k, 1].map((length) => ({ start: 0, step: 1, length })));
      for (const a of [noise([m, k], dtype), padded]) {
        const [fast, slow] = [wasm, reference].map((kernels) => list(kernels.matmul(a, b, null)));
        assertClose(fast, slow, dtype === "float32" ? 2e-7 * k : 1e-14 * k, `${dtype} ${m}x${k}`);
      }
      check(noise([1, 40], dtype), noise([40, 1], dtype), noise([1], dtype));
    }
  }
});

test("matmul agrees with the reference in every layout of its operands", () => {
  const sizes = [
    ...[[1, 1, 1], [2, 3, 4], [5, 7, 10], [9, 1, 33], [3, 300, 17], [1, 40, 50]],
    ...[[5, 3, 1], [37, 16, 1], [18, 301, 1]],
  ];
  for (const dtype of ["float32", "float64"] as const) {
    for (const [m, k, n] of sizes) {
      for (let layouts = 0; layouts < 16; layouts++) {
        const a = matrix([m, k], layouts & 3, dtype);
        const b = matrix([k, n], layouts >> 2, dtype);
        check(a, b, null, `${dtype} ${m}x${k}x${n}, layouts ${layouts & 3} and ${layouts >> 2}`);
      }
    }
  }
});

test("matmul agrees with the reference for every width and height of an edge", () => {
  for (let n = 1; n <= 34; n++) check(noise([3, 6]), noise([6, n]), noise([n]), `width ${n}`);
  for (let n = 1; n <= 17; n++) {
    check(noise([3, 6], "float64"), noise([6, n], "float64"), noise([n], "float64"), `width ${n}`);
  }
  for (let m = 1; m <= 20; m++) {
    check(noise([m, 5]), noise([5, 4]), null, `height ${m}`);
    check(noise([m, 5]), noise([5, 9]), null, `height ${m}`);
  }
});

test("matmul agrees with the reference across the borders of its blocks", () => {
  for (let n = 1; n <= 9; n++) {
    for (const dtype of ["float32", "float64"] as const) {
      check(noise([5, 300], dtype), noise([300, n], dtype), noise([n], dtype), `width ${n}`);
    }
  }
  check(noise([130, 257]), noise([257, 530]), noise([530]));
  check(matrix([20, 520], 1, "float32"), matrix([520, 514], 1, "float32"), noise([514]));
});

test("matmul repeats a matrix over the batch, and takes batches of any strides", () => {
  const b = noise([6, 5]);
  check(noise([2, 3, 4, 6]), viewExpand(b, [2, 3, 6, 5]), noise([5]));
  check(viewPermute(noise([3, 2, 4, 6]), [1, 0, 2, 3]), viewExpand(b, [2, 3, 6, 5]));
  check(viewExpand(noise([4, 6]), [3, 4, 6]), noise([3, 6, 5]));
  check(noise([2, 3, 4, 6]), noise([2, 3, 6, 5]), noise([5]));
  check(viewPermute(noise([4, 3, 6]), [1, 0, 2]), viewPermute(noise([3, 5, 6]), [0, 2, 1]));
});

test("many small products have the bits of each alone, in any layout", () => {
  const sizes = [[1, 1, 1], [3, 3, 3], [2, 5, 3], [4, 8, 4], [1, 32, 4], [3, 8, 5], [5, 6, 7]];
  for (const dtype of ["float32", "float64"] as const) {
    for (const [m, k, n] of sizes) {
      const turned = viewPermute(noise([k, 5, m], dtype), [1, 2, 0]);
      const dense = noise([5, m, k], dtype);
      const b = noise([5, k, n], dtype);
      const repeated = viewExpand(noise([1, n, k], dtype), [5, n, k]);
      const pairs = [[dense, b], [turned, b], [turned, viewPermute(repeated, [0, 2, 1])]] as const;
      for (const [x, y] of pairs) {
        const all = list(wasm.matmul(x, y, null));
        const one = (z: NDArray, i: number): NDArray =>
          viewReshape(
            viewSlice(
              z,
              z.shape.map((length, axis) => ({
                start: axis === 0 ? i : 0,
                step: 1,
                length: axis === 0 ? 1 : length,
              })),
            ),
            z.shape.slice(1),
          )!;
        const alone = [0, 1, 2, 3, 4].flatMap((i) => list(wasm.matmul(one(x, i), one(y, i), null)));
        assertSame(all, alone, `${dtype} ${m}×${k}×${n}`);
      }
    }
  }
});

test("matmul takes a bias of any stride and views that begin inside of a storage", () => {
  const wide = noise([20]);
  const bias = viewSlice(wide, [{ start: 19, step: -2, length: 10 }]);
  const a = viewSlice(noise([9, 9]), [{ start: 2, step: 1, length: 5 }, {
    start: 3,
    step: 1,
    length: 4,
  }]);
  check(a, noise([4, 10]), bias);
});

test("matmul of nothing", () => {
  assertSame(list(wasm.matmul(array([], [2, 0]), array([], [0, 3]), null)), [
    ...[0, 0, 0, 0, 0, 0],
  ]);
  assertSame(wasm.matmul(noise([0, 4]), noise([4, 3]), null).shape, [0, 3]);
  assertSame(wasm.matmul(noise([2, 4]), noise([4, 0]), null).shape, [2, 0]);
  assertSame(wasm.matmul(noise([0, 20]), noise([20, 1]), null).shape, [0, 1]);
  assertSame(wasm.matmul(noise([0, 2, 4]), noise([0, 4, 3]), null).shape, [0, 2, 3]);
});

test("matmul carries infinities and NaN to the rows and columns they belong to", () => {
  const a = array([1, Infinity, 0, 2, 3, 4], [3, 2]);
  const b = array([1, NaN, 1, 1, 1, 1], [2, 3]);
  const product = list(wasm.matmul(a, b, null));
  assertEquals(product, [Infinity, NaN, Infinity, 2, NaN, 2, 7, NaN, 7]);
});

test("a part of a product has the bits of the whole", () => {
  const a = noise([37, 700]);
  const b = noise([700, 45]);
  const whole = list(wasm.matmul(a, b, null));
  for (let row = 0; row < 37; row++) {
    const one = viewSlice(a, [{ start: row, step: 1, length: 1 }, {
      start: 0,
      step: 1,
      length: 700,
    }]);
    assertEquals(list(wasm.matmul(one, b, null)), whole.slice(45 * row, 45 * row + 45));
  }
});

test("a transposed matrix times a vector has the bits of a column of the product", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const [m, k] of [[2, 3], [45, 700], [24, 16], [530, 1]]) {
      const a = viewPermute(noise([k, m], dtype), [1, 0]);
      const b = noise([k, 7], dtype);
      (b.values() as Float32Array)[5] = NaN;
      const whole = list(wasm.matmul(a, b, null));
      for (let column = 0; column < 7; column++) {
        const one = viewSlice(b, [
          { start: 0, step: 1, length: k },
          { start: column, step: 1, length: 1 },
        ]);
        const expected = whole.filter((_, i) => i % 7 === column);
        assertSame(list(wasm.matmul(a, one, null)), expected, `${dtype} ${m}×${k}, ${column}`);
      }
    }
  }
});

test("long products keep their digits", () => {
  const k = 200_000;
  const ones = array(new Array(k).fill(0.1), [1, k]);
  const [[sum]] = [list(wasm.matmul(ones, viewPermute(ones, [1, 0]), null))];
  // One running float32 sum would be off by 1.6.
  assert(Math.abs(sum - k * 0.01) < 0.05, `${sum}`);
});

test("matmul of integers is exact modulo 2^32", () => {
  const a = array([123456789, 2], [1, 2], "int32");
  const b = array([987654321, 5], [2, 1], "int32");
  const exact = Number(BigInt.asIntN(32, 123456789n * 987654321n + 10n));
  assertEquals(list(wasm.matmul(a, b, null)), [exact]);
});

test("matmul leaves no scratch memory behind", () => {
  const a = noise([40, 40]);
  const before = arena.stats().resident;
  const product = wasm.matmul(viewPermute(a, [1, 0]), a, null);
  arena.free(product.storage, "temporary");
  assertStrictEquals(arena.stats().resident, before);
});

test("the bits of a product are these on every engine", () => {
  const ramp = (shape: Shape, dtype: FloatDType) =>
    array(Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sqrt(i % 1009)), shape, dtype);
  const bits = (dtype: FloatDType): number => {
    const product = wasm.matmul(ramp([19, 600], dtype), ramp([600, 29], dtype), null);
    const hash = (sum: number, byte: number) => Math.imul(sum ^ byte, 16777619) >>> 0;
    const { buffer, byteOffset, byteLength } = product.values();
    return new Uint8Array(buffer, byteOffset, byteLength).reduce(hash, 2166136261);
  };
  assertEquals([bits("float32"), bits("float64")], [1956777987, 566287667]);
});

import { test } from "node:test";
import { type DType, DTYPES, isFloat } from "../../../src/dtype.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { sorting } from "../../../src/kernels/wasm/kernels/sort.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

/** Long enough for digits to be used. */
const LONG = 700;

function agree(x: NDArray, axis: number): void {
  for (const descending of [false, true]) {
    const wanted = reference.argsort(x, axis, descending);
    const got = sorting.argsort(x, axis, descending);
    assertSame([...got.values()], [...wanted.values()]);
    assertSame(got.shape, wanted.shape);
  }
}

function fill(dtype: DType, value: (i: number) => number, shape = [LONG]): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return NDArray.from(Array.from({ length: size }, (_, i) => value(i)), shape, dtype);
}

test("numbers of every size and sign, and equal ones in their order", () => {
  agree(fill("float32", (i) => Math.sin(i * 7.3) * 10 ** (i % 40 - 20)), 0);
  agree(fill("float32", (i) => Math.round(Math.sin(i) * 5)), 0);
  agree(fill("float32", () => 3), 0);
  agree(fill("float64", (i) => Math.sin(i * 7.3)), 0);
  agree(fill("int32", (i) => Math.round(Math.sin(i * 7.3) * 2 ** 31)), 0);
  agree(fill("int32", (i) => (i % 2 === 0 ? -(2 ** 31) : 2 ** 31 - 1)), 0);
  agree(fill("uint8", (i) => (i * 77) % 256), 0);
  agree(fill("bool", (i) => i % 3 & 1), 0);
});

test("zeros of both signs are equal, NaN of both signs is larger than infinity", () => {
  const values = [0, -0, 1e-45, -1e-45, Infinity, -Infinity, NaN, -NaN, 1, -1, 3.4e38, -3.4e38];
  agree(fill("float32", (i) => values[(i * 5) % values.length]), 0);
});

test("any axis, any strides, lines of every length around the shortest one", () => {
  const x = fill("float32", (i) => Math.sin(i * 7.3), [3, 300, 2]);
  agree(x, 1);
  agree(viewPermute(x, [2, 0, 1]), 2);
  agree(viewPermute(x, [1, 0, 2]), 0);
  const backwards = viewSlice(fill("float32", (i) => (i * 37) % 101), [
    { start: LONG - 1, step: -2, length: LONG / 2 },
  ]);
  agree(backwards, 0);
  for (const length of [0, 1, 31, 32, 33, 127, 128, 129, 255]) {
    agree(fill("float32", Math.sin, [length]), 0);
  }
  agree(fill("float32", Math.sin, [0, 300]), 1);
  agree(fill("float32", Math.sin, []), 0);
});

test("places of some ranks alone, of every dtype", () => {
  const edges = [0, -0, Infinity, -Infinity, NaN];
  const values = (i: number) => i % 9 === 0 ? edges[i % 5] : Math.round(Math.sin(i * 7.3) * 50);
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    const x = fill(
      dtype,
      (i) => isFloat(dtype) ? values(i) : i * 37 % 101 % (dtype === "bool" ? 2 : 101),
      [2, LONG],
    );
    for (
      const [first, end] of [[0, 0], [0, 1], [0, 3], [2, 32], [31, 33], [5, 40], [300, 303], [
        10,
        600,
      ], [699, 700]]
    ) {
      for (const descending of [false, true]) {
        const wanted = reference.argsort(x, 1, descending, [first, end]);
        const got = sorting.argsort(x, 1, descending, [first, end]);
        assertSame([...got.values()], [...wanted.values()], `${dtype} ${first} ${end}`);
      }
    }
  }
});

test("places of some ranks in lines of many lengths, with many equal elements and none", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    for (const length of [66, 127, 128, 129, 2047, 2048, 2100]) {
      for (
        const value of [
          (i: number) => i % 3 - 1,
          (i: number) => 2 ** 30 + i * 37 % 128,
          (i: number) => Math.sin(i * 7.3) * (dtype === "int32" ? 2 ** 31 : 1e-3),
          (i: number) => dtype === "int32" ? -i : 1 + i * 37 % 101 * 2 ** -52,
        ]
      ) {
        const x = fill(dtype, value, [length]);
        const middle = length >> 1;
        for (const [first, end] of [[middle, middle + 1], [middle - 9, middle + 9], [33, 34]]) {
          for (const descending of [false, true]) {
            const wanted = reference.argsort(x, 0, descending, [first, end]);
            const got = sorting.argsort(x, 0, descending, [first, end]);
            assertSame([...got.values()], [...wanted.values()], `${dtype} ${length} ${first}`);
          }
        }
      }
    }
  }
});

test("short rows, one after another, of every length, dtype and axis", () => {
  const edges = [NaN, -0, 0, -Infinity, Infinity, -3, 2, 2, 1e300, -NaN];
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    for (let length = 1; length <= 33; length++) {
      const value = (i: number) => {
        if (dtype === "bool") return i * 5 % 3 & 1;
        const number = i % 3 === 0 ? edges[i * 7 % 10] : Math.round(Math.sin(i * 7.3) * 9);
        return isFloat(dtype) ? number : i * 5 % 7 - (dtype === "int32" ? 3 : 0);
      };
      agree(fill(dtype, value, [5, length]), 1);
      agree(fill(dtype, value, [2, length, 3]), 1);
    }
  }
});

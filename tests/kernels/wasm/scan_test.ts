import { setNumThreads } from "../../../mod.ts";
import { test } from "node:test";
import { assertStrictEquals } from "@std/assert";
import { type DType, DTYPES } from "../../../src/dtype.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { scans } from "../../../src/kernels/wasm/kernels/scan.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

function fill(dtype: DType, shape: number[], value = (i: number) => Math.sin(i * 7.3) * 3) {
  const size = shape.reduce((a, b) => a * b, 1);
  return NDArray.from(Array.from({ length: size }, (_, i) => value(i)), shape, dtype);
}

/** The very bits of the reference. */
function agree(x: NDArray, axis: number, dtype: DType): void {
  for (const kind of ["sum", "prod"] as const) {
    const wanted = reference.scan(kind, x, axis, dtype);
    const got = scans.scan(kind, x, axis, dtype);
    assertSame([got.dtype, got.shape], [wanted.dtype, wanted.shape]);
    assertSame([...got.values()], [...wanted.values()]);
  }
}

test("running totals of every dtype are those of the reference", () => {
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    for (const total of ["float32", "float64", "int32"] as const) {
      agree(fill(dtype, [5, 37]), 1, total);
    }
  }
  agree(fill("int32", [3, 50], (i) => (i * 2654435761) | 0), 1, "int32");
  agree(fill("uint8", [3, 50], (i) => i), 1, "uint8");
});

test("any axis, any strides, nothing and one number", () => {
  const x = fill("float32", [4, 5, 6]);
  for (const axis of [0, 1, 2]) {
    agree(x, axis, "float32");
    agree(viewPermute(x, [2, 0, 1]), axis, "float32");
  }
  const backwards = viewSlice(fill("float64", [30]), [{ start: 29, step: -2, length: 15 }]);
  agree(backwards, 0, "float64");
  for (const shape of [[0], [0, 3], [3, 0], [1], [1, 1]]) {
    agree(fill("float32", shape), 0, "float32");
  }
  agree(fill("float32", []), 0, "float32");
});

test("NaN and infinities run on to the end", () => {
  const values = [1, Infinity, 2, -Infinity, 3, NaN, 4];
  agree(fill("float32", [7], (i) => values[i]), 0, "float32");
});

/** The places of the reference. */
function agreeOnPlaces(x: NDArray, axis: number): void {
  for (const kind of ["max", "min"] as const) {
    const wanted = reference.argScan(kind, x, axis);
    const got = scans.argScan(kind, x, axis);
    assertSame([got.dtype, got.shape], [wanted.dtype, wanted.shape]);
    assertSame([...got.values()], [...wanted.values()]);
  }
}

test("places of running extremes are those of the reference, on any axis", () => {
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    const x = fill(dtype, [4, 5, 6], dtype === "bool" ? (i) => Number(i % 5 > 2) : undefined);
    for (const axis of [0, 1, 2]) {
      agreeOnPlaces(x, axis);
      agreeOnPlaces(viewPermute(x, [2, 0, 1]), axis);
    }
  }
  for (const shape of [[0], [0, 3], [3, 0], [1], [], [300_000]]) {
    agreeOnPlaces(fill("float32", shape), 0);
  }
});

test("the last of equal extremes counts, and the last NaN", () => {
  const values = [-Infinity, 2, 0, -0, 2, 3, NaN, 4, NaN, 5, Infinity];
  for (const dtype of ["float32", "float64"] as const) {
    const x = fill(dtype, [11], (i) => values[i]);
    agreeOnPlaces(x, 0);
    assertSame([...scans.argScan("max", x, 0).values()], [0, 1, 1, 1, 4, 5, 6, 6, 8, 8, 8]);
    assertSame([...scans.argScan("min", x, 0).values()], [0, 0, 0, 0, 0, 0, 6, 6, 8, 8, 8]);
  }
});

test("long sums of float32 keep their digits, on any number of threads", () => {
  const x = fill("float32", [4, 300_000], () => 0.1);
  for (const threads of [1, 2, 4]) {
    setNumThreads(threads);
    const totals = scans.scan("sum", x, 1, "float32").values();
    assertStrictEquals(totals[300_000 - 1], Math.fround(300_000 * Math.fround(0.1)));
    assertStrictEquals(totals[4 * 300_000 - 1], Math.fround(300_000 * Math.fround(0.1)));
  }
});

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { type DType, DTYPES } from "../../../src/dtype.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { reductions as searches } from "../../../src/kernels/wasm/kernels/reduce.ts";
import type { Shape } from "../../../src/shape.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

/** Small integers with many ties. */
function array(shape: Shape, dtype: DType): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, (_, i) => {
    const value = Math.round(Math.sin(i * 7.3) * 4);
    return dtype === "bool" ? Number(value > 0) : dtype === "uint8" ? value + 100 : value;
  });
  return NDArray.from(values, shape, dtype);
}

function agree(x: NDArray, axis: number): void {
  for (const kind of ["max", "min"] as const) {
    for (const keepDims of [false, true]) {
      const expected = reference.argReduce(kind, x, axis, keepDims);
      const wanted = [...expected.values()];
      const got = searches.argReduce(kind, x, axis, keepDims);
      assertSame([...got.values()], wanted, `${kind} ${x.dtype} [${x.shape}] axis ${axis}`);
      assertSame(got.shape, expected.shape);
      assertEquals(got.dtype, "int32");
    }
  }
}

test("any axis of any dtype: of equal elements the first is taken", () => {
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    const x = array([4, 5, 6], dtype);
    for (const axis of [0, 1, 2]) {
      agree(x, axis);
      agree(viewPermute(x, [2, 0, 1]), axis);
    }
  }
});

test("of several NaNs the first is taken, and infinities count", () => {
  const rows = [[1, NaN, 3, NaN], [NaN, Infinity, 0, 0], [-Infinity, -Infinity, -Infinity, NaN]];
  agree(NDArray.from(rows.flat(), [3, 4], "float32"), 1);
  agree(NDArray.from(rows.flat(), [3, 4], "float64"), 0);
  agree(NDArray.from(new Array(8).fill(-Infinity), [2, 4], "float32"), 1);
  agree(NDArray.from(new Array(8).fill(Infinity), [2, 4], "float32"), 1);
});

test("scalars, and no rows", () => {
  agree(array([], "float32"), 0);
  agree(array([0, 3], "float32"), 1);
});

test("lines of every length around those of vectors, with the best or NaN anywhere", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const length of [1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 70]) {
      for (const at of new Set([0, 1, length >> 1, length - 2, length - 1].filter((i) => i >= 0))) {
        for (const special of [1000, -1000, NaN, -0]) {
          const line = Array.from({ length }, (_, i) => Math.round(Math.sin(i * 7.3) * 4));
          const later = [...line, ...line.toReversed()];
          later[at] = special;
          if (at + length + 1 < 2 * length) later[at + length + 1] = special;
          agree(NDArray.from(later, [2, length], dtype), 1);
        }
      }
    }
  }
});

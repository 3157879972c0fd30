import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type DType, DTYPES, isFloat } from "../../../src/dtype.ts";
import { Formula, identity } from "../../../src/kernels/formula.ts";
import type { ReduceKind } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { reductions } from "../../../src/kernels/wasm/kernels/reduce.ts";
import type { Shape } from "../../../src/shape.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

const KINDS: readonly ReduceKind[] = ["sum", "prod", "max", "min"];

/** Elements near 1, so that products stay in range. */
function array(shape: Shape, dtype: DType = "float32"): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, (_, i) => {
    const wave = Math.sin(i * 7.3 + 1);
    if (isFloat(dtype)) return 1 + wave / 10;
    return dtype === "bool" ? Number(wave > -0.5) : Math.trunc(Math.abs(wave) * 100);
  });
  return NDArray.from(values, shape, dtype);
}

/** Both backends agree, to the rounding of `dtype`. */
function agree(
  kind: ReduceKind,
  x: NDArray,
  axes: readonly number[],
  keepDims = false,
  dtype = x.dtype,
  of?: Formula,
): void {
  const expected = reference.reduce(kind, x, axes, keepDims, dtype, of);
  const wanted = [...expected.values()];
  const got = reductions.reduce(kind, x, axes, keepDims, dtype, of);
  const message = `${kind} ${x.dtype} → ${dtype} [${x.shape}] over [${axes}]`;
  assertSame(got.shape, expected.shape, message);
  assertStrictEquals(got.dtype, dtype);
  const tolerance = dtype === "float32" ? 1e-6 : dtype === "float64" ? 1e-14 : 0;
  [...got.values()].forEach((value, i) => {
    const close = Math.abs(value - wanted[i]) <= tolerance * Math.abs(wanted[i]);
    assert(Object.is(value, wanted[i]) || close, `${message}: ${value} for ${wanted[i]}`);
  });
}

test("every length, along rows and along columns", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const kind of KINDS) {
      for (let n = 1; n <= 40; n++) {
        agree(kind, array([n], dtype), [0]);
        agree(kind, array([3, n], dtype), [1]);
        agree(kind, array([n, 3], dtype), [0]);
        agree(kind, array([3, n], dtype), [0]);
      }
      for (const n of [255, 256, 257, 271, 1000]) {
        agree(kind, array([2, n], dtype), [1]);
        agree(kind, array([n, 21], dtype), [0]);
      }
    }
  }
});

test("a formula of each element, in the dtype of the result", () => {
  const isNumber = new Formula("numbers", 1, (k, [x]) => k.where(k.eq(x, x), k.mul(x, x), 0.5));
  for (const from of ["float32", "float64"] as const) {
    for (let n = 1; n <= 40; n++) {
      const values = Array.from({ length: 3 * n }, (_, i) => i % 7 === 3 ? NaN : 1 + i / 999);
      for (const kind of KINDS) {
        // The factors of a product to float32 may be in float64.
        for (const to of ["float32", "float64"] as const) {
          if (kind === "prod" && to === "float32") continue;
          agree(kind, NDArray.from(values, [3, n], from), [1], false, to, isNumber);
          agree(kind, NDArray.from(values, [n, 3], from), [0], true, to, isNumber);
          agree(kind, NDArray.from(values, [n, 3], from), [0, 1], true, to, isNumber);
        }
      }
    }
  }
  // Of the totals of pieces, and of groups of axes, it is not taken again.
  const square = new Formula("square", 1, (k, [x]) => k.mul(x, x));
  const x = array([70_000], "float32");
  agree("sum", x, [0], false, "float64", square);
  agree("sum", viewPermute(array([4, 5, 6]), [1, 0, 2]), [0, 2], false, "float32", square);
  // 1 + 2⁻¹² squared has 25 bits: float64 holds them.
  const long = NDArray.from([1 + 2 ** -12], [1], "float32");
  const exact = reductions.reduce("sum", long, [0], false, "float64", square).values()[0];
  assertStrictEquals(exact, (1 + 2 ** -12) ** 2);
  // No NaN is left in maxima.
  const none = NDArray.from([NaN, NaN], [2], "float32");
  assertStrictEquals(
    reductions.reduce("max", none, [0], false, "float32", isNumber).values()[0],
    0.5,
  );
});

test("any axes of four, with and without keepDims", () => {
  const x = array([3, 4, 5, 6]);
  for (let set = 0; set < 16; set++) {
    const axes = [0, 1, 2, 3].filter((axis) => set >> axis & 1);
    for (const keepDims of [false, true]) {
      for (const kind of KINDS) agree(kind, x, axes, keepDims);
    }
  }
});

test("every dtype into every dtype", () => {
  const dtypes = Object.keys(DTYPES) as DType[];
  for (const from of dtypes) {
    for (const to of dtypes) {
      const kinds = from === to || isFloat(to) ? KINDS : ["sum"] as const;
      if (to === "bool" && from !== "bool") continue;
      for (const kind of kinds) {
        agree(kind, array([3, 37], from), [1], false, to);
        agree(kind, array([37, 3], from), [0], false, to);
      }
    }
  }
});

test("sums of integers wrap as int32 does", () => {
  const x = NDArray.from(new Array(70).fill(2 ** 31 - 1), [2, 35], "int32");
  agree("sum", x, [1]);
  agree("sum", x, [0]);
});

test("views: transposed, sliced, reversed, repeated", () => {
  const x = array([7, 6, 10]);
  const views = [
    viewPermute(x, [2, 0, 1]),
    viewExpand(
      viewSlice(x, [
        { start: 1, step: 1, length: 1 },
        { start: 5, step: -1, length: 6 },
        { start: 0, step: 3, length: 4 },
      ]),
      [5, 6, 4],
    ),
  ];
  for (const view of views) {
    for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2]]) agree("sum", view, axes);
  }
});

test("axes in any order in memory are read in that order, so the bits are those without it", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const x = array([5, 35, 2, 9], dtype);
    for (const order of [[3, 1, 0, 2], [1, 0, 2, 3], [2, 0, 3, 1], [0, 3, 2, 1]]) {
      const turned = viewPermute(x, order);
      for (let set = 0; set < 16; set++) {
        const axes = [0, 1, 2, 3].filter((axis) => set >> axis & 1);
        for (const kind of KINDS) {
          if (kind === "prod" && dtype === "int32") continue;
          for (const keepDims of [false, true]) agree(kind, turned, axes, keepDims);
          agree(kind, viewPermute(array([5, 35, 1, 9], dtype), order), axes);
          const [got, same] = [
            reductions.reduce(kind, turned, axes, true, dtype),
            reductions.reduce(kind, x, axes.map((axis) => order[axis]).sort(), true, dtype),
          ];
          const back = reference.map(identity, [viewPermute(same, order)], got.shape, dtype, dtype);
          assertSame([...got.values()], [...back.values()], `${kind} ${dtype} [${axes}] ${order}`);
        }
      }
    }
  }
});

test("of nothing, and of a scalar", () => {
  for (const kind of KINDS) {
    agree(kind, array([0, 3]), [0]);
    agree(kind, array([0, 3]), [1]);
    agree(kind, array([]), []);
    agree(kind, array([1, 1]), [0, 1]);
  }
});

test("two results of many elements each", () => {
  for (const axis of [0, 1]) agree("sum", array(axis === 0 ? [20_000, 2] : [2, 20_000]), [axis]);
});

test("NaN wins in max and min wherever it stands, and infinities count", () => {
  for (let n = 1; n < 24; n++) {
    for (let at = 0; at < n; at++) {
      const values = Array.from({ length: n }, (_, i) => i === at ? NaN : i - 5);
      const row = NDArray.from(values, [n], "float32");
      const column = viewExpand(NDArray.from(values, [n, 1], "float32"), [n, 2]);
      for (const kind of ["max", "min"] as const) {
        assert(Number.isNaN(reductions.reduce(kind, row, [0], false, "float32").values()[0]));
        const both = reductions.reduce(kind, column, [0], false, "float32").values();
        assertEquals([...both], [NaN, NaN]);
      }
    }
  }
  const edges = NDArray.from([-Infinity, -Infinity], [2], "float32");
  assertStrictEquals(reductions.reduce("max", edges, [0], false, "float32").values()[0], -Infinity);
});

test("a long sum of float32 keeps its digits", () => {
  const tenths = NDArray.from(new Float32Array(10_000_000).fill(0.1), [10_000_000], "float32");
  const sum = reductions.reduce("sum", tenths, [0], false, "float32").values()[0];
  assert(Math.abs(sum - 1_000_000) <= 1, `${sum}`);
  const matrix = new NDArray(tenths.storage, [2_500_000, 4], [4, 1], 0, "float32");
  for (const value of reductions.reduce("sum", matrix, [0], false, "float32").values()) {
    assert(Math.abs(value - 250_000) <= 0.25, `${value}`);
  }
});

test("a product may leave the range of float32 on the way", () => {
  const x = NDArray.from([1e30, 1e30, 1e-30, 1e-30, 3], [5], "float32");
  assertEquals(reductions.reduce("prod", x, [0], false, "float32").values()[0], 3);
});

test("the same bits wherever the elements lie", () => {
  const values = Float32Array.from({ length: 1003 }, (_, i) => Math.sin(i));
  const sums = [0, 1, 2, 3].map((shift) => {
    const storage = NDArray.from(
      [...new Float32Array(shift), ...values],
      [shift + 1003],
      "float32",
    );
    const x = viewSlice(storage, [{ start: shift, step: 1, length: 1003 }]);
    return reductions.reduce("sum", x, [0], false, "float32").values()[0];
  });
  assertSame(sums, new Array(4).fill(sums[0]));
});

test("many rows that are shorter than a vector: elements in their order, rounded to float32", () => {
  const { fround } = Math;
  const steps: Readonly<Record<ReduceKind, readonly [number, (a: number, b: number) => number]>> = {
    sum: [0, (a, b) => fround(a + b)],
    prod: [1, (a, b) => a * b],
    max: [-Infinity, (a, b) => Math.max(a, b)],
    min: [Infinity, (a, b) => Math.min(a, b)],
  };
  const shifted = new Formula("shifted", 1, (k, [x]) => k.add(x, 0.5));
  for (const columns of [1, 2, 3]) {
    for (const rows of [1, 2, 3, 4, 5, 9, 1001]) {
      const values = Float32Array.from(
        { length: rows * columns },
        (_, i) =>
          i % 11 === 5 ? [NaN, -0, Infinity, 0][i % 4] : Math.sin(i * 7.3) * 10 ** (i % 9 - 4),
      );
      const x = NDArray.from(values, [rows, columns], "float32");
      for (const kind of KINDS) {
        const [start, step] = steps[kind];
        for (const by of [0, 0.5]) {
          // The factors of a product are float64.
          const round = kind === "prod" ? (value: number) => value : fround;
          const expected = Array.from({ length: rows }, (_, i) => {
            const row = [...values.subarray(i * columns, (i + 1) * columns)];
            return fround(
              row.map((value) => by === 0 ? value : round(value + by)).reduce(step, start),
            );
          });
          const got = reductions.reduce(
            kind,
            x,
            [1],
            false,
            "float32",
            by === 0 ? undefined : shifted,
          );
          assertSame([...got.values()], expected, `${kind} ${rows} × ${columns}`);
        }
      }
    }
  }
});

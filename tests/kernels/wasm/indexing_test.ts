import { test } from "node:test";
import { assertStrictEquals } from "@std/assert";
import type { DType } from "../../../src/dtype.ts";
import type { Shape } from "../../../src/shape.ts";
import type { Kernels } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { arena } from "../../../src/storage/arena.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { array, list, noise } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const DTYPES: DType[] = ["float32", "float64", "int32", "uint8", "bool"];

/** Small whole numbers, whose sums are exact in every dtype. */
function whole(shape: Shape, dtype: DType): NDArray {
  const most = dtype === "bool" ? 1 : 9;
  return array(list(noise(shape)).map((v) => Math.round(Math.abs(v) * most)), shape, dtype);
}

/** Indices below `size`. */
function places(shape: Shape, size: number): NDArray {
  const values = list(noise(shape)).map((v) => Math.min(size - 1, Math.floor(Math.abs(v) * size)));
  return array(values, shape, "int32");
}

function check(run: (k: Kernels) => NDArray, what: string): void {
  const [fast, slow] = [run(wasm), run(reference)];
  assertSame(fast.shape, slow.shape, what);
  assertStrictEquals(fast.dtype, slow.dtype, what);
  assertSame(list(fast), list(slow), what);
}

test("indexing agrees with the reference along every axis of every dtype", () => {
  for (const dtype of DTYPES) {
    for (const shape of [[7], [4, 6], [3, 5, 9], [2, 3, 4, 17]]) {
      for (let axis = 0; axis < shape.length; axis++) {
        const what = `${dtype} [${shape}] along ${axis}`;
        const x = whole(shape, dtype);
        for (const count of [0, 1, 5]) {
          const part = shape.with(axis, count);
          const index = places(part, shape[axis]);
          const source = whole(part, dtype);
          check((k) => k.gather(x, index, axis), `gather ${what}`);
          check((k) => k.scatterAdd(shape, index, source, axis), `scatterAdd ${what}`);
          check((k) => k.scatter(x, index, source, axis), `scatter ${what}`);
          for (const kind of ["max", "min"] as const) {
            check((k) => k.scatterExtreme(kind, x, index, source, axis), `${kind} ${what}`);
          }
          const line = places([count], shape[axis]);
          check((k) => k.indexSelect(x, line, axis), `indexSelect ${what}`);
          check((k) => k.indexAdd(shape, line, source, axis), `indexAdd ${what}`);
        }
      }
    }
  }
});

test("indexing agrees with the reference on views", () => {
  const x = viewPermute(noise([5, 4, 3]), [2, 1, 0]);
  const index = viewPermute(places([2, 4, 3], 5), [2, 1, 0]);
  check((k) => k.gather(x, index, 2), "gather");
  const source = viewExpand(noise([1, 4, 1]), [3, 4, 2]);
  check((k) => k.scatterAdd([3, 4, 9], index, source, 2), "scatterAdd");
  const line = viewSlice(places([9], 4), [{ start: 8, step: -2, length: 4 }]);
  check((k) => k.indexSelect(x, line, 1), "indexSelect");
  check((k) => k.indexAdd([3, 4, 5], line, x, 1), "indexAdd");
});

test("indexing agrees with the reference where the index is smaller than the array", () => {
  const x = noise([4, 5, 6]);
  const index = places([2, 3, 4], 5);
  check((k) => k.gather(x, index, 1), "gather");
  const source = noise([3, 4, 5]);
  check((k) => k.scatterAdd([4, 5, 6], index, source, 1), "scatterAdd");
});

test("an index outside is noticed anywhere", () => {
  for (const k of [wasm, reference]) {
    for (const size of [1, 3, 2 ** 31 - 1]) {
      for (let length = 0; length < 10; length++) {
        const good = Array.from({ length: length + 1 }, (_, i) => i === 0 ? -1 : size - 1);
        const all = array(good, [length + 1], "int32");
        const inside = viewSlice(all, [{ start: 1, step: 1, length }]);
        assertStrictEquals(k.areIndices(inside, size), true, `${k.name} ${length} of ${size}`);
        for (let at = 0; at < length; at++) {
          for (const wrong of [-1, -(2 ** 31), size, 2 ** 31 - 1]) {
            const indices = array(good.slice(1).with(at, wrong), [length], "int32");
            const isRight = wrong >= 0 && wrong < size;
            assertStrictEquals(k.areIndices(indices, size), isRight, `${wrong} at ${at}`);
          }
        }
      }
    }
    assertStrictEquals(k.areIndices(array([0], [1], "int32"), 0), false);
  }
});

test("nonzero agrees with the reference", () => {
  for (const dtype of DTYPES) {
    const x = whole([5, 7], dtype);
    check((k) => k.nonzero(x), dtype);
    check((k) => k.nonzero(viewPermute(x, [1, 0])), dtype);
    check((k) => k.nonzero(array([], [0], dtype)), dtype);
  }
  check((k) => k.nonzero(array([0, -0, NaN, 1], [4])), "NaN");
});

test("indexing leaves no scratch memory behind", () => {
  const x = viewPermute(noise([6, 5]), [1, 0]);
  const index = places([5, 6], 6);
  const before = arena.stats().resident;
  const results = [
    ...[wasm.gather(x, index, 1), wasm.scatterAdd([5, 6], index, x, 1), wasm.nonzero(x)],
    ...[wasm.scatter(x, index, x, 1), wasm.scatterExtreme("max", x, index, x, 1)],
  ];
  results.forEach((result) => arena.free(result.storage, "temporary"));
  assertStrictEquals(arena.stats().resident, before);
});

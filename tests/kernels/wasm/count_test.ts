import { test } from "node:test";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { counts } from "../../../src/kernels/wasm/kernels/count.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

test("counts are those of the reference, for any layout", () => {
  const x = NDArray.from(Array.from({ length: 60 }, (_, i) => (i * i) % 7), [5, 12], "int32");
  for (const view of [x, viewPermute(x, [1, 0]), viewExpand(x, [3, 5, 12])]) {
    const got = counts.count(view, 9);
    assertSame([got.dtype, got.shape], ["int32", [9]]);
    assertSame([...got.values()], [...reference.count(view, 9).values()]);
  }
});

test("of nothing, and of numbers that do not occur, there are 0", () => {
  const nothing = NDArray.from([], [0], "int32");
  for (const k of [counts, reference]) {
    assertSame([...k.count(nothing, 3).values()], [0, 0, 0]);
    assertSame([...k.count(nothing, 0).values()], []);
    assertSame([...k.count(NDArray.from([2], [], "int32"), 4).values()], [0, 0, 1, 0]);
  }
});

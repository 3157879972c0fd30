/** Kernels along an axis of arrays without elements, or without axes, are the reference's. */

import { test } from "node:test";
import type { NDArray } from "../../src/storage/ndarray.ts";
import type { DType } from "../../src/dtype.ts";
import type { Kernels } from "../../src/kernels/kernels.ts";
import { reference } from "../../src/kernels/reference/mod.ts";
import { assertSame } from "../support/assert.ts";
import { backends } from "../support/kernels.ts";
import { array, list } from "./arrays.ts";

/** Calls along an axis, which has elements itself. */
const ALONG: Record<string, (k: Kernels, x: NDArray, axis: number) => NDArray> = {
  argReduce: (k, x, axis) => k.argReduce("max", x, axis, false),
  "argReduce with keepDims": (k, x, axis) => k.argReduce("min", x, axis, true),
  reduce: (k, x, axis) => k.reduce("max", x, x.shape.length === 0 ? [] : [axis], true, x.dtype),
  scan: (k, x, axis) => k.scan("sum", x, axis, x.dtype),
  argScan: (k, x, axis) => k.argScan("max", x, axis),
  argsort: (k, x, axis) => k.argsort(x, axis, true),
  softmax: (k, x, axis) => k.softmax(x, axis, true),
};

for (const kernels of backends) {
  for (const [name, call] of Object.entries(ALONG)) {
    test(`${name} on ${kernels.name} of nothing, and of a scalar`, () => {
      for (const dtype of ["float32", "float64", "int32"] as DType[]) {
        if (name === "softmax" && dtype === "int32") continue;
        const cases = [[array([], [2, 0, 3], dtype), 0], [array([], [2, 0, 3], dtype), 2]] as const;
        for (const [x, axis] of [...cases, [array([5], [], dtype), 0] as const]) {
          const [got, wanted] = [kernels, reference].map((k) => call(k, x, axis));
          const what = `${dtype} [${x.shape}] along ${axis}`;
          assertSame(
            [got.shape, got.dtype, list(got)],
            [wanted.shape, wanted.dtype, list(wanted)],
            what,
          );
        }
      }
    });
  }
}

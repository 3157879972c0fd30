/**
 * Raw arrays for the tests of kernels: made from and read as plain lists.
 *
 * @module
 */

import type { DType } from "../../src/dtype.ts";
import type { Shape } from "../../src/shape.ts";
import { arena } from "../../src/storage/arena.ts";
import { RawArray, touch } from "../../src/storage/raw_array.ts";
import { Walk } from "../../src/kernels/reference/walk.ts";

/** A contiguous array of `values`. */
export function array(values: number[], shape: Shape, dtype: DType = "float32"): RawArray {
  return RawArray.from(values, shape, dtype);
}

/** The elements of `x` in row-major order. */
export function list(x: RawArray): number[] {
  arena.begin();
  touch(x);
  const from = x.whole();
  const walk = new Walk(x.shape, [x]);
  return Array.from({ length: x.size }, () => {
    const value = from[walk.at[0]];
    walk.next();
    return value;
  });
}

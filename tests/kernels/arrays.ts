/**
 * Arrays for the tests of kernels: made from and read as plain lists.
 *
 * @module
 */

import { assert, assertStrictEquals } from "@std/assert";
import type { DType } from "../../src/dtype.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";
import { arena } from "../../src/storage/arena.ts";
import { NDArray, touch } from "../../src/storage/ndarray.ts";
import { StridedIterator } from "../../src/kernels/strided_iterator.ts";

/** A contiguous array of `values`. */
export function array(values: number[], shape: Shape, dtype: DType = "float32"): NDArray {
  return NDArray.from(values, shape, dtype);
}

/** The elements of `x` in row-major order. */
export function list(x: NDArray): number[] {
  arena.begin();
  touch(x);
  const from = x.whole();
  const iterator = new StridedIterator(x.shape, [x]);
  return Array.from({ length: x.size }, () => {
    const value = from[iterator.offsets[0]];
    iterator.next();
    return value;
  });
}

let seed = 1;

/** An array of reproducible numbers between -1 and 1. */
export function noise(shape: Shape, dtype: DType = "float32"): NDArray {
  const values = Array.from({ length: sizeOf(shape) }, () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2 ** 30 - 1;
  });
  return array(values, shape, dtype);
}

/** Asserts that elements differ by at most `tolerance`, relative to numbers above 1. */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what = "",
): void {
  assertStrictEquals(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    const close = Math.abs(value - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    assert(close || Object.is(value, expected[i]), `${what} [${i}]: ${value}, ${expected[i]}`);
  });
}

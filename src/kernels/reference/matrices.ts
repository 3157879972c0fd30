/**
 * Batches of matrices, one after the other, in float64 whatever the dtype.
 *
 * @module
 */

import { type Shape, sizeOf } from "../../shape.ts";
import { arena } from "../../storage/arena.ts";
import { NDArray, touch } from "../../storage/ndarray.ts";
import { Walk } from "../strided_iterator.ts";

/** Rows of each matrix of a batch. */
export function rowsOf(x: NDArray): number {
  return x.shape[x.shape.length - 2];
}

/** Applies `f` to the matrices of `inputs` with the same index; its results make up one of `shape`. */
export function eachMatrix(
  inputs: readonly NDArray[],
  shape: Shape,
  f: (matrices: Float64Array[], index: number) => ArrayLike<number>,
  resultRank = 2,
): NDArray {
  arena.begin();
  touch(...inputs);
  const all = inputs.map(elements);
  const sizes = inputs.map((x) => sizeOf(x.shape.slice(-2)));
  const size = sizeOf(shape.slice(shape.length - resultRank));
  const count = sizeOf(shape.slice(0, shape.length - resultRank));
  const results = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    const matrices = all.map((values, j) => values.slice(i * sizes[j], (i + 1) * sizes[j]));
    results.set(f(matrices, i), i * size);
  }
  const out = NDArray.allocate(shape, inputs[0].dtype);
  out.values().set(results);
  return out;
}

function elements(x: NDArray): Float64Array {
  const from = x.whole();
  const walk = new Walk(x.shape, [x]);
  return Float64Array.from({ length: x.size }, () => {
    const value = from[walk.at[0]];
    walk.next();
    return value;
  });
}

/**
 * Iterates over several strided arrays at once, in row-major order.
 *
 * @module
 */

import type { Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { viewPermute } from "../storage/views.ts";

/** The place of an array in its storage. */
type View = Pick<NDArray, "offset" | "strides">;

/**
 * An iterator over the indices of `shape`: `offsets[j]` is the place of the current element in the
 * storage of the j-th array.
 *
 * ```ts ignore
 * const iterator = new StridedIterator(shape, [a, b]);
 * for (let at = 0; at < size; at++, iterator.next()) {
 *   out[at] = inA[iterator.offsets[0]] + inB[iterator.offsets[1]];
 * }
 * ```
 */
export class StridedIterator {
  /** Index into the whole storage of each array. */
  readonly offsets: number[];
  readonly #arrays: readonly View[];
  readonly #shape: Shape;
  readonly #index: number[];

  /** @param shape shape to iterate over @param arrays views that all have this shape */
  constructor(shape: Shape, arrays: readonly View[]) {
    this.#shape = shape;
    this.#arrays = arrays;
    this.#index = new Array<number>(shape.length).fill(0);
    this.offsets = arrays.map((array) => array.offset);
  }

  /** Goes to the next element; after the last one, back to the first. */
  next(): void {
    const { offsets } = this;
    const index = this.#index;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      const size = this.#shape[axis];
      const turned = ++index[axis] === size;
      for (let j = 0; j < offsets.length; j++) {
        const stride = this.#arrays[j].strides[axis];
        offsets[j] += turned ? stride - stride * size : stride;
      }
      if (!turned) return;
      index[axis] = 0;
    }
  }
}

/** Iterates over arrays of one shape, line by line: each has `length` elements along `axis`. */
export function lineIterator(
  axis: number,
  arrays: readonly NDArray[],
): { iterator: StridedIterator; length: number } {
  const order = arrays[0].shape.map((_, i) => i).filter((i) => i !== axis);
  // A scalar counts as having one axis, of size 1.
  if (arrays[0].shape.length > 0) order.push(axis);
  const turned = arrays.map((array) => viewPermute(array, order));
  return {
    iterator: new StridedIterator(turned[0].shape, turned),
    length: arrays[0].shape[axis] ?? 1,
  };
}

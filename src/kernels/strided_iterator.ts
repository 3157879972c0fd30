/**
 * Walking several strided arrays at once, in row-major order.
 *
 * @module
 */

import type { Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { viewPermute } from "../storage/views.ts";

/**
 * An odometer over `shape`: `at[j]` is the place of the current element in the storage of the j-th
 * array.
 *
 * ```ts ignore
 * const walk = new StridedIterator(shape, [a, b]);
 * for (let i = 0; i < size; i++, walk.next()) out[i] = inA[walk.at[0]] + inB[walk.at[1]];
 * ```
 */
export class StridedIterator {
  /** Index into the whole storage of each array. */
  readonly at: number[];
  readonly #arrays: readonly NDArray[];
  readonly #shape: Shape;
  readonly #index: number[];

  /** @param shape what to walk over @param arrays views that all have this shape */
  constructor(shape: Shape, arrays: readonly NDArray[]) {
    this.#shape = shape;
    this.#arrays = arrays;
    this.#index = new Array<number>(shape.length).fill(0);
    this.at = arrays.map((array) => array.offset);
  }

  /** Goes to the next element; after the last one, back to the first. */
  next(): void {
    const { at } = this;
    const index = this.#index;
    for (let axis = index.length - 1; axis >= 0; axis--) {
      const size = this.#shape[axis];
      const turned = ++index[axis] === size;
      for (let j = 0; j < at.length; j++) {
        const stride = this.#arrays[j].strides[axis];
        at[j] += turned ? stride - stride * size : stride;
      }
      if (!turned) return;
      index[axis] = 0;
    }
  }
}

/** A walk over arrays of one shape on which the `length` elements of each line along `axis` follow. */
export function lineIterator(
  axis: number,
  arrays: readonly NDArray[],
): { walk: StridedIterator; length: number } {
  const order = arrays[0].shape.map((_, i) => i).filter((i) => i !== axis);
  // A scalar counts as having one axis, of size 1.
  if (arrays[0].shape.length > 0) order.push(axis);
  const turned = arrays.map((array) => viewPermute(array, order));
  return { walk: new StridedIterator(turned[0].shape, turned), length: arrays[0].shape[axis] ?? 1 };
}

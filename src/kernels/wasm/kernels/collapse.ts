/**
 * Fewer and longer axes: the same elements with the least looping.
 *
 * @module
 */

import type { Shape, Strides } from "../../../shape.ts";

/** Axes, outermost first, with the strides that several arrays have along them. */
export interface Axes {
  /** Size of each axis. */
  readonly sizes: number[];
  /** Strides of each array, in elements, for each axis. */
  readonly strides: number[][];
}

/**
 * Drops axes of size 1, puts the axis with the smallest stride of the first array last, and joins
 * neighbours that all arrays walk as if they were one. The first array may not repeat elements.
 */
export function collapse(shape: Shape, strides: readonly Strides[]): Axes {
  const [first] = strides;
  const order: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) if (shape[axis] !== 1) order.push(axis);
  order.sort((a, b) => Math.abs(first[b]) - Math.abs(first[a]) || a - b);
  const result: Axes = { sizes: [], strides: strides.map(() => []) };
  for (const axis of order) {
    const last = result.sizes.length - 1;
    const joins = last >= 0 &&
      strides.every((s, i) => result.strides[i][last] === s[axis] * shape[axis]);
    const at = joins ? last : last + 1;
    result.sizes[at] = joins ? result.sizes[last] * shape[axis] : shape[axis];
    strides.forEach((s, i) => result.strides[i][at] = s[axis]);
  }
  return result;
}

/**
 * Geometry of sliding windows.
 *
 * @module
 */

import type { Pair, Window } from "./kernels.ts";
import type { Shape } from "../shape.ts";

/**
 * Height and width of what `window` makes of the last two axes of `shape`:
 * `⌊(size + 2 · padding - dilation · (kernel - 1) - 1) / stride⌋ + 1`.
 */
export function outputSize(shape: Shape, window: Window): Pair {
  const { kernel, stride, padding, dilation } = window;
  const along = (axis: 0 | 1): number => {
    const size = shape[shape.length - 2 + axis];
    const reach = dilation[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((size + 2 * padding[axis] - reach) / stride[axis]) + 1;
  };
  return [along(0), along(1)];
}

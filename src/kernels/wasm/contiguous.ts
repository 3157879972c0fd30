/**
 * Elements side by side, for kernels that want them so.
 *
 * @module
 */

import type { RawArray } from "../../storage/raw_array.ts";
import { identity } from "../element_function.ts";
import { elementwise } from "./map.ts";

/**
 * `x`, or a contiguous copy that the caller disposes of. The copy begins a kernel of its own.
 */
export function makeContiguous(x: RawArray): RawArray {
  if (x.contiguous) return x;
  return elementwise.map(identity, [x], x.shape, x.dtype, x.dtype);
}

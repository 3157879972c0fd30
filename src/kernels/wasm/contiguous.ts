/**
 * Elements side by side, for kernels that want them so.
 *
 * @module
 */

import { isFloat } from "../../dtype.ts";
import type { RawArray } from "../../storage/raw_array.ts";
import { ElementFunction } from "../element_function.ts";
import { elementwise } from "./map.ts";

const identity = new ElementFunction("identity", 1, (_, [x]) => x);

/**
 * `x`, or a contiguous copy that the caller disposes of. The copy begins a kernel of its own.
 */
export function makeContiguous(x: RawArray): RawArray {
  if (x.contiguous) return x;
  // float64 holds every integer, and has vector code for them.
  const compute = isFloat(x.dtype) ? x.dtype : "float64";
  return elementwise.map(identity, [x], x.shape, compute, x.dtype);
}

/**
 * Copying elements, converting them on the way.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import { identity } from "../kernels/formula.ts";
import type { Kernels, MapOperand } from "../kernels/kernels.ts";
import type { NDArray } from "../storage/ndarray.ts";

/** A contiguous copy of `x` as `dtype`. */
export function copy(k: Kernels, x: NDArray, dtype: DType = x.dtype): NDArray {
  return k.map(identity, [x], x.shape, dtype, dtype);
}

/** Writes `value`, broadcast and converted, into the view `out`. */
export function write(k: Kernels, value: MapOperand, out: NDArray): void {
  k.mapInto(identity, [value], out, out.dtype);
}

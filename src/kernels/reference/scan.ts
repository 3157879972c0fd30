/**
 * Running totals and extremes.
 *
 * @module
 */

import { isFloat } from "../../dtype.ts";
import type { Kernels } from "../kernels.ts";
import { convert, toElement } from "./convert.ts";
import { lineIterator } from "../strided_iterator.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";

/** The reference scans. */
export const scans: Pick<Kernels, "scan" | "argScan"> = {
  scan(kind, x, axis, dtype): NDArray {
    const out = beginKernel([x], x.shape, dtype);
    const { iterator, length } = lineIterator(axis, [x, out]);
    const from = x.whole();
    const to = out.whole();
    const times = isFloat(dtype) ? (a: number, b: number) => a * b : Math.imul;
    for (let line = 0; line < x.size; line += length) {
      // In float64, so that long float32 sums keep their digits.
      let total = kind === "sum" ? 0 : 1;
      for (let i = 0; i < length; i++, iterator.next()) {
        const value = convert(from[iterator.offsets[0]], x.dtype, dtype);
        total = kind === "sum" ? total + value : times(total, value);
        to[iterator.offsets[1]] = toElement(total, dtype);
      }
    }
    return out;
  },

  argScan(kind, x, axis): NDArray {
    const out = beginKernel([x], x.shape, "int32");
    const { iterator, length } = lineIterator(axis, [x, out]);
    const from = x.whole();
    const to = out.whole();
    for (let line = 0; line < x.size; line += length) {
      let best = kind === "max" ? -Infinity : Infinity;
      let found!: number;
      for (let i = 0; i < length; i++, iterator.next()) {
        const value = from[iterator.offsets[0]];
        // Nothing compares with NaN: only another one replaces it.
        if ((kind === "max" ? value >= best : value <= best) || Number.isNaN(value)) {
          best = value;
          found = i;
        }
        to[iterator.offsets[1]] = found;
      }
    }
    return out;
  },
};

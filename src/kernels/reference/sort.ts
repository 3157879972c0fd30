/**
 * Sorting.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { lineIterator } from "../strided_iterator.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";

/** The reference sort. */
export const sorting: Pick<Kernels, "argsort"> = {
  argsort(x, axis, descending, ranks): NDArray {
    const { iterator: reading, length } = lineIterator(axis, [x]);
    const [first, end] = ranks ?? [0, length];
    const shape = x.shape.length === 0 ? x.shape : x.shape.with(axis, end - first);
    const out = beginKernel([x], shape, "int32");
    const { iterator: writing } = lineIterator(axis, [out]);
    const from = x.whole();
    const to = out.whole();
    const line = new Float64Array(length);
    const compare = descending
      ? (a: number, b: number) => order(line[b], line[a])
      : (a: number, b: number) => order(line[a], line[b]);
    for (let start = 0; start < x.size; start += length) {
      for (let i = 0; i < length; i++, reading.next()) line[i] = from[reading.offsets[0]];
      // Sorting an array is stable, which the language promises.
      const places = Array.from(line, (_, i) => i).sort(compare);
      for (let i = first; i < end; i++, writing.next()) to[writing.offsets[0]] = places[i];
    }
    return out;
  },
};

/** Negative if `a` comes first; NaN comes last. */
function order(a: number, b: number): number {
  return Number(a > b) - Number(a < b) || Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/**
 * Counts of numbers.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";

/** The reference counts. */
export const counts: Pick<Kernels, "count"> = {
  count(x, length): NDArray {
    const out = beginKernel([x], [length], "int32");
    const iterator = new StridedIterator(x.shape, [x]);
    const from = x.whole();
    const to = out.values().fill(0);
    for (let i = 0; i < x.size; i++, iterator.next()) to[from[iterator.offsets[0]]]++;
    return out;
  },
};

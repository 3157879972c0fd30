/**
 * Softmax and its logarithm.
 *
 * @module
 */

import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";
import type { Kernels } from "../../kernels.ts";
import { softmaxes as reference } from "../../reference/softmax.ts";
import { type Exports, instantiate } from "../assembler/assembler.ts";
import { axisBack, axisLast, makeContiguous } from "./map.ts";
import { writeSoftmaxKernel } from "./softmax_kernel.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Softmax. */
export const softmaxes: Pick<Kernels, "softmax"> = {
  softmax(x, axis, log): NDArray {
    if (x.dtype !== "float32") return reference.softmax(x, axis, log);
    const last = x.shape.length - 1;
    if (axis >= last) return alongRows(x, log);
    return axisBack(alongRows(axisLast(x, axis), log), axis);
  },
};

let kernels: Exports | undefined;

/** The functions of `writeSoftmaxKernel`. */
export function softmaxKernels(): Exports {
  return kernels ??= instantiate(writeSoftmaxKernel());
}

/** Along the last axis, into a new contiguous array. */
function alongRows(x: NDArray, log: boolean): NDArray {
  const { softmax, logSoftmax } = softmaxKernels();
  const dense = makeContiguous(x);
  arena.begin();
  touch(dense);
  // A copy is nobody else's and may be overwritten.
  const out = dense === x ? NDArray.allocate(x.shape, "float32") : dense;
  const columns = x.shape[x.shape.length - 1] ?? 1;
  if (x.size > 0) {
    const kernel = log ? logSoftmax : softmax;
    const threads = threadsFor(x.size * NANOSECONDS.softmax);
    parallel(threads, x.size / columns, (first, last, call) => {
      const start = first * columns * 4;
      call(kernel, dense.ptr + start, out.ptr + start, last - first, columns);
    });
  }
  return out;
}

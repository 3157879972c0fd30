/**
 * The cross-entropy of classes given by their indices, in one pass over each row.
 *
 * @module
 */

import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";
import type { Kernels } from "../../kernels.ts";
import { crossEntropies as reference } from "../../reference/cross_entropy.ts";
import { axisBack, axisLast, makeContiguous } from "./map.ts";
import { softmaxKernels } from "./softmax.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** The cross-entropy, in SIMD for float32. */
export const crossEntropies: Pick<Kernels, "crossEntropy" | "crossEntropyInput"> = {
  crossEntropy(x, index, axis): NDArray {
    if (x.dtype !== "float32") return reference.crossEntropy(x, index, axis);
    const rows = makeContiguous(axisLast(x, axis));
    arena.begin();
    touch(rows, index);
    const out = NDArray.allocate(index.shape, "float32");
    const columns = x.shape[axis];
    const { crossEntropy } = softmaxKernels();
    parallel(threadsFor(x.size * NANOSECONDS.softmax), index.size, (first, last, call) => {
      const from = rows.ptr + first * columns * 4;
      const [indexAt, to] = [index.ptr + first * 4, out.ptr + first * 4];
      call(crossEntropy, from, indexAt, to, last - first, columns);
    });
    if (rows.storage !== x.storage) arena.dispose(rows.storage, "temporary");
    return out;
  },

  crossEntropyInput(g, x, index, axis): NDArray {
    if (x.dtype !== "float32") return reference.crossEntropyInput(g, x, index, axis);
    const rows = makeContiguous(axisLast(x, axis));
    // The gradient of a mean is one number for all.
    const isOne = g.strides.every((stride) => stride === 0);
    const gradients = isOne ? g : makeContiguous(g);
    arena.begin();
    touch(rows, gradients, index);
    // A copy is nobody else's and may be overwritten.
    const out = rows.storage === x.storage ? NDArray.allocate(rows.shape, "float32") : rows;
    const columns = x.shape[axis];
    const step = isOne ? 0 : 4;
    const { crossEntropyInput } = softmaxKernels();
    parallel(threadsFor(x.size * NANOSECONDS.softmax), index.size, (first, last, call) => {
      const row = first * columns * 4;
      const [indexAt, gAt] = [index.ptr + first * 4, gradients.ptr + first * step];
      const sizes = [last - first, columns];
      call(crossEntropyInput, rows.ptr + row, indexAt, gAt, step, out.ptr + row, ...sizes);
    });
    if (gradients !== g) arena.dispose(gradients.storage, "temporary");
    return axisBack(out, axis);
  },
};

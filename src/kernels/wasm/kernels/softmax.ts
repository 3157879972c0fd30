/**
 * Softmax, its logarithm, and the cross-entropy of classes given by their indices: one pass over each
 * row.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import { softmaxes as reference } from "../../reference/softmax.ts";
import { axisBack, axisLast, makeContiguous, withContiguous } from "./map.ts";
import { SOFTMAX_WRITERS } from "./softmax_kernel.ts";
import { wideSoftmaxes } from "./softmax_wide.ts";
import { compileEach } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";

/** Softmax and the cross-entropy, in SIMD for float32. */
export const softmaxes: Pick<Kernels, "softmax" | "crossEntropy" | "crossEntropyGradient"> = {
  softmax(x, axis, log): NDArray {
    if (x.dtype !== "float32") return backendOf(x).softmax(x, axis, log);
    const last = x.shape.length - 1;
    if (axis >= last) return alongRows(x, log);
    return axisBack(alongRows(axisLast(x, axis), log), axis);
  },

  crossEntropy(x, index, axis): NDArray {
    if (x.dtype !== "float32") return backendOf(x).crossEntropy(x, index, axis);
    return withContiguous([axisLast(x, axis), index], ([rows]) => {
      const out = NDArray.allocate(index.shape, "float32");
      const columns = x.shape[axis];
      parallel(threadsFor(x.size * NANOSECONDS.softmax), index.size, (first, last, call) => {
        const from = rows.ptr + first * columns * 4;
        const [indexAt, to] = [index.ptr + first * 4, out.ptr + first * 4];
        call(kernels.crossEntropy, from, indexAt, to, last - first, columns);
      });
      return out;
    });
  },

  crossEntropyGradient(g, x, index, axis): NDArray {
    if (x.dtype !== "float32") return backendOf(x).crossEntropyGradient(g, x, index, axis);
    const rows = makeContiguous(axisLast(x, axis));
    // The gradient of a mean is one number for all.
    const isOne = g.strides.every((stride) => stride === 0);
    const gradients = isOne ? g : makeContiguous(g);
    arena.begin();
    touch(rows, gradients, index);
    // A copy belongs to this kernel and may be overwritten.
    const out = rows.storage === x.storage ? NDArray.allocate(rows.shape, "float32") : rows;
    const columns = x.shape[axis];
    const step = isOne ? 0 : 4;
    const { crossEntropyGradient } = kernels;
    parallel(threadsFor(x.size * NANOSECONDS.softmax), index.size, (first, last, call) => {
      const row = first * columns * 4;
      const [indexAt, gAt] = [index.ptr + first * 4, gradients.ptr + first * step];
      const sizes = [last - first, columns];
      call(crossEntropyGradient, rows.ptr + row, indexAt, gAt, step, out.ptr + row, ...sizes);
    });
    if (gradients !== g) arena.free(gradients.storage, "temporary");
    return axisBack(out, axis);
  },
};

/** The kernels for what is not float32. */
function backendOf(x: NDArray): typeof reference {
  return x.dtype === "float64" && x.size > 0 && x.shape.length > 0 ? wideSoftmaxes : reference;
}

const kernels = compileEach(SOFTMAX_WRITERS);

/** Along the last axis, into a new contiguous array. */
function alongRows(x: NDArray, log: boolean): NDArray {
  const dense = makeContiguous(x);
  arena.begin();
  touch(dense);
  // A copy belongs to this kernel and may be overwritten.
  const out = dense === x ? NDArray.allocate(x.shape, "float32") : dense;
  const columns = x.shape[x.shape.length - 1] ?? 1;
  if (x.size > 0) {
    const kernel = log ? kernels.logSoftmax : kernels.softmax;
    const threads = threadsFor(x.size * NANOSECONDS.softmax);
    parallel(threads, x.size / columns, (first, last, call) => {
      const start = first * columns * 4;
      call(kernel, dense.ptr + start, out.ptr + start, last - first, columns);
    });
  }
  return out;
}

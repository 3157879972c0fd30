/**
 * Pooling: one number for each window of a plane.
 *
 * @module
 */

import type { Kernels, Pair, Window } from "../kernels.ts";
import { lowest } from "./convert.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { outputSize } from "../window.ts";
import { beginKernel, NDArray } from "../../storage/ndarray.ts";

/** The reference pooling kernels. */
export const pooling: Pick<Kernels, "maxPool2d" | "avgPool2d" | "avgPool2dGradient"> = {
  maxPool2d(x, window): { output: NDArray; indices: NDArray } {
    const [height, width] = outputSize(x.shape, window);
    const shape = [x.shape[0], x.shape[1], height, width];
    const output = beginKernel([x], shape, x.dtype);
    const indices = NDArray.allocate(shape, "int32");
    const from = x.whole();
    const [, , row, column] = x.strides;
    const largest = output.values().fill(lowest(x.dtype));
    // A window that dilation makes miss the plane altogether keeps -∞ and index 0.
    const found = indices.values().fill(0);
    eachWindow(x, [height, width], (at, start, y, x0) => {
      let best: number | null = null;
      eachElement(x, window, y, x0, (v, u) => {
        const value = from[start + v * row + u * column];
        // Nothing compares with NaN: the first one stays.
        const isFirstNaN = Number.isNaN(value) && !Number.isNaN(largest[at]);
        if (best !== null && !(value > largest[at]) && !isFirstNaN) return;
        best = v * x.shape[3] + u;
        largest[at] = value;
        found[at] = best;
      });
    });
    return { output, indices };
  },

  avgPool2d(x, window): NDArray {
    const [height, width] = outputSize(x.shape, window);
    const out = beginKernel([x], [x.shape[0], x.shape[1], height, width], x.dtype);
    const from = x.whole();
    const [, , row, column] = x.strides;
    const means = out.values();
    const count = window.kernel[0] * window.kernel[1];
    eachWindow(x, [height, width], (at, start, y, x0) => {
      let sum = 0;
      eachElement(x, window, y, x0, (v, u) => {
        sum += from[start + v * row + u * column];
      });
      means[at] = sum / count;
    });
    return out;
  },

  avgPool2dGradient(g, shape, window): NDArray {
    const out = beginKernel([g], shape, g.dtype);
    const sums = new Float64Array(out.size);
    const count = window.kernel[0] * window.kernel[1];
    const from = g.whole();
    const iterator = new StridedIterator(g.shape, [g]);
    eachWindow(out, [g.shape[2], g.shape[3]], (_, start, y, x0) => {
      const share = from[iterator.offsets[0]] / count;
      eachElement(out, window, y, x0, (v, u) => {
        sums[start + v * shape[3] + u] += share;
      });
      iterator.next();
    });
    out.values().set(sums);
    return out;
  },
};

/** Visits all windows of `x` in row-major order: their number, where their plane starts, `y`, `x`. */
function eachWindow(
  x: NDArray,
  [height, width]: Pair,
  visit: (at: number, start: number, y: number, x: number) => void,
): void {
  let at = 0;
  for (let b = 0; b < x.shape[0]; b++) {
    for (let c = 0; c < x.shape[1]; c++) {
      const start = x.offset + b * x.strides[0] + c * x.strides[1];
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) visit(at++, start, y, x);
      }
    }
  }
}

/** Visits the elements of the plane that window `(y, x)` covers, in row-major order. */
function eachElement(
  { shape }: NDArray,
  { kernel, stride, padding, dilation }: Window,
  y: number,
  x: number,
  visit: (v: number, u: number) => void,
): void {
  for (let i = 0; i < kernel[0]; i++) {
    const v = y * stride[0] - padding[0] + i * dilation[0];
    if (v < 0 || v >= shape[2]) continue;
    for (let j = 0; j < kernel[1]; j++) {
      const u = x * stride[1] - padding[1] + j * dilation[1];
      if (u >= 0 && u < shape[3]) visit(v, u);
    }
  }
}

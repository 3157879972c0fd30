/**
 * Softmax and its logarithm.
 *
 * @module
 */

import * as math from "../../math/mod.ts";
import { arena } from "../../storage/arena.ts";
import { NDArray, touch } from "../../storage/ndarray.ts";
import type { Kernels } from "../kernels.ts";
import { Walk } from "../strided_iterator.ts";

/** The reference softmax. */
export const softmaxes: Pick<Kernels, "softmax"> = {
  softmax(x, axis, log): NDArray {
    arena.begin();
    touch(x);
    const out = NDArray.allocate(x.shape, x.dtype);
    // A scalar counts as having one axis, of size 1.
    const length = x.shape[axis] ?? 1;
    const step = x.strides[axis] ?? 0;
    const outStep = out.strides[axis] ?? 0;
    const from = x.whole();
    const to = out.values();
    const starts = x.shape.map((size, other) => (other === axis ? Math.min(size, 1) : size));
    const walk = new Walk(starts, [x, out]);
    for (let done = 0; done < out.size; done += length, walk.next()) {
      const [start, outStart] = walk.at;
      // Dividing through by the largest term leaves the quotient, and keeps exp from overflowing.
      // A row of -∞ gives -∞ - -∞ = NaN: there is no distribution to return.
      let largest = -Infinity;
      for (let i = 0; i < length; i++) largest = Math.max(largest, from[start + i * step]);
      let sum = 0;
      for (let i = 0; i < length; i++) sum += math.exp(from[start + i * step] - largest);
      const logSum = math.log(sum);
      for (let i = 0; i < length; i++) {
        const shifted = from[start + i * step] - largest;
        to[outStart + i * outStep] = log ? shifted - logSum : math.exp(shifted) / sum;
      }
    }
    return out;
  },
};

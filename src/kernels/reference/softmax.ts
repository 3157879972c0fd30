/**
 * Softmax, its logarithm, and the cross-entropy of classes given by their indices.
 *
 * @module
 */

import * as math from "../../math/mod.ts";
import type { Kernels } from "../kernels.ts";
import { StridedIterator } from "../strided_iterator.ts";
import type { Shape } from "../../shape.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";
import { viewReshape } from "../../storage/views.ts";

/** The reference softmax and cross-entropy. */
export const softmaxes: Pick<Kernels, "softmax" | "crossEntropy" | "crossEntropyGradient"> = {
  softmax(x, axis, log): NDArray {
    const out = beginKernel([x], x.shape, x.dtype);
    // A scalar counts as having one axis, of size 1.
    const length = x.shape[axis] ?? 1;
    const step = x.strides[axis] ?? 0;
    const outStep = out.strides[axis] ?? 0;
    const from = x.whole();
    const to = out.values();
    const starts = x.shape.map((size, other) => (other === axis ? Math.min(size, 1) : size));
    const iterator = new StridedIterator(starts, [x, out]);
    for (let done = 0; done < out.size; done += length, iterator.next()) {
      const [start, outStart] = iterator.offsets;
      // Dividing through by the largest term leaves the quotient, and keeps exp from overflowing.
      // A row of -∞ gives -∞ - -∞ = NaN: there is no distribution to return.
      const { largest, sum, logSum } = normalizer(from, start, step, length);
      for (let i = 0; i < length; i++) {
        const shifted = from[start + i * step] - largest;
        to[outStart + i * outStep] = log ? shifted - logSum : math.exp(shifted) / sum;
      }
    }
    return out;
  },

  crossEntropy(x, index, axis): NDArray {
    const out = beginKernel([x, index], index.shape, x.dtype);
    const [step, length] = [x.strides[axis], x.shape[axis]];
    const [from, classes, to] = [x.whole(), index.whole(), out.whole()];
    const [targets, losses] = [index, out].map((array) => alongClasses(array, x.shape, axis));
    const iterator = new StridedIterator(x.shape.with(axis, 1), [x, targets, losses]);
    for (let done = 0; done < out.size; done++, iterator.next()) {
      const [start, target, loss] = iterator.offsets;
      const { largest, logSum } = normalizer(from, start, step, length);
      // 0 − x rather than −x: a loss of nothing is 0, not −0.
      to[loss] = 0 - (from[start + classes[target] * step] - largest - logSum);
    }
    return out;
  },

  crossEntropyGradient(g, x, index, axis): NDArray {
    const out = beginKernel([g, x, index], x.shape, x.dtype);
    const [step, outStep, length] = [x.strides[axis], out.strides[axis], x.shape[axis]];
    const [from, classes, gradients, to] = [x, index, g, out].map((array) => array.whole());
    const [targets, scales] = [index, g].map((array) => alongClasses(array, x.shape, axis));
    const iterator = new StridedIterator(x.shape.with(axis, 1), [x, targets, scales, out]);
    for (let done = 0; done < index.size; done++, iterator.next()) {
      const [start, target, scale, outStart] = iterator.offsets;
      const { largest, logSum } = normalizer(from, start, step, length);
      for (let i = 0; i < length; i++) {
        const probability = math.exp(from[start + i * step] - largest - logSum);
        to[outStart + i * outStep] = probability * gradients[scale];
      }
      to[outStart + classes[target] * outStep] -= gradients[scale];
    }
    return out;
  },
};

/** The largest element of one line, `Σ exp(x − largest)` and the logarithm of that. */
function normalizer(
  x: ArrayLike<number>,
  start: number,
  step: number,
  length: number,
): { largest: number; sum: number; logSum: number } {
  let largest = -Infinity;
  for (let i = 0; i < length; i++) largest = Math.max(largest, x[start + i * step]);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += math.exp(x[start + i * step] - largest);
  return { largest, sum, logSum: math.log(sum) };
}

/** `array`, which has no axis for the classes, as if it had one of size 1 in its place. */
function alongClasses(array: NDArray, shape: Shape, axis: number): NDArray {
  return viewReshape(array, shape.with(axis, 1))!;
}

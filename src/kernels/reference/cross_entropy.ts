/**
 * The cross-entropy of classes given by their indices.
 *
 * @module
 */

import * as math from "../../math/mod.ts";
import type { Shape } from "../../shape.ts";
import { arena } from "../../storage/arena.ts";
import { NDArray, touch } from "../../storage/ndarray.ts";
import { viewReshape } from "../../storage/views.ts";
import type { Kernels } from "../kernels.ts";
import { Walk } from "../strided_iterator.ts";

/** The reference cross-entropy. */
export const crossEntropies: Pick<Kernels, "crossEntropy" | "crossEntropyInput"> = {
  crossEntropy(x, index, axis): NDArray {
    arena.begin();
    touch(x, index);
    const out = NDArray.allocate(index.shape, x.dtype);
    const [step, length] = [x.strides[axis], x.shape[axis]];
    const [from, classes, to] = [x.whole(), index.whole(), out.whole()];
    const [targets, losses] = [index, out].map((array) => alongClasses(array, x.shape, axis));
    const walk = new Walk(x.shape.with(axis, 1), [x, targets, losses]);
    for (let done = 0; done < out.size; done++, walk.next()) {
      const [start, target, loss] = walk.at;
      const { largest, logSum } = normalizer(from, start, step, length);
      // 0 − x rather than −x: a loss of nothing is 0, not −0.
      to[loss] = 0 - (from[start + classes[target] * step] - largest - logSum);
    }
    return out;
  },

  crossEntropyInput(g, x, index, axis): NDArray {
    arena.begin();
    touch(g, x, index);
    const out = NDArray.allocate(x.shape, x.dtype);
    const [step, outStep, length] = [x.strides[axis], out.strides[axis], x.shape[axis]];
    const [from, classes, gradients, to] = [x, index, g, out].map((array) => array.whole());
    const [targets, scales] = [index, g].map((array) => alongClasses(array, x.shape, axis));
    const walk = new Walk(x.shape.with(axis, 1), [x, targets, scales, out]);
    for (let done = 0; done < index.size; done++, walk.next()) {
      const [start, target, scale, outStart] = walk.at;
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

/** `ln Σ exp(x)` of one line, as the sum of its largest element and the logarithm of the rest. */
function normalizer(
  x: ArrayLike<number>,
  start: number,
  step: number,
  length: number,
): { largest: number; logSum: number } {
  let largest = -Infinity;
  for (let i = 0; i < length; i++) largest = Math.max(largest, x[start + i * step]);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += math.exp(x[start + i * step] - largest);
  return { largest, logSum: math.log(sum) };
}

/** `array`, which has no axis for the classes, as if it had one of size 1 in its place. */
function alongClasses(array: NDArray, shape: Shape, axis: number): NDArray {
  return viewReshape(array, shape.with(axis, 1))!;
}

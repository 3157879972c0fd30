/**
 * Softmax and the cross-entropy in float64, made of reductions and elementwise kernels.
 *
 * @module
 */

import { Formula } from "../../formula.ts";
import type { Kernels } from "../../kernels.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import type { Shape } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { type NDArray, touch } from "../../../storage/ndarray.ts";
import { viewReshape } from "../../../storage/views.ts";
import { indexing } from "./indexing.ts";
import { maps } from "./map.ts";
import { reductions } from "./reduce.ts";

const exponential = new Formula("exponential", 2, (k, [x, most]) => k.exp(k.sub(x, most)));
const quotient = new Formula("quotient", 2, (k, [x, total]) => k.div(x, total));
const logarithm = new Formula(
  "logarithm",
  3,
  (k, [x, most, total]) => k.sub(k.sub(x, most), k.log(total)),
);
// 0 − x rather than −x: a loss of nothing is 0, not −0.
const loss = new Formula(
  "loss",
  3,
  (k, [x, most, total]) => k.sub(0, k.sub(k.sub(x, most), k.log(total))),
);
const slope = new Formula(
  "slope",
  4,
  (k, [x, most, total, g]) => k.mul(k.exp(k.sub(k.sub(x, most), k.log(total))), g),
);

/** The kernels of float64; there are elements. */
export const wideSoftmaxes: Pick<Kernels, "softmax" | "crossEntropy" | "crossEntropyGradient"> = {
  softmax(x, axis, log) {
    return withTotals(x, axis, (most, total, terms) => {
      if (log) return map(logarithm, [x, most, total], x.shape);
      maps.mapInto(quotient, [terms, total], terms, "float64");
      return terms;
    });
  },

  crossEntropy(x, index, axis) {
    return withTotals(x, axis, (most, total) => {
      const picked = indexing.gather(x, alongClasses(index, x.shape, axis), axis);
      maps.mapInto(loss, [picked, most, total], picked, "float64");
      return viewReshape(picked, index.shape)!;
    });
  },

  crossEntropyGradient(g, x, index, axis) {
    return withTotals(x, axis, (most, total) => {
      const [targets, scales] = [index, g].map((array) => alongClasses(array, x.shape, axis));
      const out = map(slope, [x, most, total, scales], x.shape);
      // A part of the last kernel, which has brought in the other arrays.
      touch(index);
      const [classes, gradients, to] = [index, g, out].map((array) => array.whole());
      const iterator = new StridedIterator(x.shape.with(axis, 1), [targets, scales, out]);
      for (let done = 0; done < index.size; done++, iterator.next()) {
        const [target, scale, start] = iterator.offsets;
        to[start + classes[target] * out.strides[axis]] -= gradients[scale];
      }
      return out;
    });
  },
};

function map(f: Formula, operands: readonly NDArray[], shape: Shape): NDArray {
  return maps.map(f, operands, shape, "float64", "float64");
}

/**
 * Computes from the largest element of each line, the terms `exp(x − largest)` and their sum, and frees
 * those of them that are not the result.
 */
function withTotals(
  x: NDArray,
  axis: number,
  compute: (most: NDArray, total: NDArray, terms: NDArray) => NDArray,
): NDArray {
  const most = reductions.reduce("max", x, [axis], true, "float64");
  const terms = map(exponential, [x, most], x.shape);
  const total = reductions.reduce("sum", terms, [axis], true, "float64");
  const result = compute(most, total, terms);
  for (const array of [most, total, terms]) {
    if (array.storage !== result.storage) arena.free(array.storage, "temporary");
  }
  return result;
}

/** `array`, which has no axis for the classes, as if it had one of size 1 in its place. */
function alongClasses(array: NDArray, shape: Shape, axis: number): NDArray {
  return viewReshape(array, shape.with(axis, 1))!;
}

/**
 * The loss of classification in one op.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { RawArray } from "../storage/ndarray.ts";
import { checkIndex } from "./check_index.ts";
import { indices, type Op, op, sample } from "./op.ts";

/**
 * yᵢ = −ln softmax(xᵢ)_tᵢ for classes along an axis and indices t without it;
 * gₓ = g (softmax(x) − onehot(t)).
 *
 * The probabilities are computed again in the gradient, so nothing of the size of x is kept.
 */
export const crossEntropy: Op<number> = op<number>({
  name: "crossEntropy",
  reads: [[0, 1]],
  forward(k, [x, index], axis) {
    checkOperands(x, index, axis);
    return k.crossEntropy(x, checkIndex(k, "crossEntropy", index, x.shape, axis), axis);
  },
  backward: (k, g, { inputs: [x, index], attrs: axis }) => [
    () => k.crossEntropyInput(g, x, index, axis),
  ],
  samples: [
    { inputs: [sample([2, 3]), indices([2], [2, 0])], attrs: 1 },
    { inputs: [sample([2, 3, 2]), indices([2, 2], [0, 2, 1, 0])], attrs: 1 },
  ],
});

/**
 * y = g (p − onehot(t)) with p = softmax(x), the gradient of `crossEntropy`; with s = ḡ g,
 * g_g = Σ ḡ p − ḡ_t and gₓ = p (s − Σ s p), sums over the classes.
 */
export const crossEntropyInput: Op<number> = op<number>({
  name: "crossEntropyInput",
  reads: [[1, 2], [0, 1]],
  forward(k, [g, x, index], axis) {
    checkOperands(x, index, axis);
    const classes = checkIndex(k, "crossEntropyInput", index, x.shape, axis);
    return k.crossEntropyInput(g, x, classes, axis);
  },
  backward(k, gg, { inputs: [g, x, index], shapes: [, shape], attrs: axis }) {
    const beside = shape.with(axis, 1);
    const over = { axes: [axis], keepDims: true };
    return [
      () => {
        const chosen = k.gather(gg, k.reshape(index, beside), axis);
        const mean = k.sum(k.mul(gg, k.softmax(x, axis)), over);
        return k.reshape(k.sub(mean, chosen), shape.toSpliced(axis, 1));
      },
      () => {
        const p = k.softmax(x, axis);
        const s = k.mul(gg, k.reshape(g, beside));
        return k.mul(p, k.sub(s, k.sum(k.mul(p, s), over)));
      },
    ];
  },
  samples: [
    { inputs: [sample([2]), sample([2, 3]), indices([2], [2, 0])], attrs: 1 },
    { inputs: [sample([2, 2]), sample([2, 3, 2]), indices([2, 2], [0, 2, 1, 0])], attrs: 1 },
  ],
});

function checkOperands(x: RawArray, index: RawArray, axis: number): void {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(`Cannot crossEntropy ${x.dtype}: convert it with .to("float32")`);
  }
  const expected = x.shape.toSpliced(axis, 1);
  if (sameShape(index.shape, expected)) return;
  throw new ShapeError(
    `Cannot crossEntropy ${formatShape(x.shape)} over axis ${axis} with indices ` +
      `${formatShape(index.shape)}: they must be ${formatShape(expected)}`,
    x.shape,
    index.shape,
  );
}

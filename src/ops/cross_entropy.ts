/**
 * The loss of classification in one op.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { ElementFunction } from "../kernels/element_function.ts";
import { formatShape, sameShape, type Shape } from "../shape.ts";
import { viewReshape } from "../storage/views.ts";
import { checkIndex } from "./check_index.ts";
import { mapElements } from "./elementwise.ts";
import { indices, type Op, op, sample } from "./op.ts";

// 0 − x rather than −x: a loss of nothing is 0, not −0.
const negate = new ElementFunction("negate", 1, (k, [x]) => k.sub(0, x));

const residual = new ElementFunction(
  "the gradient of crossEntropy",
  3,
  (k, [probability, g, chosen]) => k.sub(k.mul(probability, g), chosen),
);

const samples = [
  { inputs: [sample([2, 3]), indices([2], [2, 0])], attrs: 1 },
  { inputs: [sample([2, 3, 2]), indices([2, 2], [0, 2, 1, 0])], attrs: 1 },
];

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
    checkShapes(x.shape, index.shape, axis);
    if (!isFloat(x.dtype)) {
      throw new DTypeError(`Cannot crossEntropy ${x.dtype}: convert it with .to("float32")`);
    }
    const beside = index.shape.toSpliced(axis, 0, 1);
    const classes = checkIndex(k, "crossEntropy", index, x.shape, axis);
    const chosen = k.gather(k.softmax(x, axis, true), viewReshape(classes, beside)!, axis);
    return mapElements(k, negate, [viewReshape(chosen, index.shape)!]);
  },
  backward: (k, g, { inputs: [x, index], shapes: [shape], attrs: axis }) => [() => {
    const beside = g.shape.toSpliced(axis, 0, 1);
    const gradient = k.reshape(g, beside);
    const chosen = k.scatterAdd(gradient, k.reshape(index, beside), { shape, axis });
    return k.map(residual, [k.softmax(x, axis), gradient, chosen]);
  }],
  samples,
});

function checkShapes(x: Shape, index: Shape, axis: number): void {
  const expected = x.toSpliced(axis, 1);
  if (sameShape(index, expected)) return;
  throw new ShapeError(
    `Cannot crossEntropy ${formatShape(x)} over axis ${axis} with indices ${formatShape(index)}: ` +
      `they must be ${formatShape(expected)}`,
    x,
    index,
  );
}

/**
 * The smooth maximum.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { ElementFunction } from "../kernels/formula.ts";
import { reducedShape } from "../shape.ts";
import { viewReshape } from "../storage/views.ts";
import { mapElements } from "./elementwise.ts";
import { type ReduceAttrs, restoreAxes } from "./rule_ops.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";

// An infinite maximum is not subtracted: ∞ − ∞ is NaN.
const shiftedExp = new ElementFunction(
  "shiftedExp",
  2,
  (k, [x, most]) => k.exp(k.where(k.lt(k.abs(most), Infinity), k.sub(x, most), x)),
);

const restoredLog = new ElementFunction(
  "restoredLog",
  2,
  (k, [sum, most]) => k.add(k.log(sum), most),
);

/** y = ln Σ eˣ along axes, without overflow; gₓ = g eˣ⁻ʸ, the softmax. */
export const logsumexp: Op<ReduceAttrs> = op<ReduceAttrs>({
  name: "logsumexp",
  reads: [[0, OUTPUT]],
  forward(k, [x], { axes, keepDims }) {
    if (!isFloat(x.dtype)) {
      throw new DTypeError(`Cannot logsumexp ${x.dtype}: convert it with .to("float32")`);
    }
    const most = k.reduce("max", x, axes, true, x.dtype);
    const sum = k.reduce("sum", mapElements(k, shiftedExp, [x, most]), axes, true, "float64");
    // The logarithm and the maximum may cancel.
    const result = k.map(restoredLog, [sum, most], most.shape, "float64", x.dtype);
    return keepDims ? result : viewReshape(result, reducedShape(x.shape, axes, false))!;
  },
  backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
    const y = restoreAxes(k, output, shape, attrs);
    return k.mul(restoreAxes(k, g, shape, attrs), k.exp(k.sub(x, y)));
  }],
  samples: [
    { inputs: [sample([2, 3])], attrs: { axes: [0, 1], keepDims: false } },
    { inputs: [sample([2, 3, 2])], attrs: { axes: [1], keepDims: true } },
    { inputs: [sample([2, 3, 2])], attrs: { axes: [0, 2], keepDims: false } },
    { inputs: [sample([])], attrs: { axes: [], keepDims: false } },
    { inputs: [sample([2, 0])], attrs: { axes: [1], keepDims: false } },
  ],
});

/**
 * Lengths of vectors.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { ElementFunction } from "../kernels/formula.ts";
import { mapElements } from "./elementwise.ts";
import { type ReduceAttrs, restoreAxes } from "./rule_ops.ts";
import { nonZero } from "./non_zero.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";

/** Options of `norm`. */
export interface NormAttrs extends ReduceAttrs {
  /** The exponent; finite and not 0. */
  readonly order: number;
}

const squared = new ElementFunction("square", 1, (k, [x]) => k.mul(x, x));
const root = new ElementFunction("root", 1, (k, [x]) => k.sqrt(x));
const power = new ElementFunction("power", 2, (k, [x, p]) => k.pow(k.abs(x), p));

/** (Σ |x|ᵖ)^(1/p); gₓ = g · sign x · (|x| / y)ᵖ⁻¹, and 0 where x or the norm is 0. */
export const norm: Op<NormAttrs> = op<NormAttrs>({
  name: "norm",
  reads: [[0, OUTPUT]],
  forward(k, [x], { axes, keepDims, order }) {
    if (!isFloat(x.dtype)) {
      throw new DTypeError(`Cannot take the norm of ${x.dtype}: convert it with .to("float32")`);
    }
    const powers = order === 2 ? mapElements(k, squared, [x]) : mapElements(k, power, [x, order]);
    const total = k.reduce("sum", powers, axes, keepDims, "float64");
    const [f, operands] = order === 2 ? [root, [total]] : [power, [total, 1 / order]];
    return k.map(f, operands, total.shape, "float64", x.dtype);
  },
  backward: (k, g, { inputs: [x], output, shapes: [shape], attrs }) => [() => {
    const y = restoreAxes(k, output, shape, attrs);
    const length = nonZero(k, y);
    const scale = k.where(k.eq(y, 0), 0, restoreAxes(k, g, shape, attrs));
    if (attrs.order === 2) return k.mul(scale, k.div(x, length));
    // Below p = 1 the power of 0 is infinite, and its product with the sign would be NaN.
    const slope = k.pow(k.div(k.abs(nonZero(k, x)), length), attrs.order - 1);
    return k.mul(scale, k.mul(k.sign(x), slope));
  }],
  samples: [
    { inputs: [sample([2, 3])], attrs: { axes: [0, 1], keepDims: false, order: 2 } },
    { inputs: [sample([2, 3, 2])], attrs: { axes: [1], keepDims: true, order: 2 } },
    { inputs: [sample([2, 3])], attrs: { axes: [1], keepDims: false, order: 3 } },
    { inputs: [sample([2, 3], 0.5, 2)], attrs: { axes: [0], keepDims: false, order: 0.5 } },
    { inputs: [sample([2, 0])], attrs: { axes: [1], keepDims: false, order: 2 } },
  ],
});

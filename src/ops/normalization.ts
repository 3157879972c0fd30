/**
 * Normalization: mean 0 and variance 1 along some axes, in one op for all layers that do it.
 *
 * @module
 */

import { checkFloat } from "../checks.ts";
import type { Operand } from "../kernels/arithmetic.ts";
import { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { elementwise, mapElements } from "./elementwise.ts";
import { countOf } from "../shape.ts";
import { inverseDeviationOf, meanSquareOf, momentsOf } from "./moments.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";
import type { StandardizeAttrs } from "./rule_ops.ts";

const standardized = new Formula("standardize", 3, (k, [x, mean, r]) => k.mul(k.sub(x, mean), r));
const gradient = new Formula(
  "the gradient of standardize",
  5,
  (k, [g, y, r, meanG, meanGY]) => k.mul(r, k.sub(k.sub(g, meanG), k.mul(y, meanGY))),
);

const attrs: StandardizeAttrs = { axes: [1, 2], eps: 1e-5, centered: true };
const samples = [
  { inputs: [sample([2, 3, 4])], attrs },
  { inputs: [sample([3, 2, 3])], attrs: { ...attrs, axes: [0, 2] } },
  { inputs: [sample([2, 5])], attrs: { axes: [1], eps: 0.1, centered: false } },
  { inputs: [sample([0, 3, 2])], attrs },
];

/** The mean x̄ that `standardize` subtracts, and its factor r. */
function statistics(
  k: Kernels,
  x: NDArray,
  { axes, eps, centered }: StandardizeAttrs,
): { readonly mean: Operand<NDArray>; readonly r: NDArray } {
  checkFloat("normalize", x);
  if (centered) {
    const { mean, variance } = momentsOf(k, x, axes);
    return { mean, r: inverseDeviationOf(k, variance, eps, x.dtype) };
  }
  return { mean: 0, r: inverseDeviationOf(k, meanSquareOf(k, x, axes), eps, x.dtype) };
}

/**
 * y = (x − x̄) r with r = 1 / √(σ² + ε), along some axes; if not `centered`, x̄ = 0 and σ² is the mean
 * of x². Callers that have x̄ and r already pass them as further inputs.
 *
 * Both depend on x, so gₓ = r (g − mean g − y · mean(g y)), without `mean g` if not centered.
 */
export const standardize: Op<StandardizeAttrs> = op({
  name: "standardize",
  arity: 1,
  reads: [[0, 2, OUTPUT]],
  forward(k, inputs, attrs) {
    const [x, mean, r] = inputs;
    if (r !== undefined) return mapElements(k, standardized, [x, mean, r]);
    const own = statistics(k, x, attrs);
    return [mapElements(k, standardized, [x, own.mean, own.r]), own.r];
  },
  backward: (k, g, { inputs: [x, , given], output: y, saved: [own], shapes: [shape], attrs }) => [
    () => {
      const kept = { axes: attrs.axes, keepDims: true };
      const n = countOf(shape, attrs.axes);
      const r = k.inverseDeviation(x, given ?? own, attrs);
      const meanG = attrs.centered ? k.div(k.sum(g, kept), n) : 0;
      const meanGY = k.div(k.sum(k.mul(g, y), kept), n);
      return k.map(gradient, [g, y, r, meanG, meanGY]);
    },
  ],
  samples,
});

/**
 * The factor r of `standardize`, for its gradient. The forward has computed its value, which comes as the
 * second input; the op adds the dependence on x, for second derivatives: gₓ = −g r² y / n.
 */
export const inverseDeviation: Op<StandardizeAttrs> = op({
  name: "inverseDeviation",
  arity: 2,
  reads: [[0, OUTPUT]],
  forward: (k, [x, known], attrs) => known ?? statistics(k, x, attrs).r,
  backward: (k, g, { inputs: [x], output: r, shapes: [shape], attrs }) => [() => {
    const factor = k.div(k.mul(g, k.mul(r, r)), -countOf(shape, attrs.axes));
    return k.mul(factor, k.standardize(x, attrs));
  }],
  samples,
});

/** x · scale + shift, in one pass. */
export const scaleShift: Op<void> = elementwise({
  name: "scaleShift",
  arity: 3,
  float: true,
  forward: (k, [x, scale, shift]) => k.add(k.mul(x, scale), shift),
  backward: (k, g, [x, scale]) => [k.mul(g, scale), k.mul(g, x), g],
});

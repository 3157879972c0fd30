/**
 * Matrix products, and distances of rows from rows.
 *
 * Their callers have checked the shapes, which are not always those that the user passed, and those of
 * `cross` and `cdist` the dtypes (`tensor/matmul.ts`).
 *
 * @module
 */

import { checkBias, checkSameDtype } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { broadcastShapes } from "../shape.ts";
import {
  spansAlong,
  viewBatches,
  viewExpand,
  viewPermute,
  viewReshape,
  viewSlice,
} from "../storage/views.ts";
import { addProducts } from "./integers.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";
import { nonZero, transposed } from "./rule_ops.ts";

function multiply(
  k: Kernels,
  action: string,
  ...inputs: readonly [a: NDArray, b: NDArray, bias: NDArray | null]
): NDArray {
  return addProducts(k, action, inputs, (...inputs) => k.matmul(...inputs));
}

/** `[…, m, k] · […, k, n] → […, m, n]`; batch axes broadcast. */
export const matmul: Op<void> = op({
  name: "matmul",
  reads: [[1], [0]],
  forward(k, [a, b]) {
    checkSameDtype("matmul", a, b);
    return multiply(k, "matmul", ...viewBatches(a, b, "matmul"), null);
  },
  backward: (k, g, { inputs: [a, b] }) => [
    () => k.matmul(g, transposed(k, b)),
    () => k.matmul(transposed(k, a), g),
  ],
  samples: [
    { inputs: [sample([2, 3]), sample([3, 4])] },
    { inputs: [sample([2, 1, 2, 3]), sample([3, 3, 2])] },
    { inputs: [sample([1, 3, 2]), sample([3, 2, 2])] },
    { inputs: [sample([2, 0]), sample([0, 3])] },
    { inputs: [sample([0, 2, 3]), sample([3, 2])] },
  ],
});

/** `[k] · [k] → []` */
export const dot: Op<void> = op({
  name: "dot",
  reads: [[1], [0]],
  forward(k, [a, b]) {
    checkSameDtype("dot", a, b);
    const [row, column] = [viewReshape(a, [1, a.size])!, viewReshape(b, [b.size, 1])!];
    return viewReshape(multiply(k, "dot", row, column, null), [])!;
  },
  backward: (k, g, { inputs: [a, b] }) => [() => k.mul(g, b), () => k.mul(g, a)],
  samples: [
    { inputs: [sample([5]), sample([5])] },
    { inputs: [sample([0]), sample([0])] },
  ],
});

/** `x [n, in] · weight [out, in]ᵀ + bias [out] → [n, out]`; the bias may be absent. */
export const linear: Op<void> = op({
  name: "linear",
  arity: 2,
  reads: [[1], [0], []],
  forward(k, [x, weight, bias = null]) {
    checkSameDtype("linear", x, weight);
    checkBias("linear", bias, weight);
    return multiply(k, "linear", x, viewPermute(weight, [1, 0]), bias);
  },
  backward: (k, g, { inputs: [x, weight] }) => [
    () => k.matmul(g, weight),
    () => k.matmul(transposed(k, g), x),
    () => g,
  ],
  samples: [
    { inputs: [sample([3, 2]), sample([4, 2]), sample([4])] },
    { inputs: [sample([3, 2]), sample([4, 2])] },
    { inputs: [sample([0, 2]), sample([4, 2]), sample([4])] },
  ],
});

const crossed = new Formula(
  "cross",
  4,
  (k, [a1, a2, b1, b2]) => k.sub(k.mul(a1, b2), k.mul(a2, b1)),
);

/**
 * The vector product of vectors of three elements along an axis: `a₁ b₂ − a₂ b₁` and so on in turns. As
 * `g · (a × b)` is the same in all turns of the three, `g_a = b × g` and `g_b = g × a`.
 */
export const cross: Op<number> = op({
  name: "cross",
  reads: [[1], [0]],
  forward(k, [a, b], axis) {
    const shape = broadcastShapes(a.shape, b.shape, "cross");
    const [left, right] = [a, b].map((x) => viewExpand(x, shape));
    const entry = (x: NDArray, i: number) => viewSlice(x, spansAlong(shape, axis, i % 3, 1));
    arena.begin();
    const out = NDArray.allocate(shape, a.dtype);
    for (const i of [0, 1, 2]) {
      const operands = [left, right].flatMap((x) => [entry(x, i + 1), entry(x, i + 2)]);
      k.mapInto(crossed, operands, entry(out, i), a.dtype);
    }
    return out;
  },
  backward: (k, g, { inputs: [a, b], attrs: axis }) => [
    () => k.cross(b, g, axis),
    () => k.cross(g, a, axis),
  ],
  samples: [
    { inputs: [sample([2, 3]), sample([2, 3], 1.7, -2.1)], attrs: 1 },
    { inputs: [sample([3, 2]), sample([3, 1], 1.7, -2.1)], attrs: 0 },
  ],
});

/**
 * The Euclidean distance of every row of `a` from every row of `b`; `g_a = Σ_j g / y · (a − b_j)`, and 0
 * where two rows are equal.
 */
export const cdist: Op<void> = op({
  name: "cdist",
  reads: [[0, 1, OUTPUT], [0, 1, OUTPUT]],
  forward: (k, [a, b]) => k.distances(...viewBatches(a, b, "cdist")),
  backward: (k, g, { inputs: [a, b], output: y }) => {
    const weights = () => k.where(k.eq(y, 0), 0, k.div(g, nonZero(k, y)));
    return [
      () => k.weightedDifferences(weights(), a, b),
      () => k.weightedDifferences(transposed(k, weights()), b, a),
    ];
  },
  samples: [
    { inputs: [sample([2, 3]), sample([4, 3], 2.3, -1.7)] },
    { inputs: [sample([2, 2, 3]), sample([5, 3], 2.3, -1.7)] },
    { inputs: [sample([2, 3]), sample([0, 3])] },
  ],
});

/** `Σ_j w_ij (a_i − b_j)`: the gradient of `cdist`. */
export const weightedDifferences: Op<void> = op({
  name: "weightedDifferences",
  reads: [[1, 2], [0], [0]],
  forward(k, [weights, a, b]) {
    const batch = weights.shape.slice(0, -2);
    const [left, right] = [a, b].map((x) => viewExpand(x, [...batch, ...x.shape.slice(-2)]));
    return k.weightedDifferences(weights, left, right);
  },
  backward: (k, g, { inputs: [w, a, b] }) => [
    () => {
      const [rows, others] = [[g, a], [b]].map((values, i) =>
        values.map((x) => k.reshape(x, x.shape.toSpliced(i === 0 ? -1 : -2, 0, 1)))
      );
      const terms = k.mul(rows[0], k.sub(rows[1], others[0]));
      return k.sum(terms, { axes: [terms.shape.length - 1], keepDims: false });
    },
    () => k.mul(g, k.sum(w, { axes: [w.shape.length - 1], keepDims: true })),
    () => k.neg(k.matmul(transposed(k, w), g)),
  ],
  samples: [
    { inputs: [sample([2, 4]), sample([2, 3], 2.3, -1.7), sample([4, 3])] },
    { inputs: [sample([2, 2, 5]), sample([2, 3], 2.3, -1.7), sample([2, 5, 3])] },
  ],
});

/**
 * Two-dimensional convolution (cross-correlation, as in every deep-learning library).
 *
 * Convolution is bilinear in `x` and `weight`. Its two gradients are bilinear as well, and each of
 * the three is a gradient of the other two, so the set is closed under differentiation.
 *
 * @module
 */

import type { Convolution } from "../kernels/kernels.ts";
import { addProducts } from "./integers.ts";
import { type Op, op, sample } from "./op.ts";
import type { WindowOn } from "./rule_ops.ts";

const window: Convolution = {
  kernel: [2, 2],
  stride: [2, 1],
  padding: [1, 0],
  dilation: [1, 2],
  groups: 2,
};
const plain: Convolution = {
  kernel: [3, 2],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};
const x = sample([2, 2, 4, 5]);
const weight = sample([4, 1, 2, 2]);
const g = sample([2, 4, 3, 3]);

/**
 * `x [n, c, h, w]` with `weight [o, c / groups, kh, kw]`, plus a bias `[o]` if there is one; callers have
 * checked that they fit.
 */
export const conv2d: Op<Convolution> = op({
  name: "conv2d",
  arity: 2,
  reads: [[1], [0], []],
  forward: (k, [x, weight, bias = null], window) =>
    addProducts(k, "conv2d", [x, weight, bias], (...inputs) => k.conv2d(...inputs, window)),
  backward: (k, g, { inputs: [x, weight], shapes, attrs: window }) => [
    () => k.conv2dInputGradient(g, weight, { shape: shapes[0], window }),
    () => k.conv2dWeightGradient(g, x, { shape: shapes[1], window }),
    () => k.sum(g, { axes: [0, 2, 3], keepDims: false }),
  ],
  samples: [
    { inputs: [x, weight, sample([4])], attrs: window },
    { inputs: [sample([1, 2, 3, 3]), sample([3, 2, 3, 2])], attrs: plain },
    { inputs: [sample([0, 2, 3, 3]), sample([3, 2, 3, 2]), sample([3])], attrs: plain },
  ],
});

/** The gradient of `conv2d` for its input. */
export const conv2dInputGradient: Op<WindowOn<Convolution>> = op({
  name: "conv2dInputGradient",
  reads: [[1], [0]],
  forward: (k, [g, weight], { shape, window }) =>
    addProducts(
      ...[k, "conv2dInputGradient", [g, weight, null]] as const,
      (g, weight) => k.conv2dInputGradient(g, weight, shape, window),
    ),
  backward: (k, gg, { inputs: [g, weight], shapes, attrs: { window } }) => [
    () => k.conv2d(gg, weight, window),
    () => k.conv2dWeightGradient(g, gg, { shape: shapes[1], window }),
  ],
  samples: [{ inputs: [g, weight], attrs: { shape: [2, 2, 4, 5], window } }],
});

/** The gradient of `conv2d` for its weight. */
export const conv2dWeightGradient: Op<WindowOn<Convolution>> = op({
  name: "conv2dWeightGradient",
  reads: [[1], [0]],
  forward: (k, [g, x], { shape, window }) => k.conv2dWeightGradient(g, x, shape, window),
  backward: (k, gg, { inputs: [g, x], shapes, attrs: { window } }) => [
    () => k.conv2d(x, gg, window),
    () => k.conv2dInputGradient(g, gg, { shape: shapes[1], window }),
  ],
  samples: [{ inputs: [g, x], attrs: { shape: [4, 1, 2, 2], window } }],
});

/**
 * Pooling over windows of the last two axes.
 *
 * @module
 */

import type { Window } from "../kernels/kernels.ts";
import type { Shape } from "../shape.ts";
import { indices, type Op, op, sample } from "./op.ts";
import type { WindowOn } from "./rule_ops.ts";

const window: Window = { kernel: [2, 3], stride: [2, 1], padding: [1, 1], dilation: [1, 1] };

/**
 * The largest element of each window; the gradient goes to the first of equal ones. Callers have checked
 * that windows fit.
 */
export const maxPool2d: Op<Window> = op({
  name: "maxPool2d",
  forward(k, [x], window) {
    const { output, indices } = k.maxPool2d(x, window);
    return [output, indices];
  },
  backward: (k, g, { shapes: [[n, c, h, w]], saved: [found] }) => [() => {
    const [, , oh, ow] = g.shape;
    const planes = k.reshape(g, [n, c, oh * ow]);
    const places = k.reshape(found, [n, c, oh * ow]);
    return k.reshape(k.maxPool2dGradient(planes, places, [n, c, h * w]), [n, c, h, w]);
  }],
  samples: [
    { inputs: [sample([2, 1, 4, 5])], attrs: window },
    { inputs: [sample([1, 2, 5, 4])], attrs: { ...window, dilation: [2, 1] } },
    { inputs: [sample([1, 1, 3, 4])], attrs: { ...window, kernel: [2, 2] } },
    { inputs: [sample([0, 1, 4, 5])], attrs: window },
  ],
});

/**
 * The gradient of `maxPool2d` on planes `[n, c, h · w]`: adds up, at each place, the gradients of the
 * windows in which it was the largest. It is `scatterAdd` without a check of the indices, since only
 * `maxPool2d` can have made them.
 */
export const maxPool2dGradient: Op<Shape> = op({
  name: "maxPool2dGradient",
  reads: [[1]],
  forward: (k, [g, places], shape) => k.scatterAdd(shape, places, g, 2),
  backward: (k, gg, { inputs: [, places] }) => [() => k.gather(gg, places, 2)],
  samples: [
    { inputs: [sample([2, 1, 3]), indices([2, 1, 3], [0, 4, 4, 2, 2, 2])], attrs: [2, 1, 6] },
    { inputs: [sample([0, 1, 3]), indices([0, 1, 3], [])], attrs: [0, 1, 6] },
  ],
});

/** The mean of each window, the border counted as zeros; callers have checked that windows fit. */
export const avgPool2d: Op<Window> = op({
  name: "avgPool2d",
  forward: (k, [x], window) => k.avgPool2d(x, window),
  backward: (k, g, { shapes: [shape], attrs: window }) => [
    () => k.avgPool2dGradient(g, { shape, window }),
  ],
  samples: [
    { inputs: [sample([2, 1, 4, 5])], attrs: window },
    { inputs: [sample([0, 1, 4, 5])], attrs: window },
  ],
});

/** The gradient of `avgPool2d`. */
export const avgPool2dGradient: Op<WindowOn<Window>> = op({
  name: "avgPool2dGradient",
  forward: (k, [g], { shape, window }) => k.avgPool2dGradient(g, shape, window),
  backward: (k, gg, { attrs: { window } }) => [() => k.avgPool2d(gg, window)],
  samples: [{ inputs: [sample([2, 1, 3, 5])], attrs: { shape: [2, 1, 4, 5], window } }],
});

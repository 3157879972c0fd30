/**
 * Losses, before their mean or sum is taken.
 *
 * Those that compare elements are one formula each, so value and gradient are one pass each.
 *
 * @module
 */

import { checkFloat } from "../checks.ts";
import { contiguous, elementwise } from "./elementwise.ts";
import { indices, type Op, op, sample } from "./op.ts";
import { softplusTail } from "./rule_ops.ts";

const probabilities = sample([2, 3], 0.1, 0.9);

/** ½ (x − t)² up to |x − t| = δ, and on its tangent δ (|x − t| − ½ δ) beyond. */
export const huberLoss: Op<void> = elementwise({
  name: "huberLoss",
  float: true,
  forward: (k, [x, t, delta]) => {
    const distance = k.abs(k.sub(x, t));
    const near = k.minimum(distance, delta);
    return k.mul(near, k.sub(distance, k.mul(0.5, near)));
  },
  backward: (k, g, [x, t, delta]) => {
    const slope = k.minimum(k.maximum(k.sub(x, t), k.neg(delta)), delta);
    return [k.mul(g, slope), k.neg(k.mul(g, slope))];
  },
  samples: [[sample([2, 3]), sample([2, 3], -1, 1.3), 0.7]],
});

/**
 * −t ln p − (1 − t) ln(1 − p), with logarithms of at least −100; gₚ = g (p − t) / (p (1 − p)), where
 * the denominator is at least 10⁻¹².
 */
export const binaryCrossEntropy: Op<void> = elementwise({
  name: "binaryCrossEntropy",
  float: true,
  forward: (k, [p, t]) => {
    const no = k.maximum(k.log1p(k.neg(p)), -100);
    return k.sub(k.mul(k.sub(t, 1), no), k.mul(t, k.maximum(k.log(p), -100)));
  },
  backward: (k, g, [p, t]) => [
    k.div(k.mul(g, k.sub(p, t)), k.maximum(k.mul(k.sub(1, p), p), 1e-12)),
    k.mul(g, k.sub(k.maximum(k.log1p(k.neg(p)), -100), k.maximum(k.log(p), -100))),
  ],
  samples: [[probabilities, sample([2, 3], 0.8, 0)]],
});

/**
 * −w t ln σ(x) − (1 − t) ln(1 − σ(x)), where −ln σ(x) = max(−x, 0) + ln(1 + e⁻ˡˣˡ) and
 * −ln(1 − σ(x)) = max(x, 0) + ln(1 + e⁻ˡˣˡ): a sum that cannot cancel for t from 0 to 1.
 */
export const binaryCrossEntropyWithLogits: Op<void> = elementwise({
  name: "binaryCrossEntropyWithLogits",
  float: true,
  forward: (k, [x, t, w]) => {
    const yes = k.add(k.maximum(k.neg(x), 0), softplusTail(k, x));
    const no = k.add(k.maximum(x, 0), softplusTail(k, x));
    return k.add(k.mul(k.mul(w, t), yes), k.mul(k.sub(1, t), no));
  },
  backward: (k, g, [x, t, w]) => {
    const yes = k.add(k.maximum(k.neg(x), 0), softplusTail(k, x));
    const slope = k.sub(k.mul(k.add(1, k.mul(k.sub(w, 1), t)), k.sigmoid(x)), k.mul(w, t));
    return [
      k.mul(g, slope),
      // At w = 1 the infinite loss of a certain mistake does not count.
      k.mul(g, k.sub(k.where(k.eq(w, 1), 0, k.mul(k.sub(w, 1), yes)), x)),
      k.mul(g, k.mul(t, yes)),
    ];
  },
  samples: [
    [sample([2, 3]), probabilities, 1],
    [sample([2, 3]), probabilities, sample([3], 0.5, 2)],
  ],
});

/** t (ln t − x), and 0 where t is 0. */
export const klDiv: Op<void> = elementwise({
  name: "klDiv",
  float: true,
  forward: (k, [x, t]) => k.where(k.eq(t, 0), 0, k.mul(t, k.sub(k.log(t), x))),
  backward: (k, g, [x, t]) => [
    k.neg(k.mul(g, t)),
    k.mul(g, k.sub(k.add(k.log(t), 1), x)),
  ],
  samples: [[sample([2, 3]), probabilities]],
});

/** eᵗ (t − x), and 0 where eᵗ is 0. */
export const klDivLogTarget: Op<void> = elementwise({
  name: "klDivLogTarget",
  arity: 2,
  float: true,
  forward: (k, [x, t]) => k.where(k.eq(k.exp(t), 0), 0, k.mul(k.exp(t), k.sub(t, x))),
  backward: (k, g, [x, t]) => [
    k.neg(k.mul(g, k.exp(t))),
    k.mul(g, k.where(k.eq(k.exp(t), 0), 0, k.mul(k.exp(t), k.add(k.sub(t, x), 1)))),
  ],
});

/** λ − t ln(λ + ε): the negative log-likelihood of a count t with mean λ, without terms of t alone. */
export const poissonNllLossOfRate: Op<void> = elementwise({
  name: "poissonNllLossOfRate",
  float: true,
  forward: (k, [x, t, eps]) => k.sub(x, k.mul(t, k.log(k.add(x, eps)))),
  backward: (k, g, [x, t, eps]) => [
    k.mul(g, k.sub(1, k.div(t, k.add(x, eps)))),
    k.neg(k.mul(g, k.log(k.add(x, eps)))),
  ],
  samples: [[sample([2, 3], 0.5, 3), sample([2, 3], 4, 0), 0.01]],
});

/** eˣ − t x: the same for λ = eˣ. */
export const poissonNllLoss: Op<void> = elementwise({
  name: "poissonNllLoss",
  arity: 2,
  float: true,
  forward: (k, [x, t]) => k.sub(k.exp(x), k.mul(t, x)),
  backward: (k, g, [x, t]) => [k.mul(g, k.sub(k.exp(x), t)), k.neg(k.mul(g, x))],
});

/** Stirling's t ln t − t + ½ ln(2πt) for ln t! where t is above 1, elsewhere 0. */
export const stirling: Op<void> = elementwise({
  name: "stirling",
  float: true,
  forward: (k, [t]) => {
    const half = k.mul(0.5, k.log(k.mul(2 * Math.PI, t)));
    return k.where(k.gt(t, 1), k.add(k.sub(k.mul(t, k.log(t)), t), half), 0);
  },
  backward: (k, g, [t]) => [k.where(k.gt(t, 1), k.mul(g, k.add(k.log(t), k.div(0.5, t))), 0)],
  samples: [[sample([2, 3], 0.2, 4)]],
});

/**
 * ½ (ln v + (x − t)² / v) for a variance v that counts as at least ε; the gradient passes through
 * that bound, so that a variance below it is pushed up.
 */
export const gaussianNllLoss: Op<void> = elementwise({
  name: "gaussianNllLoss",
  float: true,
  forward: (k, [x, t, v, eps]) => {
    const variance = k.maximum(v, eps);
    const error = k.sub(x, t);
    return k.mul(0.5, k.add(k.log(variance), k.div(k.mul(error, error), variance)));
  },
  backward: (k, g, [x, t, v, eps]) => {
    const variance = k.maximum(v, eps);
    const error = k.sub(x, t);
    const slope = k.div(error, variance);
    return [
      k.mul(g, slope),
      k.neg(k.mul(g, slope)),
      k.mul(g, k.div(k.mul(0.5, k.sub(1, k.mul(error, slope))), variance)),
    ];
  },
  samples: [[sample([2, 3]), sample([2, 3], 1, -1), sample([2, 1], 0.5, 2), 0.01]],
});

const signs = indices([2, 3], [1, -1, 1, -1, -1, 1]);

/** x where y = 1, max(0, margin − x) where y = −1; at the margin the gradient is −1. */
export const hingeEmbeddingLoss: Op<void> = elementwise({
  name: "hingeEmbeddingLoss",
  float: true,
  forward: (k, [x, y, margin]) => k.where(k.eq(y, 1), x, k.maximum(k.sub(margin, x), 0)),
  backward: (k, g, [x, y, margin]) => [
    k.where(k.eq(y, 1), g, k.where(k.le(x, margin), k.neg(g), 0)),
    0,
  ],
  samples: [[sample([2, 3]), signs, 0.7]],
});

/** max(0, margin − y (a − b)); at 0 the gradient is that of the line. */
export const marginRankingLoss: Op<void> = elementwise({
  name: "marginRankingLoss",
  float: true,
  forward: (k, [a, b, y, margin]) => k.maximum(k.sub(margin, k.mul(y, k.sub(a, b))), 0),
  backward: (k, g, [a, b, y, margin]) => {
    const wrong = k.ge(k.sub(margin, k.mul(y, k.sub(a, b))), 0);
    const slope = k.where(wrong, k.mul(g, y), 0);
    return [k.neg(slope), slope, k.where(wrong, k.mul(g, k.sub(b, a)), 0)];
  },
  samples: [signs, sample([2, 3], 0.5, 1.2)].map((y) => [
    sample([2, 3]),
    sample([2, 3], 1.1, -1),
    y,
    0.3,
  ]),
});

/**
 * yᵢ = −ln softmax(xᵢ)_tᵢ for classes along an axis and indices t without it;
 * gₓ = g (softmax(x) − onehot(t)).
 *
 * The gradient computes the probabilities again, so nothing of the size of x is kept. The loss has
 * checked the indices (`nn/losses/loss.ts`), so that they are read once.
 */
export const crossEntropy: Op<number> = op({
  name: "crossEntropy",
  reads: [[0, 1]],
  forward(k, [x, index], axis) {
    checkFloat("crossEntropy", x);
    return k.crossEntropy(x, contiguous(k, index, "int32"), axis);
  },
  backward: (k, g, { inputs: [x, index], attrs: axis }) => [
    () => k.crossEntropyGradient(g, x, index, axis),
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
export const crossEntropyGradient: Op<number> = op({
  name: "crossEntropyGradient",
  reads: [[1, 2], [0, 1]],
  forward: (k, [g, x, index], axis) =>
    k.crossEntropyGradient(g, x, contiguous(k, index, "int32"), axis),
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

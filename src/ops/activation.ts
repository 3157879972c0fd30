/**
 * Activations that are not functions of mathematics: relu, gelu, silu and their relatives.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { elementwise } from "./elementwise.ts";
import { indices, type Op, sample } from "./op.ts";
import { softplusTail } from "./rule_ops.ts";

/** max(x, 0); the gradient at 0 is 0, and at NaN 1. NaN stays NaN, and −0 stays −0. */
export const relu: Op<void> = elementwise({
  name: "relu",
  forward: (k, [x]) => k.where(k.lt(x, 0), 0, x),
  backward: (k, g, _, y) => [k.where(k.le(y, 0), 0, g)],
});

/** x above 0, slope · x elsewhere. */
export const leakyRelu: Op<void> = elementwise({
  name: "leakyRelu",
  float: true,
  forward: (k, [x, slope]) => k.where(k.gt(x, 0), x, k.mul(x, slope)),
  backward: (k, g, [x, slope]) => [
    k.where(k.gt(x, 0), g, k.mul(g, slope)),
    k.where(k.gt(x, 0), 0, k.mul(g, x)),
  ],
  samples: [
    [sample([2, 4]), 0.1],
    [sample([2, 4]), sample([4], 0.1, 0.5)],
  ],
});

/** x limited to `[low, high]`; NaN stays NaN. */
function limit<T>(k: Arithmetic<T>, x: Operand<T>, low: Operand<T>, high: Operand<T>): T {
  return k.minimum(k.maximum(x, low), high);
}

/** `low < x < high` */
function inside<T>(k: Arithmetic<T>, x: Operand<T>, low: Operand<T>, high: Operand<T>): T {
  return k.logicalAnd(k.gt(x, low), k.lt(x, high));
}

/** x limited to [0, 6]; unlike that of `clamp`, the gradient at a bound is 0. */
export const relu6: Op<void> = elementwise({
  name: "relu6",
  forward: (k, [x]) => limit(k, x, 0, 6),
  backward: (k, g, [x]) => [k.where(inside(k, x, 0, 6), g, 0)],
  samples: [[sample([3, 4], -4, 9)]],
});

/** x limited to [low, high]; unlike that of `clamp`, the gradient at a bound is 0. */
export const hardtanh: Op<void> = elementwise({
  name: "hardtanh",
  forward: (k, [x, low, high]) => limit(k, x, low, high),
  backward: (k, g, [x, low, high]) => [k.where(inside(k, x, low, high), g, 0)],
  samples: [[sample([2, 4]), -0.9, 1.1]],
});

/** (x + 3) / 6, limited to [0, 1]. */
export const hardsigmoid: Op<void> = elementwise({
  name: "hardsigmoid",
  float: true,
  forward: (k, [x]) => k.div(limit(k, k.add(x, 3), 0, 6), 6),
  backward: (k, g, [x]) => [k.where(inside(k, x, -3, 3), k.div(g, 6), 0)],
  samples: [[sample([3, 4], -4.5, 4.5)]],
});

/** x · hardsigmoid(x). */
export const hardswish: Op<void> = elementwise({
  name: "hardswish",
  float: true,
  forward: (k, [x]) => k.div(k.mul(x, limit(k, k.add(x, 3), 0, 6)), 6),
  backward: (k, g, [x]) => [
    k.where(k.lt(x, -3), 0, k.where(k.ge(x, 3), g, k.mul(g, k.add(k.div(x, 3), 0.5)))),
  ],
  samples: [[sample([3, 4], -4.5, 4.5)]],
});

/** x above 0, scale · (eʳ − 1) elsewhere. */
function eluOf<T>(k: Arithmetic<T>, x: Operand<T>, scale: Operand<T>, r: Operand<T>): T {
  return k.where(k.gt(x, 0), x, k.mul(scale, k.expm1(r)));
}

/** x above 0, scale · (eˣ − 1) elsewhere. */
export const elu: Op<void> = elementwise({
  name: "elu",
  float: true,
  forward: (k, [x, scale]) => eluOf(k, x, scale, x),
  backward: (k, g, [x, scale]) => [
    k.where(k.gt(x, 0), g, k.mul(g, k.mul(scale, k.exp(x)))),
    k.mul(g, k.expm1(k.minimum(x, 0))),
  ],
  samples: [
    [sample([2, 4]), 0.7],
    [sample([2, 4]), sample([4], 0.5, 2)],
  ],
});

/** With these, layers keep mean 0 and variance 1 (Klambauer et al. 2017). */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** s x above 0, s α (eˣ − 1) elsewhere. */
export const selu: Op<void> = elementwise({
  name: "selu",
  float: true,
  forward: (k, [x]) => k.mul(SELU_SCALE, eluOf(k, x, SELU_ALPHA, x)),
  backward: (k, g, [x]) => [
    k.mul(g, k.mul(SELU_SCALE, k.where(k.gt(x, 0), 1, k.mul(SELU_ALPHA, k.exp(x))))),
  ],
});

/** x above 0, α (e^(x/α) − 1) elsewhere: an `elu` whose derivative has no jump (Barron 2017). */
export const celu: Op<void> = elementwise({
  name: "celu",
  float: true,
  forward: (k, [x, alpha]) => eluOf(k, x, alpha, k.div(x, alpha)),
  backward: (k, g, [x, alpha]) => {
    const ratio = k.div(k.minimum(x, 0), alpha);
    const e = k.exp(ratio);
    return [k.mul(g, e), k.mul(g, k.sub(k.expm1(ratio), k.mul(ratio, e)))];
  },
  samples: [
    [sample([2, 4]), 0.7],
    [sample([2, 4]), sample([4], 0.5, 2)],
  ],
});

/** `1 / √(2π)`, the normal density at 0. */
const NORMAL_DENSITY = 1 / Math.sqrt(2 * Math.PI);

/** Φ(x), the standard normal distribution function: the probability of a value below x. */
function normalCdf<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.mul(0.5, k.add(1, k.erf(k.mul(x, Math.SQRT1_2))));
}

/** x Φ(x) (Hendrycks and Gimpel 2016); the derivative is Φ(x) + x φ(x). */
export const gelu: Op<void> = elementwise({
  name: "gelu",
  float: true,
  forward: (k, [x]) => k.mul(x, normalCdf(k, x)),
  backward: (k, g, [x]) => {
    const density = k.mul(NORMAL_DENSITY, k.exp(k.mul(-0.5, k.mul(x, x))));
    return [k.mul(g, k.add(normalCdf(k, x), k.mul(x, density)))];
  },
});

const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/**
 * z = 2 √(2/π) (x + 0.044715 x³), where σ(z) is near Φ(x). The paper's (1 + tanh(z / 2)) / 2 is the same,
 * but loses its digits where the tangent is near −1.
 */
function geluLogit<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.mul(k.mul(2 * GELU_SLOPE, x), k.add(1, k.mul(GELU_CUBIC, k.mul(x, x))));
}

/** x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, an approximation of `gelu`. */
export const geluTanh: Op<void> = elementwise({
  name: "geluTanh",
  float: true,
  forward: (k, [x]) => k.mul(x, k.sigmoid(geluLogit(k, x))),
  backward: (k, g, [x]) => {
    const s = k.sigmoid(geluLogit(k, x));
    const inner = k.mul(2 * GELU_SLOPE, k.add(1, k.mul(3 * GELU_CUBIC, k.mul(x, x))));
    // 1 − s, also where s rounds to 1.
    const rest = k.sigmoid(k.neg(geluLogit(k, x)));
    const slope = k.mul(k.mul(x, k.mul(s, rest)), inner);
    return [k.mul(g, k.add(s, slope))];
  },
});

/**
 * x σ(x); the derivative is σ (1 + x (1 − σ)).
 *
 * Below −1 the sum cancels: there (1 + x) − x σ, whose first part is exact, loses less.
 */
export const silu: Op<void> = elementwise({
  name: "silu",
  float: true,
  forward: (k, [x]) => k.mul(x, k.sigmoid(x)),
  backward: (k, g, [x]) => {
    const s = k.sigmoid(x);
    const below = k.sub(k.add(1, x), k.mul(x, s));
    const above = k.add(1, k.mul(x, k.sub(1, s)));
    return [k.mul(g, k.mul(s, k.where(k.lt(x, -1), below, above)))];
  },
});

/** ln(1 + eˣ); its derivative is the sigmoid. */
export const softplus: Op<void> = elementwise({
  name: "softplus",
  float: true,
  forward: (k, [x]) => softplusOf(k, x),
  backward: (k, g, [x]) => [k.mul(g, k.sigmoid(x))],
});

/** ln(1 + eˣ), where eˣ cannot overflow and small results are precise. */
function softplusOf<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.add(k.maximum(x, 0), softplusTail(k, x));
}

/** x tanh(ln(1 + eˣ)) (Misra 2019). */
export const mish: Op<void> = elementwise({
  name: "mish",
  float: true,
  forward: (k, [x]) => k.mul(x, k.tanh(softplusOf(k, x))),
  backward: (k, g, [x]) => {
    const y = softplusOf(k, x);
    const t = k.tanh(y);
    // 1 − tanh y = 2 σ(−2y) keeps its digits where tanh y is near 1.
    const rest = k.where(k.lt(x, 0), k.sub(1, t), k.mul(2, k.sigmoid(k.mul(-2, y))));
    const slope = k.mul(rest, k.add(1, t));
    return [k.mul(g, k.add(t, k.mul(x, k.mul(slope, k.sigmoid(x)))))];
  },
});

/** ln σ(x) = −ln(1 + e⁻ˣ); the derivative is σ(−x). */
export const logSigmoid: Op<void> = elementwise({
  name: "logSigmoid",
  float: true,
  forward: (k, [x]) => k.sub(k.minimum(x, 0), softplusTail(k, x)),
  backward: (k, g, [x]) => [k.mul(g, k.sigmoid(k.neg(x)))],
});

/** x / (1 + |x|); the derivative is 1 / (1 + |x|)². */
export const softsign: Op<void> = elementwise({
  name: "softsign",
  float: true,
  forward: (k, [x]) => k.div(x, k.add(1, k.abs(x))),
  backward: (k, g, [x]) => {
    const size = k.add(1, k.abs(x));
    return [k.div(g, k.mul(size, size))];
  },
});

/**
 * The coefficients of x³, x⁵, … in the series of x − tanh x. Up to x = 0.1 the rest of the series is
 * below the last digit of float64.
 */
const TANHSHRINK_SERIES = [
  1 / 3,
  -2 / 15,
  17 / 315,
  -62 / 2835,
  1382 / 155925,
  -21844 / 6081075,
  929569 / 638512875,
];

/** x, and 0 where |x| ≤ λ. */
export const hardshrink: Op<void> = elementwise({
  name: "hardshrink",
  float: true,
  forward: (k, [x, lambda]) => k.where(k.le(k.abs(x), lambda), 0, x),
  backward: (k, g, [x, lambda]) => [k.where(k.le(k.abs(x), lambda), 0, g)],
  samples: [[sample([2, 3]), 0.5]],
});

/** x, closer to 0 by λ, and 0 where |x| ≤ λ. */
export const softshrink: Op<void> = elementwise({
  name: "softshrink",
  float: true,
  forward: (k, [x, lambda]) => k.sub(x, k.maximum(k.minimum(x, lambda), k.neg(lambda))),
  backward: (k, g, [x, lambda]) => [k.where(k.gt(k.abs(x), lambda), g, 0)],
  samples: [[sample([2, 3]), 0.5]],
});

/** x, and a number instead where x is not above a threshold. */
export const threshold: Op<void> = elementwise({
  name: "threshold",
  forward: (k, [x, least, value]) => k.where(k.le(x, least), value, x),
  backward: (k, g, [x, least]) => [k.where(k.le(x, least), 0, g)],
  samples: [[sample([2, 3]), 0.5, -1]],
});

/** x − tanh x, near 0 by its series, since the difference would cancel; the derivative is tanh² x. */
export const tanhshrink: Op<void> = elementwise({
  name: "tanhshrink",
  float: true,
  forward: (k, [x]) => {
    const square = k.mul(x, x);
    const [last, ...others] = [...TANHSHRINK_SERIES].reverse();
    const near = others.reduce(
      (sum, c) => k.add(k.mul(sum, square), c),
      last as Operand<typeof square>,
    );
    return k.where(k.lt(k.abs(x), 0.1), k.mul(k.mul(x, square), near), k.sub(x, k.tanh(x)));
  },
  backward: (k, g, [x]) => {
    const t = k.tanh(x);
    return [k.mul(g, k.mul(t, t))];
  },
});

/**
 * scale · x where an element is kept, 0 elsewhere. The mask takes a byte for each element, and a
 * dropped NaN or ∞ is 0.
 */
export const dropout: Op<void> = elementwise({
  name: "dropout",
  float: true,
  forward: (k, [x, kept, scale]) => k.where(kept, k.mul(x, scale), 0),
  backward: (k, g, [, kept, scale]) => [k.where(kept, k.mul(g, scale), 0)],
  samples: [[sample([2, 3]), indices([2, 3], [0, 1, 1, 0, 0, 1]), 2]],
});

/**
 * Functions of mathematics, of one or two real variables: exponentials and logarithms, roots, errors,
 * angles, hyperbolic functions, steps.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import type { FormulaBody } from "../kernels/formula.ts";
import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";
import { nonZero, softplusTail } from "./rule_ops.ts";

const positive = [[sample([2, 3], 0.5, 3)]];
const aboveMinusOne = [[sample([2, 3], -0.6, 3)]];
const insideUnit = [[sample([2, 3], -0.9, 0.9)]];

export const exp: Op<void> = elementwise({
  name: "exp",
  float: true,
  forward: (k, [x]) => k.exp(x),
  backward: (k, g, _, y) => [k.mul(g, y)],
});

/** 2ˣ */
export const exp2: Op<void> = elementwise({
  name: "exp2",
  float: true,
  forward: (k, [x]) => k.pow(2, x),
  backward: (k, g, _, y) => [k.mul(g, k.mul(y, Math.LN2))],
});

/** eˣ − 1 */
export const expm1: Op<void> = elementwise({
  name: "expm1",
  float: true,
  forward: (k, [x]) => k.expm1(x),
  backward: (k, g, _, y) => [k.mul(g, k.add(y, 1))],
});

export const log: Op<void> = elementwise({
  name: "log",
  float: true,
  forward: (k, [x]) => k.log(x),
  backward: (k, g, [x]) => [k.div(g, x)],
  samples: positive,
});

/** ln(1 + x) */
export const log1p: Op<void> = elementwise({
  name: "log1p",
  float: true,
  forward: (k, [x]) => k.log1p(x),
  backward: (k, g, [x]) => [k.div(g, k.add(x, 1))],
  samples: aboveMinusOne,
});

export const log2: Op<void> = elementwise({
  name: "log2",
  float: true,
  forward: (k, [x]) => k.log2(x),
  backward: (k, g, [x]) => [k.div(g, k.mul(x, Math.LN2))],
  samples: positive,
});

export const log10: Op<void> = elementwise({
  name: "log10",
  float: true,
  forward: (k, [x]) => k.log10(x),
  backward: (k, g, [x]) => [k.div(g, k.mul(x, Math.LN10))],
  samples: positive,
});

/** ln(eᵃ + eᵇ), without overflow; equal infinities are themselves. */
export const logaddexp: Op<void> = elementwise({
  name: "logaddexp",
  arity: 2,
  float: true,
  forward: (k, [a, b]) => {
    const bothInfinite = k.logicalAnd(k.eq(a, b), k.eq(k.abs(a), Infinity));
    const sum = k.add(k.maximum(a, b), softplusTail(k, k.sub(a, b)));
    return k.where(bothInfinite, a, sum);
  },
  backward: (k, g, [a, b]) => [
    k.mul(g, k.sigmoid(k.sub(a, b))),
    k.mul(g, k.sigmoid(k.sub(b, a))),
  ],
});

/** x ln y, and 0 where x is 0 unless y is NaN. */
export const xlogy: Op<void> = elementwise({
  name: "xlogy",
  float: true,
  forward: (k, [x, y]) => k.where(k.logicalAnd(k.eq(x, 0), k.eq(y, y)), 0, k.mul(x, k.log(y))),
  backward: (k, g, [x, y]) => [
    // At x = 0 the derivative is ln y where that exists, and 0 rather than −∞ where it does not.
    k.where(k.logicalAnd(k.eq(x, 0), k.le(y, 0)), 0, k.mul(g, k.log(y))),
    k.div(k.mul(g, x), y),
  ],
  samples: [[sample([2, 3]), sample([2, 3], 0.5, 3)]],
});

/** ln(x / (1 − x)), the inverse of sigmoid; its derivative is 1 / (x (1 − x)) where there is one. */
export const logit: Op<void> = elementwise({
  name: "logit",
  float: true,
  forward: (k, [x]) => k.log(k.div(x, k.sub(1, x))),
  backward: (k, g, [x]) => {
    const slope = k.mul(x, k.sub(1, x));
    return [k.where(k.lt(slope, 0), NaN, k.div(g, slope))];
  },
  samples: [[sample([2, 3], 0.1, 0.9)]],
});

export const sqrt: Op<void> = elementwise({
  name: "sqrt",
  float: true,
  forward: (k, [x]) => k.sqrt(x),
  backward: (k, g, _, y) => [k.div(g, k.mul(2, y))],
  samples: positive,
});

/** 1 / √x; its derivative is −y³ / 2. */
export const rsqrt: Op<void> = elementwise({
  name: "rsqrt",
  float: true,
  forward: (k, [x]) => k.div(1, k.sqrt(x)),
  backward: (k, g, _, y) => [k.mul(g, k.mul(-0.5, k.mul(y, k.mul(y, y))))],
  samples: positive,
});

/** 1 / x; its derivative is −y². */
export const reciprocal: Op<void> = elementwise({
  name: "reciprocal",
  float: true,
  forward: (k, [x]) => k.div(1, x),
  backward: (k, g, _, y) => [k.mul(g, k.neg(k.mul(y, y)))],
  samples: positive,
});

/**
 * √(a² + b²), without overflow; ∞ if either is infinite, even beside NaN.
 *
 * Squares overflow, or lose their digits, long before the result does. There the smaller side is
 * measured by the larger one, which costs two roundings more.
 */
export const hypot: Op<void> = elementwise({
  name: "hypot",
  float: true,
  forward: (k, [a, b]) => {
    const [p, q] = [k.abs(a), k.abs(b)];
    const long = k.maximum(p, q);
    const ratio = k.div(k.minimum(p, q), nonZero(k, long));
    const scaled = k.mul(long, k.sqrt(k.add(1, k.mul(ratio, ratio))));
    const plain = k.sqrt(k.add(k.mul(a, a), k.mul(b, b)));
    const isPlain = k.logicalAnd(k.gt(long, 1e-15), k.lt(long, 1e15));
    const finite = k.where(isPlain, plain, scaled);
    return k.where(k.logicalOr(k.eq(p, Infinity), k.eq(q, Infinity)), Infinity, finite);
  },
  backward: (k, g, [a, b], y) => [k.mul(g, k.div(a, y)), k.mul(g, k.div(b, y))],
  samples: [[sample([2, 3]), sample([2, 3], 0.5, 3)]],
});

/** σ′ = σ (1 − σ) */
export const sigmoid: Op<void> = elementwise({
  name: "sigmoid",
  float: true,
  forward: (k, [x]) => k.sigmoid(x),
  backward: (k, g, _, y) => [k.mul(g, k.mul(y, k.sub(1, y)))],
});

/** `2 / √π`, the derivative of erf at 0. */
const ERF_SLOPE = 2 / Math.sqrt(Math.PI);

/** erf′ = 2/√π · e^(−x²) */
export const erf: Op<void> = elementwise({
  name: "erf",
  float: true,
  forward: (k, [x]) => k.erf(x),
  backward: (k, g, [x]) => [k.mul(g, k.mul(ERF_SLOPE, k.exp(k.neg(k.mul(x, x)))))],
});

/** erfc′ = −erf′ */
export const erfc: Op<void> = elementwise({
  name: "erfc",
  float: true,
  forward: (k, [x]) => k.erfc(x),
  backward: (k, g, [x]) => [k.mul(g, k.mul(-ERF_SLOPE, k.exp(k.neg(k.mul(x, x)))))],
});

export const sin: Op<void> = elementwise({
  name: "sin",
  float: true,
  forward: (k, [x]) => k.sin(x),
  backward: (k, g, [x]) => [k.mul(g, k.cos(x))],
});

export const cos: Op<void> = elementwise({
  name: "cos",
  float: true,
  forward: (k, [x]) => k.cos(x),
  backward: (k, g, [x]) => [k.neg(k.mul(g, k.sin(x)))],
});

/** tan′ = 1 + tan² */
export const tan: Op<void> = elementwise({
  name: "tan",
  float: true,
  forward: (k, [x]) => k.tan(x),
  backward: (k, g, _, y) => [k.mul(g, k.add(1, k.mul(y, y)))],
  samples: [[sample([2, 3], -1.2, 1.2)]],
});

/** asin′ = 1 / √(1 − x²), so ∞ at ±1. */
export const asin: Op<void> = elementwise({
  name: "asin",
  float: true,
  forward: (k, [x]) => k.asin(x),
  backward: (k, g, [x]) => [k.div(g, k.sqrt(k.sub(1, k.mul(x, x))))],
  samples: insideUnit,
});

/** acos′ = −asin′ */
export const acos: Op<void> = elementwise({
  name: "acos",
  float: true,
  forward: (k, [x]) => k.acos(x),
  backward: (k, g, [x]) => [k.neg(k.div(g, k.sqrt(k.sub(1, k.mul(x, x)))))],
  samples: insideUnit,
});

/** atan′ = 1 / (1 + x²) */
export const atan: Op<void> = elementwise({
  name: "atan",
  float: true,
  forward: (k, [x]) => k.atan(x),
  backward: (k, g, [x]) => [k.div(g, k.add(1, k.mul(x, x)))],
});

/** The angle of the point (x, y); its gradient (−y, x) / (x² + y²) does not exist at the origin. */
export const atan2: Op<void> = elementwise({
  name: "atan2",
  float: true,
  forward: (k, [y, x]) => k.atan2(y, x),
  backward: (k, g, [y, x]) => {
    const square = k.add(k.mul(x, x), k.mul(y, y));
    const scale = k.div(g, square);
    return [k.mul(scale, x), k.neg(k.mul(scale, y))];
  },
  samples: [[sample([2, 3]), sample([2, 3], 0.5, 3)]],
});

export const sinh: Op<void> = elementwise({
  name: "sinh",
  float: true,
  forward: (k, [x]) => k.sinh(x),
  backward: (k, g, [x]) => [k.mul(g, k.cosh(x))],
});

export const cosh: Op<void> = elementwise({
  name: "cosh",
  float: true,
  forward: (k, [x]) => k.cosh(x),
  backward: (k, g, [x]) => [k.mul(g, k.sinh(x))],
});

/** tanh′ = 1 − tanh² = (1 − tanh) (1 + tanh), where nothing is rounded before it cancels. */
export const tanh: Op<void> = elementwise({
  name: "tanh",
  float: true,
  forward: (k, [x]) => k.tanh(x),
  backward: (k, g, _, y) => [k.mul(g, k.mul(k.sub(1, y), k.add(1, y)))],
});

/** From here on x² + 1 and x² − 1 are x² in any dtype, and x² is finite in every one. */
const LARGE = 2 ** 28;

/** The odd function of `x` whose value for |x| is `y`; −0 stays what it is. */
function oddOf<T>(k: Arithmetic<T>, x: Operand<T>, y: Operand<T>): Operand<T> {
  return k.where(k.eq(x, 0), x, k.where(k.lt(x, 0), k.neg(y), y));
}

/**
 * asinh x = ln(x + √(x² + 1)), made of |x| so that nothing cancels: near 0 it is
 * ln(1 + |x| + (√(x² + 1) − 1)), and the root less 1 is x² / (1 + √(x² + 1)).
 */
export const asinh: Op<void> = elementwise({
  name: "asinh",
  float: true,
  forward: (k, [x]) => {
    const size = k.abs(x);
    const square = k.mul(x, x);
    const near = k.log1p(k.add(size, k.div(square, k.add(1, k.sqrt(k.add(square, 1))))));
    const far = k.add(k.log(size), Math.LN2);
    return oddOf(k, x, k.where(k.gt(size, LARGE), far, near));
  },
  backward: (k, g, [x]) => [k.div(g, k.sqrt(k.add(k.mul(x, x), 1)))],
});

/** acosh x = ln(x + √(x² − 1)), with t = x − 1, which is exact near 1: ln(1 + t + √(t (t + 2))). */
export const acosh: Op<void> = elementwise({
  name: "acosh",
  float: true,
  forward: (k, [x]) => {
    const t = k.sub(x, 1);
    const near = k.log1p(k.add(t, k.sqrt(k.mul(t, k.add(t, 2)))));
    const far = k.add(k.log(x), Math.LN2);
    return k.where(k.lt(x, 1), NaN, k.where(k.gt(x, LARGE), far, near));
  },
  backward: (k, g, [x]) => {
    // Of |x|, as the product would be −0 for x = −1.
    const size = k.abs(x);
    return [k.div(g, k.sqrt(k.mul(k.sub(size, 1), k.add(size, 1))))];
  },
  samples: [[sample([2, 3], 1.2, 4)]],
});

/** atanh x = ln((1 + x) / (1 − x)) / 2, made of |x| so that nothing cancels. */
export const atanh: Op<void> = elementwise({
  name: "atanh",
  float: true,
  forward: (k, [x]) => {
    const size = k.abs(x);
    return oddOf(k, x, k.mul(0.5, k.log1p(k.div(k.mul(2, size), k.sub(1, size)))));
  },
  backward: (k, g, [x]) => [k.div(g, k.mul(k.sub(1, x), k.add(1, x)))],
  samples: insideUnit,
});

/** A step function: flat wherever it has a derivative. */
function step(name: string, forward: FormulaBody): Op<void> {
  return elementwise({ name, forward, backward: () => [0] });
}

export const sign: Op<void> = step("sign", (k, [x]) => k.sign(x));
export const floor: Op<void> = step("floor", (k, [x]) => k.floor(x));
export const ceil: Op<void> = step("ceil", (k, [x]) => k.ceil(x));
export const trunc: Op<void> = step("trunc", (k, [x]) => k.trunc(x));
export const round: Op<void> = step("round", (k, [x]) => k.round(x));

/** x without its integer part, with the sign of x. */
export const frac: Op<void> = elementwise({
  name: "frac",
  float: true,
  forward: (k, [x]) => k.sub(x, k.trunc(x)),
  backward: (_, g) => [g],
});

/** 0 below 0, 1 above it, and the second input at it. */
export const heaviside: Op<void> = elementwise({
  name: "heaviside",
  arity: 2,
  forward: (k, [x, atZero]) => k.where(k.eq(x, 0), atZero, k.where(k.gt(x, 0), 1, 0)),
  backward: (k, g, [x]) => [0, k.where(k.eq(x, 0), g, 0)],
});

/** The size of the first input with the sign of the second, which −0 has as well. */
export const copysign: Op<void> = elementwise({
  name: "copysign",
  arity: 2,
  float: true,
  forward: (k, [x, sign]) => {
    const size = k.abs(x);
    // 1 / −0 is −∞; but 1 / −∞ is no longer less than 0.
    return k.where(k.logicalOr(k.lt(sign, 0), k.lt(k.div(1, sign), 0)), k.neg(size), size);
  },
  backward: (k, g, [x], y) => [k.mul(g, k.mul(k.sign(x), k.sign(y))), 0],
});

/**
 * Functions of angles, of right triangles and of hyperbolas; angles are in radians.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { elementwise } from "./elementwise.ts";
import { nonZero } from "./non_zero.ts";
import { type Op, sample } from "./op.ts";

const insideUnit = [{ inputs: [sample([2, 3], -0.9, 0.9)], attrs: undefined }];

export const sin: Op<void> = elementwise(
  { name: "sin", float: true },
  1,
  (k, [x]) => k.sin(x),
  (k, g, [x]) => [k.mul(g, k.cos(x))],
);

export const cos: Op<void> = elementwise(
  { name: "cos", float: true },
  1,
  (k, [x]) => k.cos(x),
  (k, g, [x]) => [k.neg(k.mul(g, k.sin(x)))],
);

/** tan′ = 1 + tan² */
export const tan: Op<void> = elementwise(
  {
    name: "tan",
    float: true,
    samples: [{ inputs: [sample([2, 3], -1.2, 1.2)], attrs: undefined }],
  },
  1,
  (k, [x]) => k.tan(x),
  (k, g, _, y) => [k.mul(g, k.add(1, k.mul(y, y)))],
);

/** asin′ = 1 / √(1 − x²), so ∞ at ±1. */
export const asin: Op<void> = elementwise(
  { name: "asin", float: true, samples: insideUnit },
  1,
  (k, [x]) => k.asin(x),
  (k, g, [x]) => [k.div(g, k.sqrt(k.sub(1, k.mul(x, x))))],
);

/** acos′ = −asin′ */
export const acos: Op<void> = elementwise(
  { name: "acos", float: true, samples: insideUnit },
  1,
  (k, [x]) => k.acos(x),
  (k, g, [x]) => [k.neg(k.div(g, k.sqrt(k.sub(1, k.mul(x, x)))))],
);

/** atan′ = 1 / (1 + x²) */
export const atan: Op<void> = elementwise(
  { name: "atan", float: true },
  1,
  (k, [x]) => k.atan(x),
  (k, g, [x]) => [k.div(g, k.add(1, k.mul(x, x)))],
);

export const sinh: Op<void> = elementwise(
  { name: "sinh", float: true },
  1,
  (k, [x]) => k.sinh(x),
  (k, g, [x]) => [k.mul(g, k.cosh(x))],
);

export const cosh: Op<void> = elementwise(
  { name: "cosh", float: true },
  1,
  (k, [x]) => k.cosh(x),
  (k, g, [x]) => [k.mul(g, k.sinh(x))],
);

/** From here on x² + 1 and x² − 1 are x² in any dtype, and x² is finite in every one. */
const LARGE = 2 ** 28;

/**
 * asinh x = ln(x + √(x² + 1)), made of |x| so that nothing cancels: near 0 it is
 * ln(1 + |x| + (√(x² + 1) − 1)), and the root less 1 is x² / (1 + √(x² + 1)).
 */
export const asinh: Op<void> = elementwise(
  { name: "asinh", float: true },
  1,
  (k, [x]) => {
    const size = k.abs(x);
    const square = k.mul(x, x);
    const near = k.log1p(k.add(size, k.div(square, k.add(1, k.sqrt(k.add(square, 1))))));
    const far = k.add(k.log(size), Math.LN2);
    return oddOf(k, x, k.where(k.gt(size, LARGE), far, near));
  },
  (k, g, [x]) => [k.div(g, k.sqrt(k.add(k.mul(x, x), 1)))],
);

/** acosh x = ln(x + √(x² − 1)), with t = x − 1, which is exact near 1: ln(1 + t + √(t (t + 2))). */
export const acosh: Op<void> = elementwise(
  {
    name: "acosh",
    float: true,
    samples: [{ inputs: [sample([2, 3], 1.2, 4)], attrs: undefined }],
  },
  1,
  (k, [x]) => {
    const t = k.sub(x, 1);
    const near = k.log1p(k.add(t, k.sqrt(k.mul(t, k.add(t, 2)))));
    const far = k.add(k.log(x), Math.LN2);
    return k.where(k.lt(x, 1), NaN, k.where(k.gt(x, LARGE), far, near));
  },
  (k, g, [x]) => {
    // Of |x|, as the product would be −0 for x = −1.
    const size = k.abs(x);
    return [k.div(g, k.sqrt(k.mul(k.sub(size, 1), k.add(size, 1))))];
  },
);

/** atanh x = ln((1 + x) / (1 − x)) / 2, made of |x| so that nothing cancels. */
export const atanh: Op<void> = elementwise(
  { name: "atanh", float: true, samples: insideUnit },
  1,
  (k, [x]) => {
    const size = k.abs(x);
    return oddOf(k, x, k.mul(0.5, k.log1p(k.div(k.mul(2, size), k.sub(1, size)))));
  },
  (k, g, [x]) => [k.div(g, k.mul(k.sub(1, x), k.add(1, x)))],
);

/** The odd function of `x` whose value for |x| is `y`; −0 stays what it is. */
function oddOf<T>(k: Arithmetic<T>, x: Operand<T>, y: Operand<T>): Operand<T> {
  return k.where(k.eq(x, 0), x, k.where(k.lt(x, 0), k.neg(y), y));
}

/** The angle of the point (x, y); its gradient (−y, x) / (x² + y²) does not exist at the origin. */
export const atan2: Op<void> = elementwise(
  {
    name: "atan2",
    float: true,
    samples: [{ inputs: [sample([2, 3]), sample([2, 3], 0.5, 3)], attrs: undefined }],
  },
  2,
  (k, [y, x]) => k.atan2(y, x),
  (k, g, [y, x]) => {
    const square = k.add(k.mul(x, x), k.mul(y, y));
    const scale = k.div(g, square);
    return [k.mul(scale, x), k.neg(k.mul(scale, y))];
  },
);

/**
 * √(a² + b²), without overflow; ∞ if either is infinite, even beside NaN.
 *
 * Squares overflow, or lose their digits, long before the result does. There the smaller side is
 * measured by the larger one, which costs two roundings more.
 */
export const hypot: Op<void> = elementwise(
  {
    name: "hypot",
    float: true,
    samples: [{ inputs: [sample([2, 3]), sample([2, 3], 0.5, 3)], attrs: undefined }],
  },
  2,
  (k, [a, b]) => {
    const [p, q] = [k.abs(a), k.abs(b)];
    const long = k.maximum(p, q);
    const ratio = k.div(k.minimum(p, q), nonZero(k, long));
    const scaled = k.mul(long, k.sqrt(k.add(1, k.mul(ratio, ratio))));
    const plain = k.sqrt(k.add(k.mul(a, a), k.mul(b, b)));
    const isPlain = k.logicalAnd(k.gt(long, 1e-15), k.lt(long, 1e15));
    const finite = k.where(isPlain, plain, scaled);
    return k.where(k.logicalOr(k.eq(p, Infinity), k.eq(q, Infinity)), Infinity, finite);
  },
  (k, g, [a, b], y) => [k.mul(g, k.div(a, y)), k.mul(g, k.div(b, y))],
);

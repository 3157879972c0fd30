/**
 * Functions of angles and of right triangles; angles are in radians.
 *
 * @module
 */

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

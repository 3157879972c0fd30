/**
 * Logarithms, exponentials and powers beyond the plain ones, and the error function.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

const positive = [{ inputs: [sample([2, 3], 0.5, 3)], attrs: undefined }];
const aboveMinusOne = [{ inputs: [sample([2, 3], -0.6, 3)], attrs: undefined }];

/** ln(1 + x) */
export const log1p: Op<void> = elementwise(
  { name: "log1p", float: true, samples: aboveMinusOne },
  1,
  (k, [x]) => k.log1p(x),
  (k, g, [x]) => [k.div(g, k.add(x, 1))],
);

/** eˣ − 1 */
export const expm1: Op<void> = elementwise(
  { name: "expm1", float: true },
  1,
  (k, [x]) => k.expm1(x),
  (k, g, _, y) => [k.mul(g, k.add(y, 1))],
);

export const log2: Op<void> = elementwise(
  { name: "log2", float: true, samples: positive },
  1,
  (k, [x]) => k.log2(x),
  (k, g, [x]) => [k.div(g, k.mul(x, Math.LN2))],
);

export const log10: Op<void> = elementwise(
  { name: "log10", float: true, samples: positive },
  1,
  (k, [x]) => k.log10(x),
  (k, g, [x]) => [k.div(g, k.mul(x, Math.LN10))],
);

/** `2 / √π`, the derivative of erf at 0. */
const ERF_SLOPE = 2 / Math.sqrt(Math.PI);

/** erf′ = 2/√π · e^(−x²) */
export const erf: Op<void> = elementwise(
  { name: "erf", float: true },
  1,
  (k, [x]) => k.erf(x),
  (k, g, [x]) => [k.mul(g, k.mul(ERF_SLOPE, k.exp(k.neg(k.mul(x, x)))))],
);

/** erfc′ = −erf′ */
export const erfc: Op<void> = elementwise(
  { name: "erfc", float: true },
  1,
  (k, [x]) => k.erfc(x),
  (k, g, [x]) => [k.mul(g, k.mul(-ERF_SLOPE, k.exp(k.neg(k.mul(x, x)))))],
);

/** 1 / √x; its derivative is −y³ / 2. */
export const rsqrt: Op<void> = elementwise(
  { name: "rsqrt", float: true, samples: positive },
  1,
  (k, [x]) => k.div(1, k.sqrt(x)),
  (k, g, _, y) => [k.mul(g, k.mul(-0.5, k.mul(y, k.mul(y, y))))],
);

/** 1 / x; its derivative is −y². */
export const reciprocal: Op<void> = elementwise(
  { name: "reciprocal", float: true, samples: positive },
  1,
  (k, [x]) => k.div(1, x),
  (k, g, _, y) => [k.mul(g, k.neg(k.mul(y, y)))],
);

/** ln(x / (1 − x)), the inverse of sigmoid; its derivative is 1 / (x (1 − x)) where there is one. */
export const logit: Op<void> = elementwise(
  {
    name: "logit",
    float: true,
    samples: [{ inputs: [sample([2, 3], 0.1, 0.9)], attrs: undefined }],
  },
  1,
  (k, [x]) => k.log(k.div(x, k.sub(1, x))),
  (k, g, [x]) => {
    const slope = k.mul(x, k.sub(1, x));
    return [k.where(k.lt(slope, 0), NaN, k.div(g, slope))];
  },
);

/** x without its integer part, with the sign of x. */
export const frac: Op<void> = elementwise(
  { name: "frac", float: true },
  1,
  (k, [x]) => k.sub(x, k.trunc(x)),
  (_, g) => [g],
);

/** ln(eᵃ + eᵇ), without overflow; equal infinities are themselves. */
export const logaddexp: Op<void> = elementwise(
  { name: "logaddexp", float: true },
  2,
  (k, [a, b]) => {
    const bothInfinite = k.logicalAnd(k.eq(a, b), k.eq(k.abs(a), Infinity));
    const tail = k.log1p(k.exp(k.neg(k.abs(k.sub(a, b)))));
    return k.where(bothInfinite, a, k.add(k.maximum(a, b), tail));
  },
  (k, g, [a, b]) => [
    k.mul(g, k.sigmoid(k.sub(a, b))),
    k.mul(g, k.sigmoid(k.sub(b, a))),
  ],
);

/** x ln y, and 0 where x is 0 unless y is NaN. */
export const xlogy: Op<void> = elementwise(
  {
    name: "xlogy",
    float: true,
    samples: [{ inputs: [sample([2, 3]), sample([2, 3], 0.5, 3)], attrs: undefined }],
  },
  2,
  (k, [x, y]) => k.where(k.logicalAnd(k.eq(x, 0), k.eq(y, y)), 0, k.mul(x, k.log(y))),
  (k, g, [x, y]) => [
    // At x = 0 the derivative is ln y where that exists, and 0 rather than −∞ where it does not.
    k.where(k.logicalAnd(k.eq(x, 0), k.le(y, 0)), 0, k.mul(g, k.log(y))),
    k.div(k.mul(g, x), y),
  ],
);

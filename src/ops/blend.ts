/**
 * Short chains of arithmetic in one pass.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

const x = sample([2, 3]);
const positive = sample([2, 3], 0.5, 3);

/** a + w (b − a), computed from the nearer end: exactly a at 0 and b at 1. */
export const lerp: Op<void> = elementwise(
  {
    name: "lerp",
    float: true,
    samples: [
      { inputs: [x, x, 0.3], attrs: undefined },
      { inputs: [x, x, sample([2, 3], 0, 1)], attrs: undefined },
    ],
  },
  3,
  (k, [a, b, w]) => {
    const way = k.sub(b, a);
    const fromEnd = k.sub(b, k.mul(way, k.sub(1, w)));
    return k.where(k.lt(w, 0.5), k.add(a, k.mul(w, way)), fromEnd);
  },
  (k, g, [a, b, w]) => [k.mul(g, k.sub(1, w)), k.mul(g, w), k.mul(g, k.sub(b, a))],
);

/** x + value · a · b */
export const addcmul: Op<void> = elementwise(
  { name: "addcmul", noBool: true, samples: [{ inputs: [x, x, positive, 0.7], attrs: undefined }] },
  4,
  (k, [x, a, b, value]) => k.add(x, k.mul(k.mul(value, a), b)),
  (k, g, [, a, b, value]) => [g, k.mul(k.mul(g, value), b), k.mul(k.mul(g, value), a)],
);

/** x + value · a / b */
export const addcdiv: Op<void> = elementwise(
  { name: "addcdiv", float: true, samples: [{ inputs: [x, x, positive, 0.7], attrs: undefined }] },
  4,
  (k, [x, a, b, value]) => k.add(x, k.div(k.mul(value, a), b)),
  (k, g, [, a, b, value]) => {
    const scaled = k.div(g, b);
    return [
      g,
      k.mul(scaled, value),
      k.neg(k.mul(k.mul(scaled, value), k.div(a, b))),
    ];
  },
);

/**
 * Functions of one real variable.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

const positive = [{ inputs: [sample([2, 3], 0.5, 3)], attrs: undefined }];

export const exp: Op<void> = elementwise(
  { name: "exp", float: true },
  1,
  (k, [x]) => k.exp(x),
  (k, g, _, y) => [k.mul(g, y)],
);

export const log: Op<void> = elementwise(
  { name: "log", float: true, samples: positive },
  1,
  (k, [x]) => k.log(x),
  (k, g, [x]) => [k.div(g, x)],
);

export const sqrt: Op<void> = elementwise(
  { name: "sqrt", float: true, samples: positive },
  1,
  (k, [x]) => k.sqrt(x),
  (k, g, _, y) => [k.div(g, k.mul(2, y))],
);

/** tanh′ = 1 − tanh² = (1 − tanh) (1 + tanh), where nothing is rounded before it cancels. */
export const tanh: Op<void> = elementwise(
  { name: "tanh", float: true },
  1,
  (k, [x]) => k.tanh(x),
  (k, g, _, y) => [k.mul(g, k.mul(k.sub(1, y), k.add(1, y)))],
);

/** σ′ = σ (1 − σ) */
export const sigmoid: Op<void> = elementwise(
  { name: "sigmoid", float: true },
  1,
  (k, [x]) => k.sigmoid(x),
  (k, g, _, y) => [k.mul(g, k.mul(y, k.sub(1, y)))],
);

// Steps are flat wherever they have a derivative.
export const sign: Op<void> = elementwise({ name: "sign" }, 1, (k, [x]) => k.sign(x), () => [0]);
export const floor: Op<void> = elementwise({ name: "floor" }, 1, (k, [x]) => k.floor(x), () => [0]);
export const ceil: Op<void> = elementwise({ name: "ceil" }, 1, (k, [x]) => k.ceil(x), () => [0]);
export const trunc: Op<void> = elementwise({ name: "trunc" }, 1, (k, [x]) => k.trunc(x), () => [0]);
export const round: Op<void> = elementwise({ name: "round" }, 1, (k, [x]) => k.round(x), () => [0]);

/** 0 below 0, 1 above it, and what the second input says at it. */
export const heaviside: Op<void> = elementwise(
  { name: "heaviside" },
  2,
  (k, [x, atZero]) => k.where(k.eq(x, 0), atZero, k.where(k.gt(x, 0), 1, 0)),
  (k, g, [x]) => [0, k.where(k.eq(x, 0), g, 0)],
);

/** The size of the first input with the sign of the second, which −0 has as well. */
export const copysign: Op<void> = elementwise(
  { name: "copysign", float: true },
  2,
  (k, [x, sign]) => {
    const size = k.abs(x);
    // 1 / −0 is −∞; but 1 / −∞ is no longer less than 0.
    return k.where(k.logicalOr(k.lt(sign, 0), k.lt(k.div(1, sign), 0)), k.neg(size), size);
  },
  (k, g, [x], y) => [k.mul(g, k.mul(k.sign(x), k.sign(y))), 0],
);

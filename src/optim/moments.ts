/**
 * Running means of the gradient and of its square, which several optimizers keep.
 *
 * @module
 */

import { ElementFunction } from "../kernels/element_function.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { assign } from "./assign.ts";
import { descent, type Direction } from "./descent.ts";

/** `m ← β · m + (1 - β) · d` */
const MEAN = new ElementFunction(
  "the running mean of gradients",
  7,
  (k, [m, beta, rest, ...d]) => k.add(k.mul(beta, m), k.mul(rest, descent(k, d))),
);

/** `v ← β · v + (1 - β) · d²` */
const MEAN_SQUARE = new ElementFunction(
  "the running mean of squared gradients",
  7,
  (k, [v, beta, rest, ...operands]) => {
    const d = descent(k, operands);
    return k.add(k.mul(beta, v), k.mul(k.mul(rest, d), d));
  },
);

/** `m ← β · m + (1 - β) · d` */
export function updateMean(m: Tensor, beta: number, direction: Direction): void {
  assign(m, MEAN, m, beta, 1 - beta, ...direction);
}

/** `v ← β · v + (1 - β) · d²` */
export function updateMeanSquare(v: Tensor, beta: number, direction: Direction): void {
  assign(v, MEAN_SQUARE, v, beta, 1 - beta, ...direction);
}

/**
 * Making images smaller without losing what lies between the pixels of the result.
 *
 * @module
 */

import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** What happens along one axis. */
export interface Resizing {
  readonly from: number;
  readonly to: number;
  /** Distance between neighbours of the result, in elements of the input. */
  readonly step: number;
}

/**
 * Weighs, for each element of the result, all elements of the input that are nearer than one step of
 * the result (or of the input, if that is longer), by how near they are.
 *
 * It is a product with a matrix of weights, which all lines share; so NaN and infinities spread over
 * their line.
 *
 * @param x `[…, h, w]`
 * @param axis −1, or −2 where there is one
 * @param resizing what happens along it
 */
export function weighArea(x: Tensor, axis: -2 | -1, resizing: Resizing): Tensor {
  const weights = tensor(weightsOf(resizing), { dtype: x.dtype });
  return axis === -1 ? x.matmul(weights.T) : weights.matmul(x);
}

/** A triangle over the centre of each element of the result, `[to, from]`; rows add up to 1. */
function weightsOf({ from, to, step }: Resizing): number[][] {
  const reach = Math.max(step, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step;
    const near = (j: number): number => Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
    const row = Array.from({ length: from }, (_, j) => near(j));
    const total = row.reduce((sum, weight) => sum + weight, 0);
    return row.map((weight) => weight / total);
  });
}

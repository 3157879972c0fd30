/**
 * Checks that a bias fits the weight that it stands beside.
 *
 * @module
 */

import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";

/** @throws unless `bias` has one element for each row of `weight`, of the same dtype */
export function checkBias(action: string, bias: NDArray, weight: NDArray): void {
  const out = weight.shape[0];
  if (bias.shape.length !== 1 || bias.shape[0] !== out) {
    throw new ShapeError(
      `Cannot ${action} with a weight ${formatShape(weight.shape)}: the bias is ` +
        `${formatShape(bias.shape)} and must be [${out}]`,
      weight.shape,
      bias.shape,
    );
  }
  if (bias.dtype !== weight.dtype) {
    throw new DTypeError(
      `Cannot ${action} with a ${weight.dtype} weight and a ${bias.dtype} bias: convert one with ` +
        `.to("${promote(weight.dtype, bias.dtype)}")`,
    );
  }
}

/**
 * Indices that the library makes itself.
 *
 * @module
 */

import { wrap } from "../autograd/node.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Tensor } from "./tensor.ts";

/** A 1-d int32 tensor of `values`. */
export function indexTensor(values: readonly number[]): Tensor {
  return wrap(NDArray.from(values, [values.length], "int32")) as Tensor;
}

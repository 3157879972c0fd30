/**
 * Running ops from the methods of tensors.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { type Variable, wrap } from "../autograd/node.ts";
import type { DType } from "../dtype.ts";
import type { Op } from "../ops/op.ts";
import type { Shape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Tensor } from "./tensor.ts";

/** As `apply`: everything that comes out of an op is a `Tensor`, since `tensor.ts` is the wrapper. */
export const run = apply as {
  (op: Op<void>, inputs: readonly (Variable | number)[]): Tensor;
  <A>(op: Op<A>, inputs: readonly (Variable | number)[], attrs: A): Tensor;
};

/** A tensor around `array`, without history. */
export function fromArray(array: NDArray): Tensor {
  return wrap(array) as Tensor;
}

/** A tensor of `shape` with the elements of `values`, row by row. */
export function fromValues(values: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  return fromArray(NDArray.from(values, shape, dtype));
}

/** An int32 vector of indices. */
export function indexTensor(values: ArrayLike<number>): Tensor {
  return fromValues(values, [values.length], "int32");
}

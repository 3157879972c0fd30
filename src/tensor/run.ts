/**
 * Runs ops for the methods of tensors, and makes tensors from arrays.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { type Variable, wrap } from "../autograd/node.ts";
import type { DType } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { kernels } from "../kernels/backends.ts";
import { fitted } from "../ops/integers.ts";
import type { Op } from "../ops/op.ts";
import type { Shape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Tensor } from "./tensor.ts";

/** Runs an op, as `apply`; the result is a `Tensor`, since `tensor.ts` registers the wrapper. */
export const run = apply as {
  (op: Op<void>, inputs: readonly (Variable | number)[]): Tensor;
  <A>(op: Op<A>, inputs: readonly (Variable | number)[], attrs: A): Tensor;
};

/** Wraps `array` in a tensor without a graph. */
export function fromArray(array: NDArray): Tensor {
  return wrap(array) as Tensor;
}

/** Makes a tensor of `shape` from `values` in row-major order. */
export function fromValues(values: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  return fromArray(NDArray.from(values, shape, dtype));
}

/**
 * Adds up `parts`, whole numbers in float64 without a graph, and converts the totals to `dtype`.
 *
 * @throws {ValueError} naming `action` if an integer type cannot hold one
 */
export function fitTotals(action: string, dtype: DType, ...parts: Tensor[]): Tensor {
  const total = parts.reduce((a, b) => a.add(b)).contiguous().array;
  const arrays = parts.map((part) => part.contiguous().array);
  return fromArray(fitted(kernels(), action, total, dtype, arrays));
}

/** Makes an int32 vector of indices. */
export function indexTensor(values: ArrayLike<number>): Tensor {
  return fromValues(values, [values.length], "int32");
}

/** Lets the tensors of a result be taken in their order, as in `const [values, indices] = …` and `[0]`. */
export function iterable<R extends object>(result: R): R & Iterable<Tensor> {
  const tensors: Tensor[] = Object.values(result);
  // Not enumerable, so that the result looks like, and is walked as, an object of tensors.
  const hide = (key: PropertyKey, value: unknown) => Object.defineProperty(result, key, { value });
  for (let i = 0; i < tensors.length; i++) hide(i, tensors[i]);
  hide(Symbol.iterator, () => tensors.values());
  hide(Symbol.toPrimitive, refuseText);
  return result as R & Iterable<Tensor>;
}

/** Makes `x.max(1) > 3` an error; JavaScript would compare with `"[object Object]"`. */
function refuseText(this: object): never {
  const names = Object.keys(this).join(" and ");
  throw new ValueError(
    `Cannot use ${names} as one number or text: take one of them, as in x.max(1).values; amax() and ` +
      "amin() return the values alone",
  );
}

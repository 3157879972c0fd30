/**
 * The bodies of the methods of `Tensor` for mathematics; the class documents each method.
 *
 * @module
 */

import { readOptions } from "../checks.ts";
import { getDefaultDtype, isFloat } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `addcmul` and `addcdiv`. */
export interface ScaledOptions {
  /** The factor of the product or quotient; default 1. */
  readonly value?: TensorLike;
}

export function exp2(input: Tensor): Tensor {
  const x = isFloat(input.dtype) ? input : run(ops.cast, [input], getDefaultDtype());
  return scope(() => run(ops.pow, [2, x]));
}

export function addcmul(
  x: Tensor,
  a: TensorLike,
  b: TensorLike,
  options?: ScaledOptions,
): Tensor {
  return run(ops.addcmul, [x, a, b, readOptions("addcmul", options, { value: 1 }).value]);
}

export function addcdiv(
  x: Tensor,
  a: TensorLike,
  b: TensorLike,
  options?: ScaledOptions,
): Tensor {
  return run(ops.addcdiv, [x, a, b, readOptions("addcdiv", options, { value: 1 }).value]);
}

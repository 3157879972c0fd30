/**
 * Running ops from the methods of tensors.
 *
 * @module
 */

import { apply, applyInPlace } from "../autograd/apply.ts";
import type { Variable } from "../autograd/node.ts";
import type { Op } from "../ops/op.ts";
import type { Tensor } from "./tensor.ts";

/** As `apply`: everything that comes out of an op is a `Tensor`, since `tensor.ts` is the wrapper. */
export const run = apply as {
  (op: Op<void>, inputs: readonly (Variable | number)[]): Tensor;
  <A>(op: Op<A>, inputs: readonly (Variable | number)[], attrs: A): Tensor;
};

/** As `applyInPlace`. */
export const runInPlace = applyInPlace as {
  (op: Op<void>, inputs: readonly [Variable, ...(Variable | number)[]]): Tensor;
  <A>(op: Op<A>, inputs: readonly [Variable, ...(Variable | number)[]], attrs: A): Tensor;
};

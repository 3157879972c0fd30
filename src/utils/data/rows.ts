/**
 * Picking entries of a tensor by index, as data sets do for every batch.
 *
 * @module
 */

import { kernels } from "../../kernels/backends.ts";
import { identity } from "../../kernels/formula.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * `result[i, …] = x[rows[i], …]`, in one pass that copies whole entries.
 *
 * Gradients flow through it if `x` requires one, which costs a detour.
 *
 * @param x a tensor with at least one axis
 * @param rows indices of its first axis, known to be in range
 */
export function takeRows(x: Tensor, rows: Int32Array): Tensor {
  if (x.requiresGrad) return x.indexSelect(0, tensor(rows));
  return new Tensor(kernels().mapRows(identity, x.array, rows, [], x.dtype));
}

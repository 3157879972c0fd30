/**
 * The one way in which optimizers write: a formula over whole tensors, in one pass, in place.
 *
 * @module
 */

import { kernels } from "../kernels/backends.ts";
import type { Formula } from "../kernels/formula.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";

/**
 * `target ← f(operands)`, element by element, without recording.
 *
 * Numbers are operands like tensors, so another learning rate is not another kernel. The version of
 * the target goes up: a graph that still needs the old value notices.
 *
 * @param target what is written; it may be an operand too
 * @param f the formula
 * @param operands what the formula takes, in its order
 */
export function assign(target: Tensor, f: Formula, ...operands: TensorLike[]): void {
  const { array } = target;
  const inputs = operands.map((x) => (typeof x === "number" ? x : x.array));
  kernels().mapInto(f, inputs, array, array.dtype);
  target.version = ++array.storage.version;
}

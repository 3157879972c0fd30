/**
 * The bodies of the methods of `Tensor` for arithmetic; the class documents each method.
 *
 * @module
 */

import { applyInPlace } from "../autograd/apply.ts";
import { isGradEnabled } from "../autograd/grad_mode.ts";
import type { Variable } from "../autograd/node.ts";
import { isTensor, rangeOf, readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { Op } from "../ops/op.ts";
import { ops } from "../ops/table.ts";
import { copyInto } from "./indexing.ts";
import { run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `div`. */
export interface DivOptions {
  /**
   * `"trunc"` rounds toward 0, as integer division in C does; `"floor"` rounds down, as `//` in
   * Python does; `null` does not round. Default `null`.
   */
  readonly roundingMode?: "trunc" | "floor" | null;
}

/** The ops that round, by `roundingMode`; they keep the dtype of the operands. */
const DIVISIONS = { trunc: ops.truncDivide, floor: ops.floorDivide };

export function div(x: Tensor, other: TensorLike, options?: DivOptions): Tensor {
  const { roundingMode } = readOptions("div", options, { roundingMode: null });
  if (roundingMode === null) return run(ops.div, [x, other]);
  if (Object.hasOwn(DIVISIONS, roundingMode)) {
    return run(DIVISIONS[roundingMode], [x, other]);
  }
  throw new ValueError(
    `Cannot div with roundingMode "${roundingMode}": use "trunc" or "floor", or leave it out`,
  );
}

export function pow(x: Tensor, exponent: TensorLike): Tensor {
  if (exponent === 2 && isFloat(x.dtype)) return x.square();
  return run(ops.pow, [x, exponent]);
}

/** Writes the result of `op` over its first input, also where its gradient reads that input. */
export function overwrite(op: Op<void>, inputs: readonly [Tensor, ...TensorLike[]]): void {
  const [x, ...others] = inputs;
  const isRecorded = isGradEnabled() &&
    inputs.some((input) => isTensor<Tensor>(input) && input.requiresGrad);
  if (isRecorded) copyInto(x, run(op, [x.clone(), ...others]));
  else applyInPlace(op, inputs);
}

export function square(x: Tensor): Tensor {
  if (x.dtype !== "bool") return run(ops.square, [x]);
  return scope(() => run(ops.square, [x.to("int32")]));
}

export function clamp(
  x: Tensor,
  min: TensorLike | null,
  max: TensorLike | null,
  action = "clamp",
): Tensor {
  // A number for the open side would make integers of booleans.
  if (x.dtype === "bool") {
    if (min === null && isTensor<Tensor>(max)) return x.minimum(max);
    if (max === null && isTensor<Tensor>(min)) return x.maximum(min);
  }
  return run(ops.clamp, [x, ...clampBounds(x, min, max, action)]);
}

/** Returns the bounds of `clamp`; an open side gets a bound that no element exceeds. */
export function clampBounds(
  { dtype }: Variable,
  min: TensorLike | null,
  max: TensorLike | null,
  action = "clamp",
): [TensorLike, TensorLike] {
  if ((min ?? max ?? null) === null) {
    throw new ValueError(`Cannot ${action} without bounds: pass a lower or an upper bound`);
  }
  for (const bound of [min, max]) {
    if (typeof bound !== "object" || bound === null || isTensor(bound)) continue;
    if (!Object.hasOwn(bound, "min") && !Object.hasOwn(bound, "max")) continue;
    throw new ValueError(
      `Cannot ${action} with bounds as options: pass them in order, ${action}(min, max), null for none`,
    );
  }
  const [low, high] = rangeOf(dtype);
  return [min ?? low, max ?? high];
}

/** Options of `addcmul` and `addcdiv`. */
export interface ScaledOptions {
  /** The factor of the product or quotient; default 1. */
  readonly value?: TensorLike;
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

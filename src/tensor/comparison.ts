/**
 * The bodies of the methods of `Tensor` for comparison and logic, and the function `where`.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkArguments, checkCondition, checkTensors, readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { broadcastShapes, sameShape } from "../shape.ts";
import { fromValues, run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `isclose` and `allclose`. */
export interface CloseOptions {
  /** Relative tolerance, a share of the other element; default 1e-5. */
  readonly rtol?: number;
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number;
  /** Treat NaN as close to NaN; default false. */
  readonly equalNan?: boolean;
}

const DEFAULTS = { rtol: 1e-5, atol: 1e-8, equalNan: false };

export function isclose(x: Tensor, other: Tensor, options?: CloseOptions): Tensor {
  const { rtol, atol, equalNan } = readOptions("isclose", options, DEFAULTS);
  checkTensors("compare", other);
  broadcastShapes(x.shape, other.shape, "compare");
  if (!(rtol >= 0 && atol >= 0)) {
    throw new ValueError(
      `Cannot compare with rtol ${rtol} and atol ${atol}: tolerances must be 0 or more`,
    );
  }
  const compare = () => {
    const [a, b] = [comparable(x), comparable(other)];
    const error = a.sub(b).abs();
    const isNear = error.le(b.abs().mul(rtol).add(atol)).logicalAnd(error.isfinite());
    const isClose = isNear.logicalOr(a.eq(b));
    return equalNan ? isClose.logicalOr(a.isnan().logicalAnd(b.isnan())) : isClose;
  };
  return noGrad(() => scope(compare));
}

export function allclose(x: Tensor, other: Tensor, options?: CloseOptions): boolean {
  const read = readOptions("allclose", options, DEFAULTS);
  return scope(() => x.isclose(other, read).all().item() === 1);
}

export function equal(x: Tensor, other: Tensor): boolean {
  checkTensors("compare", other);
  return sameShape(x.shape, other.shape) && scope(() => x.eq(other).all().item() === 1);
}

export function isin(x: Tensor, values: Tensor): Tensor {
  checkTensors("search", values);
  const known = new Set<number>(values.data);
  known.delete(NaN);
  const { data } = x;
  const found = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) found[i] = known.has(data[i]) ? 1 : 0;
  return fromValues(found, x.shape, "bool");
}

/** Converts integers to float64, since their differences could overflow. */
function comparable(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x : run(ops.cast, [x], "float64");
}

/**
 * Chooses element by element: `a` where `condition` is true, `b` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.where.html
 *
 * @param condition booleans
 * @param a a tensor or a number, broadcast; only the elements that are chosen get a gradient
 * @param b a tensor or a number, broadcast
 * @returns the shape to which all three broadcast, in the wider dtype of `a` and `b`
 * @throws {ShapeError} if the shapes do not broadcast
 * @throws {DTypeError} if the condition is not boolean
 * @example
 * ```ts
 * import { tensor, where } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1, 0, 2]);
 * assertEquals(where(x.gt(0), x, -1).toArray(), [-1, -1, 2]);
 * ```
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  checkArguments("where", arguments, 3);
  checkCondition("where", condition);
  return run(ops.where, [condition, a, b]);
}

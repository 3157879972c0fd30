/**
 * The bodies of the methods of `Tensor` for mathematics; the class documents each method.
 *
 * @module
 */

import { checkWhole, readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `round`. */
export interface RoundOptions {
  /** Number of decimal places to keep; −2 rounds to hundreds; default 0. */
  readonly decimals?: number;
}

export function round(x: Tensor, options?: RoundOptions): Tensor {
  const { decimals } = readOptions("round", options, { decimals: 0 });
  checkWhole(`round to ${decimals} decimals`, decimals);
  if (decimals === 0) return run(ops.round, [x]);
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot round ${x.dtype} to ${decimals} decimals: convert it with .to("float32")`,
    );
  }
  // Parsed rather than computed, because engines differ in the last digit of powers.
  const unit = Number(`1e${Math.abs(decimals)}`);
  return scope(() => decimals > 0 ? x.mul(unit).round().div(unit) : x.div(unit).round().mul(unit));
}

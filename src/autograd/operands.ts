/**
 * Says so when something that is not a tensor stands where one is wanted, as happens in programs
 * without types.
 *
 * @module
 */

import { DTypeError } from "../errors.ts";
import { Variable } from "./variable.ts";

/** @throws {DTypeError} unless all of `values` are tensors */
export function requireTensors(action: string, ...values: readonly unknown[]): void {
  for (const value of values) {
    if (!(value instanceof Variable)) throw operandError(action, value, "a tensor");
  }
}

/** The error for a `value` that `action` cannot work on. */
export function operandError(action: string, value: unknown, wanted: string): DTypeError {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return new DTypeError(
    `Cannot ${action} with a value of type ${type}: it must be ${wanted}; make one with ` +
      `tensor(values)`,
  );
}

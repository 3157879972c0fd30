/**
 * Says so when something that is not a tensor stands where one is wanted, or options are written as
 * in Python, as happens in programs without types.
 *
 * @module
 */

import { DTypeError, ValueError } from "../errors.ts";
import { Variable } from "./node.ts";

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

/** Names that PyTorch writes in one word, and which are others here. */
const NAMES: Readonly<Record<string, string>> = { dim: "axis", keepdim: "keepDims" };

/**
 * Checks that options are an object, and not spelt as in Python, where they would be passed over.
 *
 * @throws {ValueError} naming the first that is
 */
export function requireOptions(action: string, options: unknown): void {
  // A module hands itself on: its fields have the names of the options.
  if (typeof options === "function") return;
  if (typeof options !== "object" || options === null || options instanceof Variable) {
    const type = options instanceof Variable ? "Tensor" : typeof options;
    throw new ValueError(
      `Cannot ${action} with options of type ${type}: pass an object that names them, such ` +
        `as { lr: 0.1 } or { bias: false }`,
    );
  }
  for (const name of Object.keys(options)) {
    const own = Object.hasOwn(NAMES, name) ? NAMES[name] : camelCase(name);
    if (own === name) continue;
    throw new ValueError(`Cannot ${action} with option "${name}": its name is "${own}" here`);
  }
}

function camelCase(name: string): string {
  if (!name.includes("_")) return name;
  return name.replace(/(?<=\w)_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

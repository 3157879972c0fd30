/**
 * Loads tensors by name into the parameters and buffers of a module.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { FOREIGN, isForeign, readOptions } from "../checks.ts";
import { StateDictError } from "../errors.ts";
import { listed } from "../names.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The parameters and buffers of a module by name, in the order of its fields. */
export type StateDict = Map<string, Tensor>;

/** Options of `loadStateDict`. */
export interface LoadStateOptions {
  /** True to refuse missing and unexpected names; default true. Shapes must fit in any case. */
  readonly strict?: boolean;
}

/** Result of `loadStateDict`. */
export interface LoadStateResult {
  /** Names of the module that the state lacks. */
  readonly missing: readonly string[];
  /** Names of the state that the module lacks. */
  readonly unexpected: readonly string[];
}

/** Copies `state` into `own`, the tensors of a module of class `name`; see `Module.loadStateDict`. */
export function loadInto(
  name: string,
  own: ReadonlyMap<string, Tensor>,
  state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: LoadStateOptions,
): LoadStateResult {
  const { strict } = readOptions(`load state into ${name}`, options, { strict: true });
  if (typeof state !== "object" || state === null) {
    const fault = `it is of type ${typeof state}, and must be a map or an object of tensors`;
    throw new StateDictError(name, [fault]);
  }
  const given: ReadonlyMap<string, Tensor> = state instanceof Map
    ? state
    : new Map(Object.entries(state));
  // States of PyTorch before 0.4.1 have no counters of batches; as there, these stay as they are.
  const missing = [...own.keys()].filter((entry) =>
    !given.has(entry) && !/(^|\.)num_batches_tracked$/.test(entry)
  );
  const unexpected = [...given.keys()].filter((entry) => !own.has(entry));
  const faults: string[] = [];
  if (strict) {
    if (missing.length > 0) faults.push(`missing ${quoted(missing)}`);
    if (unexpected.length > 0) faults.push(`unexpected ${quoted(unexpected)}`);
  }
  faults.push(...misfits(own, given));
  if (faults.length > 0) throw new StateDictError(name, faults);
  noGrad(() => {
    for (const [entry, tensor] of own) {
      const value = given.get(entry);
      if (value !== undefined) tensor.copy_(value);
    }
  });
  return { missing, unexpected };
}

/** Describes each value that cannot replace the tensor of its name. */
function misfits(
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
): string[] {
  return [...own].flatMap(([entry, { shape }]) => {
    const value = given.get(entry);
    if (value === undefined) return [];
    if (isForeign(value)) return [`"${entry}" is ${FOREIGN}`];
    if (!(value instanceof Tensor)) return [`"${entry}" is not a tensor`];
    if (sameShape(value.shape, shape)) return [];
    return [`"${entry}" is ${formatShape(value.shape)}, expected ${formatShape(shape)}`];
  });
}

function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `"${name}"`));
}

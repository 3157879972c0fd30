/**
 * Taking over the state of a module.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { StateDictError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The parameters and buffers of a module by name, in the order of its fields. */
export type StateDict = Map<string, Tensor>;

/** Options of `loadStateDict`. */
export interface LoadStateOptions {
  /** Refuse missing and unexpected names; default true. Shapes must fit in any case. */
  readonly strict?: boolean;
}

/** What `loadStateDict` found. */
export interface LoadStateResult {
  /** Names of the module that the state does not have. */
  readonly missing: readonly string[];
  /** Names of the state that the module does not have. */
  readonly unexpected: readonly string[];
}

/** Writes `state` into `own`, the tensors of a module of class `name`; see `Module.loadStateDict`. */
export function loadInto(
  name: string,
  own: ReadonlyMap<string, Tensor>,
  state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: LoadStateOptions,
): LoadStateResult {
  if (typeof state !== "object" || state === null) {
    const fault = `it is of type ${typeof state}, and must be a map or an object of tensors`;
    throw new StateDictError(name, [fault]);
  }
  const given: ReadonlyMap<string, Tensor> = state instanceof Map
    ? state
    : new Map(Object.entries(state));
  const missing = [...own.keys()].filter((entry) => !given.has(entry));
  const unexpected = [...given.keys()].filter((entry) => !own.has(entry));
  const faults: string[] = [];
  if (options.strict ?? true) {
    if (missing.length > 0) faults.push(`missing ${quoted(missing)}`);
    if (unexpected.length > 0) faults.push(`unexpected ${quoted(unexpected)}`);
  }
  faults.push(...unlessFitting(own, given));
  if (faults.length > 0) throw new StateDictError(name, faults);
  using _ = noGrad();
  for (const [entry, tensor] of own) {
    const value = given.get(entry);
    if (value !== undefined) tensor.copy_(value);
  }
  return { missing, unexpected };
}

/** A sentence for each value that cannot take the place of the tensor of its name. */
function unlessFitting(
  own: ReadonlyMap<string, Tensor>,
  given: ReadonlyMap<string, Tensor>,
): string[] {
  return [...own].flatMap(([entry, { shape }]) => {
    const value = given.get(entry);
    if (value === undefined) return [];
    if (!(value instanceof Tensor)) return [`"${entry}" is no tensor`];
    if (sameShape(value.shape, shape)) return [];
    return [`"${entry}" is ${formatShape(value.shape)}, expected ${formatShape(shape)}`];
  });
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

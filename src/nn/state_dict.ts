/**
 * Loads tensors by name into the parameters and buffers of a module.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import {
  checkArguments,
  checkKind,
  checkTensors,
  FOREIGN,
  isForeign,
  readOptions,
} from "../checks.ts";
import { StateDictError, ValueError } from "../errors.ts";
import { listed } from "../names.ts";
import { formatShape, sameShape } from "../shape.ts";
import { touch } from "../storage/ndarray.ts";
import { tensorMap } from "../tensor/reading.ts";
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
  const copies = [...own].flatMap(([entry, to]) => {
    const from = given.get(entry);
    return from === undefined ? [] : [{ to, from }];
  });
  // A freed tensor is refused before anything is written.
  for (const { to, from } of copies) {
    for (const { array } of [to, from]) if (array.storage.freedBy !== null) touch(array);
  }
  const written = new Set(copies.map(({ to }) => to.array.storage));
  noGrad(() => {
    // Values that lie in the module itself, as in a state dict with other names, are read first.
    const values = copies.map(({ from }) => written.has(from.array.storage) ? from.clone() : from);
    copies.forEach(({ to }, i) => to.copy_(values[i]));
  });
  return { missing, unexpected };
}

/** Describes each value that cannot replace the tensor of its name. */
export function misfits(
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

/** New names of a state dict: a function of the old one, or a text for each prefix. */
export type Renaming = ((name: string) => string) | Readonly<Record<string, string>>;

/** Returns true for an object of texts, which is no list and no map. */
function isPrefixes(renaming: unknown): renaming is Readonly<Record<string, string>> {
  return typeof renaming === "object" && renaming !== null && !Array.isArray(renaming) &&
    !(renaming instanceof Map) && Object.values(renaming).every((text) => typeof text === "string");
}

/**
 * Returns a state dict with other names, such as those of a checkpoint whose model had a wrapper.
 *
 * An object replaces prefixes: the longest that fits, at most one in each name. The tensors are the
 * same. It does what `consume_prefix_in_state_dict_if_present` of PyTorch does, for any prefix.
 *
 * @param state tensors by name
 * @param renaming new prefixes by old ones, or a function of the name
 * @returns a new map, in the order of the old one
 * @throws {ValueError} if two names become one
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { renameKeys } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const state = { "module.fc.weight": tensor([1]), "module.fc.bias": tensor([2]) };
 * const plain = renameKeys(state, { "module.": "" });
 * assertEquals([...plain.keys()], ["fc.weight", "fc.bias"]);
 * const upper = renameKeys(state, (name) => name.replace("fc", "head"));
 * assertEquals([...upper.keys()], ["module.head.weight", "module.head.bias"]);
 * ```
 */
export function renameKeys(
  state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  renaming: Renaming,
): StateDict {
  checkArguments("renameKeys", arguments, 2);
  const isNamed = Object(state) === state && !Array.isArray(state);
  checkKind("rename keys", state, isNamed, "tensors by name");
  const isRenaming = typeof renaming === "function" || isPrefixes(renaming);
  checkKind("choose new keys", renaming, isRenaming, "new texts by prefix, or a function");
  const rename = typeof renaming === "function" ? renaming : byPrefix(renaming);
  const renamed: StateDict = tensorMap();
  const old = new Map<string, string>();
  for (const [name, x] of state instanceof Map ? state : Object.entries(state)) {
    checkTensors(`rename key "${name}"`, x);
    const next = rename(name);
    checkKind(`rename key "${name}"`, next, typeof next === "string", "a text");
    if (renamed.has(next)) {
      throw new ValueError(
        `Cannot rename keys "${
          old.get(next)
        }" and "${name}" both to "${next}": choose names that ` +
          `differ`,
      );
    }
    renamed.set(next, x);
    old.set(next, name);
  }
  return renamed;
}

function byPrefix(prefixes: Readonly<Record<string, string>>): (name: string) => string {
  const longestFirst = Object.entries(prefixes).sort(([a], [b]) => b.length - a.length);
  return (name) => {
    const [prefix, next] = longestFirst.find(([prefix]) => name.startsWith(prefix)) ?? ["", ""];
    return next + name.slice(prefix.length);
  };
}

function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `"${name}"`));
}

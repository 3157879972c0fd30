/**
 * The fields of a module as its registry: the walk over them, and the guard of parameters and buffers.
 *
 * @module
 */

import { FOREIGN, isForeign, isTensor } from "../checks.ts";
import { ValueError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Buffer, Parameter } from "./parameter.ts";

/** Gets a tensor or a function, such as a module, and the name under which a module holds it. */
type Visit = (value: object, name: string) => void;

/** The containers around a value, from the innermost to the outermost. */
type Path = { readonly container: object; readonly outer: Path } | null;

/** Large containers of other values, such as vocabularies, without empty places: not walked again. */
const data = new WeakSet<object>();
const LARGE = 1000;

/**
 * Calls `visit` with the tensors and functions in the fields of `owner`. The entries of arrays, maps,
 * sets and plain objects count as fields: `layers.0`, `heads.left`.
 */
export function visitFields(owner: object, visit: Visit): void {
  for (const name of Object.keys(owner)) {
    const value = (owner as Record<string, unknown>)[name];
    if (isWalked(value)) visitValue(value, name, visit, null);
  }
}

function isWalked(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Returns true if there was something to visit. */
function visitValue(value: object, name: string, visit: Visit, outer: Path): boolean {
  if (typeof value === "function" || isTensor(value) || isForeign(value)) {
    visit(value, name);
    return true;
  }
  const entries = entriesOf(value);
  if (entries === null || data.has(value)) return false;
  for (let path = outer; path !== null; path = path.outer) {
    if (path.container === value) return false;
  }
  const path = { container: value, outer };
  let [found, isFull, place] = [false, true, 0];
  for (const [key, entry] of entries) {
    if (isWalked(entry)) {
      found = visitValue(entry, `${name}.${isWalked(key) ? place : String(key)}`, visit, path) ||
        found;
    } else if (entry === null || entry === undefined) isFull = false;
    place++;
  }
  if (!found && isFull && place > LARGE) data.add(value);
  return found;
}

/** Returns the entries of a container; `null` for other objects, which keep theirs to themselves. */
function entriesOf(value: object): Iterable<readonly [unknown, unknown]> | null {
  if (Array.isArray(value) || value instanceof Map) return value.entries();
  if (value instanceof Set) return [...value].entries();
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : null;
}

/** The state in entries of containers, and modules, by the names under which their owners have held them. */
const known = new WeakMap<object, Map<string, "parameter" | "buffer" | "module">>();

/**
 * Guards the fields of `owner` that hold parameters and buffers. A tensor that is assigned to a
 * parameter is refused, since it would not train; one that is assigned to a buffer becomes a buffer.
 * Entries of containers have no guard, and modules need none: {@link replacedKind} finds out later.
 *
 * A field can be guarded once it is there: layers call this at the end of their constructors, and the
 * walks over other modules, or their first call, do.
 */
export function guardFields(owner: object): void {
  for (const name of Object.keys(owner)) {
    const value: unknown = Object.getOwnPropertyDescriptor(owner, name)!.value;
    if (value instanceof Parameter || value instanceof Buffer) guard(owner, name, value);
    else if (isWalked(value)) {
      visitValue(value, name, (entry, place) => learn(owner, entry, place), null);
    }
  }
}

function learn(owner: object, entry: object, name: string): void {
  const kind = entry instanceof Parameter
    ? "parameter"
    : entry instanceof Buffer
    ? "buffer"
    : isModule(entry)
    ? "module"
    : null;
  if (kind === null) return;
  let kinds = known.get(owner);
  if (kinds === undefined) known.set(owner, kinds = new Map());
  kinds.set(name, kind);
}

/** Returns what `owner` has held under a name that has a plain tensor now, if that was state. */
export function replacedKind(
  owner: object,
  name: string,
): "parameter" | "buffer" | "module" | undefined {
  return known.get(owner)?.get(name);
}

/** Returns true for a module of this copy of the library, or of another one. */
export function isModule(value: object): boolean {
  const { forward, namedParameters } = value as { forward?: unknown; namedParameters?: unknown };
  return typeof forward === "function" && typeof namedParameters === "function";
}

function guard(owner: object, name: string, first: Parameter | Buffer): void {
  let value: unknown = first;
  let isParameter = first instanceof Parameter;
  Object.defineProperty(owner, name, {
    get: () => value,
    set(next: unknown) {
      if (next instanceof Parameter) isParameter = true;
      else if (next !== null && next !== undefined) {
        if (isParameter || !isTensor<Tensor>(next)) throw refusal(owner, name, isParameter, next);
        if (!(next instanceof Buffer)) next = bufferOf(next);
      }
      value = next;
    },
  });
}

/** Makes a buffer of a tensor with its history, which ends with the call: see `Module`. */
function bufferOf(x: Tensor): Buffer {
  const buffer = new Buffer(x);
  buffer.node = x.node;
  return buffer;
}

function refusal(owner: object, name: string, isParameter: boolean, next: unknown): ValueError {
  const type = isTensor(next)
    ? "a tensor"
    : isForeign(next)
    ? FOREIGN
    : `a value of type ${typeof next}`;
  const place = /^\d/.test(name) ? `list.at(${name})` : name;
  const field = `${owner.constructor.name}.${name}`;
  return new ValueError(
    isParameter
      ? `Cannot assign ${type} to ${field}: the parameter there would no longer train; copy values ` +
        `into it with noGrad(() => ${place}.copy_(values)), or assign new Parameter(values)`
      : `Cannot assign ${type} to ${field}: it holds a buffer; assign a tensor, or delete it first`,
  );
}

/**
 * Saves and loads checkpoints: all that a training loop needs to continue.
 *
 * A checkpoint is a safetensors file. Its tensors are named by their place, such as
 * `model.fc1.weight`, so other tools can read them; the rest is in the metadata as JSON.
 *
 * @example
 * ```ts
 * import { defaultGenerator, ones } from "@gradus/gradus";
 * import * as checkpoint from "@gradus/gradus/checkpoint";
 * import * as nn from "@gradus/gradus/nn";
 * import * as optim from "@gradus/gradus/optim";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * const snapshot = (epoch: number) => ({
 *   epoch,
 *   model: model.stateDict(),
 *   optimizer: optimizer.stateDict(),
 *   generator: defaultGenerator.getState(),
 * });
 * model(ones([1, 2])).sum().backward();
 * optimizer.step();
 * checkpoint.save(snapshot(3), "run.safetensors");
 *
 * // Later, with a model and an optimizer of the same kind:
 * const run = checkpoint.load<ReturnType<typeof snapshot>>("run.safetensors");
 * model.loadStateDict(run.model);
 * optimizer.loadStateDict(run.optimizer);
 * defaultGenerator.setState(run.generator);
 * assertEquals(run.epoch, 3);
 * rmSync("run.safetensors");
 * ```
 *
 * @module
 */

import { checkArguments, FOREIGN, isForeign } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { readFile, type Source, writeAtomic } from "./files.ts";
import { read as readTensors, serialize as serializeTensors } from "./safetensors/serialize.ts";
import { decode } from "./safetensors/decode.ts";
import { quote, refuse, shorten } from "./safetensors/format.ts";

/** The key of the metadata that holds all but the tensors. */
const KEY = "gradus.checkpoint";

/** A value as JSON holds it; any but strings, booleans and ordinary numbers come after their kind. */
type Packed = string | number | boolean | null | readonly [kind: string, content: unknown];

/**
 * Returns the bytes of a checkpoint; see `save`.
 *
 * @param state the values to save
 * @returns the whole file
 * @throws {ValueError} naming the place of a value that cannot be saved
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@gradus/gradus";
 * import * as checkpoint from "@gradus/gradus/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = checkpoint.serialize({ best: Infinity, losses: [0.5, 0.25], x: tensor([1, 2]) });
 * const { best, x } = checkpoint.deserialize<{ best: number; x: Tensor }>(bytes);
 * assertEquals([best, x.toArray()], [Infinity, [1, 2]]);
 * ```
 */
export function serialize(state: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> {
  checkArguments("serialize", arguments, 1);
  const tensors = new Map<string, Tensor>();
  const packed = pack(state, "", tensors);
  return serializeTensors(tensors, { metadata: { [KEY]: JSON.stringify(packed) } });
}

/**
 * Returns the content of the bytes of a checkpoint; see `load`.
 *
 * @typeParam T the type of the saved state
 * @param bytes the whole file
 * @returns the saved state
 * @throws {FileFormatError} if the bytes are damaged, or those of no checkpoint
 * @example
 * ```ts
 * import * as checkpoint from "@gradus/gradus/checkpoint";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = checkpoint.serialize({ epoch: 7 });
 * assertEquals(checkpoint.deserialize(bytes), { epoch: 7 });
 * ```
 */
export function deserialize<T>(bytes: Uint8Array): T {
  checkArguments("deserialize", arguments, 1);
  return read(bytes) as T;
}

function read(file: Uint8Array | Source): unknown {
  const text = decode(file).metadata.get(KEY);
  if (text === undefined) {
    refuse("it is not a checkpoint", 'read its tensors with load of "@gradus/gradus/safetensors"');
  }
  return unpack(parse(text), readTensors(file, {}));
}

/**
 * Writes a checkpoint: tensors, numbers, texts, booleans and `null`, nested in plain objects, arrays
 * and maps, as state dicts are.
 *
 * If saving fails, the old file stays as it was. In PyTorch:
 * https://pytorch.org/docs/stable/generated/torch.save.html
 *
 * @param state the values to save
 * @param path the file to create or replace, or its `file:` URL; its folder must exist
 * @throws {ValueError} naming the place of a value that cannot be saved; nothing is written then
 * @throws {FileAccessError} naming `path` if it cannot be written
 * @example
 * ```ts
 * import * as checkpoint from "@gradus/gradus/checkpoint";
 * import * as nn from "@gradus/gradus/nn";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(2, 3);
 * checkpoint.save({ epoch: 1, model: model.stateDict() }, "saved.safetensors");
 * const { epoch } = checkpoint.load<{ epoch: number }>("saved.safetensors");
 * assertEquals(epoch, 1);
 * rmSync("saved.safetensors");
 * ```
 */
export function save(state: Readonly<Record<string, unknown>>, path: string | URL): void {
  checkArguments("save", arguments, 2);
  writeAtomic(path, serialize(state));
}

/**
 * Reads a checkpoint.
 *
 * The type `T` is not checked against the file; `loadStateDict` checks its argument.
 *
 * @typeParam T the type of the saved state
 * @param path the file, or its `file:` URL
 * @returns the saved state
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it is damaged, or no checkpoint
 * @example
 * ```ts
 * import type { Tensor } from "@gradus/gradus";
 * import * as checkpoint from "@gradus/gradus/checkpoint";
 * import * as nn from "@gradus/gradus/nn";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * const [model, copy] = [new nn.Linear(2, 3), new nn.Linear(2, 3)];
 * checkpoint.save({ model: model.stateDict() }, "resumed.safetensors");
 * const run = checkpoint.load<{ model: Map<string, Tensor> }>("resumed.safetensors");
 * copy.loadStateDict(run.model);
 * assertEquals(copy.weight.equal(model.weight), true);
 * rmSync("resumed.safetensors");
 * ```
 */
export function load<T>(path: string | URL): T {
  checkArguments("load", arguments, 1);
  return readFile(path, read) as T;
}

/** Values may be nested this deep in a checkpoint, so that no runtime's stack ends before. */
const MAX_DEPTH = 500;

/** Returns `value` as JSON; its tensors go to `tensors`, under names made of their place. */
function pack(
  value: unknown,
  place: string,
  tensors: Map<string, Tensor>,
  around: readonly unknown[] = [],
): Packed {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return isPlain(value) ? value : ["number", textOf(value)];
  if (value instanceof Tensor) return ["tensor", addTensor(value, place, tensors)];
  if (isForeign(value)) fail(place, FOREIGN, "pass its data and shape");

  if (around.includes(value)) fail(place, "an object inside itself", "leave the inner one out");
  if (around.length === MAX_DEPTH) {
    fail(shorten(place), `values nested deeper than ${MAX_DEPTH} levels`, "make it flat");
  }
  const within = [...around, value];
  const packEntry = (entry: unknown, key: unknown): Packed =>
    pack(entry, place === "" ? `${key}` : `${place}.${key}`, tensors, within);
  const packEntries = (entries: Iterable<readonly [unknown, unknown]>): [string, Packed][] =>
    Array.from(entries, ([key, entry]) => {
      if (typeof key !== "string") {
        fail(place, `a key of type ${typeof key}`, "use strings as keys");
      }
      return [key, packEntry(entry, key)];
    });
  const isHidden = (key: symbol) => !Object.prototype.propertyIsEnumerable.call(value, key);
  if (!Object.getOwnPropertySymbols(Object(value)).every(isHidden)) {
    fail(place, "a symbol as key", "use strings as keys");
  }
  if (Array.isArray(value) && Object.keys(value).length > value.length) {
    fail(place, "a list that has fields besides its entries", "save them apart");
  }
  if (Array.isArray(value)) return ["array", Array.from(value, packEntry)];
  if (value instanceof Map) return ["map", packEntries(value)];
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    // As JSON does: an option that was left out gets no entry.
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    return ["object", packEntries(entries)];
  }
  return fail(place, ...describe(value));
}

/** Returns false for NaN and infinities, which JSON lacks, and for -0, which loses its sign there. */
function isPlain(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function textOf(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}

/** Adds a tensor under a name of its own: `{ "a.b": x, a: { b: y } }` has one name twice. */
function addTensor(value: Tensor, place: string, tensors: Map<string, Tensor>): string {
  let name = place;
  for (let i = 2; tensors.has(name); i++) name = `${place} (${i})`;
  tensors.set(name, value);
  return name;
}

/** Returns the kind of a value that cannot be saved, and the way out. */
function describe(value: unknown): [what: string, wayOut: string] {
  const kind = Object(value) === value ? (value as object).constructor?.name : undefined;
  const hasState = Object(value) === value && "stateDict" in (value as object);
  return [
    `a value of type ${kind ?? typeof value}`,
    hasState ? "pass what its stateDict() returns" : "pass tensors, and what JSON can hold",
  ];
}

function fail(place: string, what: string, wayOut: string): never {
  throw new ValueError(`Cannot save a checkpoint with ${what} at "${place}": ${wayOut}`);
}

/** The numbers that JSON cannot hold, by their text. */
const NUMBERS: ReadonlyMap<unknown, number> = new Map(
  [NaN, Infinity, -Infinity, -0].map((value) => [textOf(value), value]),
);

/** Undoes `pack`. */
function unpack(packed: unknown, tensors: ReadonlyMap<string, Tensor>, depth = 0): unknown {
  if (typeof packed !== "object" || packed === null) return packed;
  const [kind, content] = pairOf(packed);
  const list = (): readonly unknown[] => {
    if (depth < MAX_DEPTH) return Array.isArray(content) ? content : refuse(OTHER_METADATA, NEWER);
    return refuse(`the checkpoint is nested deeper than ${MAX_DEPTH} levels`, NEWER);
  };
  const entries = (): ReadonlyMap<string, unknown> => {
    const found = new Map<string, unknown>();
    for (const [key, entry] of list().map(pairOf)) {
      if (typeof key !== "string") refuse(OTHER_METADATA, NEWER);
      if (found.has(key)) refuse(`the checkpoint has the key ${quote(key)} twice in one object`);
      found.set(key, unpack(entry, tensors, depth + 1));
    }
    return found;
  };
  switch (kind) {
    case "number":
      return NUMBERS.get(content) ?? refuse(OTHER_METADATA, NEWER);
    case "tensor":
      if (typeof content !== "string") refuse(OTHER_METADATA, NEWER);
      return tensors.get(content) ?? refuse(`tensor ${quote(content)} is missing`);
    case "array":
      return list().map((entry) => unpack(entry, tensors, depth + 1));
    case "map":
      return entries();
    case "object":
      return Object.fromEntries(entries());
    default:
      if (typeof kind !== "string") refuse(OTHER_METADATA, NEWER);
      return refuse(`the checkpoint has a value of kind ${quote(kind)}`, NEWER);
  }
}

const OTHER_METADATA = "the metadata is not that of a checkpoint";
const NEWER = "the file is damaged, or of a later version of Gradus";

function pairOf(value: unknown): readonly [unknown, unknown] {
  if (Array.isArray(value) && value.length === 2) return value as [unknown, unknown];
  return refuse(OTHER_METADATA, NEWER);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(OTHER_METADATA, NEWER);
  }
}

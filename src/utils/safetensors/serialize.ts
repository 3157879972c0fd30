/**
 * Reads and writes tensors as safetensors files.
 *
 * @module
 */

import { checkArguments, checkKind, checkList, checkTensors, readOptions } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import { listed } from "../../names.ts";
import { tensor } from "../../tensor/create.ts";
import { tensorMap } from "../../tensor/reading.ts";
import { scope } from "../../tensor/scope.ts";
import "../../tensor/tensor.ts"; // without the class, no tensor can be made
import type { Tensor } from "../../tensor/tensor.ts";
import { readFile, type Source, writeAtomic } from "../files.ts";
import {
  checkConversions,
  dtypeFor,
  FILE_DTYPE_OF,
  type LoadOptions,
  narrow,
  NARROW_FORMATS,
  type NarrowDType,
  toTypedArray,
} from "./convert.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { type Entry, FILE_DTYPES, quote } from "./format.ts";

/** Tensors by name; names are keys, never paths. */
export type NamedTensors = ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>;

/** Options of `save` and `serialize`. */
export interface SaveOptions {
  /**
   * The type that floating-point tensors are rounded to, for a file of half the size; none by default.
   *
   * Each number becomes the nearest one of the type, the even one of two that are equally near, and
   * ±∞ past the largest. Such files are read with `convert: true`.
   */
  readonly dtype?: NarrowDType;
  /** Text about the file, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Returns the bytes of a safetensors file that holds `tensors`.
 *
 * Equal tensors give equal bytes, in whatever order they come.
 *
 * See https://huggingface.co/docs/safetensors
 *
 * @param tensors tensors by name
 * @param options `dtype`, `metadata`
 * @returns the whole file
 * @throws {ValueError} if a name is reserved or is not well-formed text
 * @throws {DTypeError} if `dtype` is neither float16 nor bfloat16
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as safetensors from "@gradus/gradus/safetensors";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const bytes = safetensors.serialize({ x });
 * assertEquals(safetensors.deserialize(bytes).get("x")!.toArray(), [[1, 2], [3, 4]]);
 *
 * const half = safetensors.serialize({ x: tensor([1 / 3]) }, { dtype: "float16" });
 * const { x: third } = Object.fromEntries(safetensors.deserialize(half, { convert: true }));
 * assertEquals([third.dtype, third.item()], ["float32", 0.333251953125]);
 * ```
 */
export function serialize(
  tensors: NamedTensors,
  options: SaveOptions = {},
): Uint8Array<ArrayBuffer> {
  checkArguments("serialize", arguments, 2);
  const known = { dtype: undefined, metadata: {} };
  const { dtype, metadata } = readOptions("save safetensors", options, known);
  if (dtype !== undefined && !Object.hasOwn(NARROW_FORMATS, dtype)) {
    throw new DTypeError(
      `Cannot save safetensors as ${dtype}: tensors can be rounded to ` +
        `${Object.keys(NARROW_FORMATS).join(" or ")}; convert them with .to() for other types`,
    );
  }
  checkKind("save safetensors", tensors, Object(tensors) === tensors, "tensors by name");
  checkKind("save safetensors", metadata, Object(metadata) === metadata, "text by key");
  const named = tensors instanceof Map ? tensors : Object.entries(tensors);
  return encode(entriesOf(named, dtype), new Map(Object.entries(metadata)));
}

function* entriesOf(
  named: Iterable<readonly [string, Tensor]>,
  narrowed: NarrowDType | undefined,
): Iterable<[string, Entry]> {
  for (const [name, tensor] of named) {
    checkTensors(`save "${name}"`, tensor);
    const { data, dtype, shape } = tensor;
    const narrows = narrowed !== undefined && isFloat(dtype);
    const { buffer } = narrows ? narrow(data, narrowed) : data;
    yield [name, {
      dtype: narrows ? NARROW_FORMATS[narrowed].fileDType : FILE_DTYPE_OF[dtype],
      shape,
      bytes: new Uint8Array(buffer),
    }];
  }
}

/**
 * Returns the tensors in the bytes of a safetensors file.
 *
 * See https://huggingface.co/docs/safetensors
 *
 * @param bytes the whole file
 * @param options `convert` lets element types that tensors lack become others; `names` chooses
 *   tensors; `skip` leaves out those that cannot be loaded
 * @returns tensors by name, in the order of the file
 * @throws {FileFormatError} if the bytes break any rule of the format
 * @throws {DTypeError} if a dtype needs `convert`, or is unknown
 * @throws {ValueError} if an element does not fit the dtype to which it is converted, or there is no
 *   tensor of a name
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as safetensors from "@gradus/gradus/safetensors";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = safetensors.serialize({ b: tensor([1]), a: tensor([true]) });
 * assertEquals(safetensors.deserialize(bytes).get("a")!.dtype, "bool");
 * ```
 */
export function deserialize(
  bytes: Uint8Array,
  options: LoadOptions = {},
): Map<string, Tensor> {
  checkArguments("deserialize", arguments, 2);
  return read(bytes, options);
}

/** The defaults of {@link LoadOptions}. */
export const LOAD_DEFAULTS = { convert: undefined, names: undefined, skip: false };

/** Returns the tensors of a file that `options` choose. */
export function read(file: Uint8Array | Source, options: LoadOptions): Map<string, Tensor> {
  const { convert = false, names, skip } = readOptions("load safetensors", options, LOAD_DEFAULTS);
  checkConversions(convert);
  if (names !== undefined) checkList("load safetensors by names", names);
  const { entries, unknown } = decode(file);
  const attempt = <T>(load: () => T): T | null => {
    try {
      return load();
    } catch (error) {
      const isUnfit = error instanceof DTypeError || error instanceof ValueError;
      if (skip && isUnfit) return null;
      if (!(error instanceof ValueError)) throw error;
      throw new ValueError(`${error.message}, or leave it out with { skip: true }`, {
        cause: error,
      });
    }
  };
  const all = [...entries.keys(), ...unknown.keys()];
  checkNames(names, all);
  // All types are checked before the first element is read.
  const chosen = (names ?? all).filter((name) =>
    attempt(() => {
      const entry = entries.get(name) ?? refuseType(name, unknown.get(name)!);
      return dtypeFor(entry, name, convert);
    }) !== null
  );
  // If one cannot be loaded, those before it are freed.
  return scope(() => {
    const tensors = tensorMap();
    for (const name of chosen) {
      const entry = entries.get(name)!;
      const values = attempt(() => toTypedArray(entry, name, convert));
      if (values === null) continue;
      const dtype = dtypeFor(entry, name, convert);
      tensors.set(name, tensor(values, { dtype }).reshape(entry.shape));
    }
    return tensors;
  });
}

/** Rejects names of tensors that are not among `all`. */
export function checkNames(names: readonly string[] = [], all: readonly string[]): void {
  const known = new Set(all);
  const absent = names.find((name) => !known.has(name));
  if (absent === undefined) return;
  throw new ValueError(
    `Cannot load tensor ${quote(absent)}: the file has no such name, but ` +
      listed(all.map(quote)),
  );
}

function refuseType(name: string, dtype: string): never {
  throw new DTypeError(
    `Cannot load tensor ${quote(name)} of dtype ${quote(dtype)}: it must be one of ` +
      `${Object.keys(FILE_DTYPES).join(", ")}; leave it out with { skip: true }`,
  );
}

/**
 * Writes `tensors` to a safetensors file. If that fails, the old file stays as it was.
 *
 * See https://huggingface.co/docs/safetensors
 *
 * @param tensors tensors by name, such as a state dict
 * @param path the file to create or replace, or its `file:` URL; its folder must exist
 * @param options `dtype`, `metadata`
 * @throws {ValueError} if a name is reserved or is not well-formed text
 * @throws {DTypeError} if `dtype` is neither float16 nor bfloat16
 * @throws {FileAccessError} naming `path` if it cannot be written
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { load, save } from "@gradus/gradus/safetensors";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * save({ weight: tensor([1, 2]) }, "example.safetensors", { metadata: { epoch: "3" } });
 * assertEquals(load("example.safetensors").get("weight")!.toArray(), [1, 2]);
 * rmSync("example.safetensors");
 * ```
 */
export function save(tensors: NamedTensors, path: string | URL, options: SaveOptions = {}): void {
  checkArguments("save", arguments, 3);
  writeAtomic(path, serialize(tensors, options));
}

/**
 * Reads a safetensors file.
 *
 * See https://huggingface.co/docs/safetensors
 *
 * @param path the file, or its `file:` URL
 * @param options `convert` lets element types that tensors lack become others; `names` chooses
 *   tensors; `skip` leaves out those that cannot be loaded
 * @returns tensors by name, in the order of the file
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it breaks any rule of the format
 * @throws {DTypeError} if a dtype needs `convert`, or is unknown
 * @throws {ValueError} if an element does not fit the dtype to which it is converted, or there is no
 *   tensor of a name
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { load, save } from "@gradus/gradus/safetensors";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * save({ "fc.weight": tensor([[1, 2]]), "fc.bias": tensor([3]) }, "layer.safetensors");
 * const tensors = load("layer.safetensors");
 * assertEquals([...tensors.keys()], ["fc.bias", "fc.weight"]);
 * assertEquals(tensors.get("fc.weight")!.shape, [1, 2]);
 * rmSync("layer.safetensors");
 * ```
 */
export function load(path: string | URL, options: LoadOptions = {}): Map<string, Tensor> {
  checkArguments("load", arguments, 2);
  return readFile(path, (file) => read(file, options));
}

/**
 * Reads the text about a safetensors file that was saved with it.
 *
 * See https://huggingface.co/docs/safetensors
 *
 * @param path the file, or its `file:` URL
 * @returns text by key; empty if there is none
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it breaks any rule of the format
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { loadMetadata, save } from "@gradus/gradus/safetensors";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * save({ weight: tensor([1, 2]) }, "noted.safetensors", { metadata: { accuracy: "0.98" } });
 * assertEquals(loadMetadata("noted.safetensors").get("accuracy"), "0.98");
 * rmSync("noted.safetensors");
 * ```
 */
export function loadMetadata(path: string | URL): Map<string, string> {
  checkArguments("loadMetadata", arguments, 1);
  return readFile(path, (file) => decode(file).metadata);
}

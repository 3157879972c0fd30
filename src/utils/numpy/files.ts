/**
 * Reads and writes `.npy` and `.npz` files.
 *
 * @module
 */

import { checkArguments, checkKind, checkTensors, readOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { scope } from "../../tensor/scope.ts";
import "../../tensor/tensor.ts"; // without the class, no tensor can be made
import type { Tensor } from "../../tensor/tensor.ts";
import { readFile, type Source, sourceOf, writeAtomic } from "../files.ts";
import { checkConversions, type Conversions } from "../safetensors/convert.ts";
import { inFormat } from "../safetensors/format.ts";
import { readZip, refusalOf, writeZip } from "../zip.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";

/** Options of `load`, `loadz` and their forms for bytes. */
export interface NumpyLoadOptions {
  /**
   * True if element types that tensors lack may become others: float16 float32, integers int32. Or for
   * each such type the dtype, as in `{ I64: "float64" }`. Default false.
   *
   * NumPy's whole numbers are int64 unless they were made otherwise. An element that its dtype cannot
   * hold exactly is an error.
   */
  readonly convert?: boolean | Conversions;
}

/** Options of `savez` and `serializez`. */
export interface SavezOptions {
  /** True to compress the arrays, as `numpy.savez_compressed` does; default false. */
  readonly compressed?: boolean;
}

const refuseNpy = refusalOf("npy");
const refuseNpz = refusalOf("npz");

/**
 * Returns the bytes of a `.npy` file that holds `x`.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.save.html
 *
 * @param x any tensor
 * @returns the whole file
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserialize, serialize } from "@gradus/gradus/numpy";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(deserialize(serialize(tensor([true, false]))).dtype, "bool");
 * ```
 */
export function serialize(x: Tensor): Uint8Array<ArrayBuffer> {
  checkArguments("serialize", arguments, 1);
  checkTensors("save npy", x);
  return encodeNpy(x);
}

/**
 * Returns the tensor in the bytes of a `.npy` file. Nothing in it is executed.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.load.html
 *
 * @param bytes the whole file
 * @param options `convert`
 * @throws {FileFormatError} if the bytes break a rule of the format, or hold no numbers
 * @throws {DTypeError} if the element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserialize, serialize } from "@gradus/gradus/numpy";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(deserialize(serialize(tensor([1, 2]))).toArray(), [1, 2]);
 * ```
 */
export function deserialize(bytes: Uint8Array, options: NumpyLoadOptions = {}): Tensor {
  checkArguments("deserialize", arguments, 2);
  checkKind("read npy", bytes, bytes instanceof Uint8Array, "a Uint8Array");
  return read(sourceOf(bytes), options);
}

function read(source: Source, options: NumpyLoadOptions): Tensor {
  const convert = readConversions("load npy", options);
  return inFormat(
    "npy",
    () => scope(() => decodeNpy(source.read(0, source.size), "array", convert, refuseNpy)),
  );
}

function readConversions(action: string, options: NumpyLoadOptions): boolean | Conversions {
  const { convert = false } = readOptions(action, options, { convert: undefined });
  checkConversions(convert);
  return convert;
}

/**
 * Writes `x` to a `.npy` file. If that fails, the old file stays as it was.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.save.html
 *
 * @param x any tensor
 * @param path the file to create or replace, or its `file:` URL; its folder must exist
 * @throws {FileAccessError} naming `path` if it cannot be written
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { load, save } from "@gradus/gradus/numpy";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * save(tensor([[1, 2]]), "example.npy");
 * assertEquals(load("example.npy").toArray(), [[1, 2]]);
 * rmSync("example.npy");
 * ```
 */
export function save(x: Tensor, path: string | URL): void {
  checkArguments("save", arguments, 2);
  writeAtomic(path, serialize(x));
}

/**
 * Reads a `.npy` file. Nothing in it is executed.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.load.html
 *
 * @param path the file, or its `file:` URL
 * @param options `convert`
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it breaks a rule of the format, or holds no numbers
 * @throws {DTypeError} if the element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { load, save } from "@gradus/gradus/numpy";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * save(tensor([1.5]), "loaded.npy");
 * assertEquals(load("loaded.npy").item(), 1.5);
 * rmSync("loaded.npy");
 * ```
 */
export function load(path: string | URL, options: NumpyLoadOptions = {}): Tensor {
  checkArguments("load", arguments, 2);
  return readFile(path, (source) => read(source, options));
}

/**
 * Returns the bytes of a `.npz` file that holds `tensors`. Equal tensors give equal bytes.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 *
 * @param tensors tensors by name
 * @param options `compressed`
 * @returns the whole file
 * @throws {ValueError} if a name is empty, or the file would have 4 GiB or more
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserializez, serializez } from "@gradus/gradus/numpy";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = serializez({ x: tensor([1, 2]), y: tensor(3) }, { compressed: true });
 * assertEquals(deserializez(bytes).get("y")!.item(), 3);
 * ```
 */
export function serializez(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  options: SavezOptions = {},
): Uint8Array<ArrayBuffer> {
  checkArguments("serializez", arguments, 2);
  const { compressed } = readOptions("save npz", options, { compressed: false });
  checkKind("save npz", tensors, Object(tensors) === tensors, "tensors by name");
  const named = tensors instanceof Map ? tensors : Object.entries(tensors);
  const files = new Map<string, Uint8Array>();
  for (const [name, x] of named) {
    checkTensors(`save "${name}"`, x);
    if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
      throw new ValueError(
        `Cannot save a tensor under the name "${name}": use a text that is not empty`,
      );
    }
    files.set(`${name}.npy`, encodeNpy(x));
  }
  return writeZip(files, compressed);
}

/**
 * Returns the tensors in the bytes of a `.npz` file. Nothing in it is executed.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.load.html
 *
 * @param bytes the whole file
 * @param options `convert`
 * @returns tensors by name, in the order of the file
 * @throws {FileFormatError} if the bytes break a rule of the format, or an array holds no numbers
 * @throws {DTypeError} if an element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { deserializez, serializez } from "@gradus/gradus/numpy";
 * import { assertEquals } from "@std/assert";
 *
 * const tensors = deserializez(serializez({ b: tensor([1]), a: tensor([2]) }));
 * assertEquals([...tensors.keys()], ["b", "a"]);
 * ```
 */
export function deserializez(
  bytes: Uint8Array,
  options: NumpyLoadOptions = {},
): Map<string, Tensor> {
  checkArguments("deserializez", arguments, 2);
  checkKind("read npz", bytes, bytes instanceof Uint8Array, "a Uint8Array");
  return readz(sourceOf(bytes), options);
}

function readz(source: Source, options: NumpyLoadOptions): Map<string, Tensor> {
  const convert = readConversions("load npz", options);
  return inFormat("npz", () =>
    // If one cannot be loaded, those before it are freed.
    scope(() => {
      const tensors = new Map<string, Tensor>();
      for (const [file, entry] of readZip(source, refuseNpz)) {
        if (!file.endsWith(".npy")) refuseNpz(`it holds "${file}", which is no .npy file`);
        const name = file.slice(0, -4);
        const refuse = refusalOf(`npz: array "${name}"`);
        tensors.set(name, decodeNpy(entry.read(), name, convert, refuse));
      }
      return tensors;
    }));
}

/**
 * Writes `tensors` to a `.npz` file. If that fails, the old file stays as it was.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 *
 * @param tensors tensors by name
 * @param path the file to create or replace, or its `file:` URL; its folder must exist
 * @param options `compressed`
 * @throws {ValueError} if a name is empty, or the file would have 4 GiB or more
 * @throws {FileAccessError} naming `path` if it cannot be written
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { loadz, savez } from "@gradus/gradus/numpy";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * savez({ images: tensor([[0, 1]]), labels: tensor([7]) }, "example.npz");
 * assertEquals([...loadz("example.npz").keys()], ["images", "labels"]);
 * rmSync("example.npz");
 * ```
 */
export function savez(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  path: string | URL,
  options: SavezOptions = {},
): void {
  checkArguments("savez", arguments, 3);
  writeAtomic(path, serializez(tensors, options));
}

/**
 * Reads a `.npz` file. Nothing in it is executed.
 *
 * See https://numpy.org/doc/stable/reference/generated/numpy.load.html
 *
 * @param path the file, or its `file:` URL
 * @param options `convert`
 * @returns tensors by name, in the order of the file
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it breaks a rule of the format, or an array holds no numbers
 * @throws {DTypeError} if an element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { loadz, savez } from "@gradus/gradus/numpy";
 * import { rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * savez({ x: tensor([1, 2]) }, "loaded.npz", { compressed: true });
 * assertEquals(loadz("loaded.npz").get("x")!.toArray(), [1, 2]);
 * rmSync("loaded.npz");
 * ```
 */
export function loadz(path: string | URL, options: NumpyLoadOptions = {}): Map<string, Tensor> {
  checkArguments("loadz", arguments, 2);
  return readFile(path, (source) => readz(source, options));
}

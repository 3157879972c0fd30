/**
 * Reads the files of `torch.save`.
 *
 * @module
 */

import { checkArguments, checkKind, readOptions } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { tensor } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import "../../tensor/tensor.ts"; // without the class, no tensor can be made
import type { Tensor } from "../../tensor/tensor.ts";
import { readFile, type Source, sourceOf } from "../files.ts";
import {
  checkConversions,
  type Conversions,
  dtypeFor,
  toTypedArray,
} from "../safetensors/convert.ts";
import { inFormat, quote } from "../safetensors/format.ts";
import { readZip, type Refusal, refusalOf, type ZipEntry } from "../zip.ts";
import { isDict, type Known, unpickle } from "./pickle.ts";
import {
  bytesOf,
  elementsOf,
  isPart,
  readSavedTensor,
  type SavedTensor,
  STORAGE_TYPES,
  TORCH_DTYPES,
} from "./saved_tensor.ts";

/** Options of `load` and `deserialize`. */
export interface TorchLoadOptions {
  /**
   * True if element types that tensors lack may become others: floating-point ones float32, integers
   * int32. Or for each such type the dtype, as in `{ I64: "float64" }`. Default false.
   *
   * An element that its dtype cannot hold exactly is an error.
   */
  readonly convert?: boolean | Conversions;
}

/**
 * Reads a file that `torch.save` of PyTorch 1.6 or later wrote: a state dict, or any value of tensors,
 * numbers, texts and plain containers. Nothing in it is executed: objects of any other class are
 * refused by name.
 *
 * A state dict (`OrderedDict`) is a `Map`, a dict a plain object without a prototype; lists and tuples
 * are arrays, a set is a `Set`, `None` is `null`, bytes are a `Uint8Array`, a whole number beyond 2^53 a
 * `bigint`, a dtype or a device its name. Tensors that share elements in PyTorch have their own here.
 *
 * See https://pytorch.org/docs/stable/generated/torch.load.html
 *
 * @typeParam T the structure of the value, which is not checked
 * @param path the file, or its `file:` URL
 * @param options `convert`
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} if it breaks a rule of the format, or holds an object of another class
 * @throws {DTypeError} if an element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { Linear } from "@gradus/gradus/nn";
 * import * as torch from "@gradus/gradus/torch";
 * import { assertEquals } from "@std/assert";
 *
 * // In Python: torch.save(torch.nn.Linear(2, 3).state_dict(), "linear.pt")
 * const path = "tests/fixtures/torch/linear.pt";
 * const model = new Linear(2, 3);
 * model.loadStateDict(torch.load(path));
 * assertEquals(model.weight.toArray(), torch.load(path).get("weight")!.toArray());
 * ```
 */
export function load<T = Map<string, Tensor>>(
  path: string | URL,
  options: TorchLoadOptions = {},
): T {
  checkArguments("load", arguments, 2);
  return readFile(path, (source) => read(source, options)) as T;
}

/**
 * Reads the bytes of a file that `torch.save` wrote, as `load` does.
 *
 * See https://pytorch.org/docs/stable/generated/torch.load.html
 *
 * @typeParam T the structure of the value, which is not checked
 * @param bytes the whole file
 * @param options `convert`
 * @throws {FileFormatError} if the bytes break a rule of the format, or hold an object of another class
 * @throws {DTypeError} if an element type needs `convert`
 * @throws {ValueError} if an element does not fit the dtype to which it is converted
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { deserialize } from "@gradus/gradus/torch";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = readFileSync("tests/fixtures/torch/linear.pt");
 * assertEquals([...deserialize(bytes).keys()], ["weight", "bias"]);
 * ```
 */
export function deserialize<T = Map<string, Tensor>>(
  bytes: Uint8Array,
  options: TorchLoadOptions = {},
): T {
  checkArguments("deserialize", arguments, 2);
  checkKind("read torch", bytes, bytes instanceof Uint8Array, "a Uint8Array");
  return read(sourceOf(bytes), options) as T;
}

const refuse: Refusal = refusalOf("torch");

function read(source: Source, options: TorchLoadOptions): unknown {
  const { convert = false } = readOptions("load torch", options, { convert: undefined });
  checkConversions(convert);
  const { pickle, storages } = openArchive(source);
  const saved = new Map<Placeholder, SavedTensor>();
  const value = unpickle(pickle, {
    globals: globalsFor(saved),
    persistent: (id) => elementsOf(id, storages, refuse),
    build: checkAttributes,
    refuse,
  });
  // If one cannot be loaded, those before it are freed.
  return inFormat("torch", () => scope(() => new TensorMaker(saved, convert).visit(value, "", 0)));
}

interface Archive {
  readonly pickle: Uint8Array;
  /** The files of elements, by the keys that the pickle uses. */
  readonly storages: ReadonlyMap<string, ZipEntry>;
}

function openArchive(source: Source): Archive {
  const start = source.read(0, Math.min(source.size, 16));
  if (start[0] === 0x80) {
    refuse(
      "it is a bare pickle, as PyTorch wrote before version 1.6",
      "load and save it again in a newer one",
    );
  }
  if (start[8] === 0x7b) refuse("it is a safetensors file", "use @gradus/gradus/safetensors");
  const entries = readZip(source, refuse);
  const names = [...entries.keys()];
  if (names.some((name) => /^[^/]+\/(constants\.pkl$|code\/)/.test(name))) {
    refuse(
      "it is a TorchScript program, whose code only PyTorch runs",
      "save the weights: torch.save(model.state_dict(), path)",
    );
  }
  const pickles = names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    refuse(
      `it is a zip archive with ${pickles.length} files data.pkl, not with the one of torch.save()`,
      "check that it is the right file",
    );
  }
  const root = pickles[0].slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`)?.read();
  if (order !== undefined && String.fromCharCode(...order.subarray(0, 9)) !== "little") {
    refuse("its numbers are not little-endian", "save it on a machine where they are");
  }
  const folder = `${root}data/`;
  const storages = names.filter((name) => name.startsWith(folder))
    .map((name) => [name.slice(folder.length), entries.get(name)!] as const);
  return { pickle: entries.get(pickles[0])!.read().slice(), storages: new Map(storages) };
}

/** Stands in the value for a tensor, which is made when the name of its place is known. */
class Placeholder {}

/** Returns what the names of Python that a file may use stand for; tensors go to `saved`. */
function globalsFor(saved: Map<Placeholder, SavedTensor>): ReadonlyMap<string, unknown> {
  const keep = (read: SavedTensor): Placeholder => {
    const place = new Placeholder();
    saved.set(place, read);
    return place;
  };
  const functions: Record<string, Known> = {
    "collections OrderedDict": ([pairs = []]) => orderedDict(pairs),
    "torch._utils _rebuild_tensor_v2": (args) => keep(readSavedTensor(args, null, refuse)),
    "torch._utils _rebuild_tensor_v3": (args) => keep(readSavedTensor(args, args[6], refuse)),
    "torch._utils _rebuild_parameter": ([data, requiresGrad]) => {
      const found = saved.get(data as Placeholder) ?? refuse("a parameter of it is no tensor");
      return keep({ ...found, requiresGrad: requiresGrad === true });
    },
    "torch Size": ([sizes]) => sizes,
    "torch device": ([type, index]) => index === undefined ? type : `${type}:${index}`,
    "_codecs encode": ([text]) => bytesOfText(text),
  };
  // Python 2 had another name for its own module, which versions of pickles up to 2 keep.
  for (const module of ["builtins", "__builtin__"]) {
    functions[`${module} set`] = ([values]) => new Set(Array.isArray(values) ? values : []);
    functions[`${module} bytearray`] = ([bytes = ""]) =>
      bytes instanceof Uint8Array ? bytes : bytesOfText(bytes);
  }
  return new Map<string, unknown>([
    ...Object.entries(functions),
    ...STORAGE_TYPES,
    ...Object.keys(TORCH_DTYPES).map((name) => [`torch ${name}`, name] as const),
  ]);
}

function orderedDict(pairs: unknown): Map<unknown, unknown> {
  const arePairs = Array.isArray(pairs) &&
    pairs.every((pair) => Array.isArray(pair) && pair.length === 2);
  return arePairs ? new Map(pairs) : refuse("it holds an OrderedDict that is not of pairs");
}

/** Returns the bytes of a text of letters up to 255, as which Python writes them in old pickles. */
function bytesOfText(text: unknown): Uint8Array {
  const codes = Array.from(`${text}`, (letter) => letter.codePointAt(0)!);
  return codes.every((code) => code < 256) ? Uint8Array.from(codes) : refuse("it holds no bytes");
}

/** The attributes of a dict are the versions of its modules, which nothing here asks for. */
function checkAttributes(object: unknown, attributes: unknown): void {
  if (object instanceof Map && isDict(attributes)) return;
  refuse("it holds a tensor, or another object, with attributes", "save tensors and plain values");
}

/** Containers may be nested this deep. */
const MAX_DEPTH = 500;

/** Puts tensors into a value, under the names of their places. */
class TensorMaker {
  readonly #saved: ReadonlyMap<Placeholder, SavedTensor>;
  readonly #convert: boolean | Conversions;
  readonly #made = new Map<object, Tensor>();
  readonly #seen = new Set<object>();
  /** The elements that were read last: tensors often share them. */
  #last: { readonly entry: ZipEntry; readonly bytes: Uint8Array } | undefined;

  constructor(saved: ReadonlyMap<Placeholder, SavedTensor>, convert: boolean | Conversions) {
    this.#saved = saved;
    this.#convert = convert;
  }

  /** Returns `value`, which lies at `name`, with tensors in it. */
  visit(value: unknown, name: string, depth: number): unknown {
    if (typeof value === "function" || isPart(value)) {
      refuse(`its value ${quote(name)} is a class or a storage`, "save tensors and plain values");
    }
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    const saved = this.#saved.get(value);
    if (saved !== undefined) return this.#tensorOf(value, saved, name);
    if (this.#seen.has(value)) return value;
    this.#seen.add(value);
    if (depth === MAX_DEPTH) refuse(`its containers are nested deeper than ${MAX_DEPTH} levels`);
    const inner = (key: unknown, item: unknown): unknown =>
      this.visit(item, name === "" ? `${key}` : `${name}.${key}`, depth + 1);
    if (Array.isArray(value)) value.forEach((item, i) => value[i] = inner(i, item));
    else if (value instanceof Map) value.forEach((item, key) => value.set(key, inner(key, item)));
    else if (isDict(value)) {
      for (const [key, item] of Object.entries(value)) value[key] = inner(key, item);
    } else if ([...value as Set<unknown>].some((item) => Object(item) === item)) {
      refuse("it holds a set of tensors or containers", "save a list instead");
    }
    return value;
  }

  #tensorOf(place: object, saved: SavedTensor, name: string): Tensor {
    const known = this.#made.get(place);
    if (known !== undefined) return known;
    const { entry, dtype, shape, requiresGrad } = saved;
    const empty = { dtype, shape, bytes: new Uint8Array() };
    const target = dtypeFor(empty, name, this.#convert);
    if (this.#last?.entry !== entry) this.#last = { entry, bytes: entry.read() };
    const bytes = bytesOf(saved, this.#last.bytes);
    const values = toTypedArray({ ...empty, bytes }, name, this.#convert);
    const x = tensor(values, { dtype: target }).reshape(shape);
    if (requiresGrad && isFloat(target)) x.requiresGrad_();
    this.#made.set(place, x);
    return x;
  }
}

/**
 * Reads the safetensors format:
 *
 * ```text
 * 8 bytes   N, the length of the header: an unsigned little-endian integer
 * N bytes   the header: a JSON object in UTF-8, from tensor names to dtype, shape and offsets
 * the rest  the data: the tensors side by side, each byte in exactly one of them
 * ```
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * @module
 */

import { checkKind } from "../../checks.ts";
import { formatShape } from "../../shape.ts";
import { type Source, sourceOf } from "../files.ts";
import { refuseStandIn, type StandIn } from "../stand_in.ts";
import {
  type Entry,
  FILE_DTYPES,
  type FileDType,
  isFileDType,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  quote,
  refuse,
  shorten,
} from "./format.ts";
import { type Json, type JsonObject, NumberLiteral, parseHeader } from "./header.ts";

/** The content of a file. */
interface DecodedFile {
  /** Text about the file, by key; empty if the file has none. */
  readonly metadata: Map<string, string>;
  /** The tensors by name, in the order of the header. Names are keys, never paths. */
  readonly entries: Map<string, Entry>;
  /** The element types of tensors that cannot be read, since they are of another type than those. */
  readonly unknown: Map<string, string>;
}

/**
 * Returns the text and the tensors of a safetensors file. It reads the header, and the elements of a
 * tensor when they are asked for.
 *
 * Entries of bytes in memory are views of them where alignment allows it and copies elsewhere, so a
 * change of the bytes may or may not show in them. Those of a file last until the next one is read.
 *
 * @param file the whole file, or a way to read it
 * @throws {FileFormatError} if the file breaks any rule of the format; nothing is guessed
 */
export function decode(file: Uint8Array | Source): DecodedFile {
  const isBytes = file instanceof Uint8Array;
  checkKind(
    "read safetensors",
    file,
    isBytes || typeof file?.read === "function",
    "a Uint8Array",
  );
  const source = isBytes ? sourceOf(file) : file;
  const dataStart = LENGTH_BYTES + readHeaderLength(source);
  let metadata = new Map<string, string>();
  let fault: unknown;
  const tensors = parseHeader(source.read(LENGTH_BYTES, dataStart), (name, json) => {
    try {
      if (name !== METADATA_KEY) {
        return new FileEntry(source, dataStart, readTensorInfo(name, json));
      }
      metadata = readMetadata(json);
    } catch (error) {
      fault ??= error; // a header that is not JSON at all says more
    }
  });
  if (fault !== undefined) throw fault;
  tensors.delete(METADATA_KEY);
  const entries = tensors as Map<string, FileEntry>;
  checkLayout(entries, source.size - dataStart);
  const unknown = new Map<string, string>();
  for (const [name, { dtype }] of entries) if (!isFileDType(dtype)) unknown.set(name, dtype);
  for (const name of unknown.keys()) entries.delete(name);
  return { metadata, entries, unknown };
}

/** A tensor of a file, whose elements are read when they are asked for. */
class FileEntry implements Entry {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  /** Its bytes are `begin <= i < end` of the data. */
  readonly begin: number;
  readonly end: number;
  readonly #source: Source;
  readonly #dataStart: number;

  constructor(source: Source, dataStart: number, { dtype, shape, begin, end }: TensorInfo) {
    this.dtype = dtype as FileDType; // those that are not known are sorted out
    this.shape = shape;
    this.begin = begin;
    this.end = end;
    this.#source = source;
    this.#dataStart = dataStart;
  }

  get bytes(): Uint8Array {
    const view = this.#source.read(this.#dataStart + this.begin, this.#dataStart + this.end);
    return view.byteOffset % FILE_DTYPES[this.dtype].bytes === 0 ? view : view.slice();
  }
}

/** The beginnings of files that are often taken for safetensors, what they are, and the way out. */
const OTHERS: readonly StandIn[] = [
  [
    /^PK/,
    "it is a zip file, as torch.save() writes",
    "read it with @gradus/gradus/torch",
  ],
  [
    /^\x80/,
    "it is a pickle of Python, as torch.save() wrote",
    "load it in PyTorch, and save it again with torch.save()",
  ],
  [/^\s*\{/, "it is JSON, such as the index of several files", "read it with loadSharded()"],
  [/^.\x8b/s, "it is compressed with gzip", "unpack it first"],
  [/^GGUF/, "it is a GGUF file", "get the model as safetensors"],
  [/^\x89HDF/, "it is an HDF5 file, as Keras writes", "get the model as safetensors"],
];

function readHeaderLength(source: Source): number {
  const { size } = source;
  const start = source.read(0, Math.min(size, 64));
  if (start[LENGTH_BYTES] !== 0x7b) { // "{"
    refuseStandIn(start, refuse, OTHERS);
  }
  if (size < LENGTH_BYTES) {
    refuse(
      `the file has ${size} bytes, fewer than the ${LENGTH_BYTES} of the header length`,
      "the file is cut short, download or save it again",
    );
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    refuse(
      `the header length is ${length} bytes, above the ${MAX_HEADER_BYTES} that the format allows`,
      "the file is damaged or not a safetensors file, download or save it again",
    );
  }
  const rest = size - LENGTH_BYTES;
  if (length > rest) {
    refuse(
      `the header says ${length} bytes but the file has ${rest} after the length`,
      "the file is cut short, download or save it again",
    );
  }
  return Number(length);
}

function readMetadata(json: Json): Map<string, string> {
  const metadata = new Map<string, string>();
  // The reference takes null for none.
  if (json === null) return metadata;
  if (!(json instanceof Map)) refuse(`${METADATA_KEY} is not an object`);
  for (const [key, value] of json) {
    if (typeof value !== "string") refuse(`${quote(key)} of ${METADATA_KEY} is not a string`);
    metadata.set(key, value);
  }
  return metadata;
}

/** Checks that the tensors cover the data, each byte once; the header may list them in any order. */
function checkLayout(tensors: ReadonlyMap<string, FileEntry>, dataLength: number): void {
  // With the end as the second key, empty tensors come before the one that starts where they stand.
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let before = "";
  for (const [name, { begin, end }] of inOrder) {
    if (begin > covered) {
      refuse(`bytes ${covered} to ${begin} of the data, before tensor ${quote(name)}, are a hole`);
    }
    if (begin < covered) {
      refuse(
        `tensors ${quote(before)} and ${quote(name)} overlap: one ends at byte ${covered} of the ` +
          `data, the other begins at byte ${begin}`,
      );
    }
    covered = end;
    before = name;
  }
  if (covered > dataLength) {
    refuse(
      `the tensors take ${covered} bytes but the file has ${dataLength} after the header`,
      "the file is cut short, download or save it again",
    );
  }
  if (covered < dataLength) {
    refuse(`${dataLength - covered} bytes follow the last tensor`);
  }
}

/** The header of one tensor: its elements are the bytes `begin <= i < end` of the data. */
interface TensorInfo {
  /** As the file spells it; the bytes of unknown ones cannot be checked against the shape. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`.
 *
 * Further fields are ignored, as the reference implementation does, so that the format can grow.
 *
 * @param name the name of the tensor, for the messages
 * @param json the value of that name in the header
 * @throws {FileFormatError} if a field is missing or malformed, the end
 *   comes before the beginning, or the bytes between them are not those of the shape
 */
function readTensorInfo(name: string, json: Json): TensorInfo {
  const tensor = `tensor ${quote(name)}`;
  if (!(json instanceof Map)) refuse(`${tensor} is ${describe(json)} in the header, not an object`);
  const dtype = field(tensor, json, "dtype");
  if (typeof dtype !== "string") {
    refuse(`the dtype of ${tensor} is ${describe(dtype)}, not a string`);
  }
  const shape = readWholeNumbers(tensor, "shape", field(tensor, json, "shape"));
  const offsets = readWholeNumbers(tensor, "data_offsets", field(tensor, json, "data_offsets"));
  if (offsets.length !== 2) {
    refuse(`${tensor} has ${offsets.length} data_offsets, not the two of its begin and end`);
  }
  const [begin, end] = offsets;
  if (begin > end) refuse(`${tensor} begins at byte ${begin}, after its end at byte ${end}`);
  const bytes = byteLength(tensor, dtype, shape);
  if (isFileDType(dtype) && end - begin !== bytes) {
    refuse(
      `${tensor} is ${shorten(dtype)} ${
        shorten(formatShape(shape))
      }, which takes ${bytes} bytes, but its ` +
        `data_offsets span ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function field(tensor: string, json: JsonObject, key: string): Json {
  return json.get(key) ?? refuse(`${tensor} has ${json.has(key) ? "null as" : "no"} "${key}"`);
}

function readWholeNumbers(tensor: string, key: string, json: Json): number[] {
  if (!Array.isArray(json)) refuse(`the ${key} of ${tensor} is ${describe(json)}, not an array`);
  return json.map((item, i) => {
    const text = item instanceof NumberLiteral ? item.text : "";
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    refuse(`${key}[${i}] of ${tensor} is ${describe(item)}, not a whole number from 0 to 2^53 - 1`);
  });
}

/**
 * Returns the bytes of `shape`: its sizes times the element size, exact at every step.
 *
 * A product that is too large is refused even if a later size is 0, as the reference does.
 */
function byteLength(tensor: string, dtype: string, shape: readonly number[]): number {
  let product = 1;
  for (const factor of [...shape, isFileDType(dtype) ? FILE_DTYPES[dtype].bytes : 1]) {
    product *= factor;
    if (!Number.isSafeInteger(product)) {
      refuse(
        `${tensor} is ${shorten(dtype)} ${
          shorten(formatShape(shape))
        }, which is 2^53 bytes or more`,
      );
    }
  }
  return product;
}

/** Describes a value in messages: in full if it is short, else by its kind. */
function describe(json: Json): string {
  if (typeof json === "string") return `the string ${quote(json)}`;
  if (json instanceof Map) return "an object";
  if (Array.isArray(json)) return "an array";
  if (!(json instanceof NumberLiteral)) return `${json}`;
  if (json.text.startsWith("-")) return `the negative number ${shorten(json.text)}`;
  if (/^\d+$/.test(json.text)) return `the number ${shorten(json.text)}`;
  return `the number ${shorten(json.text)} with a fraction or an exponent`;
}

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

import { formatShape } from "../../shape.ts";
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
export interface DecodedFile {
  /** Text about the file, by key; empty if the file has none. */
  readonly metadata: Map<string, string>;
  /** The tensors by name, in the order of the header. Names are keys, never paths. */
  readonly entries: Map<string, Entry>;
}

/**
 * Returns the tensors of a safetensors file, as bytes.
 *
 * Entries are views of `file` where alignment allows it and copies elsewhere, so a change of
 * `file` may or may not show in them.
 *
 * @param file the whole file
 * @throws {FileFormatError} if the file breaks any rule of the format; nothing is guessed
 */
export function decode(file: Uint8Array): DecodedFile {
  // A plain view: the slice() of Node's Buffer, which is a Uint8Array too, does not copy.
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  const dataStart = LENGTH_BYTES + readHeaderLength(bytes);
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart));
  const data = bytes.subarray(dataStart);

  const metadata = readMetadata(header.get(METADATA_KEY));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, json] of header) {
    if (name !== METADATA_KEY) tensors.set(name, readTensorInfo(name, json));
  }
  checkLayout(tensors, data.length);

  const entries = new Map<string, Entry>();
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    const view = data.subarray(begin, end);
    const isAligned = view.byteOffset % FILE_DTYPES[dtype].bytes === 0;
    entries.set(name, { dtype, shape, bytes: isAligned ? view : view.slice() });
  }
  return { metadata, entries };
}

function readHeaderLength(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) {
    refuse(
      `the file has ${bytes.length} bytes, fewer than the ${LENGTH_BYTES} of the header length`,
      "the file is cut short, download or save it again",
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    refuse(
      `the header length is ${length} bytes, above the ${MAX_HEADER_BYTES} that the format allows`,
      "the file is damaged or not a safetensors file, download or save it again",
    );
  }
  const rest = bytes.length - LENGTH_BYTES;
  if (length > rest) {
    refuse(
      `the header says ${length} bytes but the file has ${rest} after the length`,
      "the file is cut short, download or save it again",
    );
  }
  return Number(length);
}

function readMetadata(json: Json | undefined): Map<string, string> {
  const metadata = new Map<string, string>();
  if (json === undefined) return metadata;
  if (!(json instanceof Map)) refuse(`${METADATA_KEY} is not an object`);
  for (const [key, value] of json) {
    if (typeof value !== "string") refuse(`${quote(key)} of ${METADATA_KEY} is not a string`);
    metadata.set(key, value);
  }
  return metadata;
}

/** Checks that the tensors cover the data, each byte once; the header may list them in any order. */
function checkLayout(tensors: ReadonlyMap<string, TensorInfo>, dataLength: number): void {
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
export interface TensorInfo {
  readonly dtype: FileDType;
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
 * @throws {FileFormatError} if a field is missing or malformed, the dtype is unknown, the end
 *   comes before the beginning, or the bytes between them are not those of the shape
 */
export function readTensorInfo(name: string, json: Json): TensorInfo {
  const tensor = `tensor ${quote(name)}`;
  if (!(json instanceof Map)) refuse(`${tensor} is ${describe(json)} in the header, not an object`);
  const dtype = readDType(tensor, field(tensor, json, "dtype"));
  const shape = readWholeNumbers(tensor, "shape", field(tensor, json, "shape"));
  const offsets = readWholeNumbers(tensor, "data_offsets", field(tensor, json, "data_offsets"));
  if (offsets.length !== 2) {
    refuse(`${tensor} has ${offsets.length} data_offsets, not the two of its begin and end`);
  }
  const [begin, end] = offsets;
  if (begin > end) refuse(`${tensor} begins at byte ${begin}, after its end at byte ${end}`);
  const bytes = byteLength(tensor, dtype, shape);
  if (end - begin !== bytes) {
    refuse(
      `${tensor} is ${dtype} ${shorten(formatShape(shape))}, which takes ${bytes} bytes, but its ` +
        `data_offsets span ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function field(tensor: string, json: JsonObject, key: string): Json {
  return json.get(key) ?? refuse(`${tensor} has ${json.has(key) ? "null as" : "no"} "${key}"`);
}

function readDType(tensor: string, json: Json): FileDType {
  if (typeof json !== "string") refuse(`the dtype of ${tensor} is ${describe(json)}, not a string`);
  if (!isFileDType(json)) {
    refuse(
      `${tensor} has the unknown dtype ${quote(json)}`,
      `save it as one of ${Object.keys(FILE_DTYPES).join(", ")}`,
    );
  }
  return json;
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
function byteLength(tensor: string, dtype: FileDType, shape: readonly number[]): number {
  let product = 1;
  for (const factor of [...shape, FILE_DTYPES[dtype].bytes]) {
    product *= factor;
    if (!Number.isSafeInteger(product)) {
      refuse(`${tensor} is ${dtype} ${shorten(formatShape(shape))}, which is 2^53 bytes or more`);
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

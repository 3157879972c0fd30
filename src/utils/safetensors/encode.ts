/**
 * Writes the safetensors format, byte for byte as the reference implementation does.
 *
 * Source: https://github.com/huggingface/safetensors#format
 *
 * @module
 */

import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { checkShape } from "../../checks.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import {
  type Entry,
  FILE_DTYPES,
  isFileDType,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
  quote,
} from "./format.ts";

/** The header is padded to a multiple of this, so that the data starts aligned for any dtype. */
const ALIGNMENT = 8;

/**
 * Returns the safetensors file that holds `entries`.
 *
 * Tensors are laid out by dtype, widest first, then by name, and metadata is sorted by key: equal
 * contents give equal bytes in whatever order they come. All arguments are checked before the
 * file is made.
 *
 * @param entries tensors by name, e.g. a `Map`; names are distinct and not `__metadata__`
 * @param metadata text about the file, by key
 * @returns the whole file, which shares no memory with `entries`
 * @throws {ValueError} if a name is taken, reserved or not valid Unicode, or if the header grows
 *   past the 100,000,000 bytes of the format
 * @throws {DTypeError} if a dtype is not one of {@linkcode FILE_DTYPES}
 * @throws {ShapeError} if the bytes of a tensor are not those of its shape
 */
export function encode(
  entries: Iterable<readonly [string, Entry]>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const tensors = layOut(entries);
  const header = encodeHeader(tensors, metadata);
  let offset = LENGTH_BYTES + header.length;
  const dataLength = tensors.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
  const file = new Uint8Array(offset + dataLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, LENGTH_BYTES);
  for (const [, { bytes }] of tensors) {
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}

/** Checks the tensors, and returns them in the order of the file. */
function layOut(entries: Iterable<readonly [string, Entry]>): [string, Entry][] {
  const tensors = new Map<string, Entry>();
  for (const [name, entry] of entries) {
    checkName(name);
    if (tensors.has(name)) {
      throw new ValueError(
        `Cannot save safetensors: two tensors are named ${quote(name)}; give each its own name`,
      );
    }
    checkEntry(name, entry);
    tensors.set(name, entry);
  }
  const rank = new Map(Object.keys(FILE_DTYPES).map((dtype, i) => [dtype, i]));
  return [...tensors].sort(([nameA, a], [nameB, b]) =>
    rank.get(b.dtype)! - rank.get(a.dtype)! || compareCodePoints(nameA, nameB)
  );
}

function encodeHeader(
  tensors: readonly [string, Entry][],
  metadata: ReadonlyMap<string, string>,
): Uint8Array {
  const fields: string[] = [];
  if (metadata.size > 0) fields.push(`"${METADATA_KEY}":${encodeMetadata(metadata)}`);
  let begin = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    const info = { dtype, shape, data_offsets: [begin, begin + bytes.length] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    begin += bytes.length;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = new Uint8Array(Math.ceil(json.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  if (header.length > MAX_HEADER_BYTES) {
    throw new ValueError(
      `Cannot save safetensors: the header takes ${header.length} bytes, above the ` +
        `${MAX_HEADER_BYTES} that the format allows; spread the tensors over several files`,
    );
  }
  header.set(json);
  return header;
}

function encodeMetadata(metadata: ReadonlyMap<string, string>): string {
  const fields: string[] = [];
  for (const [key, value] of [...metadata].sort(([a], [b]) => compareCodePoints(a, b))) {
    checkText(key, `metadata key ${quote(key)}`);
    checkText(value, `metadata under ${quote(key)}`);
    fields.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return `{${fields.join(",")}}`;
}

function checkName(name: string): void {
  checkText(name, `tensor name ${quote(name)}`);
  if (name === METADATA_KEY) {
    throw new ValueError(
      `Cannot save safetensors: the name ${METADATA_KEY} is reserved by the format; ` +
        `rename the tensor`,
    );
  }
}

function checkText(text: string, what: string): void {
  if (typeof text !== "string") {
    throw new ValueError(`Cannot save safetensors: the ${what} is not a string; pass a string`);
  }
  if (!text.isWellFormed()) {
    throw new ValueError(
      `Cannot save safetensors: the ${what} has half a surrogate pair, which UTF-8 cannot hold; ` +
        `use well-formed text`,
    );
  }
}

function checkEntry(name: string, { dtype, shape, bytes }: Entry): void {
  if (!isFileDType(dtype)) {
    throw new DTypeError(
      `Cannot save safetensors: tensor ${quote(name)} has dtype ${dtype}; ` +
        `it must be one of ${Object.keys(FILE_DTYPES).join(", ")}`,
    );
  }
  checkShape(shape, `save tensor ${quote(name)}`);
  const expected = sizeOf(shape) * FILE_DTYPES[dtype].bytes;
  if (bytes.length !== expected) {
    throw new ShapeError(
      `Cannot save safetensors: tensor ${quote(name)} has ${bytes.length} bytes, but ${dtype} ` +
        `${formatShape(shape)} takes ${expected}; pass the bytes of exactly its elements`,
      shape,
    );
  }
}

/**
 * Compares by code point, which is the order of UTF-8 bytes and hence of the reference.
 *
 * The operator `<` compares UTF-16 units, which puts U+1F600 (`d83d de00`) before U+E000.
 */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

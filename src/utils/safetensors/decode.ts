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

import {
  ELEMENT_BYTES,
  type Entry,
  LENGTH_BYTES,
  MAX_HEADER_BYTES,
  METADATA_KEY,
} from "./entry.ts";
import { type Json, parseHeader } from "./header.ts";
import { quote, refuse } from "./refuse.ts";
import { readTensorInfo, type TensorInfo } from "./tensor_info.ts";

/** What {@linkcode decode} finds in a file. */
export interface DecodedFile {
  /** Text about the file, by key; empty if the file has none. */
  readonly metadata: Map<string, string>;
  /** The tensors by name, in the order of the header. Names are keys, never paths. */
  readonly entries: Map<string, Entry>;
}

/**
 * The tensors of a safetensors file, as bytes.
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
    const isAligned = view.byteOffset % ELEMENT_BYTES[dtype] === 0;
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

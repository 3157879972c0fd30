/**
 * What a safetensors file holds: named runs of bytes, each with an element type and a shape.
 *
 * @module
 */

import { FileFormatError } from "../../errors.ts";

/** An element type as a safetensors file spells it. */
export type FileDType =
  | "BOOL"
  | "U8"
  | "I8"
  | "I16"
  | "F16"
  | "BF16"
  | "I32"
  | "F32"
  | "F64"
  | "I64";

/** One tensor of a file: its elements in row-major order, as little-endian bytes. */
export interface Entry {
  /** The type of every element. */
  readonly dtype: FileDType;
  /** The size along each axis; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** The elements; in decoded entries they start at a multiple of the element size. */
  readonly bytes: Uint8Array;
}

/**
 * Bytes per element of every dtype that is read and written.
 *
 * The order is that of the reference implementation, from narrow to wide: its writer starts with
 * the tensors of the last dtype, which leaves every tensor at a multiple of its element size.
 */
export const ELEMENT_BYTES: Readonly<Record<FileDType, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
};

/** Every dtype, from narrow to wide. */
export const FILE_DTYPES: readonly FileDType[] = Object.keys(ELEMENT_BYTES) as FileDType[];

/** Whether `text` names a dtype that is read and written. */
export function isFileDType(text: string): text is FileDType {
  return Object.hasOwn(ELEMENT_BYTES, text);
}

/** Bytes of the 64-bit length in front of the header. */
export const LENGTH_BYTES = 8;

/** The longest header in bytes: the cap of the format, which keeps a forged length harmless. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The header key that holds text about the file rather than a tensor. */
export const METADATA_KEY = "__metadata__";

/**
 * Refuses the file that is being read.
 *
 * @param state what the file says, beside what it should
 * @param wayOut what the reader of the message can do
 * @throws {FileFormatError} always
 */
export function refuse(
  state: string,
  wayOut = "the file is damaged, download or save it again",
): never {
  throw new FileFormatError(`Cannot read safetensors: ${state}; ${wayOut}`);
}

/** `text` cut to a length that a message can bear, since a hostile file may hold megabytes of it. */
export function shorten(text: string): string {
  const limit = 80;
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Text from a file in quotes, escaped and shortened. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

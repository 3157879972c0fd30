/**
 * The parts of a safetensors file: named runs of bytes, each with an element type and a shape.
 *
 * @module
 */

import type { DType } from "../../dtype.ts";
import { FileFormatError } from "../../errors.ts";

/**
 * Every element type that is read and written: bytes per element, and the dtype of its tensors.
 *
 * The order is that of the reference implementation, from narrow to wide: its writer starts with
 * the tensors of the last type, which leaves every tensor at a multiple of its element size.
 */
export const FILE_DTYPES = {
  BOOL: { bytes: 1, dtype: "bool" },
  U8: { bytes: 1, dtype: "uint8" },
  I8: { bytes: 1, dtype: "int32" },
  F8_E5M2: { bytes: 1, dtype: "float32" },
  F8_E4M3: { bytes: 1, dtype: "float32" },
  I16: { bytes: 2, dtype: "int32" },
  U16: { bytes: 2, dtype: "int32" },
  F16: { bytes: 2, dtype: "float32" },
  BF16: { bytes: 2, dtype: "float32" },
  I32: { bytes: 4, dtype: "int32" },
  U32: { bytes: 4, dtype: "int32" },
  F32: { bytes: 4, dtype: "float32" },
  F64: { bytes: 8, dtype: "float64" },
  I64: { bytes: 8, dtype: "int32" },
  U64: { bytes: 8, dtype: "int32" },
} as const satisfies Readonly<Record<string, { readonly bytes: number; readonly dtype: DType }>>;

/** An element type as a safetensors file spells it. */
export type FileDType = keyof typeof FILE_DTYPES;

/** One tensor of a file: its elements in row-major order, as little-endian bytes. */
export interface Entry {
  /** The type of every element. */
  readonly dtype: FileDType;
  /** The size along each axis; `[]` is a scalar. */
  readonly shape: readonly number[];
  /** The elements; in decoded entries they start at a multiple of the element size. */
  readonly bytes: Uint8Array;
}

/** Returns true if `text` names an element type that is read and written. */
export function isFileDType(text: string): text is FileDType {
  return Object.hasOwn(FILE_DTYPES, text);
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
 * @param state the actual content, beside the expected one
 * @param wayOut the advice at the end of the message
 * @throws {FileFormatError} always
 */
export function refuse(
  state: string,
  wayOut = "the file is damaged, download or save it again",
): never {
  throw new FileFormatError(`Cannot read safetensors: ${state}; ${wayOut}`);
}

/** Shortens text for a message: a hostile file may hold megabytes of it. */
export function shorten(text: string): string {
  const limit = 80;
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Returns text from a file in quotes, escaped and shortened. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/** Runs `body`, and lets refusals of what it shares with safetensors name `format` instead. */
export function inFormat<T>(format: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    const message = error.message.replace(
      /^Cannot read safetensors/,
      () => `Cannot read ${format}`,
    );
    throw message === error.message ? error : new FileFormatError(message, { cause: error });
  }
}

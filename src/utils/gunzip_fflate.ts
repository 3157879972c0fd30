/**
 * Decompresses gzip files where there is no `node:zlib`, with the stream of `fflate`.
 *
 * The stream unpacks one member after another and tells where the next one starts. It compares no
 * checksum and no length, so that is done here. Nor does it tell whether the last member is whole:
 * that is so if the stream finds an empty member, appended here, right behind it.
 *
 * @module
 */

import { Gunzip } from "fflate";

/** Options of {@link inflate}. */
export interface InflateOptions {
  /** The most bytes that may come out. */
  readonly maxBytes: number;
  /** True to decompress only the start of the file. */
  readonly isStart: boolean;
}

/**
 * Decompresses a gzip file, or its start.
 *
 * @throws {Error} with the messages and codes of `node:zlib`
 */
export function inflate(bytes: Uint8Array, { maxBytes, isStart }: InflateOptions): Uint8Array {
  try {
    return unpack(bytes, maxBytes, isStart);
  } catch (fault) {
    // Zeros may follow the last member; how many of them are its own is found by trial.
    const content = bytes.findLastIndex((byte) => byte !== 0) + 1;
    for (let end = content; end < Math.min(bytes.length, content + OWN_ZEROS); end++) {
      try {
        return unpack(bytes.subarray(0, end), maxBytes, false);
      } catch {
        // The first fault is the one to tell.
      }
    }
    throw fault;
  }
}

/** A gzip file that holds nothing. */
const EMPTY = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

/** One more than the zeros at the end of {@link EMPTY}; no other member ends with more. */
const OWN_ZEROS = 10;

/** Bytes that the stream gets at a time: it may make 1032 of each before it can be stopped. */
const PIECE = 4096;

/** Bytes in which a header of any file ends. */
const START = 4096;

/** Decompresses members of which the last one ends where `bytes` do, unless this is a start. */
function unpack(bytes: Uint8Array, maxBytes: number, isStart: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  let [size, memberStart] = [0, 0];
  let [crc, length] = [0, 0];
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > maxBytes) throw zlibError("ERR_BUFFER_TOO_LARGE", "too many bytes");
    parts.push(part);
    crc = crc32(part, crc);
    length += part.length;
  });
  stream.onmember = (start) => {
    if (start > bytes.length) return;
    const trailer = new DataView(bytes.buffer, bytes.byteOffset + start - 8, 8);
    if (trailer.getUint32(0, true) !== crc) throw zlibError("Z_DATA_ERROR", "incorrect data check");
    if (trailer.getUint32(4, true) !== length % 2 ** 32) {
      throw zlibError("Z_DATA_ERROR", "incorrect length check");
    }
    memberStart = start;
    [crc, length] = [0, 0];
  };
  try {
    for (let begin = 0; begin < bytes.length; begin += PIECE) {
      stream.push(bytes.subarray(begin, begin + PIECE));
      if (isStart && size >= START) break;
    }
  } catch (error) {
    throw isFlateError(error) ? zlibError("Z_DATA_ERROR", error.message) : error;
  }
  if (isStart) {
    if (size === 0) throw zlibError("Z_BUF_ERROR", "unexpected end of file");
  } else {
    try {
      stream.push(EMPTY);
    } catch (error) {
      // Half a member swallows the empty one, and makes no sense of it.
      if (!isFlateError(error)) throw error;
    }
    if (memberStart < bytes.length) throw zlibError("Z_BUF_ERROR", "unexpected end of file");
  }
  return joined(parts, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const result = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Returns true for an error of the stream itself: its `code` is a number. */
function isFlateError(error: unknown): error is Error {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "number";
}

function zlibError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** For each byte, the remainder of its polynomial. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? byte >>> 1 ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** Returns the CRC-32 of bytes that follow others, whose CRC-32 is `crc`. */
function crc32(bytes: Uint8Array, crc: number): number {
  crc = ~crc;
  for (const byte of bytes) crc = crc >>> 8 ^ REMAINDERS[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

/**
 * Decompresses gzip files, up to a limit, with errors that name the fault of the file.
 *
 * Deno, Bun and Node do it by `node:zlib`, which gives the same result in all of them: members that
 * follow each other are joined, padding zeros after the last one are ignored, and anything else there
 * is an error. `Bun.gunzipSync` and `DecompressionStream` each differ in one of these. Browsers do it
 * by `gunzip_fflate.ts`, with the same results and errors.
 *
 * @module
 */

import { FileFormatError } from "../errors.ts";
import { builtin, hasBuiltins } from "./files.ts";
import type { InflateOptions } from "./gunzip_fflate.ts";
import { refuseStandIn } from "./stand_in.ts";

/** Options of {@link gunzip}. */
interface GunzipOptions {
  /** The name of the file in error messages; its path, if it has one. */
  readonly name: string;
  /** The most bytes that may come out, at least 1; guards against files made to fill the memory. */
  readonly maxBytes: number;
}

let inflate = inflateByZlib;

/**
 * Loads what {@link gunzip} and {@link gunzipStart} need in browsers; elsewhere it does nothing. Both
 * are synchronous, so it comes first.
 */
export async function loadGunzip(): Promise<void> {
  if (!hasBuiltins()) ({ inflate } = await import("./gunzip_fflate.ts"));
}

/**
 * Decompresses a gzip file that is whole in memory.
 *
 * @param bytes the file
 * @param options its name, and the most bytes that may come out
 * @returns the decompressed bytes
 * @throws {FileFormatError} if the file is empty, not gzip, cut short, damaged, followed by other
 *   data, or holds more than `maxBytes`
 */
export function gunzip(bytes: Uint8Array, options: GunzipOptions): Uint8Array {
  return unpack(bytes, options, false);
}

/** Compressed bytes that {@link gunzipStart} looks at; by `fflate` more, up to a whole block. */
const START_BYTES = 4096;

/**
 * Decompresses only the start of a gzip file, enough to read a header. The checksum at the end is
 * checked only if the whole file is no longer than the start.
 *
 * @param bytes the file
 * @param name the name of the file in error messages
 * @returns the first bytes
 * @throws {FileFormatError} if the file is empty, not gzip, or damaged as far as it is read
 */
export function gunzipStart(bytes: Uint8Array, name: string): Uint8Array {
  // Deflate makes at most 1032 bytes of one.
  const options = { name, maxBytes: START_BYTES * 1032 };
  if (bytes.length <= START_BYTES) return gunzip(bytes, options);
  return unpack(bytes, options, true);
}

function unpack(bytes: Uint8Array, options: GunzipOptions, isStart: boolean): Uint8Array {
  checkMagic(bytes, options.name);
  try {
    return inflate(bytes, { maxBytes: options.maxBytes, isStart });
  } catch (error) {
    throw gunzipError(error, bytes, options);
  }
}

function inflateByZlib(
  bytes: Uint8Array,
  { maxBytes, isStart }: InflateOptions,
): Uint8Array {
  const { constants, gunzipSync } = builtin("node:zlib", "gunzip files");
  const result = gunzipSync(isStart ? bytes.subarray(0, START_BYTES) : bytes, {
    finishFlush: isStart ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
    maxOutputLength: maxBytes,
  });
  // A plain array: its `slice` copies, and its `subarray` is not a Buffer.
  return new Uint8Array(result.buffer, result.byteOffset, result.length);
}

function checkMagic(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw damaged(name, "it is empty");
  if (bytes[0] === 0x1f && (bytes.length === 1 || bytes[1] === 0x8b)) return;
  if (looksLikeHtml(bytes)) {
    throw damaged(name, "it starts with '<', so it is a web page (HTML) and not gzip");
  }
  refuseStandIn(bytes, (state, wayOut) => {
    throw damaged(name, `${state}; ${wayOut}`);
  });
  const found = [...bytes.subarray(0, 2)].map((byte) => byte.toString(16).padStart(2, "0"));
  throw damaged(name, `it starts with ${found.join(" ")}, but gzip starts with 1f 8b`);
}

function looksLikeHtml(bytes: Uint8Array): boolean {
  // Servers and captive portals often put blank lines or a byte order mark first.
  const start = new TextDecoder().decode(bytes.subarray(0, 64));
  return start.trimStart().startsWith("<");
}

function gunzipError(error: unknown, bytes: Uint8Array, options: GunzipOptions): unknown {
  if (!(error instanceof Error)) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case "ERR_BUFFER_TOO_LARGE":
      return damaged(options.name, `it holds more than the ${options.maxBytes} bytes it may`);
    case "Z_BUF_ERROR":
      return damaged(options.name, `it is cut short, at ${bytes.length} bytes`);
    case "Z_DATA_ERROR":
    case "Z_NEED_DICT":
      return damaged(options.name, `it is damaged (${error.message})`);
    default:
      return error;
  }
}

function damaged(name: string, reason: string): FileFormatError {
  return new FileFormatError(`Cannot gunzip ${name}: ${reason}; download the file again`);
}

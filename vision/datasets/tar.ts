/**
 * Reads tar archives, as strictly as archives of data sets allow.
 *
 * ```text
 * header, 512 bytes | content, padded to 512 bytes | header | … | two blocks of zeros
 * ```
 *
 * The format is that of POSIX (ustar) and of GNU tar.
 *
 * @module
 */

import { FileFormatError } from "../../src/errors.ts";

/** Bytes of a header, and of what contents are padded to. */
const BLOCK = 512;

/** Bytes that a tar archive takes for members of these sizes, and for a few small ones beside them. */
export function tarBytes(members: readonly number[]): number {
  return members.reduce((sum, size) => sum + size + 2 * BLOCK, 2 ** 20);
}

/**
 * Returns the contents of ordinary files in a tar archive. Names lead nowhere outside of it: no file
 * is written here, and an archive that tries is refused.
 *
 * @param bytes the archive
 * @param name the name of the archive in error messages
 * @param wanted the files to return, by their names in the archive
 * @returns their contents, views of the archive
 * @throws {FileFormatError} if the archive is cut short or damaged, lacks a wanted file or has it
 *   twice, or has a member whose name leads out of its folder
 */
export function readTar(
  bytes: Uint8Array,
  name: string,
  wanted: readonly string[],
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  let start = 0;
  for (;;) {
    if (start + BLOCK > bytes.length) {
      throw damaged(name, `it is cut short, at ${bytes.length} bytes, before the end mark`);
    }
    const header = bytes.subarray(start, start + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const { path, size, isFile } = readHeader(header, name, start);
    const content = start + BLOCK;
    if (content + size > bytes.length) {
      throw damaged(
        name,
        `it is cut short: ${JSON.stringify(path)} has ${size} bytes, of which ` +
          `${bytes.length - content} are there`,
      );
    }
    if (wanted.includes(path)) {
      if (!isFile) throw damaged(name, `${JSON.stringify(path)} is no ordinary file`);
      if (found.has(path)) throw damaged(name, `${JSON.stringify(path)} is there twice`);
      found.set(path, bytes.subarray(content, content + size));
    }
    start = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  const missing = wanted.filter((path) => !found.has(path));
  if (missing.length === 0) return found;
  throw damaged(name, `it lacks ${missing.join(", ")}`);
}

function readHeader(
  header: Uint8Array,
  name: string,
  start: number,
): { path: string; size: number; isFile: boolean } {
  // The checksum counts its own eight bytes as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (octal(header.subarray(148, 156)) !== sum) {
    throw damaged(name, `the checksum of the header at byte ${start} is wrong`);
  }
  const size = octal(header.subarray(124, 136));
  if (size === undefined) throw damaged(name, `the header at byte ${start} has no size`);
  const isPosix = text(header.subarray(257, 263)) === "ustar" && header[263] === 0x30;
  const prefix = isPosix ? text(header.subarray(345, 500)) : "";
  const path = (prefix === "" ? "" : `${prefix}/`) + text(header.subarray(0, 100));
  const parts = path.split(/[/\\]/);
  if (path.startsWith("/") || parts.includes("..") || /^[A-Za-z]:/.test(path)) {
    throw damaged(name, `the name ${JSON.stringify(path)} leads out of its folder`);
  }
  const type = header[156];
  return { path: path.replace(/^(\.\/)+/, ""), size, isFile: type === 0 || type === 0x30 };
}

/** Returns the number that digits stand for, up to a space or zero; undefined if there are others. */
function octal(field: Uint8Array): number | undefined {
  const digits = text(field).trim();
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : undefined;
}

/** Returns the text of a field, up to its first zero. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function damaged(name: string, reason: string): FileFormatError {
  return new FileFormatError(
    `Cannot read ${name} as a tar archive: ${reason}; download the file again`,
  );
}

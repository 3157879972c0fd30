/**
 * Reading files, with errors that name them.
 *
 * @module
 */

import { FileAccessError, FileFormatError } from "../../errors.ts";
import { builtin } from "../builtin.ts";

/**
 * What `parse` makes of the bytes of a safetensors file.
 *
 * @param path the file
 * @param parse reads its bytes
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} naming `path`, if `parse` throws one
 */
export function readFile<T>(path: string, parse: (bytes: Uint8Array) => T): T {
  const bytes = bytesOf(path);
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof FileFormatError)) throw cause;
    // Who reads the message wants to know which file.
    const message = cause.message.replace("Cannot read safetensors", () => `Cannot read ${path}`);
    throw new FileFormatError(message, { cause });
  }
}

function bytesOf(path: string): Uint8Array {
  const { readFileSync } = builtin("node:fs", `read ${path}`);
  try {
    return readFileSync(path);
  } catch (cause) {
    const missing = (cause as { code?: string }).code === "ENOENT";
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileAccessError(
      missing
        ? `Cannot read ${path}: there is no such file; check the path, or save a model there first`
        : `Cannot read ${path}: ${reason}; check that it is a file that may be read`,
      { cause },
    );
  }
}

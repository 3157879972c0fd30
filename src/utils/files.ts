/**
 * Reads files, and writes them so that each is either the old one or all of the new one.
 *
 * A rename within one folder is atomic, so the bytes go to a temporary file beside the target
 * first. They are flushed before the rename, since some file systems would otherwise store the new
 * name before the new bytes, and the folder is flushed after it, so that the name itself survives a
 * power cut.
 *
 * @module
 */

import { FileAccessError, FileFormatError } from "../errors.ts";

interface Builtins {
  "node:crypto": typeof import("node:crypto");
  "node:fs": typeof import("node:fs");
  "node:path": typeof import("node:path");
  "node:process": typeof import("node:process");
  "node:zlib": typeof import("node:zlib");
}

/** The global object of Node, Deno and Bun; a browser has no `process`. */
interface Host {
  readonly process?: {
    getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined;
  };
}

/**
 * Returns a built-in module of Node.
 *
 * An `import` of `node:fs` would keep a file from loading in a browser, even if the program never
 * calls what needs it. Node, Deno and Bun also return their modules on request.
 *
 * @param name the module
 * @param action the purpose, for the message
 * @throws {FileAccessError} if the runtime has none, as browsers
 */
export function builtin<K extends keyof Builtins>(name: K, action: string): Builtins[K] {
  const found = (globalThis as Host).process?.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  throw new FileAccessError(
    `Cannot ${action}: this runtime has no files, or is too old to hand out ${name}; in a browser, ` +
      `fetch() the bytes of a file, and use serialize() and deserialize()`,
  );
}

/**
 * Writes `bytes` to `path` so that a reader, or the next start after a crash, finds either the old
 * file or all of the new one. A symbolic link at `path` is replaced, not followed.
 *
 * In Deno this needs `--allow-write` and `--allow-read` for the folder; renaming asks for both.
 *
 * @param path the file to create or replace; its folder must exist
 * @param bytes the whole new content
 * @throws {FileAccessError} naming `path`, with the system's error as its `cause`; `path` is never half
 *   written, and no temporary file is left
 */
export function writeAtomic(path: string, bytes: Uint8Array): void {
  const { openSync, fsyncSync, closeSync } = builtin("node:fs", `write ${path}`);
  const temporary = temporaryPath(path);
  try {
    const file = openSync(temporary, "wx");
    try {
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    replaceFile(temporary, path);
  } catch (cause) {
    removeTemporary(temporary);
    throw writeError(path, cause);
  }
}

/**
 * Returns a fresh name beside `path` for a temporary file: `.<name>.<process id>.<random>.tmp`.
 *
 * @param path the file it will become
 * @returns a path in the same folder, so that a rename to `path` is atomic
 */
export function temporaryPath(path: string): string {
  const { basename, dirname, join } = builtin("node:path", `write ${path}`);
  const { pid } = builtin("node:process", `write ${path}`);
  const random = Array.from(
    crypto.getRandomValues(new Uint8Array(6)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return join(dirname(path), `.${basename(path)}.${pid}.${random}.tmp`);
}

/**
 * Returns true if {@link temporaryPath} could have made `name` for `path`, in any process.
 *
 * @param name a file name without its folder
 * @param path the file that the temporary was to become
 */
export function isTemporaryOf(name: string, path: string): boolean {
  const { basename } = builtin("node:path", `look for temporaries of ${path}`);
  const prefix = `.${basename(path)}.`;
  return name.startsWith(prefix) && /^\d+\.[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length));
}

/** Writes all of `bytes` at the current position of the open file with descriptor `file`. */
export function writeAll(file: number, bytes: Uint8Array): void {
  const { writeSync } = builtin("node:fs", "write a file");
  // A single write may take fewer bytes than it was given, for example when the disk fills up.
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

/**
 * Moves a finished and flushed temporary file over `path`, and makes the move durable.
 *
 * @param temporary a file in the folder of `path`
 * @param path the file to create or replace
 */
export function replaceFile(temporary: string, path: string): void {
  const { renameSync } = builtin("node:fs", `write ${path}`);
  const { dirname } = builtin("node:path", `write ${path}`);
  renameSync(temporary, path);
  flushFolder(dirname(path));
}

/** Removes a temporary file if it exists, while another error is on its way. */
export function removeTemporary(temporary: string): void {
  try {
    builtin("node:fs", `remove ${temporary}`).rmSync(temporary, { force: true });
  } catch {
    // The error on its way says more than a failure to clean up after it.
  }
}

/** Makes the error for a failed write, with the system's error as its cause. */
export function writeError(path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FileAccessError(
    `Cannot write ${path}: ${reason}; choose a folder that exists, can be written and has room`,
    { path, cause },
  );
}

/** The errors of systems that cannot open or flush a folder at all. */
const FOLDER_FLUSH_UNSUPPORTED = new Set([
  "EACCES", // the folder may be written but not read
  "EBADF", // Windows
  "EINVAL", // some network file systems
  "EISDIR", // Windows
  "ENOTSUP",
  "EPERM", // Windows
]);

function flushFolder(folder: string): void {
  const { openSync, fsyncSync, closeSync } = builtin("node:fs", `write to ${folder}`);
  try {
    const handle = openSync(folder, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined || !FOLDER_FLUSH_UNSUPPORTED.has(code)) throw error;
  }
}

/**
 * Reads a safetensors file, and parses its bytes.
 *
 * @param path the file
 * @param parse reads its bytes
 * @returns the result of `parse`
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} naming `path`, if `parse` throws one
 */
export function readFile<T>(path: string, parse: (bytes: Uint8Array) => T): T {
  const bytes = bytesOf(path);
  try {
    return parse(bytes);
  } catch (cause) {
    if (!(cause instanceof FileFormatError)) throw cause;
    const message = cause.message.replace("Cannot read safetensors", () => `Cannot read ${path}`);
    throw new FileFormatError(message, { cause });
  }
}

function bytesOf(path: string): Uint8Array {
  const { readFileSync } = builtin("node:fs", `read ${path}`);
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message = String(cause) } = cause as NodeJS.ErrnoException;
    const fault = code === "ENOENT"
      ? "there is no such file; check the path, or save a model there first"
      : `${message}; check that it is a file that may be read`;
    throw new FileAccessError(`Cannot read ${path}: ${fault}`, { path, cause });
  }
}

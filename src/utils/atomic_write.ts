/**
 * Files that are either the old one or the new one, whatever happens in between.
 *
 * A rename within one folder is atomic, so the bytes go to a temporary file beside the target
 * first. They are flushed before the rename, since some file systems would otherwise store the new
 * name before the new bytes, and the folder is flushed after it, so that the name itself survives a
 * power cut.
 *
 * @module
 */

import { FileAccessError } from "../errors.ts";
import { builtin } from "./builtin.ts";

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
 * A fresh name beside `path` for a file in the making: `.<name>.<process id>.<random>.tmp`.
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
 * Whether `name` is one that {@link temporaryPath} could have made for `path`, in any process.
 *
 * @param name a file name without its folder
 * @param path the file that the temporary was to become
 */
export function isTemporaryOf(name: string, path: string): boolean {
  const { basename } = builtin("node:path", `look for temporaries of ${path}`);
  const prefix = `.${basename(path)}.`;
  return name.startsWith(prefix) && /^\d+\.[0-9a-f]{12}\.tmp$/.test(name.slice(prefix.length));
}

/**
 * Writes all of `bytes` at the current position of an open file.
 *
 * @param file the file descriptor
 * @param bytes what to write
 */
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

/**
 * Removes a temporary file if it is there, for use while another error is on its way.
 *
 * @param temporary the file to remove
 */
export function removeTemporary(temporary: string): void {
  try {
    builtin("node:fs", `remove ${temporary}`).rmSync(temporary, { force: true });
  } catch {
    // The error on its way says more than a failure to clean up after it.
  }
}

/** The error for a failed write: it names the path and keeps the system's error as its cause. */
export function writeError(path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FileAccessError(
    `Cannot write ${path}: ${reason}; choose a folder that exists, can be written and has room`,
    { cause },
  );
}

/** What a system answers when it cannot open or flush a folder, as opposed to failing to. */
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

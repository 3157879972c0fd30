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

import { FileAccessError, FileFormatError, GradusError, ValueError } from "../errors.ts";
import { quoted } from "../names.ts";

interface Builtins {
  "node:crypto": typeof import("node:crypto");
  "node:fs": typeof import("node:fs");
  "node:os": typeof import("node:os");
  "node:path": typeof import("node:path");
  "node:process": typeof import("node:process");
  "node:url": typeof import("node:url");
  "node:worker_threads": typeof import("node:worker_threads");
  "node:zlib": typeof import("node:zlib");
}

/** The global object of Node, Deno and Bun; a browser has no `process`. */
interface Host {
  readonly process?: {
    getBuiltinModule?<K extends keyof Builtins>(name: K): Builtins[K] | undefined;
  };
  readonly Deno?: {
    readonly permissions: {
      querySync(permission: { name: string; kind?: string }): { readonly state: string };
    };
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

/** Returns true if the runtime hands out the built-in modules of Node; browsers do not. */
export function hasBuiltins(): boolean {
  return (globalThis as Host).process?.getBuiltinModule !== undefined;
}

/**
 * Returns the path that a `file:` URL names; other paths are returned as they are.
 *
 * @param path a path or a `file:` URL
 * @param action the purpose, for the message
 * @throws {ValueError} if it is neither
 */
function pathOf(path: string | URL, action: string): string {
  if (typeof path === "string" && path !== "") return path;
  try {
    if (path instanceof URL) return builtin("node:url", `${action} ${path}`).fileURLToPath(path);
  } catch (error) {
    if (error instanceof FileAccessError) throw error;
  }
  throw new ValueError(
    `Cannot ${action} ${
      path === ""
        ? "a file without a name"
        : typeof path === "string" || path instanceof URL
        ? path
        : `a value ${quoted(path)}`
    }: give a path or a file: URL; ` +
      `fetch() the bytes of any other, and use serialize() and deserialize()`,
  );
}

/**
 * Writes `bytes` to `path` so that a reader, or the next start after a crash, finds either the old
 * file or all of the new one.
 *
 * An old file keeps its permissions and, where the system allows it, its owner. A symbolic link stays,
 * and the file that it names is replaced; other hard links to that file keep the old content.
 *
 * In Deno this needs `--allow-write` and `--allow-read` for the folder; renaming asks for both.
 *
 * @param path the file to create or replace; its folder must exist
 * @param bytes the whole new content
 * @throws {FileAccessError} naming `path`, with the system's error as its `cause`, also if `path` is no
 *   ordinary file; it is never half written, and no temporary file is left
 */
export function writeAtomic(path: string | URL, bytes: Uint8Array): void {
  const name = pathOf(path, "write");
  const { openSync, fsyncSync, closeSync } = builtin("node:fs", `write ${name}`);
  const { dirname } = builtin("node:path", `write ${name}`);
  let temporary: string | undefined;
  try {
    const target = linkTarget(name);
    const old = ordinaryFile(target);
    sweepTemporaries(dirname(target));
    const unused = temporaryPath(target);
    // No one who may not read the old file may read the new one, not even while it is written.
    const file = openSync(unused, "wx", old?.mode);
    temporary = unused;
    try {
      if (old !== undefined) keepAccess(file, old);
      writeAll(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    replaceFile(temporary, target);
  } catch (cause) {
    if (temporary !== undefined) removeTemporary(temporary);
    throw writeError(name, cause);
  }
}

/**
 * Rejects a `path` that {@link writeAtomic} could not write: makes an empty temporary file in its folder,
 * and removes it.
 *
 * @throws {FileAccessError} naming `path`, with the system's error as its `cause`
 */
export function checkWritable(path: string | URL): void {
  const name = pathOf(path, "write");
  const { openSync, closeSync, rmSync } = builtin("node:fs", `write ${name}`);
  try {
    const target = linkTarget(name);
    ordinaryFile(target);
    const temporary = temporaryPath(target);
    closeSync(openSync(temporary, "wx"));
    rmSync(temporary);
  } catch (cause) {
    throw writeError(name, cause);
  }
}

/** As many symbolic links may lead to a file, one to the next, as Linux allows. */
const MAX_LINKS = 40;

/** Returns the path to which the symbolic links at `path` lead; there need not be a file. */
function linkTarget(path: string): string {
  const { lstatSync, readlinkSync } = builtin("node:fs", `write ${path}`);
  const { dirname, isAbsolute, sep } = builtin("node:path", `write ${path}`);
  let target = path;
  for (let links = 0; lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink(); links++) {
    if (links === MAX_LINKS) throw new Error("its symbolic links lead in a circle");
    const next = readlinkSync(target);
    // Not join(): a ".." after a linked folder is not the folder before it.
    target = isAbsolute(next) ? next : dirname(target) + sep + next;
  }
  return target;
}

/** The access rights of a file. */
interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the access rights of the file at `path`; undefined if there is none.
 *
 * @throws {Error} if it is a folder, device, pipe or socket
 */
function ordinaryFile(path: string): Access | undefined {
  const old = builtin("node:fs", `write ${path}`).statSync(path, { throwIfNoEntry: false });
  if (old === undefined) return undefined;
  if (!old.isFile()) {
    const kind = old.isDirectory()
      ? "folder"
      : old.isFIFO()
      ? "pipe"
      : old.isSocket()
      ? "socket"
      : "device";
    throw new Error(`it is a ${kind}, and only an ordinary file can be replaced`);
  }
  return { mode: old.mode & 0o7777, uid: old.uid, gid: old.gid };
}

/** Gives an open file the access rights of an old one, as far as the system allows it. */
function keepAccess(file: number, old: Access): void {
  const { fchmodSync, fchownSync, fstatSync } = builtin("node:fs", "write a file");
  const made = fstatSync(file);
  try {
    if (made.uid !== old.uid || made.gid !== old.gid) fchownSync(file, old.uid, old.gid);
  } catch {
    // Only root may give files away.
  }
  try {
    // A change of the owner clears bits of the mode.
    if ((fstatSync(file).mode & 0o7777) !== old.mode) fchmodSync(file, old.mode);
  } catch {
    // Some file systems have no modes.
  }
}

/**
 * Returns a fresh name for a temporary file beside `path`.
 *
 * @param path the file it will become
 * @returns a path in the same folder, so that a rename to `path` is atomic
 */
export function temporaryPath(path: string): string {
  const { dirname, join } = builtin("node:path", `write ${path}`);
  const { pid } = builtin("node:process", `write ${path}`);
  const random = Array.from(
    crypto.getRandomValues(new Uint8Array(6)),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  return join(dirname(path), `.gradus-${hostName()}-${pid}-${random}.tmp`);
}

/** The names that {@link temporaryPath} makes, with the host and the process that made them. */
const TEMPORARY = /^\.gradus-([\w.]*)-(\d+)-[0-9a-f]{12}\.tmp$/;

const DAY = 24 * 60 * 60_000;

/**
 * Removes the temporary files that killed processes have left in `folder`: those of processes that are
 * gone, and where that cannot be known, those to which nobody has written for a day.
 */
export function sweepTemporaries(folder: string): void {
  const { readdirSync, statSync } = builtin("node:fs", `write to ${folder}`);
  const { join } = builtin("node:path", `write to ${folder}`);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // The write says what is wrong with the folder, if it matters at all.
  }
  for (const name of names) {
    const [, host, pid] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined) continue;
    const temporary = join(folder, name);
    const modified = statSync(temporary, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    const isGone = host === hostName() && isProcessGone(Number(pid), modified);
    if (isGone || Date.now() - modified > DAY) removeTemporary(temporary);
  }
}

/** Returns true if no process `pid` is running that can have written a file at the time `modified`. */
function isProcessGone(pid: number, modified: number): boolean {
  const process = builtin("node:process", "write a file");
  // In a container that starts again, processes get the numbers of the last time.
  if (pid === process.pid) return modified < Date.now() - 1000 * process.uptime() - 1000;
  if (!isGranted({ name: "run" })) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** Returns the name of this machine in the letters of a file name; "" if it may not be known. */
export function hostName(): string {
  if (!isGranted({ name: "sys", kind: "hostname" })) return "";
  return builtin("node:os", "write a file").hostname().replace(/[^\w.]/g, "_").slice(0, 64);
}

/** Returns true if the program may do this without a question to the user; only Deno asks. */
function isGranted(permission: { name: string; kind?: string }): boolean {
  const { Deno } = globalThis as Host;
  return Deno === undefined || Deno.permissions.querySync(permission).state === "granted";
}

/** No system reads or writes 2 GiB in a single call. */
const MOST_AT_ONCE = 2 ** 30;

/** Writes all of `bytes` at the current position of the open file with descriptor `file`. */
export function writeAll(file: number, bytes: Uint8Array): void {
  const { writeSync } = builtin("node:fs", "write a file");
  // A single write may take fewer bytes than it was given, for example when the disk fills up.
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, MOST_AT_ONCE));
  }
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
  const { code, message = String(cause) } = cause as NodeJS.ErrnoException;
  // The system names its call and the temporary file.
  const reason = code === "ENOENT"
    ? "there is no such folder"
    : code === undefined
    ? message
    : message.replace(/, \w+( '.*)?$/s, "");
  return new FileAccessError(
    `Cannot write ${path}: ${reason}; choose a file in a folder that exists, can be written and has room`,
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

/** Bytes that can be read in parts: those of a file, or all of them in memory. */
export interface Source {
  /** The number of bytes. */
  readonly size: number;
  /** Returns bytes `begin <= i < end`; those of a file last until the next call. */
  read(begin: number, end: number): Uint8Array;
}

/** Returns `bytes` as a source, whose parts are views of them. */
export function sourceOf(bytes: Uint8Array): Source {
  // A plain view: the slice() of Node's Buffer, which is a Uint8Array too, does not copy.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { size: plain.length, read: (begin, end) => plain.subarray(begin, end) };
}

/** Smaller parts of a file are read many at a time. */
const WINDOW = 2 ** 22;

/** Parts of a file start at multiples of this in memory, if they do so in the file. */
const ALIGNMENT = 64;

/** Reads an open ordinary file in parts. */
class FileSource implements Source {
  readonly size: number;
  readonly #file: number;
  #window = new Uint8Array(0);
  #start = 0;

  constructor(file: number, size: number) {
    this.#file = file;
    this.size = size;
  }

  read(begin: number, end: number): Uint8Array {
    if (begin < this.#start || end > this.#start + this.#window.length) {
      this.#start = begin - begin % ALIGNMENT;
      const last = Math.min(this.size, Math.max(end, this.#start + WINDOW));
      this.#window = this.#load(this.#start, last);
    }
    return this.#window.subarray(begin - this.#start, end - this.#start);
  }

  #load(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const { readSync } = builtin("node:fs", "read a file");
    const bytes = new Uint8Array(end - begin);
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(bytes.length - done, MOST_AT_ONCE);
      const read = readSync(this.#file, bytes, done, length, begin + done);
      if (read === 0) throw new Error("it became shorter while it was read");
      done += read;
    }
    return bytes;
  }
}

/**
 * Opens a file, and reads it with `parse`.
 *
 * @param path the file, or its `file:` URL
 * @param parse reads what it needs
 * @returns the result of `parse`
 * @throws {FileAccessError} if the file cannot be read
 * @throws {FileFormatError} naming the file, if `parse` throws one
 */
export function readFile<T>(path: string | URL, parse: (source: Source) => T): T {
  const name = pathOf(path, "read");
  const { openSync, closeSync, fstatSync, readFileSync } = builtin("node:fs", `read ${name}`);
  let file: number | undefined;
  try {
    file = openSync(name, "r");
    const stat = fstatSync(file);
    // Pipes have no size, and nothing in them can be read again.
    const isOrdinary = stat.isFile() && stat.size > 0;
    return parse(isOrdinary ? new FileSource(file, stat.size) : sourceOf(readFileSync(file)));
  } catch (cause) {
    if (cause instanceof FileFormatError) {
      const message = cause.message.replace(/^Cannot read \w+/, () => `Cannot read ${name}`);
      throw new FileFormatError(message, { cause });
    }
    if (cause instanceof GradusError) throw cause;
    throw readError(name, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Makes the error for a file or folder that the system could not read. */
export function readError(path: string, cause: unknown): FileAccessError {
  const { code, message = String(cause) } = cause as NodeJS.ErrnoException;
  const fault = code === "ENOENT"
    ? "there is no such file or folder; check the path"
    : `${message}; check that it is there and may be read`;
  return new FileAccessError(`Cannot read ${path}: ${fault}`, { path, cause });
}

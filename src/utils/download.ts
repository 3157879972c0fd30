/**
 * Downloads files that arrive whole and checked, or not at all.
 *
 * The bytes go to a temporary file in the folder of the target, are checked there, and only then
 * take the target's name. So processes that download the same file at once cannot disturb each
 * other, and one that is killed leaves no half file under the real name.
 *
 * In Deno this needs `--allow-net`, `--allow-read` and `--allow-write`.
 *
 * @module
 */

import { checkArguments, checkKind, checkList, type ReadOptions, readOptions } from "../checks.ts";
import { DownloadError, ValueError } from "../errors.ts";
import {
  builtin,
  removeTemporary,
  replaceFile,
  sweepTemporaries,
  temporaryPath,
  writeAll,
  writeError,
} from "./files.ts";
import { fetchBody, HttpError } from "./http_body.ts";

const ACTION = "download files";
const fs = () => builtin("node:fs", ACTION);

/** Options of {@link download}. */
export interface DownloadOptions {
  /** The SHA-256 or MD5 checksum that the file must have, in lower-case hexadecimal; none by default. */
  readonly checksum?: string;
  /** Checks the finished temporary file at `path`, and throws if it is not what it should be. */
  readonly verify?: (path: string) => void;
  /** Called after every piece, with the bytes so far and, if the server tells, of how many. */
  readonly onProgress?: (received: number, total: number | undefined) => void;
  /** Milliseconds without a byte after which the next mirror is tried; 30,000 by default. */
  readonly idleTimeout?: number;
  /** Milliseconds that one attempt may take; half an hour by default. */
  readonly totalTimeout?: number;
  /** Further attempts per mirror after a server error or a lost connection; 2 by default. */
  readonly retries?: number;
  /** Milliseconds before the first of them; doubled before each one after; 500 by default. */
  readonly backoff?: number;
}

const DEFAULTS = {
  checksum: undefined,
  verify: undefined,
  onProgress: undefined,
  idleTimeout: 30_000,
  totalTimeout: 30 * 60_000,
  retries: 2,
  backoff: 500,
} as const;

/** One file to download: its target, and all options. */
interface Job extends ReadOptions<DownloadOptions, typeof DEFAULTS> {
  readonly path: string;
}

/**
 * Downloads one file into `path`, creating its folder if need be.
 *
 * A mirror is tried again after a server error (5xx, 429) or a lost connection. After anything
 * else, such as 404, a stalled server, a name that has no address, a wrong checksum or a file that
 * `verify` refuses, the next one is tried. A file that is there already and has the checksum is kept, without a question to the
 * network.
 *
 * In Deno this needs `--allow-net`, `--allow-read` and `--allow-write`.
 *
 * @param urls the addresses of the file, best first
 * @param path the target; another file there is replaced once the new one is checked
 * @param options checks, progress and time-outs
 * @throws {DownloadError} if no mirror gave a good file; the message lists the reason of each
 * @throws {Error} if the file cannot be written; the message names `path`
 * @throws {ValueError} if there are no `urls`
 * @example
 * ```ts
 * import { download } from "@gradus/gradus/utils/data";
 * import { rmSync, writeFileSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * writeFileSync("points.csv", "x,y\n1,2\n"); // as if it had been downloaded before
 * let received = 0;
 * await download(["https://example.org/points.csv"], "points.csv", {
 *   checksum: "344fd2323dd33d5c058b7cf27de029e8", // of the publisher
 *   onProgress: (bytes) => received = bytes,
 * });
 * assertEquals(received, 0); // nothing was sent
 * rmSync("points.csv");
 * ```
 */
export async function download(
  urls: readonly string[],
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  checkArguments("download", arguments, 3);
  const job = { ...readOptions("download", options, DEFAULTS), path };
  checkList("download", urls);
  checkKind("download", path, typeof path === "string" && path !== "", "the path of the new file");
  if (urls.length === 0) {
    throw new ValueError(`Cannot download ${path}: there are no addresses; pass at least one`);
  }
  if (job.checksum !== undefined && checksumOf(path, job.checksum) === job.checksum) return;
  const folder = builtin("node:path", ACTION).dirname(path);
  onDisk(path, () => fs().mkdirSync(folder, { recursive: true }));
  sweepTemporaries(folder);
  const failures: string[] = [];
  for (const url of urls) {
    try {
      return await downloadWithRetries(url, job);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      failures.push(`${url}: ${error.message}`);
    }
  }
  throw new DownloadError(path, failures);
}

/** Returns the checksum of the file at `path`, of the kind of `like`; undefined if it cannot be read. */
function checksumOf(path: string, like: string): string | undefined {
  try {
    return newHash(like).update(fs().readFileSync(path)).digest("hex");
  } catch {
    return undefined;
  }
}

async function downloadWithRetries(url: string, job: Job): Promise<void> {
  for (let retry = 0;; retry++) {
    try {
      return await downloadOnce(url, job);
    } catch (error) {
      if (!(error instanceof HttpError && error.retry) || retry >= job.retries) throw error;
      await new Promise((resume) => setTimeout(resume, job.backoff * 2 ** retry));
    }
  }
}

async function downloadOnce(url: string, job: Job): Promise<void> {
  const { path, verify } = job;
  const temporary = temporaryPath(path);
  try {
    const { checksum } = job;
    const hash = newHash(checksum);
    await save(url, temporary, job, hash);
    // Before the checksum, because it can say more than "another file".
    try {
      verify?.(temporary);
    } catch (cause) {
      throw new HttpError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
    const found = hash.digest("hex");
    if (checksum !== undefined && found !== checksum) {
      throw new HttpError(`found ${checksumName(checksum)} ${found}, expected ${checksum}`);
    }
    onDisk(path, () => replaceFile(temporary, path));
  } catch (error) {
    removeTemporary(temporary);
    throw error;
  }
}

/** Streams `url` into `temporary`, and its bytes through `hash`. */
async function save(url: string, temporary: string, job: Job, hash: Hash): Promise<void> {
  const { path, idleTimeout, totalTimeout, onProgress } = job;
  let received = 0;
  const file = onDisk(path, () => fs().openSync(temporary, "wx"));
  try {
    await fetchBody(url, {
      idleTimeout,
      totalTimeout,
      onChunk: (chunk, total) => {
        hash.update(chunk);
        onDisk(path, () => writeAll(file, chunk));
        received += chunk.length;
        onProgress?.(received, total);
      },
    });
    onDisk(path, () => fs().fsyncSync(file));
  } finally {
    fs().closeSync(file);
  }
}

type Hash = ReturnType<typeof import("node:crypto").createHash>;

/** Returns what computes a checksum of the kind of `checksum`: SHA-256 if it is as long as one, else MD5. */
export function newHash(checksum: string | undefined): Hash {
  const kind = checksumName(checksum ?? "").toLowerCase().replace("-", "");
  return builtin("node:crypto", ACTION).createHash(kind);
}

/** Returns the name of the kind of `checksum`. */
export function checksumName(checksum: string): string {
  return checksum.length === 64 ? "SHA-256" : "MD5";
}

/** Runs `action`; an error that it throws is not a fault of a mirror, and names `path`. */
function onDisk<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/**
 * Finds, checks and unpacks the files of data sets, and downloads those that are missing.
 *
 * @module
 */

import { checkKind, checkList } from "../../src/checks.ts";
import { FileAccessError, FileFormatError, ValueError } from "../../src/errors.ts";
import { checksumName, download, type DownloadOptions, newHash } from "../../src/utils/download.ts";
import { builtin, writeAtomic } from "../../src/utils/files.ts";
import { gunzipIdx } from "./idx.ts";

const ACTION = "read data sets from files";

/** The place of the files of a data set, and where they come from. */
export interface FilesOptions {
  /** The folder that holds `MNIST/raw`, `FashionMNIST/raw` and so on. */
  readonly root: string;
  /** True to download files that are missing or damaged. */
  readonly download: boolean;
  /** Addresses of folders that hold the packed files, best first; the publishers' by default. */
  readonly mirrors?: readonly string[];
  /** Checksums of the packed files by name, SHA-256 or MD5; the official ones by default. */
  readonly checksums?: Checksums;
  /** True to compare checksums, which is the default; pass `false` for files of your own. */
  readonly checksum?: boolean;
  /** Called while a file is downloaded, with its name and the bytes so far. */
  readonly onProgress?: (file: string, received: number, total: number | undefined) => void;
  /** Time-outs and retries of the download. */
  readonly network?: Pick<
    DownloadOptions,
    "idleTimeout" | "totalTimeout" | "retries" | "backoff"
  >;
}

/** Checksums of packed files by name, SHA-256 or MD5, in lower-case hexadecimal. */
export type Checksums = Readonly<Record<string, string>>;

/** The publishers of a data set. */
export interface Publisher {
  /** Addresses of folders that hold the packed files, best first. */
  readonly mirrors: readonly string[];
  /** Checksums of the packed files, by their names. */
  readonly checksums: Checksums;
}

/** The folder of a data set, and the source of its files: the publisher's, or what options say. */
export interface DatasetSource extends Publisher {
  readonly directory: string;
}

/**
 * Returns where the files of a data set are, and where they come from.
 *
 * @throws {ValueError} if options have the wrong type, or name files that the publisher does not have
 */
export function datasetSource(
  options: FilesOptions,
  { mirrors, checksums }: Publisher,
  folders: readonly string[],
): DatasetSource {
  checkKind(ACTION, options.root, typeof options.root === "string", "a path, as the option root");
  if (options.mirrors !== undefined) {
    checkList("download data sets from mirrors", options.mirrors);
  }
  const known = Object.keys(checksums);
  const unknown = Object.keys(options.checksums ?? {}).find((file) => !known.includes(file));
  if (unknown !== undefined) {
    throw new ValueError(
      `Cannot compare the checksum of ${JSON.stringify(unknown)}: the files are ${
        known.join(", ")
      }`,
    );
  }
  return {
    directory: builtin("node:path", ACTION).join(options.root, ...folders),
    mirrors: options.mirrors ?? mirrors,
    checksums: options.checksum === false ? {} : options.checksums ?? checksums,
  };
}

/** Returns the addresses of a file on all mirrors. */
export function addressesOf(file: string, mirrors: readonly string[]): string[] {
  return mirrors.map((mirror) => `${mirror.replace(/\/$/, "")}/${file}`);
}

/** An archive that holds `.gz` files of a data set. */
export interface Archive {
  /** The name of its file. */
  readonly name: string;
  /** Reads the archive, if it is there. */
  open(): Promise<void>;
  /** Returns a member; undefined if there is no archive. */
  member(name: string): Uint8Array | undefined;
  /** Rejects an archive that is sound and not the published one. */
  check(): void;
  /** Downloads the archive. */
  download(onProgress: DownloadOptions["onProgress"]): Promise<void>;
}

/** Runs `read`; that a file is damaged is noted among `problems`, and not yet an error. */
export function attempt<T>(problems: FileFormatError[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
    problems.push(error);
  }
}

/**
 * Returns the content of a file as `parse` makes it of its bytes: of the unpacked file, of the `.gz`
 * beside it, of an archive that `unpack` knows, or of a download.
 *
 * @param file the name of the unpacked file
 * @param parse reads its bytes, and throws if they are damaged
 * @param source the folder and the origin of the file
 * @param options `download`, `checksum`, `onProgress`, `network`
 * @param archive where the `.gz` comes from, if it is not downloaded by itself
 * @throws {FileFormatError} if the file is damaged and may not be downloaded
 * @throws {FileAccessError} if it is missing and may not be downloaded
 * @throws {DownloadError} if it could not be downloaded from any mirror
 */
export async function readGzipFile<T>(
  file: string,
  parse: (bytes: Uint8Array, name: string) => T,
  { directory, mirrors, checksums }: DatasetSource,
  options: FilesOptions,
  archive?: Archive,
): Promise<T> {
  const raw = builtin("node:path", ACTION).join(directory, file);
  const gz = `${raw}.gz`;
  const checksum = checksums[`${file}.gz`];
  const problems: FileFormatError[] = [];
  const fromUnpacked = (): T | undefined =>
    attempt(problems, () => {
      const bytes = readIfPresent(raw);
      if (bytes === undefined) return undefined;
      const content = parse(bytes, raw);
      if (options.checksum !== false) checkUnpacked(bytes, raw, gz);
      return content;
    });
  const unpack = (
    packed: Uint8Array | undefined,
    name: string,
    check: (packed: Uint8Array) => void,
  ): T | undefined => {
    if (packed === undefined) return undefined;
    const unpacked = gunzipIdx(packed, name);
    const content = parse(unpacked, name);
    check(packed);
    keepUnpacked(raw, unpacked);
    return content;
  };
  const fromGzip = (): T | undefined =>
    attempt(
      problems,
      () => unpack(readIfPresent(gz), gz, (packed) => checkPacked(packed, checksum, gz)),
    );
  const fromArchive = async (archive: Archive): Promise<T | undefined> => {
    await archive.open();
    const name = `${archive.name}: ${file}.gz`;
    return attempt(
      problems,
      () => unpack(archive.member(`${file}.gz`), name, () => archive.check()),
    );
  };
  const onProgress = (name: string) => (received: number, total: number | undefined) =>
    options.onProgress?.(name, received, total);

  const found = fromUnpacked() ?? fromGzip() ?? (archive && await fromArchive(archive));
  if (found !== undefined) return found;
  if (options.download && archive !== undefined) {
    await archive.download(onProgress(archive.name));
  } else if (options.download) {
    await download(addressesOf(`${file}.gz`, mirrors), gz, {
      ...options.network,
      checksum,
      verify: (path) => void parse(gunzipIdx(readIfPresent(path)!, gz), gz),
      onProgress: onProgress(`${file}.gz`),
    });
  } else throw unavailable(raw, `neither it nor its ${archive?.name ?? ".gz"} is there`, problems);
  const arrived = archive === undefined ? fromGzip() : await fromArchive(archive);
  if (arrived !== undefined) return arrived;
  throw unavailable(raw, "the download did not bring it", problems);
}

/**
 * Rejects an unpacked file that differs from the `.gz` beside it, if that is there and sound: a byte
 * has changed, or it is somebody's own, and must not be overwritten.
 */
function checkUnpacked(bytes: Uint8Array, raw: string, gz: string): void {
  const packed = readIfPresent(gz);
  if (packed === undefined || packed.length < 8) return;
  const { crc32 } = builtin("node:zlib", ACTION);
  // Gzip files end with a checksum and the length of what is in them.
  const trailer = new DataView(packed.buffer, packed.byteOffset + packed.length - 8);
  const [crc, length] = [trailer.getUint32(0, true), trailer.getUint32(4, true)];
  if (crc32?.(bytes) === crc && bytes.length % 2 ** 32 === length) return;
  // A file of several parts has more than one, so that only a comparison can tell.
  let unpacked: Uint8Array;
  try {
    unpacked = gunzipIdx(packed, gz);
  } catch {
    return;
  }
  if (unpacked.length === bytes.length && unpacked.every((byte, i) => byte === bytes[i])) return;
  throw new ValueError(
    `Cannot use ${raw}: it differs from ${gz}, from which it was unpacked; delete it to unpack it ` +
      `again, or pass { checksum: false } to use it as it is`,
  );
}

/**
 * Rejects a sound file that differs from the published one. That is an error even when the file could
 * be downloaded: it is not damaged but somebody's own, and must not be overwritten.
 */
export function checkPacked(bytes: Uint8Array, checksum: string | undefined, path: string): void {
  if (checksum === undefined) return;
  const found = newHash(checksum).update(bytes).digest("hex");
  if (found === checksum) return;
  throw new ValueError(
    `Cannot use ${path} as the published file: found ${
      checksumName(checksum)
    } ${found}, expected ` +
      `${checksum}; pass ` +
      `{ checksum: false } to use it as it is, or delete it`,
  );
}

/** Saves the work of unpacking for the next run, if the folder may be written. */
export function keepUnpacked(raw: string, bytes: Uint8Array): void {
  try {
    const folder = builtin("node:path", ACTION).dirname(raw);
    builtin("node:fs", ACTION).mkdirSync(folder, { recursive: true });
    writeAtomic(raw, bytes);
  } catch (error) {
    if (!isRefusal(error) && !isRefusal((error as Error).cause)) throw error;
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // NotCapable is Deno's answer to a program that runs without --allow-write.
  return error.name === "NotCapable" ||
    ["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Returns the bytes of a file; undefined if there is none. */
export function readIfPresent(path: string): Uint8Array | undefined {
  try {
    return builtin("node:fs", ACTION).readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new FileAccessError(
      `Cannot read ${path}: ${message}; check that it is a file that may be read, in a folder`,
      { path, cause: error },
    );
  }
}

/** Makes the error for a file that is not there, as `absence` says, or damaged. */
export function unavailable(
  raw: string,
  absence: string,
  problems: readonly FileFormatError[],
): Error {
  const wayOut = "pass { download: true } to download it, or put a sound file there";
  if (problems.length === 0) {
    const message = `Cannot read ${raw}: ${absence}; ${wayOut}`;
    return new FileAccessError(message, { path: raw });
  }
  const reasons = problems.map((problem) => `\n  ${problem.message}`).join("");
  return new FileFormatError(`Cannot read ${raw}:${reasons}\n${wayOut}`);
}

/** Returns the entry `key` of a table. */
export function lookUp<K extends string, V>(
  table: Readonly<Record<K, V>>,
  key: K,
  what: string,
): V {
  if (Object.hasOwn(table, key)) return table[key];
  const known = Object.keys(table).map((name) => JSON.stringify(name)).join(", ");
  throw new ValueError(
    `Cannot read ${what} ${JSON.stringify(key)}: it is unknown; choose one of ${known}`,
  );
}

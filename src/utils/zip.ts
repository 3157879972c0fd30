/**
 * Reads and writes ZIP archives, as `.npz` and `.pt` files are.
 *
 * Only the directory at the end says what an archive holds; each file is checked against it: name,
 * sizes and checksum.
 *
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 *
 * @module
 */

import { Inflate, type Zippable, zipSync } from "fflate";
import { FileFormatError, ValueError } from "../errors.ts";
import type { Source } from "./files.ts";
import { refuseStandIn, type StandIn } from "./stand_in.ts";

/** A file of an archive. */
export interface ZipEntry {
  /** Number of bytes, unpacked. */
  readonly size: number;
  /** Returns the bytes; those of a stored file last until the next read of the archive. */
  read(): Uint8Array;
}

/** Refuses the file that is being read. */
export type Refusal = (state: string, wayOut?: string) => never;

/** Makes the function that refuses a file of `format`. */
export function refusalOf(format: string): Refusal {
  return (state, wayOut = "the file is damaged, download or save it again") => {
    throw new FileFormatError(`Cannot read ${format}: ${state}; ${wayOut}`);
  };
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record without its comment, and the longest comment. */
const [END_BYTES, MAX_COMMENT] = [22, 0xffff];
/** Stands for a number that is in a record of 64 bits. */
const [MARK16, MARK32] = [0xffff, 0xffffffff];
/** Deflate makes at most so many bytes of one. */
const MAX_RATIO = 1032;

/**
 * Returns the files of an archive by name, in the order of its directory.
 *
 * @param source the whole archive
 * @param refuse names the format in errors
 * @throws {FileFormatError} if the directory breaks a rule; files are checked when they are read
 */
export function readZip(source: Source, refuse: Refusal): Map<string, ZipEntry> {
  const { count, begin, end } = findDirectory(source, refuse);
  const directory = viewOf(source.read(begin, end).slice());
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== CENTRAL) {
      refuse(`the directory of the archive ends after ${i} of ${count} files`);
    }
    const lengths = [28, 30, 32].map((offset) => directory.getUint16(at + offset, true));
    const next = at + 46 + lengths.reduce((sum, length) => sum + length, 0);
    if (next > directory.byteLength) refuse("the directory of the archive is cut short");
    const nameBytes = bytesOf(directory, at + 46, lengths[0]);
    const name = readName(nameBytes, refuse);
    if (entries.has(name)) refuse(`the archive holds the file "${name}" twice`);
    const extra = viewOf(bytesOf(directory, at + 46 + lengths[0], lengths[1]));
    const numbers = readNumbers(directory, at, extra, name, refuse);
    if (!name.endsWith("/")) entries.set(name, entryOf(source, name, nameBytes, numbers, refuse));
    at = next;
  }
  return entries;
}

interface Directory {
  readonly count: number;
  readonly begin: number;
  readonly end: number;
}

const OTHERS: readonly StandIn[] = [
  [
    /^\x93NUMPY/,
    "it is a single array, as an .npy is",
    "read it with load() of @gradus/gradus/numpy",
  ],
];

function findDirectory(source: Source, refuse: Refusal): Directory {
  const start = Math.max(0, source.size - END_BYTES - MAX_COMMENT);
  const tail = viewOf(source.read(start, source.size).slice());
  let at = tail.byteLength - END_BYTES;
  const isEnd = () =>
    tail.getUint32(at, true) === END &&
    at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0) {
    refuseStandIn(source.read(0, Math.min(source.size, 64)), refuse, OTHERS);
    refuse(
      "it is not a zip archive, or its end is missing",
      "check that it is the right file, or download or save it again",
    );
  }
  let count = tail.getUint16(at + 10, true);
  let size = tail.getUint32(at + 12, true);
  let begin = tail.getUint32(at + 16, true);
  let limit = start + at;
  if (at >= 20 && tail.getUint32(at - 20, true) === LOCATOR64) {
    const place = readLong(tail, at - 12, refuse);
    if (place + 56 > limit) refuse("the directory of the archive lies behind its end");
    const record = viewOf(source.read(place, place + 56));
    if (record.getUint32(0, true) !== END64) refuse("the archive lacks its end of 64 bits");
    [count, size, begin] = [32, 40, 48].map((offset) => readLong(record, offset, refuse));
    limit = place;
  } else if (count === MARK16 || begin === MARK32 || size === MARK32) {
    refuse("the archive lacks its end of 64 bits");
  }
  if (begin + size > limit) refuse("the directory of the archive lies behind its end");
  return { count, begin, end: begin + size };
}

/** The directory's numbers for one file. */
interface Numbers {
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly size: number;
  readonly packedSize: number;
  readonly begin: number;
}

function readNumbers(
  directory: DataView,
  at: number,
  extra: DataView,
  name: string,
  refuse: Refusal,
): Numbers {
  const long = extraLongs(extra, refuse);
  const read = (offset: number): number => {
    const value = directory.getUint32(at + offset, true);
    if (value !== MARK32) return value;
    return long() ?? refuse(`the archive lacks the size or place of "${name}"`);
  };
  // Of these, those that are marked stand in the extra field, in this order.
  const [size, packedSize, begin] = [24, 20, 42].map(read);
  return {
    flags: directory.getUint16(at + 8, true),
    method: directory.getUint16(at + 10, true),
    checksum: directory.getUint32(at + 16, true),
    size,
    packedSize,
    begin,
  };
}

/** Returns a function that reads the next number of the extra field of 64 bits. */
function extraLongs(extra: DataView, refuse: Refusal): () => number | undefined {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const length = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      let place = at + 4;
      const end = Math.min(place + length, extra.byteLength);
      return () => {
        place += 8;
        return place <= end ? readLong(extra, place - 8, refuse) : undefined;
      };
    }
    at += 4 + length;
  }
  return () => undefined;
}

function entryOf(
  source: Source,
  name: string,
  nameBytes: Uint8Array,
  { flags, method, checksum, size, packedSize, begin }: Numbers,
  refuse: Refusal,
): ZipEntry {
  const read = (): Uint8Array => {
    if ((flags & 1) !== 0) refuse(`"${name}" is encrypted`, "save it without a password");
    if (begin + 30 > source.size) refuse(`"${name}" lies behind the end of the archive`);
    const header = viewOf(source.read(begin, begin + 30));
    const isHeader = header.getUint32(0, true) === LOCAL;
    const [nameLength, extraLength] = [26, 28].map((offset) => header.getUint16(offset, true));
    const start = begin + 30 + nameLength + extraLength;
    if (!isHeader || start + packedSize > source.size) {
      refuse(`"${name}" is not where the directory of the archive says`);
    }
    const own = source.read(begin + 30, begin + 30 + nameLength);
    if (own.length !== nameBytes.length || own.some((byte, i) => byte !== nameBytes[i])) {
      refuse(`"${name}" has another name inside of the archive`);
    }
    const packed = source.read(start, start + packedSize);
    const bytes = unpack(packed, method, size, name, refuse);
    if (crc32(bytes) !== checksum) refuse(`the checksum of "${name}" is wrong`);
    return bytes;
  };
  return { size, read };
}

function unpack(
  packed: Uint8Array,
  method: number,
  size: number,
  name: string,
  refuse: Refusal,
): Uint8Array {
  if (method === 0) {
    return packed.length === size
      ? packed
      : refuse(`"${name}" does not have the size that it says`);
  }
  if (method !== 8) {
    refuse(
      `"${name}" is compressed by method ${method}`,
      "save it without compression, or with deflate",
    );
  }
  if (size > packed.length * MAX_RATIO) refuse(`"${name}" cannot become as large as it says`);
  const bytes = new Uint8Array(size);
  let done = 0;
  const stream = new Inflate((chunk) => {
    if (done + chunk.length > size) refuse(`"${name}" is larger than it says`);
    bytes.set(chunk, done);
    done += chunk.length;
  });
  try {
    stream.push(packed, true);
  } catch (error) {
    if (error instanceof FileFormatError) throw error;
    refuse(`"${name}" cannot be unpacked: ${(error as Error).message}`);
  }
  if (done !== size) refuse(`"${name}" is smaller than it says`);
  return bytes;
}

function readName(bytes: Uint8Array, refuse: Refusal): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("a name in the archive is not valid UTF-8");
  }
}

function readLong(view: DataView, offset: number, refuse: Refusal): number {
  const value = Number(view.getBigUint64(offset, true));
  return Number.isSafeInteger(value) ? value : refuse("a size in the archive is above 2^53");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf({ buffer, byteOffset }: DataView, begin: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + begin, length);
}

/** Tables of the checksum for 4 bytes at a time, made at the first use. */
let tables: readonly Uint32Array[] | undefined;

function makeTables(): readonly Uint32Array[] {
  const made = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    made[0][i] = c;
  }
  for (let t = 1; t < 4; t++) {
    for (let i = 0; i < 256; i++) {
      const c = made[t - 1][i];
      made[t][i] = made[0][c & 255] ^ (c >>> 8);
    }
  }
  return made;
}

/** Returns the CRC-32 of ZIP and gzip. */
export function crc32(bytes: Uint8Array): number {
  const [one, two, three, four] = tables ??= makeTables();
  const whole = bytes.length - bytes.length % 4;
  let c = -1;
  let i = 0;
  for (; i < whole; i += 4) {
    c ^= bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24;
    c = four[c & 255] ^ three[(c >>> 8) & 255] ^ two[(c >>> 16) & 255] ^ one[c >>> 24];
  }
  for (; i < bytes.length; i++) c = one[(c ^ bytes[i]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** The earliest time that archives have: equal files make equal archives. */
const TIME = "1980-01-01T00:00:00";

/**
 * Returns an archive of `files` by name.
 *
 * @param files the content of each
 * @param compressed true to compress them
 * @throws {ValueError} if the archive would have 4 GiB or more
 */
export function writeZip(
  files: ReadonlyMap<string, Uint8Array>,
  compressed: boolean,
): Uint8Array<ArrayBuffer> {
  let total = 0;
  for (const bytes of files.values()) total += bytes.length;
  if (total > MARK32 - 2 ** 20) {
    throw new ValueError(
      `Cannot write an archive of ${total} bytes: those of this kind end at 4 GiB; split it`,
    );
  }
  return zipSync(Object.fromEntries(files) as Zippable, {
    level: compressed ? 6 : 0,
    mtime: new Date(TIME),
  }) as Uint8Array<ArrayBuffer>;
}

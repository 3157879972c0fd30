/**
 * The idx format of the MNIST family: a small header, then one dense array.
 *
 * ```text
 * 00 00 type rank | rank sizes, u32 | elements, row-major        (everything big-endian)
 * ```
 *
 * The format is described on the page where MNIST was first published,
 * http://yann.lecun.com/exdb/mnist/.
 *
 * @module
 */

import { FileFormatError } from "../../src/errors.ts";
import { formatShape } from "../../src/shape.ts";
import { gunzip, gunzipStart } from "../../src/utils/gunzip.ts";

/** The typed array that holds the elements of each type. */
export type IdxArrays = {
  uint8: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
};

/** The element types of idx files. */
export type IdxDType = keyof IdxArrays;

/** The content of an idx file; `dtype` tells which typed array `data` is. */
export type IdxArray = {
  [D in IdxDType]: {
    readonly dtype: D;
    /** The size along each axis; `[]` is a single element. */
    readonly shape: readonly number[];
    /** The elements in row-major order. */
    readonly data: IdxArrays[D];
  };
}[IdxDType];

/** Element types by their code in the header, with the bytes of one element. */
const TYPES: Readonly<Record<number, { readonly dtype: IdxDType; readonly bytes: number }>> = {
  0x08: { dtype: "uint8", bytes: 1 },
  0x09: { dtype: "int8", bytes: 1 },
  0x0b: { dtype: "int16", bytes: 2 },
  0x0c: { dtype: "int32", bytes: 4 },
  0x0d: { dtype: "float32", bytes: 4 },
  0x0e: { dtype: "float64", bytes: 8 },
};

interface IdxHeader {
  readonly dtype: IdxDType;
  readonly shape: readonly number[];
  /** Bytes before the elements. */
  readonly headerBytes: number;
  /** Bytes of the whole file, header included. */
  readonly totalBytes: number;
}

/**
 * Reads an idx file that is whole in memory. Everything is checked before anything is allocated.
 *
 * @param bytes the file; for `uint8` and `int8`, `data` is a view of these bytes and not a copy
 * @param name the name of the file in error messages; its path, if it has one
 * @returns the element type, the shape and the elements
 * @throws {FileFormatError} if the file is empty, does not start with two zeros, has an unknown
 *   element type, sizes whose product is not exact, or not just the bytes its header announces
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const header = parseHeader(bytes, name);
  const { dtype, shape, totalBytes } = header;
  if (bytes.length !== totalBytes) {
    const amount = bytes.length < totalBytes ? "it is cut short" : "it has bytes to spare";
    throw damaged(
      name,
      `${amount}: found ${bytes.length} bytes, expected ${totalBytes} for ${dtype} of shape ` +
        formatShape(shape),
    );
  }
  return { dtype, shape, data: readElements(bytes, header) } as IdxArray;
}

/** More than a million 28×28 images; a header that announces more is not worth believing. */
const MAX_GUNZIPPED_BYTES = 2 ** 30;

/**
 * Decompresses an idx file, stopping at the size that its own header announces, so that a file made
 * to fill the memory cannot.
 *
 * @param bytes the gzip file
 * @param name the name of the file in error messages
 * @returns the bytes for {@link parseIdx}
 * @throws {FileFormatError} if the gzip file is damaged, its idx header is, or more comes out than
 *   the header announces
 */
export function gunzipIdx(bytes: Uint8Array, name: string): Uint8Array {
  const { totalBytes } = parseHeader(gunzipStart(bytes, name), name);
  if (totalBytes > MAX_GUNZIPPED_BYTES) {
    throw damaged(
      name,
      `its header announces ${totalBytes} bytes, more than the limit of ${MAX_GUNZIPPED_BYTES}`,
    );
  }
  return gunzip(bytes, { name, maxBytes: totalBytes });
}

function parseHeader(bytes: Uint8Array, name: string): IdxHeader {
  if (bytes.length === 0) throw damaged(name, "found 0 bytes, expected an idx header");
  if (bytes.length < 4) {
    throw damaged(name, `found ${bytes.length} bytes, expected at least the 4 of the idx magic`);
  }
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw damaged(name, `found magic ${hex(bytes.subarray(0, 4))}, expected 00 00 type rank`);
  }
  const type = TYPES[bytes[2]];
  if (type === undefined) {
    const known = Object.keys(TYPES).map((code) => hex([Number(code)])).join(", ");
    throw damaged(name, `found element type ${hex([bytes[2]])}, expected one of ${known}`);
  }
  const rank = bytes[3];
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw damaged(
      name,
      `it is cut short: found ${bytes.length} bytes, expected a header of ${headerBytes} for ` +
        `${rank} axes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const dataBytes = shape.reduce((product, size) => product * size, type.bytes);
  if (!Number.isSafeInteger(dataBytes)) {
    throw damaged(name, `found shape ${formatShape(shape)}, expected at most 2^53 bytes`);
  }
  return { dtype: type.dtype, shape, headerBytes, totalBytes: headerBytes + dataBytes };
}

function readElements(bytes: Uint8Array, header: IdxHeader): IdxArrays[IdxDType] {
  const { dtype, headerBytes, totalBytes } = header;
  const start = bytes.byteOffset + headerBytes;
  const size = totalBytes - headerBytes;
  const view = new DataView(bytes.buffer, start, size);
  const read = <T extends Int16Array | Int32Array | Float32Array | Float64Array>(
    array: T,
    get: (byteOffset: number) => number,
  ): T => {
    for (let i = 0; i < array.length; i++) array[i] = get(i * array.BYTES_PER_ELEMENT);
    return array;
  };
  switch (dtype) {
    case "uint8":
      return new Uint8Array(bytes.buffer, start, size);
    case "int8":
      return new Int8Array(bytes.buffer, start, size);
    case "int16":
      return read(new Int16Array(size / 2), (at) => view.getInt16(at));
    case "int32":
      return read(new Int32Array(size / 4), (at) => view.getInt32(at));
    case "float32":
      return read(new Float32Array(size / 4), (at) => view.getFloat32(at));
    case "float64":
      return read(new Float64Array(size / 8), (at) => view.getFloat64(at));
  }
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function damaged(name: string, reason: string): FileFormatError {
  return new FileFormatError(`Cannot read ${name} as idx: ${reason}; get the file again`);
}

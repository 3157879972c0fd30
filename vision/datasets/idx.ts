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

/** The content of an idx file of bytes, as all files of the MNIST family are. */
export interface IdxArray {
  /** The size along each axis; `[]` is a single element. */
  readonly shape: readonly number[];
  /** The elements in row-major order, a view of the file. */
  readonly data: Uint8Array;
}

/** The element type of bytes in a header; files of other types are refused. */
const UNSIGNED_BYTE = 0x08;

interface IdxHeader {
  readonly shape: readonly number[];
  /** Bytes before the elements. */
  readonly headerBytes: number;
  /** Bytes of the whole file, header included. */
  readonly totalBytes: number;
}

/**
 * Reads an idx file that is whole in memory. Everything is checked before anything is allocated.
 *
 * @param bytes the file
 * @param name the name of the file in error messages; its path, if it has one
 * @returns the shape and the elements
 * @throws {FileFormatError} if the file is empty, does not start with two zeros, has another element
 *   type than bytes, sizes whose product is not exact, or not just the bytes its header announces
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const { shape, headerBytes, totalBytes } = parseHeader(bytes, name);
  if (bytes.length !== totalBytes) {
    const amount = bytes.length < totalBytes ? "it is cut short" : "it has bytes to spare";
    throw damaged(
      name,
      `${amount}: found ${bytes.length} bytes, expected ${totalBytes} for shape ${
        formatShape(shape)
      }`,
    );
  }
  // A plain array: the subarray() of Node's Buffer would be a Buffer.
  return {
    shape,
    data: new Uint8Array(bytes.buffer, bytes.byteOffset + headerBytes, totalBytes - headerBytes),
  };
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
  if (bytes[2] !== UNSIGNED_BYTE) {
    throw damaged(name, `found element type ${hex([bytes[2]])}, expected ${hex([UNSIGNED_BYTE])}`);
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
  const dataBytes = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(dataBytes)) {
    throw damaged(name, `found shape ${formatShape(shape)}, expected at most 2^53 bytes`);
  }
  return { shape, headerBytes, totalBytes: headerBytes + dataBytes };
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function damaged(name: string, reason: string): FileFormatError {
  return new FileFormatError(`Cannot read ${name} as idx: ${reason}; get the file again`);
}

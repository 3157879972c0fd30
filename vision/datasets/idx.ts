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
import { refuseStandIn } from "../../src/utils/stand_in.ts";

/** The content of an idx file. */
export interface IdxArray {
  /** The size along each axis; `[]` is a single element. */
  readonly shape: readonly number[];
  /** The bytes of the elements in row-major order, a view of the file. */
  readonly data: Uint8Array;
}

/** The element types that occur, as headers name them; int32 is big-endian. */
const IDX_TYPES = { uint8: 0x08, int32: 0x0c } as const;

/** The bytes of an element of each type. */
const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [IDX_TYPES.uint8, 1],
  [IDX_TYPES.int32, 4],
]);

interface IdxHeader {
  readonly type: number;
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
 * @param expected the element type
 * @returns the shape and the elements
 * @throws {FileFormatError} if the file is empty, does not start with two zeros, has another element
 *   type, sizes whose product is not exact, or not just the bytes its header announces
 */
export function parseIdx(
  bytes: Uint8Array,
  name: string,
  expected: keyof typeof IDX_TYPES = "uint8",
): IdxArray {
  const { type, shape, headerBytes, totalBytes } = parseHeader(bytes, name);
  if (type !== IDX_TYPES[expected]) throw wrongType(name, type, [IDX_TYPES[expected]]);
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
    refuseStandIn(bytes, (state, wayOut) => {
      throw damaged(name, `${state}; ${wayOut}`);
    });
    throw damaged(name, `found magic ${hex(bytes.subarray(0, 4))}, expected 00 00 type rank`);
  }
  const type = bytes[2];
  const elementBytes = ELEMENT_BYTES.get(type);
  if (elementBytes === undefined) throw wrongType(name, type, [...ELEMENT_BYTES.keys()]);
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
  const dataBytes = shape.reduce((product, size) => product * size, elementBytes);
  if (!Number.isSafeInteger(dataBytes)) {
    throw damaged(name, `found shape ${formatShape(shape)}, expected at most 2^53 bytes`);
  }
  return { type, shape, headerBytes, totalBytes: headerBytes + dataBytes };
}

function wrongType(name: string, found: number, expected: readonly number[]): FileFormatError {
  const types = expected.map((type) => hex([type])).join(" or ");
  return damaged(name, `found element type ${hex([found])}, expected ${types}`);
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

function damaged(name: string, reason: string): FileFormatError {
  return new FileFormatError(`Cannot read ${name} as idx: ${reason}; get the file again`);
}

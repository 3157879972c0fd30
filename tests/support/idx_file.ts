/**
 * Makes idx files for tests.
 *
 * @module
 */

/** An idx file with the given sizes and raw element bytes; unsigned bytes unless told otherwise. */
export function idxFile(shape: number[], data: ArrayLike<number>, type = 0x08): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  bytes.set([0, 0, type, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

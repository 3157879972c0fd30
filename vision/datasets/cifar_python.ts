/**
 * Reads the batches of CIFAR that torchvision unpacks: pickles of Python 2, of which nothing is
 * executed.
 *
 * @module
 */

import { FileFormatError } from "../../src/errors.ts";
import { type Dict, isDict, unpickle } from "../../src/utils/torch/pickle.ts";

/** An array of NumPy while it is unpickled. */
class PickledArray {
  shape: unknown;
  dtype: unknown;
  isFortran: unknown;
  data: unknown;
}

/** Names of Python that the files use. */
const GLOBALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["numpy.core.multiarray _reconstruct", () => new PickledArray()],
  ["numpy ndarray", null],
  ["numpy dtype", ([name]: readonly unknown[]) => ({ name })],
]);

/**
 * Returns the images of a batch, one after the other with the channels first, and their labels.
 *
 * @param bytes the file
 * @param name the name of the file in error messages
 * @param key the labels in the file
 * @throws {FileFormatError} if it is no such file
 */
export function parsePickledBatch(
  bytes: Uint8Array,
  name: string,
  key: string,
): { images: Uint8Array; labels: Uint8Array } {
  const refuse = (state: string): never => {
    throw new FileFormatError(`Cannot read ${name}: ${state}; get the file again`);
  };
  const batch = unpickle(bytes, {
    globals: GLOBALS,
    persistent: () => refuse("its pickle refers to what is not in it"),
    build: (object, state) => {
      // The state of a dtype is its byte order, which bytes do not have.
      if (!(object instanceof PickledArray)) return;
      if (!Array.isArray(state) || state.length !== 5) refuse("its array has no state");
      [, object.shape, object.dtype, object.isFortran, object.data] = state as unknown[];
    },
    refuse,
  });
  const { data, [key]: labels } = isDict(batch) ? batch : {} as Dict;
  if (!(data instanceof PickledArray) || !Array.isArray(labels)) {
    return refuse(`expected a dict with "data" and "${key}"`);
  }
  const isLabel = (label: unknown): boolean =>
    Number.isInteger(label) && (label as number) >= 0 && (label as number) < 256;
  if (!labels.every(isLabel)) return refuse(`"${key}" holds what is no label`);
  // A text of ASCII alone comes as such.
  const images = typeof data.data === "string" ? new TextEncoder().encode(data.data) : data.data;
  const isRight = images instanceof Uint8Array && data.isFortran === false &&
    (data.dtype as { name?: unknown } | null)?.name === "u1" &&
    `${data.shape}` === `${labels.length},${IMAGE_BYTES}` &&
    images.length === labels.length * IMAGE_BYTES;
  if (!isRight) return refuse(`expected ${labels.length} images of ${IMAGE_BYTES} bytes in "data"`);
  return { images, labels: Uint8Array.from(labels as number[]) };
}

const IMAGE_BYTES = 3072;

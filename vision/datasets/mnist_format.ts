/**
 * Parses the files of the MNIST family: images of 28×28 gray bytes, and labels from 0 to 9.
 *
 * @module
 */

import { FileFormatError } from "../../src/errors.ts";
import { formatShape } from "../../src/shape.ts";
import { type IdxArray, parseIdx } from "./idx.ts";

/** Gray images of one size, one after the other. */
export interface MnistImages {
  /** The number of images. */
  readonly count: number;
  /** Rows of one image. */
  readonly height: number;
  /** Columns of one image. */
  readonly width: number;
  /** `count * height * width` bytes, row by row; 0 is background, 255 full ink. */
  readonly data: Uint8Array;
}

/** The images of one split and the class of each. */
export interface MnistSplit {
  /** The images, in the order of the labels. */
  readonly images: MnistImages;
  /** One class from 0 to 9 per image. */
  readonly labels: Uint8Array;
}

/** Rows and columns of every image of the family. */
const SIDE = 28;

/**
 * Reads an idx file of images.
 *
 * @param bytes the decompressed file; `data` is a view of it
 * @param name the name of the file in error messages
 * @throws {FileFormatError} if it is not an idx file, or holds anything but 28×28 images of bytes
 */
export function parseMnistImages(bytes: Uint8Array, name: string): MnistImages {
  const idx = parseIdx(bytes, name);
  const [count, height, width] = idx.shape;
  if (idx.shape.length !== 3 || height !== SIDE || width !== SIDE) {
    throw mismatch(name, "images", idx, `[count, ${SIDE}, ${SIDE}]`);
  }
  return { count, height, width, data: idx.data };
}

/**
 * Reads an idx file of labels.
 *
 * @param bytes the decompressed file; the labels are a view of it
 * @param name the name of the file in error messages
 * @param classes the number of classes
 * @throws {FileFormatError} if it is not an idx file, or holds anything but classes below that
 */
export function parseMnistLabels(bytes: Uint8Array, name: string, classes = 10): Uint8Array {
  const idx = parseIdx(bytes, name);
  if (idx.shape.length !== 1) {
    throw mismatch(name, "labels", idx, "[count]");
  }
  const at = idx.data.findIndex((label) => label >= classes);
  if (at >= 0) {
    throw new FileFormatError(
      `Cannot read labels from ${name}: label ${at} is ${idx.data[at]}, expected 0 to ` +
        `${classes - 1}; get the file again`,
    );
  }
  return idx.data;
}

/**
 * Puts images and their labels together.
 *
 * @param images the images of a split
 * @param labels the labels of the same split
 * @param name the name of the two in error messages
 * @param columns the numbers of each label
 * @throws {FileFormatError} if there are more of one than of the other
 */
export function pairMnist<L extends Uint8Array | Int32Array>(
  images: MnistImages,
  labels: L,
  name: string,
  columns = 1,
): { images: MnistImages; labels: L } {
  const count = labels.length / columns;
  if (images.count === count) return { images, labels };
  throw new FileFormatError(
    `Cannot pair the images and labels of ${name}: found ${images.count} images and ${count} ` +
      `labels, expected as many of each; get both files from the same source`,
  );
}

/** Columns of the labels of QMNIST: the digit, and where it comes from. */
export const QMNIST_COLUMNS = 8;

/**
 * Reads an idx file of the labels of QMNIST.
 *
 * @param bytes the decompressed file
 * @param name the name of the file in error messages
 * @returns eight numbers for each image, the first of which is the digit
 * @throws {FileFormatError} if it is not an idx file of int32, or holds anything else
 */
export function parseQmnistLabels(bytes: Uint8Array, name: string): Int32Array {
  const idx = parseIdx(bytes, name, "int32");
  const { shape, data } = idx;
  if (shape.length !== 2 || shape[1] !== QMNIST_COLUMNS) {
    throw mismatch(name, "labels", idx, `[count, ${QMNIST_COLUMNS}]`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const labels = Int32Array.from({ length: data.length / 4 }, (_, i) => view.getInt32(4 * i));
  for (let i = 0; i < shape[0]; i++) {
    const digit = labels[i * QMNIST_COLUMNS];
    if (digit >= 0 && digit < 10) continue;
    throw new FileFormatError(
      `Cannot read labels from ${name}: label ${i} is ${digit}, expected 0 to 9; get the file again`,
    );
  }
  return labels;
}

function mismatch(name: string, what: string, found: IdxArray, expected: string): FileFormatError {
  return new FileFormatError(
    `Cannot read ${what} from ${name}: found shape ${formatShape(found.shape)}, expected ` +
      `${expected}; get the right file`,
  );
}

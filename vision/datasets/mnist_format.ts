/**
 * Parses the files of the MNIST family: images of 28×28 gray bytes, and labels from 0 to 9.
 *
 * @module
 */

import { FileFormatError } from "../../src/errors.ts";
import { formatShape } from "../../src/shape.ts";
import { type IdxArray, parseIdx } from "./idx.ts";

/** Gray images of one size, one after the other. */
interface MnistImages {
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

/** Classes of every data set of the family. */
const CLASSES = 10;

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
 * @throws {FileFormatError} if it is not an idx file, or holds anything but classes from 0 to 9
 */
export function parseMnistLabels(bytes: Uint8Array, name: string): Uint8Array {
  const idx = parseIdx(bytes, name);
  if (idx.shape.length !== 1) {
    throw mismatch(name, "labels", idx, "[count]");
  }
  const at = idx.data.findIndex((label) => label >= CLASSES);
  if (at >= 0) {
    throw new FileFormatError(
      `Cannot read labels from ${name}: label ${at} is ${idx.data[at]}, expected 0 to ` +
        `${CLASSES - 1}; get the file again`,
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
 * @throws {FileFormatError} if there are more of one than of the other
 */
export function pairMnist(images: MnistImages, labels: Uint8Array, name: string): MnistSplit {
  if (images.count !== labels.length) {
    throw new FileFormatError(
      `Cannot pair the images and labels of ${name}: found ${images.count} images and ` +
        `${labels.length} labels, expected as many of each; get both files from the same source`,
    );
  }
  return { images, labels };
}

function mismatch(name: string, what: string, found: IdxArray, expected: string): FileFormatError {
  return new FileFormatError(
    `Cannot read ${what} from ${name}: found shape ${formatShape(found.shape)}, expected ` +
      `${expected}; get the right file`,
  );
}

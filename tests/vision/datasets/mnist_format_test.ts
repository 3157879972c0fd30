import { test } from "node:test";
import { FileFormatError } from "../../../src/errors.ts";
import {
  pairMnist,
  parseMnistImages,
  parseMnistLabels,
} from "../../../vision/datasets/mnist_format.ts";
import { idxFile } from "../../support/idx_file.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const rejects = (run: () => unknown, message: RegExp): void =>
  assertThrowsMessage(run, FileFormatError, message);

test("images and labels are read and paired", () => {
  const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => i % 256);
  const images = parseMnistImages(idxFile([2, 28, 28], pixels), "images");
  assertSame(images, { count: 2, height: 28, width: 28, data: pixels });
  const labels = parseMnistLabels(idxFile([2], [9, 0]), "labels");
  assertSame(pairMnist(images, labels, "MNIST"), { images, labels: Uint8Array.of(9, 0) });
});

test("images of a wrong size or rank are refused with their shape", () => {
  const file = (shape: number[]): Uint8Array =>
    idxFile(shape, new Uint8Array(shape.reduce((a, b) => a * b)));
  for (
    const [bytes, found] of [
      [file([3, 32, 32]), "\\[3, 32, 32\\]"],
      [file([2, 28, 14]), "\\[2, 28, 14\\]"],
      [file([784]), "\\[784\\]"],
      [file([1, 28, 28, 1]), "\\[1, 28, 28, 1\\]"],
    ] as const
  ) {
    rejects(
      () => parseMnistImages(bytes, "raw/x"),
      new RegExp(`raw/x: found shape ${found}, expected \\[count, 28, 28\\]`),
    );
  }
});

test("labels out of range, or not a plain list of bytes, are refused", () => {
  rejects(
    () => parseMnistLabels(idxFile([4], [0, 9, 10, 255]), "raw/y"),
    /from raw\/y: label 2 is 10, expected 0 to 9/,
  );
  rejects(
    () => parseMnistLabels(idxFile([2, 1], [0, 1]), "raw/y"),
    /found shape \[2, 1\], expected \[count\]/,
  );
});

test("images and labels that differ in number are refused with both numbers", () => {
  const images = parseMnistImages(idxFile([2, 28, 28], new Uint8Array(1568)), "x");
  rejects(
    () => pairMnist(images, Uint8Array.of(1, 2, 3), "data/MNIST/raw"),
    /of data\/MNIST\/raw: found 2 images and 3 labels/,
  );
});

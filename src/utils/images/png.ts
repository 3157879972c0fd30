/**
 * Writes images as PNG, by the npm package `fast-png`.
 *
 * @module
 */

import { encode } from "fast-png";
import { noGrad } from "../../autograd/grad_mode.ts";
import { checkArguments, checkKind, checkTensors } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { writeAtomic } from "../files.ts";
import { type GridOptions, makeGrid } from "./grid.ts";

/**
 * Encodes an image as a PNG file.
 *
 * Numbers from 0 to 1 become bytes from 0 to 255, rounded to the nearest. Booleans become black and
 * white.
 *
 * @param image `[h, w]`, or `[c, h, w]` with 1 (gray), 2 (and opacity), 3 (colours) or 4 channels (and
 *   opacity): floats from 0 to 1, uint8, or booleans
 * @returns the bytes of the file
 * @throws {ValueError} if a float is not from 0 to 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { toPNG } from "@gradus/gradus/images";
 * import { decode } from "fast-png";
 * import { assertEquals } from "@std/assert";
 *
 * const png = toPNG(tensor([[0, 0.5], [1, 0.25]]));
 * assertEquals([...decode(png).data], [0, 128, 255, 64]);
 * ```
 */
export function toPNG(image: Tensor): Uint8Array<ArrayBuffer> {
  checkArguments("toPNG", arguments, 1);
  checkTensors("toPNG", image);
  const x = image.ndim === 2 ? image.unsqueeze(0) : image;
  if (x.ndim !== 3 || x.shape[0] < 1 || x.shape[0] > 4 || x.numel() === 0) {
    throw new ShapeError(
      `Cannot write shape ${
        formatShape(image.shape)
      } as PNG: give [h, w] or [c, h, w] with 1 to 4 ` +
        `channels; makeGrid() makes one image of a batch`,
      image.shape,
    );
  }
  const [channels, height, width] = x.shape;
  const values = noGrad(() => x.permute(1, 2, 0).data);
  return new Uint8Array(encode({ width, height, channels, data: bytesOf(values, image) }));
}

/** Returns values of the dtype of `image` as bytes. */
function bytesOf(values: ArrayLike<number>, { dtype }: Tensor): Uint8Array {
  if (dtype === "uint8") return Uint8Array.from(values);
  if (dtype === "bool") return Uint8Array.from(values, (value) => 255 * value);
  if (!isFloat(dtype)) {
    throw new DTypeError(
      `Cannot write ${dtype} as PNG: the values of images are floats from 0 to 1, uint8 or bool; ` +
        `convert with .to("uint8")`,
    );
  }
  return Uint8Array.from(values, (value) => {
    if (value >= 0 && value <= 1) return Math.floor(255 * value + 0.5);
    throw new ValueError(
      `Cannot write an image with a value of ${value} as PNG: floats go from 0 to 1; use clamp(0, 1), ` +
        `makeGrid() with { normalize: true }, or div(255)`,
    );
  });
}

/**
 * Saves an image, or several in a grid, as a PNG file, as torchvision does. The file is the old one
 * or all of the new one.
 *
 * Values beyond 0 and 1 are refused, while torchvision clamps them.
 * See https://pytorch.org/vision/stable/generated/torchvision.utils.save_image.html
 *
 * @param images as for `makeGrid`
 * @param path the file, whose name ends in `.png`
 * @param options those of `makeGrid`
 * @throws {FileAccessError} if the file cannot be written
 * @example
 * ```ts
 * import { rand } from "@gradus/gradus";
 * import { saveImage } from "@gradus/gradus/images";
 * import { readFileSync, rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * saveImage(rand([16, 1, 28, 28]), "example_digits.png", { nrow: 4 });
 * assertEquals(readFileSync("example_digits.png")[1], "P".charCodeAt(0));
 * rmSync("example_digits.png");
 * ```
 */
export function saveImage(
  images: Tensor | readonly Tensor[],
  path: string | URL,
  options?: GridOptions,
): void {
  checkArguments("saveImage", arguments, 3);
  checkKind(
    "save an image",
    path,
    typeof path === "string" || path instanceof URL,
    "a path or a file: URL, behind the image",
  );
  if (!/\.png$/i.test(String(path))) {
    throw new ValueError(
      `Cannot save an image as ${path}: images are written as PNG; end the name with .png`,
    );
  }
  writeAtomic(path, toPNG(makeGrid(images, options)));
}

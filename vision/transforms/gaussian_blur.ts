/**
 * Blurs images.
 *
 * @module
 */

import { checkArguments, checkList, guardMembers, readOptions } from "../../src/checks.ts";
import { isFloat } from "../../src/dtype.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { exp, roundHalfEven } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  checkBounds,
  drawBetween,
  mapPlanes,
  type PlaneMap,
  planeSize,
  type Range,
} from "./planes.ts";
import { BatchTransform } from "./transform.ts";
import { quoted } from "../../src/names.ts";

/** Options of {@link GaussianBlur}. */
export interface GaussianBlurOptions extends GeneratorOptions {
  /** The standard deviation in pixels, or the bounds between which each image draws one; default `[0.1, 2]`. */
  readonly sigma?: number | readonly [least: number, largest: number];
}

/**
 * Blurs each image `[…, H, W]`: every pixel becomes the mean of those around it, weighted by
 * `exp(−d² / 2σ²)` for a distance d. Images are mirrored at their edges. As in torchvision
 * (`transforms.GaussianBlur`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.GaussianBlur.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const blur = new transforms.GaussianBlur(3, { sigma: 100 }); // nearly the plain mean
 * const image = tensor([[0, 0, 0], [0, 9, 0], [0, 0, 0]]);
 * assertEquals(blur(image).at(1, 1).item().toFixed(2), "1.00");
 * ```
 */
export class GaussianBlur extends BatchTransform {
  /** Width and height of the neighbourhood, as in torchvision. */
  readonly kernelSize: readonly [width: number, height: number];
  /** The bounds of the standard deviation. */
  readonly sigma: Range;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param kernelSize the side of the neighbourhood, or its width and height; odd numbers
   * @param options `sigma`, `generator`
   * @throws {ValueError} if a size is not an odd whole number above 0, or a deviation not above 0
   */
  constructor(
    kernelSize: number | readonly [width: number, height: number],
    options: GaussianBlurOptions = {},
  ) {
    checkArguments("make GaussianBlur", arguments, 2);
    super();
    const { sigma, generator } = readOptions("make GaussianBlur", options, {
      sigma: [0.1, 2],
      generator: defaultGenerator,
    });
    const sizes = typeof kernelSize === "number" ? [kernelSize, kernelSize] as const : kernelSize;
    checkList("make GaussianBlur", sizes);
    if (sizes.length !== 2 || !sizes.every((n) => Number.isInteger(n) && n > 0 && n % 2 === 1)) {
      throw new ValueError(
        `Cannot blur with a kernel of ${
          [kernelSize].flat().map(quoted).join(" by ")
        }: give an odd whole ` +
          `number above 0, or width and height`,
      );
    }
    this.kernelSize = sizes;
    this.sigma = typeof sigma === "number" ? [sigma, sigma] : sigma;
    checkBounds("blur with deviations", this.sigma, Number.MIN_VALUE);
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {ShapeError} if half of the kernel is not smaller than the image
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    const size = planeSize(batch, "blur");
    const [height, width] = size;
    const [across, down] = this.kernelSize;
    if (across >= 2 * width || down >= 2 * height) {
      throw new ShapeError(
        `Cannot blur images of shape ${formatShape(batch.shape.slice(1))} with a kernel of ` +
          `${across} by ${down}: half of it must be smaller than the image`,
        batch.shape,
      );
    }
    const finish = isFloat(batch.dtype) ? (value: number) => value : roundHalfEven;
    return mapPlanes(batch, "blur", size, () => {
      const sigma = drawBetween(this.#generator, this.sigma);
      return blur(height, width, weights(across, sigma), weights(down, sigma), finish);
    });
  }
}

guardMembers(GaussianBlur);

/** Returns the weights of `size` neighbours in a line; they add up to 1. */
function weights(size: number, sigma: number): Float64Array {
  const middle = (size - 1) / 2;
  const values = Float64Array.from(
    { length: size },
    (_, i) => exp(-0.5 * ((i - middle) / sigma) ** 2),
  );
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
}

/** Blurs along the rows, then along the columns, in float64. */
function blur(
  height: number,
  width: number,
  across: Float64Array,
  down: Float64Array,
  finish: (value: number) => number,
): PlaneMap {
  const columns = Array.from(across, (_, k) => mirrored(width, k - (across.length - 1) / 2));
  const rows = Array.from(down, (_, k) => mirrored(height, k - (down.length - 1) / 2));
  const blurred = new Float64Array(height * width);
  return (from, fromStart, to, toStart) => {
    blurred.fill(0);
    across.forEach((weight, k) => {
      for (let y = 0; y < height; y++) {
        const row = fromStart + y * width;
        for (let x = 0; x < width; x++) {
          blurred[y * width + x] += weight * from[row + columns[k][x]];
        }
      }
    });
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < down.length; k++) sum += down[k] * blurred[rows[k][y] * width + x];
        to[toStart + y * width + x] = finish(sum);
      }
    }
  };
}

/** Returns for each place of an axis the one at a distance, mirrored at the ends. */
function mirrored(size: number, distance: number): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => {
    const place = Math.abs(i + distance);
    return place < size ? place : 2 * (size - 1) - place;
  });
}

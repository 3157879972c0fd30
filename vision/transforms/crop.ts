/**
 * Cuts a window out of each image: from the middle, or at a random place.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions } from "../../src/checks.ts";
import { ShapeError } from "../../src/errors.ts";
import { roundHalfEven } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { drawInteger, mapPlanes, type PlaneMap, planeSize, windowSize } from "./planes.ts";
import { type Border, borderOf } from "./pad.ts";
import { BatchTransform } from "./transform.ts";

/**
 * Cuts the window in the middle out of images `[…, H, W]`; images that are smaller get a border of
 * zeros first. As in torchvision (`transforms.CenterCrop`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.CenterCrop.html
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const crop = new transforms.CenterCrop(2);
 * assertEquals(crop(arange(16).reshape(4, 4)).toArray(), [[5, 6], [9, 10]]);
 * ```
 */
export class CenterCrop extends BatchTransform {
  /** Height and width of the window. */
  readonly size: readonly [height: number, width: number];

  /**
   * Makes a transform.
   *
   * @param size the side of a square, or height and width
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(size: number | readonly [height: number, width: number]) {
    checkArguments("make CenterCrop", arguments, 1);
    super();
    this.size = windowSize(size);
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {ShapeError} if the images have no height and width
   */
  override forwardBatch(batch: Tensor): Tensor {
    const [height, width] = planeSize(batch, "crop");
    const [down, across] = this.size;
    const missing = [Math.max(0, across - width), Math.max(0, down - height)];
    const border = missing.flatMap((n) => [Math.floor(n / 2), Math.ceil(n / 2)]);
    const padded = border.some((n) => n > 0) ? batch.pad(border) : batch;
    const top = roundHalfEven((padded.shape[padded.ndim - 2] - down) / 2);
    const left = roundHalfEven((padded.shape[padded.ndim - 1] - across) / 2);
    return padded.at("...", [top, top + down], [left, left + across]);
  }
}

guardMembers(CenterCrop);

/** Options of {@link RandomCrop}. */
export interface RandomCropOptions extends GeneratorOptions {
  /** A border added first: on all sides, `[leftRight, topBottom]`, or `[left, top, right, bottom]`. */
  readonly padding?: Border;
  /** The value of the border; default 0. */
  readonly fill?: number;
}

/**
 * Cuts a window out of each image `[…, H, W]`, at a place of its own. As in torchvision
 * (`transforms.RandomCrop`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomCrop.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const crop = new transforms.RandomCrop(28, { padding: 4 });
 * assertEquals(crop(zeros([1, 28, 28])).shape, [1, 28, 28]);
 * ```
 */
export class RandomCrop extends BatchTransform {
  /** Height and width of the window. */
  readonly size: readonly [height: number, width: number];
  /** The value of the border. */
  readonly fill: number;
  readonly #border: readonly number[];
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param size the side of a square, or height and width
   * @param options `padding`, `fill`, `generator`
   * @throws {ValueError} if a size is not a whole number above 0, or the padding not 1, 2 or 4 whole
   *   numbers, 0 or more
   */
  constructor(
    size: number | readonly [height: number, width: number],
    options: RandomCropOptions = {},
  ) {
    checkArguments("make RandomCrop", arguments, 2);
    super();
    const { padding, fill, generator } = readOptions("make RandomCrop", options, {
      padding: 0,
      fill: 0,
      generator: defaultGenerator,
    });
    this.size = windowSize(size);
    this.fill = fill;
    this.#border = borderOf(padding);
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {ShapeError} if the window is larger than the image with its border
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    const [height, width] = planeSize(batch, "crop");
    const [left, top, right, bottom] = this.#border;
    const rows = height + top + bottom - this.size[0] + 1;
    const columns = width + left + right - this.size[1] + 1;
    if (rows <= 0 || columns <= 0) {
      throw new ShapeError(
        `Cannot crop images of shape ${formatShape(batch.shape.slice(1))} to ` +
          `${formatShape(this.size)}: with the padding they are ` +
          `${height + top + bottom} by ${width + left + right}; crop less, or pad more`,
        batch.shape,
      );
    }
    return mapPlanes(batch, "crop", this.size, () => {
      const row = drawInteger(this.#generator, rows) - top;
      const column = drawInteger(this.#generator, columns) - left;
      return this.#window(row, column, height, width);
    });
  }

  /** Copies the window whose corner is at `row`, `column`, perhaps outside of the image. */
  #window(row: number, column: number, height: number, width: number): PlaneMap {
    const { fill, size } = this;
    return (from, fromStart, to, toStart) => {
      for (let y = 0; y < size[0]; y++) {
        const inside = row + y >= 0 && row + y < height;
        const source = fromStart + (row + y) * width + column;
        const target = toStart + y * size[1];
        for (let x = 0; x < size[1]; x++) {
          const within = inside && column + x >= 0 && column + x < width;
          to[target + x] = within ? from[source + x] : fill;
        }
      }
    };
  }
}

guardMembers(RandomCrop);

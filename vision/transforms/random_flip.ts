/**
 * Mirrors images at random.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions } from "../../src/checks.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkChance, drawUniform, mapPlanes, type PlaneMap, planeSize } from "./planes.ts";
import { BatchTransform } from "./transform.ts";

/** Options of {@link RandomHorizontalFlip} and {@link RandomVerticalFlip}. */
export interface RandomFlipOptions extends GeneratorOptions {
  /** The probability that an image is mirrored; default 0.5. */
  readonly p?: number;
}

const DEFAULTS = { p: 0.5, generator: defaultGenerator };

/**
 * Mirrors each image `[…, H, W]` left to right with probability `p`. As in torchvision
 * (`transforms.RandomHorizontalFlip`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomHorizontalFlip.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const flip = new transforms.RandomHorizontalFlip({ p: 1 });
 * assertEquals(flip(tensor([[[1, 2, 3]]])).toArray(), [[[3, 2, 1]]]);
 * ```
 */
export class RandomHorizontalFlip extends BatchTransform {
  /** The probability that an image is mirrored. */
  readonly p: number;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param options `p`, `generator`
   * @throws {ValueError} if `p` is not from 0 to 1
   */
  constructor(options: RandomFlipOptions = {}) {
    checkArguments("make RandomHorizontalFlip", arguments, 1);
    super();
    const { p, generator } = readOptions("make RandomHorizontalFlip", options, DEFAULTS);
    checkChance("flip", p);
    this.p = p;
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    return flip(batch, this.p, this.#generator, mirrorRows);
  }
}

guardMembers(RandomHorizontalFlip);

/**
 * Mirrors each image `[…, H, W]` top to bottom with probability `p`. As in torchvision
 * (`transforms.RandomVerticalFlip`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomVerticalFlip.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const flip = new transforms.RandomVerticalFlip({ p: 1 });
 * assertEquals(flip(tensor([[[1], [2], [3]]])).toArray(), [[[3], [2], [1]]]);
 * ```
 */
export class RandomVerticalFlip extends BatchTransform {
  /** The probability that an image is mirrored. */
  readonly p: number;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param options `p`, `generator`
   * @throws {ValueError} if `p` is not from 0 to 1
   */
  constructor(options: RandomFlipOptions = {}) {
    checkArguments("make RandomVerticalFlip", arguments, 1);
    super();
    const { p, generator } = readOptions("make RandomVerticalFlip", options, DEFAULTS);
    checkChance("flip", p);
    this.p = p;
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    return flip(batch, this.p, this.#generator, mirrorColumns);
  }
}

guardMembers(RandomVerticalFlip);

/** Mirrors a plane of a size. */
type Mirror = (...args: [...plane: Parameters<PlaneMap>, height: number, width: number]) => void;

const mirrorRows: Mirror = (from, fromStart, to, toStart, height, width) => {
  for (let row = 0; row < height * width; row += width) {
    for (let x = 0; x < width; x++) {
      to[toStart + row + x] = from[fromStart + row + width - 1 - x];
    }
  }
};

const mirrorColumns: Mirror = (from, fromStart, to, toStart, height, width) => {
  for (let y = 0; y < height; y++) {
    const row = fromStart + (height - 1 - y) * width;
    to.set(from.subarray(row, row + width), toStart + y * width);
  }
};

/** Mirrors each image with probability `p`. */
function flip(batch: Tensor, p: number, generator: Generator, mirror: Mirror): Tensor {
  const size = planeSize(batch, "flip");
  const copy: PlaneMap = (from, fromStart, to, toStart) => {
    to.set(from.subarray(fromStart, fromStart + size[0] * size[1]), toStart);
  };
  return mapPlanes(
    batch,
    "flip",
    size,
    () => drawUniform(generator) < p ? (...plane) => mirror(...plane, ...size) : copy,
  );
}

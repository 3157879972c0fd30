/**
 * Mirrors images at random.
 *
 * @module
 */

import { readOptions } from "../../src/checks.ts";
import { ValueError } from "../../src/errors.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { BatchTransform } from "./transform.ts";
import { drawUniform, mapPlanes, type PlaneMap, planeSize } from "./planes.ts";

/** Options of {@link RandomHorizontalFlip}. */
export interface RandomHorizontalFlipOptions extends GeneratorOptions {
  /** The probability that an image is mirrored; default 0.5. */
  readonly p?: number;
}

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
 * import assert from "node:assert/strict";
 *
 * const flip = new transforms.RandomHorizontalFlip({ p: 1 });
 * assert.deepEqual(flip(tensor([[[1, 2, 3]]])).toArray(), [[[3, 2, 1]]]);
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
  constructor(options: RandomHorizontalFlipOptions = {}) {
    super();
    const known = { p: 0.5, generator: defaultGenerator };
    const { p, generator } = readOptions("make RandomHorizontalFlip", options, known);
    if (!(p >= 0 && p <= 1)) {
      throw new ValueError(`Cannot flip with probability ${p}: it must be from 0 to 1`);
    }
    this.p = p;
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    const size = planeSize(batch, "flip");
    const [height, width] = size;
    const copy: PlaneMap = (from, fromStart, to, toStart) => {
      to.set(from.subarray(fromStart, fromStart + height * width), toStart);
    };
    const mirror: PlaneMap = (from, fromStart, to, toStart) => {
      for (let row = 0; row < height * width; row += width) {
        for (let x = 0; x < width; x++) {
          to[toStart + row + x] = from[fromStart + row + width - 1 - x];
        }
      }
    };
    const draw = (): PlaneMap => drawUniform(this.#generator) < this.p ? mirror : copy;
    return mapPlanes(batch, "flip", size, draw);
  }
}

/**
 * Erases a random rectangle of each image.
 *
 * @module
 */

import {
  checkArguments,
  checkKind,
  elementOf,
  guardMembers,
  readOptions,
} from "../../src/checks.ts";
import { isFloat, type TypedArray } from "../../src/dtype.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { exp, log, roundHalfEven } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  checkBounds,
  checkChance,
  drawBetween,
  drawInteger,
  drawUniform,
  mapSamples,
  planeSize,
  type Range,
} from "./planes.ts";
import { BatchTransform } from "./transform.ts";

/** Options of {@link RandomErasing}. */
export interface RandomErasingOptions extends GeneratorOptions {
  /** The probability that an image loses a rectangle; default 0.5. */
  readonly p?: number;
  /** The least and the largest part of the area that is erased; default `[0.02, 0.33]`. */
  readonly scale?: readonly [least: number, largest: number];
  /** The least and the largest height of that part, divided by its width; default `[0.3, 3.3]`. */
  readonly ratio?: readonly [least: number, largest: number];
  /** The new value: a number, one for each channel, or `"random"` for normal noise; default 0. */
  readonly value?: number | readonly number[] | "random";
}

/** Draws after which an image stays whole if no rectangle fits. */
const TRIES = 10;

/**
 * Erases a rectangle of random size, shape and place of each image `[C, H, W]` with probability `p`.
 * As in torchvision (`transforms.RandomErasing`).
 *
 * Source: Zhong et al., "Random erasing data augmentation" (2017, https://arxiv.org/abs/1708.04896).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomErasing.html
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const erase = new transforms.RandomErasing({ p: 1, scale: [0.25, 0.25], ratio: [1, 1] });
 * assertEquals(erase(ones([1, 8, 8])).sum().item(), 64 - 16);
 * ```
 */
export class RandomErasing extends BatchTransform {
  /** The probability that an image loses a rectangle. */
  readonly p: number;
  /** The least and the largest part of the area. */
  readonly scale: Range;
  /** The least and the largest height, divided by the width. */
  readonly ratio: Range;
  /** The new value, one for each channel, or `"random"`. */
  readonly value: readonly number[] | "random";
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param options `p`, `scale`, `ratio`, `value`, `generator`
   * @throws {ValueError} if `p` or a part is not from 0 to 1, a ratio is not above 0, or the value is
   *   neither numbers nor `"random"`
   */
  constructor(options: RandomErasingOptions = {}) {
    checkArguments("make RandomErasing", arguments, 1);
    super();
    const action = "make RandomErasing";
    const { p, scale, ratio, value, generator } = readOptions(action, options, {
      p: 0.5,
      scale: [0.02, 0.33],
      ratio: [0.3, 3.3],
      value: [0],
      generator: defaultGenerator,
    });
    checkChance("erase", p);
    checkBounds("erase parts of the area", scale, 0, 1);
    checkBounds("erase parts of ratio", ratio, Number.MIN_VALUE);
    const values = value === "random" ? value : [value].flat();
    const isValue = values === "random" || values.every((each) => typeof each === "number");
    checkKind(action, value, isValue, 'a number, one for each channel, or "random", as value');
    this.p = p;
    this.scale = scale;
    this.ratio = ratio;
    this.value = values;
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, C, H, W]`.
   *
   * @throws {ShapeError} if images are not `[C, H, W]`, or there are neither one value nor as many as
   *   channels
   * @throws {ValueError} if the images cannot hold the value: noise and fractions need floats
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    const [height, width] = planeSize(batch, "erase parts of");
    const values = this.#values(batch);
    return mapSamples(batch, "erase parts of", batch.shape.slice(1), () => {
      const hole = this.#draw(height, width, batch.shape[1]);
      return (from, to) => {
        to.set(from);
        hole?.(to, values);
      };
    });
  }

  /** Returns the value of each channel; none for noise. */
  #values({ shape, dtype }: Tensor): readonly number[] {
    const { value } = this;
    if (
      shape.length !== 4 || (value.length !== 1 && value !== "random" && value.length !== shape[1])
    ) {
      throw new ShapeError(
        `Cannot erase parts of an image of shape ${formatShape(shape.slice(1))}: it must be ` +
          `[${
            value === "random" || value.length === 1 ? "channels" : value.length
          }, height, width]`,
        shape,
      );
    }
    if (value !== "random") {
      return Array.from(
        { length: shape[1] },
        (_, channel) =>
          elementOf("erase parts of images", value[value.length === 1 ? 0 : channel], dtype),
      );
    }
    if (isFloat(dtype)) return [];
    throw new ValueError(
      `Cannot erase parts of images of ${dtype} with noise: it has fractions; put ToTensor first`,
    );
  }

  /** Draws a rectangle, and returns what fills it; `null` for none. */
  #draw(
    height: number,
    width: number,
    channels: number,
  ): ((image: TypedArray, values: readonly number[]) => void) | null {
    if (drawUniform(this.#generator) >= this.p) return null;
    for (let i = 0; i < TRIES; i++) {
      const area = height * width * drawBetween(this.#generator, this.scale);
      const [low, high] = this.ratio;
      const ratio = exp(drawBetween(this.#generator, [log(low), log(high)]));
      const down = roundHalfEven(Math.sqrt(area * ratio));
      const across = roundHalfEven(Math.sqrt(area / ratio));
      if (down >= height || across >= width) continue;
      const noise = new Float64Array(this.value === "random" ? channels * down * across : 0);
      this.#generator.normal(noise);
      const top = drawInteger(this.#generator, height - down + 1);
      const left = drawInteger(this.#generator, width - across + 1);
      return (image, values) => {
        for (let channel = 0, n = 0; channel < channels; channel++) {
          for (let y = top; y < top + down; y++) {
            const row = (channel * height + y) * width;
            for (let x = left; x < left + across; x++) {
              image[row + x] = values[channel] ?? noise[n++];
            }
          }
        }
      };
    }
    return null;
  }
}

guardMembers(RandomErasing);

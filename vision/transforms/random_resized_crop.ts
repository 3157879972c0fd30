/**
 * Cuts a part of random size out of each image, and resizes it.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions } from "../../src/checks.ts";
import { exp, log, roundHalfEven } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  checkBounds,
  drawBetween,
  drawInteger,
  planeSize,
  type Range,
  windowSize,
} from "./planes.ts";
import { Resize, type ResizeOptions } from "./resize.ts";
import { Transform } from "./transform.ts";

/** Options of {@link RandomResizedCrop}. */
export interface RandomResizedCropOptions extends ResizeOptions, GeneratorOptions {
  /** The least and the largest part of the area that is cut out; default `[0.08, 1]`. */
  readonly scale?: readonly [least: number, largest: number];
  /** The least and the largest width of that part, divided by its height; default `[3 / 4, 4 / 3]`. */
  readonly ratio?: readonly [least: number, largest: number];
}

/** A window of an image. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** Draws after which a middle part is taken instead of one that fits. */
const TRIES = 10;

/**
 * Cuts a part of random size, shape and place out of each image `[…, H, W]`, and resizes it. As in
 * torchvision (`transforms.RandomResizedCrop`): the ratio is drawn from a logarithmic scale, and if
 * ten draws do not fit, the part is the largest in the middle.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomResizedCrop.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const crop = new transforms.RandomResizedCrop(24, { scale: [0.5, 1] });
 * assertEquals(crop(zeros([3, 40, 30])).shape, [3, 24, 24]);
 * ```
 */
export class RandomResizedCrop extends Transform {
  /** Height and width of the result. */
  readonly size: readonly [height: number, width: number];
  /** The least and the largest part of the area. */
  readonly scale: Range;
  /** The least and the largest width, divided by the height. */
  readonly ratio: Range;
  readonly #resize: Resize;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param size the side of a square, or height and width
   * @param options `scale`, `ratio`, `interpolation`, `antialias`, `generator`
   * @throws {ValueError} if a size is not a whole number above 0, parts are not from 0 to 1, or ratios
   *   not above 0
   */
  constructor(
    size: number | readonly [height: number, width: number],
    options: RandomResizedCropOptions = {},
  ) {
    checkArguments("make RandomResizedCrop", arguments, 2);
    super();
    const { scale, ratio, interpolation, antialias, generator } = readOptions(
      "make RandomResizedCrop",
      options,
      {
        scale: [0.08, 1],
        ratio: [3 / 4, 4 / 3],
        interpolation: "bilinear",
        antialias: true,
        generator: defaultGenerator,
      },
    );
    checkBounds("cut out parts of the area", scale, 0, 1);
    checkBounds("cut out parts of ratio", ratio, Number.MIN_VALUE);
    this.size = windowSize(size);
    this.scale = scale;
    this.ratio = ratio;
    this.#resize = new Resize(this.size, { interpolation, antialias });
    this.#generator = generator;
  }

  /**
   * Transforms an image `[…, H, W]`.
   *
   * @throws {ShapeError} if it has no height and width
   */
  override forward(sample: Tensor): Tensor {
    return scope(() => {
      const { top, left, height, width } = this.#draw(...planeSize(sample.unsqueeze(0), "crop"));
      return this.#resize(sample.at("...", [top, top + height], [left, left + width]));
    });
  }

  #draw(height: number, width: number): Window {
    const [narrow, wide] = this.ratio;
    for (let i = 0; i < TRIES; i++) {
      const area = height * width * drawBetween(this.#generator, this.scale);
      const ratio = exp(drawBetween(this.#generator, [log(narrow), log(wide)]));
      const across = roundHalfEven(Math.sqrt(area * ratio));
      const down = roundHalfEven(Math.sqrt(area / ratio));
      if (across === 0 || across > width || down === 0 || down > height) continue;
      const top = drawInteger(this.#generator, height - down + 1);
      const left = drawInteger(this.#generator, width - across + 1);
      return { top, left, height: down, width: across };
    }
    const down = width / height < narrow ? roundHalfEven(width / narrow) : height;
    const across = width / height > wide ? roundHalfEven(height * wide) : width;
    const top = Math.floor((height - down) / 2);
    const left = Math.floor((width - across) / 2);
    return { top, left, height: down, width: across };
  }
}

guardMembers(RandomResizedCrop);

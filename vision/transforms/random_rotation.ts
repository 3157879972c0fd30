/**
 * Turns images by random angles.
 *
 * @module
 */

import { checkArguments, checkKind, guardMembers, readOptions } from "../../src/checks.ts";
import { ValueError } from "../../src/errors.ts";
import { cos, sin } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { drawBetween, type Range } from "./planes.ts";
import { BatchTransform } from "./transform.ts";
import { checkInterpolation, type Interpolation, warpSamples } from "./warp.ts";

/** Options of {@link RandomRotation}. */
export interface RandomRotationOptions extends GeneratorOptions {
  /** The value between pixels; default `"nearest"`. */
  readonly interpolation?: Interpolation;
  /** The value of pixels outside of the image; default 0. */
  readonly fill?: number;
}

/**
 * Turns each image `[…, H, W]` about its centre by an angle of its own, uniform between two bounds.
 * The size stays. Positive angles turn counter-clockwise. As in torchvision
 * (`transforms.RandomRotation`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomRotation.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const turn = new transforms.RandomRotation([90, 90]);
 * assertEquals(turn(tensor([[[1, 2], [3, 4]]])).toArray(), [[[2, 4], [1, 3]]]);
 * ```
 */
export class RandomRotation extends BatchTransform {
  /** The least and the largest angle in degrees. */
  readonly degrees: Range;
  /** The value between pixels. */
  readonly interpolation: Interpolation;
  /** The value of pixels outside of the image. */
  readonly fill: number;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param degrees the bounds of the angle, or one number d for −d and d
   * @param options `interpolation`, `fill`, `generator`
   * @throws {ValueError} if one number is negative, bounds are not finite or in the wrong order, or
   *   the interpolation is unknown
   */
  constructor(degrees: number | readonly [number, number], options: RandomRotationOptions = {}) {
    checkArguments("make RandomRotation", arguments, 2);
    super();
    const { interpolation, fill, generator } = readOptions("make RandomRotation", options, {
      interpolation: "nearest",
      fill: 0,
      generator: defaultGenerator,
    });
    const isAngle = [degrees].flat().every((angle) => typeof angle === "number");
    checkKind("make RandomRotation", degrees, isAngle, "an angle, or the least and the largest");
    this.degrees = typeof degrees === "number" ? [-degrees, degrees] : degrees;
    const [least, largest] = this.degrees;
    if (!(largest - least >= 0 && largest - least < Infinity)) {
      throw new ValueError(
        `Cannot rotate by ${least} to ${largest} degrees: give one number, 0 or more, or the least ` +
          `and the largest angle`,
      );
    }
    checkInterpolation("rotate", interpolation);
    this.interpolation = interpolation;
    this.fill = fill;
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {GradientError} if the images require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    return warpSamples(batch, "rotate", this, () => {
      const angle = drawBetween(this.#generator, this.degrees) * Math.PI / 180;
      const [c, s] = [cos(angle), sin(angle)];
      // The pixel at (x, y) from the centre, y downwards, comes from that place turned back.
      return [c, -s, 0, s, c, 0];
    });
  }
}

guardMembers(RandomRotation);

/**
 * Turns, moves, scales and shears images at random.
 *
 * @module
 */

import {
  checkArguments,
  checkKind,
  checkList,
  guardMembers,
  readOptions,
} from "../../src/checks.ts";
import { cos, roundHalfEven, sin, tan } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkBounds, drawBetween, type Range } from "./planes.ts";
import { BatchTransform } from "./transform.ts";
import { type AffineMap, checkInterpolation, type Interpolation, warpSamples } from "./warp.ts";

/** Options of {@link RandomAffine}. */
export interface RandomAffineOptions extends GeneratorOptions {
  /** The most that an image moves to either side, as parts of its width and its height; none by default. */
  readonly translate?: readonly [width: number, height: number] | null;
  /** The least and the largest scale; by default 1. */
  readonly scale?: readonly [least: number, largest: number] | null;
  /** The bounds of the shear along the width, or d for −d and d, then along the height; in degrees, none by default. */
  readonly shear?: number | readonly number[] | null;
  /** The value between pixels; default `"nearest"`. */
  readonly interpolation?: Interpolation;
  /** The value of pixels outside of the image; default 0. */
  readonly fill?: number;
}

const NONE: Range = [0, 0];

/**
 * Turns, moves, scales and shears each image `[…, H, W]` about its centre by numbers of its own, each
 * uniform between two bounds. The size stays, and images move by whole pixels. As in torchvision
 * (`transforms.RandomAffine`), except that a pixel half outside is blended with `fill` once.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomAffine.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const double = new transforms.RandomAffine(0, { scale: [2, 2] });
 * const image = tensor([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]);
 * assertEquals(double(image).at(1).toArray(), [5, 5, 6, 6]);
 * ```
 */
export class RandomAffine extends BatchTransform {
  /** The least and the largest angle in degrees. */
  readonly degrees: Range;
  /** The most that an image moves, as parts of its width and its height. */
  readonly translate: readonly [width: number, height: number];
  /** The least and the largest scale. */
  readonly scale: Range;
  /** The bounds of the shear along the width and along the height, in degrees. */
  readonly shear: readonly [width: Range, height: Range];
  /** The value between pixels. */
  readonly interpolation: Interpolation;
  /** The value of pixels outside of the image. */
  readonly fill: number;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param degrees the bounds of the angle, or one number d for −d and d; positive angles turn
   *   clockwise, as in torchvision, unlike those of `RandomRotation`
   * @param options `translate`, `scale`, `shear`, `interpolation`, `fill`, `generator`
   * @throws {ValueError} if bounds are not finite or in the wrong order, a part is not from 0 to 1, a
   *   scale is not above 0, or the interpolation is unknown
   */
  constructor(degrees: number | Range, options: RandomAffineOptions = {}) {
    checkArguments("make RandomAffine", arguments, 2);
    super();
    const action = "make RandomAffine";
    const { translate, scale, shear, interpolation, fill, generator } = readOptions(
      action,
      options,
      {
        translate: null,
        scale: null,
        shear: null,
        interpolation: "nearest",
        fill: 0,
        generator: defaultGenerator,
      },
    );
    this.degrees = anglesOf(degrees, "rotate by angles");
    this.translate = translate ?? NONE;
    checkList(`${action} with translate`, this.translate);
    for (const part of this.translate) checkBounds("move images by parts", [part, part], 0, 1);
    this.scale = scale ?? [1, 1];
    checkBounds("scale images by", this.scale, Number.MIN_VALUE);
    const shears = typeof shear === "number" ? [-shear, shear] : shear ?? NONE;
    const isShear = Array.isArray(shears) && (shears.length === 2 || shears.length === 4);
    checkKind(action, shear, isShear, "an angle, two bounds, or four, as the option shear");
    const [left, right, up = 0, down = 0] = shears;
    this.shear = [anglesOf([left, right], "shear by"), anglesOf([up, down], "shear by")];
    checkInterpolation("move pixels", interpolation);
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
    const between = (bounds: Range): number => drawBetween(this.#generator, bounds);
    return warpSamples(batch, "move pixels of", this, (height, width) => {
      const angle = between(this.degrees);
      const [across, down] = [this.translate[0] * width, this.translate[1] * height];
      const shift = [
        roundHalfEven(between([-across, across])),
        roundHalfEven(between([-down, down])),
      ];
      return inverseMap(angle, shift, between(this.scale), this.shear.map(between));
    });
  }
}

guardMembers(RandomAffine);

/** Returns bounds of angles in degrees. */
function anglesOf(degrees: number | Range, action: string): Range {
  const bounds: Range = typeof degrees === "number" ? [-degrees, degrees] : degrees;
  checkBounds(action, bounds, -Number.MAX_VALUE);
  return bounds;
}

/**
 * Returns the inverse of the map that shears along both axes, turns, scales and then moves: it finds
 * where each pixel comes from. Angles are in degrees.
 */
function inverseMap(
  angle: number,
  [right, down]: readonly number[],
  scale: number,
  shears: readonly number[],
): AffineMap {
  const [turn, shearX, shearY] = [angle, ...shears].map((degrees) => degrees * Math.PI / 180);
  const slope = tan(shearX);
  const a = cos(turn - shearY) / cos(shearY);
  const b = -a * slope - sin(turn);
  const d = sin(turn - shearY) / cos(shearY);
  const e = -d * slope + cos(turn);
  // The determinant of turn and shears is 1.
  const [xx, xy, yx, yy] = [e, -b, -d, a].map((value) => value / scale);
  return [xx, xy, -xx * right - xy * down, yx, yy, -yx * right - yy * down];
}

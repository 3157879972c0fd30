/**
 * Turns images by random angles.
 *
 * @module
 */

import { checkKind, readOptions } from "../../src/checks.ts";
import { isFloat, type TypedArray } from "../../src/dtype.ts";
import { ValueError } from "../../src/errors.ts";
import { cos, sin } from "../../src/math/mod.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { BatchTransform } from "./transform.ts";
import { drawUniform, mapPlanes, type PlaneMap, planeSize } from "./planes.ts";

/** The value between pixels: that of the nearest, or blended out of four. */
export type Interpolation = "nearest" | "bilinear";

/** Options of {@link RandomRotation}. */
export interface RandomRotationOptions extends GeneratorOptions {
  /** The value between pixels; default `"nearest"`. */
  readonly interpolation?: Interpolation;
  /** The value of pixels outside of the image; default 0. */
  readonly fill?: number;
}

/** Returns the value at a place of a plane, which may lie between pixels or outside. */
type Reader = (plane: TypedArray, start: number, y: number, x: number) => number;

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
 * import assert from "node:assert/strict";
 *
 * const turn = new transforms.RandomRotation([90, 90]);
 * assert.deepEqual(turn(tensor([[[1, 2], [3, 4]]])).toArray(), [[[2, 4], [1, 3]]]);
 * ```
 */
export class RandomRotation extends BatchTransform {
  /** The least and the largest angle in degrees. */
  readonly degrees: readonly [least: number, largest: number];
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
    super();
    const { interpolation, fill, generator } = readOptions("make RandomRotation", options, {
      interpolation: "nearest",
      fill: 0,
      generator: defaultGenerator,
    });
    const isAngle = typeof degrees === "number" || Array.isArray(degrees);
    checkKind("make RandomRotation", degrees, isAngle, "an angle, or the least and the largest");
    this.degrees = typeof degrees === "number" ? [-degrees, degrees] : degrees;
    const [least, largest] = this.degrees;
    if (!(largest - least >= 0 && largest - least < Infinity)) {
      throw new ValueError(
        `Cannot rotate by ${least} to ${largest} degrees: give one number, 0 or more, or the least ` +
          `and the largest angle`,
      );
    }
    if (interpolation !== "nearest" && interpolation !== "bilinear") {
      throw new ValueError(
        `Cannot rotate with interpolation "${interpolation}": there are "nearest" and "bilinear"`,
      );
    }
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
    const size = planeSize(batch, "rotate");
    const [height, width] = size;
    const pixel = pixelReader(height, width, this.fill);
    const read = this.interpolation === "nearest"
      ? nearest(pixel)
      : bilinear(pixel, !isFloat(batch.dtype));
    const [least, largest] = this.degrees;
    return mapPlanes(batch, "rotate", size, () => {
      const angle = least + (largest - least) * drawUniform(this.#generator);
      return rotation(angle * Math.PI / 180, height, width, read);
    });
  }
}

/**
 * Turns a plane by `angle`: the pixel at (x, y) from the centre, y downwards, comes from
 * (x cos α − y sin α, x sin α + y cos α), which is it turned back.
 */
function rotation(angle: number, height: number, width: number, read: Reader): PlaneMap {
  const [c, s] = [cos(angle), sin(angle)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  return (from, fromStart, to, toStart) => {
    for (let row = 0; row < height; row++) {
      const y = row - middleY;
      for (let column = 0; column < width; column++) {
        const x = column - middleX;
        const sourceY = middleY + x * s + y * c;
        const sourceX = middleX + x * c - y * s;
        to[toStart + row * width + column] = read(from, fromStart, sourceY, sourceX);
      }
    }
  };
}

/** Reads a pixel; outside of the image it is `fill`. */
function pixelReader(height: number, width: number, fill: number): Reader {
  return (plane, start, y, x) =>
    y >= 0 && y < height && x >= 0 && x < width ? plane[start + y * width + x] : fill;
}

function nearest(pixel: Reader): Reader {
  return (plane, start, y, x) => pixel(plane, start, Math.round(y), Math.round(x));
}

/** Blends the four pixels around a place, each weighted by its nearness. */
function bilinear(pixel: Reader, whole: boolean): Reader {
  return (plane, start, y, x) => {
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - top, x - left];
    const upper = pixel(plane, start, top, left) * (1 - right) +
      pixel(plane, start, top, left + 1) * right;
    const lower = pixel(plane, start, top + 1, left) * (1 - right) +
      pixel(plane, start, top + 1, left + 1) * right;
    const value = upper * (1 - down) + lower * down;
    return whole ? Math.round(value) : value;
  };
}

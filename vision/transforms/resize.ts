/**
 * Resizes images.
 *
 * @module
 */

import { checkArguments, guardMembers, rangeOf, readOptions } from "../../src/checks.ts";
import { isFloat } from "../../src/dtype.ts";
import { ValueError } from "../../src/errors.ts";
import { interpolate } from "../../src/nn/functional.ts";
import { formatShape, sizeOf } from "../../src/shape.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { planeSize } from "./planes.ts";
import type { Interpolation } from "./warp.ts";
import { BatchTransform } from "./transform.ts";

/** Options of {@link Resize}. */
export interface ResizeOptions {
  /**
   * Blend the four pixels around (`"bilinear"`), or sixteen by a cubic (`"bicubic"`), or take the
   * nearest; default `"bilinear"`.
   */
  readonly interpolation?: Interpolation | "bicubic";
  /** True to blend all pixels that one of a smaller image covers; default true. */
  readonly antialias?: boolean;
}

/**
 * Makes images `[…, H, W]` larger or smaller: to a height and a width, or so that the shorter side
 * has a length. Bytes are rounded. As in torchvision (`transforms.Resize`), of versions where
 * `antialias` is on by default.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Resize.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new transforms.Resize([28, 28])(zeros([3, 120, 80])).shape, [3, 28, 28]);
 * assertEquals(new transforms.Resize(40)(zeros([3, 120, 80])).shape, [3, 60, 40]);
 * ```
 */
export class Resize extends BatchTransform {
  /** Height and width, or the length of the shorter side. */
  readonly size: number | readonly [height: number, width: number];
  readonly #interpolation: Interpolation | "bicubic";
  readonly #antialias: boolean;

  /**
   * Makes a transform.
   *
   * @param size height and width, or the length of the shorter side
   * @param options `interpolation`, `antialias`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(
    size: number | readonly [height: number, width: number],
    options: ResizeOptions = {},
  ) {
    checkArguments("make Resize", arguments, 2);
    super();
    const known = { interpolation: "bilinear", antialias: true } as const;
    const { interpolation, antialias } = readOptions("make Resize", options, known);
    const sizes = [size].flat();
    if (sizes.length > 2 || !sizes.every((n) => Number.isInteger(n) && n > 0)) {
      throw new ValueError(
        `Cannot resize to ${formatShape(sizes)}: give a whole number above 0, or height and width`,
      );
    }
    this.size = size;
    this.#interpolation = interpolation;
    this.#antialias = antialias && interpolation !== "nearest";
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {ShapeError} if the images have no height and width
   */
  override forwardBatch(batch: Tensor): Tensor {
    const [height, width] = planeSize(batch, "resize");
    const size = this.#sizeOf(height, width);
    const outer = batch.shape.slice(0, -2);
    return scope(() => {
      const planes = batch.reshape(sizeOf(outer), 1, height, width);
      const resized = interpolate(isFloat(batch.dtype) ? planes : planes.float(), {
        size,
        mode: this.#interpolation,
        antialias: this.#antialias,
      });
      // A cubic can overshoot what bytes hold.
      const fit = () => resized.round().clamp(...rangeOf(batch.dtype)).to(batch.dtype);
      const result = isFloat(batch.dtype) ? resized : fit();
      return result.reshape([...outer, ...size]);
    });
  }

  #sizeOf(height: number, width: number): readonly [height: number, width: number] {
    const { size } = this;
    if (typeof size !== "number") return size;
    return height <= width
      ? [size, Math.floor(size * width / height)]
      : [Math.floor(size * height / width), size];
  }
}

guardMembers(Resize);

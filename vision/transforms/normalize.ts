/**
 * Normalizes channels to mean 0 and deviation 1.
 *
 * @module
 */

import { checkArguments, checkType, guardMembers } from "../../src/checks.ts";
import { isFloat } from "../../src/dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../src/errors.ts";
import { quoted } from "../../src/names.ts";
import { formatShape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type Affine, applyAffine, kindOf, type SampleKind } from "./affine.ts";
import { BatchTransform } from "./transform.ts";

/**
 * Moves and scales each channel: `y = (x - mean) / std`, for images `[C, H, W]`.
 *
 * With the mean and the standard deviation of the training set, channels come out with mean 0 and
 * deviation 1. As in torchvision (`transforms.Normalize`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const normalize = new transforms.Normalize([0.5], [0.25]);
 * assertEquals(normalize(tensor([[[0, 0.5, 1]]])).toArray(), [[[-2, 0, 2]]]);
 * ```
 */
export class Normalize extends BatchTransform {
  /** The means that are subtracted from each channel. */
  readonly mean: readonly number[];
  /** The deviations that each channel is then divided by. */
  readonly std: readonly number[];

  /**
   * Makes a transform.
   *
   * @param mean one number for each channel, or one for all
   * @param std likewise
   * @throws {ValueError} if there are more of one than of the other, or a deviation is 0
   */
  constructor(mean: number | readonly number[], std: number | readonly number[]) {
    checkArguments("make Normalize", arguments, 2);
    super();
    this.mean = [mean].flat();
    this.std = [std].flat();
    for (const value of [...this.mean, ...this.std]) {
      checkType("make Normalize", "a mean or a deviation", value, "number");
    }
    if (this.mean.length !== this.std.length || this.mean.length === 0) {
      throw new ValueError(
        `Cannot normalize with ${this.mean.length} means and ${this.std.length} deviations: give ` +
          `one of each for every channel, or one for all`,
      );
    }
    if (![...this.mean, ...this.std].every(Number.isFinite) || this.std.includes(0)) {
      throw new ValueError(
        `Cannot normalize with means ${quoted(this.mean)} and deviations ` +
          `${quoted(this.std)}: they must be finite, and no deviation 0`,
      );
    }
  }

  /**
   * Transforms a batch `[N, C, H, W]`.
   *
   * @throws {ShapeError} if images are not `[C, H, W]`, or have another number of channels
   * @throws {DTypeError} if they are not floating-point
   */
  override forwardBatch(batch: Tensor): Tensor {
    return applyAffine(this.affine(kindOf(batch)), batch);
  }

  /** `(x - mean) / std`. */
  override affine({ shape, dtype }: SampleKind): Affine {
    if (!isFloat(dtype)) {
      throw new DTypeError(
        `Cannot normalize an image of ${dtype}: it must be floating-point; put ToTensor first`,
      );
    }
    const channels = this.mean.length;
    if (shape.length !== 3 || (channels !== 1 && shape[0] !== channels)) {
      throw new ShapeError(
        `Cannot normalize an image of shape ${formatShape(shape)}: it must be ` +
          `[${channels === 1 ? "channels" : channels}, height, width]`,
        shape,
      );
    }
    return { offset: this.mean, divisor: this.std, shape, dtype };
  }
}

guardMembers(Normalize);

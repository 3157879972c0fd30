/**
 * The middle of each image.
 *
 * @module
 */

import { roundHalfEven } from "../../src/math/mod.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { planeSize, windowSize } from "./planes.ts";
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
 * import assert from "node:assert/strict";
 *
 * const crop = new transforms.CenterCrop(2);
 * assert.deepEqual(crop(arange(16).reshape(4, 4)).toArray(), [[5, 6], [9, 10]]);
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

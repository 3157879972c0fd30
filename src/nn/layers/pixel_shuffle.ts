/**
 * Channels in exchange for pixels.
 *
 * @module
 */

import { requireTensors } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * Channels become pixels: `[…, c r², h, w] → […, c, h r, w r]`.
 *
 * Source: Shi et al., "Real-time single image and video super-resolution using an efficient
 * sub-pixel convolutional neural network" (2016).
 *
 * @param x with three axes or more
 * @param upscaleFactor r
 * @throws {ShapeError} if the channels do not divide by r²
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = arange(8).reshape(4, 1, 2); // four channels of 1 × 2 pixels
 * const y = functional.pixelShuffle(x, 2);
 * assert.deepEqual(y.toArray(), [[[0, 2, 1, 3], [4, 6, 5, 7]]]);
 * ```
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const r = upscaleFactor;
  const [c, h, w] = x.shape.slice(-3);
  if (x.ndim < 3 || !Number.isInteger(r) || r < 1 || c % (r * r) !== 0) {
    throw new ShapeError(
      `Cannot pixelShuffle shape ${formatShape(x.shape)} by ${r}: it must be [n, c, h, w] or ` +
        `[c, h, w], and c divide by the square of a whole number`,
      x.shape,
    );
  }
  const outer = x.shape.slice(0, -3);
  const n = sizeOf(outer);
  const out = c / (r * r);
  return pass(() =>
    x.reshape([n, out, r, r, h, w]).permute(0, 1, 4, 2, 5, 3).reshape([...outer, out, h * r, w * r])
  );
}

/**
 * Pixels become channels: `[…, c, h r, w r] → […, c r², h, w]`, the inverse of `pixelShuffle`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
 *
 * @param x with three axes or more
 * @param downscaleFactor r
 * @throws {ShapeError} if height or width do not divide by r
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[0, 2, 1, 3], [4, 6, 5, 7]]]); // one channel of 2 × 4 pixels
 * const y = functional.pixelUnshuffle(x, 2);
 * assert.deepEqual(y.toArray(), [[[0, 1]], [[2, 3]], [[4, 5]], [[6, 7]]]);
 * ```
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  requireTensors("pixelUnshuffle", x);
  const r = downscaleFactor;
  const [c, h, w] = x.shape.slice(-3);
  if (x.ndim < 3 || !Number.isInteger(r) || r < 1 || h % r !== 0 || w % r !== 0) {
    throw new ShapeError(
      `Cannot pixelUnshuffle shape ${formatShape(x.shape)} by ${r}: it must be [n, c, h, w] or ` +
        `[c, h, w], and h and w divide by a whole number`,
      x.shape,
    );
  }
  const outer = x.shape.slice(0, -3);
  const n = sizeOf(outer);
  const [rows, columns] = [h / r, w / r];
  return pass(() =>
    x.reshape([n, c, rows, r, columns, r]).permute(0, 1, 3, 5, 2, 4)
      .reshape([...outer, c * r * r, rows, columns])
  );
}

/**
 * Channels become pixels; see `functional.pixelShuffle`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PixelShuffle } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2, 3, 4]).reshape(4, 1, 1);
 * assert.deepEqual(new PixelShuffle(2)(x).toArray(), [[[1, 2], [3, 4]]]);
 * ```
 */
export class PixelShuffle extends Module {
  /** How much larger the result is. */
  readonly upscaleFactor: number;

  /**
   * Makes the layer.
   *
   * @param upscaleFactor how much larger the result is
   */
  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.upscaleFactor}`;
  }
}

/**
 * Pixels become channels; see `functional.pixelUnshuffle`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PixelUnshuffle } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = new PixelUnshuffle(2)(tensor([[[1, 2], [3, 4]]]));
 * assert.deepEqual(y.toArray(), [[[1]], [[2]], [[3]], [[4]]]);
 * ```
 */
export class PixelUnshuffle extends Module {
  /** How much smaller the result is. */
  readonly downscaleFactor: number;

  /**
   * Makes the layer.
   *
   * @param downscaleFactor how much smaller the result is
   */
  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.downscaleFactor}`;
  }
}

/**
 * The pixels of a canvas as an image.
 *
 * @module
 */

import { ValueError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** The pixels of a canvas, an `ImageData`: red, green, blue and opacity of each, row by row. */
export interface PixelData {
  /** Four bytes for each pixel. */
  readonly data: Uint8ClampedArray | Uint8Array;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}

/**
 * Returns the pixels of a canvas as a uint8 image `[H, W, 3]`, without their opacity; anything else as
 * it is.
 *
 * @throws {ValueError} if there are not four bytes for each pixel
 */
export function imageOf(sample: Tensor | PixelData): Tensor {
  if (sample instanceof Tensor || !isPixelData(sample)) return sample as Tensor;
  const { data, width, height } = sample;
  const isBytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  if (isBytes && data.length === 4 * width * height) {
    return scope(() => tensor(data).reshape(height, width, 4).at("...", [0, 3]));
  }
  throw new ValueError(
    `Cannot make an image of ${data.length} values for ${width} by ${height} pixels: there must be ` +
      `four bytes for each, red, green, blue and opacity`,
  );
}

function isPixelData(sample: PixelData): boolean {
  return typeof sample === "object" && sample !== null && ArrayBuffer.isView(sample.data) &&
    typeof sample.width === "number" && typeof sample.height === "number";
}

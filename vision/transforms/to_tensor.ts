/**
 * Makes images tensors for networks.
 *
 * @module
 */

import { guardMembers } from "../../src/checks.ts";
import { getDefaultDtype, isFloat } from "../../src/dtype.ts";
import { DTypeError, ShapeError } from "../../src/errors.ts";
import { formatShape } from "../../src/shape.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { type Affine, applyAffine, kindOf, type SampleKind } from "./affine.ts";
import { imageOf, type PixelData } from "./pixel_data.ts";
import { BatchTransform } from "./transform.ts";

/**
 * Makes an image a tensor for networks: the channels come first, and bytes become numbers from 0
 * to 1.
 *
 * `[H, W]` (gray) becomes `[1, H, W]`, and `[H, W, C]` becomes `[C, H, W]`. uint8 is divided by 255
 * and becomes the default floating-point type; floating-point images keep their values. As in
 * torchvision (`transforms.ToTensor`). The pixels of a canvas (`ImageData`) become `[3, H, W]`, without
 * their opacity.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.ToTensor.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const image = tensor([[0, 255], [51, 255]], { dtype: "uint8" });
 * assertEquals(new transforms.ToTensor()(image).toArray(), [[[0, 1], [Math.fround(0.2), 1]]]);
 * ```
 */
export class ToTensor extends BatchTransform {
  /** Transforms an image `[H, W]` or `[H, W, C]`, or the pixels of a canvas. */
  override forward(sample: Tensor | PixelData): Tensor {
    return super.forward(imageOf(sample));
  }

  /**
   * Transforms a batch `[N, H, W]` or `[N, H, W, C]`.
   *
   * @throws {ShapeError} if images are neither `[H, W]` nor `[H, W, C]`
   * @throws {DTypeError} if they are int32 or bool
   */
  override forwardBatch(batch: Tensor): Tensor {
    const kind = kindOf(batch);
    const form = this.affine(kind);
    if (form !== null) return applyAffine(form, batch);
    return scope(() => applyAffine(formOf(kind), batch).permute(0, 3, 1, 2).contiguous());
  }

  /** Returns one form if there is one channel: only then channels first and last have the same layout. */
  override affine(kind: SampleKind): Affine | null {
    const form = formOf(kind);
    const [height, width, channels = 1] = kind.shape;
    return channels === 1 ? { ...form, shape: [1, height, width] } : null;
  }
}

guardMembers(ToTensor);

/** Returns the form of the elements; their places stay as they are. */
function formOf({ shape, dtype }: SampleKind): Affine {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new ShapeError(
      `Cannot make a tensor of an image of shape ${formatShape(shape)}: it must be ` +
        `[height, width] or [height, width, channels]`,
      shape,
    );
  }
  if (isFloat(dtype)) return { offset: [0], divisor: [1], shape, dtype };
  if (dtype === "uint8") return { offset: [0], divisor: [255], shape, dtype: getDefaultDtype() };
  throw new DTypeError(
    `Cannot make a tensor of an image of ${dtype}: it must be uint8, with values from 0 to 255, or ` +
      `floating-point; convert it with .to("uint8")`,
  );
}

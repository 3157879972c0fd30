/**
 * Flattens samples to vectors.
 *
 * @module
 */

import { guardMembers } from "../../src/checks.ts";
import { isFloat } from "../../src/dtype.ts";
import { sizeOf } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Affine, SampleKind } from "./affine.ts";
import { BatchTransform } from "./transform.ts";

/**
 * Makes every sample a vector: `[C, H, W]` becomes `[C · H · W]`.
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new transforms.Flatten()(zeros([3, 4, 4])).shape, [48]);
 * ```
 */
export class Flatten extends BatchTransform {
  /** Transforms a batch `[N, …]` to `[N, size]`. */
  override forwardBatch(batch: Tensor): Tensor {
    return batch.reshape(batch.shape[0], sizeOf(batch.shape.slice(1)));
  }

  /** Changes the shape alone. */
  override affine({ shape, dtype }: SampleKind): Affine | null {
    return isFloat(dtype) ? { offset: [0], divisor: [1], shape: [sizeOf(shape)], dtype } : null;
  }
}

guardMembers(Flatten);

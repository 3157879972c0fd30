/**
 * A function as a transform.
 *
 * @module
 */

import type { Tensor } from "../../src/tensor/tensor.ts";
import { Transform, type TransformLike } from "./transform.ts";

/** Options of {@link Lambda}. */
export interface LambdaOptions {
  /** Does to a whole batch what the function does to each sample; faster, if there are many. */
  readonly batch?: (batch: Tensor) => Tensor;
}

/**
 * A function as a transform.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Lambda.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import assert from "node:assert/strict";
 *
 * const invert = new transforms.Lambda((image) => image.neg().add(1));
 * assert.deepEqual(invert(tensor([0, 0.25])).toArray(), [1, 0.75]);
 * ```
 */
export class Lambda extends Transform {
  readonly #sample: (sample: Tensor) => Tensor;
  readonly #batch: ((batch: Tensor) => Tensor) | undefined;

  /**
   * Makes a transform.
   *
   * @param sample transforms one sample
   * @param options `batch` transforms many at once
   */
  constructor(sample: (sample: Tensor) => Tensor, options: LambdaOptions = {}) {
    super();
    this.#sample = sample;
    this.#batch = options.batch;
  }

  /** Transforms one sample. */
  override forward(sample: Tensor): Tensor {
    return this.#sample(sample);
  }

  /** Transforms a batch at once, if it was told how to. */
  override forwardBatch(batch: Tensor): Tensor {
    return this.#batch === undefined ? super.forwardBatch(batch) : this.#batch(batch);
  }
}

/** `transform` as a {@link Transform}, whatever it is. */
export function toTransform(transform: TransformLike): Transform {
  return transform instanceof Transform ? transform : new Lambda(transform);
}

/**
 * What a transform is: something done to a sample, or to a whole batch at once.
 *
 * @module
 */

import { stack } from "../../src/tensor/functions.ts";
import { pass } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { takeRows } from "../../src/utils/data/rows.ts";
import { type Affine, applyAffineToRows, kindOf, type SampleKind } from "./affine.ts";

/** A transform, or a plain function of one sample. */
export type TransformLike = Transform | ((sample: Tensor) => Tensor);

/** A transform is called like a function, with one sample. */
export interface Transform {
  /** Transforms one sample. */
  (sample: Tensor): Tensor;
}

/**
 * The base of all transforms: define `forward`, which takes one sample.
 *
 * A data set makes batches at once, so a transform also has `forwardBatch`, which takes samples
 * stacked along a new first axis and does to each what `forward` does. Which of the two is called
 * says what a tensor is; it is never guessed from its shape. By default `forwardBatch` calls
 * `forward` for each sample; a faster way goes into a class of its own, see
 * {@link BatchTransform}.
 *
 * @example
 * ```ts
 * import { tensor, type Tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import assert from "node:assert/strict";
 *
 * class Invert extends transforms.Transform {
 *   override forward(sample: Tensor): Tensor {
 *     return sample.neg().add(1);
 *   }
 * }
 *
 * const invert = new Invert();
 * assert.deepEqual(invert(tensor([0, 0.25])).toArray(), [1, 0.75]);
 * assert.deepEqual(invert.forwardBatch(tensor([[0], [1]])).toArray(), [[1], [0]]);
 * ```
 */
export abstract class Transform {
  /** Makes a transform that can be called. */
  constructor() {
    const self = ((sample: Tensor): Tensor => self.forward(sample)) as Transform;
    // A function with this prototype is an instance of the class that can be called. Its own
    // `name` and `length` would hide fields of these names.
    Object.setPrototypeOf(self, new.target.prototype);
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    return self;
  }

  /** Transforms one sample. */
  abstract forward(sample: Tensor): Tensor;

  /** Transforms each of the samples along the first axis of `batch`, and stacks the results. */
  forwardBatch(batch: Tensor): Tensor {
    return pass(() => stack(Array.from(batch, (sample) => this.forward(sample))));
  }

  /** Transforms the samples at `rows` of the first axis of `data`, which makes a batch of a set. */
  forwardRows(data: Tensor, rows: Int32Array): Tensor {
    const form = this.affine(kindOf(data));
    if (form !== null) return applyAffineToRows(form, data, rows);
    return pass(() => this.forwardBatch(takeRows(data, rows)));
  }

  /**
   * What this transform does to samples of a kind, if it only shifts, scales and reshapes them;
   * otherwise `null`. Neighbours that know this of themselves become one pass over the memory.
   */
  affine(_kind: SampleKind): Affine | null {
    return null;
  }
}

/** The base of transforms that take a batch at once: define `forwardBatch`. */
export abstract class BatchTransform extends Transform {
  /** Transforms one sample, as a batch of one. */
  override forward(sample: Tensor): Tensor {
    return this.forwardBatch(sample.unsqueeze(0)).at(0);
  }

  /** Transforms each of the samples along the first axis of `batch`. */
  abstract override forwardBatch(batch: Tensor): Tensor;
}

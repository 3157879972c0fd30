/**
 * The bases of transforms, which change a sample, or a whole batch at once.
 *
 * @module
 */

import {
  checkArguments,
  checkFunction,
  checkTensors,
  guardMembers,
  readOptions,
} from "../../src/checks.ts";
import { stack } from "../../src/tensor/shape.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { takeSamples } from "../../src/utils/data/dataset.ts";
import { type Affine, applyAffineToSamples, kindOf, type SampleKind } from "./affine.ts";

/** A transform, or a plain function of one sample. */
export type TransformLike = Transform | ((sample: Tensor) => Tensor);

/** A transform is called like a function, with one sample. */
export interface Transform {
  /** Transforms one sample. */
  (sample: Parameters<this["forward"]>[0]): Tensor;
}

/** Makes an instance of the class that has `prototype` which can be called: a call runs `forward`. */
export function callable<T extends { forward(...inputs: never[]): unknown }>(prototype: T): T {
  const self = ((...inputs: never[]): unknown => self.forward(...inputs)) as unknown as T;
  // A function with this prototype is an instance of the class that can be called. Its own `name`
  // and `length` would hide fields of these names.
  Object.setPrototypeOf(self, prototype);
  delete (self as { name?: unknown }).name;
  delete (self as { length?: unknown }).length;
  return self;
}

/**
 * The base of all transforms: define `forward`, which takes one sample.
 *
 * A data set makes batches at once, so a transform also has `forwardBatch`, which takes samples
 * stacked along a new first axis and does to each what `forward` does. The method tells
 * a sample from a batch; the shape is never used to guess. By default `forwardBatch` calls
 * `forward` for each sample; a faster way goes into a class of its own, see
 * {@link BatchTransform}.
 *
 * @example
 * ```ts
 * import { tensor, type Tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * class Invert extends transforms.Transform {
 *   override forward(sample: Tensor): Tensor {
 *     return sample.neg().add(1);
 *   }
 * }
 *
 * const invert = new Invert();
 * assertEquals(invert(tensor([0, 0.25])).toArray(), [1, 0.75]);
 * assertEquals(invert.forwardBatch(tensor([[0], [1]])).toArray(), [[1], [0]]);
 * ```
 */
export abstract class Transform {
  /** Makes a transform that can be called. */
  constructor() {
    checkArguments(`make ${new.target.name}`, arguments, 0);
    return callable(new.target.prototype as Transform);
  }

  /**
   * Transforms one sample. Data sets call this; call the transform itself.
   *
   * @param sample one sample, without a batch axis
   * @returns the transformed sample
   * @example
   * ```ts
   * import { type Tensor, tensor } from "@gradus/gradus";
   * import { transforms } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * class Halve extends transforms.Transform {
   *   override forward(sample: Tensor): Tensor {
   *     return sample.div(2);
   *   }
   * }
   * assertEquals(new Halve()(tensor(3)).item(), 1.5);
   * ```
   */
  abstract forward(sample: Tensor): Tensor;

  /**
   * Transforms each of the samples along the first axis of `batch`, and stacks the results.
   *
   * @param batch samples along the first axis
   * @returns the transformed samples along the first axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { transforms } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const largest = new transforms.Lambda((sample) => sample.amax());
   * assertEquals(largest.forwardBatch(tensor([[1, 7], [5, 2]])).toArray(), [7, 5]);
   * ```
   */
  forwardBatch(batch: Tensor): Tensor {
    return scope(() => stack(Array.from(batch, (sample) => this.forward(sample))));
  }

  /**
   * Transforms the samples of `data` at `indices` of its first axis.
   *
   * @param data samples along the first axis
   * @param indices the samples, in order
   * @returns the transformed samples along the first axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { transforms } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const double = new transforms.Lambda((sample) => sample.mul(2));
   * const data = tensor([[1, 2], [3, 4], [5, 6]]);
   * const batch = double.forwardSamples(data, new Int32Array([2, 0]));
   * assertEquals(batch.toArray(), [[10, 12], [2, 4]]);
   * ```
   */
  forwardSamples(data: Tensor, indices: Int32Array): Tensor {
    const form = this.affine(kindOf(data));
    if (form !== null) return applyAffineToSamples(form, data, indices);
    return scope(() => this.forwardBatch(takeSamples(data, indices)));
  }

  /**
   * Returns the form of this transform if it only shifts, scales and reshapes samples of a kind;
   * otherwise `null`. Neighbours that know this of themselves become one pass over the memory.
   *
   * @param _kind shape and dtype of the samples
   * @returns `null`, unless a transform overrides it
   * @example
   * ```ts
   * import { transforms } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const form = new transforms.ToTensor().affine({ shape: [28, 28], dtype: "uint8" });
   * assertEquals([form!.divisor, form!.shape], [[255], [1, 28, 28]]);
   * ```
   */
  affine(_kind: SampleKind): Affine | null {
    return null;
  }
}

guardMembers(Transform, {}, ["forward"]);

/**
 * The base of transforms that take a batch at once: define `forwardBatch`.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * class Invert extends transforms.BatchTransform {
 *   override forwardBatch(batch: Tensor): Tensor {
 *     return batch.neg().add(1);
 *   }
 * }
 * assertEquals(new Invert()(tensor([0, 0.25])).toArray(), [1, 0.75]);
 * ```
 */
export abstract class BatchTransform extends Transform {
  /** Transforms one sample, as a batch of one. */
  override forward(sample: Tensor): Tensor {
    checkTensors("transform", sample);
    return this.forwardBatch(sample.unsqueeze(0)).at(0);
  }

  /** Transforms each of the samples along the first axis of `batch`. */
  abstract override forwardBatch(batch: Tensor): Tensor;
}

guardMembers(BatchTransform, {}, ["forwardBatch"]);

/** Options of {@link Lambda}. */
export interface LambdaOptions {
  /** Transforms a whole batch, as the function transforms each sample; faster, if there are many. */
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
 * import { assertEquals } from "@std/assert";
 *
 * const invert = new transforms.Lambda((image) => image.neg().add(1));
 * assertEquals(invert(tensor([0, 0.25])).toArray(), [1, 0.75]);
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
    checkArguments("make Lambda", arguments, 2);
    super();
    const { batch } = readOptions("make Lambda", options, { batch: undefined });
    checkFunction("make Lambda", "the transform of a sample", sample);
    if (batch !== undefined) checkFunction("make Lambda", "the option batch", batch);
    this.#sample = sample;
    this.#batch = batch;
  }

  /** Transforms one sample. */
  override forward(sample: Tensor): Tensor {
    return this.#sample(sample);
  }

  /** Transforms a batch at once, if `batch` was given. */
  override forwardBatch(batch: Tensor): Tensor {
    return this.#batch === undefined ? super.forwardBatch(batch) : this.#batch(batch);
  }
}

guardMembers(Lambda);

/** Returns `transform` as a {@link Transform}; a function becomes a {@link Lambda}. */
export function toTransform(transform: TransformLike): Transform {
  if (transform instanceof Transform) return transform;
  checkFunction("use a transform", "a transform, or an instance of Transform", transform);
  return new Lambda(transform);
}

/**
 * Applies transforms one after the other.
 *
 * @module
 */

import { checkArguments, checkList, guardMembers } from "../../src/checks.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  type Affine,
  applyAffine,
  applyAffineToSamples,
  compose,
  kindOf,
  type SampleKind,
} from "./affine.ts";
import { imageOf, type PixelData } from "./pixel_data.ts";
import { BatchTransform, toTransform, type Transform, type TransformLike } from "./transform.ts";

/** The affine form of `count` neighbours together. */
interface Run {
  readonly form: Affine;
  readonly count: number;
}

/**
 * Applies transforms one after the other.
 *
 * Neighbours that only shift, scale and reshape (`ToTensor`, `Normalize` and `Flatten` do) are done
 * in one pass; where they come first, that pass also gathers the batch from the data set.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Compose.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const transform = new transforms.Compose([
 *   new transforms.ToTensor(),
 *   new transforms.Normalize([0.5], [0.5]),
 *   new transforms.Flatten(),
 * ]);
 * const image = tensor([[0, 255]], { dtype: "uint8" });
 * assertEquals(transform(image).toArray(), [-1, 1]);
 * ```
 */
export class Compose extends BatchTransform {
  /** The transforms, first to last. */
  readonly transforms: readonly Transform[];

  /**
   * Makes a transform.
   *
   * @param transforms first to last; plain functions take one sample
   */
  constructor(transforms: readonly TransformLike[]) {
    checkArguments("make Compose", arguments, 1);
    super();
    checkList("make Compose", transforms);
    this.transforms = transforms.map(toTransform);
  }

  /** Transforms one sample, or the pixels of a canvas: a uint8 image `[H, W, 3]`, as ToTensor takes it. */
  override forward(sample: Tensor | PixelData): Tensor {
    return super.forward(imageOf(sample));
  }

  /** Transforms each of the samples along the first axis of `batch`. */
  override forwardBatch(batch: Tensor): Tensor {
    return scope(() => this.#from(0, batch));
  }

  /** Transforms the samples of `data` at `indices` of its first axis. */
  override forwardSamples(data: Tensor, indices: Int32Array): Tensor {
    const run = this.#run(0, kindOf(data));
    if (run === null) return super.forwardSamples(data, indices);
    return scope(() => this.#from(run.count, applyAffineToSamples(run.form, data, indices)));
  }

  /** Returns all transforms as one affine form, if they are that. */
  override affine(kind: SampleKind): Affine | null {
    const run = this.#run(0, kind);
    return run?.count === this.transforms.length ? run.form : null;
  }

  /** Applies the transforms from number `start` on to `batch`. */
  #from(start: number, batch: Tensor): Tensor {
    let result = batch;
    for (let i = start; i < this.transforms.length;) {
      const run = this.#run(i, kindOf(result));
      result = run === null
        ? this.transforms[i].forwardBatch(result)
        : applyAffine(run.form, result);
      i += run?.count ?? 1;
    }
    return result;
  }

  /** Returns the longest run of affine transforms from number `start` on. */
  #run(start: number, kind: SampleKind): Run | null {
    let run: Run | null = null;
    for (let i = start; i < this.transforms.length; i++) {
      const next = this.transforms[i].affine(run?.form ?? kind);
      const form: Affine | null = run === null || next === null ? next : compose(run.form, next);
      if (form === null) break;
      run = { form, count: i + 1 - start };
    }
    return run;
  }
}

guardMembers(Compose);

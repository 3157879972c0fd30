/**
 * Tensors in which NaN stands for what is missing.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import type { Axes } from "../shape.ts";
import { MeasuredTensor } from "./measuring.ts";
import type { ReduceOptions } from "./reducing.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `nanToNum`. */
export interface NanToNumOptions {
  /** What stands for NaN; default 0. */
  readonly nan?: number;
  /** What stands for ∞; the largest number of the dtype if left out. */
  readonly posinf?: number;
  /** What stands for −∞; the least number of the dtype if left out. */
  readonly neginf?: number;
}

/** The largest finite numbers. */
const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE };

/**
 * The part of {@link Tensor} that replaces NaN, or leaves it out.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, NaN, 5]);
 * assert.equal(x.nansum().item(), 6);
 * assert.equal(x.nanmean().item(), 3);
 * ```
 */
export abstract class NanAwareTensor extends MeasuredTensor {
  /**
   * Numbers in the place of NaN, ∞ and −∞, where the gradient is 0.
   *
   * See https://pytorch.org/docs/stable/generated/torch.nan_to_num.html
   *
   * @param options see {@link NanToNumOptions}
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([NaN, Infinity, 2]);
   * assert.deepEqual(x.nanToNum({ nan: -1, posinf: 100 }).toArray(), [-1, 100, 2]);
   * ```
   */
  nanToNum(options: NanToNumOptions = {}): Tensor {
    const { dtype } = this;
    if (!isFloat(dtype)) return this.clone();
    const { nan = 0, posinf = LARGEST[dtype], neginf = -LARGEST[dtype] } = options;
    return pass(() =>
      this.maskedFill(this.isnan(), nan)
        .maskedFill(this.eq(Infinity), posinf)
        .maskedFill(this.eq(-Infinity), neginf)
    );
  }

  /**
   * `Σ x`, over all axes or some, in which NaN counts as 0
   *
   * See https://pytorch.org/docs/stable/generated/torch.nansum.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, NaN], [NaN, NaN]]).nansum(1).toArray(), [1, 0]);
   * ```
   */
  nansum(options?: ReduceOptions | Axes): Tensor {
    if (!isFloat(this.dtype)) return this.sum(options);
    return pass(() => this.maskedFill(this.isnan(), 0).sum(options));
  }

  /**
   * The mean of what is not NaN, over all axes or some; NaN where there is nothing else
   *
   * See https://pytorch.org/docs/stable/generated/torch.nanmean.html
   *
   * @param options `axis`, `keepDims`; or the axis or axes alone
   * @throws {ShapeError} if there is no such axis
   * @throws {DTypeError} if the tensor holds integers or booleans
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, NaN, 2], [NaN, NaN, NaN]]).nanmean(1).toArray(), [1.5, NaN]);
   * ```
   */
  nanmean(options?: ReduceOptions | Axes): Tensor {
    if (!isFloat(this.dtype)) return this.mean(options);
    return pass(() => this.nansum(options).div(this.isnan().logicalNot().sum(options)));
  }
}

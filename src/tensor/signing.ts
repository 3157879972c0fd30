/**
 * Signs and steps.
 *
 * @module
 */

import { ops } from "../ops/table.ts";
import { ComparedTensor } from "./comparing.ts";
import { run } from "./run.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/**
 * The part of {@link Tensor} that looks at signs only; operands broadcast.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-2, 0, 3]);
 * assert.deepEqual(x.heaviside(0.5).toArray(), [0, 0.5, 1]);
 * assert.deepEqual(x.copysign(-1).toArray(), [-2, -0, -3]);
 * ```
 */
export abstract class SignedTensor extends ComparedTensor {
  /**
   * The size of each element with the sign of `sign`, whose gradient is 0
   *
   * See https://pytorch.org/docs/stable/generated/torch.copysign.html
   *
   * @param sign a tensor whose shape broadcasts with this one, or a number; −0 is negative
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, -2, 3]).copysign(tensor([-0, 5, -5])).toArray(), [-1, 2, -3]);
   * ```
   */
  copysign(sign: TensorLike): Tensor {
    return run(ops.copysign, [this, sign]);
  }

  /**
   * 0 below 0, 1 above it, `values` at it; 0 for NaN. Only `values` get a gradient.
   *
   * See https://pytorch.org/docs/stable/generated/torch.heaviside.html
   *
   * @param values a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1.5, 0, 2]).heaviside(tensor(0.5)).toArray(), [0, 0.5, 1]);
   * ```
   */
  heaviside(values: TensorLike): Tensor {
    return run(ops.heaviside, [this, values]);
  }
}

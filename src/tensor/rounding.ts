/**
 * Rounding, and division with a remainder.
 *
 * @module
 */

import { requireOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { ElementwiseTensor } from "./elementwise.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `round`. */
export interface RoundOptions {
  /** Digits behind the point to keep; −2 rounds to hundreds; default 0. */
  readonly decimals?: number;
}

/**
 * The part of {@link Tensor} that makes whole numbers, and says what is left; operands broadcast.
 *
 * See https://pytorch.org/docs/stable/torch.html#pointwise-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-7, 7], { dtype: "int32" });
 * assert.deepEqual(x.remainder(3).toArray(), [2, 1]);
 * assert.deepEqual(x.fmod(3).toArray(), [-1, 1]);
 * assert.deepEqual(x.floorDivide(3).toArray(), [-3, 2]);
 * ```
 */
export abstract class RoundedTensor extends ElementwiseTensor {
  /**
   * The largest integer not above each element; the gradient is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1.5, 1.5]).floor().toArray(), [-2, 1]);
   * ```
   */
  floor(): Tensor {
    return run(ops.floor, [this]);
  }

  /**
   * The smallest integer not below each element; the gradient is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1.5, 1.5]).ceil().toArray(), [-1, 2]);
   * ```
   */
  ceil(): Tensor {
    return run(ops.ceil, [this]);
  }

  /**
   * Each element without its fraction; the gradient is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1.5, 1.5]).trunc().toArray(), [-1, 1]);
   * ```
   */
  trunc(): Tensor {
    return run(ops.trunc, [this]);
  }

  /**
   * The nearest whole number, or the nearest with some decimals; halves to even. The gradient is 0.
   *
   * With `decimals: d` it is `round(x · 10ᵈ) / 10ᵈ`: the element nearest to a decimal fraction that
   * the dtype may not hold itself.
   *
   * @param options `decimals`
   * @throws {ValueError} if `decimals` is not a whole number
   * @throws {DTypeError} if there are decimals, and the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0.5, 1.5, 2.4]).round().toArray(), [0, 2, 2]);
   * assert.deepEqual(tensor([1.37, -2.625]).round({ decimals: 2 }).mul(100).toArray(), [137, -262]);
   * assert.deepEqual(tensor([1234]).round({ decimals: -2 }).toArray(), [1200]);
   * ```
   */
  round(options: RoundOptions = {}): Tensor {
    requireOptions("round", options);
    const { decimals = 0 } = options;
    if (!Number.isInteger(decimals)) {
      throw new ValueError(`Cannot round to ${decimals} decimals: use a whole number`);
    }
    if (decimals === 0) return run(ops.round, [this]);
    if (!isFloat(this.dtype)) {
      throw new DTypeError(
        `Cannot round ${this.dtype} to ${decimals} decimals: convert it with .to("float32")`,
      );
    }
    // Read rather than raised, because engines differ in the last digit of powers.
    const unit = Number(`1e${Math.abs(decimals)}`);
    return pass(() =>
      decimals > 0 ? this.mul(unit).round().div(unit) : this.div(unit).round().mul(unit)
    );
  }

  /**
   * Each element without its integer part, with its sign
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([2.5, -2.5]).frac().toArray(), [0.5, -0.5]);
   * ```
   */
  frac(): Tensor {
    return run(ops.frac, [this]);
  }

  /**
   * The remainder with the sign of this, as `%` in JavaScript.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-7, 7, 5.5]).fmod(3).toArray(), [-1, 1, 2.5]);
   * ```
   */
  fmod(divisor: TensorLike): Tensor {
    return run(ops.fmod, [this, divisor]);
  }

  /**
   * The remainder with the sign of the divisor, as `%` in Python.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give NaN
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-7, 7, 5.5]).remainder(3).toArray(), [2, 1, 2.5]);
   * ```
   */
  remainder(divisor: TensorLike): Tensor {
    return run(ops.remainder, [this, divisor]);
  }

  /**
   * `⌊this / divisor⌋`, in the dtype of the operands: integers stay integers.
   *
   * @param divisor a tensor whose shape broadcasts with this one, or a number
   * @throws {ValueError} if integers are divided by 0; floats give ±∞ or NaN
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const pixels = tensor([0, 27, 28, 783], { dtype: "int32" });
   * assert.deepEqual(pixels.floorDivide(28).toArray(), [0, 0, 1, 27]); // their rows
   * ```
   */
  floorDivide(divisor: TensorLike): Tensor {
    return run(ops.floorDivide, [this, divisor]);
  }
}

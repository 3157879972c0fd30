/**
 * Functions of one or two numbers beyond arithmetic: logarithms, angles, blends.
 *
 * @module
 */

import { getDefaultDtype, isFloat } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import { SignedTensor } from "./signing.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `addcmul` and `addcdiv`. */
export interface ScaledOptions {
  /** The factor of the product or quotient; default 1. */
  readonly value?: TensorLike;
}

/**
 * The part of {@link Tensor} with the functions of analysis; operands broadcast.
 *
 * See https://pytorch.org/docs/stable/special.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const [x, y] = [tensor([0, 3]), tensor([2, 4])];
 * assert.deepEqual(x.hypot(y).toArray(), [2, 5]);
 * assert.deepEqual(x.lerp(y, 0.5).toArray(), [1, 3.5]);
 * assert.deepEqual(x.xlogy(y.sub(3)).toArray(), [0, 0]);
 * ```
 */
export abstract class SpecialTensor extends SignedTensor {
  /**
   * `ln(1 + x)`, precise also near 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor(1e-10).log1p().item(), Math.fround(1e-10));
   * ```
   */
  log1p(): Tensor {
    return run(ops.log1p, [this]);
  }

  /**
   * `eˣ − 1`, precise also near 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor(1e-10).expm1().item(), Math.fround(1e-10)); // exp().sub(1) would give 0
   * ```
   */
  expm1(): Tensor {
    return run(ops.expm1, [this]);
  }

  /**
   * `2ˣ`; exact for whole numbers
   *
   * See https://pytorch.org/docs/stable/generated/torch.exp2.html
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1, 0, 3]).exp2().toArray(), [0.5, 1, 8]);
   * ```
   */
  exp2(): Tensor {
    const x = isFloat(this.dtype) ? this : run(ops.cast, [this], getDefaultDtype());
    return pass(() => run(ops.pow, [2, x]));
  }

  /**
   * The logarithm to base 2; −∞ at 0, NaN below
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 1, 8]).log2().toArray(), [-Infinity, 0, 3]);
   * ```
   */
  log2(): Tensor {
    return run(ops.log2, [this]);
  }

  /**
   * The logarithm to base 10; −∞ at 0, NaN below
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 1, 1000]).log10().toArray(), [-Infinity, 0, 3]);
   * ```
   */
  log10(): Tensor {
    return run(ops.log10, [this]);
  }

  /**
   * The sine of an angle in radians
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([0, Math.PI / 2], { requiresGrad: true });
   * const y = x.sin();
   * assert.deepEqual(y.toArray(), [0, 1]);
   * y.sum().backward();
   * assert.equal(x.grad!.at(0).item(), 1); // cos 0
   * ```
   */
  sin(): Tensor {
    return run(ops.sin, [this]);
  }

  /**
   * The cosine of an angle in radians
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, Math.PI]).cos().toArray(), [1, -1]);
   * ```
   */
  cos(): Tensor {
    return run(ops.cos, [this]);
  }

  /**
   * The tangent of an angle in radians
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.ok(Math.abs(tensor(Math.PI / 4).tan().item() - 1) < 1e-6);
   * ```
   */
  tan(): Tensor {
    return run(ops.tan, [this]);
  }

  /**
   * The angle from −π/2 to π/2 with this sine; NaN outside of [−1, 1]
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 1, 2]).asin().toArray(), [0, Math.fround(Math.PI / 2), NaN]);
   * ```
   */
  asin(): Tensor {
    return run(ops.asin, [this]);
  }

  /**
   * The angle from 0 to π with this cosine; NaN outside of [−1, 1]
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, -1, 2]).acos().toArray(), [0, Math.fround(Math.PI), NaN]);
   * ```
   */
  acos(): Tensor {
    return run(ops.acos, [this]);
  }

  /**
   * The angle from −π/2 to π/2 with this tangent
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, Infinity]).atan().toArray(), [0, Math.fround(Math.PI / 2)]);
   * ```
   */
  atan(): Tensor {
    return run(ops.atan, [this]);
  }

  /**
   * The angle of the point `(x, this)`, from −π to π
   *
   * @param x a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.ok(Math.abs(tensor(1).atan2(tensor(-1)).item() - 0.75 * Math.PI) < 1e-6);
   * ```
   */
  atan2(x: TensorLike): Tensor {
    return run(ops.atan2, [this, x]);
  }

  /**
   * The error function, `2/√π · ∫₀ˣ e^(−t²) dt`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const share = tensor(1).div(Math.SQRT2).erf().item();
   * assert.ok(Math.abs(share - 0.6827) < 1e-4); // of a normal distribution, within one deviation
   * ```
   */
  erf(): Tensor {
    return run(ops.erf, [this]);
  }

  /**
   * `1 − erf x`, precise also where `erf x` rounds to 1
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor(5);
   * assert.equal(x.erf().item(), 1);
   * assert.ok(Math.abs(x.erfc().item() / 1.5374598e-12 - 1) < 1e-6);
   * ```
   */
  erfc(): Tensor {
    return run(ops.erfc, [this]);
  }

  /**
   * `1 / √x`; ∞ at 0, NaN below
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 4, -1]).rsqrt().toArray(), [Infinity, 0.5, NaN]);
   * ```
   */
  rsqrt(): Tensor {
    return run(ops.rsqrt, [this]);
  }

  /**
   * `1 / x`; ∞ at 0, −∞ at −0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 4, -0]).reciprocal().toArray(), [Infinity, 0.25, -Infinity]);
   * ```
   */
  reciprocal(): Tensor {
    return run(ops.reciprocal, [this]);
  }

  /**
   * `ln(x / (1 − x))`, the inverse of `sigmoid`; ∓∞ at 0 and 1, NaN outside of them
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 0.5, 1]).logit().toArray(), [-Infinity, 0, Infinity]);
   * ```
   */
  logit(): Tensor {
    return run(ops.logit, [this]);
  }

  /**
   * `√(this² + other²)`, without overflow
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor(3e30).hypot(tensor(0)).item(), tensor(3e30).item());
   * ```
   */
  hypot(other: TensorLike): Tensor {
    return run(ops.hypot, [this, other]);
  }

  /**
   * `ln(eᵃ + eᵇ)`, without overflow
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor(-Infinity).logaddexp(1000).item(), 1000);
   * ```
   */
  logaddexp(other: TensorLike): Tensor {
    return run(ops.logaddexp, [this, other]);
  }

  /**
   * `this · ln y`, and 0 where this is 0 unless `y` is NaN
   *
   * @param y a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 2]).xlogy(tensor([0, 1])).toArray(), [0, 0]);
   * ```
   */
  xlogy(y: TensorLike): Tensor {
    return run(ops.xlogy, [this, y]);
  }

  /**
   * `this + weight · (end − this)`
   *
   * @param end where weight 1 leads
   * @param weight 0 stays here
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 10]).lerp(tensor([4, 20]), 0.5).toArray(), [2, 15]);
   * ```
   */
  lerp(end: TensorLike, weight: TensorLike): Tensor {
    return run(ops.lerp, [this, end, weight]);
  }

  /**
   * `this + value · a · b` in one pass
   *
   * @param a one factor
   * @param b the other
   * @param options `value`, default 1
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([1, 1]).addcmul(tensor([2, 3]), tensor([4, 5]), { value: 0.5 });
   * assert.deepEqual(y.toArray(), [5, 8.5]);
   * ```
   */
  addcmul(a: TensorLike, b: TensorLike, options: ScaledOptions = {}): Tensor {
    return run(ops.addcmul, [this, a, b, options.value ?? 1]);
  }

  /**
   * `this + value · a / b` in one pass
   *
   * @param a the dividend
   * @param b the divisor
   * @param options `value`, default 1
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([1, 1]).addcdiv(tensor([6, 8]), tensor([3, 4]), { value: 0.5 });
   * assert.deepEqual(y.toArray(), [2, 2]);
   * ```
   */
  addcdiv(a: TensorLike, b: TensorLike, options: ScaledOptions = {}): Tensor {
    return run(ops.addcdiv, [this, a, b, options.value ?? 1]);
  }
}

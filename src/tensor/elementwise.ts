/**
 * Arithmetic, element by element.
 *
 * @module
 */

import { requireOptions } from "../checks.ts";
import type { Variable } from "../autograd/node.ts";
import { isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { ReadableTensor } from "./readable.ts";
import { run } from "./run.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Options of `div`. */
export interface DivOptions {
  /**
   * `"trunc"`: without the fraction, as integers divide in C. `"floor"`: the next whole number below,
   * as `//` in Python. `null`: the quotient itself; default.
   */
  readonly roundingMode?: "trunc" | "floor" | null;
}

/** Division that gives whole numbers, in the dtype of the operands. */
const DIVISIONS = { trunc: ops.truncDivide, floor: ops.floorDivide };

/**
 * The part of {@link Tensor} that computes element by element; operands broadcast.
 *
 * Two operands combine to the wider dtype and to the shape to which theirs broadcast; a plain number
 * does not widen a dtype.
 *
 * See https://pytorch.org/docs/stable/torch.html#pointwise-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assert.deepEqual(x.sub(1).square().toArray(), [[0, 1], [4, 9]]);
 * ```
 */
export abstract class ElementwiseTensor extends ReadableTensor {
  /**
   * `this + other`; a gradient is summed over the axes along which its operand was broadcast
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const column = tensor([[1], [2]], { requiresGrad: true });
   * const y = column.add(tensor([10, 20, 30]));
   * assert.deepEqual(y.toArray(), [[11, 21, 31], [12, 22, 32]]);
   * y.sum().backward();
   * assert.deepEqual(column.grad!.toArray(), [[3], [3]]);
   * ```
   */
  add(other: TensorLike): Tensor {
    return run(ops.add, [this, other]);
  }

  /**
   * `this - other`
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {DTypeError} if both are boolean
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const image = tensor([[1, 2], [3, 6]]);
   * assert.deepEqual(image.sub(image.mean({ axis: 0 })).toArray(), [[-1, -2], [1, 2]]);
   * ```
   */
  sub(other: TensorLike): Tensor {
    return run(ops.sub, [this, other]);
  }

  /**
   * `this · other`, element by element; for the product of matrices, see `matmul`
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @returns the shape to which both broadcast
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const price = tensor([2, 5], { requiresGrad: true });
   * const count = tensor([10, 3]);
   * const sum = price.mul(count).sum();
   * assert.equal(sum.item(), 35);
   * sum.backward();
   * assert.deepEqual(price.grad!.toArray(), [10, 3]);
   * ```
   */
  mul(other: TensorLike): Tensor {
    return run(ops.mul, [this, other]);
  }

  /**
   * `this / other`; integers give floats, `1 / 0 = ∞`, `0 / 0 = NaN`
   *
   * With `roundingMode`, the result is a whole number in the dtype of the operands, and its gradient
   * is 0.
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @param options `roundingMode`
   * @throws {ShapeError} if the shapes do not broadcast
   * @throws {ValueError} if there is no such mode, or one is given and integers are divided by 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 0, -3], { dtype: "int32" });
   * assert.deepEqual(x.div(2).toArray(), [0.5, 0, -1.5]);
   * assert.deepEqual(x.div(0).toArray(), [Infinity, NaN, -Infinity]);
   * assert.deepEqual(x.div(2, { roundingMode: "trunc" }).toArray(), [0, 0, -1]);
   * assert.deepEqual(x.div(2, { roundingMode: "floor" }).toArray(), [0, 0, -2]);
   * ```
   */
  div(other: TensorLike, options?: DivOptions): Tensor {
    if (options !== undefined) requireOptions("div", options);
    const roundingMode = options?.roundingMode ?? null;
    if (roundingMode === null) return run(ops.div, [this, other]);
    if (Object.hasOwn(DIVISIONS, roundingMode)) {
      return run(DIVISIONS[roundingMode], [this, other]);
    }
    throw new ValueError(
      `Cannot div with roundingMode "${roundingMode}": use "trunc" or "floor", or leave it out`,
    );
  }

  /**
   * `this` to the power `exponent`; `0⁰ = 1` with gradient 0
   *
   * @param exponent a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-2, 0, 3], { requiresGrad: true });
   * const y = x.pow(3);
   * assert.deepEqual(y.toArray(), [-8, 0, 27]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [12, 0, 27]);
   * ```
   */
  pow(exponent: TensorLike): Tensor {
    if (exponent === 2) return this.square();
    return run(ops.pow, [this, exponent]);
  }

  /**
   * `this · this`; the gradient is `2 · this`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-3, 2], { requiresGrad: true });
   * x.square().sum().backward();
   * assert.deepEqual(x.square().toArray(), [9, 4]);
   * assert.deepEqual(x.grad!.toArray(), [-6, 4]);
   * ```
   */
  square(): Tensor {
    return run(ops.square, [this]);
  }

  /**
   * `-this`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, -2]).neg().toArray(), [-1, 2]);
   * ```
   */
  neg(): Tensor {
    return run(ops.neg, [this]);
  }

  /**
   * The smaller of each pair; a tie splits the gradient, NaN wins
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 3, NaN]).minimum(2).toArray(), [1, 2, NaN]);
   * ```
   */
  minimum(other: TensorLike): Tensor {
    return run(ops.minimum, [this, other]);
  }

  /**
   * The larger of each pair; a tie splits the gradient, NaN wins
   *
   * @param other a tensor whose shape broadcasts with this one, or a number
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 3, NaN], { requiresGrad: true });
   * const y = x.maximum(tensor([2, 3, 0]));
   * assert.deepEqual(y.toArray(), [2, 3, NaN]);
   * y.sum().backward();
   * assert.equal(x.grad!.at(1).item(), 0.5); // a tie
   * ```
   */
  maximum(other: TensorLike): Tensor {
    return run(ops.maximum, [this, other]);
  }

  /**
   * Limited to `[min, max]`; `null` leaves a side open. The gradient at a bound is 1.
   *
   * @param min the lower bound
   * @param max the upper bound, which wins where it is below the lower
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-2, 0.5, 3]);
   * assert.deepEqual(x.clamp(-1, 1).toArray(), [-1, 0.5, 1]);
   * assert.deepEqual(x.clamp(0).toArray(), [0, 0.5, 3]);
   * ```
   */
  clamp(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return run(ops.clamp, [this, ...clampBounds(this, min, max)]);
  }

  /**
   * As `clamp`, by NumPy's name.
   *
   * See https://pytorch.org/docs/stable/generated/torch.clip.html
   *
   * @param min the lower bound
   * @param max the upper bound
   * @throws {ShapeError} if the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-2, 0.5, 3]).clip(-1, 1).toArray(), [-1, 0.5, 1]);
   * ```
   */
  clip(min: TensorLike | null, max: TensorLike | null = null): Tensor {
    return this.clamp(min, max);
  }

  /**
   * `|this|`; the gradient at 0 is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-2, 0, 3], { requiresGrad: true });
   * x.abs().sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [-1, 0, 1]);
   * ```
   */
  abs(): Tensor {
    return run(ops.abs, [this]);
  }

  /**
   * −1, 0 or 1; the gradient is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-2.5, 0, 7]).sign().toArray(), [-1, 0, 1]);
   * ```
   */
  sign(): Tensor {
    return run(ops.sign, [this]);
  }

  /**
   * `eˣ`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-Infinity, 0, 100]).exp().toArray(), [0, 1, Infinity]); // above 3.4e38
   * ```
   */
  exp(): Tensor {
    return run(ops.exp, [this]);
  }

  /**
   * `ln x`; −∞ at 0, NaN below
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 0, -1]).log().toArray(), [0, -Infinity, NaN]);
   * ```
   */
  log(): Tensor {
    return run(ops.log, [this]);
  }

  /**
   * `√x`; the gradient at 0 is ∞, and NaN stands for the root of a negative number
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0, 9, -1]).sqrt().toArray(), [0, 3, NaN]);
   * ```
   */
  sqrt(): Tensor {
    return run(ops.sqrt, [this]);
  }

  /**
   * `tanh x`, from −1 to 1; the gradient is `1 − tanh² x`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-Infinity, 0, 100], { requiresGrad: true });
   * const y = x.tanh();
   * assert.deepEqual(y.toArray(), [-1, 0, 1]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 1, 0]);
   * ```
   */
  tanh(): Tensor {
    return run(ops.tanh, [this]);
  }

  /**
   * `σ(x) = 1 / (1 + e⁻ˣ)`, from 0 to 1; the gradient is `σ(x) (1 − σ(x))`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-1000, 0, 1000], { requiresGrad: true });
   * const y = x.sigmoid();
   * assert.deepEqual(y.toArray(), [0, 0.5, 1]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 0.25, 0]);
   * ```
   */
  sigmoid(): Tensor {
    return run(ops.sigmoid, [this]);
  }

  /**
   * `max(x, 0)`; the gradient at 0 is 0, and NaN stays NaN
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-1, 0, 2], { requiresGrad: true });
   * const y = x.relu();
   * assert.deepEqual(y.toArray(), [0, 0, 2]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 0, 1]);
   * ```
   */
  relu(): Tensor {
    return run(ops.relu, [this]);
  }

  /**
   * `x` above 0, `slope · x` elsewhere, which is also the gradient at 0
   *
   * @param slope default 0.01
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-8, 0, 2]).leakyRelu(0.25).toArray(), [-2, 0, 2]);
   * ```
   */
  leakyRelu(slope = 0.01): Tensor {
    return run(ops.leakyRelu, [this, slope]);
  }

  /**
   * `ln(1 + eˣ)`, without overflow: a smooth `relu`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([-1000, 0, 1000]).softplus();
   * assert.equal(y.at(0).item(), 0);
   * assert.equal(y.at(1).item(), Math.fround(Math.LN2));
   * assert.equal(y.at(2).item(), 1000);
   * ```
   */
  softplus(): Tensor {
    return run(ops.softplus, [this]);
  }
}

/** The bounds of `clamp`, where one may be left open. */
export function clampBounds(
  { dtype }: Variable,
  min: TensorLike | null,
  max: TensorLike | null,
): [TensorLike, TensorLike] {
  // An infinite bound would make floats of integers.
  const [low, high] = isFloat(dtype) ? [-Infinity, Infinity] : [-(2 ** 31), 2 ** 31 - 1];
  return [min ?? low, max ?? high];
}

/**
 * The uniform distribution over an interval.
 *
 * @module
 */

import { checkArguments, checkTensors, guardMembers } from "../checks.ts";
import type { Generator } from "../random.ts";
import type { Shape } from "../shape.ts";
import { where } from "../tensor/comparison.ts";
import { rand } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { checkAll, Distribution, readParameters } from "./distribution.ts";

/**
 * The uniform distribution: density `1 / (high − low)` from `low` up to but not including `high`.
 *
 * Outside, `logProb` is −∞, where PyTorch throws unless its checks are off.
 * See https://pytorch.org/docs/stable/distributions.html#uniform
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Uniform } from "@gradus/gradus/distributions";
 * import { assertEquals } from "@std/assert";
 *
 * const uniform = new Uniform(tensor([0, -1]), 1);
 * assertEquals(uniform.mean.toArray(), [0.5, 0]);
 * assertEquals(uniform.logProb(tensor(-0.5)).exp().toArray(), [0, 0.5]);
 * ```
 */
export class Uniform extends Distribution {
  /** The lower bound. */
  readonly low: Tensor;
  /** The upper bound, exclusive. */
  readonly high: Tensor;

  /**
   * Makes a distribution.
   *
   * @param low the lower bound: a tensor or a number
   * @param high the upper bound, exclusive; both broadcast
   * @throws {ValueError} unless `low < high`, and both are finite
   */
  constructor(low: TensorLike, high: TensorLike) {
    checkArguments("make Uniform", arguments, 2);
    super();
    [this.low, this.high] = readParameters("Uniform", low, high);
    checkAll(
      "Cannot make Uniform: low must be below high, and both finite",
      () => this.low.lt(this.high).logicalAnd(this.high.sub(this.low).isfinite()),
    );
  }

  /** See {@link Distribution}. */
  override get batchShape(): Shape {
    return this.low.shape;
  }

  /** See {@link Distribution}. */
  override get mean(): Tensor {
    return scope(() => this.low.add(this.high).div(2));
  }

  /** See {@link Distribution}. */
  override get variance(): Tensor {
    return scope(() => this.high.sub(this.low).square().div(12));
  }

  /** See {@link Distribution}. */
  protected override draw(shape: Shape, generator: Generator): Tensor {
    const { dtype } = this.low;
    const noise = rand(shape, { dtype: dtype as "float32", generator });
    return noise.mul(this.high.sub(this.low)).add(this.low);
  }

  /** See {@link Distribution}. */
  override logProb(value: Tensor): Tensor {
    checkTensors("compute logProb", value);
    return scope(() => {
      const isInside = value.ge(this.low).logicalAnd(value.lt(this.high));
      return where(isInside, this.entropy().neg(), where(value.isnan(), NaN, -Infinity));
    });
  }

  /** See {@link Distribution}. */
  override entropy(): Tensor {
    return scope(() => this.high.sub(this.low).log());
  }
}

guardMembers(Uniform);

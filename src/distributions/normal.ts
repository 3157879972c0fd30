/**
 * The normal distribution.
 *
 * @module
 */

import { checkArguments, checkTensors, guardMembers } from "../checks.ts";
import type { Generator } from "../random.ts";
import type { Shape } from "../shape.ts";
import { randn } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { checkAll, Distribution, readParameters } from "./distribution.ts";

const HALF_LOG_TAU = 0.9189385332046728;

/**
 * The normal distribution: density `exp(−½ ((x − loc) / scale)²) / (scale √2π)`.
 *
 * See https://pytorch.org/docs/stable/distributions.html#normal
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Normal } from "@gradus/gradus/distributions";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const loc = tensor([0, 10], { requiresGrad: true });
 * const normal = new Normal(loc, 2);
 * normal.rsample().sum().backward();
 * assertEquals(loc.grad!.toArray(), [1, 1]);
 * assert(Math.abs(normal.logProb(tensor(0)).at(0).item() + 1.612085714) < 1e-6);
 * ```
 */
export class Normal extends Distribution {
  /** The mean. */
  readonly loc: Tensor;
  /** The standard deviation. */
  readonly scale: Tensor;

  /**
   * Makes a distribution.
   *
   * @param loc the mean: a tensor or a number
   * @param scale the standard deviation, above 0; both broadcast
   * @throws {ValueError} if a standard deviation is not above 0, or a mean is NaN
   */
  constructor(loc: TensorLike, scale: TensorLike) {
    checkArguments("make Normal", arguments, 2);
    super();
    [this.loc, this.scale] = readParameters("Normal", loc, scale);
    checkAll(
      "Cannot make Normal: scale must be above 0, and loc a number; exp() or softplus() make it so",
      () => this.scale.gt(0).logicalAnd(this.loc.isnan().logicalNot()),
    );
  }

  /** See {@link Distribution}. */
  override get batchShape(): Shape {
    return this.loc.shape;
  }

  /** See {@link Distribution}. */
  override get mean(): Tensor {
    return this.loc;
  }

  /** See {@link Distribution}. */
  override get stddev(): Tensor {
    return this.scale;
  }

  /** See {@link Distribution}. */
  override get variance(): Tensor {
    return this.scale.square();
  }

  /** See {@link Distribution}. */
  protected override draw(shape: Shape, generator: Generator): Tensor {
    const { dtype } = this.loc;
    return randn(shape, { dtype: dtype as "float32", generator }).mul(this.scale).add(this.loc);
  }

  /** See {@link Distribution}. */
  override logProb(value: Tensor): Tensor {
    checkTensors("compute logProb", value);
    return scope(() =>
      value.sub(this.loc).div(this.scale).square().mul(-0.5).sub(this.scale.log()).sub(HALF_LOG_TAU)
    );
  }

  /** See {@link Distribution}. */
  override entropy(): Tensor {
    return scope(() => this.scale.log().add(0.5 + HALF_LOG_TAU));
  }
}

guardMembers(Normal);

/**
 * The fully connected layer.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { checkShape, formatShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { linear as product } from "../../tensor/product.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { kaimingUniform_, uniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

/** Options of the function `linear`. */
export interface LinearFunctionOptions {
  /** `[out]`, added to every row; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * `y = x Wᵀ + b`, over the last axis of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 *
 * @param x `[…, in]`
 * @param weight `W`, `[out, in]`
 * @param options `bias`
 * @returns `[…, out]`
 * @throws {ShapeError} if the last axis of `x` is not that of the weight, or the bias is not `[out]`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const weight = tensor([[1, 2], [0, 1]]);
 * const y = functional.linear(tensor([[10, 1]]), weight, { bias: tensor([0.5, 0]) });
 * assert.deepEqual(y.toArray(), [[12.5, 1]]);
 * ```
 */
export function linear(x: Tensor, weight: Tensor, options: LinearFunctionOptions = {}): Tensor {
  requireOptions("linear", options);
  requireTensors("apply linear", x, weight);
  const { bias = null } = options;
  const [size, expected] = [x.shape.at(-1), weight.shape.at(-1)];
  if (weight.ndim !== 2 || size !== expected) {
    throw new ShapeError(
      `Cannot apply linear with a weight ${formatShape(weight.shape)} to shape ` +
        `${formatShape(x.shape)}: ` + (weight.ndim !== 2
          ? "the weight must be [out, in]"
          : `the last axis must have size ${expected}; flatten or reshape the input first`),
      x.shape,
      weight.shape,
    );
  }
  return product(x, weight, bias) as Tensor;
}

/** Options of the layer `Linear`. */
export interface LinearOptions {
  /** Whether a learnt vector is added; default true. */
  readonly bias?: boolean;
}

/**
 * Applies `y = x Wᵀ + b` to the last axis: `[…, in] → […, out]`.
 *
 * W and b start uniform over `±1/√in`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Linear.html).
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { init, Linear } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Linear(3, 2, { bias: false });
 * init.ones_(layer.weight);
 * assert.deepEqual(layer(ones([1, 3])).toArray(), [[3, 3]]);
 * ```
 */
export class Linear extends Module {
  /** Size of the last axis of the input. */
  readonly inFeatures: number;
  /** Size of the last axis of the output. */
  readonly outFeatures: number;
  /** `W`, `[out, in]`. */
  weight: Parameter;
  /** `b`, `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param inFeatures size of the last axis of the input
   * @param outFeatures size of the last axis of the output
   * @param options `bias`
   */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    const { bias = true } = options;
    checkShape([outFeatures, inFeatures], "make a Linear");
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros([outFeatures, inFeatures]));
    this.bias = bias ? new Parameter(zeros([outFeatures])) : null;
    resetAffine(this.weight, this.bias);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, { bias: this.bias });
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([this.inFeatures, this.outFeatures], [["bias", this.bias !== null, true]]);
  }
}

/** Fills a weight `[out, in, …kernel]` and its bias as PyTorch does: uniform over ±1/√fanIn. */
export function resetAffine(weight: Parameter, bias: Parameter | null): void {
  // With a = √5 the gain is √(1/3), which the √3 of the uniform distribution cancels.
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  if (bias === null) return;
  const fanIn = weight.shape.slice(1).reduce((n, size) => n * size, 1);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(bias, { a: -bound, b: bound });
}

/**
 * The layer that multiplies two inputs.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { checkShape, formatShape, sameShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { uniform_ } from "../init.ts";
import { linear } from "./linear.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { checkVector } from "./rescale.ts";

/** Options of the function `bilinear`. */
export interface BilinearFunctionOptions {
  /** `[out]`; none if left out. */
  readonly bias?: Tensor | null;
}

/**
 * `y[…, o] = Σᵢⱼ x1[…, i] · W[o, i, j] · x2[…, j] + b[o]`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 *
 * @param x1 `[…, in1]`
 * @param x2 `[…, in2]`
 * @param weight `W`, `[out, in1, in2]`
 * @param options `bias`
 * @returns `[…, out]`
 * @throws {ShapeError} if sizes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const weight = tensor([[[1, 2], [3, 4]]]);
 * const y = functional.bilinear(tensor([1, 0]), tensor([0, 1]), weight);
 * assert.deepEqual(y.toArray(), [2]); // the first row, the second column
 * ```
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  options: BilinearFunctionOptions = {},
): Tensor {
  const { bias = null } = options;
  const [out, in1, in2] = weight.shape;
  const outer = x1.shape.slice(0, -1);
  const fits = weight.ndim === 3 && x1.shape.at(-1) === in1 && x2.shape.at(-1) === in2 &&
    sameShape(outer, x2.shape.slice(0, -1));
  if (!fits) {
    throw new ShapeError(
      `Cannot apply bilinear with a weight ${formatShape(weight.shape)} to shapes ` +
        `${formatShape(x1.shape)} and ${formatShape(x2.shape)}: they must be [out, in1, in2], ` +
        `[…, in1] and […, in2]`,
      x1.shape,
      x2.shape,
      weight.shape,
    );
  }
  checkVector("apply bilinear to", x1, bias, [out]);
  return pass(() => {
    const rows = weight.permute(0, 2, 1).reshape(out * in2, in1);
    const products = linear(x1, rows).reshape([...outer, out, in2]);
    const y = products.matmul(x2.unsqueeze(-1)).squeeze(-1);
    return bias === null ? y : y.add(bias);
  });
}

/** Options of the layer `Bilinear`. */
export interface BilinearOptions {
  /** Whether a learnt vector is added; default true. */
  readonly bias?: boolean;
}

/**
 * A learnt product of two inputs: `[…, in1], […, in2] → […, out]`; see `functional.bilinear`.
 *
 * Weight and bias start uniform over `±1/√in1`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html).
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { Bilinear, init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Bilinear(2, 3, 1, { bias: false });
 * init.ones_(layer.weight);
 * assert.deepEqual(layer(ones([4, 2]), ones([4, 3])).toArray(), [[6], [6], [6], [6]]);
 * ```
 */
export class Bilinear extends Module<[x1: Tensor, x2: Tensor]> {
  /** Size of the last axis of the first input. */
  readonly in1Features: number;
  /** Size of the last axis of the second input. */
  readonly in2Features: number;
  /** Size of the last axis of the output. */
  readonly outFeatures: number;
  /** `[out, in1, in2]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param in1Features size of the last axis of the first input
   * @param in2Features size of the last axis of the second input
   * @param outFeatures size of the last axis of the output
   * @param options `bias`
   */
  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: BilinearOptions = {},
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    const shape = [outFeatures, in1Features, in2Features];
    checkShape(shape, "make a Bilinear");
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    const bound = in1Features > 0 ? 1 / Math.sqrt(in1Features) : 0;
    this.weight = new Parameter(zeros(shape));
    uniform_(this.weight, { a: -bound, b: bound });
    this.bias = options.bias ?? true ? new Parameter(zeros([outFeatures])) : null;
    if (this.bias !== null) uniform_(this.bias, { a: -bound, b: bound });
  }

  /** See {@link Module}. */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, { bias: this.bias });
  }

  /** See {@link Module}. */
  override describe(): string {
    const { in1Features, in2Features, outFeatures, bias } = this;
    return describeCall([in1Features, in2Features, outFeatures], [["bias", bias !== null, true]]);
  }
}

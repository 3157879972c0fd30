/**
 * The rectifier whose slope below 0 is learnt.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { full } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

/**
 * `x` above 0, `w · x` elsewhere, with one slope for all elements or one for each channel.
 *
 * Source: He et al., "Delving deep into rectifiers: surpassing human-level performance on ImageNet
 * classification" (2015). At 0, the gradient for `x` is `w`, as in PyTorch.
 *
 * @param x any shape; axis 1 is that of the channels
 * @param weight `w`: a single element, or `[c]`
 * @returns the shape of `x`
 * @throws {ShapeError} if there is neither one slope nor one for each channel
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[-1, -1], [2, -4]]);
 * const y = functional.prelu(x, tensor([0.5, 0.25]));
 * assert.deepEqual(y.toArray(), [[-0.5, -0.25], [2, -1]]);
 * ```
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  requireTensors("prelu", x, weight);
  const channels = x.shape[1] ?? 1;
  if (weight.ndim > 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(
      `Cannot prelu shape ${formatShape(x.shape)} with slopes ${
        formatShape(weight.shape)
      }: there ` +
        `must be one, or one for each of ${channels} channels`,
      x.shape,
      weight.shape,
    );
  }
  return pass(() => {
    const perChannel = x.ndim < 2 ? [] : [weight.size, ...x.shape.slice(2).map(() => 1)];
    return run(ops.leakyRelu, [x, weight.reshape(perChannel)], undefined);
  });
}

/** Options of the layer `PReLU`. */
export interface PReLUOptions {
  /** The slope at the start; default 0.25. */
  readonly init?: number;
}

/**
 * `x` above 0, and `x` by a learnt slope elsewhere; see `functional.prelu`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PReLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new PReLU();
 * assert.deepEqual(layer(tensor([-8, 2])).toArray(), [-2, 2]);
 * assert.deepEqual(layer.weight.shape, [1]);
 * ```
 */
export class PReLU extends Module {
  /** How many slopes are learnt. */
  readonly numParameters: number;
  /** The slopes. */
  weight: Parameter;

  /**
   * Makes the layer.
   *
   * @param numParameters 1, or the number of channels; default 1
   * @param options `init`
   * @throws {ShapeError} if the number is not whole
   */
  constructor(numParameters = 1, options: PReLUOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.numParameters = numParameters;
    this.weight = new Parameter(full([numParameters], options.init ?? 0.25));
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([this.numParameters], []);
  }
}

/**
 * Relatives of the softmax: for small scores, and with random choices.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { requireTensors } from "../../autograd/operands.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import type { Generator } from "../../random.ts";
import { normalizeAxis } from "../../shape.ts";
import { arange } from "../../tensor/create.ts";
import { rand } from "../../tensor/random.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { SoftmaxOptions } from "./activation.ts";
import { Module } from "../module.ts";

/**
 * `e⁻ˣ / Σ e⁻ˣ` along `axis`, without overflow: the softmax of `−x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html
 *
 * @param x with one axis or more
 * @param options `axis`
 * @throws {ShapeError} if there is no such axis
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = functional.softmin(tensor([[1, 1], [1000, 0]]), { axis: 1 });
 * assert.deepEqual(y.toArray(), [[0.5, 0.5], [0, 1]]);
 * ```
 */
export function softmin(x: Tensor, options: SoftmaxOptions): Tensor {
  requireTensors("softmin", x);
  const axis = normalizeAxis(options.axis, x.shape, "softmin");
  return pass(() => x.neg().softmax(axis));
}

/**
 * `e⁻ˣ / Σ e⁻ˣ` along an axis; see `functional.softmin`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softmin } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Softmin({ axis: 0 })(tensor([5, 5, Infinity])).toArray(), [0.5, 0.5, 0]);
 * ```
 */
export class Softmin extends Module {
  /** The axis of the classes. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: SoftmaxOptions) {
    super();
    this.axis = options.axis;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softmin(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `{ axis: ${this.axis} }`;
  }
}

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions {
  /** The temperature `τ`, above 0: the lower, the closer to one class; default 1. */
  readonly tau?: number;
  /** Give 1 to the largest class and 0 to all others, with the gradient of the soft result; default false. */
  readonly hard?: boolean;
  /** The axis of the classes; default −1. */
  readonly axis?: number;
  /** Where random numbers come from; the default generator if left out. */
  readonly generator?: Generator;
}

/**
 * `softmax((x + G) / τ)` with independent `G = −ln(−ln U)`: a draw of a class with probabilities
 * `softmax(x)`, made soft so that it has a gradient.
 *
 * Source: Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax" (2016); Maddison,
 * Mnih and Teh, "The concrete distribution" (2016).
 *
 * @param logits `x`, not necessarily normalized
 * @param options `tau`, `hard`, `axis`, `generator`
 * @returns the shape of `x`; along the axis it adds up to 1
 * @throws {ShapeError} if there is no such axis
 * @throws {ValueError} if `τ` is not above 0
 * @throws {DTypeError} if the logits are not of a floating-point type
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const generator = new Generator(0);
 * const draws = functional.gumbelSoftmax(zeros([1000, 2]), { hard: true, generator });
 * assert.deepEqual(draws.unique().values.toArray(), [0, 1]);
 * assert.ok(Math.abs(draws.mean(0).at(0).item() - 0.5) < 0.05);
 * ```
 */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  const { tau = 1, hard = false, axis = -1, generator } = options;
  requireTensors("gumbelSoftmax", logits);
  const { shape, dtype } = logits;
  const along = normalizeAxis(axis, shape, "gumbelSoftmax");
  if (!isFloat(dtype)) {
    throw new DTypeError(`Cannot gumbelSoftmax ${dtype}: convert it with .to("float32")`);
  }
  if (!(tau > 0)) throw new ValueError(`Cannot gumbelSoftmax with tau ${tau}: it must be above 0`);
  return pass(() => {
    // Half of the least step above 0 stands for 0, whose logarithm is infinite.
    const uniform = rand(shape, { dtype, generator }).clamp(2 ** -25);
    const soft = logits.sub(uniform.log().neg().log()).div(tau).softmax(along);
    if (!hard) return soft;
    const classes = arange(shape[along] ?? 1, { dtype: "int32" })
      .reshape(shape.map((n, i) => (i === along ? n : 1)));
    const oneHot = soft.argmax({ axis: along, keepDims: true }).eq(classes).to(dtype);
    // What is added is 0, and has the gradient of the soft result.
    return oneHot.add(soft.sub(noGrad(() => soft.clone())));
  });
}

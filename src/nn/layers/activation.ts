/**
 * Activations, as functions and as layers.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../autograd/operands.ts";
import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * `max(x, 0)`; the gradient at 0 is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.relu(tensor([-1, 0, 2])).toArray(), [0, 0, 2]);
 * ```
 */
export function relu(x: Tensor): Tensor {
  return run(ops.relu, [x], undefined);
}

/**
 * `x` above 0, `slope · x` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html
 *
 * @param x any shape
 * @param negativeSlope default 0.01
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.leakyRelu(tensor([-8, 2]), 0.25).toArray(), [-2, 2]);
 * ```
 */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  return run(ops.leakyRelu, [x, negativeSlope], undefined);
}

/**
 * `1 / (1 + e⁻ˣ)`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.sigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.sigmoid(tensor([-1000, 0, 1000])).toArray(), [0, 0.5, 1]);
 * ```
 */
export function sigmoid(x: Tensor): Tensor {
  return run(ops.sigmoid, [x], undefined);
}

/**
 * `tanh x`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.tanh.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.tanh(tensor([-1000, 0, 1000])).toArray(), [-1, 0, 1]);
 * ```
 */
export function tanh(x: Tensor): Tensor {
  return run(ops.tanh, [x], undefined);
}

/** Along which axis probabilities add up to 1. */
export interface SoftmaxOptions {
  /** The axis of the classes, negative ones counted from the end. */
  readonly axis: number;
}

/**
 * `eˣ / Σ eˣ` along `axis`, without overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
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
 * const y = functional.softmax(tensor([[1, 1], [1000, 0]]), { axis: 1 });
 * assert.deepEqual(y.toArray(), [[0.5, 0.5], [1, 0]]);
 * ```
 */
export function softmax(x: Tensor, options: SoftmaxOptions): Tensor {
  requireOptions("softmax", options);
  requireTensors("softmax", x);
  return x.softmax(options.axis);
}

/**
 * `x - ln Σ eˣ` along `axis`, without overflow: the logarithm of `softmax`, but exact.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
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
 * const y = functional.logSoftmax(tensor([1e4, 0, -1e4]), { axis: 0 });
 * assert.deepEqual(y.toArray(), [0, -1e4, -2e4]);
 * ```
 */
export function logSoftmax(x: Tensor, options: SoftmaxOptions): Tensor {
  requireOptions("logSoftmax", options);
  requireTensors("logSoftmax", x);
  return x.logSoftmax(options.axis);
}

/**
 * `max(x, 0)`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new ReLU()(tensor([-1, 0, 2])).toArray(), [0, 0, 2]);
 * ```
 */
export class ReLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * `x` above 0, `negativeSlope · x` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LeakyReLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new LeakyReLU(0.5)(tensor([-4, 2])).toArray(), [-2, 2]);
 * ```
 */
export class LeakyReLU extends Module {
  /** Slope below 0. */
  readonly negativeSlope: number;

  /**
   * Makes the layer.
   *
   * @param negativeSlope default 0.01
   */
  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.negativeSlope}`;
  }
}

/**
 * `1 / (1 + e⁻ˣ)`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Sigmoid } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Sigmoid()(tensor([-Infinity, 0, Infinity])).toArray(), [0, 0.5, 1]);
 * ```
 */
export class Sigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/**
 * `tanh x`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Tanh } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Tanh()(tensor([-Infinity, 0, Infinity])).toArray(), [-1, 0, 1]);
 * ```
 */
export class Tanh extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * `eˣ / Σ eˣ` along an axis: positive numbers that add up to 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softmax } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const rows = new Softmax({ axis: 1 })(tensor([[5, 5], [0, -Infinity]]));
 * assert.deepEqual(rows.toArray(), [[0.5, 0.5], [1, 0]]);
 * ```
 */
export class Softmax extends Module {
  /** The axis of the classes. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: SoftmaxOptions) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.axis = options.axis;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softmax(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `{ axis: ${this.axis} }`;
  }
}

/**
 * `x - ln Σ eˣ` along an axis: logarithms of probabilities, as `NLLLoss` takes them.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LogSoftmax } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = new LogSoftmax({ axis: 0 })(tensor([3, 3]));
 * assert.ok(Math.abs(y.at(0).item() + Math.LN2) < 1e-6);
 * ```
 */
export class LogSoftmax extends Module {
  /** The axis of the classes. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: SoftmaxOptions) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.axis = options.axis;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `{ axis: ${this.axis} }`;
  }
}

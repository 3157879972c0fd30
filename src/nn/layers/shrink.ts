/**
 * Activations that take what is small to zero, or to another constant.
 *
 * @module
 */

import { requireTensors } from "../../autograd/operands.ts";
import { ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * 0 from `−λ` to `λ`, and `x` elsewhere; the gradient is 0 or 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html
 *
 * @param x any shape; NaN stays NaN
 * @param lambda `λ`, default 0.5; below 0, nothing is small
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.hardshrink(tensor([-2, 0.5, 0.75])).toArray(), [-2, 0, 0.75]);
 * ```
 */
export function hardshrink(x: Tensor, lambda = 0.5): Tensor {
  requireTensors("hardshrink", x);
  return pass(() => x.maskedFill(x.abs().le(lambda), 0));
}

/**
 * 0 from `−λ` to `λ`; elsewhere `x`, closer to 0 by `λ`. The gradient is 0 or 1.
 *
 * NaN stays NaN, as in PyTorch from version 2 on.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html
 *
 * @param x any shape
 * @param lambda `λ`, default 0.5
 * @throws {ValueError} unless `λ` is 0 or more
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.softshrink(tensor([-2, 0.5, 0.75])).toArray(), [-1.5, 0, 0.25]);
 * ```
 */
export function softshrink(x: Tensor, lambda = 0.5): Tensor {
  requireTensors("softshrink", x);
  checkLambda(lambda);
  return pass(() => x.sub(x.clamp(-lambda, lambda)));
}

/**
 * `x − tanh x`; the gradient is `tanh² x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.tanhshrink(tensor([-100, 0, 100])).toArray(), [-99, 0, 99]);
 * ```
 */
export function tanhshrink(x: Tensor): Tensor {
  return run(ops.tanhshrink, [x], undefined);
}

/**
 * `x` above `threshold`, and `value` elsewhere; the gradient is 1 or 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html
 *
 * @param x any shape; NaN stays NaN
 * @param threshold from where on `x` stays
 * @param value what stands for the rest
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.threshold(tensor([0, 1, 2]), 1, -5).toArray(), [-5, -5, 2]);
 * ```
 */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  requireTensors("threshold", x);
  return pass(() => x.maskedFill(x.le(threshold), value));
}

/**
 * 0 from `−λ` to `λ`, and `x` elsewhere; see `functional.hardshrink`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardshrink } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Hardshrink(1)(tensor([-3, 0.5, 1])).toArray(), [-3, 0, 0]);
 * ```
 */
export class Hardshrink extends Module {
  /** Up to where elements are small. */
  readonly lambda: number;

  /**
   * Makes the layer.
   *
   * @param lambda default 0.5
   */
  constructor(lambda = 0.5) {
    super();
    this.lambda = lambda;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardshrink(x, this.lambda);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.lambda}`;
  }
}

/**
 * Closer to 0 by `λ`; see `functional.softshrink`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softshrink } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Softshrink(1)(tensor([-3, 0.5, 1.5])).toArray(), [-2, 0, 0.5]);
 * ```
 */
export class Softshrink extends Module {
  /** By how much elements come closer to 0. */
  readonly lambda: number;

  /**
   * Makes the layer.
   *
   * @param lambda default 0.5
   * @throws {ValueError} unless it is 0 or more
   */
  constructor(lambda = 0.5) {
    super();
    checkLambda(lambda);
    this.lambda = lambda;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softshrink(x, this.lambda);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.lambda}`;
  }
}

/**
 * `x − tanh x`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Tanhshrink } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Tanhshrink()(tensor([-50, 0])).toArray(), [-49, 0]);
 * ```
 */
export class Tanhshrink extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/**
 * `x` above a threshold, and a constant elsewhere; see `functional.threshold`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Threshold } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Threshold(0.5, 20)(tensor([0, 1])).toArray(), [20, 1]);
 * ```
 */
export class Threshold extends Module {
  /** From where on elements stay. */
  readonly threshold: number;
  /** What stands for the rest. */
  readonly value: number;

  /**
   * Makes the layer.
   *
   * @param threshold from where on elements stay
   * @param value what stands for the rest
   */
  constructor(threshold: number, value: number) {
    super();
    this.threshold = threshold;
    this.value = value;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.threshold}, ${this.value}`;
  }
}

function checkLambda(lambda: number): void {
  if (lambda >= 0) return;
  throw new ValueError(`Cannot softshrink by ${lambda}: it must be 0 or more`);
}

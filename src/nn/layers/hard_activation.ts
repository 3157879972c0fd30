/**
 * Activations made of straight lines, as functions and as layers.
 *
 * @module
 */

import { ops } from "../../ops/table.ts";
import { checkBounds } from "../../tensor/activating.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * `x` limited to [0, 6]; the gradient at a bound is 0
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.relu6(tensor([-1, 3, 8])).toArray(), [0, 3, 6]);
 * ```
 */
export function relu6(x: Tensor): Tensor {
  return run(ops.relu6, [x], undefined);
}

/**
 * `(x + 3) / 6`, limited to [0, 1]
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.hardsigmoid(tensor([-4, 0, 4])).toArray(), [0, 0.5, 1]);
 * ```
 */
export function hardsigmoid(x: Tensor): Tensor {
  return run(ops.hardsigmoid, [x], undefined);
}

/**
 * `x · hardsigmoid(x)`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.hardswish(tensor([0, 3, 4])).toArray(), [0, 3, 4]);
 * ```
 */
export function hardswish(x: Tensor): Tensor {
  return run(ops.hardswish, [x], undefined);
}

/**
 * `x` limited to `[minVal, maxVal]`; unlike that of `clamp`, the gradient at a bound is 0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html
 *
 * @param x any shape
 * @param minVal default -1
 * @param maxVal default 1
 * @throws {ValueError} unless `minVal` is below `maxVal`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.hardtanh(tensor([-5, 0.5, 5])).toArray(), [-1, 0.5, 1]);
 * ```
 */
export function hardtanh(x: Tensor, minVal = -1, maxVal = 1): Tensor {
  return x.hardtanh(minVal, maxVal);
}

/**
 * `x` limited to [0, 6]; the gradient at a bound is 0, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReLU6 } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new ReLU6()(tensor([-1, 2, 9])).toArray(), [0, 2, 6]);
 * ```
 */
export class ReLU6 extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * `(x + 3) / 6`, limited to [0, 1], element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardsigmoid } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Hardsigmoid()(tensor([-9, 0, 9])).toArray(), [0, 0.5, 1]);
 * ```
 */
export class Hardsigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/**
 * `x · hardsigmoid(x)`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardswish } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Hardswish()(tensor([-1.5, 0, 3])).toArray(), [-0.375, 0, 3]);
 * ```
 */
export class Hardswish extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/**
 * `x` limited to `[minVal, maxVal]`; see `functional.hardtanh`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Hardtanh } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Hardtanh(-2, 2)(tensor([-5, 1, 5])).toArray(), [-2, 1, 2]);
 * ```
 */
export class Hardtanh extends Module {
  /** The lower bound. */
  readonly minVal: number;
  /** The upper bound. */
  readonly maxVal: number;

  /**
   * Makes the layer.
   *
   * @param minVal default -1
   * @param maxVal default 1
   * @throws {ValueError} unless `minVal` is below `maxVal`
   */
  constructor(minVal = -1, maxVal = 1) {
    super();
    checkBounds(minVal, maxVal);
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.minVal}, ${this.maxVal}`;
  }
}

/**
 * Hyperbolic functions and their inverses; `tanh` is in `elementwise.ts`.
 *
 * @module
 */

import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import { SpecialTensor } from "./special.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The part of {@link Tensor} with hyperbolic functions.
 *
 * See https://pytorch.org/docs/stable/torch.html#pointwise-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-2, 0, 3]);
 * assert.ok(x.sinh().asinh().allclose(x));
 * ```
 */
export abstract class HyperbolicTensor extends SpecialTensor {
  /**
   * `(eˣ − e⁻ˣ) / 2`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-Infinity, 0, Infinity]).sinh().toArray(), [-Infinity, 0, Infinity]);
   * ```
   */
  sinh(): Tensor {
    return run(ops.sinh, [this]);
  }

  /**
   * `(eˣ + e⁻ˣ) / 2`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-Infinity, 0, Infinity]).cosh().toArray(), [Infinity, 1, Infinity]);
   * ```
   */
  cosh(): Tensor {
    return run(ops.cosh, [this]);
  }

  /**
   * The inverse of `sinh`: `ln(x + √(x² + 1))`, precise everywhere
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-Infinity, 0, 1e-10]).asinh().toArray(), [
   *   -Infinity,
   *   0,
   *   Math.fround(1e-10),
   * ]);
   * ```
   */
  asinh(): Tensor {
    return run(ops.asinh, [this]);
  }

  /**
   * The inverse of `cosh` from 1 on: `ln(x + √(x² − 1))`; NaN below 1
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([0.5, 1, Infinity]).acosh().toArray(), [NaN, 0, Infinity]);
   * ```
   */
  acosh(): Tensor {
    return run(ops.acosh, [this]);
  }

  /**
   * The inverse of `tanh`: `ln((1 + x) / (1 − x)) / 2`; ±∞ at ±1, NaN outside of them
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1, 0, 1, 2]).atanh().toArray(), [-Infinity, 0, Infinity, NaN]);
   * ```
   */
  atanh(): Tensor {
    return run(ops.atanh, [this]);
  }
}

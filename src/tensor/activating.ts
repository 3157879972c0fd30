/**
 * Activation functions beyond ReLU and its kind.
 *
 * @module
 */

import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { HyperbolicTensor } from "./hyperbolic.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `gelu`. */
export interface GeluOptions {
  /** `"tanh"` for the approximation by a hyperbolic tangent; default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/**
 * The part of {@link Tensor} with activation functions; each is one pass over the memory.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-9, 0.5, 9]);
 * assert.deepEqual(x.relu6().toArray(), [0, 0.5, 6]);
 * assert.deepEqual(x.hardtanh().toArray(), [-1, 0.5, 1]);
 * ```
 */
export abstract class ActivatedTensor extends HyperbolicTensor {
  /**
   * `x Φ(x)`, with the distribution function Φ of the standard normal distribution
   *
   * @param options `approximate`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.ok(Math.abs(tensor(1).gelu().item() - 0.8413447) < 1e-6);
   * ```
   */
  gelu(options: GeluOptions = {}): Tensor {
    const { approximate = "none" } = options;
    if (approximate !== "none" && approximate !== "tanh") {
      throw new ValueError(`Cannot approximate gelu by "${approximate}": use "none" or "tanh"`);
    }
    return run(approximate === "tanh" ? ops.geluTanh : ops.gelu, [this]);
  }

  /**
   * `x σ(x)`, also called swish. Source: Ramachandran et al., "Searching for activation functions"
   * (2017).
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1000, 0, 1000]).silu().toArray(), [-0, 0, 1000]);
   * ```
   */
  silu(): Tensor {
    return run(ops.silu, [this]);
  }

  /**
   * `x tanh(ln(1 + eˣ))`. Source: Misra, "Mish: a self regularized non-monotonic activation
   * function" (2019).
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([0, 1, 1000]).mish();
   * assert.equal(y.at(0).item(), 0);
   * assert.ok(Math.abs(y.at(1).item() - 0.86509839) < 1e-6);
   * assert.equal(y.at(2).item(), 1000);
   * ```
   */
  mish(): Tensor {
    return run(ops.mish, [this]);
  }

  /**
   * `x` above 0, `alpha · (eˣ − 1)` elsewhere. Source: Clevert et al., "Fast and accurate deep
   * network learning by exponential linear units" (2015).
   *
   * @param alpha minus the limit on the left; default 1
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1000, 0, 3]).elu(0.5).toArray(), [-0.5, 0, 3]);
   * ```
   */
  elu(alpha = 1): Tensor {
    return run(ops.elu, [this, alpha]);
  }

  /**
   * `1.0507 x` above 0, `1.0507 · 1.6733 · (eˣ − 1)` elsewhere, which keeps mean 0 and variance
   * 1. Source: Klambauer et al., "Self-normalizing neural networks" (2017).
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([-1000, 1]).selu();
   * assert.ok(Math.abs(y.at(0).item() + 1.7580993) < 1e-6);
   * assert.ok(Math.abs(y.at(1).item() - 1.0507010) < 1e-6);
   * ```
   */
  selu(): Tensor {
    return run(ops.selu, [this]);
  }

  /**
   * `x` above 0, `alpha · (e^(x / alpha) − 1)` elsewhere: as `elu`, but smooth for any `alpha`.
   * Source: Barron, "Continuously differentiable exponential linear units" (2017).
   *
   * @param alpha minus the limit on the left; default 1
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-1000, 0, 3], { requiresGrad: true });
   * const y = x.celu(2);
   * assert.deepEqual(y.toArray(), [-2, 0, 3]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 1, 1]);
   * ```
   */
  celu(alpha = 1): Tensor {
    return run(ops.celu, [this, alpha]);
  }

  /**
   * `x` limited to [0, 6]; the gradient at a bound is 0
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-1, 3, 8]).relu6().toArray(), [0, 3, 6]);
   * ```
   */
  relu6(): Tensor {
    return run(ops.relu6, [this]);
  }

  /**
   * `x` limited to `[min, max]`; unlike that of `clamp`, the gradient at a bound is 0
   *
   * @param min default −1
   * @param max default 1
   * @throws {ValueError} unless `min` is below `max`
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([-2, 0.5, 1], { requiresGrad: true });
   * const y = x.hardtanh();
   * assert.deepEqual(y.toArray(), [-1, 0.5, 1]);
   * y.sum().backward();
   * assert.deepEqual(x.grad!.toArray(), [0, 1, 0]);
   * ```
   */
  hardtanh(min = -1, max = 1): Tensor {
    checkBounds(min, max);
    return run(ops.hardtanh, [this, min, max]);
  }

  /**
   * `(x + 3) / 6`, limited to [0, 1]
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-4, 0, 4]).hardsigmoid().toArray(), [0, 0.5, 1]);
   * ```
   */
  hardsigmoid(): Tensor {
    return run(ops.hardsigmoid, [this]);
  }

  /**
   * `x · hardsigmoid(x)`. Source: Howard et al., "Searching for MobileNetV3" (2019).
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-3, 0, 3, 4]).hardswish().toArray(), [-0, 0, 3, 4]);
   * ```
   */
  hardswish(): Tensor {
    return run(ops.hardswish, [this]);
  }

  /**
   * `ln σ(x)`, without overflow
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const y = tensor([-1000, 0, 1000]).logSigmoid();
   * assert.equal(y.at(0).item(), -1000);
   * assert.equal(y.at(1).item(), Math.fround(-Math.LN2));
   * ```
   */
  logSigmoid(): Tensor {
    return run(ops.logSigmoid, [this]);
  }

  /**
   * `x / (1 + |x|)`
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([-3, 0, 1]).softsign().toArray(), [-0.75, 0, 0.5]);
   * ```
   */
  softsign(): Tensor {
    return run(ops.softsign, [this]);
  }
}

/** Refuses bounds that cross, for the method and the layer. */
export function checkBounds(low: number, high: number): void {
  if (low < high) return;
  throw new ValueError(
    `Cannot limit to ${low} to ${high}: the lower bound must be below the upper one`,
  );
}

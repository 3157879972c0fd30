/**
 * Activation functions beyond ReLU and its kind.
 *
 * @module
 */

import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import { SpecialTensor } from "./special.ts";
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
export abstract class ActivatedTensor extends SpecialTensor {
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
    return run(options.approximate === "tanh" ? ops.geluTanh : ops.gelu, [this], undefined);
  }

  /** `x σ(x)`, also called swish */
  silu(): Tensor {
    return run(ops.silu, [this], undefined);
  }

  /** `x tanh(ln(1 + eˣ))` */
  mish(): Tensor {
    return run(ops.mish, [this], undefined);
  }

  /** `x` above 0, `alpha · (eˣ − 1)` elsewhere */
  elu(alpha = 1): Tensor {
    return run(ops.elu, [this, alpha], undefined);
  }

  /** `1.0507 x` above 0, `1.0507 · 1.6733 · (eˣ − 1)` elsewhere */
  selu(): Tensor {
    return run(ops.selu, [this], undefined);
  }

  /** `x` above 0, `alpha · (e^(x / alpha) − 1)` elsewhere */
  celu(alpha = 1): Tensor {
    return run(ops.celu, [this, alpha], undefined);
  }

  /** `x` limited to [0, 6]; the gradient at a bound is 0 */
  relu6(): Tensor {
    return run(ops.relu6, [this], undefined);
  }

  /** `x` limited to `[min, max]`; unlike that of `clamp`, the gradient at a bound is 0 */
  hardtanh(min = -1, max = 1): Tensor {
    return run(ops.hardtanh, [this, min, max], undefined);
  }

  /** `(x + 3) / 6`, limited to [0, 1] */
  hardsigmoid(): Tensor {
    return run(ops.hardsigmoid, [this], undefined);
  }

  /** `x · hardsigmoid(x)` */
  hardswish(): Tensor {
    return run(ops.hardswish, [this], undefined);
  }

  /** `ln σ(x)`, without overflow */
  logSigmoid(): Tensor {
    return run(ops.logSigmoid, [this], undefined);
  }

  /** `x / (1 + |x|)` */
  softsign(): Tensor {
    return run(ops.softsign, [this], undefined);
  }
}

/**
 * Activations that are smooth, as functions and as layers.
 *
 * @module
 */

import { requireTensors } from "../../autograd/operands.ts";
import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";

/** Options of GELU. */
export interface GELUOptions {
  /** `"tanh"` takes an approximation of Φ by tanh; default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

/**
 * `x Φ(x)` with the distribution function Φ of the normal distribution.
 *
 * Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016).
 *
 * @param x any shape
 * @param options `approximate`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-100, 0, 1, 100]);
 * const y = functional.gelu(x);
 * assert.deepEqual([y.at(1).item(), y.at(3).item()], [0, 100]);
 * assert.ok(Math.abs(y.at(2).item() - 0.8413447) < 1e-6); // Φ(1)
 * ```
 */
export function gelu(x: Tensor, options: GELUOptions = {}): Tensor {
  requireTensors("gelu", x);
  return x.gelu(options);
}

/**
 * `x` above 0, `α (eˣ − 1)` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html
 *
 * @param x any shape
 * @param alpha α; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.elu(tensor([-1000, 0, 3]), 0.5).toArray(), [-0.5, 0, 3]);
 * ```
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  return run(ops.elu, [x, alpha], undefined);
}

/**
 * `max(x, 0) + min(α (e^(x/α) − 1), 0)`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.celu.html
 *
 * @param x any shape
 * @param alpha α; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.celu(tensor([-1000, 0, 3]), 2).toArray(), [-2, 0, 3]);
 * ```
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  return run(ops.celu, [x, alpha], undefined);
}

/**
 * `ln(1 + e^(βx)) / β`, without overflow.
 *
 * There is no threshold above which the result is x itself, as in PyTorch: where PyTorch has one,
 * the exact result differs from x by less than 1e-8 / β.
 *
 * @param x any shape
 * @param beta β; default 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = functional.softplus(tensor([-1000, 0, 1000]), 2);
 * assert.deepEqual(y.toArray(), [0, Math.fround(Math.LN2 / 2), 1000]);
 * ```
 */
export function softplus(x: Tensor, beta = 1): Tensor {
  return beta === 1 ? x.softplus() : x.mul(beta).softplus().div(beta);
}

/**
 * `x σ(x)`, also called swish
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(functional.silu(tensor(1)).item() - 1 / (1 + Math.exp(-1))) < 1e-6);
 * ```
 */
export function silu(x: Tensor): Tensor {
  return run(ops.silu, [x], undefined);
}

/**
 * `x tanh(ln(1 + eˣ))`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = functional.mish(tensor([0, 1000]));
 * assert.deepEqual(y.toArray(), [0, 1000]);
 * ```
 */
export function mish(x: Tensor): Tensor {
  return run(ops.mish, [x], undefined);
}

/**
 * `1.0507 x` above 0, `1.7581 (eˣ − 1)` elsewhere: keeps mean 0 and variance 1
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.selu.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(functional.selu(tensor(-1000)).item() + 1.7580993) < 1e-6);
 * ```
 */
export function selu(x: Tensor): Tensor {
  return run(ops.selu, [x], undefined);
}

/**
 * `x / (1 + |x|)`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.softsign(tensor([-3, 0, 1])).toArray(), [-0.75, 0, 0.5]);
 * ```
 */
export function softsign(x: Tensor): Tensor {
  return run(ops.softsign, [x], undefined);
}

/**
 * `ln σ(x)`, without overflow
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.logsigmoid.html
 *
 * @param x any shape
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.equal(functional.logSigmoid(tensor(-1000)).item(), -1000);
 * ```
 */
export function logSigmoid(x: Tensor): Tensor {
  return run(ops.logSigmoid, [x], undefined);
}

/**
 * `x σ(x)`, also called swish, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SiLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new SiLU()(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class SiLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/**
 * `x tanh(ln(1 + eˣ))`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Mish } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Mish()(tensor([0, 100])).toArray(), [0, 100]);
 * ```
 */
export class Mish extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/**
 * `1.0507 x` above 0, `1.7581 (eˣ − 1)` elsewhere: keeps mean 0 and variance 1, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SELU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(new SELU()(tensor(1)).item() - 1.0507) < 1e-4);
 * ```
 */
export class SELU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/**
 * `x / (1 + |x|)`, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softsign } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Softsign()(tensor([-1, 0, 3])).toArray(), [-0.5, 0, 0.75]);
 * ```
 */
export class Softsign extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/**
 * `ln σ(x)`, without overflow, element by element.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LogSigmoid } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new LogSigmoid()(tensor([-1000, 1000])).toArray(), [-1000, 0]);
 * ```
 */
export class LogSigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/**
 * `x Φ(x)`, element by element; see `functional.gelu`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GELU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = new GELU()(tensor([0, 1]));
 * assert.ok(Math.abs(y.at(1).item() - 0.8413447) < 1e-6);
 * ```
 */
export class GELU extends Module {
  /** Whether Φ is approximated by tanh. */
  readonly approximate: "none" | "tanh";

  /**
   * Makes the layer.
   *
   * @param options `approximate`
   */
  constructor(options: GELUOptions = {}) {
    super();
    this.approximate = options.approximate ?? "none";
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return gelu(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([], [["approximate", `"${this.approximate}"`, `"none"`]]);
  }
}

/**
 * `x` above 0, `α (eˣ − 1)` elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ELU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new ELU(2)(tensor([-Infinity, 3])).toArray(), [-2, 3]);
 * ```
 */
export class ELU extends Module {
  /** α */
  readonly alpha: number;

  /**
   * Makes the layer.
   *
   * @param alpha α; default 1
   */
  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.alpha === 1 ? "" : `${this.alpha}`;
  }
}

/**
 * `max(x, 0) + min(α (e^(x/α) − 1), 0)`
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CELU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new CELU(2)(tensor([-Infinity, 3])).toArray(), [-2, 3]);
 * ```
 */
export class CELU extends Module {
  /** α */
  readonly alpha: number;

  /**
   * Makes the layer.
   *
   * @param alpha α; default 1
   */
  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.alpha === 1 ? "" : `${this.alpha}`;
  }
}

/**
 * `ln(1 + e^(βx)) / β`, element by element; see `functional.softplus`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Softplus } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.ok(Math.abs(new Softplus()(tensor(0)).item() - Math.LN2) < 1e-6);
 * assert.equal(new Softplus()(tensor(1000)).item(), 1000);
 * ```
 */
export class Softplus extends Module {
  /** β */
  readonly beta: number;

  /**
   * Makes the layer.
   *
   * @param beta β; default 1
   */
  constructor(beta = 1) {
    super();
    this.beta = beta;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softplus(x, this.beta);
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.beta === 1 ? "" : `${this.beta}`;
  }
}

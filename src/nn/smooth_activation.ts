/**
 * Activations that are smooth, as functions and as layers.
 *
 * @module
 */

import { ops } from "../ops/table.ts";
import { run } from "../tensor/run.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeCall } from "./describe.ts";
import { Module } from "./module.ts";

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
 */
export function gelu(x: Tensor, options: GELUOptions = {}): Tensor {
  return run(options.approximate === "tanh" ? ops.geluTanh : ops.gelu, [x], undefined);
}

/**
 * `x` above 0, `α (eˣ − 1)` elsewhere.
 *
 * @param x any shape
 * @param alpha α; default 1
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  return run(ops.elu, [x, alpha], undefined);
}

/**
 * `max(x, 0) + min(α (e^(x/α) − 1), 0)`
 *
 * @param x any shape
 * @param alpha α; default 1
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
 */
export function softplus(x: Tensor, beta = 1): Tensor {
  return beta === 1 ? x.softplus() : x.mul(beta).softplus().div(beta);
}

/** `x σ(x)`, also called swish */
export function silu(x: Tensor): Tensor {
  return run(ops.silu, [x], undefined);
}

/** `x tanh(ln(1 + eˣ))` */
export function mish(x: Tensor): Tensor {
  return run(ops.mish, [x], undefined);
}

/** `1.0507 x` above 0, `1.7581 (eˣ − 1)` elsewhere: keeps mean 0 and variance 1 */
export function selu(x: Tensor): Tensor {
  return run(ops.selu, [x], undefined);
}

/** `x / (1 + |x|)` */
export function softsign(x: Tensor): Tensor {
  return run(ops.softsign, [x], undefined);
}

/** `ln σ(x)`, without overflow */
export function logSigmoid(x: Tensor): Tensor {
  return run(ops.logSigmoid, [x], undefined);
}

/** `x σ(x)`, also called swish, element by element. */
export class SiLU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** `x tanh(ln(1 + eˣ))`, element by element. */
export class Mish extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** `1.0507 x` above 0, `1.7581 (eˣ − 1)` elsewhere: keeps mean 0 and variance 1, element by element. */
export class SELU extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** `x / (1 + |x|)`, element by element. */
export class Softsign extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** `ln σ(x)`, without overflow, element by element. */
export class LogSigmoid extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** `x Φ(x)`, element by element; see `functional.gelu`. */
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

/** `x` above 0, `α (eˣ − 1)` elsewhere. */
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

/** `max(x, 0) + min(α (e^(x/α) − 1), 0)` */
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

/** `ln(1 + e^(βx)) / β`, element by element; see `functional.softplus`. */
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

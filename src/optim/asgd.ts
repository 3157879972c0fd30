/**
 * ASGD: gradient descent, and the average of its ways.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula, identity } from "../kernels/formula.ts";
import { pow } from "../math/mod.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, type Update } from "./update.ts";

/** Options of {@link ASGD}. */
export interface ASGDOptions extends OptimizerOptions {
  /** Decay of the parameters and of the rate; default 1e-4. */
  lambd?: number;
  /** Power of the decay of the rate; default 0.75. */
  alpha?: number;
  /** Number of updates after which averaging starts; default 1e6. */
  t0?: number;
  /** Factor of the penalty `½ · weightDecay · ‖p‖²`; default 0. */
  weightDecay?: number;
}

/** `p ← (1 − λη) · p − η · d` */
const MOVE = new Formula(
  "ASGD",
  7,
  (k, [p, decay, eta, ...d]) => k.sub(k.mul(decay, p), k.mul(eta, effective(k, d))),
);

/** `a ← a + μ · (p − a)`; the parameter itself if μ is 1. */
const AVERAGE = new Formula(
  "the average of ASGD",
  3,
  (k, [a, mu, p]) => k.add(a, k.mul(mu, k.sub(p, a))),
);

/**
 * Averaged stochastic gradient descent (Polyak and Juditsky, 1992). The average of each parameter is
 * `ax` in its state: `optimizer.stateDict().state[0].ax`.
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * p = (1 - lambd · eta) · p - eta · d
 * ax = ax + mu · (p - ax)
 * eta = lr / (1 + lambd · lr · t)^alpha
 * mu = 1 / max(1, t - t0)
 * ```
 * where `eta` starts at `lr`, and `mu` at 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ASGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new ASGD([x], { lr: 0.5, lambd: 0 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 0);
 * ```
 */
export class ASGD extends Optimizer<ASGDOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link ASGDOptions}; the default of `lr` is 0.01
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<ASGDOptions>, options: ASGDOptions = {}) {
    checkArguments("make ASGD", arguments, 2);
    super(params, {
      lr: 0.01,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "ax"];
  }

  /** See {@link Optimizer}. */
  protected override stateNumbers(): Readonly<Record<string, number>> {
    return { eta: 0, mu: 1 };
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<ASGDOptions>): void {
    const { parameter: p, tensors: { ax }, numbers, step } = update;
    const { lr, lambd, alpha, t0 } = group;
    const eta = step === 1 ? lr : numbers.eta;
    assign(
      [p, MOVE, p, 1 - lambd * eta, eta, ...gradientOperands(update, group)],
      // Adding the difference to a number that is far from it would round.
      numbers.mu === 1 ? [ax, identity, p] : [ax, AVERAGE, ax, numbers.mu, p],
    );
    numbers.eta = lr / pow(1 + lambd * lr * step, alpha);
    numbers.mu = 1 / Math.max(1, step - t0);
  }
}

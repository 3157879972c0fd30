/**
 * NAdam: Adam with Nesterov's momentum.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { pow } from "../math/mod.ts";
import { MOMENT_DEFAULTS, type MomentOptions } from "./adam.ts";
import { Optimizer } from "./optimizer.ts";
import type { ParameterSource } from "./parameter_groups.ts";
import {
  assign,
  effective,
  gradientOperands,
  runningMean,
  runningMeanSquare,
  type Update,
} from "./update.ts";

/** Options of {@link NAdam}. */
export interface NAdamOptions extends MomentOptions {
  /** Speed at which the momentum rises to `β₁`; default 4e-3. */
  momentumDecay?: number;
}

/** `p ← p - (now · d + next · m) / (√(v / correction) + ε)` */
const MOVE = new Formula(
  "NAdam",
  11,
  (k, [p, next, m, v, correction, eps, now, ...d]) => {
    const deviation = k.add(k.sqrt(k.div(v, correction)), eps);
    return k.sub(p, k.div(k.add(k.mul(now, effective(k, d)), k.mul(next, m)), deviation));
  },
);

/**
 * NAdam (Dozat, 2016).
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * μₜ = β₁ · (1 - ½ · 0.96^(t · momentumDecay))     Mₜ = μ₁ · … · μₜ
 * m = β₁ · m + (1 - β₁) · d                        m̂ = μₜ₊₁ · m / (1 - Mₜ₊₁) + (1 - μₜ) · d / (1 - Mₜ)
 * v = β₂ · v + (1 - β₂) · d²                       v̂ = v / (1 - β₂ᵗ)
 * p = p - lr · m̂ / (√v̂ + ε)
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { NAdam } from "@gradus/gradus/optim";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([3], { requiresGrad: true });
 * const optimizer = new NAdam([x], { lr: 0.1 });
 * for (let step = 0; step < 100; step++) {
 *   optimizer.zeroGrad();
 *   x.sub(1).square().sum().backward();
 *   optimizer.step();
 * }
 * assert(Math.abs(x.item() - 1) < 0.1);
 * ```
 */
export class NAdam extends Optimizer<NAdamOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link NAdamOptions}; the default of `lr` is 0.002
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<NAdamOptions>, options: NAdamOptions = {}) {
    checkArguments("make NAdam", arguments, 2);
    super(params, { ...MOMENT_DEFAULTS, lr: 2e-3, momentumDecay: 4e-3 }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_avg_sq"];
  }

  /** See {@link Optimizer}. */
  protected override stateNumbers(): Readonly<Record<string, number>> {
    return { mu_product: 1 };
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<NAdamOptions>): void {
    const { parameter: p, tensors: { exp_avg: m, exp_avg_sq: v }, numbers, step } = update;
    const { lr, betas: [beta1, beta2], eps, momentumDecay } = group;
    const momentum = (t: number): number => beta1 * (1 - 0.5 * pow(0.96, t * momentumDecay));
    const d = gradientOperands(update, group);
    const product = numbers.mu_product *= momentum(step);
    const now = lr * (1 - momentum(step)) / (1 - product);
    const next = lr * momentum(step + 1) / (1 - product * momentum(step + 1));
    assign(
      runningMean(m, beta1, d),
      runningMeanSquare(v, beta2, d),
      [p, MOVE, p, next, m, v, 1 - pow(beta2, step), eps, now, ...d],
    );
  }
}

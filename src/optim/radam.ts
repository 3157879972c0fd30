/**
 * RAdam: Adam that does not trust its mean square before it has seen enough.
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
  gradientOperands,
  plusMultiple,
  runningMean,
  runningMeanSquare,
  type Update,
} from "./update.ts";

/** `p ← p - rate · m / (√v + ε)` */
const ADAPT = new Formula(
  "RAdam",
  5,
  (k, [p, rate, m, v, eps]) => k.sub(p, k.div(k.mul(rate, m), k.add(k.sqrt(v), eps))),
);

/**
 * RAdam (Liu et al., 2020).
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * m = β₁ · m + (1 - β₁) · d        m̂ = m / (1 - β₁ᵗ)
 * v = β₂ · v + (1 - β₂) · d²
 * ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)     ρ∞ = 2 / (1 - β₂) - 1
 * p = p - lr · m̂ · r · √(1 - β₂ᵗ) / (√v + ε)       if ρ > 5, where
 *     r² = (ρ - 4) (ρ - 2) ρ∞ / ((ρ∞ - 4) (ρ∞ - 2) ρ)
 * p = p - lr · m̂                                   otherwise
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { RAdam } from "@gradus/gradus/optim";
 * import { assert } from "@std/assert";
 *
 * // The first steps are those of gradient descent with momentum.
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new RAdam([x], { lr: 0.25 });
 * x.square().sum().backward();
 * optimizer.step();
 * assert(Math.abs(x.item() - 2) < 1e-6);
 * ```
 */
export class RAdam extends Optimizer<MomentOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link MomentOptions}; the default of `lr` is 0.001
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<MomentOptions>, options: MomentOptions = {}) {
    checkArguments("make RAdam", arguments, 2);
    super(params, MOMENT_DEFAULTS, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_avg_sq"];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<MomentOptions>): void {
    const { parameter: p, tensors: { exp_avg: m, exp_avg_sq: v }, step } = update;
    const { lr, betas: [beta1, beta2], eps } = group;
    const d = gradientOperands(update, group);
    const rate = lr / (1 - pow(beta1, step));
    const rectification = rectificationOf(beta2, step);
    assign(
      runningMean(m, beta1, d),
      runningMeanSquare(v, beta2, d),
      rectification === 0
        ? plusMultiple(p, -rate, m)
        : [p, ADAPT, p, rate * rectification, m, v, eps],
    );
  }
}

/** `r · √(1 - β₂ᵗ)`, or 0 if the variance of the mean square cannot be estimated yet. */
function rectificationOf(beta2: number, step: number): number {
  const left = pow(beta2, step);
  const limit = 2 / (1 - beta2) - 1;
  const length = limit - 2 * step * left / (1 - left);
  if (length <= 5) return 0;
  const share = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length);
  return Math.sqrt(share * (1 - left));
}

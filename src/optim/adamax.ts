/**
 * Adamax: Adam, measured by the largest gradient.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { pow } from "../math/mod.ts";
import { MOMENT_DEFAULTS, type MomentOptions } from "./adam.ts";
import { Optimizer } from "./optimizer.ts";
import type { ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, runningMean, type Update } from "./update.ts";

/** `u ← max(β₂ · u, |d| + ε)` */
const LARGEST = new Formula(
  "the largest gradient of Adamax",
  7,
  (k, [u, beta, eps, ...d]) => k.maximum(k.mul(beta, u), k.add(k.abs(effective(k, d)), eps)),
);

/** `p ← p - rate · m / u` */
const MOVE = new Formula(
  "Adamax",
  4,
  (k, [p, rate, m, u]) => k.sub(p, k.div(k.mul(rate, m), u)),
);

/**
 * Adamax (Kingma and Ba, 2015, section 7.1).
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * m = β₁ · m + (1 - β₁) · d
 * u = max(β₂ · u, |d| + ε)
 * p = p - lr / (1 - β₁ᵗ) · m / u
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Adamax } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new Adamax([x], { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 3.5);
 * ```
 */
export class Adamax extends Optimizer<MomentOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link MomentOptions}; the default of `lr` is 0.002
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<MomentOptions>, options: MomentOptions = {}) {
    checkArguments("make Adamax", arguments, 2);
    super(params, { ...MOMENT_DEFAULTS, lr: 2e-3 }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "exp_avg", "exp_inf"];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<MomentOptions>): void {
    const { parameter: p, tensors: { exp_avg: m, exp_inf: u }, step } = update;
    const { lr, betas: [beta1, beta2], eps } = group;
    const d = gradientOperands(update, group);
    assign(
      runningMean(m, beta1, d),
      [u, LARGEST, u, beta2, eps, ...d],
      [p, MOVE, p, lr / (1 - pow(beta1, step)), m, u],
    );
  }
}

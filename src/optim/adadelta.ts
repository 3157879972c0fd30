/**
 * Adadelta: steps in the units of the parameter, without a learning rate to tune.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { faultsIn, fraction } from "./constraints.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, runningMeanSquare, type Update } from "./update.ts";

/** Options of {@link Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Share of the mean squares that is left after a step; default 0.9. */
  rho?: number;
  /** Added to the mean squares, so that the first step is not 0; default 1e-6. */
  eps?: number;
  /** Factor of the penalty `½ · weightDecay · ‖p‖²`; default 0. */
  weightDecay?: number;
}

/** `u ← ρ · u + (1 - ρ) · Δ²`, where `Δ² = (u + ε) · q` and `q = d² / (v + ε)` */
const ACCUMULATE = new Formula(
  "the mean squared step of Adadelta",
  8,
  (k, [u, rho, v, eps, ...operands]) => {
    const d = effective(k, operands);
    const change = k.div(k.mul(k.mul(k.add(u, eps), d), d), k.add(v, eps));
    return k.add(k.mul(rho, u), k.mul(k.sub(1, rho), change));
  },
);

/**
 * `p ← p - lr · Δ`, from the new `u`: of the old one, which is overwritten,
 * `u + ε = (new u + ρ ε) / (ρ + (1 - ρ) q)`. All terms are positive, so nothing cancels.
 *
 * The parameter must be written last, since `d` may hold it; a copy of the old `u` would cost memory.
 */
const MOVE = new Formula("Adadelta", 10, (k, [p, lr, u, rho, v, eps, ...operands]) => {
  const d = effective(k, operands);
  const size = k.add(v, eps);
  const q = k.div(k.mul(d, d), size);
  const before = k.div(k.add(u, k.mul(rho, eps)), k.add(rho, k.mul(k.sub(1, rho), q)));
  return k.sub(p, k.mul(k.mul(lr, k.sqrt(k.div(before, size))), d));
});

/**
 * Adadelta (Zeiler, 2012).
 *
 * With the gradient `g`, each step computes
 * ```text
 * d = ±g + weightDecay · p
 * v = ρ · v + (1 - ρ) · d²
 * Δ = √(u + ε) / √(v + ε) · d
 * u = ρ · u + (1 - ρ) · Δ²
 * p = p - lr · Δ
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Adadelta } from "@gradus/gradus/optim";
 * import { assert } from "@std/assert";
 *
 * // The first step is √ε / √(0.1 d² + ε) · d, about √(10 ε).
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new Adadelta([x], { eps: 1e-3 });
 * x.square().sum().backward();
 * optimizer.step();
 * assert(Math.abs(x.item() - 3.9) < 1e-3);
 * ```
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link AdadeltaOptions}; the default of `lr` is 1
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    checkArguments("make Adadelta", arguments, 2);
    super(params, {
      lr: 1,
      rho: 0.9,
      eps: 1e-6,
      weightDecay: 0,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "square_avg", "acc_delta"];
  }

  /** See {@link Optimizer}. */
  protected override faults(h: Required<AdadeltaOptions>): string[] {
    return [
      ...super.faults(h),
      ...faultsIn(h, { rho: fraction }),
      // The formulas divide by it.
      ...(h.rho === 0 ? ["rho is 0, and must be above"] : []),
    ];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<AdadeltaOptions>): void {
    const { parameter: p, tensors: { square_avg: v, acc_delta: u } } = update;
    const { lr, rho, eps } = group;
    const d = gradientOperands(update, group);
    assign(
      runningMeanSquare(v, rho, d),
      [u, ACCUMULATE, u, rho, v, eps, ...d],
      [p, MOVE, p, lr, u, rho, v, eps, ...d],
    );
  }
}

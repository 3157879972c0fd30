/**
 * Adam: steps scaled by running moments of the gradient.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { pow } from "../math/mod.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import {
  assign,
  type GradientOperands,
  gradientOperands,
  runningMean,
  runningMeanSquare,
  type Update,
} from "./update.ts";

/** Options that Adam and its family share. */
export interface MomentOptions extends OptimizerOptions {
  /** Shares of the mean and of the mean square that are left after a step; default `[0.9, 0.999]`. */
  betas?: readonly [number, number];
  /** Added to the denominator, in Adamax to the size of each gradient; default 1e-8. */
  eps?: number;
  /** Strength of the pull of parameters to 0; default 0. */
  weightDecay?: number;
}

/** The defaults of {@link MomentOptions}. */
export const MOMENT_DEFAULTS: Required<MomentOptions> = {
  lr: 1e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0,
  maximize: false,
};

/** Options of {@link Adam}. */
export interface AdamOptions extends MomentOptions {
  /** Divide by the largest mean square so far; default false. */
  amsgrad?: boolean;
}

/** The defaults of {@link AdamOptions}. */
export const ADAM_DEFAULTS: Required<AdamOptions> = { ...MOMENT_DEFAULTS, amsgrad: false };

/** `w ← max(w, v)` */
const LARGEST = new Formula("AMSGrad", 2, (k, [w, v]) => k.maximum(w, v));

/** `p ← keep · p - rate · m / (√v / correction + ε)` */
const MOVE = new Formula("Adam", 7, (k, [p, keep, m, rate, v, correction, eps]) => {
  const deviation = k.add(k.div(k.sqrt(v), correction), eps);
  return k.sub(k.mul(keep, p), k.div(k.mul(rate, m), deviation));
});

/**
 * Adam (Kingma and Ba, 2015).
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * m = β₁ · m + (1 - β₁) · d        m̂ = m / (1 - β₁ᵗ)
 * v = β₂ · v + (1 - β₂) · d²       v̂ = v / (1 - β₂ᵗ)
 * p = p - lr · m̂ / (√v̂ + ε)
 * ```
 * With `amsgrad` (Reddi et al., 2018) the largest `v` so far takes its place in the last line.
 * The step number counts for each parameter the steps in which it had a gradient.
 * See https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Adam } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * // The first step goes by the learning rate, however large the gradient is.
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new Adam([x], { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 3.5);
 * ```
 */
export class Adam extends Optimizer<AdamOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link AdamOptions}; the default of `lr` is 0.001
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<AdamOptions>, options: AdamOptions = {}) {
    checkArguments("make Adam", arguments, 2);
    super(params, ADAM_DEFAULTS, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames({ amsgrad }: Required<AdamOptions>): readonly string[] {
    const names = ["step", "exp_avg", "exp_avg_sq"];
    return amsgrad ? [...names, "max_exp_avg_sq"] : names;
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<AdamOptions>): void {
    adamUpdate(update, group, gradientOperands(update, group));
  }
}

/**
 * Makes one step of Adam for one parameter.
 *
 * @param d the operands of the effective gradient
 * @param keep the share of the parameter that is left before it moves
 */
export function adamUpdate(
  { parameter: p, tensors, step }: Update,
  { lr, betas: [beta1, beta2], eps, amsgrad }: Required<AdamOptions>,
  d: GradientOperands,
  keep = 1,
): void {
  const { exp_avg: m, exp_avg_sq: v, max_exp_avg_sq: w } = tensors;
  // The means start at 0; in step t they are too small by 1 - βᵗ.
  const rate = lr / (1 - pow(beta1, step));
  const correction = Math.sqrt(1 - pow(beta2, step));
  assign(
    runningMean(m, beta1, d),
    runningMeanSquare(v, beta2, d),
    ...amsgrad ? [[w, LARGEST, w, v] as const] : [],
    [p, MOVE, p, keep, m, rate, amsgrad ? w : v, correction, eps],
  );
}

/**
 * Lion: steps of one size in every coordinate.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, runningMean, type Update } from "./update.ts";

/** Options of {@link Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** Share of the mean that counts in a step, and share that is left after it; default `[0.9, 0.99]`. */
  betas?: readonly [number, number];
  /** Strength of the pull of parameters to 0, beside the gradient; default 0. */
  weightDecay?: number;
}

/** `p ← keep · p - lr · sign(β₁ · m + (1 - β₁) · d)` */
const MOVE = new Formula("Lion", 10, (k, [p, keep, lr, m, beta, rest, ...d]) => {
  const direction = k.sign(k.add(k.mul(beta, m), k.mul(rest, effective(k, d))));
  return k.sub(k.mul(keep, p), k.mul(lr, direction));
});

/**
 * Lion (Chen et al., 2023, algorithm 2): https://arxiv.org/abs/2302.06675
 *
 * With the gradient `g`, each step computes
 * ```text
 * d = ±g
 * p = (1 - lr · weightDecay) · p - lr · sign(β₁ · m + (1 - β₁) · d)
 * m = β₂ · m + (1 - β₂) · d
 * ```
 * The paper advises a learning rate 3 to 10 times smaller than that of AdamW, and a weight decay as
 * many times larger. PyTorch has no Lion; names and layout are those of its Adam.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Lion } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4, -100], { requiresGrad: true });
 * const optimizer = new Lion([x], { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.toArray(), [3.5, -99.5]);
 * ```
 */
export class Lion extends Optimizer<LionOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link LionOptions}; the default of `lr` is 0.0001
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<LionOptions>, options: LionOptions = {}) {
    checkArguments("make Lion", arguments, 2);
    super(params, {
      lr: 1e-4,
      betas: [0.9, 0.99],
      weightDecay: 0,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["exp_avg"];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<LionOptions>): void {
    const { parameter: p, tensors: { exp_avg: m } } = update;
    const { lr, betas: [beta1, beta2], weightDecay, maximize } = group;
    const d = gradientOperands(update, { weightDecay: 0, maximize });
    assign(
      [p, MOVE, p, 1 - lr * weightDecay, lr, m, beta1, 1 - beta1, ...d],
      runningMean(m, beta2, d),
    );
  }
}

/**
 * Adagrad: steps that shrink where gradients have been large.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, type Update } from "./update.ts";

/** Options of {@link Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** Decay of the learning rate; default 0. */
  lrDecay?: number;
  /** Factor of the penalty `½ · weightDecay · ‖p‖²`; default 0. */
  weightDecay?: number;
  /** Initial value of the sum of squares; default 0. */
  initialAccumulatorValue?: number;
  /** Added to the denominator; default 1e-10. */
  eps?: number;
}

/** `s ← s + d²` */
const ACCUMULATE = new Formula("the sum of Adagrad", 5, (k, [s, ...operands]) => {
  const d = effective(k, operands);
  return k.add(s, k.mul(d, d));
});

/** `p ← p - rate · d / (√s + ε)` */
const MOVE = new Formula(
  "Adagrad",
  8,
  (k, [p, rate, s, eps, ...d]) =>
    k.sub(p, k.div(k.mul(rate, effective(k, d)), k.add(k.sqrt(s), eps))),
);

/**
 * Adagrad (Duchi et al., 2011).
 *
 * With the gradient `g`, step number `t` computes
 * ```text
 * d = ±g + weightDecay · p
 * s = s + d²
 * p = p - lr / (1 + (t - 1) · lrDecay) · d / (√s + ε)
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Adagrad } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new Adagrad([x], { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 3.5);
 * ```
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link AdagradOptions}; the default of `lr` is 0.01
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<AdagradOptions>, options: AdagradOptions = {}) {
    checkArguments("make Adagrad", arguments, 2);
    super(params, {
      lr: 0.01,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "sum"];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<AdagradOptions>): void {
    const { parameter: p, tensors: { sum: s }, step } = update;
    const { lr, lrDecay, initialAccumulatorValue, eps } = group;
    const d = gradientOperands(update, group);
    assign(
      [s, ACCUMULATE, step === 1 ? initialAccumulatorValue : s, ...d],
      [p, MOVE, p, lr / (1 + (step - 1) * lrDecay), s, eps, ...d],
    );
  }
}

/**
 * RMSprop: steps scaled by the running size of the gradient.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { faultsIn, fraction } from "./constraints.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import {
  assign,
  effective,
  gradientOperands,
  plusMultiple,
  runningMean,
  runningMeanSquare,
  type Update,
} from "./update.ts";

/** Options of {@link RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** Share of the mean square that is left after a step; default 0.99. */
  alpha?: number;
  /** Added to the denominator; default 1e-8. */
  eps?: number;
  /** Factor of the penalty `½ · weightDecay · ‖p‖²`; default 0. */
  weightDecay?: number;
  /** Share of the velocity that is left after a step; default 0. */
  momentum?: number;
  /** Divide by the deviation from the mean gradient; default false. */
  centered?: boolean;
}

/** `b ← momentum · b + scale · d / (√(s - a²) + ε)` */
const ADVANCE = new Formula(
  "RMSprop",
  10,
  (k, [b, momentum, scale, s, a, eps, ...d]) => {
    const deviation = k.add(k.sqrt(k.sub(s, k.mul(a, a))), eps);
    return k.add(k.mul(momentum, b), k.div(k.mul(scale, effective(k, d)), deviation));
  },
);

/**
 * RMSprop (Hinton, 2012; centered: Graves, 2013).
 *
 * With the gradient `g`, each step computes
 * ```text
 * d = ±g + weightDecay · p
 * s = α · s + (1 - α) · d²
 * a = α · a + (1 - α) · d                         (centered; otherwise a = 0)
 * b = momentum · b + d / (√(s - a²) + ε)
 * p = p - lr · b
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { RMSprop } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new RMSprop([x], { lr: 0.25, alpha: 0.75 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 4 - 0.25 * 8 / Math.sqrt(0.25 * 8 * 8));
 * ```
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link RMSpropOptions}; the default of `lr` is 0.01
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<RMSpropOptions>, options: RMSpropOptions = {}) {
    checkArguments("make RMSprop", arguments, 2);
    super(params, {
      lr: 0.01,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(group: Required<RMSpropOptions>): readonly string[] {
    const names = ["step", "square_avg"];
    if (group.momentum > 0) names.push("momentum_buffer");
    if (group.centered) names.push("grad_avg");
    return names;
  }

  /** See {@link Optimizer}. */
  protected override faults(h: Required<RMSpropOptions>): string[] {
    return [...super.faults(h), ...faultsIn(h, { alpha: fraction })];
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<RMSpropOptions>): void {
    const { parameter: p, tensors } = update;
    const { lr, alpha, eps, momentum, centered } = group;
    const { square_avg: s, momentum_buffer: b, grad_avg: a } = tensors;
    const d = gradientOperands(update, group);
    const mean = centered ? a : 0;
    const changes = [runningMeanSquare(s, alpha, d)];
    if (centered) changes.push(runningMean(a, alpha, d));
    // Without momentum there is no b to keep: the parameter advances itself.
    if (momentum === 0) changes.push([p, ADVANCE, p, 1, -lr, s, mean, eps, ...d]);
    else changes.push([b, ADVANCE, b, momentum, 1, s, mean, eps, ...d], plusMultiple(p, -lr, b));
    assign(...changes);
  }
}

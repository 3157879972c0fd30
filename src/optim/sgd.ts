/**
 * Stochastic gradient descent.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import { Formula } from "../kernels/formula.ts";
import { faultsIn, finite, nonNegative } from "./constraints.ts";
import { Optimizer } from "./optimizer.ts";
import type { OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, effective, gradientOperands, plusMultiple, type Update } from "./update.ts";

/** Options of {@link SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** Share of the velocity that is left after a step; default 0. */
  momentum?: number;
  /** Share of the gradient that the velocity does not take up; default 0. */
  dampening?: number;
  /** Factor of the penalty `½ · weightDecay · ‖p‖²`; default 0. */
  weightDecay?: number;
  /** Follow the velocity that the next step will have, as far as it is known; default false. */
  nesterov?: boolean;
}

/** `p ← p - lr · d` */
const DESCEND = new Formula(
  "SGD",
  6,
  (k, [p, lr, ...d]) => k.sub(p, k.mul(lr, effective(k, d))),
);

/** `v ← momentum · v + gain · d` */
const ACCELERATE = new Formula(
  "the velocity of SGD",
  7,
  (k, [v, momentum, gain, ...d]) => k.add(k.mul(momentum, v), k.mul(gain, effective(k, d))),
);

/** `p ← p - lr · (d + momentum · v)` */
const LOOK_AHEAD = new Formula(
  "SGD with Nesterov's momentum",
  8,
  (k, [p, lr, v, momentum, ...d]) =>
    k.sub(p, k.mul(lr, k.add(effective(k, d), k.mul(momentum, v)))),
);

/**
 * Stochastic gradient descent, with momentum if asked for.
 *
 * With the gradient `g`, each step computes
 * ```text
 * d = ±g + weightDecay · p
 * v = momentum · v + (1 - dampening) · d          (v = d in the first step)
 * p = p - lr · v                                  (Nesterov: p - lr · (d + momentum · v))
 * ```
 * Parameters without a gradient are left alone: their velocity does not decay either.
 *
 * As PyTorch's, which differs from Sutskever et al. (2013) in that `lr` scales the velocity when it
 * is used, not when it is built up. See https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new SGD([x], { lr: 0.25 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 4 - 0.25 * 8);
 * ```
 */
export class SGD extends Optimizer<SGDOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link SGDOptions}; the default of `lr` is 0.001
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<SGDOptions>, options: SGDOptions = {}) {
    checkArguments("make SGD", arguments, 2);
    super(params, {
      lr: 1e-3,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames({ momentum }: Required<SGDOptions>): readonly string[] {
    return momentum === 0 ? [] : ["momentum_buffer"];
  }

  /** See {@link Optimizer}. */
  protected override faults(h: Required<SGDOptions>): string[] {
    const faults = faultsIn(h, {
      lr: nonNegative,
      momentum: nonNegative,
      dampening: finite,
      weightDecay: nonNegative,
    });
    if (h.nesterov && (h.momentum === 0 || h.dampening !== 0)) {
      faults.push(
        `nesterov needs momentum above 0 and no dampening, and they are ${h.momentum} and ` +
          `${h.dampening}`,
      );
    }
    return faults;
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<SGDOptions>): void {
    const { parameter: p, tensors } = update;
    const { lr, momentum, dampening, nesterov } = group;
    const d = gradientOperands(update, group);
    if (momentum === 0) return assign([p, DESCEND, p, lr, ...d]);
    const v = tensors.momentum_buffer;
    // Nothing was ever written to the velocity before the first step, which takes up all of d.
    const gain = v.version === 0 ? 1 : 1 - dampening;
    assign(
      [v, ACCELERATE, v, momentum, gain, ...d],
      nesterov ? [p, LOOK_AHEAD, p, lr, v, momentum, ...d] : plusMultiple(p, -lr, v),
    );
  }
}

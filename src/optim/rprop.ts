/**
 * Rprop: steps by the sign of the gradient.
 *
 * @module
 */

import { checkArguments } from "../checks.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { Formula } from "../kernels/formula.ts";
import { faultsIn, positive } from "./constraints.ts";
import { Optimizer } from "./optimizer.ts";
import type { Hyperparameters, OptimizerOptions, ParameterSource } from "./parameter_groups.ts";
import { assign, type Update } from "./update.ts";

/** Options of {@link Rprop}. */
export interface RpropOptions extends OptimizerOptions {
  /** Factors of a step whose gradient has changed its sign, and has kept it; default [0.5, 1.2]. */
  etas?: readonly [number, number];
  /** The smallest and the largest step; default [1e-6, 50]. */
  stepSizes?: readonly [number, number];
}

/** Chooses by the sign of `g · previous`: below, at or above 0. */
function bySign<T>(
  k: Arithmetic<T>,
  g: Operand<T>,
  previous: Operand<T>,
  [below, at, above]: readonly Operand<T>[],
): T {
  const sign = k.mul(g, previous);
  return k.where(k.lt(sign, 0), below, k.where(k.lt(0, sign), above, at));
}

/** `s ← min(max(s · η, least), most)` */
const STEP_SIZE = new Formula(
  "the step size of Rprop",
  8,
  (k, [s, g, sign, previous, ...rest]) => {
    const [less, more, least, most] = rest;
    const factor = bySign(k, k.mul(sign, g), previous, [less, 1, more]);
    return k.minimum(k.maximum(k.mul(s, factor), least), most);
  },
);

/** The gradient, or 0 where its sign has changed. */
const KEPT = new Formula("the gradient of Rprop", 3, (k, [g, sign, previous]) => {
  const signed = k.mul(sign, g);
  return bySign(k, signed, previous, [0, signed, signed]);
});

/** `p ← p − s · sign d` */
const MOVE = new Formula("Rprop", 3, (k, [p, s, d]) => k.sub(p, k.mul(s, k.sign(d))));

/**
 * Rprop (Riedmiller and Braun, 1993), for whole data sets: each number has a step size of its own,
 * which grows while the gradient keeps its sign and shrinks when it changes.
 *
 * With the gradient `g` and the one before, `g′`, an update computes
 * ```text
 * s = clamp(s · (etas[1] if g g′ > 0, etas[0] if g g′ < 0, else 1), …stepSizes)
 * g = 0 where g g′ < 0
 * p = p - s · sign g
 * ```
 * See https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Rprop } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new Rprop([x], { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), 3.5);
 * ```
 */
export class Rprop extends Optimizer<RpropOptions> {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link RpropOptions}; `lr`, the first step size, is 0.01 by default
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<RpropOptions>, options: RpropOptions = {}) {
    checkArguments("make Rprop", arguments, 2);
    super(params, {
      lr: 0.01,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      maximize: false,
    }, options);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return ["step", "prev", "step_size"];
  }

  /** See {@link Optimizer}. */
  protected override faults({ lr, etas, stepSizes }: Hyperparameters<RpropOptions>): string[] {
    const faults = faultsIn({ lr }, { lr: positive });
    if (!(etas?.length === 2 && 0 < etas[0] && etas[0] < 1 && 1 < etas[1] && etas[1] < Infinity)) {
      faults.push(`etas are [${etas}], and must lie below and above 1`);
    }
    if (!(stepSizes?.length === 2 && 0 < stepSizes[0] && stepSizes[0] <= stepSizes[1])) {
      faults.push(`stepSizes are [${stepSizes}], and must be above 0 and rise`);
    }
    return faults;
  }

  /** See {@link Optimizer}. */
  protected override update(update: Update, group: Required<RpropOptions>): void {
    const { parameter: p, gradient: g, tensors: { prev, step_size: s }, step } = update;
    const { lr, etas, stepSizes, maximize } = group;
    const sign = maximize ? -1 : 1;
    assign(
      [s, STEP_SIZE, step === 1 ? lr : s, g, sign, prev, ...etas, ...stepSizes],
      [prev, KEPT, g, sign, prev],
      [p, MOVE, p, s, prev],
    );
  }
}

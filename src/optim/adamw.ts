/**
 * Adam with weight decay beside the gradient.
 *
 * @module
 */

import { checkArguments, readOptions } from "../checks.ts";
import { Adam, ADAM_DEFAULTS, type AdamOptions, adamUpdate } from "./adam.ts";
import type { ParameterSource } from "./parameter_groups.ts";
import { gradientOperands, type Update } from "./update.ts";

/**
 * AdamW (Loshchilov and Hutter, 2019): {@link Adam}, but weight decay does not pass through the
 * means. Before each step of Adam without decay,
 * ```text
 * p = p - lr · weightDecay · p
 * ```
 * so that every weight decays at the same pace. See
 * https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AdamW } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new AdamW([x], { lr: 0.5, weightDecay: 0.25 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.item(), (1 - 0.5 * 0.25) * 4 - 0.5);
 * ```
 */
export class AdamW extends Adam {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link AdamOptions}; the default of `weightDecay` is 0.01 here
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<AdamOptions>, options: AdamOptions = {}) {
    checkArguments("make AdamW", arguments, 2);
    super(params, readOptions("make AdamW", options, { ...ADAM_DEFAULTS, weightDecay: 0.01 }));
  }

  /** See {@link Adam}. */
  protected override update(update: Update, group: Required<AdamOptions>): void {
    const { lr, weightDecay, maximize } = group;
    const d = gradientOperands(update, { weightDecay: 0, maximize });
    adamUpdate(update, group, d, 1 - lr * weightDecay);
  }
}

/**
 * Adam with weight decay beside the gradient.
 *
 * @module
 */

import { Adam, type AdamHyperparameters, type AdamOptions, adamUpdate } from "./adam.ts";
import { directionOf } from "./update.ts";
import type { Update } from "./optimizer.ts";
import type { ParameterSource } from "./parameter_groups.ts";

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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([4], { requiresGrad: true });
 * const optimizer = new AdamW([x], { lr: 0.5, weightDecay: 0.25 });
 * x.square().sum().backward();
 * optimizer.step();
 * assert.equal(x.item(), (1 - 0.5 * 0.25) * 4 - 0.5);
 * ```
 */
export class AdamW extends Adam {
  /**
   * Makes the optimizer.
   *
   * @param params parameters, or groups of them with options of their own
   * @param options see {@link AdamHyperparameters}; the default of `weightDecay` is 0.01 here
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<AdamHyperparameters>, options: AdamOptions = {}) {
    const { weightDecay = 0.01 } = options;
    super(params, { ...options, weightDecay });
  }

  /** See {@link Adam}. */
  protected override update(update: Update, group: AdamHyperparameters): void {
    const { lr, weightDecay, maximize } = group;
    const direction = directionOf(update, { weightDecay: 0, maximize });
    adamUpdate(update, group, { direction, keep: 1 - lr * weightDecay });
  }
}

/**
 * Schedules that let the learning rate fall along a cosine, once or again and again.
 *
 * @module
 */

import { checkArguments, readOptions, REQUIRED } from "../../checks.ts";
import { cos } from "../../math/mod.ts";
import { faultsIn, finite, positiveInteger } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

/** Options of {@link CosineAnnealingLR}. */
export interface CosineAnnealingLROptions {
  /** Number of epochs until the rate is least. */
  readonly tMax: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/**
 * Lets the learning rate fall along half a cosine: `etaMin + (lr - etaMin) · (1 + cos(π t / tMax)) / 2`.
 *
 * After `tMax` epochs it rises again, as PyTorch's does. From Loshchilov and Hutter (2017), without
 * restarts. See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineAnnealingLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0.5 });
 * for (let epoch = 0; epoch < 4; epoch++) scheduler.step();
 * assertEquals(scheduler.getLastLr(), [0.5]);
 * ```
 */
export class CosineAnnealingLR extends LRScheduler<Required<CosineAnnealingLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options how long the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: CosineAnnealingLROptions) {
    checkArguments("make CosineAnnealingLR", arguments, 2);
    const known = { tMax: REQUIRED, etaMin: 0 };
    super(optimizer, readOptions("make CosineAnnealingLR", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<CosineAnnealingLROptions>): string[] {
    return faultsIn(options, { tMax: positiveInteger, etaMin: finite });
  }

  /** See {@link LRScheduler}. */
  protected override floor({ etaMin }: Required<CosineAnnealingLROptions>): number {
    return etaMin;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { tMax, etaMin }: Required<CosineAnnealingLROptions>,
  ): number {
    return etaMin + (base - etaMin) * (1 + cos(Math.PI * epoch / tMax)) / 2;
  }
}

/** Options of {@link CosineAnnealingWarmRestarts}. */
export interface CosineAnnealingWarmRestartsOptions {
  /** Number of epochs until the first restart. */
  readonly t0: number;
  /** Factor of each period to the one before, a whole number; default 1. */
  readonly tMult?: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/**
 * Lets the learning rate fall along half a cosine, jump back, and fall again:
 * `etaMin + (lr - etaMin) · (1 + cos(π t / T)) / 2`, where `t` counts from the last restart and the
 * periods `T` are `t0`, `t0 · tMult`, `t0 · tMult²`, …
 *
 * From Loshchilov and Hutter (2017). It sets its rates whatever other schedules did. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineAnnealingWarmRestarts, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 2, tMult: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return Number(optimizer.paramGroups[0].lr.toFixed(3));
 * });
 * assertEquals(rates, [0.5, 1, 0.854, 0.5]);
 * ```
 */
export class CosineAnnealingWarmRestarts
  extends LRScheduler<Required<CosineAnnealingWarmRestartsOptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options how long the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    checkArguments("make CosineAnnealingWarmRestarts", arguments, 2);
    const known = { t0: REQUIRED, tMult: 1, etaMin: 0 };
    super(optimizer, readOptions("make CosineAnnealingWarmRestarts", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<CosineAnnealingWarmRestartsOptions>): string[] {
    return faultsIn(options, { t0: positiveInteger, tMult: positiveInteger, etaMin: finite });
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { t0, tMult, etaMin }: Required<CosineAnnealingWarmRestartsOptions>,
  ): number {
    let period = t0;
    let since = tMult === 1 ? epoch % t0 : epoch;
    while (since >= period) {
      since -= period;
      period *= tMult;
    }
    return etaMin + (base - etaMin) * (1 + cos(Math.PI * since / period)) / 2;
  }
}

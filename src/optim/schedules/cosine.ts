/**
 * Schedules that let the learning rate fall along a cosine, once or again and again.
 *
 * @module
 */

import { cos } from "../../math/mod.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import { unlessEpochs, unlessFinite } from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link CosineAnnealingLR}. */
export interface CosineAnnealingLROptions {
  /** Number of epochs until the rate is least. */
  readonly tMax: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/** Settings of {@link CosineAnnealingLR}. */
export type CosineAnnealingLRSettings = { readonly T_max: number; readonly eta_min: number };

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
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0.5 });
 * for (let epoch = 0; epoch < 4; epoch++) scheduler.step();
 * assert.deepEqual(scheduler.getLastLr(), [0.5]);
 * ```
 */
export class CosineAnnealingLR extends LRScheduler<CosineAnnealingLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options how long the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { tMax, etaMin = 0 }: CosineAnnealingLROptions) {
    super(optimizer, { T_max: tMax, eta_min: etaMin });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: CosineAnnealingLRSettings): string[] {
    return [...unlessEpochs("tMax", settings.T_max), ...unlessFinite("etaMin", settings.eta_min)];
  }

  /** See {@link LRScheduler}. */
  protected override floor({ eta_min: least }: CosineAnnealingLRSettings): number {
    return least;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { T_max: period, eta_min: least }: CosineAnnealingLRSettings,
  ): number {
    return least + (base - least) * (1 + cos(Math.PI * epoch / period)) / 2;
  }
}

/** Options of {@link CosineAnnealingWarmRestarts}. */
export interface CosineAnnealingWarmRestartsOptions {
  /** Number of epochs until the first restart. */
  readonly t0: number;
  /** How many times longer each period is than the one before, a whole number; default 1. */
  readonly tMult?: number;
  /** The least rate; default 0. */
  readonly etaMin?: number;
}

/** Settings of {@link CosineAnnealingWarmRestarts}. */
export type CosineAnnealingWarmRestartsSettings = {
  readonly T_0: number;
  readonly T_mult: number;
  readonly eta_min: number;
};

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
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new CosineAnnealingWarmRestarts(optimizer, { t0: 2, tMult: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return Number(optimizer.paramGroups[0].lr.toFixed(3));
 * });
 * assert.deepEqual(rates, [0.5, 1, 0.854, 0.5]);
 * ```
 */
export class CosineAnnealingWarmRestarts extends LRScheduler<CosineAnnealingWarmRestartsSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options how long the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: CosineAnnealingWarmRestartsOptions) {
    const { t0, tMult = 1, etaMin = 0 } = options;
    super(optimizer, { T_0: t0, T_mult: tMult, eta_min: etaMin });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: CosineAnnealingWarmRestartsSettings): string[] {
    const { T_0: first, T_mult: factor, eta_min: least } = settings;
    const faults = unlessEpochs("t0", first);
    if (!Number.isSafeInteger(factor) || factor < 1) {
      faults.push(`tMult is ${factor}, and must be a whole number, 1 or more`);
    }
    return [...faults, ...unlessFinite("etaMin", least)];
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { T_0: first, T_mult: factor, eta_min: least }: CosineAnnealingWarmRestartsSettings,
  ): number {
    let period = first;
    let since = factor === 1 ? epoch % first : epoch;
    while (since >= period) {
      since -= period;
      period *= factor;
    }
    return least + (base - least) * (1 + cos(Math.PI * since / period)) / 2;
  }
}

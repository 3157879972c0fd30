/**
 * Schedules that reach their last rate after some epochs, and stay there.
 *
 * @module
 */

import { pow } from "../../math/mod.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import { unlessEpochs, unlessPositive, unlessShare } from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link ConstantLR}. */
export interface ConstantLROptions {
  /** Factor of the rate in the first epochs, from 0 to 1; default 1/3. */
  readonly factor?: number;
  /** Number of these epochs; default 5. */
  readonly totalIters?: number;
}

/** Settings of {@link ConstantLR}. */
export type ConstantLRSettings = { readonly factor: number; readonly total_iters: number };

/**
 * Multiplies the learning rate by `factor` in the first `totalIters` epochs.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ConstantLR(optimizer, { factor: 0.25, totalIters: 1 });
 * assert.equal(optimizer.paramGroups[0].lr, 0.25);
 * scheduler.step();
 * assert.equal(optimizer.paramGroups[0].lr, 1);
 * ```
 */
export class ConstantLR extends LRScheduler<ConstantLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options the factor, and how long it counts
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { factor = 1 / 3, totalIters = 5 }: ConstantLROptions = {}) {
    super(optimizer, { factor, total_iters: totalIters });
  }

  /** See {@link LRScheduler}. */
  protected override faults({ factor, total_iters: total }: ConstantLRSettings): string[] {
    return [...unlessShare("factor", factor), ...unlessEpochs("totalIters", total)];
  }

  /** See {@link LRScheduler}. */
  protected override rate({ base, epoch }: ScheduledGroup, settings: ConstantLRSettings): number {
    return epoch < settings.total_iters ? base * settings.factor : base;
  }
}

/** Options of {@link LinearLR}. */
export interface LinearLROptions {
  /** Factor of the rate in the first epoch, above 0 and up to 1; default 1/3. */
  readonly startFactor?: number;
  /** Factor of the rate at the end, from 0 to 1; default 1. */
  readonly endFactor?: number;
  /** Number of epochs until the end; default 5. */
  readonly totalIters?: number;
}

/** Settings of {@link LinearLR}. */
export type LinearLRSettings = {
  readonly start_factor: number;
  readonly end_factor: number;
  readonly total_iters: number;
};

/**
 * Changes the factor of the learning rate linearly, from `startFactor` to `endFactor`, in
 * `totalIters` epochs.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LinearLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assert.deepEqual(rates, [0.5, 0.75, 1, 1]);
 * ```
 */
export class LinearLR extends LRScheduler<LinearLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options from where to where the factor goes, and how fast
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    super(optimizer, {
      start_factor: startFactor,
      end_factor: endFactor,
      total_iters: totalIters,
    });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: LinearLRSettings): string[] {
    const { start_factor: start, end_factor: end, total_iters: total } = settings;
    return [
      ...unlessShare("startFactor", start),
      ...(start === 0 ? ["startFactor is 0, and must be above"] : []),
      ...unlessShare("endFactor", end),
      ...unlessEpochs("totalIters", total),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { start_factor: start, end_factor: end, total_iters: total }: LinearLRSettings,
  ): number {
    return base * (start + (end - start) * Math.min(epoch, total) / total);
  }
}

/** Options of {@link PolynomialLR}. */
export interface PolynomialLROptions {
  /** Number of epochs until the rate is 0; default 5. */
  readonly totalIters?: number;
  /** Degree of the polynomial; default 1. */
  readonly power?: number;
}

/** Settings of {@link PolynomialLR}. */
export type PolynomialLRSettings = { readonly total_iters: number; readonly power: number };

/**
 * Lets the learning rate fall to 0 in `totalIters` epochs: `lr · (1 - t / totalIters)^power`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PolynomialLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 2, power: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assert.deepEqual(rates, [1, 0.25, 0, 0]);
 * ```
 */
export class PolynomialLR extends LRScheduler<PolynomialLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options how long the rate falls, and along which curve
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { totalIters = 5, power = 1 }: PolynomialLROptions = {}) {
    super(optimizer, { total_iters: totalIters, power });
  }

  /** See {@link LRScheduler}. */
  protected override faults({ total_iters: total, power }: PolynomialLRSettings): string[] {
    return [...unlessEpochs("totalIters", total), ...unlessPositive("power", power)];
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { total_iters: total, power }: PolynomialLRSettings,
  ): number {
    return base * pow(1 - Math.min(epoch, total) / total, power);
  }
}

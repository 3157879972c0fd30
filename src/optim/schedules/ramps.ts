/**
 * Schedules that reach their last rate after some epochs, and stay there.
 *
 * @module
 */

import { checkArguments, readOptions } from "../../checks.ts";
import { pow } from "../../math/mod.ts";
import { faultsIn, positive, positiveInteger, unitInterval } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

/** Options of {@link ConstantLR}. */
export interface ConstantLROptions {
  /** Factor of the rate in the first epochs, from 0 to 1; default 1/3. */
  readonly factor?: number;
  /** Number of these epochs; default 5. */
  readonly totalIters?: number;
}

/**
 * Multiplies the learning rate by `factor` in the first `totalIters` epochs.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ConstantLR(optimizer, { factor: 0.25, totalIters: 1 });
 * assertEquals(optimizer.paramGroups[0].lr, 0.25);
 * scheduler.step();
 * assertEquals(optimizer.paramGroups[0].lr, 1);
 * ```
 */
export class ConstantLR extends LRScheduler<Required<ConstantLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the factor, and how long it counts
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: ConstantLROptions = {}) {
    checkArguments("make ConstantLR", arguments, 2);
    super(optimizer, readOptions("make ConstantLR", options, { factor: 1 / 3, totalIters: 5 }));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<ConstantLROptions>): string[] {
    return faultsIn(options, { factor: unitInterval, totalIters: positiveInteger });
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { factor, totalIters }: Required<ConstantLROptions>,
  ): number {
    return epoch < totalIters ? base * factor : base;
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
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assertEquals(rates, [0.5, 0.75, 1, 1]);
 * ```
 */
export class LinearLR extends LRScheduler<Required<LinearLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options from where to where the factor goes, and how fast
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: LinearLROptions = {}) {
    checkArguments("make LinearLR", arguments, 2);
    const known = { startFactor: 1 / 3, endFactor: 1, totalIters: 5 };
    super(optimizer, readOptions("make LinearLR", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<LinearLROptions>): string[] {
    return [
      ...faultsIn(options, {
        startFactor: unitInterval,
        endFactor: unitInterval,
        totalIters: positiveInteger,
      }),
      ...(options.startFactor === 0 ? ["startFactor is 0, and must be above"] : []),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { startFactor: start, endFactor: end, totalIters }: Required<LinearLROptions>,
  ): number {
    return base * (start + (end - start) * Math.min(epoch, totalIters) / totalIters);
  }
}

/** Options of {@link PolynomialLR}. */
export interface PolynomialLROptions {
  /** Number of epochs until the rate is 0; default 5. */
  readonly totalIters?: number;
  /** Degree of the polynomial; default 1. */
  readonly power?: number;
}

/**
 * Lets the learning rate fall to 0 in `totalIters` epochs: `lr · (1 - t / totalIters)^power`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PolynomialLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new PolynomialLR(optimizer, { totalIters: 2, power: 2 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assertEquals(rates, [1, 0.25, 0, 0]);
 * ```
 */
export class PolynomialLR extends LRScheduler<Required<PolynomialLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options how long the rate falls, and along which curve
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: PolynomialLROptions = {}) {
    checkArguments("make PolynomialLR", arguments, 2);
    super(optimizer, readOptions("make PolynomialLR", options, { totalIters: 5, power: 1 }));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<PolynomialLROptions>): string[] {
    return faultsIn(options, { totalIters: positiveInteger, power: positive });
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { totalIters, power }: Required<PolynomialLROptions>,
  ): number {
    return base * pow(1 - Math.min(epoch, totalIters) / totalIters, power);
  }
}

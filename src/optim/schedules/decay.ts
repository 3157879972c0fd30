/**
 * Schedules that let the learning rate fall by a factor, now and then or all the time.
 *
 * @module
 */

import { checkArguments, readOptions, REQUIRED } from "../../checks.ts";
import { pow } from "../../math/mod.ts";
import { faultsIn, finite, listOf, nonNegativeInteger, positiveInteger } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

/** Options of {@link StepLR}. */
export interface StepLROptions {
  /** Number of epochs between falls. */
  readonly stepSize: number;
  /** Factor of a fall; default 0.1. */
  readonly gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs: `lr · γ^⌊t / stepSize⌋`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SGD, StepLR } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return optimizer.paramGroups[0].lr;
 * });
 * assertEquals(rates, [1, 0.5, 0.5, 0.25]);
 * ```
 */
export class StepLR extends LRScheduler<Required<StepLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options when the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: StepLROptions) {
    checkArguments("make StepLR", arguments, 2);
    const known = { stepSize: REQUIRED, gamma: 0.1 };
    super(optimizer, readOptions("make StepLR", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<StepLROptions>): string[] {
    return faultsIn(options, { stepSize: positiveInteger, gamma: finite });
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { stepSize, gamma }: Required<StepLROptions>,
  ): number {
    return base * pow(gamma, Math.floor(epoch / stepSize));
  }
}

/** Options of {@link MultiStepLR}. */
export interface MultiStepLROptions {
  /** The epochs in which the rate falls, in rising order; one that is named twice falls twice. */
  readonly milestones: readonly number[];
  /** Factor of a fall; default 0.1. */
  readonly gamma?: number;
}

/**
 * Multiplies the learning rate by `gamma` in each of some epochs: `lr · γ^#{m ≤ t}`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiStepLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return optimizer.paramGroups[0].lr;
 * });
 * assertEquals(rates, [0.5, 0.5, 0.25, 0.25]);
 * ```
 */
export class MultiStepLR extends LRScheduler<Required<MultiStepLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options when the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: MultiStepLROptions) {
    checkArguments("make MultiStepLR", arguments, 2);
    const known = { milestones: REQUIRED, gamma: 0.1 };
    super(optimizer, readOptions("make MultiStepLR", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<MultiStepLROptions>): string[] {
    const { milestones } = options;
    const faults = faultsIn(options, { milestones: listOf(nonNegativeInteger), gamma: finite });
    if (faults.length > 0) return faults;
    const rise = milestones.every((epoch, i) => i === 0 || epoch >= milestones[i - 1]);
    return rise ? [] : [`milestones are [${milestones}], and must rise`];
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { milestones, gamma }: Required<MultiStepLROptions>,
  ): number {
    return base * pow(gamma, milestones.filter((milestone) => milestone <= epoch).length);
  }
}

/** Options of {@link ExponentialLR}. */
export interface ExponentialLROptions {
  /** Factor of each epoch. */
  readonly gamma: number;
}

/**
 * Multiplies the learning rate by `gamma` in every epoch: `lr · γᵗ`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * assertEquals(scheduler.getLastLr(), [0.125]);
 * ```
 */
export class ExponentialLR extends LRScheduler<ExponentialLROptions> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options how fast the rate falls
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: ExponentialLROptions) {
    checkArguments("make ExponentialLR", arguments, 2);
    super(optimizer, readOptions("make ExponentialLR", options, { gamma: REQUIRED }));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: ExponentialLROptions): string[] {
    return faultsIn(options, { gamma: finite });
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { gamma }: ExponentialLROptions,
  ): number {
    return base * pow(gamma, epoch);
  }
}

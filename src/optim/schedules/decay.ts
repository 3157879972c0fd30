/**
 * Schedules that let the learning rate fall by a factor, now and then or all the time.
 *
 * @module
 */

import { pow } from "../../math/mod.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import { unlessCount, unlessEpochs, unlessFinite } from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link StepLR}. */
export interface StepLROptions {
  /** Number of epochs between falls. */
  readonly stepSize: number;
  /** Factor of a fall; default 0.1. */
  readonly gamma?: number;
}

/** Settings of {@link StepLR}. */
export type StepLRSettings = { readonly step_size: number; readonly gamma: number };

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs: `lr · γ^⌊t / stepSize⌋`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SGD, StepLR } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return optimizer.paramGroups[0].lr;
 * });
 * assert.deepEqual(rates, [1, 0.5, 0.5, 0.25]);
 * ```
 */
export class StepLR extends LRScheduler<StepLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options when the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { stepSize, gamma = 0.1 }: StepLROptions) {
    super(optimizer, { step_size: stepSize, gamma });
  }

  /** See {@link LRScheduler}. */
  protected override faults({ step_size: stepSize, gamma }: StepLRSettings): string[] {
    return [...unlessEpochs("stepSize", stepSize), ...unlessFinite("gamma", gamma)];
  }

  /** See {@link LRScheduler}. */
  protected override rate({ base, epoch }: ScheduledGroup, settings: StepLRSettings): number {
    return base * pow(settings.gamma, Math.floor(epoch / settings.step_size));
  }
}

/** Options of {@link MultiStepLR}. */
export interface MultiStepLROptions {
  /** The epochs in which the rate falls, in rising order; one that is named twice falls twice. */
  readonly milestones: readonly number[];
  /** Factor of a fall; default 0.1. */
  readonly gamma?: number;
}

/** Settings of {@link MultiStepLR}. */
export type MultiStepLRSettings = {
  readonly milestones: readonly number[];
  readonly gamma: number;
};

/**
 * Multiplies the learning rate by `gamma` in each of some epochs: `lr · γ^#{m ≤ t}`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiStepLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new MultiStepLR(optimizer, { milestones: [1, 3], gamma: 0.5 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   scheduler.step();
 *   return optimizer.paramGroups[0].lr;
 * });
 * assert.deepEqual(rates, [0.5, 0.5, 0.25, 0.25]);
 * ```
 */
export class MultiStepLR extends LRScheduler<MultiStepLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options when the rate falls, and how far
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { milestones, gamma = 0.1 }: MultiStepLROptions) {
    super(optimizer, { milestones: [...milestones], gamma });
  }

  /** See {@link LRScheduler}. */
  protected override faults({ milestones, gamma }: MultiStepLRSettings): string[] {
    const faults = milestones.flatMap((epoch, i) => unlessCount(`milestones[${i}]`, epoch));
    if (milestones.some((epoch, i) => epoch < milestones[i - 1])) {
      faults.push(`milestones are [${milestones}], and must rise`);
    }
    return [...faults, ...unlessFinite("gamma", gamma)];
  }

  /** See {@link LRScheduler}. */
  protected override rate({ base, epoch }: ScheduledGroup, settings: MultiStepLRSettings): number {
    const { milestones, gamma } = settings;
    return base * pow(gamma, milestones.filter((milestone) => milestone <= epoch).length);
  }
}

/** Options of {@link ExponentialLR}. */
export interface ExponentialLROptions {
  /** Factor of each epoch. */
  readonly gamma: number;
}

/** Settings of {@link ExponentialLR}. */
export type ExponentialLRSettings = { readonly gamma: number };

/**
 * Multiplies the learning rate by `gamma` in every epoch: `lr · γᵗ`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * assert.deepEqual(scheduler.getLastLr(), [0.125]);
 * ```
 */
export class ExponentialLR extends LRScheduler<ExponentialLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options how fast the rate falls
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, { gamma }: ExponentialLROptions) {
    super(optimizer, { gamma });
  }

  /** See {@link LRScheduler}. */
  protected override faults({ gamma }: ExponentialLRSettings): string[] {
    return unlessFinite("gamma", gamma);
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { gamma }: ExponentialLRSettings,
  ): number {
    return base * pow(gamma, epoch);
  }
}

/**
 * Schedules of the learning rate.
 *
 * @module
 */

import { StateDictError, ValueError } from "../errors.ts";
import { cos, pow } from "../math/mod.ts";
import type { Optimizer } from "./optimizer.ts";
import { isObject, readValues, type SavedValues } from "./saved_values.ts";

/** The saved form of a schedule: its settings, and how far it is. */
export interface LRSchedulerState {
  /** Number of calls of `step`. */
  readonly last_epoch: number;
  /** The learning rate of each group from which the schedule computes. */
  readonly base_lrs: readonly number[];
  /** The settings, by PyTorch's names. */
  readonly [setting: string]: SavedValues[string];
}

/**
 * The base of all schedules: sets the learning rates of an optimizer, epoch by epoch.
 *
 * A schedule is a formula for the learning rate in epoch `t` (`rate`), and its settings. The rate
 * depends on nothing else, so it replaces what was written to a group by hand.
 *
 * @typeParam S the settings, by PyTorch's names
 */
export abstract class LRScheduler<S extends SavedValues = SavedValues> {
  /** The optimizer that it steers. Groups that were added later are left alone. */
  readonly optimizer: Optimizer;
  #settings: S;
  #baseLrs: readonly number[];
  #epoch = 0;

  /**
   * Makes the schedule, and sets the rates of epoch 0.
   *
   * @param optimizer what to steer; its learning rates are where the schedule starts, unless one has
   *   steered it before: then it starts there too
   * @param settings of the schedule
   * @throws {ValueError} if a setting makes no sense
   */
  constructor(optimizer: Optimizer, settings: S) {
    const faults = this.faults(settings);
    if (faults.length > 0) {
      throw new ValueError(`Cannot make ${this.constructor.name}: ${faults.join("; ")}`);
    }
    this.optimizer = optimizer;
    this.#settings = settings;
    this.#baseLrs = optimizer.paramGroups.map((group) => group.initialLr ??= group.lr);
    this.#setRates();
  }

  /** What is wrong with settings, a sentence each. */
  protected abstract faults(settings: S): string[];

  /** The learning rate in epoch `epoch` (0 is the first) of a group that starts at `base`. */
  protected abstract rate(base: number, epoch: number, settings: S): number;

  /** Number of calls of `step`. */
  get lastEpoch(): number {
    return this.#epoch;
  }

  /** Goes on to the next epoch: call it after the optimizer's steps of this one. */
  step(): void {
    this.#epoch++;
    this.#setRates();
  }

  /** The learning rate of each group, as the schedule has set it. */
  getLastLr(): number[] {
    return this.#baseLrs.map((base) => this.rate(base, this.#epoch, this.#settings));
  }

  #setRates(): void {
    this.getLastLr().forEach((lr, i) => this.optimizer.paramGroups[i].lr = lr);
  }

  /** What has to be saved to continue later. */
  stateDict(): LRSchedulerState {
    return { ...this.#settings, last_epoch: this.#epoch, base_lrs: [...this.#baseLrs] };
  }

  /**
   * Continues from a saved state: takes over settings and epoch, and sets the rates.
   *
   * @param state what `stateDict` returned
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   */
  loadStateDict(state: LRSchedulerState): void {
    const name = this.constructor.name;
    const faults: string[] = [];
    if (!isObject(state)) {
      throw new StateDictError(`Cannot load state into ${name}: it is no object`);
    }
    const others = ["last_epoch", "base_lrs"];
    const values = readValues(state, this.#settings, faults, { place: "the state", others });
    // `readValues` has checked that every value is of the kind of the setting.
    const settings = values as S;
    faults.push(...this.faults(settings));
    const { last_epoch: epoch, base_lrs: baseLrs } = state;
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      faults.push(`"last_epoch" is ${epoch}, and must be a whole number, 0 or more`);
    }
    const groups = this.#baseLrs.length;
    if (!Array.isArray(baseLrs) || baseLrs.length !== groups || !baseLrs.every(Number.isFinite)) {
      faults.push(`"base_lrs" is [${baseLrs}], expected ${groups} numbers, one for each group`);
    }
    if (faults.length > 0) {
      throw new StateDictError(`Cannot load state into ${name}: ${faults.join("; ")}`);
    }
    this.#settings = settings;
    this.#epoch = epoch;
    this.#baseLrs = [...baseLrs];
    this.#setRates();
  }
}

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
  protected override rate(base: number, epoch: number, settings: StepLRSettings): number {
    return base * pow(settings.gamma, Math.floor(epoch / settings.step_size));
  }
}

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
  protected override rate(
    base: number,
    epoch: number,
    { T_max: period, eta_min: least }: CosineAnnealingLRSettings,
  ): number {
    return least + (base - least) * (1 + cos(Math.PI * epoch / period)) / 2;
  }
}

function unlessEpochs(name: string, value: number): string[] {
  if (Number.isSafeInteger(value) && value > 0) return [];
  return [`${name} is ${value}, and must be a whole number of epochs, 1 or more`];
}

function unlessFinite(name: string, value: number): string[] {
  return Number.isFinite(value) ? [] : [`${name} is ${value}, and must be a finite number`];
}

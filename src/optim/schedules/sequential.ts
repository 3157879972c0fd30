/**
 * Schedules one after the other.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions, REQUIRED } from "../../checks.ts";
import { StateDictError, ValueError } from "../../errors.ts";
import { faultsIn, listOf, nonNegativeInteger, positiveInteger } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { isObject } from "../state_dict.ts";
import type { LRScheduler, LRSchedulerState } from "./lr_scheduler.ts";

/** Options of {@link SequentialLR}. */
export interface SequentialLROptions {
  /** The schedules, all made for the same optimizer. */
  readonly schedulers: readonly LRScheduler[];
  /** The epochs in which the second, third, … begin, in rising order. */
  readonly milestones: readonly number[];
}

/** The saved form of {@link SequentialLR}, by PyTorch's names. */
export interface SequentialLRState {
  /** Number of calls of `step`. */
  readonly last_epoch: number;
  /** The epochs in which the second, third, … schedule begin. */
  readonly _milestones: readonly number[];
  /** The saved forms of the schedules. */
  readonly _schedulers: readonly LRSchedulerState[];
}

/**
 * Runs schedules one after the other: each begins at its milestone, as if that were epoch 0, from
 * the rates at which the groups started.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantLR, ExponentialLR, SequentialLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const warmUp = new ConstantLR(optimizer, { factor: 0.125, totalIters: 2 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
 * const scheduler = new SequentialLR(optimizer, { schedulers: [warmUp, decay], milestones: [2] });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assertEquals(rates, [0.125, 0.125, 1, 0.5]);
 * ```
 */
export class SequentialLR {
  /** The optimizer whose rates are set. */
  readonly optimizer: Optimizer;
  readonly #schedulers: readonly LRScheduler[];
  #milestones: readonly number[];
  #epoch = 0;

  /**
   * Makes the schedule, and begins the first one.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the schedules, and when they begin
   * @throws {ValueError} if there is not one milestone between each two schedules, or a schedule is
   *   for another optimizer
   */
  constructor(optimizer: Optimizer, options: SequentialLROptions) {
    checkArguments("make SequentialLR", arguments, 2);
    const known = { schedulers: REQUIRED, milestones: REQUIRED };
    const { schedulers, milestones } = readOptions("make SequentialLR", options, known);
    if (!Array.isArray(schedulers)) {
      throw new ValueError("Cannot make SequentialLR: schedulers must be a list of schedules");
    }
    const faults = milestoneFaults(milestones, schedulers.length);
    schedulers.forEach((scheduler, i) => {
      if (scheduler?.optimizer !== optimizer) {
        faults.push(`schedulers[${i}] is for another optimizer`);
      }
    });
    if (faults.length > 0) throw new ValueError(`Cannot make SequentialLR: ${faults.join("; ")}`);
    this.optimizer = optimizer;
    this.#schedulers = [...schedulers];
    this.#milestones = [...milestones];
    schedulers[0].restart();
  }

  /** Number of calls of `step`. */
  get lastEpoch(): number {
    return this.#epoch;
  }

  /**
   * Goes on to the next epoch: call it after the optimizer's steps of this one.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ConstantLR, ExponentialLR, SequentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const warmUp = new ConstantLR(optimizer, { factor: 0.125, totalIters: 1 });
   * const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
   * const schedulers = [warmUp, decay];
   * const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [1] });
   * assertEquals(optimizer.paramGroups[0].lr, 0.125);
   * scheduler.step();
   * assertEquals(optimizer.paramGroups[0].lr, 1);
   * ```
   */
  step(): void {
    const epoch = this.#epoch + 1;
    const current = this.#schedulers[this.#indexIn(epoch)];
    if (this.#milestones.includes(epoch)) current.restart();
    else current.step();
    this.#epoch = epoch;
  }

  /**
   * Returns the learning rate of each group, as the current schedule has set it.
   *
   * @returns one for each group that was there when the schedule was made
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SequentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const schedulers = [0.5, 0.25].map((gamma) => new ExponentialLR(optimizer, { gamma }));
   * const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [3] });
   * scheduler.step();
   * assertEquals(scheduler.getLastLr(), [0.5]);
   * ```
   */
  getLastLr(): number[] {
    return this.#schedulers[this.#indexIn(this.#epoch)].getLastLr();
  }

  #indexIn(epoch: number): number {
    return this.#milestones.filter((milestone) => milestone <= epoch).length;
  }

  /**
   * Returns the state to save, with which to continue later: also the states of the schedules.
   *
   * @returns epoch, milestones and states under PyTorch's names, plain enough for JSON
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SequentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const schedulers = [0.5, 0.25].map((gamma) => new ExponentialLR(optimizer, { gamma }));
   * const state = new SequentialLR(optimizer, { schedulers, milestones: [3] }).stateDict();
   * assertEquals([state.last_epoch, state._milestones], [0, [3]]);
   * assertEquals(state._schedulers.length, 2);
   * ```
   */
  stateDict(): SequentialLRState {
    return {
      last_epoch: this.#epoch,
      _milestones: [...this.#milestones],
      _schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()),
    };
  }

  /**
   * Continues from a saved state.
   *
   * @param state returned by `stateDict` of as many schedules of the same kinds
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SequentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const schedulers = [0.5, 0.25].map((gamma) => new ExponentialLR(optimizer, { gamma }));
   * const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [3] });
   * const state = scheduler.stateDict();
   * scheduler.step();
   * scheduler.loadStateDict(state);
   * assertEquals(scheduler.lastEpoch, 0);
   * ```
   */
  loadStateDict(state: SequentialLRState): void {
    const count = this.#schedulers.length;
    if (
      !isObject(state) || !Array.isArray(state._schedulers) || !Array.isArray(state._milestones)
    ) {
      throw new StateDictError("SequentialLR", ['"_schedulers" and "_milestones" must be lists']);
    }
    const { last_epoch: epoch, _milestones: milestones, _schedulers: saved } = state;
    const faults = [
      ...milestoneFaults(milestones, count),
      ...faultsIn(state, { last_epoch: nonNegativeInteger }),
    ];
    if (saved.length !== count) faults.push(`it has ${saved.length} schedules, expected ${count}`);
    if (faults.length > 0) throw new StateDictError("SequentialLR", faults);
    const takeOver = this.#schedulers.map((scheduler, i) => scheduler.checkStateDict(saved[i]));
    this.#milestones = [...milestones];
    this.#epoch = epoch;
    // Each sets the rates that it set last; those of the current one hold.
    takeOver.forEach((run) => run());
    takeOver[this.#indexIn(epoch)]();
  }
}

guardMembers(SequentialLR);

function milestoneFaults(milestones: readonly number[], schedules: number): string[] {
  const faults = faultsIn({ milestones }, { milestones: listOf(positiveInteger) });
  if (!Array.isArray(milestones)) return faults;
  if (milestones.length !== schedules - 1) {
    faults.push(`there are ${milestones.length} milestones between ${schedules} schedules`);
  }
  if (milestones.some((epoch, i) => epoch <= milestones[i - 1])) {
    faults.push(`milestones are [${milestones}], and must rise`);
  }
  return faults;
}

/**
 * Schedules on top of each other.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions, REQUIRED } from "../../checks.ts";
import { StateDictError, ValueError } from "../../errors.ts";
import type { Optimizer } from "../optimizer.ts";
import { isObject } from "../state_dict.ts";
import type { LRScheduler, LRSchedulerState } from "./lr_scheduler.ts";

/** Options of {@link ChainedScheduler}. */
export interface ChainedSchedulerOptions {
  /** The schedules, all made for the same optimizer. */
  readonly schedulers: readonly LRScheduler[];
}

/** The saved form of {@link ChainedScheduler}, by PyTorch's names. */
export interface ChainedSchedulerState {
  /** The saved forms of the schedules. */
  readonly _schedulers: readonly LRSchedulerState[];
  /** The learning rate of each group, as it was set last. */
  readonly _last_lr?: readonly number[];
}

/**
 * Runs schedules on top of each other: a step is a step of each, in order, and each scales the rate
 * that the others have left.
 *
 * Unlike PyTorch's, it takes the optimizer first, as all schedules do.
 * See https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ChainedScheduler.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ChainedScheduler, ConstantLR, ExponentialLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const warmUp = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
 * const scheduler = new ChainedScheduler(optimizer, { schedulers: [warmUp, decay] });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assertEquals(rates, [0.5, 0.25, 0.25, 0.125]);
 * ```
 */
export class ChainedScheduler {
  /** The optimizer whose rates are set. */
  readonly optimizer: Optimizer;
  readonly #schedulers: readonly LRScheduler[];

  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the schedules
   * @throws {ValueError} if there is no schedule, or one is for another optimizer
   */
  constructor(optimizer: Optimizer, options: ChainedSchedulerOptions) {
    checkArguments("make ChainedScheduler", arguments, 2);
    const { schedulers } = readOptions("make ChainedScheduler", options, { schedulers: REQUIRED });
    if (!Array.isArray(schedulers) || schedulers.length === 0) {
      throw new ValueError(
        "Cannot make ChainedScheduler: schedulers must be a list of one schedule or more",
      );
    }
    const wrong = schedulers.findIndex((scheduler) => scheduler?.optimizer !== optimizer);
    if (wrong >= 0) {
      throw new ValueError(
        `Cannot make ChainedScheduler: schedulers[${wrong}] is for another optimizer`,
      );
    }
    this.optimizer = optimizer;
    this.#schedulers = [...schedulers];
  }

  /** Number of calls of `step`. */
  get lastEpoch(): number {
    return this.#schedulers[0].lastEpoch;
  }

  /** Goes on to the next epoch: call it after the optimizer's steps of this one. */
  step(): void {
    for (const scheduler of this.#schedulers) scheduler.step();
  }

  /**
   * Returns the learning rate of each group, as the last schedule has set it.
   *
   * @returns one for each group that was there when the schedule was made
   */
  getLastLr(): number[] {
    return this.#schedulers.at(-1)!.getLastLr();
  }

  /**
   * Returns the state to save, with which to continue later: the states of the schedules.
   *
   * @returns states and rates under PyTorch's names, plain enough for JSON
   */
  stateDict(): ChainedSchedulerState {
    return {
      _schedulers: this.#schedulers.map((scheduler) => scheduler.stateDict()),
      _last_lr: this.getLastLr(),
    };
  }

  /**
   * Continues from a saved state.
   *
   * @param state returned by `stateDict` of as many schedules of the same kinds
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   */
  loadStateDict(state: ChainedSchedulerState): void {
    const saved = isObject(state) ? state._schedulers : undefined;
    const count = this.#schedulers.length;
    if (!Array.isArray(saved) || saved.length !== count) {
      const fault = `"_schedulers" must be a list of ${count} states`;
      throw new StateDictError("ChainedScheduler", [fault]);
    }
    const takeOver = this.#schedulers.map((scheduler, i) => scheduler.checkStateDict(saved[i]));
    // The last one sets the rates that hold.
    takeOver.forEach((run) => run());
  }
}

guardMembers(ChainedScheduler);

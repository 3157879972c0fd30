/**
 * The base of all schedules of the learning rate.
 *
 * @module
 */

import { guardMembers } from "../../checks.ts";
import { StateDictError, ValueError } from "../../errors.ts";
import { counted, quoted } from "../../names.ts";
import { finite } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { restoredGroups } from "../parameter_groups.ts";
import { checkOptimizer, setMomentum } from "./groups.ts";
import { isObject, readSavedOptions, savedOptions, type SavedValue } from "../state_dict.ts";

/** The saved form of a schedule: its options and its epoch. */
export interface LRSchedulerState {
  /** Number of calls of `step`. */
  readonly last_epoch: number;
  /** The learning rate of each group from which the schedule computes. */
  readonly base_lrs: readonly number[];
  /** The learning rate of each group, as it was set last. */
  readonly _last_lr?: readonly number[];
  /** The options, by PyTorch's names. */
  readonly [option: string]: SavedValue | undefined;
}

/** A parameter group in an epoch. */
export interface ScheduledGroup {
  /** The learning rate with which the group starts. */
  readonly base: number;
  /** Number of calls of `step`; 0 is the first epoch. */
  readonly epoch: number;
  /** Index of the group. */
  readonly group: number;
}

/**
 * The base of all schedules: sets the learning rates of an optimizer, epoch by epoch.
 *
 * A schedule is a formula for the learning rate in epoch `t` (`rate`), and its options. Several
 * schedules of one optimizer, stepped one after the other, multiply: each scales the rate that it
 * finds, `lr ← lr · rate(t) / rate(t - 1)`, and so keeps the changes that others, or a program, have
 * made. As PyTorch's; but a schedule that is alone computes each rate afresh, so that no rounding
 * piles up.
 *
 * @typeParam O the options, with defaults filled in
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantLR, ExponentialLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const warmUp = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
 * const rates = [0, 1, 2, 3].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   warmUp.step();
 *   decay.step();
 *   return lr;
 * });
 * assertEquals(rates, [0.5, 0.25, 0.25, 0.125]);
 * ```
 */
export abstract class LRScheduler<O extends object = object> {
  /** The optimizer whose rates are set. Groups that were added later are left alone. */
  readonly optimizer: Optimizer;
  #options: O;
  #baseLrs: readonly number[];
  /** The last results of the formula. */
  #rates: readonly number[];
  #lastLrs: readonly number[] = [];
  #epoch = 0;

  /**
   * Makes the schedule, and sets the rates of epoch 0.
   *
   * @param optimizer the optimizer; the schedule starts with its learning rates, unless it had a
   *   schedule before: then the formula starts with the rates of that, and scales the present ones
   * @param options of the schedule
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: O) {
    checkOptimizer(this.constructor.name, optimizer);
    this.optimizer = optimizer;
    const faults = this.faults(options);
    if (faults.length > 0) {
      throw new ValueError(`Cannot make ${this.constructor.name}: ${faults.join("; ")}`);
    }
    this.#options = options;
    this.#baseLrs = optimizer.paramGroups.map((group) => group.initialLr ??= group.lr);
    this.#rates = this.#baseLrs;
    this.#moveTo(0);
  }

  // ---------------------------------------------------------------- defined by each schedule

  /** Returns the faults of options, a sentence each. */
  protected abstract faults(options: O): string[];

  /** Returns the learning rate of a group in an epoch. */
  protected abstract rate(at: ScheduledGroup, options: O): number;

  /**
   * Returns the lowest rate: only the part above it is scaled. `null` for a schedule that overwrites
   * the rates that it finds.
   */
  protected floor(_options: O): number | null {
    return 0;
  }

  /** Returns the momentum of a group in an epoch; `null` if the schedule does not set it. */
  protected momentum(_at: ScheduledGroup, _options: O): number | null {
    return null;
  }

  // ---------------------------------------------------------------- called by a training loop

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
   * import { SGD, StepLR } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
   * scheduler.step();
   * scheduler.step();
   * assertEquals(optimizer.paramGroups[0].lr, 0.25);
   * ```
   */
  step(): void {
    this.#moveTo(this.#epoch + 1);
  }

  /**
   * Begins again at epoch 0, with the rates at which the groups started.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
   * scheduler.step();
   * scheduler.restart();
   * assertEquals([scheduler.lastEpoch, optimizer.paramGroups[0].lr], [0, 1]);
   * ```
   */
  restart(): void {
    this.#baseLrs.forEach((base, i) => this.optimizer.paramGroups[i].lr = base);
    this.#rates = this.#baseLrs;
    this.#moveTo(0);
  }

  /**
   * Returns the learning rate of each group, as the schedule has set it.
   *
   * @returns one for each group that was there when the schedule was made
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
   * scheduler.step();
   * assertEquals(scheduler.getLastLr(), [0.5]);
   * ```
   */
  getLastLr(): number[] {
    return [...this.#lastLrs];
  }

  #moveTo(epoch: number): void {
    const rates = this.#ratesIn(epoch, this.#options);
    const floor = this.floor(this.#options);
    this.#lastLrs = rates.map((rate, i) => {
      const group = this.optimizer.paramGroups[i];
      restoredGroups.delete(group);
      return group.lr = floor === null ? rate : chained(group.lr, this.#rates[i], rate, floor);
    });
    this.#rates = rates;
    this.#epoch = epoch;
    this.#setMomenta();
  }

  #ratesIn(epoch: number, options: O, baseLrs: readonly number[] = this.#baseLrs): number[] {
    return baseLrs.map((base, group) => {
      const rate = this.rate({ base, epoch, group }, options);
      if (finite.holds(rate)) return rate;
      throw new ValueError(
        `Cannot set the learning rate of group ${group} in epoch ${epoch} to ${quoted(rate)}: ` +
          `${this.constructor.name} must return ${finite.text}`,
      );
    });
  }

  #setMomenta(): void {
    this.#baseLrs.forEach((base, i) => {
      const momentum = this.momentum({ base, epoch: this.#epoch, group: i }, this.#options);
      const group = this.optimizer.paramGroups[i];
      if (momentum !== null && !restoredGroups.has(group)) setMomentum(group, momentum);
    });
  }

  // ---------------------------------------------------------------- state

  /**
   * Returns the state to save, with which to continue later; functions are left out.
   *
   * @returns options, epoch and rates under PyTorch's names, plain enough for JSON
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
   * scheduler.step();
   * const state = scheduler.stateDict();
   * assertEquals([state.gamma, state.last_epoch, state._last_lr], [0.5, 1, [0.5]]);
   * ```
   */
  stateDict(): LRSchedulerState {
    return {
      ...savedOptions(this.#options),
      last_epoch: this.#epoch,
      base_lrs: [...this.#baseLrs],
      _last_lr: this.getLastLr(),
    };
  }

  /**
   * Continues from a saved state: takes over options and epoch, and sets the rates. Those that the
   * optimizer has from its own saved state stay, in whatever order the two are loaded.
   *
   * @param state returned by `stateDict`
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
   * const state = scheduler.stateDict();
   * scheduler.step();
   * scheduler.loadStateDict(state);
   * assertEquals([scheduler.lastEpoch, optimizer.paramGroups[0].lr], [0, 1]);
   * ```
   */
  loadStateDict(state: LRSchedulerState): void {
    this.checkStateDict(state)();
  }

  /**
   * Checks a saved state, and changes nothing.
   *
   * @param state returned by `stateDict`
   * @returns a function that takes it over
   * @throws {StateDictError} naming everything that does not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ExponentialLR, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
   * const takeOver = scheduler.checkStateDict({ ...scheduler.stateDict(), gamma: 0.25 });
   * takeOver();
   * scheduler.step();
   * assertEquals(optimizer.paramGroups[0].lr, 0.25);
   * ```
   */
  checkStateDict(state: LRSchedulerState): () => void {
    const name = this.constructor.name;
    if (!isObject(state)) throw new StateDictError(name, ["it is not an object"]);
    const { last_epoch: epoch, base_lrs: baseLrs, _last_lr: lastLrs, ...saved } = state;
    const faults: string[] = [];
    const options = readSavedOptions(saved, this.#options, faults, {
      place: "the state",
      others: [],
      anyLength: true,
    });
    faults.push(...this.faults(options));
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      faults.push(`"last_epoch" is ${quoted(epoch)}, and must be a whole number, 0 or more`);
    }
    faults.push(...this.#unlessRates("base_lrs", baseLrs));
    if (lastLrs !== undefined) faults.push(...this.#unlessRates("_last_lr", lastLrs));
    if (faults.length > 0) throw new StateDictError(name, faults);
    const rates = this.#ratesIn(epoch, options, baseLrs);
    return () => {
      this.#options = options;
      this.#epoch = epoch;
      this.#baseLrs = [...baseLrs];
      this.#rates = rates;
      this.#lastLrs = [...lastLrs ?? rates];
      this.#lastLrs.forEach((lr, i) => {
        const group = this.optimizer.paramGroups[i];
        if (!restoredGroups.has(group)) group.lr = lr;
      });
      this.#setMomenta();
    };
  }

  #unlessRates(name: string, rates: unknown): string[] {
    const count = this.#baseLrs.length;
    if (Array.isArray(rates) && rates.length === count && rates.every(Number.isFinite)) return [];
    return [
      `"${name}" is ${quoted(rates)}, expected ${counted(count, "number")}, one for each group`,
    ];
  }
}

guardMembers(LRScheduler, {}, ["faults", "rate"]);

/**
 * Returns the rate after `lr`, where the formula goes from `before` to `after`: its distance to
 * `floor` is scaled, or kept if there was none to scale.
 *
 * Written so that `lr = before`, a schedule that is alone, gives exactly `after`.
 */
function chained(lr: number, before: number, after: number, floor: number): number {
  const ratio = before === floor ? 1 : (after - floor) / (before - floor);
  return after + (lr - before) * ratio;
}

/**
 * A learning rate that falls when training no longer gets better.
 *
 * @module
 */

import { StateDictError, ValueError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Optimizer } from "../optimizer.ts";
import { forEachGroup, unlessCount, unlessEach, unlessFinite, unlessOneOf } from "./settings.ts";
import { isObject, readValues, type SavedValues } from "../state_dict.ts";

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions {
  /** Whether better is less or more; default `"min"`. */
  readonly mode?: "min" | "max";
  /** Factor of a fall, less than 1; default 0.1. */
  readonly factor?: number;
  /** Number of bad epochs that are tolerated; default 10. */
  readonly patience?: number;
  /** How much better an epoch must be to count as good; default 1e-4. */
  readonly threshold?: number;
  /** Whether `threshold` is a share of the best value or a difference to it; default `"rel"`. */
  readonly thresholdMode?: "rel" | "abs";
  /** Number of epochs after a fall in which bad ones do not count; default 0. */
  readonly cooldown?: number;
  /** The least rate, for all groups or for each; default 0. */
  readonly minLr?: number | readonly number[];
  /** Falls that are not larger are left out; default 1e-8. */
  readonly eps?: number;
}

/** The saved form of {@link ReduceLROnPlateau}, by PyTorch's names. */
export type ReduceLROnPlateauState = {
  readonly mode: string;
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  readonly threshold_mode: string;
  readonly cooldown: number;
  readonly min_lrs: readonly number[];
  readonly eps: number;
  /** The best value so far; ±∞ before the first. */
  readonly best: number;
  readonly num_bad_epochs: number;
  readonly cooldown_counter: number;
  /** Number of calls of `step`. */
  readonly last_epoch: number;
};

/**
 * Multiplies the learning rate by `factor` when a measure, such as the loss of the validation set,
 * has not become better for more than `patience` epochs.
 *
 * A measure that is NaN is never better. Unlike schedules of the epoch alone, it only ever scales
 * the rates that it finds. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
 * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
 * assert.deepEqual(scheduler.getLastLr(), [0.5]);
 * ```
 */
export class ReduceLROnPlateau {
  /** The optimizer that it steers. Groups that were added later are left alone. */
  readonly optimizer: Optimizer;
  #state: ReduceLROnPlateauState;

  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options what better means, how long to wait, and how far the rate falls
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    this.optimizer = optimizer;
    const { mode = "min" } = options;
    this.#state = {
      mode,
      factor: options.factor ?? 0.1,
      patience: options.patience ?? 10,
      threshold: options.threshold ?? 1e-4,
      threshold_mode: options.thresholdMode ?? "rel",
      cooldown: options.cooldown ?? 0,
      min_lrs: forEachGroup(options.minLr ?? 0, optimizer.paramGroups.length),
      eps: options.eps ?? 1e-8,
      best: worst(mode),
      num_bad_epochs: 0,
      cooldown_counter: 0,
      last_epoch: 0,
    };
    const faults = faultsOf(this.#state, optimizer);
    if (faults.length > 0) {
      throw new ValueError(`Cannot make ReduceLROnPlateau: ${faults.join("; ")}`);
    }
  }

  /** Number of calls of `step`. */
  get lastEpoch(): number {
    return this.#state.last_epoch;
  }

  /**
   * The learning rate of each group.
   *
   * @returns one for each group that was there when the schedule was made
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * assert.deepEqual(new ReduceLROnPlateau(optimizer).getLastLr(), [1]);
   * ```
   */
  getLastLr(): number[] {
    return this.#state.min_lrs.map((_, i) => this.optimizer.paramGroups[i].lr);
  }

  /**
   * Ends an epoch: call it after the optimizer's steps of it.
   *
   * @param metric the measure of the epoch, a number or a tensor of one element
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
   * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
   * assert.equal(optimizer.paramGroups[0].lr, 0.5); // two epochs without progress are one too many
   * ```
   */
  step(metric: number | Tensor): void {
    if (metric === undefined) {
      throw new ValueError(
        "Cannot step ReduceLROnPlateau without a number: pass what is watched, such as the loss",
      );
    }
    const value = typeof metric === "number" ? metric : metric.item();
    const state = this.#state;
    const better = isBetter(value, state);
    const cooling = state.cooldown_counter > 0;
    const bad = better || cooling ? 0 : state.num_bad_epochs + 1;
    const falls = bad > state.patience;
    if (falls) this.#reduce();
    this.#state = {
      ...state,
      last_epoch: state.last_epoch + 1,
      best: better ? value : state.best,
      num_bad_epochs: falls ? 0 : bad,
      cooldown_counter: falls ? state.cooldown : state.cooldown_counter - (cooling ? 1 : 0),
    };
  }

  #reduce(): void {
    const { min_lrs: least, factor, eps } = this.#state;
    least.forEach((min, i) => {
      const group = this.optimizer.paramGroups[i];
      const lr = Math.max(group.lr * factor, min);
      if (group.lr - lr > eps) group.lr = lr;
    });
  }

  /**
   * What has to be saved to continue later. The rates are saved with the optimizer.
   *
   * @returns settings and counters under PyTorch's names, plain enough for JSON
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer);
   * scheduler.step(3);
   * scheduler.step(4);
   * const { best, num_bad_epochs, last_epoch } = scheduler.stateDict();
   * assert.deepEqual([best, num_bad_epochs, last_epoch], [3, 1, 2]);
   * ```
   */
  stateDict(): ReduceLROnPlateauState {
    return { ...this.#state, min_lrs: [...this.#state.min_lrs] };
  }

  /**
   * Continues from a saved state.
   *
   * @param state what `stateDict` returned
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer);
   * scheduler.step(3);
   * const later = new ReduceLROnPlateau(optimizer);
   * later.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
   * assert.equal(later.stateDict().best, 3);
   * ```
   */
  loadStateDict(state: ReduceLROnPlateauState): void {
    const faults: string[] = [];
    if (!isObject(state)) {
      throw new StateDictError("Cannot load state into ReduceLROnPlateau: it is no object");
    }
    // PyTorch saves `mode_worse`, which is what `best` starts with, and whether it prints.
    const read = { place: "the state", others: ["mode_worse", "verbose"] };
    // JSON has no ∞, and writes null.
    const saved = { ...state, best: state.best ?? worst(state.mode) } as SavedValues;
    const values = readValues(saved, this.#state, faults, read);
    // `readValues` checks that every value is of the kind of the one that it replaces.
    const checked = values as ReduceLROnPlateauState;
    faults.push(...faultsOf(checked, this.optimizer));
    if (faults.length > 0) {
      throw new StateDictError(`Cannot load state into ReduceLROnPlateau: ${faults.join("; ")}`);
    }
    this.#state = { ...checked, min_lrs: [...checked.min_lrs] };
  }
}

/** What everything is better than. */
function worst(mode: string): number {
  return mode === "min" ? Infinity : -Infinity;
}

function isBetter(value: number, state: ReduceLROnPlateauState): boolean {
  const { mode, best, threshold, threshold_mode: thresholdMode } = state;
  const sign = mode === "min" ? -1 : 1;
  const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
  return mode === "min" ? value < bar : value > bar;
}

function faultsOf(state: ReduceLROnPlateauState, optimizer: Optimizer): string[] {
  const { factor } = state;
  return [
    ...unlessOneOf("mode", state.mode, ["min", "max"]),
    ...(factor > 0 && factor < 1 ? [] : [`factor is ${factor}, and must be between 0 and 1`]),
    ...unlessCount("patience", state.patience),
    ...unlessFinite("threshold", state.threshold),
    ...unlessOneOf("thresholdMode", state.threshold_mode, ["rel", "abs"]),
    ...unlessCount("cooldown", state.cooldown),
    ...unlessEach("minLr", state.min_lrs, optimizer.paramGroups.length),
    ...unlessFinite("eps", state.eps),
    ...(Number.isNaN(state.best) ? ["best is NaN"] : []),
    ...unlessCount("num_bad_epochs", state.num_bad_epochs),
    ...unlessCount("cooldown_counter", state.cooldown_counter),
    ...unlessCount("last_epoch", state.last_epoch),
  ];
}

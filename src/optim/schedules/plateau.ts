/**
 * A learning rate that falls when training no longer gets better.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions } from "../../checks.ts";
import { StateDictError, ValueError } from "../../errors.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { faultsIn, finite, nonNegativeInteger, oneForEach, oneOf } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { isObject, readSavedOptions, savedOptions, type SavedValues } from "../state_dict.ts";
import { forEachGroup } from "./groups.ts";

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions {
  /** The direction of progress: `"min"` if less is better, `"max"` if more is; default `"min"`. */
  readonly mode?: "min" | "max";
  /** Factor of a fall, less than 1; default 0.1. */
  readonly factor?: number;
  /** Number of bad epochs that are tolerated; default 10. */
  readonly patience?: number;
  /** The least progress that counts; default 1e-4. */
  readonly threshold?: number;
  /** `"rel"`: `threshold` is a share of the best value; `"abs"`: a difference; default `"rel"`. */
  readonly thresholdMode?: "rel" | "abs";
  /** Number of epochs after a fall in which bad ones do not count; default 0. */
  readonly cooldown?: number;
  /** The least rate, for all groups or for each; default 0. */
  readonly minLr?: number | readonly number[];
  /** Falls that are not larger are left out; default 1e-8. */
  readonly eps?: number;
}

/** The options, with a rate for each group, and the progress so far. */
type State = Required<Omit<ReduceLROnPlateauOptions, "minLr">> & {
  readonly minLrs: readonly number[];
  /** The best value so far; ±∞ before the first. */
  readonly best: number;
  readonly numBadEpochs: number;
  readonly cooldownCounter: number;
  /** Number of calls of `step`. */
  readonly lastEpoch: number;
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
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
 * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
 * assertEquals(scheduler.getLastLr(), [0.5]);
 * ```
 */
export class ReduceLROnPlateau {
  /** The optimizer whose rates are set. Groups that were added later are left alone. */
  readonly optimizer: Optimizer;
  #state: State;

  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the meaning of progress, the patience, and the factor of a fall
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: ReduceLROnPlateauOptions = {}) {
    checkArguments("make ReduceLROnPlateau", arguments, 2);
    this.optimizer = optimizer;
    const { minLr, ...read } = readOptions("make ReduceLROnPlateau", options, {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
    });
    this.#state = {
      ...read,
      minLrs: forEachGroup(minLr, optimizer),
      best: worst(read.mode),
      numBadEpochs: 0,
      cooldownCounter: 0,
      lastEpoch: 0,
    };
    const faults = faultsOf(this.#state, optimizer);
    if (faults.length > 0) {
      throw new ValueError(`Cannot make ReduceLROnPlateau: ${faults.join("; ")}`);
    }
  }

  /** Number of calls of `step`. */
  get lastEpoch(): number {
    return this.#state.lastEpoch;
  }

  /**
   * Returns the learning rate of each group.
   *
   * @returns one for each group that was there when the schedule was made
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * assertEquals(new ReduceLROnPlateau(optimizer).getLastLr(), [1]);
   * ```
   */
  getLastLr(): number[] {
    return this.#state.minLrs.map((_, i) => this.optimizer.paramGroups[i].lr);
  }

  /**
   * Ends an epoch: call it after the optimizer's steps of it.
   *
   * @param metric the measure of the epoch, a number or a tensor of one element
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
   * for (const loss of [3, 2, 2, 2]) scheduler.step(loss);
   * assertEquals(optimizer.paramGroups[0].lr, 0.5); // two epochs without progress are one too many
   * ```
   */
  step(metric: number | Tensor): void {
    if (typeof metric !== "number" && !(metric instanceof Tensor)) {
      throw new ValueError(
        "Cannot step ReduceLROnPlateau without a number: pass a measure, such as the loss",
      );
    }
    const value = typeof metric === "number" ? metric : metric.item();
    const state = this.#state;
    const better = isBetter(value, state);
    const cooling = state.cooldownCounter > 0;
    const bad = better || cooling ? 0 : state.numBadEpochs + 1;
    const falls = bad > state.patience;
    if (falls) this.#reduce();
    this.#state = {
      ...state,
      lastEpoch: state.lastEpoch + 1,
      best: better ? value : state.best,
      numBadEpochs: falls ? 0 : bad,
      cooldownCounter: falls ? state.cooldown : state.cooldownCounter - (cooling ? 1 : 0),
    };
  }

  #reduce(): void {
    const { minLrs, factor, eps } = this.#state;
    minLrs.forEach((min, i) => {
      const group = this.optimizer.paramGroups[i];
      const lr = Math.max(group.lr * factor, min);
      if (group.lr - lr > eps) group.lr = lr;
    });
  }

  /**
   * Returns the state to save, with which to continue later. The optimizer saves the rates.
   *
   * @returns options and counters under PyTorch's names, plain enough for JSON
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer);
   * scheduler.step(3);
   * scheduler.step(4);
   * const { best, num_bad_epochs, last_epoch } = scheduler.stateDict();
   * assertEquals([best, num_bad_epochs, last_epoch], [3, 1, 2]);
   * ```
   */
  stateDict(): SavedValues {
    return savedOptions(this.#state);
  }

  /**
   * Continues from a saved state.
   *
   * @param state returned by `stateDict`
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { ReduceLROnPlateau, SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
   * const scheduler = new ReduceLROnPlateau(optimizer);
   * scheduler.step(3);
   * const later = new ReduceLROnPlateau(optimizer);
   * later.loadStateDict(JSON.parse(JSON.stringify(scheduler.stateDict())));
   * assertEquals(later.stateDict().best, 3);
   * ```
   */
  loadStateDict(state: SavedValues): void {
    if (!isObject(state)) throw new StateDictError("ReduceLROnPlateau", ["it is not an object"]);
    // JSON has no ∞, and writes null.
    const saved = { ...state, best: state.best ?? worst(state.mode) };
    const faults: string[] = [];
    const read = readSavedOptions(saved, this.#state, faults, {
      place: "the state",
      // PyTorch saves `mode_worse`, which is what `best` starts with, and whether it prints.
      others: ["mode_worse", "verbose"],
    });
    faults.push(...faultsOf(read, this.optimizer));
    if (faults.length > 0) throw new StateDictError("ReduceLROnPlateau", faults);
    this.#state = read;
  }
}

guardMembers(ReduceLROnPlateau);

/** Returns the value that every other is better than. */
function worst(mode: unknown): number {
  return mode === "min" ? Infinity : -Infinity;
}

function isBetter(value: number, { mode, best, threshold, thresholdMode }: State): boolean {
  const sign = mode === "min" ? -1 : 1;
  const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
  return mode === "min" ? value < bar : value > bar;
}

function faultsOf(state: State, { paramGroups }: Optimizer): string[] {
  const { factor, best } = state;
  return [
    ...faultsIn(state, {
      mode: oneOf("min", "max"),
      patience: nonNegativeInteger,
      threshold: finite,
      thresholdMode: oneOf("rel", "abs"),
      cooldown: nonNegativeInteger,
      minLrs: oneForEach(paramGroups.length),
      eps: finite,
      numBadEpochs: nonNegativeInteger,
      cooldownCounter: nonNegativeInteger,
      lastEpoch: nonNegativeInteger,
    }),
    ...(factor > 0 && factor < 1 ? [] : [`factor is ${factor}, and must be between 0 and 1`]),
    ...(Number.isNaN(best) ? ["best is NaN"] : []),
  ];
}

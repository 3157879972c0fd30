/**
 * Ends training when it no longer helps.
 *
 * @module
 */

import { checkArguments, checkType, cloneGuard, guardMembers, readOptions } from "../checks.ts";
import { StateDictError, ValueError } from "../errors.ts";

const CLONE_GUARD = cloneGuard(
  "Cannot clone, post or write an EarlyStopping as JSON: its state is private; pass its stateDict()",
);

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions {
  /** Number of values in a row without improvement after which training stops; default 3. */
  readonly patience?: number;
  /** The least improvement that counts; default 0. */
  readonly minDelta?: number;
  /** `"min"` if less is better (the default), `"max"` if more is. */
  readonly mode?: "min" | "max";
}

/** The saved form of {@link EarlyStopping}. */
export interface EarlyStoppingState {
  /** The best value; `null` if there was none. */
  readonly best: number | null;
  /** Number of values since the best. */
  readonly waitCount: number;
}

/**
 * Tells when a value, such as the loss on validation data, no longer improves.
 *
 * NaN and infinity stop at once: training has diverged.
 * See https://lightning.ai/docs/pytorch/stable/api/lightning.pytorch.callbacks.EarlyStopping.html
 *
 * @example
 * ```ts
 * import { Linear } from "@gradus/gradus/nn";
 * import { EarlyStopping } from "@gradus/gradus/utils";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new Linear(2, 1);
 * const stopping = new EarlyStopping({ patience: 2 });
 * let [best, epochs] = [model, 0];
 * for (const loss of [3, 2, 2.5, 2.1, 1]) {
 *   epochs++; // in the place of an epoch of training, and of a loss that was measured
 *   const isOver = stopping.step(loss);
 *   if (stopping.isBest) best = model.clone();
 *   if (isOver) break;
 * }
 * assertEquals([epochs, stopping.best, best === model], [4, 2, false]);
 * ```
 */
export class EarlyStopping {
  /** Keeps observers from being cloned, which would leave out what they have seen. */
  protected readonly guard: object = CLONE_GUARD;
  /** Number of values in a row without improvement after which training stops. */
  readonly patience: number;
  /** The least improvement that counts. */
  readonly minDelta: number;
  /** The direction of improvement. */
  readonly mode: "min" | "max";
  #best: number;
  #waitCount = 0;

  /**
   * Makes an observer that has seen nothing.
   *
   * @param options `patience`, `minDelta`, `mode`
   * @throws {ValueError} if an option makes no sense
   */
  constructor(options: EarlyStoppingOptions = {}) {
    checkArguments("make EarlyStopping", arguments, 1);
    const { patience, minDelta, mode } = readOptions("make EarlyStopping", options, {
      patience: 3,
      minDelta: 0,
      mode: "min",
    });
    if (!Number.isSafeInteger(patience) || patience < 1) {
      throw new ValueError(
        `Cannot make EarlyStopping with patience ${patience}: use a whole number, 1 or more`,
      );
    }
    if (!(minDelta >= 0 && minDelta < Infinity)) {
      throw new ValueError(
        `Cannot make EarlyStopping with minDelta ${minDelta}: use a finite number, 0 or more`,
      );
    }
    if (mode !== "min" && mode !== "max") {
      throw new ValueError(`Cannot make EarlyStopping with mode "${mode}": use "min" or "max"`);
    }
    this.patience = patience;
    this.minDelta = minDelta;
    this.mode = mode;
    this.#best = this.#worst;
  }

  get #worst(): number {
    return this.mode === "min" ? Infinity : -Infinity;
  }

  /** The best value so far; ±∞ before the first. */
  get best(): number {
    return this.#best;
  }

  /** True if the last value was the best: the time to keep the model. */
  get isBest(): boolean {
    return this.#waitCount === 0 && this.#best !== this.#worst;
  }

  /** Number of values since the best. */
  get waitCount(): number {
    return this.#waitCount;
  }

  /**
   * Takes the next value, and returns true if training should stop.
   *
   * @param value a number, such as the loss of an epoch on validation data
   */
  step(value: number): boolean {
    checkType("step EarlyStopping", "a value", value, "number");
    const gain = this.mode === "min" ? this.#best - value : value - this.#best;
    if (Number.isFinite(value) && gain > this.minDelta) {
      this.#best = value;
      this.#waitCount = 0;
      return false;
    }
    this.#waitCount++;
    return this.#waitCount >= this.patience || !Number.isFinite(value);
  }

  /**
   * Returns the state to save, with which to continue later.
   *
   * @returns plain numbers
   */
  stateDict(): EarlyStoppingState {
    return {
      best: Number.isFinite(this.#best) ? this.#best : null,
      waitCount: this.#waitCount,
    };
  }

  /**
   * Continues from a saved state.
   *
   * @param state returned by `stateDict`
   * @throws {StateDictError} if it is none; nothing is changed then
   */
  loadStateDict(state: EarlyStoppingState): void {
    const { best, waitCount } = Object(state) as EarlyStoppingState;
    const faults: string[] = [];
    if (best !== null && !Number.isFinite(best)) faults.push('"best" must be a number or null');
    if (!Number.isSafeInteger(waitCount) || waitCount < 0) {
      faults.push('"waitCount" must be a whole number, 0 or more');
    }
    if (faults.length > 0) throw new StateDictError("EarlyStopping", faults);
    this.#best = best ?? this.#worst;
    this.#waitCount = waitCount;
  }
}

guardMembers(EarlyStopping);

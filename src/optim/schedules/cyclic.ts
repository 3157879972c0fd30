/**
 * Cycles: the learning rate rises and falls again and again.
 *
 * @module
 */

import { pow } from "../../math/mod.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import {
  forEachGroup,
  unlessEach,
  unlessEpochs,
  unlessFinite,
  unlessMomentum,
  unlessOneOf,
} from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link CyclicLR}. */
export interface CyclicLROptions {
  /** The least rate, for all groups or for each. */
  readonly baseLr: number | readonly number[];
  /** The highest rate, for all groups or for each. */
  readonly maxLr: number | readonly number[];
  /** Number of steps in which the rate rises; default 2000. */
  readonly stepSizeUp?: number;
  /** Number of steps in which the rate falls; default `stepSizeUp`. */
  readonly stepSizeDown?: number;
  /**
   * The height of cycle `n = 1, 2, …` or of step `t`: always 1 (`"triangular"`), `½ⁿ⁻¹`
   * (`"triangular2"`), or `gammaᵗ` (`"exp_range"`); default `"triangular"`.
   */
  readonly mode?: "triangular" | "triangular2" | "exp_range";
  /** See `mode`; default 1. */
  readonly gamma?: number;
  /** Let the momentum fall while the rate rises, and rise while it falls; default true. */
  readonly cycleMomentum?: boolean;
  /** The least momentum, for all groups or for each; default 0.8. */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum, for all groups or for each; default 0.9. */
  readonly maxMomentum?: number | readonly number[];
}

/** Settings of {@link CyclicLR}. */
export type CyclicLRSettings = {
  readonly base_lr: readonly number[];
  readonly max_lr: readonly number[];
  readonly step_size_up: number;
  readonly step_size_down: number;
  readonly mode: string;
  readonly gamma: number;
  readonly cycle_momentum: boolean;
  readonly base_momentum: readonly number[];
  readonly max_momentum: readonly number[];
};

/**
 * Lets the learning rate rise from `baseLr` to `maxLr` and fall again, over and over, while the
 * momentum goes the other way (Smith, 2017).
 *
 * It is stepped after every batch, and sets its rates whatever other schedules did. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CyclicLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CyclicLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new CyclicLR(optimizer, { baseLr: 0.5, maxLr: 1, stepSizeUp: 2 });
 * const rates = [0, 1, 2, 3, 4].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assert.deepEqual(rates, [0.5, 0.75, 1, 0.75, 0.5]);
 * ```
 */
export class CyclicLR extends LRScheduler<CyclicLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer; it must have momentum, unless `cycleMomentum` is false
   * @param options the rates, and the form of the cycles
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    const { stepSizeUp = 2000, stepSizeDown = stepSizeUp } = options;
    const groups = optimizer.paramGroups.length;
    super(optimizer, {
      base_lr: forEachGroup(options.baseLr, groups),
      max_lr: forEachGroup(options.maxLr, groups),
      step_size_up: stepSizeUp,
      step_size_down: stepSizeDown,
      mode: options.mode ?? "triangular",
      gamma: options.gamma ?? 1,
      cycle_momentum: options.cycleMomentum ?? true,
      base_momentum: forEachGroup(options.baseMomentum ?? 0.8, groups),
      max_momentum: forEachGroup(options.maxMomentum ?? 0.9, groups),
    });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: CyclicLRSettings): string[] {
    const groups = this.optimizer.paramGroups.length;
    return [
      ...unlessEach("baseLr", settings.base_lr, groups),
      ...unlessEach("maxLr", settings.max_lr, groups),
      ...unlessEpochs("stepSizeUp", settings.step_size_up),
      ...unlessEpochs("stepSizeDown", settings.step_size_down),
      ...unlessOneOf("mode", settings.mode, ["triangular", "triangular2", "exp_range"]),
      ...unlessFinite("gamma", settings.gamma),
      ...unlessEach("baseMomentum", settings.base_momentum, groups),
      ...unlessEach("maxMomentum", settings.max_momentum, groups),
      ...(settings.cycle_momentum ? unlessMomentum(this.optimizer) : []),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate({ epoch, group }: ScheduledGroup, settings: CyclicLRSettings): number {
    const [least, highest] = [settings.base_lr[group], settings.max_lr[group]];
    return least + (highest - least) * heightAt(epoch, settings);
  }

  /** See {@link LRScheduler}. */
  protected override momentum(
    { epoch, group }: ScheduledGroup,
    settings: CyclicLRSettings,
  ): number | null {
    if (!settings.cycle_momentum) return null;
    const [least, largest] = [settings.base_momentum[group], settings.max_momentum[group]];
    return largest - (largest - least) * heightAt(epoch, settings);
  }
}

/** How far step `t` has risen; 1 is the top of the first cycle. */
function heightAt(t: number, settings: CyclicLRSettings): number {
  const { step_size_up: up, step_size_down: down, mode, gamma } = settings;
  const since = t % (up + down);
  const slope = since <= up ? since / up : (up + down - since) / down;
  if (mode === "exp_range") return slope * pow(gamma, t);
  return mode === "triangular" ? slope : slope * pow(0.5, Math.floor(t / (up + down)));
}

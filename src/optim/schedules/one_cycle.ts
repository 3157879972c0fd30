/**
 * One cycle: the learning rate rises, and falls for longer.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { cos } from "../../math/mod.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import {
  forEachGroup,
  unlessEach,
  unlessEpochs,
  unlessMomentum,
  unlessOneOf,
  unlessPositive,
  unlessShare,
} from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link OneCycleLR}. */
export interface OneCycleLROptions {
  /** The highest rate, for all groups or for each. */
  readonly maxLr: number | readonly number[];
  /** Number of steps of the cycle; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number;
  /** Number of epochs of the cycle. */
  readonly epochs?: number;
  /** Number of steps of an epoch. */
  readonly stepsPerEpoch?: number;
  /** The part of the cycle, from 0 to 1, in which the rate rises; default 0.3. */
  readonly pctStart?: number;
  /** The curve from one rate to the next; default `"cos"`. */
  readonly annealStrategy?: "cos" | "linear";
  /** Let the momentum fall while the rate rises, and rise while it falls; default true. */
  readonly cycleMomentum?: boolean;
  /** The least momentum, for all groups or for each; default 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum, for all groups or for each; default 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** How many times smaller than the highest the first rate is; default 25. */
  readonly divFactor?: number;
  /** How many times smaller than the first the last rate is; default 10⁴. */
  readonly finalDivFactor?: number;
  /** Fall to the first rate as fast as it rose, and then to the last; default false. */
  readonly threePhase?: boolean;
}

/** Settings of {@link OneCycleLR}. */
export type OneCycleLRSettings = {
  readonly max_lr: readonly number[];
  readonly total_steps: number;
  readonly pct_start: number;
  readonly anneal_strategy: string;
  readonly cycle_momentum: boolean;
  readonly base_momentum: readonly number[];
  readonly max_momentum: readonly number[];
  readonly div_factor: number;
  readonly final_div_factor: number;
  readonly three_phase: boolean;
};

/** A part of the cycle: it ends at a step with a rate and with a momentum. */
interface Phase {
  readonly end: number;
  readonly lr: number;
  readonly momentum: number;
}

/**
 * The 1cycle policy (Smith and Topin, 2018): the learning rate rises from `maxLr / divFactor` to
 * `maxLr`, and falls to `maxLr / divFactor / finalDivFactor`, while the momentum goes the other way.
 *
 * It is stepped after every batch, sets its rates whatever other schedules did, and ends: the rate
 * of step `totalSteps` is the last one, and a further step is an error. (In PyTorch that rate lies
 * beyond the last one, with `annealStrategy: "linear"` below 0.) See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { OneCycleLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new OneCycleLR(optimizer, { maxLr: 1, epochs: 2, stepsPerEpoch: 5 });
 * assert.equal(optimizer.paramGroups[0].lr, 1 / 25);
 * for (let step = 0; step < 2; step++) scheduler.step();
 * assert.equal(optimizer.paramGroups[0].lr, 1);
 * assert.equal(optimizer.paramGroups[0].momentum, 0.85);
 * ```
 */
export class OneCycleLR extends LRScheduler<OneCycleLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer; it must have momentum, unless `cycleMomentum` is false
   * @param options the highest rate, the number of steps, and the form of the cycle
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    const { epochs = NaN, stepsPerEpoch = NaN, totalSteps = epochs * stepsPerEpoch } = options;
    const groups = optimizer.paramGroups.length;
    super(optimizer, {
      max_lr: forEachGroup(options.maxLr, groups),
      total_steps: totalSteps,
      pct_start: options.pctStart ?? 0.3,
      anneal_strategy: options.annealStrategy ?? "cos",
      cycle_momentum: options.cycleMomentum ?? true,
      base_momentum: forEachGroup(options.baseMomentum ?? 0.85, groups),
      max_momentum: forEachGroup(options.maxMomentum ?? 0.95, groups),
      div_factor: options.divFactor ?? 25,
      final_div_factor: options.finalDivFactor ?? 1e4,
      three_phase: options.threePhase ?? false,
    });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: OneCycleLRSettings): string[] {
    const groups = this.optimizer.paramGroups.length;
    return [
      ...unlessEach("maxLr", settings.max_lr, groups),
      ...unlessEpochs("totalSteps (or epochs · stepsPerEpoch)", settings.total_steps),
      ...unlessShare("pctStart", settings.pct_start),
      ...unlessOneOf("annealStrategy", settings.anneal_strategy, ["cos", "linear"]),
      ...unlessEach("baseMomentum", settings.base_momentum, groups),
      ...unlessEach("maxMomentum", settings.max_momentum, groups),
      ...unlessPositive("divFactor", settings.div_factor),
      ...unlessPositive("finalDivFactor", settings.final_div_factor),
      ...(settings.cycle_momentum ? unlessMomentum(this.optimizer) : []),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(at: ScheduledGroup, settings: OneCycleLRSettings): number {
    const { epoch } = at;
    if (epoch > settings.total_steps) {
      throw new ValueError(
        `Cannot step OneCycleLR ${epoch} times: its cycle has ${settings.total_steps} steps; make ` +
          `it with the number of batches that there are, or stop stepping`,
      );
    }
    return between(at, settings, ({ lr }) => lr);
  }

  /** See {@link LRScheduler}. */
  protected override momentum(at: ScheduledGroup, settings: OneCycleLRSettings): number | null {
    return settings.cycle_momentum ? between(at, settings, ({ momentum }) => momentum) : null;
  }
}

/** What `pick` takes of the phases, at a step that lies in one of them. */
function between(
  { epoch, group }: ScheduledGroup,
  settings: OneCycleLRSettings,
  pick: (phase: Phase) => number,
): number {
  const phases = phasesOf(group, settings);
  const i = Math.max(phases.findIndex(({ end }, i) => i > 0 && epoch <= end), 0) ||
    phases.length - 1;
  const [from, to] = [phases[i - 1], phases[i]];
  const share = Math.min((epoch - from.end) / (to.end - from.end), 1);
  const left = settings.anneal_strategy === "cos" ? (cos(Math.PI * share) + 1) / 2 : 1 - share;
  // Both ends are met exactly.
  return pick(from) * left + pick(to) * (1 - left);
}

/** The start, and the end of each phase. */
function phasesOf(group: number, settings: OneCycleLRSettings): Phase[] {
  const { total_steps: total, pct_start: rise, div_factor: division } = settings;
  const [highest, least] = [settings.max_lr[group], settings.base_momentum[group]];
  const slow = { lr: highest / division, momentum: settings.max_momentum[group] };
  const last = { lr: slow.lr / settings.final_div_factor, momentum: slow.momentum, end: total - 1 };
  const top = { lr: highest, momentum: least, end: rise * total - 1 };
  const back = { ...slow, end: 2 * rise * total - 2 };
  return [{ ...slow, end: 0 }, top, ...(settings.three_phase ? [back] : []), last];
}

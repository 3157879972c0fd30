/**
 * One cycle: the learning rate rises, and falls for longer.
 *
 * @module
 */

import { checkArguments, readOptions, REQUIRED } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { cos } from "../../math/mod.ts";
import {
  faultsIn,
  oneForEach,
  oneOf,
  positive,
  positiveInteger,
  unitInterval,
} from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { forEachGroup, momentumFaults, ofGroup } from "./groups.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

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
  /** Ratio of the highest rate to the first; default 25. */
  readonly divFactor?: number;
  /** Ratio of the first rate to the last; default 10⁴. */
  readonly finalDivFactor?: number;
  /** Fall to the first rate as fast as it rose, and then to the last; default false. */
  readonly threePhase?: boolean;
}

/** The options, with a number for each group and the total number of steps. */
export type OneCycle =
  & Required<Omit<OneCycleLROptions, "epochs" | "stepsPerEpoch">>
  & {
    readonly [K in "maxLr" | "baseMomentum" | "maxMomentum"]: readonly number[];
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
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new OneCycleLR(optimizer, { maxLr: 1, epochs: 2, stepsPerEpoch: 5 });
 * assertEquals(optimizer.paramGroups[0].lr, 1 / 25);
 * for (let step = 0; step < 2; step++) scheduler.step();
 * assertEquals(optimizer.paramGroups[0].lr, 1);
 * assertEquals(optimizer.paramGroups[0].momentum, 0.85);
 * ```
 */
export class OneCycleLR extends LRScheduler<OneCycle> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer; it must have momentum, unless `cycleMomentum` is false
   * @param options the highest rate, the number of steps, and the form of the cycle
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: OneCycleLROptions) {
    checkArguments("make OneCycleLR", arguments, 2);
    const { totalSteps, epochs, stepsPerEpoch, ...read } = readOptions("make OneCycleLR", options, {
      maxLr: REQUIRED,
      totalSteps: undefined,
      epochs: NaN,
      stepsPerEpoch: NaN,
      pctStart: 0.3,
      annealStrategy: "cos",
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
    });
    super(optimizer, {
      ...read,
      totalSteps: totalSteps ?? epochs * stepsPerEpoch,
      maxLr: forEachGroup(read.maxLr, optimizer),
      baseMomentum: forEachGroup(read.baseMomentum, optimizer),
      maxMomentum: forEachGroup(read.maxMomentum, optimizer),
    });
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: OneCycle): string[] {
    const forEach = oneForEach(this.optimizer.paramGroups.length);
    return [
      ...faultsIn(options, {
        maxLr: forEach,
        totalSteps: {
          ...positiveInteger,
          text: "a whole number, 1 or more; or give epochs and stepsPerEpoch",
        },
        pctStart: unitInterval,
        annealStrategy: oneOf("cos", "linear"),
        baseMomentum: forEach,
        maxMomentum: forEach,
        divFactor: positive,
        finalDivFactor: positive,
      }),
      ...(options.cycleMomentum ? momentumFaults(this.optimizer) : []),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(at: ScheduledGroup, options: OneCycle): number {
    const { epoch } = at;
    if (epoch > options.totalSteps) {
      throw new ValueError(
        `Cannot step OneCycleLR ${epoch} times: its cycle has ${options.totalSteps} steps; make ` +
          `it with the number of batches that there are, or stop stepping`,
      );
    }
    return between(at, options, ({ lr }) => lr);
  }

  /** See {@link LRScheduler}. */
  protected override momentum(at: ScheduledGroup, options: OneCycle): number | null {
    return options.cycleMomentum ? between(at, options, ({ momentum }) => momentum) : null;
  }
}

/** Interpolates a value of the phases, the learning rate or the momentum, at the present step. */
function between(
  { epoch, group }: ScheduledGroup,
  options: OneCycle,
  pick: (phase: Phase) => number,
): number {
  const phases = phasesOf(group, options);
  const i = Math.max(phases.findIndex(({ end }, i) => i > 0 && epoch <= end), 0) ||
    phases.length - 1;
  const [from, to] = [phases[i - 1], phases[i]];
  const share = Math.min((epoch - from.end) / (to.end - from.end), 1);
  const left = options.annealStrategy === "cos" ? (cos(Math.PI * share) + 1) / 2 : 1 - share;
  // Both ends are met exactly.
  return pick(from) * left + pick(to) * (1 - left);
}

/** Returns the learning rate and the momentum at the start, and at the end of each phase. */
function phasesOf(group: number, options: OneCycle): Phase[] {
  const { totalSteps, pctStart, divFactor, finalDivFactor, threePhase } = options;
  const highest = ofGroup(options.maxLr, group);
  const least = ofGroup(options.baseMomentum, group);
  const slow = { lr: highest / divFactor, momentum: ofGroup(options.maxMomentum, group) };
  const last = { lr: slow.lr / finalDivFactor, momentum: slow.momentum, end: totalSteps - 1 };
  const top = { lr: highest, momentum: least, end: pctStart * totalSteps - 1 };
  const back = { ...slow, end: 2 * pctStart * totalSteps - 2 };
  return [{ ...slow, end: 0 }, top, ...(threePhase ? [back] : []), last];
}

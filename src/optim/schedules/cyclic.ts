/**
 * Cycles: the learning rate rises and falls again and again.
 *
 * @module
 */

import { checkArguments, readOptions, REQUIRED } from "../../checks.ts";
import { pow } from "../../math/mod.ts";
import { faultsIn, finite, oneForEach, oneOf, positiveInteger } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { forEachGroup, momentumFaults, ofGroup } from "./groups.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

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
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new CyclicLR(optimizer, { baseLr: 0.5, maxLr: 1, stepSizeUp: 2 });
 * const rates = [0, 1, 2, 3, 4].map(() => {
 *   const { lr } = optimizer.paramGroups[0];
 *   scheduler.step();
 *   return lr;
 * });
 * assertEquals(rates, [0.5, 0.75, 1, 0.75, 0.5]);
 * ```
 */
export class CyclicLR extends LRScheduler<Required<CyclicLROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer; it must have momentum, unless `cycleMomentum` is false
   * @param options the rates, and the form of the cycles
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: CyclicLROptions) {
    checkArguments("make CyclicLR", arguments, 2);
    const { stepSizeDown, ...read } = readOptions("make CyclicLR", options, {
      baseLr: REQUIRED,
      maxLr: REQUIRED,
      stepSizeUp: 2000,
      stepSizeDown: undefined,
      mode: "triangular",
      gamma: 1,
      cycleMomentum: true,
      baseMomentum: 0.8,
      maxMomentum: 0.9,
    });
    super(optimizer, {
      ...read,
      stepSizeDown: stepSizeDown ?? read.stepSizeUp,
      baseLr: forEachGroup(read.baseLr, optimizer),
      maxLr: forEachGroup(read.maxLr, optimizer),
      baseMomentum: forEachGroup(read.baseMomentum, optimizer),
      maxMomentum: forEachGroup(read.maxMomentum, optimizer),
    });
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<CyclicLROptions>): string[] {
    const forEach = oneForEach(this.optimizer.paramGroups.length);
    return [
      ...faultsIn(options, {
        baseLr: forEach,
        maxLr: forEach,
        stepSizeUp: positiveInteger,
        stepSizeDown: positiveInteger,
        mode: oneOf("triangular", "triangular2", "exp_range"),
        gamma: finite,
        baseMomentum: forEach,
        maxMomentum: forEach,
      }),
      ...(options.cycleMomentum ? momentumFaults(this.optimizer) : []),
    ];
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { epoch, group }: ScheduledGroup,
    options: Required<CyclicLROptions>,
  ): number {
    const [least, largest] = [ofGroup(options.baseLr, group), ofGroup(options.maxLr, group)];
    return least + (largest - least) * heightAt(epoch, options);
  }

  /** See {@link LRScheduler}. */
  protected override momentum(
    { epoch, group }: ScheduledGroup,
    options: Required<CyclicLROptions>,
  ): number | null {
    if (!options.cycleMomentum) return null;
    const least = ofGroup(options.baseMomentum, group);
    const largest = ofGroup(options.maxMomentum, group);
    return largest - (largest - least) * heightAt(epoch, options);
  }
}

/** Returns the height of step `t`; 1 is the top of the first cycle. */
function heightAt(
  t: number,
  { stepSizeUp: up, stepSizeDown: down, mode, gamma }: Required<CyclicLROptions>,
): number {
  const since = t % (up + down);
  const slope = since <= up ? since / up : (up + down - since) / down;
  if (mode === "exp_range") return slope * pow(gamma, t);
  return mode === "triangular" ? slope : slope * pow(0.5, Math.floor(t / (up + down)));
}

/**
 * Schedules that are given as functions.
 *
 * @module
 */

import { checkArguments, readOptions, REQUIRED } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { finite } from "../constraints.ts";
import type { Optimizer } from "../optimizer.ts";
import { forEachGroup, ofGroup } from "./groups.ts";
import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";

/** Options of {@link LambdaLR} and {@link MultiplicativeLR}. */
export interface LambdaLROptions {
  /** The factor in an epoch, for all groups or for each; it should depend on nothing else. */
  readonly lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[];
}

function lambdaFaults({ lrLambda }: LambdaLROptions, { paramGroups }: Optimizer): string[] {
  const { length } = paramGroups;
  const functions = [lrLambda].flat();
  if (functions.length === length && functions.every((f) => typeof f === "function")) return [];
  return [`lrLambda must be a function, or ${length} functions, one for each group`];
}

/** Returns `f(epoch)`, if that is a number. */
function factorOf(f: (epoch: number) => number, epoch: number): number {
  const factor: unknown = f(epoch);
  if (finite.holds(factor)) return factor as number;
  throw new ValueError(
    `Cannot schedule by lrLambda(${epoch}), which is ${quoted(factor)}: it must be ${finite.text}`,
  );
}

/**
 * Multiplies the learning rate by a function of the epoch: `lr · f(t)`.
 *
 * It sets its rates whatever other schedules did. The function is not part of the saved state. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LambdaLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new LambdaLR(optimizer, { lrLambda: (epoch) => 1 / (1 + epoch) });
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * assertEquals(scheduler.getLastLr(), [0.25]);
 * ```
 */
export class LambdaLR extends LRScheduler<LambdaLROptions> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the function
   * @throws {ValueError} if there is not one for each group
   */
  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    checkArguments("make LambdaLR", arguments, 2);
    const { lrLambda } = readOptions("make LambdaLR", options, { lrLambda: REQUIRED });
    super(optimizer, { lrLambda: forEachGroup(lrLambda, optimizer) });
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: LambdaLROptions): string[] {
    return lambdaFaults(options, this.optimizer);
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch, group }: ScheduledGroup,
    { lrLambda }: LambdaLROptions,
  ): number {
    return base * factorOf(ofGroup(lrLambda, group), epoch);
  }
}

/** The products of the first values of each function, from epoch 1. */
const products = new WeakMap<(epoch: number) => number, number[]>();

/** `f(1) · … · f(epoch)` */
function productOf(f: (epoch: number) => number, epoch: number): number {
  let known = products.get(f);
  if (known === undefined) products.set(f, known = [1]);
  while (known.length <= epoch) known.push(known[known.length - 1] * factorOf(f, known.length));
  return known[epoch];
}

/**
 * Multiplies the learning rate in every epoch by a function of it: `lr · f(1) · … · f(t)`.
 *
 * The function is called once for each epoch, and is not part of the saved state. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiplicativeLR, SGD } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const lrLambda = (epoch: number) => (epoch < 3 ? 0.5 : 1);
 * const scheduler = new MultiplicativeLR(optimizer, { lrLambda });
 * for (let epoch = 0; epoch < 4; epoch++) scheduler.step();
 * assertEquals(scheduler.getLastLr(), [0.25]);
 * ```
 */
export class MultiplicativeLR extends LRScheduler<LambdaLROptions> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the function
   * @throws {ValueError} if there is not one for each group
   */
  constructor(optimizer: Optimizer, options: LambdaLROptions) {
    checkArguments("make MultiplicativeLR", arguments, 2);
    const { lrLambda } = readOptions("make MultiplicativeLR", options, { lrLambda: REQUIRED });
    super(optimizer, { lrLambda: forEachGroup(lrLambda, optimizer) });
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: LambdaLROptions): string[] {
    return lambdaFaults(options, this.optimizer);
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch, group }: ScheduledGroup,
    { lrLambda }: LambdaLROptions,
  ): number {
    return base * productOf(ofGroup(lrLambda, group), epoch);
  }
}

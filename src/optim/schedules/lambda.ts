/**
 * Schedules that are given as functions.
 *
 * @module
 */

import { LRScheduler, type ScheduledGroup } from "./lr_scheduler.ts";
import { forEachGroup } from "./settings.ts";
import type { Optimizer } from "../optimizer.ts";

/** Options of {@link LambdaLR} and {@link MultiplicativeLR}. */
export interface LambdaLROptions {
  /** The factor in an epoch, for all groups or for each; it should depend on nothing else. */
  readonly lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[];
}

/** Settings of {@link LambdaLR} and {@link MultiplicativeLR}. */
export type LambdaLRSettings = { readonly lr_lambda: readonly ((epoch: number) => number)[] };

function unlessFunctions({ lr_lambda: lambdas }: LambdaLRSettings, groups: number): string[] {
  const good = lambdas.length === groups && lambdas.every((f) => typeof f === "function");
  return good ? [] : [`lrLambda must be a function, or ${groups} functions, one for each group`];
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
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new LambdaLR(optimizer, { lrLambda: (epoch) => 1 / (1 + epoch) });
 * for (let epoch = 0; epoch < 3; epoch++) scheduler.step();
 * assert.deepEqual(scheduler.getLastLr(), [0.25]);
 * ```
 */
export class LambdaLR extends LRScheduler<LambdaLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options the function
   * @throws {ValueError} if there is not one for each group
   */
  constructor(optimizer: Optimizer, { lrLambda }: LambdaLROptions) {
    super(optimizer, { lr_lambda: forEachGroup(lrLambda, optimizer.paramGroups.length) });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: LambdaLRSettings): string[] {
    return unlessFunctions(settings, this.optimizer.paramGroups.length);
  }

  /** See {@link LRScheduler}. */
  protected override floor(): null {
    return null;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch, group }: ScheduledGroup,
    { lr_lambda: lambdas }: LambdaLRSettings,
  ): number {
    return base * lambdas[group](epoch);
  }
}

/** For each function, the products of its first values, from epoch 1. */
const products = new WeakMap<(epoch: number) => number, number[]>();

/** `f(1) · … · f(epoch)` */
function productOf(f: (epoch: number) => number, epoch: number): number {
  let known = products.get(f);
  if (known === undefined) products.set(f, known = [1]);
  while (known.length <= epoch) known.push(known[known.length - 1] * f(known.length));
  return known[epoch];
}

/**
 * Multiplies the learning rate in every epoch by a function of it: `lr · f(1) · … · f(t)`.
 *
 * The function is asked once for each epoch, and is not part of the saved state. See
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiplicativeLR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiplicativeLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const lrLambda = (epoch: number) => (epoch < 3 ? 0.5 : 1);
 * const scheduler = new MultiplicativeLR(optimizer, { lrLambda });
 * for (let epoch = 0; epoch < 4; epoch++) scheduler.step();
 * assert.deepEqual(scheduler.getLastLr(), [0.25]);
 * ```
 */
export class MultiplicativeLR extends LRScheduler<LambdaLRSettings> {
  /**
   * Makes the schedule.
   *
   * @param optimizer what to steer
   * @param options the function
   * @throws {ValueError} if there is not one for each group
   */
  constructor(optimizer: Optimizer, { lrLambda }: LambdaLROptions) {
    super(optimizer, { lr_lambda: forEachGroup(lrLambda, optimizer.paramGroups.length) });
  }

  /** See {@link LRScheduler}. */
  protected override faults(settings: LambdaLRSettings): string[] {
    return unlessFunctions(settings, this.optimizer.paramGroups.length);
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch, group }: ScheduledGroup,
    { lr_lambda: lambdas }: LambdaLRSettings,
  ): number {
    return base * productOf(lambdas[group], epoch);
  }
}

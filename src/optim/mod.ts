/**
 * Optimizers, which turn gradients into better parameters, and schedules of their learning rates.
 *
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineAnnealingLR, SGD } from "@gradus/gradus/optim";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([3], { requiresGrad: true });
 * const optimizer = new SGD([x], { lr: 0.1, momentum: 0.9 });
 * const scheduler = new CosineAnnealingLR(optimizer, { tMax: 100 });
 * for (let step = 0; step < 100; step++) {
 *   optimizer.zeroGrad();
 *   x.sub(1).square().sum().backward();
 *   optimizer.step();
 *   scheduler.step();
 * }
 * assert(Math.abs(x.item() - 1) < 0.01);
 * ```
 *
 * @module
 */

import { nameClasses } from "../names.ts";
import * as optim from "./mod.ts";

export type {
  Hyperparameters,
  OptimizerOptions,
  ParameterGroup,
  ParameterGroupOptions,
  ParameterSource,
} from "./parameter_groups.ts";
export { Optimizer } from "./optimizer.ts";
export type { Update } from "./update.ts";
export type { OptimizerState, SavedGroup, SavedValue, SavedValues } from "./state_dict.ts";
export * from "./sgd.ts";
export { Adam, type AdamOptions, type MomentOptions } from "./adam.ts";
export * from "./adamw.ts";
export * from "./nadam.ts";
export * from "./radam.ts";
export * from "./adamax.ts";
export * from "./lion.ts";
export * from "./rmsprop.ts";
export * from "./adadelta.ts";
export * from "./adagrad.ts";
export * from "./rprop.ts";
export * from "./asgd.ts";
export * from "./lbfgs.ts";
export * from "./schedules/lr_scheduler.ts";
export * from "./schedules/decay.ts";
export * from "./schedules/ramps.ts";
export * from "./schedules/cosine.ts";
export * from "./schedules/lambda.ts";
export * from "./schedules/cyclic.ts";
export * from "./schedules/one_cycle.ts";
export * from "./schedules/plateau.ts";
export * from "./schedules/sequential.ts";
export * from "./schedules/chained.ts";
export * from "./swa_utils.ts";

nameClasses(optim);

/**
 * Optimizers, which turn gradients into better parameters, and schedules of their learning rates.
 *
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineAnnealingLR, SGD } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
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
 * assert.ok(Math.abs(x.item() - 1) < 0.01);
 * ```
 *
 * @module
 */

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
export { SGD, type SGDOptions } from "./sgd.ts";
export { Adam, type AdamOptions, type MomentOptions } from "./adam.ts";
export { AdamW } from "./adamw.ts";
export { NAdam, type NAdamOptions } from "./nadam.ts";
export { RAdam } from "./radam.ts";
export { Adamax } from "./adamax.ts";
export { Lion, type LionOptions } from "./lion.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { Adadelta, type AdadeltaOptions } from "./adadelta.ts";
export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { LBFGS, type LBFGSOptions } from "./lbfgs.ts";
export {
  LRScheduler,
  type LRSchedulerState,
  type ScheduledGroup,
} from "./schedules/lr_scheduler.ts";
export {
  ExponentialLR,
  type ExponentialLROptions,
  MultiStepLR,
  type MultiStepLROptions,
  StepLR,
  type StepLROptions,
} from "./schedules/decay.ts";
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
} from "./schedules/ramps.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
} from "./schedules/cosine.ts";
export { LambdaLR, type LambdaLROptions, MultiplicativeLR } from "./schedules/lambda.ts";
export { type OneCycle, OneCycleLR, type OneCycleLROptions } from "./schedules/one_cycle.ts";
export { CyclicLR, type CyclicLROptions } from "./schedules/cyclic.ts";
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from "./schedules/plateau.ts";
export {
  SequentialLR,
  type SequentialLROptions,
  type SequentialLRState,
} from "./schedules/sequential.ts";

/**
 * Optimizers: what turns gradients into better parameters.
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

export {
  type Hyperparameters,
  type ParameterGroup,
  type ParameterGroupOptions,
  type ParameterSource,
} from "./parameter_groups.ts";
export { Optimizer, type Update } from "./optimizer.ts";
export type { OptimizerState, SavedGroup } from "./state_dict.ts";
export type { SavedValue, SavedValues } from "./state_dict.ts";
export { SGD, type SGDHyperparameters, type SGDOptions } from "./sgd.ts";
export type { MomentHyperparameters } from "./update.ts";
export { Adam, type AdamHyperparameters, type AdamOptions } from "./adam.ts";
export { AdamW } from "./adamw.ts";
export { NAdam, type NAdamHyperparameters, type NAdamOptions } from "./nadam.ts";
export { RAdam, type RAdamHyperparameters, type RAdamOptions } from "./radam.ts";
export { Adamax, type AdamaxHyperparameters, type AdamaxOptions } from "./adamax.ts";
export { Lion, type LionHyperparameters, type LionOptions } from "./lion.ts";
export { RMSprop, type RMSpropHyperparameters, type RMSpropOptions } from "./rmsprop.ts";
export { Adadelta, type AdadeltaHyperparameters, type AdadeltaOptions } from "./adadelta.ts";
export { Adagrad, type AdagradHyperparameters, type AdagradOptions } from "./adagrad.ts";
export { LBFGS, type LBFGSHyperparameters, type LBFGSOptions } from "./lbfgs.ts";
export {
  LRScheduler,
  type LRSchedulerState,
  type ScheduledGroup,
  type ScheduleSettings,
} from "./schedules/lr_scheduler.ts";
export {
  ExponentialLR,
  type ExponentialLROptions,
  type ExponentialLRSettings,
  MultiStepLR,
  type MultiStepLROptions,
  type MultiStepLRSettings,
  StepLR,
  type StepLROptions,
  type StepLRSettings,
} from "./schedules/decay.ts";
export {
  ConstantLR,
  type ConstantLROptions,
  type ConstantLRSettings,
  LinearLR,
  type LinearLROptions,
  type LinearLRSettings,
  PolynomialLR,
  type PolynomialLROptions,
  type PolynomialLRSettings,
} from "./schedules/ramps.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  type CosineAnnealingLRSettings,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
  type CosineAnnealingWarmRestartsSettings,
} from "./schedules/cosine.ts";
export {
  LambdaLR,
  type LambdaLROptions,
  type LambdaLRSettings,
  MultiplicativeLR,
} from "./schedules/lambda.ts";
export {
  OneCycleLR,
  type OneCycleLROptions,
  type OneCycleLRSettings,
} from "./schedules/one_cycle.ts";
export { CyclicLR, type CyclicLROptions, type CyclicLRSettings } from "./schedules/cyclic.ts";
export {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  type ReduceLROnPlateauState,
} from "./schedules/plateau.ts";
export {
  type AnySchedule,
  SequentialLR,
  type SequentialLROptions,
  type SequentialLRState,
} from "./schedules/sequential.ts";

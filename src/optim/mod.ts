/**
 * Optimizers: what turns gradients into better parameters.
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
export type { SavedValue, SavedValues } from "./saved_values.ts";
export { SGD, type SGDHyperparameters, type SGDOptions } from "./sgd.ts";
export { Adam, type AdamHyperparameters, type AdamOptions } from "./adam.ts";
export { AdamW } from "./adamw.ts";
export { RMSprop, type RMSpropHyperparameters, type RMSpropOptions } from "./rmsprop.ts";
export { Adagrad, type AdagradHyperparameters, type AdagradOptions } from "./adagrad.ts";
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  type CosineAnnealingLRSettings,
  LRScheduler,
  type LRSchedulerState,
  StepLR,
  type StepLROptions,
  type StepLRSettings,
} from "./lr_scheduler.ts";

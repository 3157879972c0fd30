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
export type { OptimizerState, SavedGroup, SavedValue } from "./state_dict.ts";
export { SGD, type SGDHyperparameters, type SGDOptions } from "./sgd.ts";

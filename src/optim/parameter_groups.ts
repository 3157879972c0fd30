/**
 * Parameters that are updated with the same hyperparameters, and the checks of both.
 *
 * @module
 */

import { shownParameters } from "../autograd/module_call.ts";
import { FOREIGN, isForeign, nameMeant, readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { withArticle } from "../names.ts";
import { Parameter } from "../nn/parameter.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The options of every optimizer: hyperparameters with a default. */
export interface OptimizerOptions {
  /** The learning rate. */
  lr?: number;
  /** Climb instead of descend; default false. */
  maximize?: boolean;
}

/** All hyperparameters of an optimizer with options `O`. */
export type Hyperparameters<O extends OptimizerOptions = OptimizerOptions> = Required<O> & {
  /** The learning rate before any schedule; a schedule sets it. */
  initialLr?: number;
};

/** Parameters and their hyperparameters, which may be changed between steps. */
export type ParameterGroup<O extends OptimizerOptions = OptimizerOptions> = Hyperparameters<O> & {
  /** The parameters. */
  readonly params: readonly Tensor[];
};

/** A group as it is given: hyperparameters that are left out are those of the optimizer. */
export type ParameterGroupOptions<O extends OptimizerOptions = OptimizerOptions> =
  & Partial<Hyperparameters<O>>
  & {
    /** The parameters. */
    readonly params: Iterable<Tensor>;
  };

/** The parameters of an optimizer, or groups of them. */
export type ParameterSource<O extends OptimizerOptions = OptimizerOptions> =
  | Iterable<Tensor>
  | Iterable<ParameterGroupOptions<O>>;

/**
 * Returns the groups in `source`; plain parameters are one group.
 *
 * @param source the parameters, or groups of them
 * @param name the optimizer's, for errors
 * @throws {ValueError} if `source` is neither, or empty
 */
export function groupsIn<O extends OptimizerOptions>(
  source: ParameterSource<O>,
  name: string,
): ParameterGroupOptions<O>[] {
  const entries = listOf<Tensor | ParameterGroupOptions<O>>(source, name);
  if (entries.length === 0) {
    throw new ValueError(
      `Cannot make ${name}: there are no parameters; pass model.parameters(), or a list: an iterator ` +
        `is used up after one walk`,
    );
  }
  const isGroup = (entry: object): entry is ParameterGroupOptions<O> =>
    typeof entry === "object" && entry !== null && "params" in entry;
  if (entries.every(isGroup)) return entries;
  // No hyperparameter is named here, so the group takes all of the optimizer's.
  return [{ params: entries } as unknown as ParameterGroupOptions<O>];
}

/**
 * Returns the parameters of a group.
 *
 * @param source the parameters
 * @param name the optimizer's, for errors
 * @param taken parameters of other groups
 * @throws {ValueError} if there are none, one is no leaf, or one is there twice
 * @throws {DTypeError} if one is not of a floating-point type
 */
export function parametersIn(
  source: Iterable<Tensor>,
  name: string,
  taken: ReadonlySet<Tensor>,
): Tensor[] {
  const parameters = listOf(source, name);
  if (parameters.length === 0) {
    throw new ValueError(`Cannot make a parameter group of ${name}: it has no parameters`);
  }
  const seen = new Set(taken);
  parameters.forEach((parameter, i) => {
    if (!(parameter instanceof Tensor)) {
      throw new ValueError(
        `Cannot give ${name} entry ${i}, which is ${
          isForeign(parameter) ? FOREIGN : `of type ${typeof parameter}`
        }: parameters must be ` +
          `tensors; pass model.parameters()`,
      );
    }
    const action = `Cannot give ${name} parameter ${i} of shape ${formatShape(parameter.shape)}`;
    if (!parameter.isLeaf) {
      throw new ValueError(
        `${action}: it is the result of recorded operations, and would be overwritten by the next ` +
          `forward; pass the leaf that it was made from`,
      );
    }
    if (!isFloat(parameter.dtype)) {
      throw new DTypeError(
        `${action}: it is ${parameter.dtype}, and only floating-point tensors have gradients; ` +
          `convert it with .to("float32")`,
      );
    }
    if (!parameter.requiresGrad && parameter.grad === null && !(parameter instanceof Parameter)) {
      throw new ValueError(
        `${action}: it requires no gradient, as the results of detach() and the values of stateDict() ` +
          `do; pass model.parameters(), or call requiresGrad_() first`,
      );
    }
    if (seen.has(parameter)) {
      throw new ValueError(
        `${action} twice: it would be updated twice in a step; name it in one group, once`,
      );
    }
    seen.add(parameter);
  });
  for (const parameter of parameters) shownParameters.add(parameter);
  return parameters;
}

function listOf<T>(source: Iterable<T>, name: string): T[] {
  const iterable = typeof source === "object" && source !== null && Symbol.iterator in source;
  if (iterable && !(source instanceof Tensor)) return [...source];
  const given = source instanceof Tensor ? "a single tensor" : withArticle(typeof source);
  throw new ValueError(
    `Cannot give ${name} ${given}: it takes several parameters; pass model.parameters(), or an ` +
      `array of tensors`,
  );
}

/**
 * Returns all hyperparameters: `options`, and `defaults` for the others.
 *
 * @throws {ValueError} if there is no such option, or `faultsOf` finds one
 */
export function hyperparametersOf<O extends OptimizerOptions>(
  name: string,
  defaults: Hyperparameters<O>,
  options: Partial<Hyperparameters<O>>,
  faultsOf: (hyperparameters: Hyperparameters<O>) => readonly string[],
): Hyperparameters<O> {
  const known = { ...defaults, initialLr: undefined };
  const { initialLr, ...rest } = readOptions<Partial<Hyperparameters>, typeof known>(
    `make ${name}`,
    options,
    known,
  );
  const result = (initialLr === undefined ? rest : { ...rest, initialLr }) as Hyperparameters<O>;
  const faults = faultsOf(result);
  if (faults.length === 0) return result;
  throw new ValueError(`Cannot make ${name}: ${faults.join("; ")}`);
}

/** The groups whose learning rate comes from a saved state, and has not been used or changed since. */
export const restoredGroups = new WeakSet<object>();

/** Names of hyperparameters that only some optimizers have, also in other libraries. */
const HYPERPARAMETER =
  /^(alpha|amsgrad|beta[12s]?|centered|dampening|(lr|momentum|weight)?decay|wd|eps(ilon)?|etas|lambd|momentum|nesterov|rho|stepsizes|t0)$/i;

/**
 * Rejects hyperparameters that were set where no optimizer reads them: beside the groups, as in
 * `paramGroups.lr = 1`, or in a group under a name that no hyperparameter of the
 * optimizer has, but that looks like one; other names are notes of the program.
 *
 * @throws {ValueError} naming the place, or the hyperparameter that was probably meant
 */
export function checkNames(groups: readonly object[], defaults: object): void {
  // The indices of a list come first.
  const beside = Object.keys(groups)[groups.length];
  if (beside !== undefined) {
    throw new ValueError(
      `Cannot step with "${beside}" of paramGroups, which is a list: set it in paramGroups[0]`,
    );
  }
  const names = Object.keys(defaults);
  for (const group of groups) {
    for (const name of Object.keys(group)) {
      if (name === "params" || name === "initialLr" || Object.hasOwn(defaults, name)) continue;
      const meant = nameMeant(name, names);
      if (meant === undefined && !HYPERPARAMETER.test(name.replaceAll("_", ""))) continue;
      throw new ValueError(
        `Cannot step with "${name}" in a parameter group: ` +
          (meant === undefined
            ? `the optimizer has ${names.map((known) => `"${known}"`).join(", ")}`
            : `its name is "${meant}" here`),
      );
    }
  }
}

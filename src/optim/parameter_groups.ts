/**
 * Parameters that are updated with the same hyperparameters, and the checks of both.
 *
 * @module
 */

import { requireOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** What every optimizer can be told. */
export interface Hyperparameters {
  /** The learning rate. */
  lr: number;
  /** The learning rate before any schedule; a schedule sets it. */
  initialLr?: number;
}

/** Parameters and the hyperparameters that hold for them; these may be changed between steps. */
export type ParameterGroup<H extends Hyperparameters = Hyperparameters> = H & {
  /** The parameters. */
  readonly params: readonly Tensor[];
};

/** A group as it is given: hyperparameters that are left out are those of the optimizer. */
export type ParameterGroupOptions<H extends Hyperparameters = Hyperparameters> = Partial<H> & {
  /** The parameters. */
  readonly params: Iterable<Tensor>;
};

/** What an optimizer is made for: parameters, or groups of them. */
export type ParameterSource<H extends Hyperparameters = Hyperparameters> =
  | Iterable<Tensor>
  | Iterable<ParameterGroupOptions<H>>;

/**
 * The groups in `source`; plain parameters are one group.
 *
 * @param source what the caller gave
 * @param name of the optimizer, for errors
 * @throws {ValueError} if it is neither, or there is nothing in it
 */
export function groupsIn<H extends Hyperparameters>(
  source: ParameterSource<H>,
  name: string,
): ParameterGroupOptions<H>[] {
  const entries = listOf<Tensor | ParameterGroupOptions<H>>(source, name);
  if (entries.length === 0) {
    throw new ValueError(
      `Cannot make ${name}: there are no parameters; pass model.parameters(), which can be walked ` +
        `only once`,
    );
  }
  if (entries.every(isGroup<H>)) return entries;
  // No hyperparameter is named here, so the group takes all of the optimizer's.
  return [{ params: entries } as unknown as ParameterGroupOptions<H>];
}

function isGroup<H extends Hyperparameters>(
  entry: Tensor | ParameterGroupOptions<H>,
): entry is ParameterGroupOptions<H> {
  return typeof entry === "object" && entry !== null && "params" in entry;
}

/**
 * The parameters of a group.
 *
 * @param source what the caller gave
 * @param name of the optimizer, for errors
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
        `Cannot give ${name} entry ${i}, which is of type ${typeof parameter}: parameters must be ` +
          `tensors; pass model.parameters()`,
      );
    }
    checkParameter(parameter, `${i} of shape ${formatShape(parameter.shape)}`, name);
    if (seen.has(parameter)) {
      throw new ValueError(
        `Cannot give ${name} parameter ${i} of shape ${formatShape(parameter.shape)} twice: it ` +
          `would be updated twice in a step; name it in one group, once`,
      );
    }
    seen.add(parameter);
  });
  return parameters;
}

function checkParameter(parameter: Tensor, description: string, name: string): void {
  if (!parameter.isLeaf) {
    throw new ValueError(
      `Cannot give ${name} parameter ${description}: it is the result of recorded operations, and ` +
        `would be overwritten by the next forward; pass the leaf that it was made from`,
    );
  }
  if (!isFloat(parameter.dtype)) {
    throw new DTypeError(
      `Cannot give ${name} parameter ${description}: it is ${parameter.dtype}, and only ` +
        `floating-point tensors have gradients; convert it with .to("float32")`,
    );
  }
}

function listOf<T>(source: Iterable<T>, name: string): T[] {
  const iterable = typeof source === "object" && source !== null && Symbol.iterator in source;
  if (iterable && !(source instanceof Tensor)) return [...source];
  const given = source instanceof Tensor ? "a single tensor" : `a ${typeof source}`;
  throw new ValueError(
    `Cannot give ${name} ${given}: it takes several parameters; pass model.parameters(), or an ` +
      `array of tensors`,
  );
}

/**
 * `options` over `defaults`, where an option that is `undefined` is left out.
 *
 * @throws {ValueError} if there is no such option, or `faultsOf` finds one
 */
export function hyperparametersOf<H extends Hyperparameters>(
  name: string,
  defaults: H,
  options: Partial<H>,
  faultsOf: (hyperparameters: H) => readonly string[],
): H {
  requireOptions(`make ${name}`, options);
  const result: H = { ...defaults };
  const known = [...Object.keys(defaults), "initialLr"] as (keyof H)[];
  const faults: string[] = [];
  for (const [key, value] of Object.entries(options) as [keyof H, H[keyof H] | undefined][]) {
    if (!known.includes(key)) {
      faults.push(`"${String(key)}" is not an option; there are ${known.slice(0, -1).join(", ")}`);
    } else if (value !== undefined) {
      result[key] = value;
    }
  }
  faults.push(...faultsOf(result));
  if (faults.length === 0) return result;
  throw new ValueError(`Cannot make ${name}: ${faults.join("; ")}`);
}

/** What is wrong with a number that must be 0 or more; nothing, or one sentence. */
export function unlessNonNegative(name: string, value: number): string[] {
  if (Number.isFinite(value) && value >= 0) return [];
  return [`${name} is ${value}, and must be a finite number, 0 or more`];
}

/** What is wrong with a share that must be at least 0 and less than 1. */
export function unlessFraction(name: string, value: number): string[] {
  if (Number.isFinite(value) && value >= 0 && value < 1) return [];
  return [`${name} is ${value}, and must be at least 0 and less than 1`];
}

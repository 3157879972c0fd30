/**
 * The saved form of optimizers and schedules, and the check that it fits.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { counted, withArticle } from "../names.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { faultsIn, nonNegativeInteger } from "./constraints.ts";
import type { Hyperparameters, OptimizerOptions, ParameterGroup } from "./parameter_groups.ts";

/** The value of an option in a saved state. */
export type SavedValue = number | boolean | string | readonly number[] | null;

/** Options in a saved state, by PyTorch's names. */
export type SavedValues = Readonly<Record<string, SavedValue>>;

/** A group in a saved state: hyperparameters in PyTorch's spelling, and numbers of parameters. */
export interface SavedGroup {
  /** Numbers of the group's parameters, which count through all groups. */
  readonly params: readonly number[];
  /** Hyperparameters, by PyTorch's names. */
  readonly [hyperparameter: string]: SavedValue;
}

/** The saved form of an optimizer, with PyTorch's layout and spelling. */
export interface OptimizerState {
  /** By the number of a parameter: tensors like it, and the number of updates as `step`. */
  readonly state: Readonly<Record<number, Readonly<Record<string, Tensor | number | null>>>>;
  /** The groups. */
  readonly param_groups: readonly SavedGroup[];
}

/** The state of one parameter. */
export interface ParameterState {
  /** Number of updates so far. */
  step: number;
  /** Numbers, under PyTorch's names. */
  readonly numbers: Record<string, number>;
  /** Tensors like the parameter, under PyTorch's names; zeros before the first update. */
  readonly tensors: Record<string, Tensor>;
}

// ---------------------------------------------------------------- options

/** Returns PyTorch's name of an option: `weightDecay` is `weight_decay`, `tMax` is `T_max`. */
function savedName(name: string): string {
  return name.replace(/^t(?=[A-Z\d])/, "T")
    .replace(/(?<=.)[A-Z\d]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Returns options by PyTorch's names; functions are left out. */
export function savedOptions(options: object): SavedValues {
  const isFunction = (value: unknown): boolean => typeof [value].flat()[0] === "function";
  return Object.fromEntries(
    Object.entries(options)
      .filter(([, value]) => !isFunction(value))
      .map(([name, value]) => [savedName(name), value]),
  );
}

/** The way in which saved options are read. */
interface ReadOptions {
  /** The place of the options in the saved state, for messages. */
  readonly place: string;
  /** Names that may be there too. */
  readonly others: readonly string[];
  /** True if lists may be of another length. */
  readonly anyLength?: boolean;
}

/**
 * Returns the saved values of the options that `like` has; faulty ones are those of `like`.
 *
 * @param saved the saved values, by PyTorch's names
 * @param like a value for every option
 * @param faults gets a sentence for each name that is missing, unexpected, or of another kind
 */
export function readSavedOptions<O extends object>(
  saved: Readonly<Record<string, SavedValue | undefined>>,
  like: O,
  faults: string[],
  { place, others, anyLength = false }: ReadOptions,
): O {
  const expected = savedOptions(like);
  for (const [name, value] of Object.entries(saved)) {
    // PyTorch also saves what is its own, such as `_step_count`, and switches that do not exist
    // here, such as `foreach`: off, they mean nothing.
    const means = value !== undefined && value !== null && value !== false && !name.startsWith("_");
    if (means && !(name in expected) && !others.includes(name)) {
      faults.push(`${place} has an unexpected "${name}"`);
    }
  }
  const read = Object.entries(like).map(([key, value]) => {
    const name = savedName(key);
    const found = saved[name];
    if (!(name in expected)) return [key, value];
    const fits = kindOf(found) === kindOf(value) ||
      (isWord(found) && isWord(value)) ||
      (anyLength && Array.isArray(found) && Array.isArray(value));
    if (found === undefined) faults.push(`${place} has no "${name}"`);
    else if (!fits) faults.push(`${place}: "${name}" is ${kindOf(found)}, not ${kindOf(value)}`);
    return [key, fits ? found : value];
  });
  return Object.fromEntries(read);
}

/** Returns true for a word or null: PyTorch saves either, where both are possible. */
function isWord(value: unknown): boolean {
  return typeof value === "string" || value === null;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : withArticle(typeof value);
}

/** Returns true if `value` has properties. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// ---------------------------------------------------------------- optimizers

/** Returns the saved form of `groups` and of the states of their parameters. */
export function writeState<O extends OptimizerOptions>(
  groups: readonly ParameterGroup<O>[],
  stateOf: (parameter: Tensor) => ParameterState | undefined,
  namesIn: (group: Hyperparameters<O>) => readonly string[],
): OptimizerState {
  const state: Record<number, Record<string, Tensor | number | null>> = {};
  let next = 0;
  const saved = groups.map((group) => {
    const { params, ...hyperparameters } = group;
    const numbers = params.map((parameter) => {
      const own = stateOf(parameter);
      if (own !== undefined && own.step > 0) state[next] = writeEntry(own, namesIn(group));
      return next++;
    });
    return { ...savedOptions(hyperparameters), params: numbers };
  });
  return { state, param_groups: saved };
}

function writeEntry(
  { step, numbers, tensors }: ParameterState,
  names: readonly string[],
): Record<string, Tensor | number | null> {
  // Also what an option uses that is off now, and null for what one uses that is on since the last step.
  const saved = new Set([...names, ...Object.keys(tensors)]);
  const entries = Array.from(
    saved,
    (name) => [name, name === "step" ? step : tensors[name]?.detach() ?? null],
  );
  return { ...Object.fromEntries(entries), ...numbers };
}

/** The optimizer that a saved state must fit. */
interface Expected<O extends OptimizerOptions> {
  /** The class of the optimizer, for the error. */
  readonly owner: string;
  readonly groups: readonly ParameterGroup<O>[];
  readonly defaults: Hyperparameters<O>;
  /** Returns the faults of hyperparameters. */
  readonly faults: (hyperparameters: Hyperparameters<O>) => readonly string[];
  /** Returns the names of the tensors in the state of a parameter. */
  readonly names: (hyperparameters: Hyperparameters<O>) => readonly string[];
  /** Names of the numbers in the state of a parameter. */
  readonly numbers: readonly string[];
}

/** A saved state, checked. */
interface CheckedState<O extends OptimizerOptions> {
  /** Hyperparameters of each group. */
  readonly groups: readonly Hyperparameters<O>[];
  readonly states: ReadonlyMap<Tensor, ParameterState>;
}

/** A parameter, and the names of the tensors in its state. */
interface Target {
  readonly parameter: Tensor;
  readonly names: readonly string[];
  /** Those that it has whatever is switched off. */
  readonly always: readonly string[];
  /** Those that it can have, with all switched on. */
  readonly possible: readonly string[];
}

/** Returns hyperparameters with all switches on, or all off: booleans, and numbers that may be 0. */
function switched<H extends object>(hyperparameters: H, on: boolean): H {
  const entries = Object.entries(hyperparameters).map(([name, value]) => {
    if (typeof value === "boolean") return [name, on];
    return [name, typeof value === "number" ? Number(on) : value];
  });
  return Object.fromEntries(entries);
}

/**
 * Checks a saved state against an optimizer, and changes nothing.
 *
 * @throws {StateDictError} naming everything that does not fit
 */
export function readState<O extends OptimizerOptions>(
  saved: OptimizerState,
  expected: Expected<O>,
): CheckedState<O> {
  const { owner, groups, numbers } = expected;
  const faults: string[] = [];
  const stopIf = (isWrong: boolean): void => {
    if (isWrong) throw new StateDictError(owner, faults);
  };
  if (!isObject(saved?.state)) faults.push(`"state" is missing`);
  if (!Array.isArray(saved?.param_groups)) faults.push(`"param_groups" is missing`);
  else if (saved.param_groups.length !== groups.length) {
    faults.push(`it has ${counted(saved.param_groups.length, "group")}, expected ${groups.length}`);
  }
  stopIf(faults.length > 0);
  const hyperparameters = saved.param_groups.map((group, i) =>
    readHyperparameters(group, groups[i], expected, `param_groups[${i}]`, faults)
  );
  const targets = new Map<number, Target>();
  saved.param_groups.forEach((group, i) => {
    const params = group?.params;
    const [place, own] = [`param_groups[${i}]`, groups[i].params];
    const count = Array.isArray(params) ? params.length : 0;
    if (count !== own.length) {
      faults.push(`${place} has ${counted(count, "parameter")}, expected ${own.length}`);
    }
    const names = expected.names(hyperparameters[i]);
    const [always, possible] = [false, true].map((on) =>
      expected.names(switched(hyperparameters[i], on))
    );
    for (let j = 0; j < Math.min(count, own.length); j++) {
      if (targets.has(params[j])) faults.push(`${place} names parameter ${params[j]} again`);
      targets.set(params[j], { parameter: own[j], names, always, possible });
    }
  });
  // The states of parameters can be judged only when it is known of which parameters they are.
  stopIf(targets.size !== groups.reduce((sum, { params }) => sum + params.length, 0));
  const states = new Map<Tensor, ParameterState>();
  for (const [number, entry] of Object.entries(saved.state)) {
    const target = targets.get(Number(number));
    const own = readEntry(entry, target, numbers, `state[${number}]`, faults);
    if (own !== null) states.set(target!.parameter, own);
  }
  stopIf(faults.length > 0);
  return { groups: hyperparameters, states };
}

function readHyperparameters<O extends OptimizerOptions>(
  saved: SavedGroup,
  own: ParameterGroup<O>,
  { defaults, faults: faultsOf }: Expected<O>,
  place: string,
  faults: string[],
): Hyperparameters<O> {
  const given: Partial<SavedGroup> = isObject(saved) ? saved : {};
  const { initial_lr: initialLr } = given;
  // A field that users have added to a group, such as a name, is saved with it.
  const others = ["params", "initial_lr", ...Object.keys(savedOptions(own))];
  const values: Hyperparameters<O> = {
    ...readSavedOptions(given, defaults, faults, { place, others }),
    ...(typeof initialLr === "number" ? { initialLr } : {}),
  };
  faults.push(...faultsOf(values).map((fault) => `${place}: ${fault}`));
  return values;
}

/** Returns the state of one parameter; null if it is empty, or something is wrong. */
function readEntry(
  saved: Readonly<Record<string, Tensor | number | null>>,
  target: Target | undefined,
  numberNames: readonly string[],
  place: string,
  faults: string[],
): ParameterState | null {
  if (target === undefined || !isObject(saved)) {
    faults.push(
      target === undefined ? `${place} belongs to no parameter` : `${place} is not an object`,
    );
    return null;
  }
  const { parameter, names, always, possible } = target;
  // PyTorch writes null for what it does not have yet.
  const found = Object.keys(saved).filter((name) => saved[name] !== null);
  if (found.length === 0) return null;
  for (const name of found) {
    if (![...names, ...possible, ...numberNames].includes(name)) {
      faults.push(`${place} has an unexpected "${name}"`);
    }
  }
  const state: ParameterState = { step: 1, numbers: {}, tensors: {} };
  const { shape } = parameter;
  for (const name of new Set([...names, ...possible])) {
    const value = saved[name] ?? null;
    if (value === null) {
      // Null is what was switched on since the last step, or off from the beginning.
      const mayLack = !always.includes(name) && (name in saved || !names.includes(name));
      if (!mayLack) faults.push(`${place} has no "${name}"`);
    } else if (name === "step") state.step = numberOf(value);
    else if (!(value instanceof Tensor)) faults.push(`${place}: "${name}" is not a tensor`);
    else if (sameShape(value.shape, shape)) state.tensors[name] = value;
    else {
      const expected = formatShape(shape);
      faults.push(`${place}: "${name}" is ${formatShape(value.shape)}, expected ${expected}`);
    }
  }
  for (const name of numberNames) {
    state.numbers[name] = numberOf(saved[name] ?? null);
    if (!Number.isFinite(state.numbers[name])) {
      faults.push(`${place} has no finite number "${name}"`);
    }
  }
  const stepFaults = faultsIn(state, { step: nonNegativeInteger });
  faults.push(...stepFaults.map((fault) => `${place}: ${fault}`));
  return state;
}

/** Returns the number that `value` stands for, still unchecked: PyTorch also writes it as a tensor. */
function numberOf(value: Tensor | number | null): number {
  return (value instanceof Tensor && value.numel() === 1 ? value.item() : value) as number;
}

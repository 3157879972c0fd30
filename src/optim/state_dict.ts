/**
 * Settings in saved states: numbers, switches, words and short lists, by PyTorch's names.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Hyperparameters, ParameterGroup } from "./parameter_groups.ts";
import { formatShape, sameShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A setting in a saved state. */
export type SavedValue = number | boolean | string | readonly number[] | null;

/** Settings in a saved state. */
export type SavedValues = Readonly<Record<string, SavedValue>>;

/** How saved values are read. */
interface ReadOptions {
  readonly place: string;
  readonly others: readonly string[];
  readonly anyLength?: boolean;
}

/**
 * The values in `saved` that `like` names, of the same kinds; faulty ones are replaced by `like`'s.
 *
 * @param saved what was saved
 * @param like a value for every name
 * @param faults gets a sentence for each name that is missing, unexpected, or of another kind
 * @param options where this is, for these sentences, names that may be there too, and whether lists
 *   may be of another length
 */
export function readValues(
  saved: SavedValues,
  like: SavedValues,
  faults: string[],
  { place, others, anyLength = false }: ReadOptions,
): SavedValues {
  const result: Record<string, SavedValue> = {};
  for (const [name, value] of Object.entries(like)) {
    const found = saved[name];
    const fits = kindOf(found) === kindOf(value) ||
      (isWord(found) && isWord(value)) ||
      (anyLength && Array.isArray(found) && Array.isArray(value));
    if (found === undefined) faults.push(`${place} has no "${name}"`);
    else if (!fits) faults.push(`${place}: "${name}" is ${kindOf(found)}, not ${kindOf(value)}`);
    result[name] = fits ? found : value;
  }
  for (const [name, value] of Object.entries(saved)) {
    // PyTorch also saves what is its own, such as `_step_count`, and switches that there are not
    // here, such as `foreach`: off, they mean nothing.
    const means = value !== null && value !== false && !name.startsWith("_");
    if (means && !(name in like) && !others.includes(name)) {
      faults.push(`${place} has an unexpected "${name}"`);
    }
  }
  return result;
}

/** Where PyTorch has a word, it may have nothing instead. */
function isWord(value: unknown): boolean {
  return typeof value === "string" || value === null;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? "null" : `a ${typeof value}`;
}

/** Whether `value` has properties. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

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

/** What is remembered of a parameter, and which of it is saved. */
interface Memory {
  readonly step: number;
  readonly numbers: Readonly<Record<string, number>>;
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly names: readonly string[];
}

/** The saved form of `groups` and of what `memoryOf` their parameters there is. */
export function writeState<H extends Hyperparameters>(
  groups: readonly ParameterGroup<H>[],
  memoryOf: (parameter: Tensor, group: H) => Memory | null,
): OptimizerState {
  const state: Record<number, Record<string, Tensor | number>> = {};
  let next = 0;
  const saved = groups.map((group) => {
    const { params, ...hyperparameters } = group;
    const numbers = params.map((parameter) => {
      const memory = memoryOf(parameter, group);
      if (memory !== null) state[next] = writeEntry(memory);
      return next++;
    });
    return { ...savedValues(hyperparameters), params: numbers };
  });
  return { state, param_groups: saved };
}

function writeEntry({ step, numbers, tensors, names }: Memory): Record<string, Tensor | number> {
  const saved = names.filter((name) => name === "step" || name in tensors);
  const entries = saved.map((name) => [name, name === "step" ? step : tensors[name].detach()]);
  return { ...Object.fromEntries(entries), ...numbers };
}

/** What a saved state must fit. */
interface Expected<H extends Hyperparameters> {
  /** What is being done, for the error. */
  readonly action: string;
  readonly groups: readonly ParameterGroup<H>[];
  readonly defaults: H;
  /** What is wrong with hyperparameters. */
  readonly faults: (hyperparameters: H) => readonly string[];
  /** What is remembered of each parameter. */
  readonly names: (hyperparameters: H) => readonly string[];
  /** Names of numbers that are remembered of each parameter. */
  readonly numbers: readonly string[];
}

/** A saved state, checked. */
interface Read<H> {
  /** Hyperparameters of each group. */
  readonly groups: readonly H[];
  readonly entries: readonly {
    readonly parameter: Tensor;
    readonly step: number;
    readonly numbers: Record<string, number>;
    readonly tensors: Readonly<Record<string, Tensor>>;
  }[];
}

/**
 * Checks a saved state against an optimizer, and changes nothing.
 *
 * @throws {StateDictError} naming everything that does not fit
 */
export function readState<H extends Hyperparameters>(
  saved: OptimizerState,
  expected: Expected<H>,
): Read<H> {
  const faults: string[] = [];
  const fail = (): never => {
    throw new StateDictError(`Cannot ${expected.action}: ${faults.join("; ")}`);
  };
  if (!isObject(saved?.state)) faults.push(`"state" is missing`);
  if (!Array.isArray(saved?.param_groups)) faults.push(`"param_groups" is missing`);
  if (faults.length > 0) fail();
  const { state, param_groups: savedGroups } = saved;
  const { groups } = expected;
  if (savedGroups.length !== groups.length) {
    faults.push(`it has ${savedGroups.length} groups, expected ${groups.length}`);
    fail();
  }
  const places = new Map<number, Place>();
  const hyperparameters = savedGroups.map((savedGroup, i) => {
    const place = `param_groups[${i}]`;
    const values = readHyperparameters(savedGroup, expected.defaults, place, faults);
    faults.push(...expected.faults(values).map((fault) => `${place}: ${fault}`));
    const names = expected.names(values);
    readParameters(savedGroup, groups[i].params, place, faults).forEach((number, j) => {
      if (places.has(number)) faults.push(`${place} names parameter ${number} again`);
      places.set(number, { parameter: groups[i].params[j], names, numbers: expected.numbers });
    });
    return values;
  });
  // What is remembered can be judged only when it is known of which parameters.
  if (places.size !== groups.reduce((sum, { params }) => sum + params.length, 0)) fail();
  const entries = Object.entries(state).map(([number, entry]) =>
    readEntry(entry, places.get(Number(number)), `state[${number}]`, faults)
  );
  if (faults.length > 0) fail();
  return { groups: hyperparameters, entries: entries.filter((entry) => entry !== null) };
}

/** The numbers of the parameters of a group. */
function readParameters(
  { params }: SavedGroup,
  own: readonly Tensor[],
  place: string,
  faults: string[],
): readonly number[] {
  const count = Array.isArray(params) ? params.length : 0;
  if (count === own.length) return params;
  faults.push(`${place} has ${count} parameters, expected ${own.length}`);
  return [];
}

/** The hyperparameters of a group; faulty ones are reported, and replaced by defaults. */
function readHyperparameters<H extends Hyperparameters>(
  saved: SavedGroup,
  defaults: H,
  place: string,
  faults: string[],
): H {
  const others = ["params", "initial_lr"];
  const values = readValues(saved, savedValues(defaults), faults, { place, others });
  const named = Object.keys(defaults).map((key) => [key, values[snakeCase(key)]]);
  const initialLr = typeof saved.initial_lr === "number" ? { initialLr: saved.initial_lr } : {};
  // `readValues` has checked that every value is of the kind of the default.
  return { ...Object.fromEntries(named), ...initialLr } as H;
}

/** Hyperparameters by PyTorch's names. */
function savedValues(hyperparameters: object): SavedValues {
  return Object.fromEntries(
    Object.entries(hyperparameters).map(([key, value]) => [snakeCase(key), value]),
  );
}

/** A parameter, and the names of what is remembered of it. */
interface Place {
  readonly parameter: Tensor;
  readonly names: readonly string[];
  readonly numbers: readonly string[];
}

/** What is remembered of one parameter; null if that is nothing, or something is wrong. */
function readEntry(
  saved: Readonly<Record<string, Tensor | number | null>>,
  target: Place | undefined,
  place: string,
  faults: string[],
): Read<unknown>["entries"][number] | null {
  if (target === undefined || !isObject(saved)) {
    faults.push(target === undefined ? `${place} is of no parameter` : `${place} is no object`);
    return null;
  }
  const { parameter, names, numbers: numberNames } = target;
  // PyTorch writes null for what it does not have yet.
  const found = Object.keys(saved).filter((name) => saved[name] !== null);
  if (found.length === 0) return null;
  const tensors: Record<string, Tensor> = {};
  for (const name of found) {
    if (![...names, ...numberNames].includes(name)) {
      faults.push(`${place} has an unexpected "${name}"`);
    }
  }
  let step = 1;
  for (const name of names) {
    const value = saved[name] ?? null;
    if (value === null) faults.push(`${place} has no "${name}"`);
    else if (name === "step") step = readStep(value, place, faults);
    else if (!(value instanceof Tensor)) faults.push(`${place}: "${name}" is no tensor`);
    else if (sameShape(value.shape, parameter.shape)) tensors[name] = value;
    else {
      faults.push(
        `${place}: "${name}" is ${formatShape(value.shape)}, expected ` +
          formatShape(parameter.shape),
      );
    }
  }
  const numbers: Record<string, number> = {};
  for (const name of numberNames) {
    const value = numberOf(saved[name] ?? null);
    if (typeof value === "number" && Number.isFinite(value)) numbers[name] = value;
    else faults.push(`${place} has no finite number "${name}"`);
  }
  return { parameter, step, numbers, tensors };
}

/** What stands for a number: PyTorch also writes it as a tensor. */
function numberOf(value: Tensor | number | null): unknown {
  return value instanceof Tensor && value.size === 1 ? value.item() : value;
}

/** A number of updates. */
function readStep(value: Tensor | number, place: string, faults: string[]): number {
  const step = numberOf(value);
  if (typeof step === "number" && Number.isSafeInteger(step) && step >= 0) return step;
  faults.push(`${place}: "step" is ${step}, and must be a whole number, 0 or more`);
  return 0;
}

/** `weightDecay` as PyTorch writes it: `weight_decay`. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

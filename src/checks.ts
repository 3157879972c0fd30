/**
 * The checks of arguments: tensors, options, shapes and axes, operands, indices, windows.
 *
 * Programs without types may pass anything, so each argument is checked once on its way to a kernel:
 * where its check can name the function that the user called. An error says what was to be done, what
 * arrived, and what to do instead. `check…` throws or returns nothing; `read…` and `normalize…` return
 * a complete value.
 *
 * @module
 */

import { type DType, isFloat, kindOf, promote } from "./dtype.ts";
import { DTypeError, ShapeError, ValueError } from "./errors.ts";
import { counted, quoted, withArticle } from "./names.ts";
import {
  type AlongOptions,
  type Axes,
  broadcastShapes,
  formatShape,
  sameShape,
  type Shape,
  sizeOf,
  type Value,
} from "./shape.ts";

/** Is true for tensors, so that code below the `Tensor` class recognises them. */
export const TENSOR: unique symbol = Symbol("gradus.tensor");

/**
 * Returns true if `value` is a tensor of this copy of the library.
 *
 * @typeParam T the type that the caller has for tensors: `Tensor`, or `Variable` in autograd
 */
export function isTensor<T extends object = { readonly [TENSOR]: true }>(
  value: unknown,
): value is T {
  return typeof value === "object" && value !== null &&
    (value as { readonly [TENSOR]?: boolean })[TENSOR] === true;
}

/**
 * Rejects arguments that are not tensors.
 *
 * @throws {DTypeError} naming `action` and the type of the first other value
 */
export function checkTensors(action: string, ...values: readonly unknown[]): void {
  for (const value of values) {
    if (!isTensor(value)) throw operandError(action, value, "a tensor");
  }
}

/**
 * Rejects anything but a list of one or more tensors.
 *
 * @throws {DTypeError} naming `action` and the type of the first value that is not a tensor
 * @throws {ShapeError} if the list is empty
 */
export function checkTensorList(action: string, tensors: readonly unknown[]): void {
  if (!Array.isArray(tensors)) {
    throw new DTypeError(
      `Cannot ${action} a value of type ${typeName(tensors)}: pass the tensors in a list, as in ` +
        `${action}([a, b])`,
    );
  }
  if (tensors.length === 0) throw new ShapeError(`Cannot ${action} no tensors: give at least one`);
  checkTensors(action, ...tensors);
}

/**
 * Rejects values that are not tensors of booleans.
 *
 * @throws {DTypeError} naming `action` and the dtype
 */
export function checkCondition(action: string, condition: unknown): void {
  checkTensors(action, condition);
  const { dtype } = condition as Value;
  if (dtype === "bool") return;
  throw new DTypeError(
    `Cannot ${action} with a condition of dtype ${dtype}: compare, as in x.gt(0), or convert it ` +
      `with .to("bool")`,
  );
}

/** Makes the error for a `value` that is not what `action` needs: `wanted`, such as "a tensor". */
export function operandError(action: string, value: unknown, wanted: string): DTypeError {
  if (isForeign(value)) {
    return new DTypeError(
      `Cannot ${action} with ${FOREIGN}: it is not in the memory of this copy; import one copy and pass ` +
        `the tensor itself, or x.data and x.shape`,
    );
  }
  const type = typeName(value);
  return new DTypeError(
    `Cannot ${action} with a value of type ${type}: it must be ${wanted}; make one with ` +
      `tensor(values)`,
  );
}

/** Describes in errors a value for which {@link isForeign} returns true. */
export const FOREIGN = "a tensor of another copy of Gradus, or a clone or proxy of one";

/**
 * Returns true for a tensor of another copy of the library, and for a structured clone of a tensor,
 * as `postMessage` makes it.
 */
export function isForeign(value: unknown): boolean {
  if (typeof value !== "object" || value === null || isTensor(value)) return false;
  const { array } = value as { readonly array?: { readonly storage?: unknown } };
  return typeof array === "object" && array?.storage !== undefined;
}

/** Rejects a `value` that is not `wanted`, as `isRight` says. */
export function checkKind(
  action: string,
  value: unknown,
  isRight: boolean,
  wanted: string,
): void {
  if (isRight) return;
  throw new ValueError(
    `Cannot ${action} with a value of type ${typeName(value)}: it must be ${wanted}`,
  );
}

/** Rejects what does not name things as a plain object does. */
export function checkNamed(action: string, value: unknown, things: string): void {
  const isObject = typeof value === "object" && value !== null;
  const prototype: unknown = isObject ? Object.getPrototypeOf(value) : undefined;
  const isPlain = prototype === Object.prototype || prototype === null;
  checkKind(action, value, isPlain, `an object that names ${things}, such as { name: … }`);
}

/** Rejects what is no pair of finite numbers. */
export function checkEnds(action: string, name: string, value: unknown): void {
  const isPair = Array.isArray(value) && value.length === 2;
  if (isPair && value.every((end) => Number.isFinite(end))) return;
  throw new ValueError(
    `Cannot ${callOf(action)} with ${name} ${quoted(value)}: pass a list of two finite numbers`,
  );
}

/** Rejects what is no list: an array, or an array of numbers. */
export function checkList(action: string, value: unknown): void {
  checkKind(action, value, Array.isArray(value) || ArrayBuffer.isView(value), "a list");
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return isTensor(value) ? "Tensor" : typeof value;
}

/** Stands for the default of an option that must be given. */
export const REQUIRED = Symbol("required") as never;

/** A default for each option of `O`; `undefined` and `null` stand for none. */
type Defaults<O> = { readonly [K in keyof Required<O>]: Required<O>[K] | undefined | null };

/** Options as {@link readOptions} returns them: all present, with `D` where `O` left them out. */
export type ReadOptions<O, D> = {
  readonly [K in keyof O]-?: Exclude<O[K], undefined> | (K extends keyof D ? D[K] : never);
};

/**
 * Reads the options of `action`: the given ones, and the defaults of the others.
 *
 * Every public function takes its options through here, so that unknown names are never ignored.
 * An option that is `undefined` has its default, and `null` where that is `undefined`.
 *
 * @param action names the function in errors
 * @param options what the caller passed; a module passes itself, since its fields are the options
 * @param defaults all options that exist, with their defaults
 * @throws {ValueError} if `options` is not an object, has a name that `defaults` lacks, or lacks one
 *   that is {@link REQUIRED}
 */
export function readOptions<
  O extends object,
  const D extends Defaults<O>,
>(action: string, options: O | undefined, defaults: D): ReadOptions<O, D>;
export function readOptions(
  action: string,
  options: Readonly<Record<string, unknown>> | undefined,
  defaults: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (options !== undefined && !isLayerWith(options, defaults)) {
    checkOptions(action, options, defaults);
  }
  const result: Record<string, unknown> = {};
  for (const name in defaults) {
    const given = options?.[name];
    // Python's None: where there is no default, null is none too.
    const value = given === undefined || (given === null && defaults[name] === undefined)
      ? defaults[name]
      : given;
    if (value === REQUIRED) {
      throw new ValueError(`Cannot ${callOf(action)} without "${name}": pass it as an option`);
    }
    if (value !== defaults[name]) checkOption(action, name, value, defaults[name]);
    // Whoever changes a list later must change neither what was read nor the defaults.
    result[name] = Array.isArray(value) ? [...value] : value;
  }
  return result;
}

/** Rejects values of an option that its default, or its name, shows to be wrong. */
function checkOption(action: string, name: string, value: unknown, fallback: unknown): void {
  checkNoSymbol(action, value);
  if (typeof fallback === "boolean") checkType(action, name, value, "boolean");
  if (typeof fallback === "number" && !mayReplaceNumber(name, value)) {
    checkType(action, name, value, "number");
  }
  if (name === "generator") checkGenerator(action, value);
  if (name === "ignoreIndex") {
    checkType(action, name, value, "number");
    checkWhole(`${callOf(action)} with ignoreIndex ${value}`, value as number);
  }
  const hasNoDefault = fallback === undefined || fallback === null;
  if (hasNoDefault && !isTensor(value) && TENSOR_OPTION.test(name)) {
    checkTensorOption(action, name, value);
  }
}

/** Names of options that may be null, where their default is a number. */
const NULL_OPTIONS = new Set(["momentum", "earlyStopThreshold"]);

/** Names of options that may be lists: of sizes, axes, channels, groups, or ends of a range. */
const LIST_OPTIONS = new Set([
  ...["stride", "padding", "dilation", "outputPadding", "axis"],
  ...["brightness", "contrast", "saturation", "hue", "sigma", "shear", "value"],
  ...["baseLr", "maxLr", "minLr", "baseMomentum", "maxMomentum"],
]);

/** Returns true for a number, and for what the option `name` takes in its place. */
function mayReplaceNumber(name: string, value: unknown): boolean {
  if (typeof value === "number") return true;
  if (Array.isArray(value)) return LIST_OPTIONS.has(name);
  if (value === null) return NULL_OPTIONS.has(name);
  // The factor of `addcmul` and `addcdiv`.
  if (isTensor(value)) return name === "value";
  // The padding of a convolution may be "same".
  return typeof value === "string" && name === "padding";
}

/** Names of options that are tensors, where their default is none. */
const TENSOR_OPTION = /^([fa]?weights?|posWeight|bias|running(Mean|Var))$|mask$/i;

function checkTensorOption(action: string, name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (isForeign(value)) throw operandError(callOf(action), value, "a tensor");
  throw new ValueError(
    `Cannot ${callOf(action)} with ${name} of type ${
      typeName(value)
    }: pass a tensor; make one with ` +
      `tensor(values)`,
  );
}

/** Returns true for what JavaScript would compute with as a number: booleans, digits in a text. */
export function isAlmostNumber(value: unknown): boolean {
  return typeof value === "boolean" || typeof value === "bigint" ||
    (typeof value === "string" && !Number.isNaN(Number(value)));
}

/**
 * Makes an object that throws when `structuredClone`, `postMessage` or `JSON.stringify` reads it: as a
 * field, it keeps its owner from being copied without its private state.
 */
export function cloneGuard(message: string): object {
  return Object.defineProperty({}, "guard", {
    enumerable: true,
    get: (): never => {
      throw new ValueError(message);
    },
  });
}

/**
 * Rejects what is no function, where one is to be called later.
 *
 * @param name says what it is for: "a hook"
 */
export function checkFunction(action: string, name: string, value: unknown): void {
  checkKind(action, value, typeof value === "function", `a function, as ${name}`);
}

function checkGenerator(action: string, value: unknown): void {
  const isGenerator = typeof (value as { permutation?: unknown })?.permutation === "function";
  checkKind(callOf(action), value, isGenerator, "a Generator, such as new Generator(seed)");
}

/** Returns true for a module, which is a function, that has all options as fields of its own. */
function isLayerWith(options: object, defaults: object): boolean {
  return typeof options === "function" &&
    Object.keys(defaults).every((name) => Object.hasOwn(options, name));
}

/** Rejects an argument, or option, that is not of a primitive type, or not a function. */
export function checkType(
  action: string,
  name: string,
  value: unknown,
  type: "number" | "boolean" | "string" | "function",
): void {
  const actual: string = typeof value;
  if (actual === type) return;
  throw new ValueError(
    `Cannot ${callOf(action)} with ${name} of type ${typeName(value)}: pass a ${type}` +
      (typeName(value) === "object" ? " alone, not as an option" : ""),
  );
}

/** As {@link readOptions}, where an axis, or a list of axes, stands for options with only that. */
export function readAxisOptions<
  O extends { readonly axis?: Axes },
  const D extends Defaults<O>,
>(action: string, options: O | Axes | undefined, defaults: D): ReadOptions<O, D> {
  const isAxis = typeof options === "number" || Array.isArray(options);
  return readOptions(action, (isAxis ? { axis: options } : options) as O | undefined, defaults);
}

/**
 * Returns the axis of `shape` that options name, or are, counted from the front.
 *
 * @throws {ShapeError} naming `action` if there is no such axis
 */
export function readAxis(
  action: string,
  options: AlongOptions | number | undefined,
  shape: Shape,
  fallback: number = REQUIRED,
): number {
  const axis = typeof options === "number"
    ? options
    : readAxisOptions(action, options, { axis: fallback }).axis;
  return normalizeAxis(axis, shape, action);
}

/** The text of a function up to its parameters. */
const HEAD = /^(?:async\b)?\s*(?:function\b)?\s*\*?\s*[\w$]*\s*\(/;

/** The numbers of parameters of methods that {@link refuseSurplus} has replaced. */
const parameterCounts = new WeakMap<object, number>();

/** Returns how many arguments a function takes, which its text says; ∞ if it takes any number. */
export function countParameters(f: (...values: never[]) => unknown): number {
  return parameterCounts.get(f) ?? countIn(Function.prototype.toString.call(f), f.length);
}

/** @param length the number of parameters before the first that has a default */
function countIn(text: string, length: number): number {
  const head = HEAD.exec(text)?.[0];
  if (head === undefined || /\barguments\b/.test(text)) return Infinity;
  // Most lists are plain names; there are hundreds of methods to look at.
  if (/^[\w$\s,]*$/.test(text.slice(head.length, text.indexOf(")")))) return length;
  let [depth, commas, isEmpty] = [0, 0, true];
  for (const [token] of text.slice(head.length).matchAll(/"[^"]*"|'[^']*'|\.\.\.|\S/g)) {
    // Rest parameters take any number. Comments and templates are not worth reading.
    if (depth === 0 && token === "..." || token === "/" || token === "`") return Infinity;
    if (depth === 0 && token === ")") return isEmpty ? commas : commas + 1;
    if (/[([{]/.test(token)) depth++;
    if (/[)\]}]/.test(token)) depth--;
    isEmpty = depth === 0 && token === ",";
    if (isEmpty) commas++;
  }
  return Infinity;
}

/**
 * Guards the members of a class against slips that JavaScript passes over, each by an error that says
 * what to write: methods, static ones too, refuse arguments that they do not take; names in Python's
 * spelling (`zero_grad`, `requires_grad`) cannot be read or assigned; what is only read cannot be
 * assigned; what a class that extends it must define cannot be used without. The methods and fields of
 * classes that extend it remain free.
 *
 * @param type the class
 * @param others further names that are not to be used, and what to write instead
 * @param demanded members that a class that extends it must define
 */
export function guardMembers(
  type: { readonly prototype: object; readonly name: string },
  others: Readonly<Record<string, string>> = {},
  demanded: readonly string[] = [],
): void {
  for (const name of demanded) demand(type.prototype, name);
  refuseSurplus(type);
  refuseSurplus(type.prototype);
  const instead = new Map(Object.entries(others));
  for (const name of Object.getOwnPropertyNames(type.prototype)) {
    const { get, set } = Object.getOwnPropertyDescriptor(type.prototype, name)!;
    if (get !== undefined && set === undefined) refuseName(type, name, "it can only be read");
    const snake = name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (snake !== name && name !== "toString") instead.set(snake, name);
  }
  for (const [name, right] of instead) refuseName(type, name, `use ${right}`);
}

function refuseSurplus(owner: object): void {
  for (const name of Object.getOwnPropertyNames(owner)) {
    const { value: method, writable } = Object.getOwnPropertyDescriptor(owner, name)!;
    if (typeof method !== "function" || !writable || name === "constructor") continue;
    const most = countParameters(method);
    if (most === Infinity) continue;
    const value = function (this: unknown, ...given: unknown[]): unknown {
      checkArguments(name, given, most);
      return method.apply(this, given);
    };
    parameterCounts.set(value, most);
    Object.defineProperty(owner, name, { value, writable, configurable: true });
  }
}

/** Makes a member throw when it is used of a class that lacks it; one that is assigned is a field. */
function demand(prototype: object, name: string): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(): never {
      throw new ValueError(
        `Cannot use ${
          withArticle(this.constructor.name)
        }: it has no ${name}; define that in the class`,
      );
    },
    set(value) {
      const field = { value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(this, name, field);
    },
  });
}

/** Makes a name throw when it is assigned, and when it is read, unless it is a property to read. */
function refuseName(
  { prototype, name: owner }: { readonly prototype: object; readonly name: string },
  name: string,
  wayOut: string,
): void {
  const refuse = (action: string) => (): never => {
    throw new ValueError(`Cannot ${action} "${name}" of ${withArticle(owner)}: ${wayOut}`);
  };
  const { get = refuse("read") } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  Object.defineProperty(prototype, name, { get, set: refuse("assign"), configurable: true });
}

/**
 * Rejects symbols, and a call with more than `most` arguments, which JavaScript would drop:
 * `x.flip(0, 1)` would flip one axis, `linalg.qr(x, { mode: "r" })` would ignore the mode.
 */
export function checkArguments(action: string, given: ArrayLike<unknown>, most: number): void {
  for (let i = 0; i < given.length; i++) checkNoSymbol(action, given[i]);
  if (given.length <= most) return;
  throw new ValueError(
    `Cannot ${callOf(action)} with ${
      counted(given.length, "argument")
    }: it takes ${most}; several values of ` +
      `one kind go into a list, options into one object`,
  );
}

/** Rejects a symbol, which has no place in the message of any other error. */
function checkNoSymbol(action: string, value: unknown): void {
  if (typeof value !== "symbol") return;
  throw new ValueError(`Cannot ${callOf(action)} with a symbol: pass its description, or a number`);
}

/** Names the call in an error: an action of one word is the name of a function, not always a verb. */
function callOf(action: string): string {
  return /^\w+$/.test(action) ? `call ${action}()` : action;
}

function checkOptions(action: string, options: unknown, defaults: object): void {
  const names = Object.keys(defaults);
  // Not a list, a map, a date or a promise, none of whose fields are options.
  const isObject = Object.prototype.toString.call(options) === "[object Object]";
  if (!isObject || isTensor(options)) {
    const type = typeName(options);
    throw new ValueError(
      `Cannot ${
        callOf(action)
      } with options of type ${type}: pass an object that names them, such as ` +
        (Array.isArray(options) && names.includes("shape")
          ? "{ shape: [2, 3] }"
          : `{ ${names[0]}: … }`),
    );
  }
  for (const name of Object.keys(options as object)) {
    if (Object.hasOwn(defaults, name)) continue;
    const [quantity, instead] = Object.hasOwn(REPLACED, name) ? REPLACED[name] : [];
    const meant = nameMeant(name, names);
    throw new ValueError(
      `Cannot ${callOf(action)} with option "${name}": ` +
        (quantity !== undefined && names.includes(quantity)
          ? instead
          : meant === undefined
          ? `it takes ${names.map((n) => `"${n}"`).join(", ")}`
          : `its name is "${meant}" here`),
    );
  }
}

/** Names that PyTorch spells otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = {
  dim: "axis",
  dims: "axis",
  keepdim: "keepDims",
  axes: "axis",
  ord: "p",
  order: "p",
  normType: "p",
  norm_type: "p",
  src_mask: "mask",
  learningRate: "lr",
  epsilon: "eps",
  batch: "batchSize",
  numWorkers: "prefetch",
};

/** Options of PyTorch that are another quantity here, by the name of that, and the way to say it. */
const REPLACED: Readonly<Record<string, readonly [name: string, instead: string]>> = {
  unbiased: ["correction", "say { correction: 0 } for { unbiased: false }, 1 is the default"],
};

/** The option that was probably meant by `name`: PyTorch's spelling, or a slip of one letter or two. */
export function nameMeant(name: string, names: readonly string[]): string | undefined {
  const camel = camelCase(name);
  const spelling = Object.hasOwn(SPELLINGS, name)
    ? SPELLINGS[name]
    : Object.hasOwn(SPELLINGS, camel)
    ? SPELLINGS[camel]
    : camel;
  if (names.includes(spelling)) return spelling;
  const lower = spelling.toLowerCase();
  return names.find((known) => known.toLowerCase() === lower) ??
    names.find((known) => distance(known.toLowerCase(), lower) <= (known.length > 4 ? 2 : 1));
}

function camelCase(name: string): string {
  return name.replace(/(?<=\w)_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Counts insertions, deletions and replacements of letters, and swaps of neighbours. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + Number(a[i - 1] !== b[j - 1]);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? before[j - 2] + 1 : Infinity;
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/**
 * Rejects shapes that are not lists of whole numbers ≥ 0, or have more elements than a number can
 * count exactly.
 *
 * @throws {ShapeError} naming `action` otherwise
 */
export function checkShape(shape: Shape, action: string): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(
      `Cannot ${action} with shape ${quoted(shape)}: a shape is a list of sizes, such as [2, 3]`,
      [],
    );
  }
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(
        `Cannot ${action} with shape ${formatShape(shape)}: sizes must be whole numbers, 0 or more`,
        shape,
      );
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape))) {
    throw new ShapeError(
      `Cannot ${action} with shape ${formatShape(shape)}: it has more than 2^53 elements`,
      shape,
    );
  }
}

const RANGES: Readonly<Partial<Record<DType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** Returns the least and the largest number of `dtype`. */
export function rangeOf(dtype: DType): readonly [least: number, most: number] {
  return RANGES[dtype] ?? [-Infinity, Infinity];
}

/**
 * Rejects values that `dtype` cannot hold: among integers fractions, NaN and what is too large, among
 * booleans all but 0 and 1.
 *
 * @throws {ValueError} naming `action` and the first such value
 */
export function checkRange(action: string, values: ArrayLike<number>, dtype: DType): void {
  if (isFloat(dtype)) return;
  const [least, most] = rangeOf(dtype);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value >= least && value <= most && Number.isInteger(value)) continue;
    throw new ValueError(
      `Cannot ${action} with ${value} as ${dtype}: it holds ` +
        (dtype === "bool"
          ? `true and false; use 1 or 0, or convert a tensor with .to("bool")`
          : `whole numbers from ${least} to ${most}; use float64, or round and clamp first`),
    );
  }
}

/**
 * Returns `value`, which is to be written among elements of `dtype`.
 *
 * @throws {ValueError} naming `action` if it is no number, or `dtype` cannot hold it
 */
export function elementOf(action: string, value: number, dtype: DType): number {
  checkType(action, "a value", value, "number");
  checkRange(action, [value], dtype);
  return value;
}

/** Rejects numbers that are not whole, below `least` or above `most`. */
export function checkWhole(
  action: string,
  value: number,
  least = -Infinity,
  most = Infinity,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const bound = most < Infinity
    ? ` from ${least} to ${most}`
    : least === -Infinity
    ? ""
    : `, ${least} or more`;
  const kind = typeof value === "number" ? "" : `, not one of type ${typeName(value)}`;
  throw new ValueError(`Cannot ${action}: use a whole number${bound}${kind}`);
}

/** Rejects scalars, where an axis is wanted. */
export function checkHasAxes(action: string, shape: Shape, remedy = "reshape it to [1]"): void {
  if (shape.length > 0) return;
  throw new ShapeError(`Cannot ${action} a scalar: it has no axes; ${remedy}`, shape);
}

/**
 * Returns `axis` as an index from the front.
 *
 * @throws {ShapeError} naming `action` if a tensor of `shape` has no such axis
 */
export function normalizeAxis(axis: number, shape: Shape, action: string): number {
  checkType(action, "an axis", axis, "number");
  const rank = shape.length;
  // A scalar is treated as having one axis of size 1, as PyTorch does.
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(axis) || axis < -limit || axis >= limit) {
    throw new ShapeError(
      `Cannot ${action} over axis ${axis} of shape ${formatShape(shape)}: ` +
        (rank === 0 ? `a scalar has no axes` : `axes go from ${-rank} to ${rank - 1}`),
      shape,
    );
  }
  return axis < 0 ? axis + limit : axis;
}

/**
 * Returns `axes` as sorted distinct indices from the front; all axes when `undefined`.
 *
 * @throws {ShapeError} naming `action` if an axis does not exist or is named twice
 */
export function normalizeAxes(axes: Axes | undefined, shape: Shape, action: string): number[] {
  if (axes === undefined) return shape.map((_, i) => i);
  if (typeof axes === "number") {
    const axis = normalizeAxis(axes, shape, action);
    return shape.length === 0 ? [] : [axis];
  }
  if (!Array.isArray(axes)) {
    throw new ShapeError(
      `Cannot ${action} over axes of type ${typeName(axes)}: pass a number, or a list of numbers`,
      shape,
    );
  }
  const result = axes.map((axis) => normalizeAxis(axis, shape, action)).sort((a, b) => a - b);
  for (let i = 1; i < result.length; i++) {
    if (result[i] === result[i - 1]) {
      throw new ShapeError(
        `Cannot ${action} over axes ${quoted(axes)} of shape ${formatShape(shape)}: ` +
          `axis ${result[i]} is named twice`,
        shape,
      );
    }
  }
  return shape.length === 0 ? [] : result;
}

/** Rejects values that are not floating-point numbers. */
export function checkFloat(action: string, { dtype }: Value): void {
  if (isFloat(dtype)) return;
  throw new DTypeError(`Cannot ${action} ${dtype}: convert it with .to("float32")`);
}

/** Rejects operands of different dtypes; `role` says what `b` is beside `a`. */
export function checkSameDtype(action: string, a: Value, b: Value, role?: string): void {
  if (a.dtype === b.dtype) return;
  const other = role === undefined ? b.dtype : `a ${b.dtype} ${role}`;
  throw new DTypeError(
    `Cannot ${action} ${a.dtype} with ${other}: convert one with ` +
      `.to("${promote(a.dtype, b.dtype)}")`,
  );
}

/** Rejects a reduction of nothing: `shape` must have elements along each of `axes`. */
export function checkElements(action: string, shape: Shape, axes: readonly number[]): void {
  const empty = axes.find((axis) => !(shape[axis] > 0));
  if (empty === undefined) return;
  throw new ShapeError(
    `Cannot ${action} of shape ${
      formatShape(shape)
    } over axis ${empty}: the axis is empty; check ` +
      `for that first`,
    shape,
  );
}

/** Rejects numbers of kind `from` where those of `to` stay: fractions among integers, and the like. */
export function checkHolds(action: string, from: DType, to: DType): void {
  if (kindOf(from) <= kindOf(to)) return;
  throw new DTypeError(
    `Cannot ${action} ${from} into ${to}: convert one of them with .to("${from}") or .to("${to}")`,
  );
}

/** Rejects axes of more elements than int32 indices can count. */
export function checkCountable(action: string, shape: Shape, axis: number): void {
  if (shape.length === 0 || shape[axis] <= 2 ** 31) return;
  throw new ShapeError(
    `Cannot ${action} over axis ${axis} of shape ${formatShape(shape)}: indices are int32; split ` +
      `the axis`,
    shape,
  );
}

/** Rejects a write in place that would change the shape of `out`. */
export function checkInPlace(action: string, shape: Shape, out: Shape): void {
  if (sameShape(broadcastShapes(shape, out, `${action} in place`), out)) return;
  throw new ShapeError(
    `Cannot ${action} in place: the result has shape ${formatShape(shape)}, but the tensor that ` +
      `is written has ${formatShape(out)}; use the form that returns a new tensor`,
    shape,
    out,
  );
}

/** Rejects a write in place that would turn numbers into integers, or integers into booleans. */
export function checkInPlaceDtype(action: string, dtype: DType, out: DType): void {
  if (kindOf(dtype) <= kindOf(out)) return;
  throw new DTypeError(
    `Cannot ${action} in place: the result is ${dtype}, but the tensor that is written is ` +
      `${out}; use the form that returns a new tensor`,
  );
}

/** Rejects shapes that cannot be joined along `axis`. */
export function checkJoinable(
  action: string,
  [first, ...others]: readonly Shape[],
  axis: number,
): void {
  for (const shape of others) {
    if (shape.length === first.length && shape.every((n, i) => i === axis || n === first[i])) {
      continue;
    }
    throw new ShapeError(
      `Cannot ${action} ${formatShape(first)} and ${
        formatShape(shape)
      } along axis ${axis}: all other ` +
        `sizes must match`,
      first,
      shape,
    );
  }
}

/** Rejects shapes of fewer than two axes. */
export function checkMatrix(action: string, { shape }: Value): void {
  if (shape.length >= 2) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(shape)}: a matrix has two axes`,
    shape,
  );
}

/** Rejects all but square matrices of floating-point numbers, or batches of them. */
export function checkSquare(action: string, x: Value): void {
  checkMatrix(action, x);
  checkFloat(action, x);
  const { shape } = x;
  if (shape[shape.length - 1] === shape[shape.length - 2]) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(shape)}: the last two axes must be equal`,
    shape,
  );
}

/** Rejects matrices whose inner sizes differ: the last one of `a`, and `inner` of `b`. */
export function checkInnerSizes(
  action: string,
  a: Shape,
  b: Shape,
  inner: number,
  remedy: string,
): void {
  const last = a[a.length - 1];
  if (last === inner) return;
  throw new ShapeError(
    `Cannot ${action} ${formatShape(a)} by ${formatShape(b)}: inner sizes ${last} and ${inner} ` +
      `must match; ${remedy}`,
    a,
    b,
  );
}

/** Rejects a weight, bias or statistic beside `x` that is not of `shape`. */
export function checkVector(action: string, x: Value, vector: Value | null, shape: Shape): void {
  if (vector === null || sameShape(vector.shape, shape)) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(x.shape)} with a weight, bias or statistic ` +
      `${formatShape(vector.shape)}: it must be ${formatShape(shape)}`,
    x.shape,
    vector.shape,
  );
}

/** Rejects a bias that does not have one element for each row of `weight`, or has another dtype. */
export function checkBias(action: string, bias: Value | null, weight: Value): void {
  if (bias === null) return;
  const [out] = weight.shape;
  if (bias.shape.length !== 1 || bias.shape[0] !== out) {
    throw new ShapeError(
      `Cannot ${action} with a weight ${formatShape(weight.shape)}: the bias is ` +
        `${formatShape(bias.shape)} and must be [${out}]`,
      weight.shape,
      bias.shape,
    );
  }
  checkSameDtype(action, weight, bias, "bias");
}

/** Rejects an index that does not hold integers. */
export function checkIndexDtype(action: string, { dtype }: Value): void {
  if (dtype === "int32" || dtype === "uint8") return;
  throw new DTypeError(
    `Cannot ${action} with an index of dtype ${dtype}: convert it with .to("int32")`,
  );
}

/** Rejects an `index` of elements of `shape` along `axis` that has other axes, or longer ones. */
export function checkIndexShape(action: string, index: Shape, shape: Shape, axis: number): void {
  const fits = index.length === shape.length &&
    index.every((n, i) => i === axis || n <= shape[i]);
  if (fits) return;
  throw new ShapeError(
    `Cannot ${action} with an index of shape ${formatShape(index)} over shape ` +
      `${formatShape(shape)}: the index needs as many axes, none longer except axis ${axis}`,
    shape,
    index,
  );
}

/** Rejects indices outside of `axis` of `shape`. */
export function checkIndices(
  action: string,
  indices: ArrayLike<number>,
  shape: Shape,
  axis: number,
): void {
  const size = shape[axis];
  for (let i = 0; i < indices.length; i++) {
    if (indices[i] >= 0 && indices[i] < size) continue;
    throw new ShapeError(
      `Cannot ${action} index ${indices[i]} from axis ${axis} of shape ${formatShape(shape)}: ` +
        `indices go from 0 to ${size - 1}`,
      shape,
    );
  }
}

/** A window that slides over images, with a pair for each size, or over sequences, with a number. */
interface WindowSizes {
  readonly kernelSize: number | readonly number[];
  readonly stride: number | readonly number[];
  readonly padding: number | readonly number[];
  readonly dilation: number | readonly number[];
}

/** Rejects a window over `axes` axes of impossible sizes. */
export function checkWindowSizes(action: string, window: WindowSizes, axes: 1 | 2): void {
  checkSizes(action, "kernel", window.kernelSize, 1, axes);
  checkSizes(action, "stride", window.stride, 1, axes);
  checkSizes(action, "padding", window.padding, 0, axes);
  checkSizes(action, "dilation", window.dilation, 1, axes);
}

/** Rejects anything but a whole number, or two for images, that are not below `least`. */
export function checkSizes(
  action: string,
  name: string,
  sizes: number | readonly number[],
  least: number,
  axes: 1 | 2,
): void {
  const isSize = (n: unknown): boolean => Number.isSafeInteger(n) && Number(n) >= least;
  const areSizes = axes === 1
    ? isSize(sizes)
    : Array.isArray(sizes) && sizes.length === 2 && isSize(sizes[0]) && isSize(sizes[1]);
  if (areSizes) return;
  throw new ValueError(
    `Cannot ${action} with ${name} ${quoted(sizes)}: it must be ` +
      `${axes === 1 ? "a whole number" : "two whole numbers"}, ${least} or more`,
  );
}

/** Returns the size along axis `i` of a window. */
function sizeAt(sizes: number | readonly number[], i: number): number {
  return typeof sizes === "number" ? sizes : sizes[i];
}

/** Rejects a window that reaches over more than there is along `axis` of `shape`, with `padding`. */
function checkReach(
  action: string,
  shape: Shape,
  axis: number,
  reach: number,
  padding: number,
): void {
  const room = shape[axis] + padding;
  if (reach <= room) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(shape)}: the window reaches over ${reach} elements, ` +
      `but axis ${axis} has ${room} with its padding; use a smaller kernel or more padding`,
    shape,
  );
}

/**
 * Rejects pooling of no elements, windows that could lie in the padding alone, and those of impossible
 * sizes, or larger than the last axes of `shape`.
 */
export function checkPool(
  action: string,
  shape: Shape,
  window: WindowSizes & { readonly ceilMode: boolean },
  axes: 1 | 2,
): void {
  checkWindowSizes(action, window, axes);
  for (let i = 0; i < axes; i++) {
    const axis = shape.length - axes + i;
    if (shape[axis] === 0) {
      throw new ShapeError(
        `Cannot ${action} shape ${
          formatShape(shape)
        }: it is empty, and windows over a border alone ` +
          `have no value; leave it out`,
        shape,
      );
    }
    const [kernel, padding] = [sizeAt(window.kernelSize, i), sizeAt(window.padding, i)];
    if (padding * 2 > kernel) {
      throw new ShapeError(
        `Cannot ${action} with padding ${quoted(window.padding)} and kernel ${
          quoted(window.kernelSize)
        }: a window could lie in the border alone; the padding may be at most half of the kernel`,
        shape,
      );
    }
    // With `ceilMode`, a window may also begin before the border and end behind it.
    const behind = window.ceilMode ? sizeAt(window.stride, i) - 1 : 0;
    const reach = sizeAt(window.dilation, i) * (kernel - 1) + 1;
    checkReach(action, shape, axis, reach, 2 * padding + behind);
  }
}

/**
 * Rejects a weight, bias or window that does not fit images `[…, c, h, w]` or sequences `[…, c, l]`.
 *
 * @param padding elements added along each axis, on both sides together
 */
export function checkConvolution(
  action: string,
  [x, weight, bias]: readonly [x: Value, weight: Value, bias: Value | null],
  { dilation, groups }: Pick<WindowSizes, "dilation"> & { readonly groups: number },
  padding: readonly number[],
): void {
  const fail = (reason: string): never => {
    throw new ShapeError(
      `Cannot ${action} ${formatShape(x.shape)} with a weight ${formatShape(weight.shape)}: ` +
        reason,
      x.shape,
      weight.shape,
    );
  };
  const [out, inner, ...kernelSize] = weight.shape;
  const channels = x.shape[x.shape.length - kernelSize.length - 1];
  if (channels !== inner * groups) {
    fail(
      `the weight is for ${counted(inner * groups, "input channel")} in ${
        counted(groups, "group")
      }, and the input has ` +
        `${channels}; make the layer for ${channels}`,
    );
  }
  if (out % groups !== 0) {
    fail(`${counted(out, "output channel")} cannot be divided into ${groups} groups`);
  }
  checkBias(action, bias, weight);
  checkSameDtype(action, x, weight, "weight");
  for (let i = 0; i < kernelSize.length; i++) {
    const axis = x.shape.length - kernelSize.length + i;
    checkReach(action, x.shape, axis, sizeAt(dilation, i) * (kernelSize[i] - 1) + 1, padding[i]);
  }
}

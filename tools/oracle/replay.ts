/**
 * Runs a case of the oracle with Gradus.
 *
 * The format is described in `oracle.py`.
 *
 * @module
 */

import * as gradus from "../../mod.ts";
import { type Range, type Tensor, tensor } from "../../mod.ts";
import { type DType, type FloatDType, isFloat } from "../../src/dtype.ts";
import * as functional from "../../src/nn/functional.ts";
import * as nn from "../../src/nn/mod.ts";

/** The dtype, the shape and the elements of a tensor; JSON has no NaN or ∞, which are words. */
export type Plain = readonly [dtype: DType, shape: readonly number[], values: readonly number[]];

type View =
  | readonly ["permute" | "expand", readonly number[]]
  | readonly ["slice", readonly Range[]];

interface Input {
  readonly dtype: DType | "float";
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly view?: readonly View[];
  /** True if no gradient is wanted for it. */
  readonly constant?: boolean;
}

/** Results and gradients, or why there are none. */
export type Answer =
  | { readonly outputs: readonly Plain[]; readonly gradients: readonly (Plain | null)[] }
  | { readonly error: string };

/** One call, with the answers of PyTorch. */
export interface Case {
  readonly index: number;
  readonly op: string;
  readonly torch: string;
  readonly inputs: readonly Input[];
  readonly args: readonly unknown[];
  /** Inputs that the call writes to, whose new values are further outputs. */
  readonly changed?: readonly number[];
  /** A method that the outputs go through: of singular vectors only the absolute values are given. */
  readonly then?: "abs";
  /** Units of float64 by which the truth may be off, if many. */
  readonly doubt?: number;
  readonly float64: Answer;
  readonly float32: Answer;
  /** The answer in float64 throughout; absent if that is `float64`. */
  readonly truth?: Answer;
  /** PyTorch's greatest error in float32 of each output and then each gradient, in units. */
  readonly errors?: readonly number[];
  /** That in float64, if the truth comes from a better formula than PyTorch's. */
  readonly errors64?: readonly number[];
  /** The least unit of each of their elements, if these are sums. */
  readonly spread?: Readonly<Record<FloatDType, readonly (readonly number[] | null)[]>>;
}

const WORDS: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** Reads one line of the oracle. */
export function parseCase(line: string): Case {
  return JSON.parse(
    line,
    (_, value) => (typeof value === "string" && value in WORDS ? WORDS[value] : value),
  );
}

/**
 * Returns the answer of Gradus, with its present kernels.
 *
 * Only typed errors are answers; others are thrown.
 */
export function replay(test: Case, dtype: FloatDType): Answer {
  const before = gradus.getDefaultDtype();
  gradus.setDefaultDtype(dtype);
  try {
    const inputs = test.inputs.map((input) => build(input, dtype));
    const outputs = call(test, inputs);
    return { outputs: outputs.map(plain), gradients: gradientsOf(outputs, inputs) };
  } catch (error) {
    if (!isTyped(error)) throw error;
    return { error: error.message };
  } finally {
    gradus.setDefaultDtype(before);
  }
}

function isTyped(error: unknown): error is Error {
  return [gradus.ShapeError, gradus.DTypeError, gradus.ValueError, gradus.GradientError]
    .some((type) => error instanceof type);
}

/** The input as a leaf, where `float` stands for "float". */
export function build(input: Input, float: FloatDType): Tensor {
  const dtype = input.dtype === "float" ? float : input.dtype;
  // The shortest decimals that give a float32 are not that number in float64.
  const values = isFloat(dtype) ? input.values.map(Math.fround) : input.values;
  let x = tensor([...values], { dtype }).reshape(input.shape);
  for (const [step, argument] of input.view ?? []) {
    if (step === "permute") x = x.permute(argument);
    else if (step === "expand") x = x.expand(argument);
    else x = x.at(...argument);
  }
  const leaf = x.detach();
  return isFloat(dtype) && !input.constant ? leaf.requiresGrad_() : leaf;
}

type Callable = (...args: unknown[]) => unknown;

/** Returns the results of the call, and the tensors that it wrote to. */
export function call(test: Case, inputs: readonly Tensor[]): Tensor[] {
  const { then, changed = [] } = test;
  const results = resultsOf(test, inputs);
  const outputs = then === undefined ? results : results.map((y) => y[then]());
  return [...outputs, ...changed.map((i) => inputs[i].detach())];
}

function resultsOf(test: Case, inputs: readonly Tensor[]): Tensor[] {
  const args = test.args.map((argument) => resolve(argument, inputs));
  const [place, name] = test.op.includes(".") ? test.op.split(".") : ["", test.op];
  const found = (home: unknown, key: string): Callable => (home as Record<string, Callable>)[key];
  if (place === "functional") return tensorsOf(found(functional, name)(...args));
  if (place === "nn") return tensorsOf(layer(name, args[0] as LayerArguments)(...args.slice(1)));
  if (place === "function") return tensorsOf(found(gradus, name)(...args));
  // `topk.values` is a part of what the method `topk` returns.
  const method = place === "" ? name : place;
  const result = callByName(inputs[0], method, args);
  return tensorsOf(place === "" ? result : (result as Record<string, Tensor>)[name]);
}

/** Made once: to copy the names at each call would take longer than many an op. */
const functions = { ...functional, ...gradus.linalg } as unknown as Record<string, Callable>;

/** Calls the method `name` of `x`, or the function of that name in `linalg` or `nn.functional`. */
export function callByName(x: Tensor, name: string, args: readonly unknown[]): unknown {
  const methods = x as unknown as Record<string, Callable | undefined>;
  const method = methods[name];
  // Transposes are properties.
  if (typeof method !== "function") return method ?? functions[name](x, ...args);
  return method.apply(x, [...args]);
}

/** The arguments of a layer's constructor, its weights, and its mode. */
interface LayerArguments {
  readonly construct: readonly unknown[];
  readonly state: Readonly<Record<string, Tensor>>;
  readonly eval?: boolean;
}

function layer(name: string, { construct, state, eval: isEval = false }: LayerArguments): Callable {
  const make = nn[name as keyof typeof nn] as unknown as new (...args: unknown[]) => nn.Module;
  const made = new make(...construct).train(!isEval);
  for (const [path, weight] of Object.entries(state)) {
    const names = path.split(".");
    const owner = names.slice(0, -1).reduce<object>((part, key) => Reflect.get(part, key), made);
    // A tensor with a gradient in place of a parameter, which an assignment would refuse.
    Reflect.defineProperty(owner, names.at(-1)!, { value: weight, enumerable: false });
  }
  return made as unknown as Callable;
}

/** An argument, with the inputs that it refers to in their places. */
function resolve(argument: unknown, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(argument)) return argument.map((part) => resolve(part, inputs));
  if (typeof argument !== "object" || argument === null) return argument;
  if ("input" in argument) return inputs[argument.input as number];
  return Object.fromEntries(Object.entries(argument).map(([k, v]) => [k, resolve(v, inputs)]));
}

function tensorsOf(result: unknown): Tensor[] {
  if (result instanceof gradus.Tensor) return [result];
  if (typeof result === "boolean") return [tensor(result, { dtype: "bool" })];
  if (result === null) return [];
  return Object.values(result as Record<string, unknown>).flatMap(tensorsOf);
}

function plain(x: Tensor): Plain {
  return [x.dtype, x.shape, [...x.data]];
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Gradients of the sum of the outputs, each element times its weight. */
function gradientsOf(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
): (Plain | null)[] {
  const terms = outputs.filter((y) => y.requiresGrad).map((y) => {
    const weights = Array.from({ length: y.numel() }, (_, i) => ((i + 1) * GOLDEN) % 1 * 2 - 1);
    const projection = tensor(weights.map(Math.fround), { dtype: y.dtype }).reshape(y.shape);
    return y.mul(projection).sum();
  });
  if (terms.length > 0) terms.reduce((a, b) => a.add(b)).backward();
  return inputs.map((x) => (x.grad === null ? null : plain(x.grad)));
}

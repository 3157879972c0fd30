/**
 * Fills weights with initial values, in place.
 *
 * A layer keeps the variance of its activations if the variance of its weights is gain² / fan, where
 * the fan is the number of terms in each of its sums.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkType, readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import type { Generator } from "../random.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { rand, randn } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Options of every random initialisation. */
export interface InitOptions {
  /** Source of the random numbers; the default generator if left out. */
  readonly generator?: Generator;
}

/** Options of `uniform_`. */
export interface UniformOptions extends InitOptions {
  /** Lower bound of the values; default 0. */
  readonly a?: number;
  /** Upper bound of the values, exclusive; default 1. */
  readonly b?: number;
}

/** Options of `normal_`. */
export interface NormalOptions extends InitOptions {
  /** Mean; default 0. */
  readonly mean?: number;
  /** Standard deviation; default 1. */
  readonly std?: number;
}

/** Options of `xavierUniform_` and `xavierNormal_`. */
export interface XavierOptions extends InitOptions {
  /** Factor of the standard deviation; default 1. See `calculateGain`. */
  readonly gain?: number;
}

/** Options of `kaimingUniform_` and `kaimingNormal_`. */
export interface KaimingOptions extends InitOptions {
  /** Keep the variance of the forward pass (`"fanIn"`, the default) or of the backward pass. */
  readonly mode?: "fanIn" | "fanOut";
  /** Activation after the layer; default `"leakyRelu"`. */
  readonly nonlinearity?: Nonlinearity;
  /** Negative slope of a leaky ReLU; default 0. */
  readonly a?: number;
}

/** Name of the activation after a layer, for `calculateGain`; `"linear"` means none. */
export type Nonlinearity =
  | "linear"
  | "conv2d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leakyRelu"
  | "selu";

/**
 * Returns the factor of the weights that makes up for an activation that shrinks the variance.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param nonlinearity the activation after the layer
 * @param negativeSlope negative slope of a leaky ReLU; default 0.01
 * @returns the factor of the standard deviation
 * @throws {ValueError} if there is no such nonlinearity
 * @example
 * ```ts
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.equal(init.calculateGain("relu"), Math.SQRT2);
 * assert.equal(init.calculateGain("tanh"), 5 / 3);
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  checkType("calculate the gain", "negativeSlope", negativeSlope, "number");
  if (nonlinearity === "leakyRelu") return Math.sqrt(2 / (1 + negativeSlope ** 2));
  if (Object.hasOwn(GAINS, nonlinearity)) return GAINS[nonlinearity];
  throw new ValueError(
    `Cannot calculate the gain of "${nonlinearity}": use "linear", "conv2d", "sigmoid", "tanh", ` +
      `"relu", "leakyRelu" or "selu"`,
  );
}

const GAINS = { linear: 1, conv2d: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, selu: 3 / 4 };

/** Numbers of terms in the sums of a layer. */
export interface Fans {
  /** Terms in one output, in the forward pass. */
  readonly fanIn: number;
  /** Terms in the gradient of one input, in the backward pass. */
  readonly fanOut: number;
}

/**
 * Returns the fans of a weight `[out, in, …kernel]`: `fanIn = in · |kernel|` and
 * `fanOut = out · |kernel|`.
 *
 * @param weight a tensor of two axes or more
 * @throws {ShapeError} if it has fewer axes
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(init.calculateFans(zeros([64, 3, 5, 5])), { fanIn: 75, fanOut: 1600 });
 * ```
 */
export function calculateFans(weight: Tensor): Fans {
  const { shape } = weight;
  if (shape.length < 2) {
    throw new ShapeError(
      `Cannot calculate the fans of shape ${formatShape(shape)}: a weight is [out, in, …]; use ` +
        `uniform_, normal_ or constant_ for a bias`,
      shape,
    );
  }
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

/**
 * Fills `x` with uniformly distributed numbers from `[a, b)`.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x a floating-point tensor
 * @param options `a`, `b`, `generator`
 * @returns `x`
 * @throws {ValueError} unless `a ≤ b`
 * @throws {DTypeError} if `x` holds integers or booleans
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = init.uniform_(zeros([100]), { a: -2, b: 2 });
 * assert.ok(x.abs().max().item() <= 2);
 * ```
 */
export function uniform_<T extends Tensor>(x: T, options: UniformOptions = {}): T {
  const { a, b, generator } = readOptions("apply uniform_", options, {
    a: 0,
    b: 1,
    generator: undefined,
  });
  if (!(a <= b)) throw new ValueError(`Cannot fill uniformly from ${a} to ${b}: use a ≤ b`);
  return fill(x, (dtype) => rand(x.shape, { dtype, generator }).mul(b - a).add(a));
}

/**
 * Fills `x` with normally distributed numbers.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x a floating-point tensor
 * @param options `mean`, `std`, `generator`
 * @returns `x`
 * @throws {ValueError} if `std` is below 0
 * @throws {DTypeError} if `x` holds integers or booleans
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = init.normal_(zeros([1000]), { std: 0.02, generator: new Generator(0) });
 * assert.ok(Math.abs(x.std().item() - 0.02) < 0.002);
 * ```
 */
export function normal_<T extends Tensor>(x: T, options: NormalOptions = {}): T {
  const { mean, std, generator } = readOptions("apply normal_", options, {
    mean: 0,
    std: 1,
    generator: undefined,
  });
  if (!(std >= 0)) {
    throw new ValueError(`Cannot fill normally with standard deviation ${std}: use 0 or more`);
  }
  return fill(x, (dtype) => randn(x.shape, { dtype, generator }).mul(std).add(mean));
}

/**
 * Fills `x` with `value`.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x any tensor
 * @param value rounded to the dtype
 * @returns `x`
 * @example
 * ```ts
 * import { init, Linear } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const { bias } = new Linear(3, 2);
 * assert.deepEqual(init.constant_(bias!, 0.5).toArray(), [0.5, 0.5]);
 * ```
 */
export function constant_<T extends Tensor>(x: T, value: number): T {
  return noGrad(() => x.fill_(value));
}

/**
 * Fills `x` with zeros.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x any tensor
 * @returns `x`
 * @example
 * ```ts
 * import { init, Linear } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const { bias } = new Linear(3, 2);
 * assert.deepEqual(init.zeros_(bias!).toArray(), [0, 0]);
 * ```
 */
export function zeros_<T extends Tensor>(x: T): T {
  return constant_(x, 0);
}

/**
 * Fills `x` with ones.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x any tensor
 * @returns `x`
 * @example
 * ```ts
 * import { init, LayerNorm } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new LayerNorm(3);
 * assert.deepEqual(init.ones_(layer.bias!).toArray(), [1, 1, 1]);
 * ```
 */
export function ones_<T extends Tensor>(x: T): T {
  return constant_(x, 1);
}

/**
 * Fills a weight with uniformly distributed numbers of variance `2 gain² / (fanIn + fanOut)`, a
 * compromise between the variance of the forward pass and that of the backward pass.
 *
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks" (2010).
 *
 * @param weight `[out, in, …kernel]`
 * @param options `gain`, `generator`
 * @returns `weight`
 * @throws {ShapeError} if the weight has fewer than two axes
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const weight = init.xavierUniform_(zeros([20, 30]));
 * assert.ok(weight.abs().max().item() <= Math.sqrt(6 / 50));
 * ```
 */
export function xavierUniform_<T extends Tensor>(weight: T, options: XavierOptions = {}): T {
  return fillUniformly(weight, xavier("apply xavierUniform_", weight, options));
}

/**
 * Fills a weight with normally distributed numbers of the same variance as `xavierUniform_`.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param weight `[out, in, …kernel]`
 * @param options `gain`, `generator`
 * @returns `weight`
 * @throws {ShapeError} if the weight has fewer than two axes
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const weight = init.xavierNormal_(zeros([200, 300]), { generator: new Generator(0) });
 * assert.ok(Math.abs(weight.std().item() - Math.sqrt(2 / 500)) < 1e-3);
 * ```
 */
export function xavierNormal_<T extends Tensor>(weight: T, options: XavierOptions = {}): T {
  return normal_(weight, xavier("apply xavierNormal_", weight, options));
}

/**
 * Fills a weight with uniformly distributed numbers of variance `gain² / fan`, which keeps the
 * variance through ReLUs.
 *
 * Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015).
 *
 * @param weight `[out, in, …kernel]`
 * @param options `mode`, `nonlinearity`, `a`, `generator`
 * @returns `weight`
 * @throws {ShapeError} if the weight has fewer than two axes
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const weight = init.kaimingUniform_(zeros([50, 200]), { nonlinearity: "relu" });
 * assert.ok(weight.abs().max().item() <= Math.sqrt(6 / 200));
 * ```
 */
export function kaimingUniform_<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  return fillUniformly(weight, kaiming("apply kaimingUniform_", weight, options));
}

/**
 * Fills a weight with normally distributed numbers of the same variance as `kaimingUniform_`.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param weight `[out, in, …kernel]`
 * @param options `mode`, `nonlinearity`, `a`, `generator`
 * @returns `weight`
 * @throws {ShapeError} if the weight has fewer than two axes
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const generator = new Generator(0);
 * const weight = init.kaimingNormal_(zeros([50, 200]), { nonlinearity: "relu", generator });
 * assert.ok(Math.abs(weight.std().item() - 0.1) < 0.005); // √(2 / 200)
 * ```
 */
export function kaimingNormal_<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  return normal_(weight, kaiming("apply kaimingNormal_", weight, options));
}

/** A standard deviation, and the generator to draw with. */
type Spread = Pick<NormalOptions, "generator"> & { readonly std: number };

function xavier(action: string, weight: Tensor, options: XavierOptions): Spread {
  const { gain, generator } = readOptions(action, options, { gain: 1, generator: undefined });
  const { fanIn, fanOut } = calculateFans(weight);
  // A weight without elements has nothing to fill; any number will do.
  return { std: weight.size === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut)), generator };
}

function kaiming(action: string, weight: Tensor, options: KaimingOptions): Spread {
  const { mode, nonlinearity, a, generator } = readOptions(action, options, {
    mode: "fanIn",
    nonlinearity: "leakyRelu",
    a: 0,
    generator: undefined,
  });
  const fans = calculateFans(weight);
  if (!(mode in fans)) {
    throw new ValueError(`Cannot initialise with mode "${mode}": use "fanIn" or "fanOut"`);
  }
  const std = weight.size === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fans[mode]);
  return { std, generator };
}

function fillUniformly<T extends Tensor>(x: T, { std, generator }: Spread): T {
  const bound = Math.sqrt(3) * std;
  return uniform_(x, { a: -bound, b: bound, generator });
}

function fill<T extends Tensor>(x: T, make: (dtype: "float32" | "float64") => Tensor): T {
  const { dtype } = x;
  if (!isFloat(dtype)) {
    throw new DTypeError(
      `Cannot fill a tensor of ${dtype} with random numbers: use a floating-point tensor, or randint`,
    );
  }
  return noGrad(() => scope(() => x.copy_(make(dtype))));
}

/**
 * Fills weights with initial values, in place.
 *
 * A layer keeps the variance of its activations if the variance of its weights is gain² / fan, where
 * the fan is the number of terms in each of its sums.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkArguments, checkFloat, checkTensors, checkType, readOptions } from "../checks.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { erfinv } from "../math/erfinv.ts";
import { erf } from "../math/mod.ts";
import type { Generator } from "../random.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { eye, tensor } from "../tensor/create.ts";
import { qr } from "../tensor/linalg.ts";
import { rand } from "../tensor/random.ts";
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(init.calculateGain("relu"), Math.SQRT2);
 * assertEquals(init.calculateGain("tanh"), 5 / 3);
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  checkArguments("calculateGain", arguments, 2);
  checkType("calculate the gain", "nonlinearity", nonlinearity, "string");
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
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(init.calculateFans(zeros([64, 3, 5, 5])), { fanIn: 75, fanOut: 1600 });
 * ```
 */
export function calculateFans(weight: Tensor): Fans {
  checkArguments("calculateFans", arguments, 1);
  checkWeight("calculate the fans of shape", weight);
  const { shape } = weight;
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
 * import { assert } from "@std/assert";
 *
 * const x = init.uniform_(zeros([100]), { a: -2, b: 2 });
 * assert(x.abs().max().item() <= 2);
 * ```
 */
export function uniform_<T extends Tensor>(x: T, options: UniformOptions = {}): T {
  checkArguments("uniform_", arguments, 2);
  checkTensors("apply uniform_", x);
  const { a, b, generator } = readOptions("apply uniform_", options, {
    a: 0,
    b: 1,
    generator: undefined,
  });
  return noGrad(() => x.uniform_(a, b, { generator }));
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
 * import { assert } from "@std/assert";
 *
 * const x = init.normal_(zeros([1000]), { std: 0.02, generator: new Generator(0) });
 * assert(Math.abs(x.std().item() - 0.02) < 0.002);
 * ```
 */
export function normal_<T extends Tensor>(x: T, options: NormalOptions = {}): T {
  checkArguments("normal_", arguments, 2);
  checkTensors("apply normal_", x);
  const { mean, std, generator } = readOptions("apply normal_", options, {
    mean: 0,
    std: 1,
    generator: undefined,
  });
  return noGrad(() => x.normal_(mean, std, { generator }));
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
 * import { assertEquals } from "@std/assert";
 *
 * const { bias } = new Linear(3, 2);
 * assertEquals(init.constant_(bias!, 0.5).toArray(), [0.5, 0.5]);
 * ```
 */
export function constant_<T extends Tensor>(x: T, value: number): T {
  checkArguments("constant_", arguments, 2);
  checkTensors("apply constant_", x);
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
 * import { assertEquals } from "@std/assert";
 *
 * const { bias } = new Linear(3, 2);
 * assertEquals(init.zeros_(bias!).toArray(), [0, 0]);
 * ```
 */
export function zeros_<T extends Tensor>(x: T): T {
  checkArguments("zeros_", arguments, 1);
  checkTensors("apply zeros_", x);
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
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new LayerNorm(3);
 * assertEquals(init.ones_(layer.bias!).toArray(), [1, 1, 1]);
 * ```
 */
export function ones_<T extends Tensor>(x: T): T {
  checkArguments("ones_", arguments, 1);
  checkTensors("apply ones_", x);
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
 * import { assert } from "@std/assert";
 *
 * const weight = init.xavierUniform_(zeros([20, 30]));
 * assert(weight.abs().max().item() <= Math.sqrt(6 / 50));
 * ```
 */
export function xavierUniform_<T extends Tensor>(weight: T, options: XavierOptions = {}): T {
  checkArguments("xavierUniform_", arguments, 2);
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
 * import { assert } from "@std/assert";
 *
 * const weight = init.xavierNormal_(zeros([200, 300]), { generator: new Generator(0) });
 * assert(Math.abs(weight.std().item() - Math.sqrt(2 / 500)) < 1e-3);
 * ```
 */
export function xavierNormal_<T extends Tensor>(weight: T, options: XavierOptions = {}): T {
  checkArguments("xavierNormal_", arguments, 2);
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
 * import { assert } from "@std/assert";
 *
 * const weight = init.kaimingUniform_(zeros([50, 200]), { nonlinearity: "relu" });
 * assert(weight.abs().max().item() <= Math.sqrt(6 / 200));
 * ```
 */
export function kaimingUniform_<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  checkArguments("kaimingUniform_", arguments, 2);
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
 * import { assert } from "@std/assert";
 *
 * const generator = new Generator(0);
 * const weight = init.kaimingNormal_(zeros([50, 200]), { nonlinearity: "relu", generator });
 * assert(Math.abs(weight.std().item() - 0.1) < 0.005); // √(2 / 200)
 * ```
 */
export function kaimingNormal_<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  checkArguments("kaimingNormal_", arguments, 2);
  return normal_(weight, kaiming("apply kaimingNormal_", weight, options));
}

/** A standard deviation, and the generator to draw with. */
type Spread = Pick<NormalOptions, "generator"> & { readonly std: number };

function xavier(action: string, weight: Tensor, options: XavierOptions): Spread {
  const { gain, generator } = readOptions(action, options, { gain: 1, generator: undefined });
  const { fanIn, fanOut } = calculateFans(weight);
  // A weight without elements has nothing to fill; any number will do.
  return { std: weight.numel() === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut)), generator };
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
  const std = weight.numel() === 0 ? 0 : calculateGain(nonlinearity, a) / Math.sqrt(fans[mode]);
  return { std, generator };
}

function fillUniformly<T extends Tensor>(x: T, { std, generator }: Spread): T {
  const bound = Math.sqrt(3) * std;
  return uniform_(x, { a: -bound, b: bound, generator });
}

/** Options of `truncNormal_`. */
export interface TruncNormalOptions extends NormalOptions {
  /** Least value; default −2. */
  readonly a?: number;
  /** Largest value; default 2. */
  readonly b?: number;
}

/**
 * Fills `x` with normally distributed numbers of which those outside of `[a, b]` do not occur.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param x a floating-point tensor
 * @param options `mean`, `std`, `a`, `b`, `generator`
 * @returns `x`
 * @throws {ValueError} unless `std` is above 0, and `a < b`
 * @throws {DTypeError} if `x` holds integers or booleans
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const x = init.truncNormal_(zeros([1000]), { std: 0.02, a: -0.04, b: 0.04 });
 * assert(x.abs().max().item() <= 0.0400001);
 * ```
 */
export function truncNormal_<T extends Tensor>(x: T, options: TruncNormalOptions = {}): T {
  checkArguments("truncNormal_", arguments, 2);
  checkTensors("apply truncNormal_", x);
  const { mean, std, a, b, generator } = readOptions("apply truncNormal_", options, {
    mean: 0,
    std: 1,
    a: -2,
    b: 2,
    generator: undefined,
  });
  if (!(std > 0) || !(a < b)) {
    throw new ValueError(
      `Cannot fill with a normal distribution of deviation ${std} between ${a} and ${b}: use a ` +
        `deviation above 0, and a < b`,
    );
  }
  // Uniform in erf, so that a draw is a value: none is rejected, however far out the bounds are.
  checkFloat("apply truncNormal_ to", x);
  const [low, high] = [a, b].map((bound) => erf((bound - mean) / (std * Math.SQRT2)));
  return noGrad(() =>
    scope(() => {
      const draws = rand(x.shape, { dtype: "float64", generator }).data;
      const values = draws.map((u) => mean + std * Math.SQRT2 * erfinv(low + u * (high - low)));
      return x.copy_(tensor(values).reshape(x.shape).clamp(a, b));
    })
  );
}

/**
 * Fills a weight with the rows, or the columns, of a random orthogonal matrix times `gain`, uniformly
 * distributed; axes after the first count as one.
 *
 * Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
 * linear neural networks" (2014).
 *
 * @param weight `[out, in, …kernel]`
 * @param options `gain`, `generator`
 * @returns `weight`
 * @throws {ShapeError} if the weight has fewer than two axes
 * @throws {DTypeError} if it holds integers or booleans
 * @example
 * ```ts
 * import { eye, zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const weight = init.orthogonal_(zeros([3, 5]));
 * assert(weight.matmul(weight.T).allclose(eye(3), { atol: 1e-5 }));
 * ```
 */
export function orthogonal_<T extends Tensor>(weight: T, options: XavierOptions = {}): T {
  checkArguments("orthogonal_", arguments, 2);
  const { gain, generator } = readOptions("apply orthogonal_", options, {
    gain: 1,
    generator: undefined,
  });
  checkWeight("make orthogonal", weight);
  if (weight.numel() === 0) return weight;
  const [rows] = weight.shape;
  const columns = weight.numel() / rows;
  const [long, short] = rows < columns ? [columns, rows] : [rows, columns];
  return noGrad(() =>
    scope(() => {
      const { q, r } = qr(weight.newZeros([long, short]).normal_(0, 1, { generator }));
      // With the signs of the diagonal, the factors are unique, and q is uniformly distributed.
      const columnsOfQ = q.mul(r.diag().sign()).mul(gain);
      return weight.copy_((rows < columns ? columnsOfQ.T : columnsOfQ).reshape(weight.shape));
    })
  );
}

/**
 * Fills a matrix with 1 on its diagonal and 0 elsewhere.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param matrix a tensor of two axes
 * @returns `matrix`
 * @throws {ShapeError} if it has not two axes
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(init.eye_(zeros([2, 3])).toArray(), [[1, 0, 0], [0, 1, 0]]);
 * ```
 */
export function eye_<T extends Tensor>(matrix: T): T {
  checkArguments("eye_", arguments, 1);
  checkTensors("apply eye_", matrix);
  const { shape } = matrix;
  if (shape.length !== 2) {
    throw new ShapeError(
      `Cannot apply eye_ to shape ${formatShape(shape)}: only a matrix has a diagonal`,
      shape,
    );
  }
  return noGrad(() => scope(() => matrix.copy_(eye(shape[0], shape[1]))));
}

/** Options of `dirac_`. */
export interface DiracOptions {
  /** Number of groups of the convolution; default 1. */
  readonly groups?: number;
}

/**
 * Fills the weight of a convolution so that it passes its input on, as far as it has channels: 1 in
 * the middle of the window from each channel to itself, and 0 elsewhere.
 *
 * See https://pytorch.org/docs/stable/nn.init.html
 *
 * @param weight `[out, in, …kernel]` with one or two axes of a kernel
 * @param options `groups`
 * @returns `weight`
 * @throws {ShapeError} if the weight has another number of axes, or its outputs do not divide into the
 *   groups
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { init } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(init.dirac_(zeros([2, 1, 3])).toArray(), [[[0, 1, 0]], [[0, 0, 0]]]);
 * ```
 */
export function dirac_<T extends Tensor>(weight: T, options: DiracOptions = {}): T {
  checkArguments("dirac_", arguments, 2);
  checkTensors("apply dirac_", weight);
  const { groups } = readOptions("apply dirac_", options, { groups: 1 });
  const { shape } = weight;
  const [out, inner, ...kernel] = shape;
  if (kernel.length < 1 || kernel.length > 2 || !(groups >= 1) || out % groups !== 0) {
    throw new ShapeError(
      `Cannot apply dirac_ to shape ${formatShape(shape)} in ${groups} groups: it must be ` +
        `[out, in, …kernel], and out divide into the groups`,
      shape,
    );
  }
  const middle = kernel.map((size) => Math.floor(size / 2));
  return noGrad(() => {
    weight.zero_();
    for (let i = 0; i < out; i++) {
      const channel = i % (out / groups);
      if (channel < inner) weight.set([i, channel, ...middle], 1);
    }
    return weight;
  });
}

function checkWeight(action: string, weight: Tensor): void {
  checkTensors(action, weight);
  const { shape } = weight;
  if (shape.length >= 2) return;
  throw new ShapeError(
    `Cannot ${action} ${formatShape(shape)}: a weight is [out, in, …]; use uniform_, normal_ ` +
      `or constant_ for a bias`,
    shape,
  );
}

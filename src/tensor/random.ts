/**
 * Functions that create tensors of random numbers.
 *
 * @module
 */

import {
  checkArguments,
  checkFloat,
  checkRange,
  checkShape,
  checkTensors,
  checkType,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { type DType, getDefaultDtype, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../random.ts";
import { formatShape, type Shape } from "../shape.ts";
import { create, readNumericDtype, type TensorOptions } from "./create.ts";
import { checkWeights, draw } from "./draw.ts";
import { copyInto } from "./indexing.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of the functions that create random tensors. */
export interface RandomOptions extends TensorOptions {
  /** The source of random numbers; default the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Draws numbers from the uniform distribution over [0, 1).
 *
 * See https://pytorch.org/docs/stable/generated/torch.rand.html
 *
 * @param shape sizes of the axes
 * @param options `generator`, `dtype`, `requiresGrad`
 * @throws {ShapeError} if a size is not a whole number ≥ 0
 * @throws {DTypeError} if the dtype is not a floating-point type
 * @example
 * ```ts
 * import { manualSeed, rand } from "@gradus/gradus";
 * import { assert } from "@std/assert";
 *
 * manualSeed(0);
 * const x = rand([1000]);
 * assert(x.amin().item() >= 0 && x.amax().item() < 1);
 * assert(Math.abs(x.mean().item() - 0.5) < 0.05);
 * ```
 */
export function rand(shape: Shape, options?: RandomOptions): Tensor {
  checkArguments("rand", arguments, 2);
  return random("rand", shape, options, "uniform");
}

/**
 * Draws numbers from the normal distribution with mean 0 and standard deviation 1.
 *
 * See https://pytorch.org/docs/stable/generated/torch.randn.html
 *
 * @param shape sizes of the axes
 * @param options `generator`, `dtype` (floating-point), `requiresGrad`
 * @throws {DTypeError} if the dtype is not a floating-point type
 * @example
 * ```ts
 * import { Generator, randn } from "@gradus/gradus";
 * import { assert } from "@std/assert";
 *
 * const x = randn([1000], { generator: new Generator(0) });
 * assert(Math.abs(x.mean().item()) < 0.1);
 * assert(Math.abs(x.std().item() - 1) < 0.1);
 * ```
 */
export function randn(shape: Shape, options?: RandomOptions): Tensor {
  checkArguments("randn", arguments, 2);
  return random("randn", shape, options, "normal");
}

const DEFAULTS = { dtype: undefined, requiresGrad: false, generator: undefined };

function random(
  name: string,
  shape: Shape,
  options: RandomOptions | undefined,
  distribution: "uniform" | "normal",
  own: DType = getDefaultDtype(),
): Tensor {
  checkShape(shape, `call ${name}()`);
  const { dtype = own, requiresGrad, generator = defaultGenerator } = readOptions(
    name,
    options,
    DEFAULTS,
  );
  if (dtype !== "float32" && dtype !== "float64") {
    throw new DTypeError(
      `Cannot call ${name}() with dtype ${dtype}: use a floating-point dtype, or randint`,
    );
  }
  return create(shape, dtype, requiresGrad, (values) => {
    generator[distribution](values as Float32Array | Float64Array);
  });
}

/**
 * Draws integers from `low` to `high` (exclusive) with equal probabilities; int32 by default.
 *
 * See https://pytorch.org/docs/stable/generated/torch.randint.html
 *
 * @param low the smallest integer
 * @param high one above the largest integer
 * @param options `shape` (required), `generator`, `dtype`, `requiresGrad`
 * @throws {ValueError} if the bounds are not whole numbers with low < high
 * @example
 * ```ts
 * import { Generator, randint } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const rolls = randint(1, 7, { shape: [1000], generator: new Generator(0) });
 * assertEquals(rolls.dtype, "int32");
 * assertEquals([rolls.min().item(), rolls.max().item()], [1, 6]);
 * ```
 */
export function randint(
  low: number,
  high: number,
  options: RandintOptions,
): Tensor {
  checkArguments("randint", arguments, 3);
  checkType("randint", "low", low, "number");
  checkType("randint", "high", high, "number");
  const { shape, dtype = "int32", requiresGrad, generator = defaultGenerator } = readOptions(
    "randint",
    options,
    { ...DEFAULTS, shape: REQUIRED },
  );
  checkShape(shape, "call randint()");
  const kind = readNumericDtype(dtype, "randint");
  // The bounds are checked before there is a tensor.
  generator.integers(new Int32Array(0), low, high);
  checkRange("call randint()", [low, high - 1], kind);
  return create(shape, kind, requiresGrad, (values) => {
    if (values instanceof Int32Array) return generator.integers(values, low, high);
    const integers = new Int32Array(values.length);
    generator.integers(integers, low, high);
    values.set(integers);
  });
}

/** Options of `randint`. */
export interface RandintOptions extends RandomOptions {
  /** The size along each axis. */
  readonly shape: Shape;
}

/**
 * Returns the integers from 0 to `n` (exclusive) in random order; int32 by default.
 *
 * See https://pytorch.org/docs/stable/generated/torch.randperm.html
 *
 * @param n the number of integers
 * @param options `generator`, `dtype`
 * @returns `[n]`
 * @throws {ShapeError} if `n` is not a whole number ≥ 0
 * @example
 * ```ts
 * import { Generator, randperm } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const order = randperm(5, { generator: new Generator(0) });
 * assertEquals(order.sort().values.toArray(), [0, 1, 2, 3, 4]);
 * ```
 */
export function randperm(n: number, options?: RandomOptions): Tensor {
  checkArguments("randperm", arguments, 2);
  const { dtype = "int32", requiresGrad, generator = defaultGenerator } = readOptions(
    "randperm",
    options,
    DEFAULTS,
  );
  checkShape([n], "call randperm()");
  const kind = readNumericDtype(dtype, "randperm");
  checkRange("call randperm()", n > 0 ? [n - 1] : [], kind);
  const order = generator.permutation(n);
  return create([n], kind, requiresGrad, (values) => {
    values.set(order);
  });
}

/**
 * As `rand`, with the shape and dtype of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.rand_like.html
 *
 * @param x the tensor with the shape and dtype
 * @param options `generator`, `dtype`, `requiresGrad`
 * @throws {DTypeError} if the dtype is not a floating-point type
 * @example
 * ```ts
 * import { randLike, zeros } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const noise = randLike(zeros([2, 3], { dtype: "float64" }));
 * assertEquals(noise.shape, [2, 3]);
 * assert(noise.dtype === "float64" && noise.lt(1).all().item() === 1);
 * ```
 */
export function randLike(x: Tensor, options?: RandomOptions): Tensor {
  checkArguments("randLike", arguments, 2);
  checkTensors("randLike", x);
  return random("randLike", x.shape, options, "uniform", x.dtype);
}

/**
 * As `randn`, with the shape and dtype of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.randn_like.html
 *
 * @param x the tensor with the shape and dtype
 * @param options `generator`, `dtype`, `requiresGrad`
 * @throws {DTypeError} if the dtype is not a floating-point type
 * @example
 * ```ts
 * import { manualSeed, randnLike, tensor } from "@gradus/gradus";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([5, 5, 5, 5]);
 * manualSeed(1);
 * const noisy = x.add(randnLike(x).mul(0.01));
 * assert(noisy.sub(x).abs().amax().item() < 0.1);
 * ```
 */
export function randnLike(x: Tensor, options?: RandomOptions): Tensor {
  checkArguments("randnLike", arguments, 2);
  checkTensors("randnLike", x);
  return random("randnLike", x.shape, options, "normal", x.dtype);
}

/** Options of `multinomial`. */
export interface MultinomialOptions {
  /** Draw with replacement, so that indices can repeat; default false. */
  readonly replacement?: boolean;
  /** The source of random numbers; default the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/**
 * Draws indices with the probabilities `P(i) = weights[i] / Σ weights`: the next character of a
 * text, or the action of an agent.
 *
 * See https://pytorch.org/docs/stable/generated/torch.multinomial.html
 *
 * @param weights `[n]`, or `[m, n]` with a row for each result; 0 or more, of any sum
 * @param numSamples how many indices to draw from each row
 * @param options `replacement` (default false), `generator`
 * @returns int32 `[numSamples]`, or `[m, numSamples]`
 * @throws {ShapeError} if the weights have another number of axes
 * @throws {ValueError} if a weight is negative or not finite, or too few are above 0
 * @example
 * ```ts
 * import { manualSeed, multinomial, tensor } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * manualSeed(0);
 * const odds = tensor([0, 1, 3]);
 * const drawn = multinomial(odds, 1000, { replacement: true });
 * assert(Math.abs(drawn.eq(2).sum().item() - 750) < 50);
 * assertEquals(multinomial(odds, 2).sort().values.toArray(), [1, 2]); // each once
 * ```
 */
export function multinomial(
  weights: Tensor,
  numSamples: number,
  options?: MultinomialOptions,
): Tensor {
  checkArguments("multinomial", arguments, 3);
  const { replacement, generator = defaultGenerator } = readOptions("multinomial", options, {
    replacement: false,
    generator: undefined,
  });
  checkTensors("draw", weights);
  const { shape } = weights;
  if (shape.length !== 1 && shape.length !== 2) {
    throw new ShapeError(
      `Cannot draw with weights of shape ${
        formatShape(shape)
      }: they must be [n], or [m, n] with a ` +
        `row for each result`,
      shape,
    );
  }
  const values = Float64Array.from(weights.data);
  const n = shape[shape.length - 1];
  const rows = Array.from(
    { length: shape.length === 1 ? 1 : shape[0] },
    (_, i) => values.subarray(i * n, (i + 1) * n),
  );
  rows.forEach((row) => checkWeights(row, numSamples, replacement));
  const result = [...shape.slice(0, -1), numSamples];
  return create(result, "int32", false, (drawn) => {
    rows.forEach((row, i) =>
      drawn.set(draw(row, numSamples, replacement, generator), i * numSamples)
    );
  });
}

/**
 * Draws 1 with the probability in each element of `p`, and 0 otherwise.
 *
 * See https://pytorch.org/docs/stable/generated/torch.bernoulli.html
 *
 * @param p probabilities, from 0 to 1
 * @param options `generator`
 * @returns the shape and dtype of `p`
 * @throws {DTypeError} if `p` holds integers or booleans
 * @throws {ValueError} if an element is not from 0 to 1
 * @example
 * ```ts
 * import { bernoulli, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bernoulli(tensor([0, 1, 1])).toArray(), [0, 1, 1]);
 * ```
 */
export function bernoulli(p: Tensor, options?: Pick<RandomOptions, "generator">): Tensor {
  checkArguments("bernoulli", arguments, 2);
  const { generator } = readOptions("bernoulli", options, { generator: undefined });
  checkTensors("draw", p);
  checkFloat("draw with probabilities of", p);
  return scope(() => {
    if (p.ge(0).logicalAnd(p.le(1)).all().item() === 0) {
      throw new ValueError(
        "Cannot draw with probabilities that are not all from 0 to 1: clamp them",
      );
    }
    return randLike(p, { generator }).lt(p).to(p.dtype);
  });
}

export function uniformInto(
  x: Tensor,
  low: number,
  high: number,
  options?: GeneratorOptions,
): void {
  const { generator } = readOptions("uniform_", options, { generator: undefined });
  for (const bound of [low, high]) checkType("uniform_", "a bound", bound, "number");
  if (!(low <= high && Number.isFinite(high - low))) {
    throw new ValueError(
      `Cannot fill uniformly from ${low} to ${high}: use finite bounds, the lower one first`,
    );
  }
  fillRandomly(x, () => randLike(x, { generator }).mul(high - low).add(low));
}

export function normalInto(
  x: Tensor,
  mean: number,
  std: number,
  options?: GeneratorOptions,
): void {
  const { generator } = readOptions("normal_", options, { generator: undefined });
  checkType("normal_", "std", std, "number");
  if (!(std >= 0)) {
    throw new ValueError(`Cannot fill normally with standard deviation ${std}: use 0 or more`);
  }
  fillRandomly(x, () => randnLike(x, { generator }).mul(std).add(mean));
}

function fillRandomly(x: Tensor, make: () => Tensor): void {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot fill a tensor of ${x.dtype} with random numbers: use a floating-point tensor, or randint`,
    );
  }
  scope(() => copyInto(x, make()));
}

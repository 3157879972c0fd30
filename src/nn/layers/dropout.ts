/**
 * Dropout.
 *
 * @module
 */

import { apply } from "../../autograd/apply.ts";
import { requireOptions, requireTensors } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import { onBatch, onSequences } from "./sizes.ts";
import { Module } from "../module.ts";
import { ops } from "../../ops/table.ts";
import type { Generator } from "../../random.ts";
import { rand } from "../../tensor/random.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Options of the layer `Dropout`. */
export interface DropoutOptions {
  /** Where random numbers come from; the default generator if left out. */
  readonly generator?: Generator;
}

/** Options of the function `dropout`. */
export interface DropoutFunctionOptions extends DropoutOptions {
  /** Whether to drop at all; default true. */
  readonly training?: boolean;
}

/**
 * Each element becomes 0 with probability `p`, and `x / (1 − p)` otherwise, so that its expectation
 * stays x. Outside of training, x itself.
 *
 * Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting"
 * (2014).
 *
 * @param x any shape
 * @param p from 0 to 1; default 0.5
 * @param options `training`, `generator`
 * @throws {ValueError} if `p` is not from 0 to 1
 * @throws {DTypeError} if `x` is not of a floating-point type
 * @example
 * ```ts
 * import { manualSeed, ones } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * manualSeed(0);
 * const y = functional.dropout(ones([1000]), 0.2);
 * assert.deepEqual(y.unique().values.toArray(), [0, 1.25]);
 * assert.ok(Math.abs(y.mean().item() - 1) < 0.1);
 * ```
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutFunctionOptions = {}): Tensor {
  requireOptions("dropout", options);
  checkInput("dropout", x);
  checkProbability(p);
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  return scope(() => {
    const kept = rand(x.shape, { dtype: "float32", generator }).ge(p);
    return apply(ops.dropout, [x, kept, 1 / (1 - p)]) as Tensor;
  });
}

/**
 * In training, each element becomes 0 with probability `p`, and `x / (1 − p)` otherwise; after
 * `eval()`, nothing happens. See `functional.dropout`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Dropout(0.5, { generator: new Generator(0) });
 * const values = new Set(layer(ones([100])).data);
 * assert.deepEqual([...values].sort(), [0, 2]);
 * assert.equal(layer.eval()(ones([100])).sum().item(), 100);
 * ```
 */
export class Dropout extends Module {
  /** The probability of an element to become 0. */
  readonly p: number;
  /** Where random numbers come from. */
  readonly generator: Generator | undefined;

  /**
   * Makes the layer.
   *
   * @param p from 0 to 1; default 0.5
   * @param options `generator`
   * @throws {ValueError} if `p` is not from 0 to 1
   */
  constructor(p = 0.5, options: DropoutOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    checkProbability(p);
    this.p = p;
    this.generator = options.generator;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return `${this.p}`;
  }
}

/**
 * Each channel of each image becomes 0 with probability `p`, and `x / (1 − p)` otherwise.
 *
 * Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param p from 0 to 1; default 0.5
 * @param options `training`, `generator`
 * @throws {ValueError} if `p` is not from 0 to 1
 * @throws {DTypeError} if `x` is not of a floating-point type
 * @example
 * ```ts
 * import { manualSeed, ones } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * manualSeed(0);
 * const y = functional.dropout2d(ones([8, 16, 3, 3]), 0.5);
 * const sums = y.sum({ axis: [2, 3] }); // each channel is there or not
 * assert.deepEqual(sums.unique().values.toArray(), [0, 18]);
 * ```
 */
export function dropout2d(x: Tensor, p = 0.5, options: DropoutFunctionOptions = {}): Tensor {
  checkInput("dropout2d", x);
  checkProbability(p);
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  return onBatch(x, "dropout2d", (images) =>
    scope(() => {
      const channels = [...images.shape.slice(0, 2), 1, 1];
      const kept = rand(channels, { dtype: "float32", generator }).ge(p);
      return apply(ops.dropout, [images, kept, 1 / (1 - p)]) as Tensor;
    }));
}

/**
 * Drops whole channels of images; see `functional.dropout2d`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Dropout2d(0.5, { generator: new Generator(0) });
 * const sums = layer(ones([1, 50, 2, 2])).sum([0, 2, 3]); // one for each channel
 * assert.deepEqual([...new Set(sums.data)].sort(), [0, 8]);
 * ```
 */
export class Dropout2d extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, this);
  }
}

/**
 * Each channel of each sequence becomes 0 with probability `p`, and `x / (1 − p)` otherwise.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param p from 0 to 1; default 0.5
 * @param options `training`, `generator`
 * @throws {ValueError} if `p` is not from 0 to 1
 * @throws {DTypeError} if `x` is not of a floating-point type
 * @throws {ShapeError} if `x` has not two or three axes
 * @example
 * ```ts
 * import { manualSeed, ones } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * manualSeed(0);
 * const y = functional.dropout1d(ones([8, 16, 3]), 0.5);
 * assert.deepEqual(y.sum(2).unique().values.toArray(), [0, 6]); // each channel is there or not
 * ```
 */
export function dropout1d(x: Tensor, p = 0.5, options: DropoutFunctionOptions = {}): Tensor {
  checkInput("dropout1d", x);
  checkProbability(p);
  const { training = true } = options;
  if (!training || p === 0) return x;
  return scope(() => onSequences(x, "dropout1d", (images) => dropout2d(images, p, options)));
}

/**
 * Drops whole channels of sequences; see `functional.dropout1d`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Dropout1d(0.5, { generator: new Generator(0) });
 * const sums = layer(ones([1, 50, 4])).sum([0, 2]); // one for each channel
 * assert.deepEqual([...new Set(sums.data)].sort(), [0, 8]);
 * ```
 */
export class Dropout1d extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout1d(x, this.p, this);
  }
}

/** @throws {DTypeError} unless `x` is a tensor of a floating-point type */
export function checkInput(action: string, x: Tensor): void {
  requireTensors(action, x);
  if (isFloat(x.dtype)) return;
  throw new DTypeError(`Cannot drop out elements of ${x.dtype}: convert it with .to("float32")`);
}

/** @throws {ValueError} unless `p` is from 0 to 1 */
export function checkProbability(p: number): void {
  if (p >= 0 && p <= 1) return;
  throw new ValueError(`Cannot drop out with probability ${p}: it must be from 0 to 1`);
}

/** Where SELU ends on the left, `−λα`, turned around. */
const ALPHA = 1.7580993408473766;

/**
 * Each element becomes `−1.758` with probability `p`, and all are scaled and shifted such that a mean
 * of 0 and a variance of 1 stay what they are. Outside of training, x itself.
 *
 * With `α = 1.758`, which SELU approaches below 0, `a = 1 / √((1 − p) (1 + p α²))` and `b = a α p`:
 * `a x + b` for what is kept, and `b − a α` for what is not. With `p = 1` everything is 0.
 *
 * Source: Klambauer et al., "Self-normalizing neural networks" (2017).
 *
 * @param x any shape
 * @param p from 0 to 1; default 0.5
 * @param options `training`, `generator`
 * @throws {ValueError} if `p` is not from 0 to 1
 * @throws {DTypeError} if `x` is not of a floating-point type
 * @example
 * ```ts
 * import { Generator, randn } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const generator = new Generator(0);
 * const y = functional.alphaDropout(randn([10000], { generator }), 0.3, { generator });
 * assert.ok(Math.abs(y.mean().item()) < 0.05);
 * assert.ok(Math.abs(y.std().item() - 1) < 0.05);
 * ```
 */
export function alphaDropout(x: Tensor, p = 0.5, options: DropoutFunctionOptions = {}): Tensor {
  checkInput("alphaDropout", x);
  checkProbability(p);
  const { training = true, generator } = options;
  if (!training || p === 0) return x;
  if (p === 1) return x.mul(0);
  const scale = 1 / Math.sqrt((1 - p) * (1 + p * ALPHA * ALPHA));
  const shift = scale * ALPHA * p;
  return scope(() => {
    const kept = rand(x.shape, { dtype: "float32", generator }).ge(p);
    return kept.where(x.mul(scale).add(shift), shift - scale * ALPHA);
  });
}

/**
 * In training, dropout that keeps mean and variance; see `functional.alphaDropout`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { AlphaDropout } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new AlphaDropout(0.5, { generator: new Generator(0) });
 * assert.equal(new Set(layer(zeros([100])).data).size, 2);
 * assert.deepEqual(layer.eval()(zeros([2])).toArray(), [0, 0]);
 * ```
 */
export class AlphaDropout extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return alphaDropout(x, this.p, this);
  }
}

/**
 * Dropout: in training, random elements or channels become 0.
 *
 * @module
 */

import { checkArguments, checkFloat, checkTensors, checkType, readOptions } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import type { Generator } from "../../random.ts";
import type { Shape } from "../../shape.ts";
import { where } from "../../tensor/comparison.ts";
import { rand } from "../../tensor/random.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { checkImages, checkSequences, onBatch, onSequences } from "./sizes.ts";

/** Options of the functions of dropout; the layers take the generator, and know when they train. */
export interface DropoutOptions {
  /** True to drop elements, false to return the input; default true. */
  readonly training?: boolean;
  /** Source of random numbers; the default generator if left out. */
  readonly generator?: Generator;
}

/** Checks the arguments of `name`, and runs `drop` unless there is nothing to drop. */
function dropIfTraining(
  name: string,
  x: Tensor,
  p: number,
  options: DropoutOptions,
  drop: (draw: (shape: Shape) => Tensor) => Tensor,
): Tensor {
  const { training, generator } = readOptions(name, options, {
    training: true,
    generator: undefined,
  });
  checkTensors(name, x);
  checkType(name, "p", p, "number");
  checkFloat("drop out elements of", x);
  checkProbability(p);
  if (!training || p === 0) return x;
  return scope(() => drop((shape) => rand(shape, { dtype: "float32", generator }).ge(p)));
}

/** Rejects values that are not from 0 to 1. */
export function checkProbability(p: number): void {
  if (p >= 0 && p <= 1) return;
  throw new ValueError(`Cannot drop out with probability ${p}: it must be from 0 to 1`);
}

function dropChannels(images: Tensor, p: number, draw: (shape: Shape) => Tensor): Tensor {
  const kept = draw([...images.shape.slice(0, 2), 1, 1]);
  return run(ops.dropout, [images, kept, 1 / (1 - p)]);
}

/**
 * Replaces each element by 0 with probability `p`, and divides the others by `1 − p`, so that the
 * expectation stays x. Outside of training, returns x itself.
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
 * import { assert, assertEquals } from "@std/assert";
 *
 * manualSeed(0);
 * const y = functional.dropout(ones([1000]), 0.2);
 * assertEquals(y.unique().values.toArray(), [0, 1.25]);
 * assert(Math.abs(y.mean().item() - 1) < 0.1);
 * ```
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkArguments("dropout", arguments, 3);
  return dropIfTraining(
    "dropout",
    x,
    p,
    options,
    (draw) => run(ops.dropout, [x, draw(x.shape), 1 / (1 - p)]),
  );
}

/**
 * In training, replaces each element by 0 with probability `p`, and divides the others by `1 − p`;
 * after `eval()`, returns its input. See `functional.dropout`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Dropout(0.5, { generator: new Generator(0) });
 * const values = new Set(layer(ones([100])).data);
 * assertEquals([...values].sort(), [0, 2]);
 * assertEquals(layer.eval()(ones([100])).sum().item(), 100);
 * ```
 */
export class Dropout extends ConfiguredLayer {
  /** The probability of an element to become 0. */
  declare readonly p: number;
  /** Source of random numbers. */
  declare readonly generator: Generator | undefined;

  /**
   * Makes the layer.
   *
   * @param p from 0 to 1; default 0.5
   * @param options `generator`
   * @throws {ValueError} if `p` is not from 0 to 1
   */
  constructor(p = 0.5, options: Pick<DropoutOptions, "generator"> = {}) {
    checkArguments(`make ${new.target.name}`, arguments, 2);
    super({ p }, options, { generator: undefined });
    checkProbability(p);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, this);
  }
}

/**
 * Replaces each channel of each image by 0 with probability `p`, and divides the others by `1 − p`.
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
 * import { assertEquals } from "@std/assert";
 *
 * manualSeed(0);
 * const y = functional.dropout2d(ones([8, 16, 3, 3]), 0.5);
 * const sums = y.sum({ axis: [2, 3] }); // each channel is there or not
 * assertEquals(sums.unique().values.toArray(), [0, 18]);
 * ```
 */
export function dropout2d(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkArguments("dropout2d", arguments, 3);
  // In evaluation, too: a model that trains later must not fail then.
  checkImages(x, "dropout2d");
  return dropIfTraining(
    "dropout2d",
    x,
    p,
    options,
    (draw) => onBatch(x, "dropout2d", (images) => dropChannels(images, p, draw)),
  );
}

/**
 * Drops whole channels of images; see `functional.dropout2d`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Dropout2d(0.5, { generator: new Generator(0) });
 * const sums = layer(ones([1, 50, 2, 2])).sum([0, 2, 3]); // one for each channel
 * assertEquals([...new Set(sums.data)].sort(), [0, 8]);
 * ```
 */
export class Dropout2d extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, this);
  }
}

/**
 * Replaces each channel of each sequence by 0 with probability `p`, and divides the others by `1 −
 * p`.
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
 * import { assertEquals } from "@std/assert";
 *
 * manualSeed(0);
 * const y = functional.dropout1d(ones([8, 16, 3]), 0.5);
 * assertEquals(y.sum(2).unique().values.toArray(), [0, 6]); // each channel is there or not
 * ```
 */
export function dropout1d(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkArguments("dropout1d", arguments, 3);
  checkSequences(x, "dropout1d");
  return dropIfTraining(
    "dropout1d",
    x,
    p,
    options,
    (draw) => onSequences(x, "dropout1d", (images) => dropChannels(images, p, draw)),
  );
}

/**
 * Drops whole channels of sequences; see `functional.dropout1d`.
 *
 * @example
 * ```ts
 * import { Generator, ones } from "@gradus/gradus";
 * import { Dropout1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Dropout1d(0.5, { generator: new Generator(0) });
 * const sums = layer(ones([1, 50, 4])).sum([0, 2]); // one for each channel
 * assertEquals([...new Set(sums.data)].sort(), [0, 8]);
 * ```
 */
export class Dropout1d extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return dropout1d(x, this.p, this);
  }
}

/** Minus the limit of SELU on the left: `λα`. */
const ALPHA = 1.7580993408473766;

/**
 * Replaces each element by `−1.758` with probability `p`, then scales and shifts all of them so
 * that a mean of 0 and a variance of 1 stay. Outside of training, returns x itself.
 *
 * With `α = 1.758`, which SELU approaches below 0, `a = 1 / √((1 − p) (1 + p α²))` and `b = a α p`:
 * `a x + b` for elements that are kept, and `b − a α` for the others. With `p = 1` all elements are 0.
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
 * import { assert } from "@std/assert";
 *
 * const generator = new Generator(0);
 * const y = functional.alphaDropout(randn([10000], { generator }), 0.3, { generator });
 * assert(Math.abs(y.mean().item()) < 0.05);
 * assert(Math.abs(y.std().item() - 1) < 0.05);
 * ```
 */
export function alphaDropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  checkArguments("alphaDropout", arguments, 3);
  return dropIfTraining("alphaDropout", x, p, options, (draw) => {
    if (p === 1) return x.mul(0);
    const scale = 1 / Math.sqrt((1 - p) * (1 + p * ALPHA * ALPHA));
    const shift = scale * ALPHA * p;
    return where(draw(x.shape), x.mul(scale).add(shift), shift - scale * ALPHA);
  });
}

/**
 * In training, drops elements such that mean and variance stay; see `functional.alphaDropout`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * @example
 * ```ts
 * import { Generator, zeros } from "@gradus/gradus";
 * import { AlphaDropout } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new AlphaDropout(0.5, { generator: new Generator(0) });
 * assertEquals(new Set(layer(zeros([100])).data).size, 2);
 * assertEquals(layer.eval()(zeros([2])).toArray(), [0, 0]);
 * ```
 */
export class AlphaDropout extends Dropout {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return alphaDropout(x, this.p, this);
  }
}

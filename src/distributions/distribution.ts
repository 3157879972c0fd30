/**
 * The base of all distributions, and the reading of their parameters.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import {
  checkFloat,
  checkShape,
  checkTensors,
  guardMembers,
  isTensor,
  readOptions,
} from "../checks.ts";
import { getDefaultDtype } from "../dtype.ts";
import { GradientError, ValueError } from "../errors.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../random.ts";
import type { Shape } from "../shape.ts";
import { fromValues } from "../tensor/run.ts";
import { scope } from "../tensor/scope.ts";
import { broadcastTensors } from "../tensor/shape.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";

/**
 * The base of all distributions: a batch of independent ones, one for each element (or row) of the
 * parameters.
 *
 * See https://pytorch.org/docs/stable/distributions.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Bernoulli, type Distribution, Normal } from "@gradus/gradus/distributions";
 * import { assertEquals } from "@std/assert";
 *
 * const distributions: Distribution[] = [
 *   new Normal(tensor([0, 5]), 1),
 *   new Bernoulli({ probs: tensor([0.5, 0.25]) }),
 * ];
 * assertEquals(distributions.map((each) => each.mean.toArray()), [[0, 5], [0.5, 0.25]]);
 * assertEquals(distributions.map((each) => each.sample([3]).shape), [[3, 2], [3, 2]]);
 * ```
 */
export abstract class Distribution {
  /** The shape of the batch: that of a single sample. */
  abstract readonly batchShape: Shape;

  /** The expected value, of the shape of the batch. */
  abstract get mean(): Tensor;

  /** The expected square of the distance to the mean, of the shape of the batch. */
  abstract get variance(): Tensor;

  /** The square root of the variance. */
  get stddev(): Tensor {
    return this.variance.sqrt();
  }

  /**
   * Draws samples, through which no gradient flows.
   *
   * @param shape shape in front of that of the batch; default `[]`, one sample of each
   * @param options `generator`
   * @returns `[…shape, …batchShape]`
   */
  sample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    const { generator = defaultGenerator } = readOptions("sample", options, {
      generator: undefined,
    });
    checkShape(shape, "sample");
    return noGrad(() => scope(() => this.draw([...shape, ...this.batchShape], generator)));
  }

  /** True if samples are functions of the parameters and of noise, so that `rsample` works. */
  get hasRsample(): boolean {
    return true;
  }

  /**
   * Draws samples as a function of the parameters and of noise, so that gradients flow to the
   * parameters (the reparametrization of Kingma and Welling, 2014).
   *
   * @param shape shape in front of that of the batch; default `[]`, one sample of each
   * @param options `generator`
   * @returns `[…shape, …batchShape]`
   * @throws {GradientError} if samples are discrete
   */
  rsample(shape: Shape = [], options: GeneratorOptions = {}): Tensor {
    if (!this.hasRsample) {
      throw new GradientError(
        `Cannot rsample from ${this.constructor.name}: its samples are discrete, so no gradient ` +
          `flows through them; use sample() and logProb(), or functional.gumbelSoftmax()`,
      );
    }
    const { generator = defaultGenerator } = readOptions("rsample", options, {
      generator: undefined,
    });
    checkShape(shape, "rsample");
    return scope(() => this.draw([...shape, ...this.batchShape], generator));
  }

  /** Draws samples of `shape`, which ends in that of the batch. */
  protected abstract draw(shape: Shape, generator: Generator): Tensor;

  /**
   * Returns the logarithm of the density, or of the probability, at `value`.
   *
   * @param value values that broadcast with the batch
   */
  abstract logProb(value: Tensor): Tensor;

  /** Returns the entropy in nats, of the shape of the batch: the expected value of −logProb. */
  abstract entropy(): Tensor;
}

guardMembers(
  Distribution,
  {},
  ["batchShape", "mean", "variance", "draw", "logProb", "entropy"],
);

/**
 * Returns parameters as floating-point tensors of one shape; numbers take the dtype of the others.
 *
 * @throws {DTypeError} naming the distribution if one is neither a number nor such a tensor
 */
export function readParameters(name: string, ...values: readonly TensorLike[]): Tensor[] {
  const action = `make ${name}`;
  const dtype = values.find((value) => isTensor<Tensor>(value))?.dtype ?? getDefaultDtype();
  const tensors = values.map((value) => {
    if (typeof value === "number") return fromValues([value], [], dtype);
    checkTensors(action, value);
    checkFloat(`${action} of`, value);
    return value;
  });
  return broadcastTensors(...tensors);
}

/** Options of distributions of classes: one of both is needed. */
export interface ProbabilityOptions {
  /** Probabilities, from 0 to 1. */
  readonly probs?: TensorLike | null;
  /** Probabilities as logarithms of odds, or, of several classes, as logarithms up to a constant. */
  readonly logits?: TensorLike | null;
}

/** Returns the one parameter that is given. */
export function readProbabilities(
  name: string,
  options: ProbabilityOptions,
): { probs: Tensor | null; logits: Tensor | null } {
  const { probs, logits } = readOptions(`make ${name}`, options, { probs: null, logits: null });
  if ((probs === null) === (logits === null)) {
    throw new ValueError(`Cannot make ${name}: give either probs or logits`);
  }
  return {
    probs: probs === null ? null : readParameters(name, probs)[0],
    logits: logits === null ? null : readParameters(name, logits)[0],
  };
}

/**
 * Rejects tensors of which an element breaks a rule; `holds` makes a tensor of booleans of them.
 *
 * @throws {ValueError} if one does not hold, also NaN
 */
export function checkAll(message: string, holds: () => Tensor): void {
  if (noGrad(() => scope(() => holds().all().item())) === 1) return;
  throw new ValueError(message);
}

/** The least probability that is told from 0, and 1 minus the largest, in logarithms. */
export function leastProbability({ dtype }: Tensor): number {
  return dtype === "float64" ? 2 ** -52 : 2 ** -23;
}

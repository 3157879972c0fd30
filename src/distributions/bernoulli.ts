/**
 * The distribution of a coin.
 *
 * @module
 */

import { checkArguments, checkTensors, guardMembers } from "../checks.ts";
import { binaryCrossEntropyWithLogits } from "../nn/functional.ts";
import type { Generator } from "../random.ts";
import type { Shape } from "../shape.ts";
import { rand } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  checkAll,
  Distribution,
  leastProbability,
  type ProbabilityOptions,
  readProbabilities,
} from "./distribution.ts";

/**
 * The distribution of a coin: 1 with probability `probs = σ(logits)`, else 0.
 *
 * Given `probs` are kept away from 0 and 1 by a rounding unit where their logarithm is taken, as in
 * PyTorch. See https://pytorch.org/docs/stable/distributions.html#bernoulli
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Bernoulli } from "@gradus/gradus/distributions";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const logits = tensor([0, 2], { requiresGrad: true });
 * const coins = new Bernoulli({ logits });
 * const flips = coins.sample([100]);
 * assertEquals(flips.shape, [100, 2]);
 * coins.logProb(flips).sum().backward(); // the gradient is that of the likelihood
 * assert(logits.grad!.allclose(flips.sub(logits.detach().sigmoid()).sum(0), { atol: 1e-4 }));
 * ```
 */
export class Bernoulli extends Distribution {
  readonly #probs: Tensor | null;
  readonly #logits: Tensor | null;

  /**
   * Makes a distribution.
   *
   * @param options `probs` or `logits`: a tensor or a number
   * @throws {ValueError} if not exactly one is given, a probability is not from 0 to 1, or one is NaN
   */
  constructor(options: ProbabilityOptions) {
    checkArguments("make Bernoulli", arguments, 1);
    super();
    const { probs, logits } = readProbabilities("Bernoulli", options);
    this.#probs = probs;
    this.#logits = logits;
    checkAll(
      "Cannot make Bernoulli: probs must be from 0 to 1, and logits numbers",
      () => probs === null ? logits!.isnan().logicalNot() : probs.ge(0).logicalAnd(probs.le(1)),
    );
  }

  /** The probabilities of 1. */
  get probs(): Tensor {
    return this.#probs ?? this.#logits!.sigmoid();
  }

  /** The logarithms of the odds: `log(p / (1 − p))`. */
  get logits(): Tensor {
    if (this.#logits !== null) return this.#logits;
    const probs = this.#probs!;
    const least = leastProbability(probs);
    return scope(() => probs.clamp(least, 1 - least).logit());
  }

  /** False: samples are discrete. */
  override get hasRsample(): boolean {
    return false;
  }

  /** See {@link Distribution}. */
  override get batchShape(): Shape {
    return (this.#probs ?? this.#logits!).shape;
  }

  /** See {@link Distribution}. */
  override get mean(): Tensor {
    return this.probs;
  }

  /** See {@link Distribution}. */
  override get variance(): Tensor {
    return scope(() => {
      const { probs } = this;
      return probs.mul(probs.neg().add(1));
    });
  }

  /** See {@link Distribution}. */
  protected override draw(shape: Shape, generator: Generator): Tensor {
    const { probs } = this;
    const { dtype } = probs;
    return rand(shape, { dtype: dtype as "float32", generator }).lt(probs).to(dtype);
  }

  /**
   * Returns the logarithm of the probability of `value`.
   *
   * @param value zeros and ones that broadcast with the batch
   * @throws {ValueError} if another number is among them
   */
  override logProb(value: Tensor): Tensor {
    checkTensors("compute logProb", value);
    checkAll(
      "Cannot compute logProb of Bernoulli: values must be 0 or 1",
      () => value.eq(0).logicalOr(value.eq(1)),
    );
    return scope(() => crossEntropy(this.logits, value));
  }

  /** See {@link Distribution}. */
  override entropy(): Tensor {
    return scope(() => crossEntropy(this.logits, this.probs).neg());
  }
}

guardMembers(Bernoulli);

/** Returns `t log σ(x) + (1 − t) log σ(−x)`. */
function crossEntropy(logits: Tensor, target: Tensor): Tensor {
  const { dtype } = logits;
  const shape = logits.add(target.to(dtype)).shape;
  const options = { reduction: "none" } as const;
  return binaryCrossEntropyWithLogits(
    logits.expand(shape),
    target.to(dtype).expand(shape),
    options,
  ).neg();
}

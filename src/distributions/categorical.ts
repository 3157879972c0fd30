/**
 * The distribution over classes.
 *
 * @module
 */

import { checkArguments, checkHasAxes, checkTensors, guardMembers } from "../checks.ts";
import type { Generator } from "../random.ts";
import { broadcastShapes, type Shape, sizeOf } from "../shape.ts";
import { wholeNumbers } from "../tensor/indexing.ts";
import { multinomial } from "../tensor/random.ts";
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
 * The distribution over classes 0 … n − 1, whose probabilities stand along the last axis: `[…, n]`.
 * `probs` are divided by their sum, and `logits` by that of their exponentials; a logit of −∞ excludes
 * a class.
 *
 * See https://pytorch.org/docs/stable/distributions.html#categorical
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Categorical } from "@gradus/gradus/distributions";
 * import { assert } from "@std/assert";
 *
 * // A step of REINFORCE: make rewarded actions likelier.
 * const logits = tensor([0, 0, 0], { requiresGrad: true });
 * const policy = new Categorical({ logits });
 * const action = policy.sample();
 * const reward = 2;
 * policy.logProb(action).mul(-reward).backward();
 * assert(logits.grad!.at(action.item()).item() < 0);
 * ```
 */
export class Categorical extends Distribution {
  readonly #probs: Tensor | null;
  readonly #logits: Tensor | null;

  /**
   * Makes a distribution.
   *
   * @param options `probs` or `logits`: `[…, n]`
   * @throws {ValueError} if not exactly one is given, a probability is negative or not finite, or all
   *   probabilities of a row are 0
   * @throws {ShapeError} if there is no axis of classes
   */
  constructor(options: ProbabilityOptions) {
    checkArguments("make Categorical", arguments, 1);
    super();
    const { probs, logits } = readProbabilities("Categorical", options);
    checkHasAxes("make Categorical of", (probs ?? logits)!.shape, "give the classes along an axis");
    checkAll(
      "Cannot make Categorical: probs must be finite, 0 or more, and in each row one above 0; logits " +
        "below infinity, and in each row one above −∞",
      () => {
        if (probs !== null) return probs.ge(0).all(-1).logicalAnd(isProper(probs.sum(-1)));
        return logits!.amax(-1).isfinite().logicalAnd(logits!.isnan().any(-1).logicalNot());
      },
    );
    this.#probs = probs && scope(() => probs.div(probs.sum({ axis: -1, keepDims: true })));
    this.#logits = logits && scope(() => logits.logSoftmax(-1));
  }

  /** The probabilities of the classes, `[…, n]`; rows add up to 1. */
  get probs(): Tensor {
    return this.#probs ?? this.#logits!.exp();
  }

  /** The logarithms of the probabilities, `[…, n]`. */
  get logits(): Tensor {
    if (this.#logits !== null) return this.#logits;
    const probs = this.#probs!;
    const least = leastProbability(probs);
    return scope(() => probs.clamp(least, 1 - least).log());
  }

  get #shape(): Shape {
    return (this.#probs ?? this.#logits!).shape;
  }

  /** False: samples are discrete. */
  override get hasRsample(): boolean {
    return false;
  }

  /** See {@link Distribution}. */
  override get batchShape(): Shape {
    return this.#shape.slice(0, -1);
  }

  /** NaN: classes have no order. */
  override get mean(): Tensor {
    return this.probs.newFull(this.batchShape, NaN);
  }

  /** NaN: classes have no order. */
  override get variance(): Tensor {
    return this.mean;
  }

  /** See {@link Distribution}. */
  protected override draw(shape: Shape, generator: Generator): Tensor {
    const classes = this.#shape.at(-1)!;
    const rows = sizeOf(this.batchShape);
    const total = sizeOf(shape);
    if (total === 0) return this.probs.newZeros(shape, { dtype: "int32" });
    const options = { replacement: true, generator };
    return multinomial(this.probs.reshape(rows, classes), total / rows, options).T.reshape(shape);
  }

  /**
   * Returns the logarithm of the probability of classes.
   *
   * @param value classes that broadcast with the batch: integers, or whole numbers in floats
   * @throws {ValueError} if one is not whole
   * @throws {ShapeError} if there is no such class
   */
  override logProb(value: Tensor): Tensor {
    checkTensors("compute logProb", value);
    return scope(() => {
      const classes = wholeNumbers("compute logProb", value);
      const shape = broadcastShapes(classes.shape, this.batchShape, "compute logProb");
      const logits = this.logits.expand([...shape, this.#shape.at(-1)!]);
      return logits.gather(-1, classes.expand(shape).unsqueeze(-1)).squeeze(-1);
    });
  }

  /** See {@link Distribution}. */
  override entropy(): Tensor {
    return scope(() => {
      // A class of probability 0 adds nothing, rather than 0 · ∞.
      const logits = this.logits.clamp(-3e38);
      return logits.mul(this.probs).sum(-1).neg();
    });
  }
}

guardMembers(Categorical);

function isProper(total: Tensor): Tensor {
  return total.gt(0).logicalAnd(total.isfinite());
}

/**
 * Applies transforms to some samples, at random.
 *
 * @module
 */

import { checkArguments, checkList, guardMembers, readOptions } from "../../src/checks.ts";
import { ValueError } from "../../src/errors.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { checkWeights, draw } from "../../src/tensor/draw.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Compose } from "./compose.ts";
import { checkChance, drawUniform } from "./planes.ts";
import { toTransform, Transform, type TransformLike } from "./transform.ts";

/** Options of {@link RandomApply}. */
export interface RandomApplyOptions extends GeneratorOptions {
  /** The probability that a sample is transformed; default 0.5. */
  readonly p?: number;
}

/**
 * Applies transforms, one after the other, to each sample with probability `p`; other samples stay as
 * they are. As in torchvision (`transforms.RandomApply`), where a batch has one lot for all samples.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomApply.html
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const never = new transforms.RandomApply([new transforms.GaussianBlur(3)], { p: 0 });
 * assertEquals(never(ones([1, 4, 4])).toArray(), ones([1, 4, 4]).toArray());
 * ```
 */
export class RandomApply extends Transform {
  /** The probability that a sample is transformed. */
  readonly p: number;
  readonly #transforms: Compose;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param transforms first to last; plain functions take one sample
   * @param options `p`, `generator`
   * @throws {ValueError} if `p` is not from 0 to 1
   */
  constructor(transforms: readonly TransformLike[], options: RandomApplyOptions = {}) {
    checkArguments("make RandomApply", arguments, 2);
    super();
    const known = { p: 0.5, generator: defaultGenerator };
    const { p, generator } = readOptions("make RandomApply", options, known);
    checkList("make RandomApply", transforms);
    checkChance("apply transforms", p);
    this.p = p;
    this.#transforms = new Compose(transforms);
    this.#generator = generator;
  }

  /** Transforms one sample, or returns it as it is. */
  override forward(sample: Tensor): Tensor {
    return drawUniform(this.#generator) < this.p ? this.#transforms(sample) : sample;
  }
}

guardMembers(RandomApply);

/** Options of {@link RandomChoice}. */
export interface RandomChoiceOptions extends GeneratorOptions {
  /** The weight of each transform, 0 or more; by default all are equal. */
  readonly p?: readonly number[];
}

/**
 * Applies one of several transforms to each sample, drawn with the probabilities `P(i) = p[i] / Σ p`.
 * As in torchvision (`transforms.RandomChoice`), where a batch has one lot for all samples.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.RandomChoice.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assert } from "@std/assert";
 *
 * const choice = new transforms.RandomChoice([(x) => x.mul(2), (x) => x.mul(3)]);
 * assert([2, 3].includes(choice(tensor(1)).item()));
 * ```
 */
export class RandomChoice extends Transform {
  /** The transforms. */
  readonly transforms: readonly Transform[];
  readonly #weights: Float64Array;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param transforms at least one; plain functions take one sample
   * @param options `p`, `generator`
   * @throws {ValueError} if there are not as many weights as transforms, or none is above 0
   */
  constructor(transforms: readonly TransformLike[], options: RandomChoiceOptions = {}) {
    checkArguments("make RandomChoice", arguments, 2);
    super();
    const known = { p: undefined, generator: defaultGenerator };
    const { p, generator } = readOptions("make RandomChoice", options, known);
    checkList("make RandomChoice", transforms);
    if (transforms.length === 0 || (p !== undefined && p.length !== transforms.length)) {
      throw new ValueError(
        `Cannot choose among ${transforms.length} transforms with ${
          p?.length ?? "no"
        } weights: give ` +
          `at least one transform, and a weight for each`,
      );
    }
    this.transforms = transforms.map(toTransform);
    this.#weights = Float64Array.from(p ?? transforms.map(() => 1));
    checkWeights(this.#weights, 1, true);
    this.#generator = generator;
  }

  /** Transforms one sample. */
  override forward(sample: Tensor): Tensor {
    const [choice] = draw(this.#weights, 1, true, this.#generator);
    return this.transforms[choice](sample);
  }
}

guardMembers(RandomChoice);

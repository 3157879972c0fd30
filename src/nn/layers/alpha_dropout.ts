/**
 * Dropout for networks with SELU.
 *
 * @module
 */

import { rand } from "../../tensor/random.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkInput, checkProbability, Dropout, type DropoutFunctionOptions } from "./dropout.ts";

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
  return pass(() => {
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

/**
 * The Kullback–Leibler divergence.
 *
 * @module
 */

import { checkArguments, checkKind } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { softplus } from "../nn/functional.ts";
import { where } from "../tensor/comparison.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Bernoulli } from "./bernoulli.ts";
import { Categorical } from "./categorical.ts";
import { Distribution } from "./distribution.ts";
import { Normal } from "./normal.ts";
import { Uniform } from "./uniform.ts";

/**
 * Returns the Kullback–Leibler divergence of two distributions of one class, for each of the batch:
 * the expected value of `p.logProb(x) − q.logProb(x)` for `x` from `p`; ∞ where `p` has values that `q`
 * excludes.
 *
 * See https://pytorch.org/docs/stable/distributions.html#module-torch.distributions.kl
 *
 * @param p the distribution of the samples
 * @param q the distribution to compare with; batches broadcast
 * @throws {ValueError} if the two are not of one class
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { klDivergence, Normal } from "@gradus/gradus/distributions";
 * import { assertEquals } from "@std/assert";
 *
 * const posterior = new Normal(tensor([0, 1]), 1);
 * assertEquals(klDivergence(posterior, new Normal(0, 1)).toArray(), [0, 0.5]);
 * ```
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  checkArguments("klDivergence", arguments, 2);
  for (const each of [p, q]) {
    const isOurs = each instanceof Distribution;
    checkKind("compute klDivergence", each, isOurs, "a distribution of this copy of Gradus");
  }
  return scope(() => {
    if (p instanceof Normal && q instanceof Normal) return ofNormals(p, q);
    if (p instanceof Uniform && q instanceof Uniform) return ofUniforms(p, q);
    if (p instanceof Bernoulli && q instanceof Bernoulli) return ofBernoullis(p, q);
    if (p instanceof Categorical && q instanceof Categorical) return ofCategoricals(p, q);
    const [a, b] = [p, q].map((each) => each.constructor.name);
    throw new ValueError(
      `Cannot compute klDivergence of ${a} and ${b}: there is a formula for two Normal, Uniform, ` +
        `Bernoulli or Categorical; estimate it by the mean of p.logProb(x) − q.logProb(x)`,
    );
  });
}

function ofNormals(p: Normal, q: Normal): Tensor {
  const ratio = p.scale.div(q.scale).square();
  const distance = p.loc.sub(q.loc).div(q.scale).square();
  return ratio.add(distance).sub(1).sub(ratio.log()).mul(0.5);
}

function ofUniforms(p: Uniform, q: Uniform): Tensor {
  const divergence = q.entropy().sub(p.entropy());
  const isOutside = q.low.gt(p.low).logicalOr(q.high.lt(p.high));
  return where(isOutside, Infinity, divergence);
}

function ofBernoullis(p: Bernoulli, q: Bernoulli): Tensor {
  // The divergence of one side: P(x) (log P(x) − log Q(x)), by log σ(x) = −softplus(−x).
  const side = (sign: 1 | -1): Tensor => {
    const [chance, other] = [p, q].map(({ probs }) => sign === 1 ? probs : probs.neg().add(1));
    const [a, b] = [p, q].map(({ logits }) => softplus(logits.mul(-sign)));
    return term(chance, other, b.sub(a));
  };
  return side(1).add(side(-1));
}

function ofCategoricals(p: Categorical, q: Categorical): Tensor {
  return term(p.probs, q.probs, p.logits.sub(q.logits)).sum(-1);
}

/** Returns `chance · difference`; ∞ where only `other` is 0, and 0 where `chance` is. */
function term(chance: Tensor, other: Tensor, difference: Tensor): Tensor {
  const isExcluded = other.eq(0);
  const isImpossible = chance.eq(0);
  const usual = chance.mul(difference.maskedFill(isExcluded.logicalOr(isImpossible), 0));
  return where(isExcluded.logicalAnd(isImpossible.logicalNot()), Infinity, usual);
}

/**
 * Losses of embeddings: vectors that belong together should be close.
 *
 * @module
 */

import { checkArguments, checkTensors, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape, sameShape } from "../../shape.ts";
import { where } from "../../tensor/comparison.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { pairwiseDistance } from "../layers/distance.ts";
import { checkSameShape, Loss, reduce } from "./loss.ts";
import { MARGIN, type MarginOptions } from "./margin.ts";

/** Keeps the cosine of vectors of length 0 finite: it is 0. */
const TINY = Math.fround(1e-12);

/**
 * Computes `1 − cos(x₁, x₂)` where `y = 1`, and `max(0, cos(x₁, x₂) − margin)` where `y = −1`, by
 * default their mean.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @param input1 `x₁`: `[D]` or `[N, D]`
 * @param input2 `x₂`, of the same shape
 * @param target `y`, 1 or −1 (elsewhere the loss is 0): a scalar or `[N]`
 * @param options `margin`, default 0; `reduction`
 * @throws {ShapeError} if the shapes do not fit
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const loss = functional.cosineEmbeddingLoss(tensor([3, 4]), tensor([5, 0]), tensor(1));
 * assert(Math.abs(loss.item() - 0.4) < 1e-6);
 * ```
 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkArguments("cosineEmbeddingLoss", arguments, 4);
  const name = "cosineEmbeddingLoss";
  const { reduction, margin } = readOptions(name, options, MARGIN);
  checkTensors(`compute ${name}`, input1, input2, target);
  checkSameShape(name, input1, input2);
  if (input1.ndim === 0 || !sameShape(target.shape, input1.shape.slice(0, -1))) {
    throw new ShapeError(
      `Cannot compute ${name} of shape ${formatShape(input1.shape)} with a target ` +
        `${formatShape(target.shape)}: vectors [D] or [N, D] need a scalar or [N]`,
      input1.shape,
      target.shape,
    );
  }
  return scope(() => {
    const lengths = [input1, input2].map((x) => x.square().sum(-1).add(TINY));
    const cosine = input1.mul(input2).sum(-1).div(lengths[0].mul(lengths[1]).sqrt());
    // The gradient of clamp at its bound is 1, as PyTorch's.
    const apart = where(target.eq(-1), cosine.sub(margin).clamp(0), 0);
    return reduce(where(target.eq(1), cosine.neg().add(1), apart), reduction);
  });
}

/**
 * Pulls similar pairs to the same angle, and dissimilar ones apart; see
 * `functional.cosineEmbeddingLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineEmbeddingLoss } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const loss = new CosineEmbeddingLoss({ margin: 0.5 });
 * assert(Math.abs(loss(tensor([3, 4]), tensor([5, 0]), tensor(-1)).item() - 0.1) < 1e-6);
 * ```
 */
export class CosineEmbeddingLoss extends Loss<MarginOptions> {
  /** Cosine up to which dissimilar pairs cost nothing. */
  declare readonly margin: number;

  /**
   * Makes the loss.
   *
   * @param options `margin`, default 0; `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: MarginOptions = {}) {
    checkArguments("make CosineEmbeddingLoss", arguments, 1);
    super(options, MARGIN);
  }

  /** See {@link Module}. */
  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return cosineEmbeddingLoss(input1, input2, target, this);
  }
}

/** Options of `tripletMarginLoss` and `TripletMarginLoss`. */
export interface TripletMarginOptions extends MarginOptions {
  /** The order of the norm; default 2. */
  readonly p?: number;
  /** Added to each difference, so that no norm is at 0; default 1e-6. */
  readonly eps?: number;
  /** Take the distance from the positive to the negative example if that is less; default false. */
  readonly swap?: boolean;
}

const TRIPLET = { reduction: "mean", margin: 1, p: 2, eps: 1e-6, swap: false } as const;

function checkOrder(action: string, p: number): void {
  if (p > 0) return;
  throw new ValueError(`Cannot ${action} with p ${p}: the order of a norm is above 0`);
}

/**
 * Computes `max(0, margin + ‖a − p‖ − ‖a − n‖)`, by default the mean: an anchor `a` should be
 * closer to a positive example `p` than to a negative one `n`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 *
 * @param anchor `a`: `[D]` or `[N, D]`
 * @param positive `p`, of the same shape
 * @param negative `n`, of the same shape
 * @param options `margin`, default 1; `p`, `eps`, `swap`, `reduction`
 * @throws {ShapeError} if the shapes differ, or are those of scalars
 * @throws {ValueError} if `p` is not above 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const [anchor, near, far] = [tensor([0, 0]), tensor([3, 4]), tensor([6, 8])];
 * const loss = functional.tripletMarginLoss(anchor, near, far, { margin: 7 });
 * assert(Math.abs(loss.item() - (7 + 5 - 10)) < 1e-4);
 * ```
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  checkArguments("tripletMarginLoss", arguments, 4);
  const name = "tripletMarginLoss";
  const { reduction, margin, p, eps, swap } = readOptions(name, options, TRIPLET);
  checkOrder(`compute ${name}`, p);
  checkSameShape(name, anchor, positive);
  checkSameShape(name, anchor, negative);
  if (anchor.ndim === 0) {
    throw new ShapeError(`Cannot compute ${name} of scalars: give vectors [D] or [N, D]`, []);
  }
  const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, { p, eps });
  return scope(() => {
    const near = distance(anchor, positive);
    const far = distance(anchor, negative);
    const least = swap ? far.minimum(distance(positive, negative)) : far;
    return reduce(near.sub(least).add(margin).clamp(0), reduction);
  });
}

/**
 * Pulls an anchor closer to a positive example than to a negative one; see
 * `functional.tripletMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { TripletMarginLoss } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const [anchor, positive, negative] = [tensor([0, 0]), tensor([3, 4]), tensor([0, 2])];
 * const loss = new TripletMarginLoss({ margin: 1 })(anchor, positive, negative);
 * assert(Math.abs(loss.item() - 4) < 1e-4);
 * ```
 */
export class TripletMarginLoss extends Loss<TripletMarginOptions> {
  /** Distance by which the positive example should be closer than the negative one. */
  declare readonly margin: number;
  /** The order of the norm. */
  declare readonly p: number;
  /** Added to each difference. */
  declare readonly eps: number;
  /** True if the distance of the two examples replaces that of the negative one where it is less. */
  declare readonly swap: boolean;

  /**
   * Makes the loss.
   *
   * @param options `margin`, `p`, `eps`, `swap`, `reduction`
   * @throws {ValueError} if there is no such reduction, or `p` is not above 0
   */
  constructor(options: TripletMarginOptions = {}) {
    checkArguments("make TripletMarginLoss", arguments, 1);
    super(options, TRIPLET);
    checkOrder("make TripletMarginLoss", this.p);
  }

  /** See {@link Module}. */
  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this);
  }
}

/**
 * Losses that compare probabilities, their logarithms or their logits.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { checkArguments, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "../layers/configured_layer.ts";
import type { Buffer } from "../parameter.ts";
import {
  checkReduction,
  checkSameShape,
  likeInput,
  Loss,
  reduce,
  type Reduction,
  WEIGHTED_LOSS,
  type WeightedLossOptions,
} from "./loss.ts";

/**
 * Computes `−w (t ln p + (1 − t) ln(1 − p))`, by default the mean: the cross-entropy of
 * probabilities.
 *
 * Logarithms count as at least −100, so that no loss is infinite. From logits, use
 * `binaryCrossEntropyWithLogits`, which loses nothing near 0 and 1. See
 * https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 *
 * @param input probabilities `p`, from 0 to 1
 * @param target `t`, of the same shape, from 0 to 1
 * @param options `weight` is `w`; `reduction`
 * @throws {ShapeError} if the shapes differ
 * @throws {ValueError} if an input is not from 0 to 1
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = functional.binaryCrossEntropy(tensor([1, 0]), tensor([1, 1]));
 * assertEquals(loss.item(), 50);
 * ```
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: WeightedLossOptions = {},
): Tensor {
  checkArguments("binaryCrossEntropy", arguments, 3);
  const { reduction, weight } = readOptions("binaryCrossEntropy", options, WEIGHTED_LOSS);
  checkSameShape("binaryCrossEntropy", input, target);
  return scope(() => {
    noGrad(() => checkProbabilities(input));
    const losses = run(ops.binaryCrossEntropy, [
      input,
      likeInput("binaryCrossEntropy", input, target),
    ]);
    return reduce(weight === null ? losses : losses.mul(weight), reduction);
  });
}

function checkProbabilities(input: Tensor): void {
  if (input.numel() === 0) return;
  const [least, largest] = [input.amin().item(), input.amax().item()];
  if (least >= 0 && largest <= 1) return;
  throw new ValueError(
    `Cannot compute binaryCrossEntropy of values from ${least} to ${largest}: probabilities are ` +
      `from 0 to 1; for logits, use binaryCrossEntropyWithLogits`,
  );
}

/**
 * Computes the cross-entropy of independent yes-or-no answers; see `functional.binaryCrossEntropy`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BCELoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new BCELoss()(tensor([1, 1]), tensor([1, 0])).item(), 50);
 * ```
 */
export class BCELoss extends Loss<WeightedLossOptions> {
  /** Factors of the losses. */
  declare weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `weight`, `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: WeightedLossOptions = {}) {
    checkArguments("make BCELoss", arguments, 1);
    super(options, WEIGHTED_LOSS);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
  }
}

/** Options of `binaryCrossEntropyWithLogits` and `BCEWithLogitsLoss`. */
export interface BCEWithLogitsOptions extends WeightedLossOptions {
  /** Factors of the loss of positives, broadcast: negatives per positive balances the two. */
  readonly posWeight?: Tensor | null;
}

const BCE_WITH_LOGITS = { reduction: "mean", weight: null, posWeight: null } as const;

/**
 * Computes `−w (p t ln σ(x) + (1 − t) ln(1 − σ(x)))`, by default the mean: the cross-entropy of
 * probabilities `σ(x) = 1 / (1 + e⁻ˣ)` with `t`, without overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 *
 * @param input logits `x`
 * @param target `t`, of the same shape, from 0 to 1
 * @param options `weight` is `w`, `posWeight` is `p`; `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [logits, target] = [tensor([0, -1000, 1000]), tensor([1, 0, 0])];
 * const options = { reduction: "none" } as const;
 * const losses = functional.binaryCrossEntropyWithLogits(logits, target, options);
 * assertEquals(losses.toArray(), [Math.fround(Math.LN2), 0, 1000]);
 * ```
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BCEWithLogitsOptions = {},
): Tensor {
  checkArguments("binaryCrossEntropyWithLogits", arguments, 3);
  const name = "binaryCrossEntropyWithLogits";
  const { reduction, weight, posWeight } = readOptions(name, options, BCE_WITH_LOGITS);
  checkSameShape(name, input, target);
  return scope(() => {
    const losses = run(ops.binaryCrossEntropyWithLogits, [
      input,
      likeInput(name, input, target),
      posWeight ?? 1,
    ]);
    return reduce(weight === null ? losses : losses.mul(weight), reduction);
  });
}

/**
 * Computes the cross-entropy of independent yes-or-no answers, from logits; see
 * `functional.binaryCrossEntropyWithLogits`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BCEWithLogitsLoss } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const loss = new BCEWithLogitsLoss()(tensor([0, 1000]), tensor([1, 1]));
 * assert(Math.abs(loss.item() - Math.LN2 / 2) < 1e-6);
 * ```
 */
export class BCEWithLogitsLoss extends Loss<BCEWithLogitsOptions> {
  /** Factors of the losses. */
  declare weight: Buffer | null;
  /** Factors of the losses of positives; the name is its key in state dicts. */
  declare pos_weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `posWeight`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: BCEWithLogitsOptions = {}) {
    checkArguments("make BCEWithLogitsLoss", arguments, 1);
    super(options, BCE_WITH_LOGITS);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, weight, pos_weight: posWeight } = this;
    return binaryCrossEntropyWithLogits(input, target, { reduction, weight, posWeight });
  }
}

/** As {@link Reduction}, or the sum divided by the size of the first axis. */
export type KLDivReduction = Reduction | "batchmean";

/** Options of `klDiv` and `KLDivLoss`. */
export interface KLDivOptions {
  /** Default `"mean"`, over all elements; `"batchmean"` is the divergence as mathematics has it. */
  readonly reduction?: KLDivReduction;
  /** True if the target is given as logarithms; default false. */
  readonly logTarget?: boolean;
}

const KL_DIV = { reduction: "mean", logTarget: false } as const;

/**
 * Computes the Kullback–Leibler divergence `t (ln t − x)` of probabilities `t` from those whose
 * logarithms are `x`, or with `logTarget` `eᵗ (t − x)`; 0 where the probability is 0, even if `x`
 * is −∞.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * @param input logarithms of probabilities, such as `logSoftmax` gives
 * @param target probabilities, or their logarithms, of the same shape
 * @param options `logTarget`, `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([[0.5, 0.5]]).log();
 * const loss = functional.klDiv(x, tensor([[1, 0]]), { reduction: "batchmean" });
 * assert(Math.abs(loss.item() - Math.log(2)) < 1e-6);
 * ```
 */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  checkArguments("klDiv", arguments, 3);
  const { reduction, logTarget } = readOptions("klDiv", options, KL_DIV);
  checkSameShape("klDiv", input, target);
  if (reduction === "batchmean" && input.ndim === 0) {
    throw new ShapeError('Cannot take the "batchmean" of a scalar: use "sum"', input.shape);
  }
  return scope(() => {
    const op = logTarget ? ops.klDivLogTarget : ops.klDiv;
    const losses = run(op, [input, likeInput("klDiv", input, target)]);
    return reduction === "batchmean" ? losses.sum().div(input.shape[0]) : reduce(losses, reduction);
  });
}

/**
 * Computes the divergence of probabilities from others; see `functional.klDiv`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { KLDivLoss } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const criterion = new KLDivLoss({ reduction: "batchmean" });
 * const loss = criterion(tensor([[0.5, 0.5]]).log(), tensor([[0, 1]]));
 * assert(Math.abs(loss.item() - Math.LN2) < 1e-6);
 * ```
 */
export class KLDivLoss extends ConfiguredLayer {
  /** The reduction of the losses of the elements. */
  declare readonly reduction: KLDivReduction;
  /** True if the target is given as logarithms. */
  declare readonly logTarget: boolean;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `logTarget`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: KLDivOptions = {}) {
    checkArguments("make KLDivLoss", arguments, 1);
    super({}, options, KL_DIV);
    if (this.reduction !== "batchmean") checkReduction(this.reduction);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this);
  }
}

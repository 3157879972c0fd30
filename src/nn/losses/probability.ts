/**
 * Losses that compare probabilities, or their logarithms.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkReduction,
  Loss,
  type LossOptions,
  reduce,
  type Reduction,
  requireSameShape,
} from "./loss.ts";
import { Module } from "../module.ts";
import { Buffer } from "../parameter.ts";

/** Options of the function `binaryCrossEntropy`, and of `BCELoss`. */
export interface BCEOptions extends LossOptions {
  /** Factors of the losses, broadcast to their shape. */
  readonly weight?: Tensor | null;
}

/**
 * `−w (t ln p + (1 − t) ln(1 − p))`, by default the mean: the cross-entropy of probabilities.
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
 * import assert from "node:assert/strict";
 *
 * const loss = functional.binaryCrossEntropy(tensor([1, 0]), tensor([1, 1]));
 * assert.equal(loss.item(), 50);
 * ```
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: BCEOptions = {},
): Tensor {
  const { weight = null } = options;
  const reduction = checkReduction("binaryCrossEntropy", options.reduction);
  requireSameShape("binaryCrossEntropy", input, target);
  return scope(() => {
    noGrad(() => checkProbabilities(input));
    const losses = run(ops.binaryCrossEntropy, [input, target.to(input.dtype)]);
    return reduce(weight === null ? losses : losses.mul(weight), reduction);
  });
}

function checkProbabilities(input: Tensor): void {
  if (input.size === 0) return;
  const [least, largest] = [input.amin().item(), input.amax().item()];
  if (least >= 0 && largest <= 1) return;
  throw new ValueError(
    `Cannot compute binaryCrossEntropy of values from ${least} to ${largest}: probabilities are ` +
      `from 0 to 1; for logits, use binaryCrossEntropyWithLogits`,
  );
}

/** As {@link Reduction}, or the sum divided by the size of the first axis. */
export type KLDivReduction = Reduction | "batchmean";

/** Options of `klDiv` and `KLDivLoss`. */
export interface KLDivOptions {
  /** Default `"mean"`, over all elements; `"batchmean"` is the divergence as mathematics has it. */
  readonly reduction?: KLDivReduction;
  /** Whether the target is given as logarithms; default false. */
  readonly logTarget?: boolean;
}

/**
 * The Kullback–Leibler divergence `t (ln t − x)` of probabilities `t` from those whose logarithms are
 * `x`, or with `logTarget` `eᵗ (t − x)`; 0 where the probability is 0, even if `x` is −∞.
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[0.5, 0.5]]).log();
 * const loss = functional.klDiv(x, tensor([[1, 0]]), { reduction: "batchmean" });
 * assert.ok(Math.abs(loss.item() - Math.log(2)) < 1e-6);
 * ```
 */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const { logTarget = false } = options;
  const reduction = checkKLDivReduction("klDiv", options.reduction);
  requireSameShape("klDiv", input, target);
  if (reduction === "batchmean" && input.ndim === 0) {
    throw new ShapeError('Cannot take the "batchmean" of a scalar: use "sum"', input.shape);
  }
  return scope(() => {
    const op = logTarget ? ops.klDivLogTarget : ops.klDiv;
    const losses = run(op, [input, target.to(input.dtype)]);
    if (reduction !== "batchmean") return reduce(losses, reduction);
    return losses.sum().div(input.shape[0]);
  });
}

function checkKLDivReduction(loss: string, reduction: KLDivReduction = "mean"): KLDivReduction {
  return reduction === "batchmean" ? reduction : checkReduction(loss, reduction);
}

/**
 * The cross-entropy of independent yes-or-no answers; see `functional.binaryCrossEntropy`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BCELoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.equal(new BCELoss()(tensor([1, 1]), tensor([1, 0])).item(), 50);
 * ```
 */
export class BCELoss extends Loss {
  /** Factors of the losses. */
  weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`
   */
  constructor(options: BCEOptions = {}) {
    super(options);
    this.weight = options.weight ? new Buffer(options.weight) : null;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
  }
}

/**
 * How far probabilities are from others; see `functional.klDiv`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { KLDivLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const criterion = new KLDivLoss({ reduction: "batchmean" });
 * const loss = criterion(tensor([[0.5, 0.5]]).log(), tensor([[0, 1]]));
 * assert.ok(Math.abs(loss.item() - Math.LN2) < 1e-6);
 * ```
 */
export class KLDivLoss extends Module {
  /** How the losses of the elements become the result. */
  readonly reduction: KLDivReduction;
  /** Whether the target is given as logarithms. */
  readonly logTarget: boolean;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `logTarget`
   */
  constructor(options: KLDivOptions = {}) {
    super();
    this.reduction = checkKLDivReduction("KLDivLoss", options.reduction);
    this.logTarget = options.logTarget ?? false;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this);
  }
}

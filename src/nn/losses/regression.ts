/**
 * Losses that compare an input with a target element by element.
 *
 * @module
 */

import { ops } from "../../ops/table.ts";
import { run } from "../../tensor/run.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Loss } from "./loss.ts";
import { Buffer } from "../parameter.ts";
import { checkReduction, type LossOptions, reduce, requireSameShape } from "./reduction.ts";

/**
 * `(x − t)²`, by default their mean.
 *
 * Unlike PyTorch, which broadcasts with a warning, it refuses a target of another shape.
 *
 * @param input `x`
 * @param target `t`, of the same shape
 * @param options `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const input = tensor([1, 2], { requiresGrad: true });
 * const loss = functional.mseLoss(input, tensor([3, 2]));
 * assert.equal(loss.item(), 2);
 * loss.backward();
 * assert.deepEqual(input.grad!.toArray(), [-2, 0]);
 * ```
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkReduction("mseLoss", options.reduction);
  requireSameShape("mseLoss", input, target);
  return pass(() => reduce(input.sub(target).square(), reduction));
}

/**
 * `|x − t|`, by default their mean; the gradient where they are equal is 0.
 *
 * Unlike PyTorch, which broadcasts with a warning, it refuses a target of another shape.
 *
 * @param input `x`
 * @param target `t`, of the same shape
 * @param options `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = functional.l1Loss(tensor([1, 2]), tensor([4, 1]), { reduction: "none" });
 * assert.deepEqual(loss.toArray(), [3, 1]);
 * ```
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkReduction("l1Loss", options.reduction);
  requireSameShape("l1Loss", input, target);
  return pass(() => reduce(input.sub(target).abs(), reduction));
}

/** Options of the function `binaryCrossEntropyWithLogits`, and of `BCEWithLogitsLoss`. */
export interface BCEWithLogitsOptions extends LossOptions {
  /** Factors of the losses, broadcast to their shape. */
  readonly weight?: Tensor | null;
  /** Factors of the loss of positives, broadcast: negatives per positive balances the two. */
  readonly posWeight?: Tensor | null;
}

/**
 * `−w (p t ln σ(x) + (1 − t) ln(1 − σ(x)))`, by default the mean: the cross-entropy of probabilities
 * `σ(x) = 1 / (1 + e⁻ˣ)` with `t`, computed without overflow.
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
 * import assert from "node:assert/strict";
 *
 * const [logits, target] = [tensor([0, -1000, 1000]), tensor([1, 0, 0])];
 * const options = { reduction: "none" } as const;
 * const losses = functional.binaryCrossEntropyWithLogits(logits, target, options);
 * assert.deepEqual(losses.toArray(), [Math.fround(Math.LN2), 0, 1000]);
 * ```
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BCEWithLogitsOptions = {},
): Tensor {
  const { weight = null, posWeight = null } = options;
  const name = "binaryCrossEntropyWithLogits";
  const reduction = checkReduction(name, options.reduction);
  requireSameShape(name, input, target);
  return pass(() => {
    const t = target.to(input.dtype);
    const losses = run(ops.logitEntropy, [input, t, posWeight ?? 1], undefined);
    return reduce(weight === null ? losses : losses.mul(weight), reduction);
  });
}

/**
 * The mean of `(x − t)²`; see `functional.mseLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MSELoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new MSELoss()(tensor([1, 2]), tensor([3, 2]));
 * assert.equal(loss.item(), 2);
 * ```
 */
export class MSELoss extends Loss<[Tensor, Tensor]> {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}

/**
 * The mean of `|x − t|`; see `functional.l1Loss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { L1Loss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new L1Loss({ reduction: "sum" })(tensor([1, 2]), tensor([4, 0]));
 * assert.equal(loss.item(), 5);
 * ```
 */
export class L1Loss extends Loss<[Tensor, Tensor]> {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
  }
}

/**
 * The cross-entropy of independent yes-or-no answers, from logits; see
 * `functional.binaryCrossEntropyWithLogits`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BCEWithLogitsLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new BCEWithLogitsLoss()(tensor([0, 1000]), tensor([1, 1]));
 * assert.ok(Math.abs(loss.item() - Math.LN2 / 2) < 1e-6);
 * ```
 */
export class BCEWithLogitsLoss extends Loss<[Tensor, Tensor]> {
  /** Factors of the losses. */
  weight: Buffer | null;
  /** Factors of the losses of positives; the name is its key in state dicts. */
  pos_weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `posWeight`
   */
  constructor(options: BCEWithLogitsOptions = {}) {
    super(options);
    this.weight = options.weight ? new Buffer(options.weight) : null;
    this.pos_weight = options.posWeight ? new Buffer(options.posWeight) : null;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    const { reduction, weight, pos_weight: posWeight } = this;
    return binaryCrossEntropyWithLogits(input, target, { reduction, weight, posWeight });
  }
}

/**
 * Losses that approach 0 the further something is on the right side.
 *
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Loss } from "./loss.ts";
import { binaryCrossEntropyWithLogits } from "./regression.ts";
import { Buffer } from "../parameter.ts";
import { checkReduction, type LossOptions, reduce, requireSameShape } from "./reduction.ts";

/**
 * `ln(1 + e^(−y x))`, by default the mean: `x` should be far above 0 where `y = 1`, and far below
 * where `y = −1`. Unlike PyTorch's, it does not overflow.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SoftMarginLoss.html
 *
 * @param input `x`
 * @param target `y`, of the same shape: 1 or −1
 * @param options `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const [x, y] = [tensor([0, 1000, 1000]), tensor([1, 1, -1])];
 * const loss = functional.softMarginLoss(x, y, { reduction: "none" });
 * assert.deepEqual(loss.toArray(), [Math.fround(Math.LN2), 0, 1000]);
 * ```
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const reduction = checkReduction("softMarginLoss", options.reduction);
  requireSameShape("softMarginLoss", input, target);
  return pass(() => reduce(input.mul(target.to(input.dtype)).neg().softplus(), reduction));
}

/** Options of `multilabelSoftMarginLoss` and `MultiLabelSoftMarginLoss`. */
export interface MultiLabelSoftMarginOptions extends LossOptions {
  /** `[C]`: a factor for each class. */
  readonly weight?: Tensor | null;
}

/**
 * `−Σ w (t ln σ(x) + (1 − t) ln σ(−x)) / C` over the classes of each row, by default the mean: each
 * of several labels may apply.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.MultiLabelSoftMarginLoss.html
 *
 * @param input logits `x`: `[C]` or `[N, C]`, or with further axes in front
 * @param target `t`, of the same shape, 0 or 1
 * @param options `weight` is `w`; `reduction`
 * @throws {ShapeError} if the shapes differ, or are those of scalars
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const [x, t] = [tensor([[-1000, 1000, 1000, 1000]]), tensor([[0, 1, 1, 0]])];
 * assert.equal(functional.multilabelSoftMarginLoss(x, t).item(), 250);
 * ```
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultiLabelSoftMarginOptions = {},
): Tensor {
  const { weight } = options;
  const reduction = checkReduction("multilabelSoftMarginLoss", options.reduction);
  requireSameShape("multilabelSoftMarginLoss", input, target);
  if (input.ndim === 0) {
    throw new ShapeError("Cannot compute multilabelSoftMarginLoss of a scalar: give [C] or [N, C]");
  }
  return pass(() => {
    const losses = binaryCrossEntropyWithLogits(input, target, { weight, reduction: "none" });
    return reduce(losses.mean(-1), reduction);
  });
}

/**
 * On the right side of 0, the further the better; see `functional.softMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SoftMarginLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new SoftMarginLoss({ reduction: "sum" })(tensor([-500, 500]), tensor([1, 1]));
 * assert.equal(loss.item(), 500);
 * ```
 */
export class SoftMarginLoss extends Loss<[Tensor, Tensor]> {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this);
  }
}

/**
 * Several labels at once; see `functional.multilabelSoftMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiLabelSoftMarginLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const criterion = new MultiLabelSoftMarginLoss({ weight: tensor([1, 3]) });
 * assert.equal(criterion(tensor([100, 100]), tensor([0, 0])).item(), 200);
 * ```
 */
export class MultiLabelSoftMarginLoss extends Loss<[Tensor, Tensor]> {
  /** Factors of the classes. */
  weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `weight`, `reduction`
   */
  constructor(options: MultiLabelSoftMarginOptions = {}) {
    super(options);
    this.weight = options.weight ? new Buffer(options.weight) : null;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this);
  }
}

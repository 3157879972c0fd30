/**
 * Losses that are 0 as soon as the prediction is right by a margin, and their smooth relatives.
 *
 * @module
 */

import { checkArguments, checkFloat, checkTensors, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { arange } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkSameShape,
  likeFloats,
  likeInput,
  LOSS,
  Loss,
  type LossOptions,
  readTargets,
  reduce,
  WEIGHTED_LOSS,
  type WeightedLossOptions,
} from "./loss.ts";
import type { Buffer } from "../parameter.ts";
import { binaryCrossEntropyWithLogits } from "./probability.ts";

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** Distance from which on a prediction counts as right. */
  readonly margin?: number;
}

/** Defaults of losses with a margin of 0. */
export const MARGIN = { reduction: "mean", margin: 0 } as const;

const HINGE = { reduction: "mean", margin: 1 } as const;

/**
 * Computes `x` where `y = 1`, and `max(0, margin − x)` where `y = −1`, by default their mean: `x`
 * is the distance of pairs that are similar or dissimilar.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.HingeEmbeddingLoss.html
 *
 * @param input `x`
 * @param target `y`, of the same shape: 1 or −1 (PyTorch gives other values the sum of both)
 * @param options `margin`, default 1; `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [distance, y] = [tensor([0.25, 0.25, 2]), tensor([1, -1, -1])];
 * const loss = functional.hingeEmbeddingLoss(distance, y, { reduction: "none" });
 * assertEquals(loss.toArray(), [0.25, 0.75, 0]);
 * ```
 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkArguments("hingeEmbeddingLoss", arguments, 3);
  const { reduction, margin } = readOptions("hingeEmbeddingLoss", options, HINGE);
  checkSameShape("hingeEmbeddingLoss", input, target);
  return scope(() =>
    reduce(
      run(ops.hingeEmbeddingLoss, [input, likeInput("hingeEmbeddingLoss", input, target), margin]),
      reduction,
    )
  );
}

/**
 * Pulls similar pairs together, and dissimilar ones apart; see `functional.hingeEmbeddingLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { HingeEmbeddingLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new HingeEmbeddingLoss({ reduction: "none" })(tensor([0.25, 0.25]), tensor([1, -1]));
 * assertEquals(loss.toArray(), [0.25, 0.75]);
 * ```
 */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  /** Distance that dissimilar pairs should keep. */
  declare readonly margin: number;

  /**
   * Makes the loss.
   *
   * @param options `margin`, default 1; `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: MarginOptions = {}) {
    checkArguments("make HingeEmbeddingLoss", arguments, 1);
    super(options, HINGE);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return hingeEmbeddingLoss(input, target, this);
  }
}

/**
 * Computes `max(0, margin − y (x₁ − x₂))`, by default their mean: `x₁` should be above `x₂` where
 * `y = 1`, and below where `y = −1`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.MarginRankingLoss.html
 *
 * @param input1 `x₁`
 * @param input2 `x₂`, of the same shape
 * @param target `y`, of the same shape: 1 or −1
 * @param options `margin`, default 0; `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [first, second, y] = [tensor([3, 1]), tensor([1, 2]), tensor([1, 1])];
 * const loss = functional.marginRankingLoss(first, second, y, { margin: 1, reduction: "none" });
 * assertEquals(loss.toArray(), [0, 2]);
 * ```
 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginOptions = {},
): Tensor {
  checkArguments("marginRankingLoss", arguments, 4);
  const { reduction, margin } = readOptions("marginRankingLoss", options, MARGIN);
  checkSameShape("marginRankingLoss", input1, input2);
  checkSameShape("marginRankingLoss", input1, target);
  return scope(() => {
    const [x2, y] = [input2, target].map((x) => likeFloats(input1, x));
    return reduce(run(ops.marginRankingLoss, [input1, x2, y, margin]), reduction);
  });
}

/**
 * Ranks one of two scores above the other; see `functional.marginRankingLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MarginRankingLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new MarginRankingLoss({ margin: 1 })(tensor(3), tensor(2.5), tensor(1));
 * assertEquals(loss.item(), 0.5);
 * ```
 */
export class MarginRankingLoss extends Loss<MarginOptions> {
  /** Distance by which the order must be right. */
  declare readonly margin: number;

  /**
   * Makes the loss.
   *
   * @param options `margin`, default 0; `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: MarginOptions = {}) {
    checkArguments("make MarginRankingLoss", arguments, 1);
    super(options, MARGIN);
  }

  /** See {@link Module}. */
  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return marginRankingLoss(input1, input2, target, this);
  }
}

/** Options of `multiMarginLoss` and `MultiMarginLoss`. */
export interface MultiMarginOptions extends MarginOptions, WeightedLossOptions {
  /** The power of each violation, 1 or 2; default 1. */
  readonly p?: number;
}

const MULTI_MARGIN = { reduction: "mean", weight: null, margin: 1, p: 1 } as const;

function checkPower(action: string, p: number): void {
  if (p === 1 || p === 2) return;
  throw new ValueError(`Cannot ${action} with p ${p}: use 1 or 2`);
}

/**
 * Computes `w_t Σ_{i ≠ t} max(0, margin − x_t + x_i)ᵖ / C` for the class `t` of each row, by
 * default the mean: the score of the right class should be above all others.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 *
 * @param input scores `x`: `[C]` or `[N, C]`
 * @param target int32 or uint8 indices: a scalar or `[N]`
 * @param options `p`; `margin`, default 1; `weight` is `w`; `reduction`
 * @throws {ShapeError} if the shapes do not fit
 * @throws {ValueError} if a target is not a whole number, or no class, or `p` is not 1 or 2
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const target = tensor([0], { dtype: "int32" });
 * const loss = functional.multiMarginLoss(tensor([[2, 1.5, -3, 3]]), target);
 * assertEquals(loss.item(), (0.5 + 0 + 2) / 4);
 * ```
 */
export function multiMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultiMarginOptions = {},
): Tensor {
  checkArguments("multiMarginLoss", arguments, 3);
  const name = "multiMarginLoss";
  const { reduction, weight, margin, p } = readOptions(name, options, MULTI_MARGIN);
  checkPower(`compute ${name}`, p);
  checkTensors(`compute ${name}`, input, target);
  if (input.ndim !== 1 && input.ndim !== 2) {
    throw new ShapeError(
      `Cannot compute ${name} of shape ${
        formatShape(input.shape)
      }: the input must be [C] or [N, C]`,
      input.shape,
    );
  }
  const classes = input.shape[input.ndim - 1];
  return scope(() => {
    // No class is ignored: an index of −1 is refused like any other that is not a class.
    const { index, factor } = readTargets(name, input, target, weight, NaN);
    const right = index.unsqueeze(-1);
    const own = right.eq(arange(classes, { dtype: "int32" }));
    const violations = input.sub(input.gather(-1, right)).add(margin).relu().maskedFill(own, 0);
    const losses = (p === 2 ? violations.square() : violations).sum(-1).div(classes);
    return reduce(factor === null ? losses : losses.mul(factor), reduction);
  });
}

/**
 * Raises the score of the right class above all others; see `functional.multiMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiMarginLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const target = tensor(0, { dtype: "int32" });
 * assertEquals(new MultiMarginLoss()(tensor([2, 1.5, -3, 0]), target).item(), 0.125);
 * ```
 */
export class MultiMarginLoss extends Loss<MultiMarginOptions> {
  /** Factors of the classes. */
  declare weight: Buffer | null;
  /** The power of each violation. */
  declare readonly p: number;
  /** Distance by which the right class must be above the others. */
  declare readonly margin: number;

  /**
   * Makes the loss.
   *
   * @param options `p`, `margin`, `weight`, `reduction`
   * @throws {ValueError} if there is no such reduction, or `p` is not 1 or 2
   */
  constructor(options: MultiMarginOptions = {}) {
    checkArguments("make MultiMarginLoss", arguments, 1);
    super(options, MULTI_MARGIN);
    checkPower("make MultiMarginLoss", this.p);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return multiMarginLoss(input, target, this);
  }
}

/**
 * Computes `ln(1 + e^(−y x))`, by default the mean: `x` should be far above 0 where `y = 1`, and
 * far below where `y = −1`. Unlike PyTorch's, it does not overflow.
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
 * import { assertEquals } from "@std/assert";
 *
 * const [x, y] = [tensor([0, 1000, 1000]), tensor([1, 1, -1])];
 * const loss = functional.softMarginLoss(x, y, { reduction: "none" });
 * assertEquals(loss.toArray(), [Math.fround(Math.LN2), 0, 1000]);
 * ```
 */
export function softMarginLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkArguments("softMarginLoss", arguments, 3);
  const { reduction } = readOptions("softMarginLoss", options, LOSS);
  checkSameShape("softMarginLoss", input, target);
  return scope(() =>
    reduce(
      run(ops.softplus, [input.mul(likeInput("softMarginLoss", input, target)).neg()]),
      reduction,
    )
  );
}

/**
 * Moves elements to the side of 0 that the target names; see `functional.softMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SoftMarginLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new SoftMarginLoss({ reduction: "sum" })(tensor([-500, 500]), tensor([1, 1]));
 * assertEquals(loss.item(), 500);
 * ```
 */
export class SoftMarginLoss extends Loss {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, this);
  }
}

/**
 * Computes `−Σ w (t ln σ(x) + (1 − t) ln σ(−x)) / C` over the classes of each row, by default the
 * mean: each of several labels may apply.
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
 * import { assertEquals } from "@std/assert";
 *
 * const [x, t] = [tensor([[-1000, 1000, 1000, 1000]]), tensor([[0, 1, 1, 0]])];
 * assertEquals(functional.multilabelSoftMarginLoss(x, t).item(), 250);
 * ```
 */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: WeightedLossOptions = {},
): Tensor {
  checkArguments("multilabelSoftMarginLoss", arguments, 3);
  const name = "multilabelSoftMarginLoss";
  const { reduction, weight } = readOptions(name, options, WEIGHTED_LOSS);
  checkSameShape(name, input, target);
  checkFloat(`compute ${name} of`, input);
  if (input.ndim === 0) {
    throw new ShapeError(`Cannot compute ${name} of a scalar: give [C] or [N, C]`, input.shape);
  }
  return scope(() => {
    const losses = binaryCrossEntropyWithLogits(input, target, { weight, reduction: "none" });
    return reduce(losses.mean(-1), reduction);
  });
}

/**
 * Computes the loss of several labels at once; see `functional.multilabelSoftMarginLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MultiLabelSoftMarginLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const criterion = new MultiLabelSoftMarginLoss({ weight: tensor([1, 3]) });
 * assertEquals(criterion(tensor([100, 100]), tensor([0, 0])).item(), 200);
 * ```
 */
export class MultiLabelSoftMarginLoss extends Loss<WeightedLossOptions> {
  /** Factors of the classes. */
  declare weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `weight`, `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: WeightedLossOptions = {}) {
    checkArguments("make MultiLabelSoftMarginLoss", arguments, 1);
    super(options, WEIGHTED_LOSS);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return multilabelSoftMarginLoss(input, target, this);
  }
}

/**
 * Losses of regression: the distance of an input from its target, or the likelihood of the target.
 *
 * @module
 */

import { checkArguments, checkFloat, checkTensors, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { canStretch, formatShape, sameShape } from "../../shape.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkPositive,
  checkSameShape,
  likeFloats,
  likeInput,
  LOSS,
  Loss,
  type LossOptions,
  reduce,
} from "./loss.ts";

/**
 * Computes `(x − t)²`, by default their mean.
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
 * import { assertEquals } from "@std/assert";
 *
 * const input = tensor([1, 2], { requiresGrad: true });
 * const loss = functional.mseLoss(input, tensor([3, 2]));
 * assertEquals(loss.item(), 2);
 * loss.backward();
 * assertEquals(input.grad!.toArray(), [-2, 0]);
 * ```
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkArguments("mseLoss", arguments, 3);
  const { reduction } = readOptions("mseLoss", options, LOSS);
  checkSameShape("mseLoss", input, target);
  return scope(() => reduce(input.sub(target).square(), reduction));
}

/**
 * Computes the mean of `(x − t)²`; see `functional.mseLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MSELoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new MSELoss()(tensor([1, 2]), tensor([3, 2]));
 * assertEquals(loss.item(), 2);
 * ```
 */
export class MSELoss extends Loss {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}

/**
 * Computes `|x − t|`, by default their mean; the gradient where they are equal is 0.
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
 * import { assertEquals } from "@std/assert";
 *
 * const loss = functional.l1Loss(tensor([1, 2]), tensor([4, 1]), { reduction: "none" });
 * assertEquals(loss.toArray(), [3, 1]);
 * ```
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkArguments("l1Loss", arguments, 3);
  const { reduction } = readOptions("l1Loss", options, LOSS);
  checkSameShape("l1Loss", input, target);
  return scope(() => reduce(input.sub(target).abs(), reduction));
}

/**
 * Computes the mean of `|x − t|`; see `functional.l1Loss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { L1Loss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new L1Loss({ reduction: "sum" })(tensor([1, 2]), tensor([4, 0]));
 * assertEquals(loss.item(), 5);
 * ```
 */
export class L1Loss extends Loss {
  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
  }
}

/** Options of `huberLoss` and `HuberLoss`. */
export interface HuberOptions extends LossOptions {
  /** The distance at which the loss turns from a square to a line; above 0, default 1. */
  readonly delta?: number;
}

const HUBER = { reduction: "mean", delta: 1 } as const;

/**
 * Computes `½ (x − t)²` where `|x − t| < δ`, and `δ (|x − t| − ½ δ)` elsewhere, by default their
 * mean: outliers pull with the force δ at most.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @param input `x`
 * @param target `t`, of the same shape
 * @param options `delta`, `reduction`
 * @throws {ShapeError} if the shapes differ
 * @throws {ValueError} if `delta` is not above 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = functional.huberLoss(tensor([1, 10]), tensor([0, 0]), { delta: 2 });
 * assertEquals(loss.item(), (0.5 + 2 * (10 - 1)) / 2);
 * ```
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  checkArguments("huberLoss", arguments, 3);
  const { reduction, delta } = readOptions("huberLoss", options, HUBER);
  checkPositive("compute huberLoss", "delta", delta);
  checkSameShape("huberLoss", input, target);
  return scope(() =>
    reduce(run(ops.huberLoss, [input, likeInput("huberLoss", input, target), delta]), reduction)
  );
}

/**
 * Computes the mean of squares that turn into lines; see `functional.huberLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { HuberLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new HuberLoss({ delta: 2 })(tensor([10]), tensor([0])).item(), 18);
 * ```
 */
export class HuberLoss extends Loss<HuberOptions> {
  /** The distance at which the loss turns from a square to a line. */
  declare readonly delta: number;

  /**
   * Makes the loss.
   *
   * @param options `delta`, `reduction`
   * @throws {ValueError} if there is no such reduction, or `delta` is not above 0
   */
  constructor(options: HuberOptions = {}) {
    checkArguments("make HuberLoss", arguments, 1);
    super(options, HUBER);
    checkPositive("make HuberLoss", "delta", this.delta);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this);
  }
}

/** Options of `smoothL1Loss` and `SmoothL1Loss`. */
export interface SmoothL1Options extends LossOptions {
  /** The distance at which the loss turns from a square to a line; 0 or more, default 1. */
  readonly beta?: number;
}

const SMOOTH_L1 = { reduction: "mean", beta: 1 } as const;

/**
 * Computes `½ (x − t)² / β` where `|x − t| < β`, and `|x − t| − ½ β` elsewhere, by default their
 * mean; with `β = 0` it is `l1Loss`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @param input `x`
 * @param target `t`, of the same shape
 * @param options `beta`, `reduction`
 * @throws {ShapeError} if the shapes differ
 * @throws {ValueError} if `beta` is below 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { beta: 2, reduction: "none" } as const;
 * const loss = functional.smoothL1Loss(tensor([1, 10]), tensor([0, 0]), options);
 * assertEquals(loss.toArray(), [0.25, 9]);
 * ```
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkArguments("smoothL1Loss", arguments, 3);
  const { reduction, beta } = readOptions("smoothL1Loss", options, SMOOTH_L1);
  if (beta === 0) return l1Loss(input, target, { reduction });
  checkPositive("compute smoothL1Loss", "beta", beta);
  checkSameShape("smoothL1Loss", input, target);
  checkFloat("compute smoothL1Loss of", input);
  return scope(() => huberLoss(input, target, { delta: beta, reduction }).div(beta));
}

/**
 * Computes the mean of distances that are rounded off at 0; see `functional.smoothL1Loss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SmoothL1Loss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new SmoothL1Loss()(tensor([0.5, 3]), tensor([0, 0])).item(), 1.3125);
 * ```
 */
export class SmoothL1Loss extends Loss<SmoothL1Options> {
  /** The distance at which the loss turns from a square to a line. */
  declare readonly beta: number;

  /**
   * Makes the loss.
   *
   * @param options `beta`, `reduction`
   * @throws {ValueError} if there is no such reduction, or `beta` is below 0
   */
  constructor(options: SmoothL1Options = {}) {
    checkArguments("make SmoothL1Loss", arguments, 1);
    super(options, SMOOTH_L1);
    if (this.beta !== 0) checkPositive("make SmoothL1Loss", "beta", this.beta);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this);
  }
}

/** Options of `poissonNllLoss` and `PoissonNLLLoss`. */
export interface PoissonNLLOptions extends LossOptions {
  /** True if the input is the logarithm of the mean; default true. */
  readonly logInput?: boolean;
  /** Add Stirling's `t ln t − t + ½ ln(2πt)` for `ln t!` where `t > 1`; default false. */
  readonly full?: boolean;
  /** Added to the mean before its logarithm is taken, without `logInput`; default 1e-8. */
  readonly eps?: number;
}

const POISSON = { reduction: "mean", logInput: true, full: false, eps: 1e-8 } as const;

/**
 * Computes the negative log-likelihood of counts `t` drawn with mean `λ`, by default their mean:
 * `eˣ − t x` with `λ = eˣ`, or without `logInput` `x − t ln(x + ε)` with `λ = x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html
 *
 * @param input `x`
 * @param target `t`, of the same shape
 * @param options `logInput`, `full`, `eps`, `reduction`
 * @throws {ShapeError} if the shapes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [mean, count] = [tensor([1, 4]), tensor([3, 0])];
 * const loss = functional.poissonNllLoss(mean, count, { logInput: false, reduction: "none" });
 * assertEquals(loss.toArray(), [1, 4]); // 1 − 3 ln 1 and 4 − 0
 * ```
 */
export function poissonNllLoss(
  input: Tensor,
  target: Tensor,
  options: PoissonNLLOptions = {},
): Tensor {
  checkArguments("poissonNllLoss", arguments, 3);
  const { reduction, logInput, full, eps } = readOptions("poissonNllLoss", options, POISSON);
  checkSameShape("poissonNllLoss", input, target);
  return scope(() => {
    const t = likeFloats(input, target);
    const losses = logInput
      ? run(ops.poissonNllLoss, [input, t])
      : run(ops.poissonNllLossOfRate, [input, t, eps]);
    return reduce(full ? losses.add(run(ops.stirling, [t])) : losses, reduction);
  });
}

/**
 * Computes the negative log-likelihood of counts; see `functional.poissonNllLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PoissonNLLLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new PoissonNLLLoss()(tensor([0, 0]), tensor([3, 5])).item(), 1);
 * ```
 */
export class PoissonNLLLoss extends Loss<PoissonNLLOptions> {
  /** True if the input is the logarithm of the mean. */
  declare readonly logInput: boolean;
  /** True if terms of the target alone are added. */
  declare readonly full: boolean;
  /** Added to the mean before its logarithm is taken. */
  declare readonly eps: number;

  /**
   * Makes the loss.
   *
   * @param options `logInput`, `full`, `eps`, `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: PoissonNLLOptions = {}) {
    checkArguments("make PoissonNLLLoss", arguments, 1);
    super(options, POISSON);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return poissonNllLoss(input, target, this);
  }
}

/** Options of `gaussianNllLoss` and `GaussianNLLLoss`. */
export interface GaussianNLLOptions extends LossOptions {
  /** Add the constant `½ ln 2π`; default false. */
  readonly full?: boolean;
  /** Least value that a variance counts as; above 0, default 1e-6. */
  readonly eps?: number;
}

const GAUSSIAN = { reduction: "mean", full: false, eps: 1e-6 } as const;

/**
 * Computes the negative log-likelihood `½ (ln v + (x − t)² / v)` of draws `t` of a normal
 * distribution with mean `x` and variance `v`, by default their mean.
 *
 * A variance below `eps` counts as `eps`, and still gets the gradient from there. See
 * https://pytorch.org/docs/stable/generated/torch.nn.GaussianNLLLoss.html
 *
 * @param input `x`
 * @param target `t`, of the same shape or one that broadcasts to it
 * @param variance `v`, of the same shape; or one for each row, with or without the last axis
 * @param options `full`, `eps`, `reduction`
 * @throws {ShapeError} if the shapes do not fit
 * @throws {ValueError} if a variance is negative, or `eps` not above 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const [mean, target, variance] = [tensor([1, 1]), tensor([3, 1]), tensor([1, 1])];
 * const loss = functional.gaussianNllLoss(mean, target, variance, { reduction: "none" });
 * assertEquals(loss.toArray(), [2, 0]);
 * ```
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLOptions = {},
): Tensor {
  checkArguments("gaussianNllLoss", arguments, 4);
  const { reduction, full, eps } = readOptions("gaussianNllLoss", options, GAUSSIAN);
  checkPositive("compute gaussianNllLoss", "eps", eps);
  checkTensors("compute gaussianNllLoss", input, target, variance);
  if (!canStretch(target.shape, input.shape)) checkSameShape("gaussianNllLoss", input, target);
  return scope(() => {
    const v = besideRows(input, likeInput("gaussianNllLoss", input, variance));
    if (v.lt(0).any().item()) {
      throw new ValueError(
        "Cannot compute gaussianNllLoss: a variance is negative; predict its logarithm, and pass " +
          "exp() of it",
      );
    }
    const losses = run(ops.gaussianNllLoss, [input, target.to(input.dtype), v, eps]);
    return reduce(full ? losses.add(0.5 * Math.log(2 * Math.PI)) : losses, reduction);
  });
}

/** Returns variances in a shape that broadcasts to that of `input`. */
function besideRows(input: Tensor, variance: Tensor): Tensor {
  const rows = input.shape.slice(0, -1);
  if (sameShape(variance.shape, input.shape)) return variance;
  if (sameShape(variance.shape, [...rows, 1])) return variance;
  if (input.ndim > 0 && sameShape(variance.shape, rows)) return variance.unsqueeze(-1);
  throw new ShapeError(
    `Cannot compute gaussianNllLoss of shape ${formatShape(input.shape)} with variances ` +
      `${formatShape(variance.shape)}: they must be ${formatShape(input.shape)}, ` +
      `${formatShape([...rows, 1])} or ${formatShape(rows)}`,
    input.shape,
    variance.shape,
  );
}

/**
 * Computes the negative log-likelihood of draws of normal distributions; see
 * `functional.gaussianNllLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GaussianNLLLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new GaussianNLLLoss()(tensor([1]), tensor([3]), tensor([1]));
 * assertEquals(loss.item(), 2);
 * ```
 */
export class GaussianNLLLoss extends Loss<GaussianNLLOptions> {
  /** True if the constant is added. */
  declare readonly full: boolean;
  /** Least value that a variance counts as. */
  declare readonly eps: number;

  /**
   * Makes the loss.
   *
   * @param options `full`, `eps`, `reduction`
   * @throws {ValueError} if there is no such reduction, or `eps` is not above 0
   */
  constructor(options: GaussianNLLOptions = {}) {
    checkArguments("make GaussianNLLLoss", arguments, 1);
    super(options, GAUSSIAN);
    checkPositive("make GaussianNLLLoss", "eps", this.eps);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    return gaussianNllLoss(input, target, variance, this);
  }
}

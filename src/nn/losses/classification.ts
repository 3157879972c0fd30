/**
 * Losses of classification: the right class should be the most probable.
 *
 * @module
 */

import { checkArguments, checkTensors, readOptions } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sameShape } from "../../shape.ts";
import { where } from "../../tensor/comparison.ts";
import { arange } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkWeight,
  classAxis,
  likeInput,
  Loss,
  type NLLOptions,
  readTargets,
  reduce,
  type Reduction,
  type Targets,
} from "./loss.ts";
import type { Buffer } from "../parameter.ts";

/** Options of `crossEntropy` and `CrossEntropyLoss`. */
export interface CrossEntropyOptions extends NLLOptions {
  /** Share, from 0 to 1, of each target that is spread evenly over all classes; default 0. */
  readonly labelSmoothing?: number;
}

const NLL = { reduction: "mean", weight: null, ignoreIndex: -100 } as const;

const CROSS_ENTROPY = { ...NLL, labelSmoothing: 0 } as const;

function checkSmoothing(action: string, labelSmoothing: number): void {
  if (labelSmoothing >= 0 && labelSmoothing <= 1) return;
  throw new ValueError(`Cannot ${action} with labelSmoothing ${labelSmoothing}: use 0 to 1`);
}

/**
 * Computes the cross-entropy `−Σ_c w_c t_c ln softmax(x)_c`, by default its mean.
 *
 * Targets may be class indices (then `t` is 1 at the index), or probabilities of the shape of the
 * input, of which one-hot vectors are a case. The mean over class indices divides by the sum of
 * their weights, that over probabilities by their number, as in PyTorch; the mean of nothing is NaN.
 *
 * @param input logits `x`: `[C]`, `[N, C]` or `[N, C, d1, …]`
 * @param target int32 or uint8 indices of the shape of `input` without the axis C, or probabilities
 * @param options `weight` is `w`; `ignoreIndex`, `labelSmoothing`, `reduction`
 * @returns a scalar, or the shape of `input` without the axis C with `reduction: "none"`
 * @throws {ShapeError} if the shapes do not fit
 * @throws {ValueError} if an index is not a whole number, or no class
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const logits = tensor([[0, 0], [0, 0]]);
 * const loss = functional.crossEntropy(logits, tensor([1, 0], { dtype: "int32" }));
 * assert(Math.abs(loss.item() - Math.log(2)) < 1e-6);
 * ```
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  checkArguments("crossEntropy", arguments, 3);
  checkTensors("compute crossEntropy", input, target);
  const read = readOptions("crossEntropy", options, CROSS_ENTROPY);
  const { weight, reduction, ignoreIndex, labelSmoothing } = read;
  checkSmoothing("compute crossEntropy", labelSmoothing);
  const axis = classAxis("crossEntropy", input);
  const smooth = (probabilities: Tensor) =>
    weighedEntropy(input, probabilities, weight, labelSmoothing);
  return scope(() => {
    if (sameShape(input.shape, target.shape)) {
      checkWeight("crossEntropy", weight, input.shape[axis]);
      checkOneHot(target, ignoreIndex);
      return reduce(smooth(likeInput("crossEntropy", input, target)), reduction);
    }
    const targets = readTargets("crossEntropy", input, target, weight, ignoreIndex);
    if (labelSmoothing === 0) {
      const losses = run(ops.crossEntropy, [input, targets.index], axis);
      return reduceTargets(losses, targets, targets.factor, reduction);
    }
    // Smoothed class indices are probabilities, which weigh their classes themselves.
    const classes = besideClasses(arange(input.shape[axis], { dtype: "int32" }), input);
    const oneHot = targets.index.unsqueeze(axis).eq(classes).to(input.dtype);
    return reduceTargets(smooth(oneHot), targets, null, reduction);
  });
}

function checkOneHot(target: Tensor, ignoreIndex: number): void {
  if (!isFloat(target.dtype)) {
    const wrong = target.data.find((value: number) => value !== 0 && value !== 1);
    if (wrong !== undefined) {
      throw new ValueError(
        `Cannot compute crossEntropy: a target of the shape of the input, ` +
          `${formatShape(target.shape)}, holds one-hot vectors, but ${wrong} is in it; for class ` +
          `indices, leave out the class axis`,
      );
    }
  }
  if (ignoreIndex < 0) return;
  throw new ValueError(
    `Cannot compute crossEntropy with ignoreIndex ${ignoreIndex} and a target of probabilities: ` +
      `give class indices, or set weights to 0`,
  );
}

/** Computes `−Σ_c w_c q_c ln softmax(x)_c` with `q = (1 − ε) t + ε / C`. */
function weighedEntropy(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  labelSmoothing: number,
): Tensor {
  const axis = classAxis("crossEntropy", input);
  const smooth = labelSmoothing === 0
    ? target
    : target.mul(1 - labelSmoothing).add(labelSmoothing / input.shape[axis]);
  const q = weight === null ? smooth : smooth.mul(besideClasses(weight.to(input.dtype), input));
  return input.logSoftmax(axis).mul(q).sum(axis).neg();
}

/** Returns `[C]` in a shape that broadcasts along the classes of `input`. */
function besideClasses(x: Tensor, input: Tensor): Tensor {
  const after = Math.max(input.ndim - 2, 0);
  return x.reshape([x.numel(), ...new Array<number>(after).fill(1)]);
}

/**
 * Reduces the losses of class indices after multiplying them by `factor`. Ignored ones are 0, even
 * if infinite; a mean is over the weights of the targets.
 */
function reduceTargets(
  losses: Tensor,
  targets: Targets,
  factor: Tensor | null,
  reduction: Reduction,
): Tensor {
  const counted = targets.counts === null ? losses : where(targets.counts, losses, 0);
  const weighed = factor === null ? counted : counted.mul(factor);
  if (reduction !== "mean" || targets.factor === null) return reduce(weighed, reduction);
  return weighed.sum().div(targets.factor.sum());
}

/**
 * Computes the cross-entropy of logits with class indices, or with probabilities; see
 * `functional.crossEntropy`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CrossEntropyLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const criterion = new CrossEntropyLoss();
 * const logits = tensor([[1e4, 0]], { requiresGrad: true });
 * const loss = criterion(logits, tensor([1], { dtype: "int32" }));
 * loss.backward();
 * assertEquals(loss.item(), 1e4);
 * assertEquals(logits.grad!.toArray(), [[1, -1]]);
 * ```
 */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  /** Factors of the classes. */
  declare weight: Buffer | null;
  /** Targets with this value are ignored. */
  declare readonly ignoreIndex: number;
  /** Share of each target that is spread evenly over all classes. */
  declare readonly labelSmoothing: number;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `ignoreIndex`, `labelSmoothing`
   * @throws {ValueError} if there is no such reduction, or the smoothing is not from 0 to 1
   */
  constructor(options: CrossEntropyOptions = {}) {
    checkArguments("make CrossEntropyLoss", arguments, 1);
    super(options, CROSS_ENTROPY);
    checkSmoothing("make CrossEntropyLoss", this.labelSmoothing);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this);
  }
}

/**
 * Computes the negative log-likelihood `−w_t x_t` of class indices t, by default its mean, which
 * divides by the sum of the weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 *
 * @param input logarithms of probabilities: `[C]`, `[N, C]` or `[N, C, d1, …]`
 * @param target int32 or uint8 indices of the shape of `input` without the axis C
 * @param options `weight` is `w`; `ignoreIndex`, `reduction`
 * @returns a scalar, or the shape of `target` with `reduction: "none"`
 * @throws {ShapeError} if the shapes do not fit
 * @throws {ValueError} if a target is not a whole number, or no class
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const logs = tensor([[0.5, 0.5], [0.25, 0.75]]).log();
 * const target = tensor([0, 1], { dtype: "int32" });
 * const loss = functional.nllLoss(logs, target, { reduction: "sum" });
 * assert(Math.abs(loss.item() + Math.log(0.5 * 0.75)) < 1e-6);
 * ```
 */
export function nllLoss(input: Tensor, target: Tensor, options: NLLOptions = {}): Tensor {
  checkArguments("nllLoss", arguments, 3);
  checkTensors("compute nllLoss", input, target);
  const { weight, reduction, ignoreIndex } = readOptions("nllLoss", options, NLL);
  return scope(() => {
    const targets = readTargets("nllLoss", input, target, weight, ignoreIndex);
    const axis = classAxis("nllLoss", input);
    const losses = input.gather(axis, targets.index.unsqueeze(axis)).squeeze(axis).neg();
    return reduceTargets(losses, targets, targets.factor, reduction);
  });
}

/**
 * Computes the negative log-likelihood of class indices; see `functional.nllLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { NLLLoss } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const logProbabilities = tensor([[-0.5, -1], [-2, -0.25]]);
 * const loss = new NLLLoss()(logProbabilities, tensor([0, 1], { dtype: "int32" }));
 * assertEquals(loss.item(), 0.375);
 * ```
 */
export class NLLLoss extends Loss<NLLOptions> {
  /** Factors of the classes. */
  declare weight: Buffer | null;
  /** Targets with this value are ignored. */
  declare readonly ignoreIndex: number;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `ignoreIndex`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: NLLOptions = {}) {
    checkArguments("make NLLLoss", arguments, 1);
    super(options, NLL);
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this);
  }
}

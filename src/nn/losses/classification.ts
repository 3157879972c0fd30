/**
 * Losses of classification: the right class should be the most probable.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../../checks.ts";
import { apply } from "../../autograd/apply.ts";
import { ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { sameShape } from "../../shape.ts";
import { arange } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  checkOneHot,
  checkReduction,
  checkWeight,
  classAxis,
  counted,
  divide,
  Loss,
  type NLLOptions,
  readTargets,
  reduce,
  reduceTargets,
  type Reduction,
  type Targets,
} from "./loss.ts";
import { Buffer } from "../parameter.ts";

export type { NLLOptions } from "./loss.ts";

/** Options of `crossEntropy` and `CrossEntropyLoss`. */
export interface CrossEntropyOptions extends NLLOptions {
  /** The part, from 0 to 1, of each target that is spread evenly over all classes; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * The cross-entropy `−Σ_c w_c t_c ln softmax(x)_c`, by default its mean.
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
 * @throws {DTypeError} if indices are not of an integer type
 * @throws {ValueError} if a class index is out of range
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const logits = tensor([[0, 0], [0, 0]]);
 * const loss = functional.crossEntropy(logits, tensor([1, 0], { dtype: "int32" }));
 * assert.ok(Math.abs(loss.item() - Math.log(2)) < 1e-6);
 * ```
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  requireOptions("crossEntropy", options);
  requireTensors("compute crossEntropy", input, target);
  const reduction = checkReduction("crossEntropy", options.reduction);
  const { weight = null, labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError(
      `Cannot compute crossEntropy with labelSmoothing ${labelSmoothing}: use 0 to 1`,
    );
  }
  const axis = classAxis("crossEntropy", input);
  checkWeight("crossEntropy", weight, input.shape[axis]);
  const hasProbabilities = sameShape(input.shape, target.shape);
  if (hasProbabilities) checkProbabilities(target, options);
  return scope(() => {
    if (hasProbabilities) {
      const losses = againstProbabilities(input, target.to(input.dtype), weight, labelSmoothing);
      return reduce(losses, reduction);
    }
    const targets = readTargets("crossEntropy", input, target, options);
    if (labelSmoothing > 0) return smoothed(input, targets, options, reduction);
    const losses = apply(ops.crossEntropy, [input, targets.index], axis) as Tensor;
    return reduceTargets(losses, targets, reduction);
  });
}

/**
 * The negative log-likelihood `−w_t x_t` of class indices t, by default its mean, which divides by
 * the sum of the weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 *
 * @param input logarithms of probabilities: `[C]`, `[N, C]` or `[N, C, d1, …]`
 * @param target int32 or uint8 indices of the shape of `input` without the axis C
 * @param options `weight` is `w`; `ignoreIndex`, `reduction`
 * @returns a scalar, or the shape of `target` with `reduction: "none"`
 * @throws {ShapeError} if the shapes do not fit
 * @throws {DTypeError} if the targets are not of an integer type
 * @throws {ValueError} if a class index is out of range
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const logs = tensor([[0.5, 0.5], [0.25, 0.75]]).log();
 * const target = tensor([0, 1], { dtype: "int32" });
 * const loss = functional.nllLoss(logs, target, { reduction: "sum" });
 * assert.ok(Math.abs(loss.item() + Math.log(0.5 * 0.75)) < 1e-6);
 * ```
 */
export function nllLoss(input: Tensor, target: Tensor, options: NLLOptions = {}): Tensor {
  const reduction = checkReduction("nllLoss", options.reduction);
  const axis = classAxis("nllLoss", input);
  checkWeight("nllLoss", options.weight ?? null, input.shape[axis]);
  return scope(() => {
    const targets = readTargets("nllLoss", input, target, options);
    return reduceTargets(pickNegative(input, targets.index), targets, reduction);
  });
}

function checkProbabilities(target: Tensor, { ignoreIndex = -100 }: NLLOptions): void {
  checkOneHot("crossEntropy", target);
  if (ignoreIndex < 0) return;
  throw new ValueError(
    `Cannot compute crossEntropy with ignoreIndex ${ignoreIndex} and a target of probabilities: ` +
      `give class indices, or set weights to 0`,
  );
}

/** `−x` at the index of each target: `[N, C, d1, …]` and `[N, d1, …]` → `[N, d1, …]`. */
function pickNegative(x: Tensor, index: Tensor): Tensor {
  const axis = classAxis("nllLoss", x);
  return x.gather(axis, index.unsqueeze(axis)).squeeze(axis).neg();
}

/** `−Σ_c w_c q_c ln softmax(x)_c` with `q = (1 − ε) t + ε / C`. */
function againstProbabilities(
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  labelSmoothing: number,
): Tensor {
  const axis = classAxis("crossEntropy", input);
  const classes = input.shape[axis];
  const smooth = labelSmoothing === 0
    ? target
    : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const q = weight === null ? smooth : smooth.mul(besideClasses(weight.to(input.dtype), input));
  return input.logSoftmax(axis).mul(q).sum(axis).neg();
}

/** Class indices with smoothing are probabilities, but count and weigh as indices. */
function smoothed(
  input: Tensor,
  targets: Targets,
  options: CrossEntropyOptions,
  reduction: Reduction,
): Tensor {
  const axis = classAxis("crossEntropy", input);
  const classes = besideClasses(arange(input.shape[axis], { dtype: "int32" }), input);
  const oneHot = targets.index.unsqueeze(axis).eq(classes).to(input.dtype);
  const { weight = null, labelSmoothing = 0 } = options;
  const losses = againstProbabilities(input, oneHot, weight, labelSmoothing);
  return divide(counted(losses, targets), targets, reduction);
}

/** `[C]` in a shape that broadcasts along the classes of `input`. */
function besideClasses(x: Tensor, input: Tensor): Tensor {
  const after = Math.max(input.ndim - 2, 0);
  return x.reshape([x.size, ...new Array<number>(after).fill(1)]);
}

/**
 * The negative log-likelihood of class indices; see `functional.nllLoss`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { NLLLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const logProbabilities = tensor([[-0.5, -1], [-2, -0.25]]);
 * const loss = new NLLLoss()(logProbabilities, tensor([0, 1], { dtype: "int32" }));
 * assert.equal(loss.item(), 0.375);
 * ```
 */
export class NLLLoss extends Loss {
  /** Targets of this value count nothing. */
  readonly ignoreIndex: number | undefined;
  /** Factors of the classes. */
  weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `ignoreIndex`
   */
  constructor(options: NLLOptions = {}) {
    super(options);
    this.ignoreIndex = options.ignoreIndex;
    this.weight = options.weight ? new Buffer(options.weight) : null;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this);
  }
}

/**
 * The cross-entropy of logits with class indices, or with probabilities; see
 * `functional.crossEntropy`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CrossEntropyLoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const criterion = new CrossEntropyLoss();
 * const logits = tensor([[1e4, 0]], { requiresGrad: true });
 * const loss = criterion(logits, tensor([1], { dtype: "int32" }));
 * loss.backward();
 * assert.equal(loss.item(), 1e4);
 * assert.deepEqual(logits.grad!.toArray(), [[1, -1]]);
 * ```
 */
export class CrossEntropyLoss extends Loss {
  /** Targets of this value count nothing. */
  readonly ignoreIndex: number | undefined;
  /** The part of each target that is spread evenly over all classes. */
  readonly labelSmoothing: number;
  /** Factors of the classes. */
  weight: Buffer | null;

  /**
   * Makes the loss.
   *
   * @param options `reduction`, `weight`, `ignoreIndex`, `labelSmoothing`
   */
  constructor(options: CrossEntropyOptions = {}) {
    super(options);
    this.ignoreIndex = options.ignoreIndex;
    this.labelSmoothing = options.labelSmoothing ?? 0;
    this.weight = options.weight ? new Buffer(options.weight) : null;
  }

  /** See {@link Module}. */
  override forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this);
  }
}

/**
 * Batch normalization: every channel gets mean 0 and variance 1 over the batch.
 *
 * Source: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing
 * internal covariate shift" (2015).
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { countOf } from "../../ops/moments.ts";
import { formatShape } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkVector, rescale } from "./rescale.ts";
import { channelsOf, normalizeAsNoted, normalizeNoting, RunningNorm } from "./running_norm.ts";

/** Options of the function `batchNorm`. */
export interface BatchNormFunctionOptions {
  /** `[c]`: the mean in use; updated in training. */
  readonly runningMean?: Tensor | null;
  /** `[c]`: the variance in use; updated in training. */
  readonly runningVar?: Tensor | null;
  /** `[c]`, multiplied in the end; ones if left out. */
  readonly weight?: Tensor | null;
  /** `[c]`, added in the end; zeros if left out. */
  readonly bias?: Tensor | null;
  /** Whether to use, and to note, the statistics of the batch; default false. */
  readonly training?: boolean;
  /** The share of a new batch in the running statistics; default 0.1. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/**
 * `y = (x − mean) / √(var + ε) · weight + bias` for each channel, with mean and variance of the batch
 * in training (and if there are no running ones), otherwise with the running ones.
 *
 * In training, `running ← (1 − momentum) running + momentum · batch`; the running variance takes the
 * unbiased one of the batch (over n − 1), the normalization the biased one (over n). A batch of 0
 * leaves them as they are.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 *
 * @param x `[n, c, …]`
 * @param options running statistics, `weight`, `bias`, `training`, `momentum`, `eps`
 * @returns as `x`
 * @throws {ShapeError} if a statistic or weight is not `[c]`, or there is one value per channel only
 *   in training
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1], [3]]);
 * const y = functional.batchNorm(x, { training: true, eps: 0 });
 * assert.deepEqual(y.toArray(), [[-1], [1]]);
 *
 * const [runningMean, runningVar] = [tensor([1]), tensor([4])];
 * const used = functional.batchNorm(x, { runningMean, runningVar, eps: 0 });
 * assert.deepEqual(used.toArray(), [[0], [1]]);
 * ```
 */
export function batchNorm(x: Tensor, options: BatchNormFunctionOptions = {}): Tensor {
  const { runningMean = null, runningVar = null, weight = null, bias = null } = options;
  const { training = false, eps = 1e-5 } = options;
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot batchNorm shape ${formatShape(x.shape)}: the input must be [n, c, …]`,
      x.shape,
    );
  }
  for (const vector of [runningMean, runningVar, weight, bias]) {
    checkVector("batchNorm", x, vector, [x.shape[1]]);
  }
  return pass(() => {
    if (training || runningMean === null || runningVar === null) {
      return rescale(normalizeBatch(x, options), weight, bias, channelsOf(x));
    }
    return normalizeAsNoted(x, runningMean, runningVar, { weight, bias, eps });
  });
}

/** Normalizes with the statistics of the batch, and notes them. */
function normalizeBatch(x: Tensor, options: BatchNormFunctionOptions): Tensor {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  if (countOf(x.shape, axes) === 1) {
    throw new ShapeError(
      `Cannot batchNorm shape ${formatShape(x.shape)} in training: one value per channel has no ` +
        `variance; use a larger batch, or eval()`,
      x.shape,
    );
  }
  return normalizeNoting(x, axes, options);
}

/** Options of `BatchNorm1d` and `BatchNorm2d`. */
export interface BatchNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** The share of a new batch in the running statistics; `null` averages all alike; default 0.1. */
  readonly momentum?: number | null;
  /** Whether a scale and a shift are learnt for each channel; default true. */
  readonly affine?: boolean;
  /** Whether statistics are noted for use after `eval()`; default true. */
  readonly trackRunningStats?: boolean;
}

/**
 * What the layers of batch normalization have in common.
 *
 * @example
 * ```ts
 * import { BatchNorm, BatchNorm1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const norm = new BatchNorm1d(3);
 * assert.ok(norm instanceof BatchNorm);
 * assert.deepEqual([norm.numFeatures, norm.eps, norm.momentum], [3, 1e-5, 0.1]);
 * ```
 */
export abstract class BatchNorm extends RunningNorm {
  /**
   * Makes the layer.
   *
   * @param numFeatures channels of the input
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`
   */
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super(numFeatures, { affine: true, trackRunningStats: true, ...options });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    const { running_mean: runningMean, running_var: runningVar, weight, bias, eps } = this;
    const { training, num_batches_tracked: batches } = this;
    const momentum = this.momentum ?? (training && batches !== null ? 1 / (batches.item() + 1) : 0);
    const y = batchNorm(x, { runningMean, runningVar, weight, bias, training, momentum, eps });
    // Counted only now: a batch that was refused has changed nothing.
    if (training) batches?.add_(1);
    return y;
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.describeBeside(true);
  }
}

/**
 * Batch normalization of vectors `[n, c]` or sequences `[n, c, l]`; see `functional.batchNorm`.
 *
 * Scales start as 1 and shifts as 0, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BatchNorm1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new BatchNorm1d(1, { eps: 0 });
 * assert.deepEqual(layer(tensor([[1], [3]])).toArray(), [[-1], [1]]);
 * assert.equal(layer.running_mean!.at(0).item().toFixed(3), "0.200");
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkInput(this, x, [2, 3], "[n, c] or [n, c, l]");
    return super.forward(x);
  }
}

/**
 * Batch normalization of images `[n, c, h, w]`; see `functional.batchNorm`.
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { BatchNorm2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = new BatchNorm2d(3)(randn([8, 3, 4, 4]));
 * assert.ok(Math.abs(y.mean().item()) < 1e-6);
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkInput(this, x, [4], "[n, c, h, w]");
    return super.forward(x);
  }
}

function checkInput(layer: BatchNorm, x: Tensor, ndims: readonly number[], layout: string): void {
  if (ndims.includes(x.ndim) && x.shape[1] === layer.numFeatures) return;
  throw new ShapeError(
    `Cannot apply ${layer.constructor.name}(${layer.numFeatures}) to shape ` +
      `${formatShape(x.shape)}: the input must be ${layout} with c = ${layer.numFeatures}`,
    x.shape,
  );
}

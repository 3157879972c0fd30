/**
 * Normalization of channels with statistics that are noted for later: what batch and instance
 * normalization have in common.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { wrap } from "../../autograd/variable.ts";
import { kernels } from "../../kernels/backends.ts";
import { countOf, inverseDeviationOf, momentsOf } from "../../ops/moments.ts";
import { ops } from "../../ops/table.ts";
import { checkShape, type Shape } from "../../shape.ts";
import { ones, zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";
import type { NormFunctionOptions } from "./layer_norm.ts";
import { Buffer, Parameter } from "../parameter.ts";
import { rescale } from "./rescale.ts";

/** Statistics to note, and how. */
export interface NotingOptions {
  /** `[c]`: the mean in use. */
  readonly runningMean?: Tensor | null;
  /** `[c]`: the variance in use. */
  readonly runningVar?: Tensor | null;
  /** The share of what is noted; default 0.1. */
  readonly momentum?: number;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
}

/** The shape that broadcasts `[c]` to `[n, c, …]`. */
export function channelsOf(x: Tensor): Shape {
  return [x.shape[1], ...x.shape.slice(2).map(() => 1)];
}

/**
 * Normalizes `[n, c, …]` over `axes`, all of which follow or precede that of c, and notes mean and
 * unbiased variance of each channel, averaged over what is left of the batch.
 */
export function normalizeNoting(
  x: Tensor,
  axes: readonly number[],
  options: NotingOptions,
): Tensor {
  const { runningMean = null, runningVar = null, momentum = 0.1, eps = 1e-5 } = options;
  const { mean, variance } = momentsOf(kernels(), x.array, axes);
  const inverse = inverseDeviationOf(kernels(), variance, eps, x.dtype);
  const y = run(ops.normalize, [x, wrap(mean), wrap(inverse)], { axes, eps, centred: true });
  if (x.size === 0) return y;
  const count = countOf(x.shape, axes);
  using _ = noGrad();
  const note = (running: Tensor | null, statistic: Tensor, factor: number) => {
    if (running === null) return;
    const channels = statistic.size === running.size
      ? statistic.reshape(running.shape)
      : statistic.reshape(-1, running.size).mean(0);
    running.mul_(1 - momentum).add_(channels.mul(momentum * factor).to(running.dtype));
  };
  note(runningMean, wrap(mean) as Tensor, 1);
  note(runningVar, wrap(variance) as Tensor, count / (count - 1));
  return y;
}

/** Normalizes `[n, c, …]` with statistics that were noted, and rescales. */
export function normalizeAsNoted(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  { weight = null, bias = null, eps = 1e-5 }: NormFunctionOptions,
): Tensor {
  // Four small operations on vectors leave a single pass over the batch.
  const deviation = variance.add(eps).sqrt();
  const scale = weight === null ? deviation.pow(-1) : weight.div(deviation);
  const shift = mean.mul(scale).neg();
  return rescale(x, scale, bias === null ? shift : shift.add(bias), channelsOf(x));
}

/** What a layer is made with. */
export interface RunningNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** The share of a new batch in the running statistics; `null` averages all alike; default 0.1. */
  readonly momentum?: number | null;
  /** Whether a scale and a shift are learnt for each channel. */
  readonly affine: boolean;
  /** Whether statistics are noted for use after `eval()`. */
  readonly trackRunningStats: boolean;
}

/**
 * The state of layers of batch and instance normalization.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BatchNorm1d, RunningNorm } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const norm = new BatchNorm1d(2);
 * assert.ok(norm instanceof RunningNorm);
 * norm(tensor([[1, 10], [3, 30]]));
 * assert.deepEqual(norm.running_mean!.toArray(), [0.2, 2].map(Math.fround)); // a tenth of the mean
 * ```
 */
export abstract class RunningNorm extends Module {
  /** Channels of the input. */
  readonly numFeatures: number;
  /** Added to the variance. */
  readonly eps: number;
  /** The share of a new batch in the running statistics; `null` averages all alike. */
  readonly momentum: number | null;
  /** `[c]`, if affine. */
  weight: Parameter | null;
  /** `[c]`, if affine. */
  bias: Parameter | null;
  /** `[c]`, if tracked. */
  running_mean: Buffer | null;
  /** `[c]`, if tracked. */
  running_var: Buffer | null;
  /** Number of batches so far, if tracked; int32, where PyTorch has int64. */
  num_batches_tracked: Buffer | null;

  /**
   * Makes weights and statistics.
   *
   * @param numFeatures channels of the input
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`
   */
  constructor(numFeatures: number, options: RunningNormOptions) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine, trackRunningStats } = options;
    checkShape([numFeatures], `make a ${new.target.name}`);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    this.running_mean = trackRunningStats ? new Buffer(zeros([numFeatures])) : null;
    this.running_var = trackRunningStats ? new Buffer(ones([numFeatures])) : null;
    this.num_batches_tracked = trackRunningStats ? new Buffer(zeros([], { dtype: "int32" })) : null;
  }

  /** The options, where `affine` and `trackRunningStats` are usually as given. */
  protected describeBeside(usual: boolean): string {
    return describeCall([this.numFeatures], [
      ["eps", this.eps, 1e-5],
      ["momentum", `${this.momentum}`, "0.1"],
      ["affine", this.weight !== null, usual],
      ["trackRunningStats", this.running_mean !== null, usual],
    ]);
  }
}

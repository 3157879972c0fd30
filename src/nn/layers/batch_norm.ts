/**
 * Normalization of channels, which can keep running statistics: batch and instance normalization.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { wrap } from "../../autograd/node.ts";
import {
  checkArguments,
  checkFloat,
  checkShape,
  checkTensors,
  checkVector,
  readOptions,
} from "../../checks.ts";
import { ShapeError } from "../../errors.ts";
import { kernels } from "../../kernels/backends.ts";
import { inverseDeviationOf, momentsOf } from "../../ops/moments.ts";
import { ops } from "../../ops/table.ts";
import { countOf, formatShape } from "../../shape.ts";
import { ones, zeros } from "../../tensor/create.ts";
import { fromArray, run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { Buffer, Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { channelsOf, groupNorm, NORM, type NormFunctionOptions, rescale } from "./layer_norm.ts";

/** Options of `batchNorm` and `instanceNorm`. */
export interface RunningNormFunctionOptions extends NormFunctionOptions {
  /** `[c]`: mean for use after training; training updates it. */
  readonly runningMean?: Tensor | null;
  /** `[c]`: variance for use after training; training updates it. */
  readonly runningVar?: Tensor | null;
  /** Share of new statistics in the running ones; default 0.1. */
  readonly momentum?: number;
}

/** Options of the function `batchNorm`. */
export interface BatchNormFunctionOptions extends RunningNormFunctionOptions {
  /** True to normalize by the statistics of the batch, and to track them; default false. */
  readonly training?: boolean;
}

/** Options of the function `instanceNorm`. */
export interface InstanceNormFunctionOptions extends RunningNormFunctionOptions {
  /** True to normalize by the statistics of the examples, and to track them; default true. */
  readonly useInputStats?: boolean;
}

/** Options of the layers of batch and instance normalization. */
export interface RunningNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Share of a new batch in the running statistics; `null` averages all alike; default 0.1. */
  readonly momentum?: number | null;
  /** True to learn a scale and a shift for each channel; default true for batch normalization. */
  readonly affine?: boolean;
  /** True to track statistics for use after `eval()`; default true for batch normalization. */
  readonly trackRunningStats?: boolean;
}

const RUNNING = { ...NORM, runningMean: null, runningVar: null, momentum: 0.1 } as const;

/**
 * Normalizes `[n, c, …]` over `axes`, all of which follow or precede that of c, and updates the running
 * mean and unbiased variance of each channel, averaged over the rest of the batch.
 */
function normalizeAndTrack(
  x: Tensor,
  axes: readonly number[],
  { runningMean, runningVar, weight, bias, momentum, eps }: Required<RunningNormFunctionOptions>,
): Tensor {
  const { mean, variance } = momentsOf(kernels(), x.array, axes);
  const inverse = inverseDeviationOf(kernels(), variance, eps, x.dtype);
  const y = run(ops.standardize, [x, wrap(mean), wrap(inverse)], { axes, eps, centered: true });
  const track = (running: Tensor | null, statistic: Tensor, factor: number) => {
    if (running === null) return;
    const channels = statistic.numel() === running.numel()
      ? statistic.reshape(running.shape)
      : statistic.reshape(-1, running.numel()).mean(0);
    running.mul_(1 - momentum).add_(channels.mul(momentum * factor).to(running.dtype));
  };
  if (x.numel() > 0) {
    const count = countOf(x.shape, axes);
    noGrad(() => {
      track(runningMean, fromArray(mean), 1);
      track(runningVar, fromArray(variance), count / (count - 1));
    });
  }
  return rescale(y, weight, bias, channelsOf(x));
}

/** Normalizes `[n, c, …]` by running statistics, and rescales. */
function normalizeByRunning(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  { weight, bias, eps }: Required<NormFunctionOptions>,
): Tensor {
  // Four small operations on vectors leave a single pass over the batch.
  const deviation = variance.add(eps).sqrt();
  const scale = weight === null ? deviation.pow(-1) : weight.div(deviation);
  const shift = mean.mul(scale).neg();
  return rescale(x, scale, bias === null ? shift : shift.add(bias), channelsOf(x));
}

function checkVectors(name: string, x: Tensor, options: RunningNormFunctionOptions): void {
  checkFloat(name, x);
  const { runningMean, runningVar, weight, bias } = options;
  for (const vector of [runningMean, runningVar, weight, bias]) {
    checkVector(name, x, vector ?? null, [x.shape[1]]);
  }
}

/** Base of the layers of batch and instance normalization. */
export abstract class RunningNorm extends ConfiguredLayer {
  /** Channels of the input. */
  declare readonly numFeatures: number;
  /** Added to the variance. */
  declare readonly eps: number;
  /** Share of a new batch in the running statistics; `null` averages all alike. */
  declare readonly momentum: number | null;
  /** True if the layer learns a scale and a shift. */
  declare readonly affine: boolean;
  /** True if the layer tracks statistics. */
  declare readonly trackRunningStats: boolean;
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
   * @param usual the default of `affine` and `trackRunningStats`
   */
  constructor(numFeatures: number, options: RunningNormOptions, usual: boolean) {
    const defaults = { eps: 1e-5, momentum: 0.1, affine: usual, trackRunningStats: usual };
    super({ numFeatures }, options, defaults);
    const { affine, trackRunningStats } = this;
    checkShape([numFeatures], `make ${new.target.name}`);
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    this.running_mean = trackRunningStats ? new Buffer(zeros([numFeatures])) : null;
    this.running_var = trackRunningStats ? new Buffer(ones([numFeatures])) : null;
    this.num_batches_tracked = trackRunningStats ? new Buffer(zeros([], { dtype: "int32" })) : null;
    guardFields(this);
  }

  /** Layouts of the input, such as `"[n, c, l]"`. */
  protected abstract readonly layouts: readonly string[];

  /** Rejects inputs of another layout, or with other channels than the layer has. */
  protected checkInput(x: Tensor): void {
    checkTensors(`apply ${this.constructor.name}`, x);
    const { layouts, numFeatures } = this;
    const fits = layouts.some((layout) => {
      const axes = layout.slice(1, -1).split(", ");
      return axes.length === x.ndim && x.shape[axes.indexOf("c")] === numFeatures;
    });
    if (fits) return;
    throw new ShapeError(
      `Cannot apply ${this.constructor.name}(${numFeatures}) to shape ${
        formatShape(x.shape)
      }: the ` +
        `input must be ${layouts.join(" or ")} with c = ${numFeatures}`,
      x.shape,
    );
  }
}

/**
 * Computes `y = (x − mean) / √(var + ε) · weight + bias` for each channel. Mean and variance are
 * those of the batch in training (and if there are no running ones), otherwise the running ones.
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
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1], [3]]);
 * const y = functional.batchNorm(x, { training: true, eps: 0 });
 * assertEquals(y.toArray(), [[-1], [1]]);
 *
 * const [runningMean, runningVar] = [tensor([1]), tensor([4])];
 * const used = functional.batchNorm(x, { runningMean, runningVar, eps: 0 });
 * assertEquals(used.toArray(), [[0], [1]]);
 * ```
 */
export function batchNorm(x: Tensor, options: BatchNormFunctionOptions = {}): Tensor {
  checkArguments("batchNorm", arguments, 2);
  const { training, ...read } = readOptions("batchNorm", options, { ...RUNNING, training: false });
  const { runningMean, runningVar } = read;
  checkTensors("batchNorm", x);
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot batchNorm shape ${formatShape(x.shape)}: the input must be [n, c, …]`,
      x.shape,
    );
  }
  checkVectors("batchNorm", x, read);
  if (!training && runningMean !== null && runningVar !== null) {
    return scope(() => normalizeByRunning(x, runningMean, runningVar, read));
  }
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  if (countOf(x.shape, axes) === 1) {
    throw new ShapeError(
      `Cannot batchNorm shape ${formatShape(x.shape)} in training: one value per channel has no ` +
        `variance; use a larger batch, or eval()`,
      x.shape,
    );
  }
  return scope(() => normalizeAndTrack(x, axes, read));
}

/** Base of the layers of batch normalization. */
export abstract class BatchNorm extends RunningNorm {
  /**
   * Makes the layer.
   *
   * @param numFeatures channels of the input
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`
   */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    checkArguments(`make ${new.target.name}`, arguments, 2);
    super(numFeatures, options, true);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    this.checkInput(x);
    const { running_mean: runningMean, running_var: runningVar, weight, bias, eps } = this;
    const { training, num_batches_tracked: batches } = this;
    const momentum = this.momentum ?? (training && batches !== null ? 1 / (batches.item() + 1) : 0);
    const y = batchNorm(x, { runningMean, runningVar, weight, bias, training, momentum, eps });
    // Counted only now: a batch that was refused has changed nothing.
    if (training) batches?.add_(1);
    return y;
  }
}

/**
 * Normalizes batches of vectors `[n, c]` or sequences `[n, c, l]`; see `functional.batchNorm`.
 *
 * Scales start as 1 and shifts as 0, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BatchNorm1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new BatchNorm1d(1, { eps: 0 });
 * assertEquals(layer(tensor([[1], [3]])).toArray(), [[-1], [1]]);
 * assertEquals(layer.running_mean!.at(0).item().toFixed(3), "0.200");
 * ```
 */
export class BatchNorm1d extends BatchNorm {
  /** @internal */
  protected override readonly layouts: readonly string[] = ["[n, c]", "[n, c, l]"];
}

/**
 * Normalizes batches of images `[n, c, h, w]`; see `functional.batchNorm`.
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { BatchNorm2d } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const y = new BatchNorm2d(3)(randn([8, 3, 4, 4]));
 * assert(Math.abs(y.mean().item()) < 1e-6);
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  /** @internal */
  protected override readonly layouts: readonly string[] = ["[n, c, h, w]"];
}

/**
 * Computes `y = (x − mean) / √(var + ε) · weight + bias` for each channel of each example. Mean and
 * (biased) variance are its own, or the running ones if `useInputStats` is false.
 *
 * If running statistics are given, `running ← (1 − momentum) running + momentum · own`, where the
 * means of a channel, and its unbiased variances, are averaged over the batch. A batch of 0 leaves
 * them as they are.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 *
 * @param x `[n, c, …]`
 * @param options running statistics, `weight` and `bias`, all `[c]`; `useInputStats`, `momentum`,
 *   `eps`
 * @returns as `x`
 * @throws {ShapeError} if a channel of an example has one value only, where it is to be normalized by
 *   itself; or a statistic or weight is not `[c]`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 3], [10, 30]]]); // two channels of two elements
 * const y = functional.instanceNorm(x, { eps: 0 });
 * assertEquals(y.toArray(), [[[-1, 1], [-1, 1]]]);
 * ```
 */
export function instanceNorm(x: Tensor, options: InstanceNormFunctionOptions = {}): Tensor {
  checkArguments("instanceNorm", arguments, 2);
  const defaults = { ...RUNNING, useInputStats: true };
  const { useInputStats, ...read } = readOptions("instanceNorm", options, defaults);
  const { runningMean, runningVar, weight, bias, eps } = read;
  checkTensors("instanceNorm", x);
  const tracks = runningMean !== null && runningVar !== null;
  const usesInput = useInputStats || !tracks;
  if (x.ndim < 3 || (usesInput && x.shape.slice(2).every((size) => size === 1))) {
    throw new ShapeError(
      `Cannot instanceNorm shape ${formatShape(x.shape)}: the input must be [n, c, …] with more ` +
        `than one value per channel`,
      x.shape,
    );
  }
  if (!tracks) return groupNorm(x, x.shape[1], { weight, bias, eps });
  checkVectors("instanceNorm", x, read);
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return scope(() =>
    usesInput
      ? normalizeAndTrack(x, axes, read)
      : normalizeByRunning(x, runningMean, runningVar, read)
  );
}

/** Base of the layers of instance normalization. */
export abstract class InstanceNorm extends RunningNorm {
  /**
   * Makes the layer.
   *
   * @param numFeatures channels of the input
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`
   */
  constructor(numFeatures: number, options: RunningNormOptions = {}) {
    checkArguments(`make ${new.target.name}`, arguments, 2);
    super(numFeatures, options, false);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    this.checkInput(x);
    const { running_mean: runningMean, running_var: runningVar, weight, bias, eps } = this;
    const momentum = this.momentum ?? undefined;
    const options = { runningMean, runningVar, weight, bias, eps, momentum };
    const normalize = (batch: Tensor) =>
      instanceNorm(batch, { ...options, useInputStats: this.training });
    if (x.ndim === this.layouts[0].split(", ").length) return normalize(x);
    return scope(() => normalize(x.unsqueeze(0)).squeeze(0));
  }
}

/**
 * Normalizes each sequence of `[n, c, l]` or `[c, l]` by itself; see `functional.instanceNorm`.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { InstanceNorm1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new InstanceNorm1d(2, { eps: 0 });
 * assertEquals(layer(tensor([[1, 3], [8, 2]])).toArray(), [[-1, 1], [1, -1]]);
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  /** @internal */
  protected override readonly layouts: readonly string[] = ["[n, c, l]", "[c, l]"];
}

/**
 * Normalizes each image of `[n, c, h, w]` or `[c, h, w]` by itself; see `functional.instanceNorm`.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html): statistics
 * are tracked if asked for, and `num_batches_tracked` stays 0.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { InstanceNorm2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new InstanceNorm2d(1, { eps: 0, trackRunningStats: true });
 * const x = tensor([[[1, 3], [3, 1]]]);
 * assertEquals(layer(x).toArray(), [[[-1, 1], [1, -1]]]);
 * assertEquals(layer.running_mean!.item().toFixed(3), "0.200");
 * ```
 */
export class InstanceNorm2d extends InstanceNorm {
  /** @internal */
  protected override readonly layouts: readonly string[] = ["[n, c, h, w]", "[c, h, w]"];
}

/**
 * Normalization of channels with statistics that are noted for later: what batch and instance
 * normalization have in common.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { checkVector, requireOptions } from "../../checks.ts";
import { wrap } from "../../autograd/node.ts";
import { ShapeError } from "../../errors.ts";
import { kernels } from "../../kernels/backends.ts";
import { groupNorm, type NormFunctionOptions, rescale } from "./layer_norm.ts";
import { formatArguments, Module } from "../module.ts";
import { Buffer, Parameter } from "../parameter.ts";
import { countOf, inverseDeviationOf, momentsOf } from "../../ops/moments.ts";
import { ops } from "../../ops/table.ts";
import { checkShape } from "../../checks.ts";
import { formatShape, type Shape } from "../../shape.ts";
import { ones, zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

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
    return formatArguments([this.numFeatures], [
      ["eps", this.eps, 1e-5],
      ["momentum", `${this.momentum}`, "0.1"],
      ["affine", this.weight !== null, usual],
      ["trackRunningStats", this.running_mean !== null, usual],
    ]);
  }
}

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
  return scope(() => {
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
  override extraRepr(): string {
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

/** Options of the function `instanceNorm`. */
export interface InstanceNormFunctionOptions extends NormFunctionOptions, NotingOptions {
  /** Whether to use, and to note, the statistics of the examples; default true. */
  readonly useInputStats?: boolean;
}

/**
 * `y = (x − mean) / √(var + ε) · weight + bias` for each channel of each example, with its own mean
 * and (biased) variance, or with the running ones if `useInputStats` is false.
 *
 * If running statistics are given, `running ← (1 − momentum) running + momentum · noted`, where the
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
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 3], [10, 30]]]); // two channels of two elements
 * const y = functional.instanceNorm(x, { eps: 0 });
 * assert.deepEqual(y.toArray(), [[[-1, 1], [-1, 1]]]);
 * ```
 */
export function instanceNorm(x: Tensor, options: InstanceNormFunctionOptions = {}): Tensor {
  const { runningMean = null, runningVar = null, weight = null, bias = null } = options;
  const noted = runningMean !== null && runningVar !== null;
  const own = (options.useInputStats ?? true) || !noted;
  if (x.ndim < 3 || (own && x.shape.slice(2).every((size) => size === 1))) {
    throw new ShapeError(
      `Cannot instanceNorm shape ${formatShape(x.shape)}: the input must be [n, c, …] with more ` +
        `than one value per channel`,
      x.shape,
    );
  }
  if (!noted) return groupNorm(x, x.shape[1], options);
  for (const vector of [runningMean, runningVar, weight, bias]) {
    checkVector("instanceNorm", x, vector, [x.shape[1]]);
  }
  return scope(() => {
    if (!own) return normalizeAsNoted(x, runningMean, runningVar, options);
    const axes = x.shape.map((_, axis) => axis).slice(2);
    return rescale(normalizeNoting(x, axes, options), weight, bias, channelsOf(x));
  });
}

/** Options of `InstanceNorm1d` and `InstanceNorm2d`. */
export interface InstanceNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** The share of a new batch in the running statistics; default 0.1. */
  readonly momentum?: number;
  /** Whether a scale and a shift are learnt for each channel; default false. */
  readonly affine?: boolean;
  /** Whether statistics are noted for use after `eval()`; default false. */
  readonly trackRunningStats?: boolean;
}

/**
 * What the layers of instance normalization have in common.
 *
 * @example
 * ```ts
 * import { InstanceNorm, InstanceNorm2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const norm = new InstanceNorm2d(3, { affine: true });
 * assert.ok(norm instanceof InstanceNorm);
 * assert.deepEqual(norm.weight!.toArray(), [1, 1, 1]);
 * ```
 */
export abstract class InstanceNorm extends RunningNorm {
  /** Axes of a batch. */
  protected abstract readonly rank: number;

  /**
   * Makes the layer.
   *
   * @param numFeatures channels of the input
   * @param options `eps`, `momentum`, `affine`, `trackRunningStats`
   */
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super(numFeatures, { affine: false, trackRunningStats: false, ...options });
  }

  /** See `Module`. */
  override forward(x: Tensor): Tensor {
    const { rank, numFeatures } = this;
    if ((x.ndim !== rank && x.ndim !== rank - 1) || x.shape.at(1 - rank) !== numFeatures) {
      const sizes = rank === 3 ? "l" : "h, w";
      throw new ShapeError(
        `Cannot apply ${this.constructor.name}(${numFeatures}) to shape ${formatShape(x.shape)}: ` +
          `the input must be [n, c, ${sizes}] or [c, ${sizes}] with c = ${numFeatures}`,
        x.shape,
      );
    }
    if (x.ndim === rank) return this.#normalize(x);
    return scope(() => this.#normalize(x.unsqueeze(0)).squeeze(0));
  }

  #normalize(x: Tensor): Tensor {
    const { running_mean: runningMean, running_var: runningVar, weight, bias, eps } = this;
    const { momentum, training: useInputStats } = this;
    return instanceNorm(x, {
      runningMean,
      runningVar,
      weight,
      bias,
      eps,
      momentum: momentum ?? undefined,
      useInputStats,
    });
  }

  /** See `Module`. */
  override extraRepr(): string {
    return this.describeBeside(false);
  }
}

/**
 * Instance normalization of sequences `[n, c, l]` or `[c, l]`; see `functional.instanceNorm`.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm1d.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { InstanceNorm1d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new InstanceNorm1d(2, { eps: 0 });
 * assert.deepEqual(layer(tensor([[1, 3], [8, 2]])).toArray(), [[-1, 1], [1, -1]]);
 * ```
 */
export class InstanceNorm1d extends InstanceNorm {
  /** Axes of a batch. */
  protected override readonly rank = 3;
}

/**
 * Instance normalization of images `[n, c, h, w]` or `[c, h, w]`; see `functional.instanceNorm`.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html): statistics
 * are noted if asked for, and `num_batches_tracked` stays 0.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { InstanceNorm2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new InstanceNorm2d(1, { eps: 0, trackRunningStats: true });
 * const x = tensor([[[1, 3], [3, 1]]]);
 * assert.deepEqual(layer(x).toArray(), [[[-1, 1], [1, -1]]]);
 * assert.equal(layer.running_mean!.item().toFixed(3), "0.200");
 * ```
 */
export class InstanceNorm2d extends InstanceNorm {
  /** Axes of a batch. */
  protected override readonly rank = 4;
}

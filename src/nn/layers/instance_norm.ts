/**
 * Instance normalization: every channel of every example gets mean 0 and variance 1.
 *
 * Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization" (2016).
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { groupNorm, type NormFunctionOptions } from "./layer_norm.ts";
import { checkVector, rescale } from "./rescale.ts";
import {
  channelsOf,
  normalizeAsNoted,
  normalizeNoting,
  type NotingOptions,
  RunningNorm,
} from "./running_norm.ts";

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
  return pass(() => {
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
    return pass(() => this.#normalize(x.unsqueeze(0)).squeeze(0));
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
  override describe(): string {
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

/**
 * Means of numbers, and the perplexity of language models.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkArguments, checkTensors, checkType, guardMembers, readOptions } from "../checks.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { exp } from "../math/mod.ts";
import { formatShape, sameShape } from "../shape.ts";
import { wholeNumbers } from "../tensor/indexing.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import { checkSeveral, type ClassMetricOptions } from "./classes.ts";
import { Metric } from "./metric.ts";

/**
 * The mean of numbers, such as losses, weighted by the sizes of their batches.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/aggregation/mean.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { MeanMetric } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = new MeanMetric();
 * loss.update(2, 3); // the mean of a batch of 3
 * loss.update(tensor(6), 1);
 * assertEquals(loss.compute(), 3);
 * ```
 */
export class MeanMetric extends Metric<number, [value: TensorLike, weight?: number]> {
  /** Makes the metric; it has no options. */
  constructor() {
    checkArguments("make MeanMetric", arguments, 0);
    super(2); // the weighted sum of the numbers, and that of the weights
  }

  /**
   * Takes a number, or all elements of a tensor.
   *
   * @param value the number or the tensor
   * @param weight weight of each number, 0 or more; default 1
   * @throws {ValueError} if the weight is negative or not finite
   */
  override update(value: TensorLike, weight = 1): void {
    checkType("update MeanMetric", "weight", weight, "number");
    if (!(Number.isFinite(weight) && weight >= 0)) {
      throw new ValueError(
        `Cannot update MeanMetric with weight ${weight}: use a finite number, 0 or more`,
      );
    }
    if (typeof value === "number") {
      this.sums[0] += weight * value;
      this.sums[1] += weight;
      return;
    }
    checkTensors("update MeanMetric", value);
    const { data } = value;
    let sum = 0;
    for (const x of data) sum += x;
    this.sums[0] += weight * sum;
    this.sums[1] += weight * data.length;
  }

  /** Returns the mean since the last reset; NaN if there was nothing. */
  override compute(): number {
    return this.sums[0] / this.sums[1];
  }
}

guardMembers(MeanMetric);

/**
 * The perplexity of a language model: `exp` of the mean negative logarithm of the probabilities of the
 * right tokens.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/text/perplexity.html
 *
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import { Perplexity } from "@gradus/gradus/metrics";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const perplexity = new Perplexity({ ignoreIndex: -1 });
 * perplexity.update(zeros([1, 3, 8]), tensor([[5, 2, -1]])); // logits [n, l, c], all equal
 * assertAlmostEquals(perplexity.compute(), 8, 1e-5);
 * ```
 */
export class Perplexity extends Metric {
  readonly #ignoreIndex: number | null;

  /**
   * Makes an accumulator.
   *
   * @param options `ignoreIndex`
   */
  constructor(options: ClassMetricOptions = {}) {
    checkArguments("make Perplexity", arguments, 1);
    super(2); // the sum of the logarithms, and their number
    const { ignoreIndex } = readOptions("make Perplexity", options, { ignoreIndex: null });
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Takes a batch.
   *
   * @param predictions logits `[…, c]`, such as `[n, l, c]`
   * @param target tokens `[…]`
   * @throws {ShapeError} if the shapes do not fit, or there is no such token
   */
  override update(predictions: Tensor, target: Tensor): void {
    checkTensors("update Perplexity", predictions, target);
    const { shape } = predictions;
    if (predictions.ndim === 0 || !sameShape(shape.slice(0, -1), target.shape)) {
      throw new ShapeError(
        `Cannot update Perplexity with predictions ${formatShape(shape)} and targets ` +
          `${formatShape(target.shape)}: they must be logits [n, l, c] and tokens [n, l]`,
        shape,
        target.shape,
      );
    }
    checkSeveral("update Perplexity", shape, shape.length - 1);
    noGrad(() =>
      scope(() => {
        const tokens = wholeNumbers("update Perplexity", target);
        const isIgnored = this.#ignoreIndex === null
          ? tokens.ne(tokens)
          : tokens.eq(this.#ignoreIndex);
        const index = tokens.maskedFill(isIgnored, 0).to("int32").unsqueeze(-1);
        const logs = predictions.double().logSoftmax(-1).gather(-1, index).squeeze(-1);
        this.sums[0] += logs.maskedFill(isIgnored, 0).sum().item();
        this.sums[1] += tokens.numel() - isIgnored.sum().item();
      })
    );
  }

  /** See {@link Metric}. */
  override compute(): number {
    return exp(-this.sums[0] / this.sums[1]);
  }
}

guardMembers(Perplexity);

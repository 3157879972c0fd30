/**
 * Metrics of classification.
 *
 * @module
 */

import { checkArguments, checkWhole, guardMembers, readOptions } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { fromValues } from "../tensor/run.ts";
import "../tensor/tensor.ts"; // without the class, no tensor can be made
import type { Tensor } from "../tensor/tensor.ts";
import { checkClass, checkClasses, type ClassMetricOptions, eachClass } from "./classes.ts";
import { Metric } from "./metric.ts";

/** Options of {@link Accuracy}. */
export interface AccuracyOptions extends ClassMetricOptions {
  /** Number of best classes among which the right one must be; default 1. */
  readonly topK?: number;
}

/**
 * The share of right predictions.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/classification/accuracy.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Accuracy } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3]]), tensor([0, 0])); // scores [n, c]
 * accuracy.update(tensor([1, 1]), tensor([1, 1])); // or classes [n]
 * assertEquals(accuracy.compute(), 0.75);
 * ```
 */
export class Accuracy extends Metric {
  readonly #topK: number;
  readonly #ignoreIndex: number | null;

  /**
   * Makes an accumulator.
   *
   * @param options `topK`, `ignoreIndex`
   * @throws {ValueError} if an option makes no sense
   */
  constructor(options: AccuracyOptions = {}) {
    checkArguments("make Accuracy", arguments, 1);
    super(2); // right predictions, and all
    const { topK, ignoreIndex } = readOptions("make Accuracy", options, {
      topK: 1,
      ignoreIndex: null,
    });
    checkWhole(`make Accuracy with topK ${topK}`, topK, 1);
    this.#topK = topK;
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Takes a batch.
   *
   * @param predictions scores `[n, c, …]`, or classes `[n, …]`
   * @param target classes `[n, …]`
   * @throws {ShapeError} if the shapes do not fit
   * @throws {ValueError} if a class is not whole, or a score is NaN
   */
  override update(predictions: Tensor, target: Tensor): void {
    const options = { topK: this.#topK, ignoreIndex: this.#ignoreIndex };
    let [right, total] = [0, 0];
    eachClass("update Accuracy", predictions, target, options, (wanted, predicted) => {
      total++;
      if (predicted.includes(wanted)) right++;
    });
    this.sums[0] += right;
    this.sums[1] += total;
  }

  /** See {@link Metric}. */
  override compute(): number {
    return this.sums[0] / this.sums[1];
  }
}

guardMembers(Accuracy);

/**
 * Counts of predictions: row `i` and column `j` have the number of targets `i` that were predicted as
 * `j`.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/classification/confusion_matrix.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConfusionMatrix } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const confusion = new ConfusionMatrix(2);
 * confusion.update(tensor([0, 1, 1]), tensor([0, 0, 1]));
 * assertEquals(confusion.compute().toArray(), [[1, 1], [0, 1]]);
 * ```
 */
export class ConfusionMatrix extends Metric<Tensor> {
  /** Number of classes. */
  readonly numClasses: number;
  readonly #ignoreIndex: number | null;

  /**
   * Makes an accumulator.
   *
   * @param numClasses number of classes
   * @param options `ignoreIndex`
   * @throws {ValueError} if it is not a whole number above 0
   */
  constructor(numClasses: number, options: ClassMetricOptions = {}) {
    checkArguments("make ConfusionMatrix", arguments, 2);
    const { ignoreIndex } = readOptions("make ConfusionMatrix", options, { ignoreIndex: null });
    checkClasses("make ConfusionMatrix", numClasses);
    super(numClasses ** 2);
    this.numClasses = numClasses;
    this.#ignoreIndex = ignoreIndex;
  }

  /**
   * Takes a batch.
   *
   * @param predictions scores `[n, c, …]`, or classes `[n, …]`
   * @param target classes `[n, …]`
   * @throws {ShapeError} if the shapes do not fit
   * @throws {ValueError} if a class is not whole or out of range, or a score is NaN
   */
  override update(predictions: Tensor, target: Tensor): void {
    const places: number[] = [];
    const action = "update ConfusionMatrix";
    const options = { ignoreIndex: this.#ignoreIndex };
    eachClass(action, predictions, target, options, (wanted, [predicted]) => {
      checkClass(action, wanted, this.numClasses);
      checkClass(action, predicted, this.numClasses);
      places.push(wanted * this.numClasses + predicted);
    });
    for (const place of places) this.sums[place]++;
  }

  /** Returns the counts of all batches since the last reset, as int32 `[c, c]`. */
  override compute(): Tensor {
    return fromValues(this.sums, [this.numClasses, this.numClasses], "int32");
  }
}

guardMembers(ConfusionMatrix);

/** Options of {@link Precision}, {@link Recall} and {@link F1Score}. */
export interface AverageOptions extends ClassMetricOptions {
  /**
   * `"macro"` takes the mean over the classes that occur (the default), `"weighted"` weighs them by
   * their number of targets, `"micro"` counts all predictions together.
   */
  readonly average?: "macro" | "weighted" | "micro";
}

/** The counts of one class. */
export interface ClassCounts {
  /** Right predictions of the class. */
  readonly right: number;
  /** Predictions of the class. */
  readonly predicted: number;
  /** Targets of the class. */
  readonly targets: number;
}

/**
 * The base of the metrics that are computed from the counts of each class, and averaged.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AveragedMetric, type ClassCounts } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * class Jaccard extends AveragedMetric {
 *   protected override ratio({ right, predicted, targets }: ClassCounts): number {
 *     return right / (predicted + targets - right);
 *   }
 * }
 * const jaccard = new Jaccard(2);
 * jaccard.update(tensor([0, 1, 1]), tensor([0, 0, 1]));
 * assertEquals(jaccard.perClass().toArray(), [0.5, 0.5]);
 * ```
 */
export abstract class AveragedMetric extends Metric {
  /** Number of classes. */
  readonly numClasses: number;
  readonly #average: "macro" | "weighted" | "micro";
  readonly #ignoreIndex: number | null;
  readonly #right: Float64Array;
  readonly #predicted: Float64Array;
  readonly #targets: Float64Array;

  /**
   * Makes an accumulator.
   *
   * @param numClasses number of classes
   * @param options `average`, `ignoreIndex`
   * @throws {ValueError} if an option makes no sense
   */
  constructor(numClasses: number, options: AverageOptions = {}) {
    const action = `make ${new.target.name}`;
    checkArguments(action, arguments, 2);
    const { average, ignoreIndex } = readOptions(action, options, {
      average: "macro",
      ignoreIndex: null,
    });
    checkClasses(action, numClasses);
    if (!["macro", "weighted", "micro"].includes(average)) {
      throw new ValueError(
        `Cannot ${action} with average "${average}": use "macro", "weighted" or "micro"`,
      );
    }
    super(3 * numClasses);
    this.numClasses = numClasses;
    this.#average = average;
    this.#ignoreIndex = ignoreIndex;
    [this.#right, this.#predicted, this.#targets] = [0, 1, 2].map((part) =>
      this.sums.subarray(part * numClasses, (part + 1) * numClasses)
    );
  }

  /** Computes the metric of counts; NaN if it has none. */
  protected abstract ratio(counts: ClassCounts): number;

  /**
   * Takes a batch.
   *
   * @param predictions scores `[n, c, …]`, or classes `[n, …]`
   * @param target classes `[n, …]`
   * @throws {ShapeError} if the shapes do not fit
   * @throws {ValueError} if a class is not whole or out of range, or a score is NaN
   */
  override update(predictions: Tensor, target: Tensor): void {
    const action = `update ${this.constructor.name}`;
    const pairs: (readonly [number, number])[] = [];
    const options = { ignoreIndex: this.#ignoreIndex };
    eachClass(action, predictions, target, options, (wanted, [predicted]) => {
      checkClass(action, wanted, this.numClasses);
      checkClass(action, predicted, this.numClasses);
      pairs.push([wanted, predicted]);
    });
    for (const [wanted, predicted] of pairs) {
      this.#targets[wanted]++;
      this.#predicted[predicted]++;
      if (wanted === predicted) this.#right[wanted]++;
    }
  }

  #countsOf(i: number): ClassCounts {
    return { right: this.#right[i], predicted: this.#predicted[i], targets: this.#targets[i] };
  }

  /** See {@link Metric}. */
  override compute(): number {
    const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
    const [right, predicted, targets] = [this.#right, this.#predicted, this.#targets].map(sum);
    if (this.#average === "micro") return this.ratio({ right, predicted, targets });
    let [total, weights] = [0, 0];
    for (let i = 0; i < this.numClasses; i++) {
      const counts = this.#countsOf(i);
      if (counts.predicted + counts.targets === 0) continue;
      const weight = this.#average === "weighted" ? counts.targets : 1;
      // A class that was never predicted, or never right, counts as 0.
      total += weight * (this.ratio(counts) || 0);
      weights += weight;
    }
    return total / weights;
  }

  /** Returns the metric of each class, as float64 `[c]`; NaN for classes without one. */
  perClass(): Tensor {
    const values = Float64Array.from(
      { length: this.numClasses },
      (_, i) => this.ratio(this.#countsOf(i)),
    );
    return fromValues(values, [this.numClasses], "float64");
  }
}

guardMembers(AveragedMetric, {}, ["ratio"]);

/**
 * The share of the predictions of a class that are right, averaged over classes.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/classification/precision.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Precision } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const precision = new Precision(2);
 * precision.update(tensor([0, 1, 1, 1]), tensor([0, 0, 1, 0]));
 * assertEquals(precision.compute(), (1 + 1 / 3) / 2);
 * ```
 */
export class Precision extends AveragedMetric {
  /** See {@link AveragedMetric}. */
  protected override ratio({ right, predicted }: ClassCounts): number {
    return right / predicted;
  }
}

/**
 * The share of the targets of a class that were found, averaged over classes.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/classification/recall.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Recall } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const recall = new Recall(2);
 * recall.update(tensor([0, 1, 1, 1]), tensor([0, 0, 1, 0]));
 * assertEquals(recall.perClass().toArray(), [1 / 3, 1]);
 * ```
 */
export class Recall extends AveragedMetric {
  /** See {@link AveragedMetric}. */
  protected override ratio({ right, targets }: ClassCounts): number {
    return right / targets;
  }
}

/**
 * The harmonic mean of precision and recall, `2 · right / (predicted + targets)`, averaged over classes.
 *
 * See https://lightning.ai/docs/torchmetrics/stable/classification/f1_score.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { F1Score } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const f1 = new F1Score(2, { average: "micro" });
 * f1.update(tensor([0, 1, 1, 1]), tensor([0, 0, 1, 0]));
 * assertEquals(f1.compute(), 0.5);
 * ```
 */
export class F1Score extends AveragedMetric {
  /** See {@link AveragedMetric}. */
  protected override ratio({ right, predicted, targets }: ClassCounts): number {
    return 2 * right / (predicted + targets);
  }
}

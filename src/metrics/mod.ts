/**
 * Metrics that are accumulated batch by batch.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Accuracy, MeanMetric } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const [accuracy, loss] = [new Accuracy(), new MeanMetric()];
 * for (const [scores, labels] of [[tensor([[1, 2], [2, 1]]), tensor([1, 1])]]) {
 *   accuracy.update(scores, labels);
 *   loss.update(0.5, labels.numel());
 * }
 * assertEquals([accuracy.compute(), loss.compute()], [0.5, 0.5]);
 * ```
 *
 * @module
 */

import { nameClasses } from "../names.ts";
import * as metrics from "./mod.ts";

export type { ClassMetricOptions } from "./classes.ts";
export {
  Accuracy,
  type AccuracyOptions,
  AveragedMetric,
  type AverageOptions,
  type ClassCounts,
  ConfusionMatrix,
  F1Score,
  Precision,
  Recall,
} from "./classification.ts";
export { MeanMetric, Perplexity } from "./mean.ts";
export { Metric } from "./metric.ts";

nameClasses(metrics);

/**
 * The base of all metrics.
 *
 * @module
 */

import { checkList, cloneGuard } from "../checks.ts";
import { ValueError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Keeps metrics from being cloned, which would leave out what they have added up. */
export const METRIC_GUARD: object = cloneGuard(
  "Cannot clone, post or write a metric as JSON: its state is private; pass its totals(), and give them " +
    "to setTotals() of another",
);

/**
 * The base of all metrics: an accumulator that `update` feeds, batch by batch, and `compute` reads.
 *
 * The result is that of all batches together, exactly: counts are added up, not results of batches.
 * See https://lightning.ai/docs/torchmetrics/stable/
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Accuracy, type Metric } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics: Metric[] = [new Accuracy(), new Accuracy({ topK: 2 })];
 * const scores = tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]);
 * for (const metric of metrics) metric.update(scores, tensor([1, 1]));
 * assertEquals(metrics.map((metric) => metric.compute()), [0.5, 1]);
 * ```
 */
export abstract class Metric {
  /** Keeps metrics from being cloned. */
  protected readonly guard: object = METRIC_GUARD;

  /** Takes the predictions of a batch, and what is right. */
  abstract update(predictions: Tensor, target: Tensor): void;

  /** Returns the metric of all batches since the last reset; NaN if there was nothing. */
  abstract compute(): number;

  /** Forgets all batches. */
  abstract reset(): void;

  /** Returns the numbers from which `compute` makes its result; those of all batches add up. */
  abstract totals(): Float64Array;

  /** Takes `totals`, such as the sum of those of several accumulators, in the place of its own. */
  abstract setTotals(totals: ArrayLike<number>): void;
}

/** Rejects totals that are not `count` numbers. */
export function checkTotals(name: string, totals: ArrayLike<number>, count: number): void {
  checkList(`set the totals of ${name}`, totals);
  if (totals.length === count) return;
  throw new ValueError(
    `Cannot set the totals of ${name} to ${totals.length} numbers: it has ${count}; pass those of ` +
      `one like it`,
  );
}

/**
 * The base of all metrics.
 *
 * @module
 */

import { checkList, checkType, checkWhole, cloneGuard, guardMembers } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { quoted } from "../names.ts";
import { checkRoom } from "../storage/ndarray.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Keeps metrics from being cloned, which would leave out what they have added up. */
const METRIC_GUARD = cloneGuard(
  "Cannot clone, post or write a metric as JSON: its state is private; pass its totals(), and give them " +
    "to setTotals() of another",
);

/**
 * The base of all metrics: an accumulator that `update` feeds, batch by batch, and `compute` reads.
 *
 * The result is that of all batches together, exactly: sums are kept, not results of batches. A metric
 * of your own says how many sums it keeps, adds to them, and computes its result from them.
 * See https://lightning.ai/docs/torchmetrics/stable/
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@gradus/gradus";
 * import { Metric } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * class MeanAbsoluteError extends Metric {
 *   constructor() {
 *     super(2); // the sum of the errors, and their number
 *   }
 *   override update(predictions: Tensor, target: Tensor): void {
 *     this.sums[0] += predictions.sub(target).abs().sum().item();
 *     this.sums[1] += target.numel();
 *   }
 *   override compute(): number {
 *     return this.sums[0] / this.sums[1];
 *   }
 * }
 * const metric = new MeanAbsoluteError();
 * metric.update(tensor([1, 2]), tensor([1, 3]));
 * metric.update(tensor([5, 5]), tensor([4, 3]));
 * assertEquals(metric.compute(), 1);
 * ```
 */
export abstract class Metric<
  Result = number,
  Batch extends readonly unknown[] = [predictions: Tensor, target: Tensor],
> {
  /** Keeps metrics from being cloned. */
  protected readonly guard: object = METRIC_GUARD;
  /** The sums over all batches since the last reset. */
  protected readonly sums: Float64Array;

  /**
   * Makes an accumulator.
   *
   * @param count number of sums
   * @throws {ValueError} if it is not a whole number above 0
   */
  constructor(count: number) {
    checkWhole(`make Metric of ${quoted(count)} sums`, count, 1);
    checkRoom([count], "float64");
    this.sums = new Float64Array(count);
  }

  /** Takes a batch, such as the predictions and what is right. */
  abstract update(...batch: Batch): void;

  /** Returns the metric of all batches since the last reset; NaN if there was nothing. */
  abstract compute(): Result;

  /** Forgets all batches. */
  reset(): void {
    this.sums.fill(0);
  }

  /** Returns the sums from which `compute` makes its result; those of several accumulators add up. */
  totals(): Float64Array {
    return this.sums.slice();
  }

  /** Takes `totals`, such as the sum of those of several accumulators, in the place of its own. */
  setTotals(totals: ArrayLike<number>): void {
    const [name, { length }] = [this.constructor.name, this.sums];
    checkList(`set the totals of ${name}`, totals);
    for (const total of Array.from(totals)) {
      checkType(`set the totals of ${name}`, "a total", total, "number");
    }
    if (totals.length !== length) {
      throw new ValueError(
        `Cannot set the totals of ${name} to ${totals.length} numbers: it has ${length}; pass ` +
          `those of one like it`,
      );
    }
    this.sums.set(totals);
  }
}

guardMembers(Metric, {}, ["update", "compute"]);

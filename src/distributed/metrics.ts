/**
 * Metrics over the samples of all ranks.
 *
 * @module
 */

import { checkArguments, checkKind } from "../checks.ts";
import { fromValues } from "../tensor/run.ts";
import { allReduce } from "./collectives.ts";
import { groupOf } from "./group.ts";

/** A metric whose totals add up, as all of `metrics` are. */
export interface AdditiveMetric<R> {
  /** Returns the result of the totals. */
  compute(): R;
  /** Returns the numbers that add up. */
  totals(): Float64Array;
  /** Takes other numbers in their place. */
  setTotals(totals: ArrayLike<number>): void;
}

/**
 * Returns the metric of the batches of all ranks. The accumulator of this rank stays as it is. All ranks
 * call it.
 *
 * The result is that of one accumulator that has got all batches: totals are added up, not results.
 *
 * @param metric the accumulator of this rank, of the same kind on all ranks
 * @returns the result of `compute()` for all batches
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { Accuracy } from "@gradus/gradus/metrics";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3]]), tensor([0, 0]));
 * assertEquals(distributed.computeMetric(accuracy), 0.5);
 * ```
 */
export function computeMetric<R>(metric: AdditiveMetric<R>): R {
  checkArguments("computeMetric", arguments, 1);
  const isMetric = typeof metric?.totals === "function" && typeof metric.setTotals === "function";
  checkKind("computeMetric", metric, isMetric, "a metric, such as new Accuracy()");
  const own = metric.totals();
  const { connection } = groupOf("computeMetric");
  connection?.agree("computeMetric", `${metric.constructor.name} of ${own.length} numbers`);
  const all = fromValues(own, [own.length], "float64");
  allReduce(all);
  metric.setTotals(all.data);
  try {
    return metric.compute();
  } finally {
    metric.setTotals(own);
  }
}

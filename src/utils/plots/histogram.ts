/**
 * Distributions of values.
 *
 * @module
 */

import { checkArguments, checkWhole, readOptions } from "../../checks.ts";
import { checkColors, draw, FRAME, type PlotOptions, withColors } from "./draw.ts";
import type { Figure } from "./figure.ts";
import { readNamed, readValues, type Values } from "./values.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** Options of `histogram`. */
export interface HistogramOptions extends PlotOptions {
  /** Number of intervals of equal width; default 30. */
  readonly bins?: number;
}

/** An interval, and the number of values in it. */
interface Bin {
  readonly x1: number;
  readonly x2: number;
  readonly y1: 0;
  readonly y2: number;
}

/**
 * Draws how many values lie in each of several intervals of equal width, from the least value to the
 * greatest. Several series share the intervals.
 *
 * @param values numbers, in tensors of any shape; or several of these by name, such as the parameters
 *   of a model
 * @param options `bins`, `title`, `xLabel`, `yLabel` (default "count"), `width`, `height`
 * @returns the figure
 * @throws {ValueError} if a value is not finite
 * @throws {LibraryError} if the packages for plots cannot be loaded
 * @example
 * ```ts
 * import * as nn from "@gradus/gradus/nn";
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const layer = new nn.Linear(100, 10);
 * const figure = await plots.histogram({ weight: layer.weight }, { bins: 20 });
 * assertStringIncludes(figure.svg, "weight");
 * ```
 */
export async function histogram(
  values: Values | Readonly<Record<string, Values>>,
  options?: HistogramOptions,
): Promise<Figure> {
  checkArguments("histogram", arguments, 2);
  const { bins, ...frame } = readOptions("histogram", options, {
    ...FRAME,
    yLabel: "count",
    bins: 30,
  });
  checkWhole(`draw a histogram of ${bins} bins`, bins, 1, 10_000);
  const named = readNamed<Values>("draw a histogram of", values).map(({ name, value }) => {
    const list = value instanceof Tensor ? value.detach().flatten() : value;
    return { name, value: readValues("draw a histogram of", name, list) };
  });
  checkColors("draw histograms of", named.length, "series");
  const range = rangeOf(named.map(({ value }) => value));
  const counted = withColors(named).map(({ value, color }) => {
    return { color, counts: countsOf(value, bins, range) };
  });
  const most = Math.max(...counted.flatMap(({ counts }) => counts.map(({ y2 }) => y2)));
  return await draw("histogram", frame, {
    x: { domain: range },
    y: { domain: [0, most], grid: true },
    legend: named.map(({ name }) => name),
    marks: (plot) => [
      ...counted.map(({ counts, color }) =>
        plot.rect(counts, {
          x1: "x1",
          x2: "x2",
          y1: "y1",
          y2: "y2",
          fill: color,
          fillOpacity: named.length > 1 ? 0.6 : 1,
          insetLeft: 0.5,
          insetRight: 0.5,
        })
      ),
      plot.ruleY([0]),
    ],
  });
}

/** Returns the least and the greatest of all values; equal values get an interval of width 1. */
function rangeOf(series: readonly (readonly number[])[]): [least: number, greatest: number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const values of series) {
    for (const value of values) {
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  }
  return least < greatest ? [least, greatest] : [least - 0.5, greatest + 0.5];
}

/** Counts the values in each interval; the last one has both of its ends. */
function countsOf(
  values: readonly number[],
  bins: number,
  [least, greatest]: readonly [number, number],
): Bin[] {
  const counts = new Array<number>(bins).fill(0);
  const width = greatest - least;
  for (const value of values) {
    counts[Math.min(Math.floor((value - least) / width * bins), bins - 1)]++;
  }
  const edge = (i: number): number => least + width * i / bins;
  return counts.map((count, i) => ({ x1: edge(i), x2: edge(i + 1), y1: 0 as const, y2: count }))
    .filter(({ y2 }) => y2 > 0);
}

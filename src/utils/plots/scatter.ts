/**
 * Points.
 *
 * @module
 */

import { checkArguments, readOptions } from "../../checks.ts";
import {
  axisOf,
  checkColors,
  colorOf,
  draw,
  FRAME,
  type Plot,
  type PlotOptions,
  type Scale,
} from "./draw.ts";
import type { Figure } from "./figure.ts";
import { type Labels, type Point, type Points, readLabels, readPoints } from "./values.ts";

/** Options of `scatter`. */
export interface ScatterOptions extends PlotOptions {
  /** A label for each point, which determines its colour: whole numbers, or names. */
  readonly labels?: Labels;
  /** Horizontal axis: `linear` (default) or `log`. */
  readonly xScale?: Scale;
  /** Vertical axis: `linear` (default) or `log`. */
  readonly yScale?: Scale;
}

/**
 * Draws points, in colours by their labels.
 *
 * @param points a list of pairs `[x, y]`, or a tensor `[n, 2]`
 * @param options `labels`, `xScale`, `yScale`, `title`, `xLabel`, `yLabel`, `width`, `height`
 * @returns the figure
 * @throws {ShapeError} if these are no pairs, or there is not one label for each
 * @throws {ValueError} if a coordinate is not finite, or not above 0 on a logarithmic axis
 * @throws {LibraryError} if the packages for plots cannot be loaded
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const points = tensor([[0, 1], [2, 3], [4, 1]]);
 * const figure = await plots.scatter(points, { labels: ["cat", "dog", "cat"] });
 * assertStringIncludes(figure.svg, "dog");
 * ```
 */
export async function scatter(points: Points, options?: ScatterOptions): Promise<Figure> {
  checkArguments("scatter", arguments, 2);
  const { labels, xScale, yScale, ...frame } = readOptions("scatter", options, {
    ...FRAME,
    labels: undefined,
    xScale: "linear",
    yScale: "linear",
  });
  const read = readPoints("draw", "points", points);
  const xAxis = axisOf("draw points", "x", read.map(([x]) => x), xScale);
  const yAxis = axisOf("draw points", "y", read.map(([, y]) => y), yScale);
  const { texts, classes } = labels === undefined
    ? { texts: read.map(() => ""), classes: [""] }
    : readLabels("draw", labels, read.length);
  checkColors("draw points of", classes.length, "labels");
  return await draw("scatter", frame, {
    x: { ...xAxis, grid: true },
    y: { ...yAxis, grid: true },
    legend: classes,
    marks: (plot) => [dots(plot, read, texts.map((text) => classes.indexOf(text)))],
  });
}

/** Returns points in the colours of their classes, each with an edge that keeps it apart from others. */
export function dots(plot: Plot, points: readonly Point[], classes: readonly number[]): object {
  return plot.dot(points.map(([x, y], i) => ({ x, y, color: colorOf(classes[i]) })), {
    x: "x",
    y: "y",
    fill: "color",
    stroke: "#ffffff",
    strokeWidth: 0.75,
    r: points.length > 300 ? 2.5 : 3.5,
  });
}

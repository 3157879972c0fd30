/**
 * Curves.
 *
 * @module
 */

import { checkArguments, checkList, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import {
  axisOf,
  checkColors,
  draw,
  FRAME,
  type PlotOptions,
  type Scale,
  withColors,
} from "./draw.ts";
import type { Figure } from "./figure.ts";
import {
  describe,
  isPoints,
  type Named,
  type Point,
  type Points,
  readNamed,
  readPoints,
  readValues,
  type Values,
} from "./values.ts";

/** Options of `line`. */
export interface LineOptions extends PlotOptions {
  /** Places of the values on the horizontal axis; default 0, 1, 2, … */
  readonly x?: Values;
  /** Horizontal axis: `linear` (default) or `log`. */
  readonly xScale?: Scale;
  /** Vertical axis: `linear` (default) or `log`. */
  readonly yScale?: Scale;
  /** Names of series, such as measurements, whose points are drawn without a line; default none. */
  readonly points?: readonly string[];
}

/** Curves of at most so many points show each point. */
const FEW = 20;

/** Curves of more points are thin, since they are often noisy. */
const MANY = 300;

/**
 * Draws curves, such as losses.
 *
 * A series is a list of values, or of points `[x, y]` for series that are not measured at the same
 * places. Curves with more points than can be seen keep the extremes of each pixel.
 *
 * @param series values or points, or several of these by name
 * @param options `x`, `xScale`, `yScale`, `points`, `title`, `xLabel`, `yLabel`, `width`, `height`
 * @returns the figure
 * @throws {ShapeError} if lists of values have different lengths
 * @throws {ValueError} if a value is not finite, or not above 0 on a logarithmic axis, or if `points`
 *   names no series
 * @throws {LibraryError} if the packages for plots cannot be loaded
 * @example
 * ```ts
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const train = [2.3, 0.9, 0.5, 0.3];
 * const test = [2.2, 1.0, 0.7, 0.6];
 * const figure = await plots.line({ train, test }, {
 *   title: "Learning digits",
 *   xLabel: "epoch",
 *   yLabel: "loss",
 *   yScale: "log",
 * });
 * assertStringIncludes(figure.svg, "Learning digits");
 * ```
 */
export async function line(
  series: Values | Points | Readonly<Record<string, Values | Points>>,
  options?: LineOptions,
): Promise<Figure> {
  checkArguments("line", arguments, 2);
  const { x, xScale, yScale, points, ...frame } = readOptions("line", options, {
    ...FRAME,
    x: undefined,
    xScale: "linear",
    yScale: "linear",
    points: [] as readonly string[],
  });
  const named = readNamed<Values | Points>("draw a line of", series);
  checkColors("draw", named.length, "lines");
  checkNames(named, points);
  const curves = readCurves(named, x);
  const all = curves.flatMap(({ value }) => value);
  const xAxis = axisOf("draw a line", "x", all.map(([x]) => x), xScale);
  const yAxis = axisOf("draw a line", "y", all.map(([, y]) => y), yScale);
  return await draw("line", frame, {
    x: xAxis,
    y: { ...yAxis, grid: true },
    legend: named.map(({ name }) => name),
    marks: (plot) =>
      withColors(curves).flatMap(({ color, name, value }) => {
        if (points.includes(name)) return [plot.dot(value, { fill: color, r: 3 })];
        const shown = thinned(value, 2 * frame.width);
        const strokeWidth = shown.length > MANY ? 1.25 : 2;
        return [
          plot.line(shown, { stroke: color, strokeWidth }),
          ...(shown.length <= FEW ? [plot.dot(shown, { fill: color, r: 3 })] : []),
        ];
      }),
  });
}

/** Rejects `points` that are not names of series. */
function checkNames(
  series: readonly Named<Values | Points>[],
  points: readonly string[],
): void {
  checkList("draw points of", points);
  const names = series.map(({ name }) => name);
  const unknown = points.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ValueError(
    `Cannot draw the points of ${describe(unknown)}: no series has that name; choose ${
      names.map(describe).join(", ")
    }`,
  );
}

/** Returns the points of each curve. */
function readCurves(
  named: readonly Named<Values | Points>[],
  x: Values | undefined,
): Named<Point[]>[] {
  const places = x === undefined ? undefined : readValues("draw a line over", "x", x);
  let [count, first] = [places?.length, "x"];
  return named.map(({ name, value }) => {
    if (isPoints(value)) return { name, value: readPoints("draw a line of", name, value) };
    const values = readValues("draw a line of", name, value);
    if (count !== undefined && values.length !== count) {
      throw new ShapeError(
        `Cannot draw a line of ${describe(name)} with ${values.length} values: ${
          describe(first)
        } has ${count}; give points [x, y] for series that are measured at different places`,
      );
    }
    if (count === undefined) [count, first] = [values.length, name];
    return { name, value: values.map((y, i): Point => [places?.[i] ?? i, y]) };
  });
}

/**
 * Returns a curve of at most about `most` points: of each piece of equal length it keeps the first, the
 * least, the greatest and the last.
 */
function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const size = Math.ceil(4 * points.length / most);
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += size) {
    const piece = points.slice(start, start + size);
    const ys = piece.map(([, y]) => y);
    const places = [0, ys.indexOf(Math.min(...ys)), ys.indexOf(Math.max(...ys)), piece.length - 1];
    for (const i of [...new Set(places)].sort((a, b) => a - b)) kept.push(piece[i]);
  }
  return kept;
}

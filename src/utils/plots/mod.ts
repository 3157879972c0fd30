/**
 * Plots: curves, points, histograms, bars and decision boundaries as SVG, drawn by Observable Plot.
 *
 * The first figure imports the packages `@observablehq/plot` and, outside of pages, `linkedom`. Deno
 * gets them by itself; for Bun and Node add them to the project.
 *
 * @example
 * ```ts
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const figure = await plots.line({ train: [2.3, 0.9, 0.5], test: [2.2, 1.1, 0.8] }, {
 *   xLabel: "epoch",
 *   yLabel: "loss",
 * });
 * assertStringIncludes(figure.svg, "<svg"); // figure.save("curve.svg") writes it
 * ```
 *
 * @module
 */

export { bars } from "./bars.ts";
export { decisionBoundary, type DecisionBoundaryOptions } from "./decision_boundary.ts";
export type { PlotOptions, Scale } from "./draw.ts";
export { Figure } from "./figure.ts";
export { histogram, type HistogramOptions } from "./histogram.ts";
export { line, type LineOptions } from "./line.ts";
export { scatter, type ScatterOptions } from "./scatter.ts";
export type { Labels, Point, Points, Values } from "./values.ts";

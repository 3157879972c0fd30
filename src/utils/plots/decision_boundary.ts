/**
 * The regions of a classifier.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { checkArguments, checkKind, checkTensors, readOptions } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { Module } from "../../nn/module.ts";
import { formatShape } from "../../shape.ts";
import { fromValues } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkColors, colorOf, draw, FRAME, type PlotOptions } from "./draw.ts";
import type { Figure } from "./figure.ts";
import { dots } from "./scatter.ts";
import { type Point, type Points, readPoints, readValues, type Values } from "./values.ts";

/** Options of `decisionBoundary`. */
export interface DecisionBoundaryOptions extends PlotOptions {
  /**
   * For models with one score: a greater score means the greater label. Default 0, for logits; 0.5 is
   * that of probabilities.
   */
  readonly threshold?: number;
}

/** The model is asked at so many places, in columns and rows. */
const COLUMNS = 160;
const ROWS = 100;

/** The plane that is shown. */
interface Plane {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
}

/**
 * Draws the points of a data set, and behind them the class that a model gives to each place.
 *
 * A model with a score for each class gives the class of the greatest one; a model with one score gives
 * the greater label where that is above `threshold`. Modules are asked in evaluation mode.
 *
 * @param model a module or a function that takes points `[n, 2]`, and returns scores `[n, classes]`,
 *   `[n, 1]` or `[n]`
 * @param points a list of pairs `[x, y]`, or a tensor `[n, 2]`
 * @param labels for each point its class, from 0; with one score 0 and 1, or −1 and 1
 * @param options `threshold`, `title`, `xLabel`, `yLabel`, `width`, `height`
 * @returns the figure
 * @throws {ShapeError} if the model returns something else, or there is not one label for each point
 * @throws {ValueError} if a score is not finite, or a label is no class
 * @throws {LibraryError} if the packages for plots cannot be loaded
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const model = new nn.Linear(2, 3);
 * const points = tensor([[0, 1], [2, 3], [4, 1]]);
 * const figure = await plots.decisionBoundary(model, points, [0, 1, 2]);
 * assertStringIncludes(figure.svg, "contour");
 * ```
 */
export async function decisionBoundary(
  model: (points: Tensor) => Tensor,
  points: Points,
  labels: Values,
  options?: DecisionBoundaryOptions,
): Promise<Figure> {
  checkArguments("decisionBoundary", arguments, 4);
  const { threshold, ...frame } = readOptions("decisionBoundary", options, {
    ...FRAME,
    threshold: 0,
  });
  checkKind(
    "draw a decision boundary",
    model,
    typeof model === "function",
    "a module or a function",
  );
  if (!Number.isFinite(threshold)) {
    throw new ValueError(
      `Cannot draw a decision boundary with threshold ${threshold}: use a finite number`,
    );
  }
  const read = readPoints("draw", "points", points);
  const classes = readValues("draw", "labels", labels);
  if (classes.length !== read.length) {
    throw new ShapeError(
      `Cannot draw ${read.length} points with ${classes.length} labels: give one for each point`,
    );
  }
  const plane = planeAround(read);
  const scores = readScores(ask(model, plane), threshold);
  // With one score, −1 stands for 0 in many data sets.
  const names = scores.length === 2 && classes.includes(-1) ? [-1, 1] : scores.map((_, i) => i);
  checkColors("draw", scores.length, "classes");
  const indices = classes.map((label) => indexOf(label, names));
  return await draw("decisionBoundary", frame, {
    x: { domain: [plane.x1, plane.x2] },
    y: { domain: [plane.y1, plane.y2] },
    legend: names.map(String),
    marks: (plot) => [
      ...scores.map((score, i) =>
        plot.contour(score, {
          ...plane,
          width: COLUMNS,
          height: ROWS,
          thresholds: [0],
          fill: colorOf(i),
          fillOpacity: 0.3,
        })
      ),
      dots(plot, read, indices),
    ],
  });
}

function indexOf(label: number, names: readonly number[]): number {
  const index = names.indexOf(label);
  if (index >= 0) return index;
  throw new ValueError(
    `Cannot draw a point with label ${label}: the model has the classes ${
      names.join(", ")
    }; give ` +
      `labels from 0`,
  );
}

/** Returns the plane with all points, and a little around them. */
function planeAround(points: readonly Point[]): Plane {
  const range = (axis: 0 | 1): [number, number] => {
    let [least, greatest] = [Infinity, -Infinity];
    for (const point of points) {
      least = Math.min(least, point[axis]);
      greatest = Math.max(greatest, point[axis]);
    }
    const around = 0.08 * (greatest - least) || 1;
    return [least - around, greatest + around];
  };
  const [[x1, x2], [y1, y2]] = [range(0), range(1)];
  return { x1, x2, y1, y2 };
}

/** Returns what a model says about places in the plane, in rows from the bottom. */
function ask(model: (points: Tensor) => Tensor, { x1, x2, y1, y2 }: Plane): Tensor {
  const places = new Float32Array(2 * COLUMNS * ROWS);
  for (let i = 0; i < COLUMNS * ROWS; i++) {
    places[2 * i] = x1 + (x2 - x1) * (i % COLUMNS + 0.5) / COLUMNS;
    places[2 * i + 1] = y1 + (y2 - y1) * (Math.floor(i / COLUMNS) + 0.5) / ROWS;
  }
  const modules = model instanceof Module ? [...model.modules()] : [];
  const modes = modules.map((module) => [module, module.training] as const);
  try {
    for (const module of modules) module.training = false;
    const dtype = modules[0]?.parameters().next().value?.dtype ?? "float32";
    return noGrad(() => model(fromValues(places, [COLUMNS * ROWS, 2], dtype)));
  } finally {
    for (const [module, training] of modes) module.training = training;
  }
}

/** Returns for each class numbers that are positive where the model gives that class. */
function readScores(output: Tensor, threshold: number): Float64Array[] {
  checkTensors("draw a decision boundary", output);
  const count = COLUMNS * ROWS;
  const [rows, classes = 1, ...others] = output.shape;
  if (rows !== count || classes < 1 || others.length > 0 || !isFloat(output.dtype)) {
    throw new ShapeError(
      `Cannot draw a decision boundary of ${output.dtype} ${
        formatShape(output.shape)
      } for ${count} ` +
        `points: the model must return float scores [n, classes], [n, 1] or [n]`,
      output.shape,
    );
  }
  const data = output.data;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    throw new ValueError(`Cannot draw a decision boundary of a score that is ${data[i]}`);
  }
  if (classes === 1) {
    const above = Float64Array.from(data, (score) => score - threshold);
    return [above.map((score) => -score), above];
  }
  return Array.from({ length: classes }, (_, k) =>
    Float64Array.from({ length: count }, (_, i) => {
      let greatest = -Infinity;
      for (let j = 0; j < classes; j++) {
        if (j !== k) greatest = Math.max(greatest, data[i * classes + j]);
      }
      return data[i * classes + k] - greatest;
    }));
}

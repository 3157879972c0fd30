/**
 * Named numbers.
 *
 * @module
 */

import { checkArguments, readOptions } from "../../checks.ts";
import { colorOf, draw, FRAME, margins, type PlotOptions } from "./draw.ts";
import type { Figure } from "./figure.ts";
import { readNamed, readValues, type Values } from "./values.ts";

/** Names longer than this are cut. */
const LONGEST = 28;

/**
 * Draws a bar for each of several numbers, one below the other, with their names at the left: the
 * probabilities of classes, the times of programs.
 *
 * @param values numbers by name; or a list, whose names are 0, 1, 2, …
 * @param options `title`, `xLabel`, `yLabel`, `width`, `height` (default as the number of bars needs)
 * @returns the figure
 * @throws {ValueError} if a value is not finite
 * @throws {LibraryError} if the packages for plots cannot be loaded
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const figure = await plots.bars({ cat: 0.7, dog: 0.2, horse: 0.1 });
 * assertStringIncludes(figure.svg, "horse");
 * await plots.bars(tensor([2, 1, 0]).softmax(0), { xLabel: "probability" });
 * ```
 */
export async function bars(
  values: Values | Readonly<Record<string, number>>,
  options?: PlotOptions,
): Promise<Figure> {
  checkArguments("bars", arguments, 2);
  const { height, ...frame } = readOptions("bars", options, { ...FRAME, height: undefined });
  const rows = readRows(values);
  const numbers = rows.map(({ value }) => value);
  const { marginTop, marginBottom } = margins(frame);
  const around = marginTop + marginBottom + (frame.title === undefined ? 0 : 20);
  return await draw("bars", {
    ...frame,
    height: height ?? Math.max(120, around + 24 * rows.length),
  }, {
    x: { domain: [Math.min(0, ...numbers), Math.max(0, ...numbers)], grid: true },
    y: { type: "band", domain: rows.map(({ name }) => name), padding: 0.2, tickSize: 0 },
    marks: (plot) => [
      plot.barX(rows, { x: "value", y: "name", fill: colorOf(0) }),
      plot.ruleX([0]),
    ],
  });
}

function readRows(
  values: Values | Readonly<Record<string, number>>,
): { name: string; value: number }[] {
  const named = readNamed<Values | number>("draw bars of", values);
  const isList = named[0].name === "" && typeof named[0].value !== "number";
  const numbers = readValues(
    "draw bars of",
    "",
    isList ? named[0].value as Values : named.map(({ value }) => value as number),
  );
  return numbers.map((value, i) => {
    const name = isList ? String(i) : named[i].name;
    return { name: name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name, value };
  });
}

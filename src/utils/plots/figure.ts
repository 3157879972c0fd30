/**
 * A drawn plot.
 *
 * @module
 */

import { checkArguments, guardMembers } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { writeAtomic } from "../files.ts";

/**
 * A plot as the text of an SVG file, which needs no other file, and is light or dark as its reader is.
 * The same numbers give the same text in Deno, Bun and Node. Notebooks show it.
 *
 * @example
 * ```ts
 * import * as plots from "@gradus/gradus/plots";
 * import { assertStringIncludes } from "@std/assert";
 * import { readFileSync, rmSync } from "node:fs";
 *
 * const figure = await plots.line([2.3, 0.9, 0.5], { yLabel: "loss" });
 * figure.save("example_curve.svg");
 * assertStringIncludes(readFileSync("example_curve.svg", "utf8"), "loss");
 * rmSync("example_curve.svg");
 * ```
 */
export class Figure {
  /** The text of the file. */
  readonly svg: string;

  /**
   * Makes a figure of a drawing.
   *
   * @param svg the text of the file
   */
  constructor(svg: string) {
    checkArguments("make Figure", arguments, 1);
    this.svg = svg;
  }

  /**
   * Saves the figure. The file is the old one or all of the new one.
   *
   * @param path the file, whose name ends in `.svg`
   * @throws {FileAccessError} if the file cannot be written
   */
  save(path: string | URL): void {
    checkArguments("save", arguments, 1);
    if (!/\.svg$/i.test(String(path))) {
      throw new ValueError(
        `Cannot save a figure as ${path}: figures are written as SVG; end the name with .svg`,
      );
    }
    writeAtomic(path, new TextEncoder().encode(this.svg));
  }

  /** Returns the text of the file. */
  toString(): string {
    return this.svg;
  }

  /** Returns the figure that a notebook shows. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return { "image/svg+xml": this.svg };
  }
}

guardMembers(Figure);

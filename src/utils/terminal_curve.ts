/**
 * Curves for terminals.
 *
 * @module
 */

import { checkArguments, checkType, checkWhole, guardMembers, readOptions } from "../checks.ts";

/** Options of `TerminalCurve.draw`. */
export interface TerminalCurveOptions {
  /** Width in characters; default that of the terminal, 79 at most. */
  readonly columns?: number;
  /** Height in lines; default 8, and one more for the horizontal axis. */
  readonly rows?: number;
}

/** Twice as many means are kept at most; more cannot be seen in a terminal. */
const MEANS = 256;

/** Labels have room for so many letters, so that a curve stays in its place while it grows. */
const LABEL = 6;

/** The bits of a letter of braille, by the row and the column of the dot. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/**
 * A curve that grows while a program runs, such as its loss, drawn with letters of braille.
 *
 * ```text
 *  2.3 ┤⡇
 *      │⢱
 *      │ ⠣⡀
 * 0.05 ┤  ⠑⠤⣀⣀⡀
 *      └────────
 *       1    470
 * ```
 *
 * Its memory does not grow: of a long curve it keeps means of equally many values. Values that are not
 * finite leave a gap.
 *
 * @example
 * ```ts
 * import { ProgressBar, TerminalCurve } from "@gradus/gradus/utils";
 * import { assertEquals } from "@std/assert";
 *
 * const bar = new ProgressBar();
 * const curve = new TerminalCurve();
 * for (let step = 1; step <= 100; step++) {
 *   curve.add(1 / step);
 *   bar.update(step, 100, () => `loss ${1 / step}\n${curve}`); // below the bar
 * }
 * bar.clear();
 * assertEquals(`${curve}`.split("\n").length, 10);
 * ```
 */
export class TerminalCurve {
  #means: number[] = [];
  /** Number of values behind each mean. */
  #size = 1;
  #sum = 0;
  #count = 0;
  #total = 0;

  /** Makes a curve without values. */
  constructor() {
    checkArguments("make TerminalCurve", arguments, 0);
  }

  /**
   * Adds the next value.
   *
   * @param value the value
   */
  add(value: number): void {
    checkArguments("add", arguments, 1);
    checkType("add", "value", value, "number");
    this.#total++;
    this.#sum += value;
    if (++this.#count < this.#size) return;
    this.#means.push(this.#sum / this.#size);
    [this.#sum, this.#count] = [0, 0];
    if (this.#means.length < 2 * MEANS) return;
    const old = this.#means;
    this.#means = Array.from({ length: MEANS }, (_, i) => (old[2 * i] + old[2 * i + 1]) / 2);
    this.#size *= 2;
  }

  /**
   * Draws the curve.
   *
   * @param options `columns`, `rows`
   * @returns lines of text without one at the end; "" if there is no finite value
   */
  draw(options?: TerminalCurveOptions): string {
    checkArguments("draw", arguments, 1);
    const terminal = globalThis.process?.stderr?.columns || 80;
    const { columns, rows } = readOptions("draw", options, {
      columns: Math.min(79, terminal - 1),
      rows: 8,
    });
    checkWhole(`draw a curve of ${columns} columns`, columns, 1);
    checkWhole(`draw a curve of ${rows} rows`, rows, 2);
    const values = this.#count > 0 ? [...this.#means, this.#sum / this.#count] : this.#means;
    const finite = values.filter(Number.isFinite);
    if (finite.length === 0) return "";
    const [least, greatest] = [Math.min(...finite), Math.max(...finite)];
    const labels = labelsOf(least, greatest, rows);
    const left = Math.max(LABEL, ...labels.map((label) => label.length));
    const width = Math.max(8, columns - left - 2);
    const lines = braille(values, least, greatest, width, rows).map((line, i) =>
      `${labels[i].padStart(left)} ${labels[i] === "" ? "│" : "┤"}${line}`.trimEnd()
    );
    const margin = " ".repeat(left + 1);
    const last = String(this.#total);
    return [...lines, `${margin}└${"─".repeat(width)}`, `${margin} 1${last.padStart(width - 1)}`]
      .join("\n");
  }

  /** Returns the curve as {@link TerminalCurve.draw} draws it without options. */
  toString(): string {
    return this.draw();
  }
}

guardMembers(TerminalCurve);

/** Returns the text in front of each row: the greatest value, the least, and one between. */
function labelsOf(least: number, greatest: number, rows: number): string[] {
  const labels = new Array<string>(rows).fill("");
  const middle = Math.floor(rows / 2);
  if (least === greatest) {
    labels[middle] = short(least, 3);
    return labels;
  }
  // As many digits as tell the labels apart, three at least.
  const size = Math.max(Math.abs(least), Math.abs(greatest));
  const digits = Math.max(3, Math.min(9, 2 + Math.ceil(Math.log10(size / (greatest - least)))));
  // A row has four dots; the value of its middle stands for it.
  const share = (4 * middle + 1.5) / (4 * rows - 1);
  if (rows > 4) labels[middle] = short(greatest + (least - greatest) * share, digits);
  labels[0] = short(greatest, digits);
  labels[rows - 1] = short(least, digits);
  return labels;
}

function short(value: number, digits: number): string {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-3 && size < 1e6);
  return isPlain ? String(Number(value.toPrecision(digits))) : value.toExponential(1);
}

/** Draws values from the left to the right, and from the greatest at the top to the least. */
function braille(
  values: readonly number[],
  least: number,
  greatest: number,
  width: number,
  rows: number,
): string[] {
  const cells = Array.from({ length: rows }, () => new Uint8Array(width));
  const bottom = 4 * rows - 1;
  let before = NaN;
  for (let x = 0; x < 2 * width; x++) {
    const value = between(values, x / (2 * width - 1) * (values.length - 1));
    const share = least === greatest ? 0.5 : (greatest - value) / (greatest - least);
    const y = Math.round(share * bottom);
    if (Number.isFinite(value)) {
      // A steep curve has a dot in each row that it crosses.
      const [top, low] = y < before ? [y, before - 1] : y > before ? [before + 1, y] : [y, y];
      for (let row = top; row <= low; row++) cells[row >> 2][x >> 1] |= DOTS[row & 3][x & 1];
    }
    before = Number.isFinite(value) ? y : NaN;
  }
  return cells.map((row) =>
    Array.from(row, (bits) => bits === 0 ? " " : String.fromCharCode(0x2800 + bits)).join("")
  );
}

/** Returns the value at a place between two values, on the straight line through them. */
function between(values: readonly number[], place: number): number {
  const i = Math.floor(place);
  const share = place - i;
  return share === 0 ? values[i] : values[i] * (1 - share) + values[i + 1] * share;
}

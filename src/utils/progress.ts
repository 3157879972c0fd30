/**
 * A progress bar for terminals.
 *
 * @module
 */

/** A stream on which a {@link ProgressBar} draws, such as `process.stderr`. */
export interface ProgressStream {
  /** True if this is a terminal; nothing is drawn elsewhere. */
  readonly isTTY?: boolean;
  /** The width of the terminal in characters; 80 if it is not known. */
  readonly columns?: number;
  /** Prints `text` as it is. */
  write(text: string): unknown;
}

/** A stream for runtimes without a terminal, such as browsers. */
const NOWHERE: ProgressStream = { write: () => {} };

const BAR_CHARACTERS = 24;

/** Milliseconds between two drawings: ten a second look smooth and cost next to nothing. */
const INTERVAL = 100;

/** Carriage return, then "erase the line". */
const ERASE_LINE = "\r\x1b[2K";

/**
 * One line of a terminal that is drawn again and again: a bar, the percentage and any text.
 *
 * ```text
 * ██████████████░░░░░░░░░░  58%  loss 0.4312  12,345 images/s  3 s left
 * ```
 *
 * When the stream is not a terminal nothing is printed at all, so that logs stay clean. In Deno it
 * needs no permission.
 *
 * @example
 * ```ts
 * import { ProgressBar } from "@gradus/gradus/utils";
 * import { assert } from "@std/assert";
 *
 * const lines: string[] = [];
 * const terminal = { isTTY: true, columns: 60, write: (text: string) => lines.push(text) };
 * const bar = new ProgressBar(terminal); // or process.stderr, the default
 * for (let done = 1; done <= 4; done++) bar.update(done, 4, `loss ${1 / done}`);
 * bar.clear();
 * assert(lines.some((line) => line.endsWith("100%  loss 0.25")));
 * ```
 */
export class ProgressBar {
  readonly #stream: ProgressStream;
  #lastDrawing = -Infinity;
  #drawn = false;

  /**
   * Makes a bar that is not drawn yet.
   *
   * @param stream the stream; `process.stderr` by default, which leaves the output alone
   */
  constructor(stream: ProgressStream = globalThis.process?.stderr ?? NOWHERE) {
    this.#stream = stream;
  }

  /**
   * Draws the bar, at most ten times a second; the end (`done` = `total`) is always drawn.
   *
   * @param done the amount done
   * @param total the whole amount; without it there is no bar, only the text
   * @param suffix text behind the percentage, cut where the terminal ends
   */
  update(done: number, total: number | undefined, suffix = ""): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#lastDrawing < INTERVAL && done !== total) return;
    this.#lastDrawing = now;
    this.#drawn = true;
    const line = total === undefined ? suffix : `${bar(done, total)}  ${suffix}`.trimEnd();
    // A line that fills the last column would wrap, and could then not be drawn over.
    const columns = (this.#stream.columns || 80) - 1;
    this.#stream.write(ERASE_LINE + line.slice(0, columns));
  }

  /** Takes the bar off the screen, so that the next text starts on an empty line. */
  clear(): void {
    if (this.#drawn) this.#stream.write(ERASE_LINE);
    this.#drawn = false;
    this.#lastDrawing = -Infinity;
  }
}

function bar(done: number, total: number): string {
  // Nothing to do is done.
  const fraction = total > 0 ? Math.min(Math.max(done / total, 0), 1) : 1;
  const full = Math.floor(fraction * BAR_CHARACTERS);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(5);
  return "█".repeat(full) + "░".repeat(BAR_CHARACTERS - full) + percent;
}

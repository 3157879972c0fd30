/**
 * A progress bar for terminals and notebooks.
 *
 * @module
 */

import { checkArguments, checkKind, guardMembers } from "../checks.ts";

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

/** Sends a message to the page of the notebook. */
type Broadcast = (type: string, content: Record<string, unknown>) => Promise<unknown>;

/** Returns the way to the notebook that runs this, if one does; asking elsewhere is an error in Deno. */
function notebook(): Broadcast | undefined {
  const { Deno } = globalThis as { Deno?: { jupyter?: { broadcast?: Broadcast } } };
  try {
    return Deno?.jupyter?.broadcast;
  } catch {
    return undefined;
  }
}

/** Makes a stream that shows its last lines in the cell of a notebook that wrote first. */
export function cellStream(broadcast: Broadcast): ProgressStream {
  const transient = { display_id: crypto.randomUUID() };
  let type = "display_data";
  return {
    isTTY: true,
    write(text: string): void {
      const data = { "text/plain": withoutControls(text) };
      void broadcast(type, { data, metadata: {}, transient });
      type = "update_display_data";
    },
  };
}

/** Returns text without the sequences that move the cursor and erase. */
function withoutControls(text: string): string {
  const [first, ...others] = text.replaceAll("\r", "").split("\x1b");
  return [first, ...others.map((part) => part.replace(/^\[\d*[A-Z]/, ""))].join("");
}

/** Returns the stream of bars that are given none. */
function defaultStream(): ProgressStream {
  const broadcast = notebook();
  if (broadcast !== undefined) return cellStream(broadcast);
  return globalThis.process?.stderr ?? NOWHERE;
}

const BAR_CHARACTERS = 24;

/** Milliseconds between two drawings: ten a second look smooth and cost next to nothing. */
const INTERVAL = 100;

/** Carriage return, then "erase the line". */
const ERASE_LINE = "\r\x1b[2K";

/** Erases from here to the end of the screen. */
const ERASE_BELOW = "\x1b[J";

/**
 * A line of a terminal or a notebook that is drawn again and again: a bar, the percentage and any text.
 *
 * ```text
 * ██████████████░░░░░░░░░░  58%  loss 0.4312  12,345 images/s  3 s left
 * ```
 *
 * When the stream is not a terminal nothing is printed at all, so that logs stay clean. In Deno it
 * needs no permission. In a notebook of Deno the bar stays in the cell that drew it first; make one
 * for each cell.
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
  /** Number of lines that are on the screen. */
  #lines = 0;

  /**
   * Makes a bar that is not drawn yet.
   *
   * @param stream the stream; by default the cell of the notebook, otherwise `process.stderr`, which
   *   leaves the output alone
   */
  constructor(stream: ProgressStream = defaultStream()) {
    checkArguments("make ProgressBar", arguments, 1);
    const isStream = typeof stream?.write === "function";
    checkKind("make ProgressBar", stream, isStream, "a stream, such as process.stderr");
    this.#stream = stream;
  }

  /**
   * Draws the bar, at most ten times a second; the end (`done` = `total`) is always drawn.
   *
   * @param done the amount done
   * @param total the whole amount; without it there is no bar, only the text
   * @param suffix text behind the percentage, or a function that returns it, which is called if it is
   *   drawn; further lines, such as a `TerminalCurve`, stand below the bar; cut where the terminal ends
   */
  update(done: number, total: number | undefined, suffix: string | (() => string) = ""): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#lastDrawing < INTERVAL && done !== total) return;
    this.#lastDrawing = now;
    const text = typeof suffix === "string" ? suffix : suffix();
    const shown = total === undefined ? text : `${bar(done, total)}  ${text}`;
    // A line that fills the last column would wrap, and could then not be drawn over.
    const columns = (this.#stream.columns || 80) - 1;
    const lines = shown.split("\n").map((line) => line.trimEnd().slice(0, columns));
    // In one piece, and each line over the old one, so that nothing flickers.
    const drawing = lines.map((line) => ERASE_LINE + line).join("\n");
    const shorter = lines.length < this.#lines ? ERASE_BELOW : "";
    const back = lines.length > 1 ? `\x1b[${lines.length - 1}A` : "";
    this.#stream.write(drawing + shorter + back);
    this.#lines = lines.length;
  }

  /** Takes the bar off the screen, so that the next text starts on an empty line. */
  clear(): void {
    if (this.#lines > 0) this.#stream.write(ERASE_LINE + (this.#lines > 1 ? ERASE_BELOW : ""));
    this.#lines = 0;
    this.#lastDrawing = -Infinity;
  }
}

guardMembers(ProgressBar);

function bar(done: number, total: number): string {
  // Nothing to do is done.
  const fraction = total > 0 ? Math.min(Math.max(done / total, 0), 1) : 1;
  const full = Math.floor(fraction * BAR_CHARACTERS);
  const percent = `${Math.floor(fraction * 100)}%`.padStart(5);
  return "█".repeat(full) + "░".repeat(BAR_CHARACTERS - full) + percent;
}

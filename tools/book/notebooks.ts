/**
 * Exports the pages of the book as Jupyter notebooks, beside the pages: cells of text and of code, with
 * the outputs that stand in the pages.
 *
 * Run with `deno task book:notebooks`; `deno task notebooks docs/book/*.ipynb` runs them in Deno's
 * kernel and compares the outputs.
 *
 * @module
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, isRun, outputOf, type Page, parsePage } from "./page.ts";

const BOOK = "docs/book";

/** A cell; its id is added later. */
interface Cell {
  readonly cell_type: "markdown" | "code";
  readonly source: readonly string[];
  readonly metadata: object;
  readonly execution_count?: null;
  readonly outputs?: readonly object[];
}

/** A notebook, as its file holds it. */
interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: object;
  readonly nbformat: number;
  readonly nbformat_minor: number;
}

/** Returns the lines as notebooks keep them: all but the last end with a line break. */
function sourceOf(lines: readonly string[]): string[] {
  return lines.join("\n").trim().split(/(?<=\n)/);
}

/** Statements after which the value of the one before them is still the value of the cell. */
const DECLARATION = /^(const|let|import|export|function|async function|class|type|interface) /;

/** Statements whose value is undefined, which is not shown. */
const SILENT = /^(console\.|await .*save\()/;

/** Returns code that leaves no value, since the kernel shows that. */
function silent(lines: readonly string[]): readonly string[] {
  const statements = lines.filter((line) => /^[\w([]/.test(line) && !DECLARATION.test(line));
  return SILENT.test(statements.at(-1) ?? "console.") ? lines : [...lines, "undefined;"];
}

/** Makes cells of a page's parts. */
class Cells {
  readonly cells: Cell[] = [];
  /** The summary of the answer that is open: a cell cannot hold the start of an element alone. */
  #answer: string | null = null;

  /** Adds text; what is hidden in the page is hidden in its cells. */
  addText(lines: readonly string[]): void {
    const shown = this.#answer === null
      ? []
      : ["<details>", `<summary>${this.#answer}</summary>`, ""];
    const empty = shown.length;
    for (const line of lines.slice(lines.findIndex((line) => line !== ""))) {
      const summary = /^<summary>(.*)<\/summary>$/.exec(line)?.[1];
      if (summary !== undefined) this.#answer = summary;
      if (line === "</details>") this.#answer = null;
      shown.push(line);
    }
    if (shown.slice(empty).every((line) => /^(<\/?details>|<summary>.*)?$/.test(line))) return;
    const text = shown.join("\n").trim() + (this.#answer === null ? "" : "\n\n</details>");
    this.cells.push({ cell_type: "markdown", source: sourceOf([text]), metadata: {} });
  }

  addCode({ lines, options }: Block, output: Block | undefined): void {
    const text = output?.lines.map((line) => `${line}\n`);
    const hidden = { jupyter: { source_hidden: true, outputs_hidden: true } };
    this.cells.push({
      cell_type: "code",
      source: sourceOf(silent(lines)),
      metadata: {
        ...(this.#answer === null ? {} : hidden),
        ...(options.has("varies") ? { tags: ["varies"] } : {}),
      },
      execution_count: null,
      outputs: text === undefined ? [] : [{ output_type: "stream", name: "stdout", text }],
    });
  }
}

/** Returns the notebook of a page. */
export function notebookOf(page: Page): Notebook {
  const cells = new Cells();
  let done = 0;
  for (const block of page.blocks.filter(isRun)) {
    const output = outputOf(page, block);
    cells.addText(page.lines.slice(done, block.start));
    cells.addCode(block, output);
    // A diagram stays as one that is drawn.
    done = output?.language === "text" ? output.end + 1 : block.end + 1;
  }
  cells.addText(page.lines.slice(done));
  return {
    cells: cells.cells.map((cell, i) => ({ ...cell, id: `cell-${i + 1}` })),
    metadata: {
      kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
      language_info: { file_extension: ".ts", name: "typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

function main(): void {
  for (const name of readdirSync(BOOK).filter((name) => /^[a-z\d].*\.md$/.test(name)).sort()) {
    const page = parsePage(name, readFileSync(join(BOOK, name), "utf8"));
    const path = join(BOOK, name.replace(/\.md$/, ".ipynb"));
    writeFileSync(path, JSON.stringify(notebookOf(page), null, 1) + "\n");
    console.log(path);
  }
}

if (import.meta.main) main();

/**
 * Reads and writes pages of the book: Markdown whose blocks of TypeScript are one program.
 *
 * @module
 */

/** A block between two fences of backticks. */
export interface Block {
  /** First word after the opening fence: `ts`, `text`, `mermaid`. */
  readonly language: string;
  /** The other words: `file=value.ts` has the value `value.ts`, `ignore` an empty one. */
  readonly options: ReadonlyMap<string, string>;
  /** Index of the line of the opening fence. */
  readonly start: number;
  /** Index of the line of the closing fence. */
  readonly end: number;
  readonly lines: readonly string[];
}

/** A page: its name, its lines, and their blocks. */
export interface Page {
  readonly name: string;
  readonly lines: readonly string[];
  readonly blocks: readonly Block[];
}

/** Returns the page of a Markdown file. */
export function parsePage(name: string, markdown: string): Page {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let start = 0; start < lines.length; start++) {
    const fence = /^(`{3,})([^`]*)$/.exec(lines[start]);
    if (fence === null) continue;
    const closing = new RegExp(`^${fence[1]}\`*\\s*$`);
    const end = lines.findIndex((line, i) => i > start && closing.test(line));
    if (end < 0) throw new Error(`${name}:${start + 1} opens a block that is never closed`);
    const [language, ...words] = fence[2].trim().split(/\s+/);
    const options = new Map(
      words.map((word) => [word, ""].join("=").split("=") as [string, string]),
    );
    blocks.push({ language, options, start, end, lines: lines.slice(start + 1, end) });
    start = end;
  }
  return { name, lines, blocks };
}

/** Returns true if the page's program runs `block`. */
export function isRun({ language, options }: Block): boolean {
  return language === "ts" && !options.has("ignore") && !options.has("file");
}

/** Returns the block of the output of `block`, which stands directly below it, if there is one. */
export function outputOf(page: Page, block: Block): Block | undefined {
  const next = page.blocks[page.blocks.indexOf(block) + 1];
  const isBelow = next?.language === (block.options.get("output") ?? "text") &&
    page.lines.slice(block.end + 1, next.start).every((line) => line === "");
  return isBelow ? next : undefined;
}

/** Stands in the output before that of each block. */
const MARK = "\u001e";

/** Prints as Node does in every runtime. */
const PRELUDE = 'import { format as $format } from "node:util"; const $log = console.log; ' +
  "console.log = (...values: unknown[]): void => $log($format(...values));";

/** Returns the program of a page. Each line has the number that it has in the page. */
export function programOf(page: Page): string {
  const program = page.lines.map(() => "");
  program[0] = PRELUDE;
  for (const { start, lines } of page.blocks.filter(isRun)) {
    program[start] = `console.log("${MARK}");`;
    program.splice(start + 1, lines.length, ...lines);
  }
  return program.join("\n");
}

/** Returns the Markdown of a page, with what its program printed below each block. */
export function withOutputs(page: Page, printed: string): string {
  const [before, ...outputs] = printed.split(`${MARK}\n`);
  if (before !== "") throw new Error(`${page.name}: an import prints ${JSON.stringify(before)}`);
  const lines: string[] = [];
  let done = 0;
  page.blocks.filter(isRun).forEach((block, i) => {
    const old = outputOf(page, block);
    lines.push(...page.lines.slice(done, block.end + 1));
    done = (old ?? block).end + 1;
    const isKept = old !== undefined && block.options.has("varies");
    const output = isKept ? old.lines.join("\n") : outputs[i].trimEnd().replace(/[^\S\n]+$/gm, "");
    const fence = "`".repeat(Math.max(3, ...output.matchAll(/`+/g).map(([s]) => s.length + 1)));
    const language = block.options.get("output") ?? "text";
    if (output !== "") lines.push("", fence + language, ...output.split("\n"), fence);
  });
  return [...lines, ...page.lines.slice(done)].join("\n");
}

/** Returns the names of the figures that a page links. */
export function figuresOf({ lines }: Page): string[] {
  return Array.from(lines.join("\n").matchAll(/\]\(figures\/([^)\s]+)/g), ([, name]) => name);
}

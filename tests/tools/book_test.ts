/** The runner of the book writes outputs, code and figures, and finds what differs. */

import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { notebookOf } from "../../tools/book/notebooks.ts";
import { figuresOf, isRun, parsePage, programOf, withOutputs } from "../../tools/book/page.ts";

const TOOL = fileURLToPath(new URL("../../tools/book.ts", import.meta.url));

/** A book in a folder of its own, and what its runner does there. */
class Book {
  readonly #root = mkdtempSync(join(tmpdir(), "gradus-book-"));

  constructor(files: Readonly<Record<string, string>>) {
    mkdirSync(this.#path("figures"), { recursive: true });
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  #path(name: string): string {
    return join(this.#root, "docs/book", name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.#path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.#path(name), "utf8");
  }

  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  run(...args: string[]): { status: number | null; error: string } {
    const flags = "Deno" in globalThis ? ["run", "--allow-all"] : [];
    const { status, stderr } = spawnSync(process.execPath, [...flags, TOOL, ...args], {
      cwd: this.#root,
      encoding: "utf8",
    });
    return { status, error: stderr };
  }

  [Symbol.dispose](): void {
    rmSync(this.#root, { recursive: true });
  }
}

const PAGE = `# Title

\`\`\`ts
import { two } from "./code/two.ts";
console.log("a", [two, -0]);
\`\`\`

\`\`\`text
old
\`\`\`

\`\`\`ts file=two.ts
export const two: number = 2;
\`\`\`

<details>

\`\`\`ts
console.log("last");
\`\`\`

</details>
`;

test("a page's program has the lines of the page, and its output goes below each block", () => {
  const page = parsePage("a.md", PAGE);
  assertEquals(page.blocks.map(isRun), [true, false, false, true]);
  const program = programOf(page).split("\n");
  PAGE.split("\n").forEach((line, i) => {
    if (line.startsWith("console.log")) assertEquals(program[i], line);
  });
  const written = withOutputs(page, "\u001e\na [ 2, -0 ]  \n\n\u001e\n");
  assertEquals(written, PAGE.replace("old", "a [ 2, -0 ]"));
  // A block that prints nothing any more loses its output.
  const gone = withOutputs(page, "\u001e\n\u001e\nlast\n");
  assert(!gone.includes("old"));
  assertStringIncludes(gone, "```\n\n```text\nlast\n```\n\n</details>");
});

test("blocks say how they are run and shown", () => {
  const page = parsePage(
    "a.md",
    "x\n```ts output=mermaid\na();\n```\n```ts varies\nb();\n```\n\n```text\n3 ms\n```\n" +
      "````md\n```ts\nno();\n```\n````\n```ts ignore\nno();\n```\n",
  );
  assertEquals(page.blocks.filter(isRun).flatMap((block) => block.lines), ["a();", "b();"]);
  const written = withOutputs(page, "\u001e\nflowchart ```\n\u001e\n4 ms\n");
  assertStringIncludes(written, "```\n\n````mermaid\nflowchart ```\n````\n");
  assertStringIncludes(written, "b();\n```\n\n```text\n3 ms\n```\n");
  assertThrows(() => parsePage("a.md", "x\n```ts\n"), Error, "a.md:2 opens a block");
  assertThrows(() => withOutputs(page, "loud\n\u001e\n"), Error, 'a.md: an import prints "loud');
  assertEquals(figuresOf(parsePage("a.md", "![a](figures/a.svg) [b](b.md)")), ["a.svg"]);
});

test("the runner writes a page, and then finds nothing to change", () => {
  using book = new Book({ "01_a.md": PAGE });
  assertEquals(book.run("--check").status, 1);
  assertEquals(book.read("01_a.md"), PAGE);
  assert(!book.has("code/two.ts"));
  assertEquals(book.run(), { status: 0, error: "" });
  assertStringIncludes(book.read("01_a.md"), "```text\na [ 2, -0 ]\n```");
  assertStringIncludes(book.read("code/two.ts"), "export const two: number = 2;\n");
  assertEquals(book.run("--check"), { status: 0, error: "" });
  assertStringIncludes(book.run("--chek").error, "Cannot run the page --chek: docs/book/ has none");

  book.write("code/two.ts", "export const two = 3;\n");
  const { status, error } = book.run("--check");
  assertEquals(status, 1);
  assertStringIncludes(error, "-export const two = 3;\n");
});

test("the runner names the line of a page that fails, and changes nothing", () => {
  const failing = PAGE.replace('console.log("last")', 'throw new Error("late")');
  using book = new Book({ "01_a.md": failing, "02_b.md": "# B\n\n```ts\nconsole.log(1);\n```\n" });
  const { status, error } = book.run();
  assertEquals(status, 1);
  assertStringIncludes(error, "late");
  assertStringIncludes(error, "docs/book/01_a.md:19:");
  assertEquals(book.read("01_a.md"), failing);
  assertStringIncludes(book.read("02_b.md"), "```text\n1\n```");

  book.write("01_a.md", PAGE.replace("number = 2", 'number = Number("2").missing()'));
  assertStringIncludes(book.run("01").error, "docs/book/01_a.md:13");
});

test("figures are those that the pages link and save", () => {
  const page = '# A\n\n```ts\nimport { writeFileSync } from "node:fs";\n' +
    'writeFileSync("figures/a.svg", "<svg/>");\n```\n\n![a](figures/a.svg)\n';
  using book = new Book({ "01_a.md": page });
  assertEquals(book.run(), { status: 0, error: "" });
  assertEquals(book.read("figures/a.svg"), "<svg/>");

  book.write("01_a.md", `${page}\n\`\`\`ts\nthrow new Error("late");\n\`\`\`\n`);
  const { error } = book.run("--check");
  assertStringIncludes(error, "docs/book/01_a.md:11");
  assertEquals(error.includes("figures/"), false);
  book.write("01_a.md", page);

  book.write("figures/a.svg", "<svg></svg>");
  assertStringIncludes(book.run("--check").error, "figures/a.svg differs");
  book.write("figures/old.svg", "<svg/>");
  assertStringIncludes(book.run("--check").error, "docs/book/figures/old.svg is linked by no page");
  book.write("01_a.md", page.replace("/a.svg)", "/b.svg)"));
  assertStringIncludes(book.run().error, "links figures/b.svg, but its program does not save it");
});

test("a notebook has the text, the code and the outputs of a page, and hides its answers", () => {
  const page = `# Title

\`\`\`ts
let i = 0;
i += 1;
console.log(i);
\`\`\`

\`\`\`text
1
\`\`\`

\`\`\`ts output=mermaid varies
i += 1;
const one = 1;
\`\`\`

\`\`\`mermaid
flowchart
\`\`\`

<details>
<summary>Answer 1</summary>

Two:

\`\`\`ts
const two = 2;
\`\`\`

Yes.

</details>
`;
  const cells = notebookOf(parsePage("a.md", page)).cells.map(({ source, outputs, metadata }) => [
    source.join(""),
    outputs?.map((output) => Object.values(output).at(-1).join("")),
    JSON.stringify(metadata),
  ]);
  const hidden = '{"jupyter":{"source_hidden":true,"outputs_hidden":true}}';
  const answer = (text: string): string =>
    `<details>\n<summary>Answer 1</summary>\n\n${text}\n\n</details>`;
  assertEquals(cells, [
    ["# Title", undefined, "{}"],
    ["let i = 0;\ni += 1;\nconsole.log(i);", ["1\n"], "{}"],
    ["i += 1;\nconst one = 1;\nundefined;", ["flowchart\n"], '{"tags":["varies"]}'],
    ["```mermaid\nflowchart\n```\n\n" + answer("Two:"), undefined, "{}"],
    ["const two = 2;", [], hidden],
    [answer("Yes."), undefined, "{}"],
  ]);
});

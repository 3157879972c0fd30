/**
 * Runs the programs of `docs/from_pytorch.md`, here and in PyTorch, and compares what they print with
 * what stands below them: word by word, and numbers to five digits.
 *
 * Run with `deno task oracle:programs`, which needs Python with PyTorch. The test
 * `tests/tools/programs_test.ts` runs the sides in TypeScript.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A program in both languages, and what it prints. */
export interface Program {
  readonly title: string;
  readonly python: string;
  readonly typescript: string;
  readonly printed: string;
}

/** Returns the numbered programs of the page. */
export function readPrograms(): Program[] {
  const page = readFileSync(`${ROOT}docs/from_pytorch.md`, "utf8");
  const sections = page.split(/^### (?=\d+\. )/m).slice(1);
  return sections.map((section) => {
    const block = (language: string): string =>
      section.match(new RegExp("^```" + language + "\\n(.*?)^```$", "ms"))?.[1] ?? "";
    return {
      title: section.slice(0, section.indexOf("\n")),
      python: block("python"),
      typescript: block("ts"),
      printed: block("text"),
    };
  });
}

/** Runs a command from the root of the repository, and returns what it prints. */
function run(command: string, args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run a program: ${stderr}`);
  return stdout;
}

/** Runs TypeScript in a process of its own, with the runtime that is running. */
export function runTypeScript(code: string): string {
  const folder = `${ROOT}docs/programs_${process.pid}.tmp`;
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(`${folder}/program.ts`, code);
    const flags = "Deno" in globalThis
      ? ["run", "--no-check", "--allow-read", "--allow-write"]
      : [];
    return run(process.execPath, [...flags, `${folder}/program.ts`]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the words and numbers of a text; numbers are rounded to five digits. */
export function tokensOf(text: string): string[] {
  const words = text.matchAll(/-?\d+(?:\.\d+)?(?:e[-+]\d+)?|[\w.]+/gi);
  return Array.from(words, ([word]) => {
    const number = Number(word);
    return Number.isNaN(number) ? word.toLowerCase() : String(Number(number.toPrecision(5)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { title, python, typescript, printed } of readPrograms()) {
    const wanted = tokensOf(printed).join(" ");
    const sides = {
      PyTorch: run(process.env.PYTHON ?? "/usr/bin/python3", ["-c", python]),
      Gradus: runTypeScript(typescript),
    };
    for (const [side, text] of Object.entries(sides)) {
      const isEqual = wanted !== "" && tokensOf(text).join(" ") === wanted;
      console.log(`${title}: ${side} ${isEqual ? "prints what the page says" : `prints\n${text}`}`);
      if (!isEqual) process.exitCode = 1;
    }
  }
}

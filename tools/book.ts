/**
 * Runs the pages of the book, and writes what each block prints below it, the figures that it saves
 * to `figures/`, and its blocks with `file=NAME` to `code/NAME`.
 *
 * Run with `deno task book [--check] [PAGE ...]` or `bun tools/book.ts [--check] [PAGE ...]`; a page
 * is named by the beginning of its file's name. `--check` writes nothing and fails if anything would
 * change. Deno checks the types first.
 *
 * @module
 */

import { execFile, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { figuresOf, isRun, type Page, parsePage, programOf, withOutputs } from "./book/page.ts";

const BOOK = "docs/book";
/** Pages run in a copy beside the book, so that a page that fails changes nothing. */
const COPY = `docs/book_${process.pid}.tmp`;
const LIMIT_MS = 600_000;

const isDeno = "Deno" in globalThis;
const RUN = isDeno
  ? ["run", "--no-prompt", "--allow-read", "--allow-write=.", "--allow-env", "--allow-sys"]
  : [];

const args = process.argv.slice(2);
const isCheck = args.includes("--check");
const wanted = args.filter((arg) => arg !== "--check").map((arg) => basename(arg));

const pages = readdirSync(BOOK).filter((name) => name.endsWith(".md")).sort()
  .map((name) => parsePage(name, readFileSync(join(BOOK, name), "utf8")));
const chosen = pages.filter(({ name }) =>
  wanted.length === 0 || wanted.some((start) => name.startsWith(start))
);
const faults = wanted.filter((start) => !pages.some(({ name }) => name.startsWith(start)))
  .map((start) => `Cannot run the page ${start}: ${BOOK}/ has none whose name starts so`);

/** The page and the line of each line of a code file. */
const origins = new Map<string, readonly string[]>();

/** Writes the code files of all pages, since any page may import them. */
function writeCode(): void {
  const owners = new Map<string, { page: Page; lines: string[]; origins: string[] }>();
  for (const page of pages) {
    for (const { options, start, lines } of page.blocks) {
      const file = options.get("file");
      if (file === undefined) continue;
      const place = `${BOOK}/${page.name}:`;
      if (!/^\w+\.ts$/.test(file)) {
        throw new Error(`Cannot write ${place}${start + 1} to ${file}: its name must be NAME.ts`);
      }
      const owner = owners.get(file) ?? {
        page,
        lines: [`// Written by \`deno task book\`: the code of ${page.name}.`],
        origins: [place + "1"],
      };
      if (owner.page !== page) {
        throw new Error(`Cannot write ${place}${start + 1} to ${file}: ${owner.page.name} does`);
      }
      owner.lines.push("", ...lines);
      owner.origins.push(place + start, ...lines.map((_, i) => place + (start + 2 + i)));
      owners.set(file, owner);
    }
  }
  for (const [file, owner] of owners) {
    mkdirSync(join(COPY, "code"), { recursive: true });
    writeFileSync(join(COPY, "code", file), owner.lines.join("\n") + "\n");
    origins.set(file, owner.origins);
  }
}

/** Names pages and their lines in an error's text, instead of the programs that were made of them. */
function withPlaces(text: string): string {
  const copy = `(?:file://)?[^\\s()]*${COPY}/`;
  return text.replace(new RegExp(`${copy}([\\w.-]+\\.md)\\.ts`, "g"), `${BOOK}/$1`)
    .replace(
      new RegExp(`${copy}code/(\\w+\\.ts):(\\d+)`, "g"),
      (place, file, line) => origins.get(file)?.[Number(line) - 1] ?? place,
    );
}

/** Runs a command and returns what it prints. */
function run(args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: "1" };
  const options = { cwd, env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const cause = error.killed ? `it ran for more than ${LIMIT_MS / 1000} seconds\n` : "";
      reject(new Error(cause + withPlaces(stderr)));
    });
  });
}

async function runPage(page: Page): Promise<void> {
  const start = performance.now();
  try {
    const printed = await run([...RUN, `${page.name}.ts`], COPY);
    writeFileSync(join(COPY, page.name), withOutputs(page, printed));
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${page.name}: ${page.blocks.filter(isRun).length} blocks, ${seconds} s`);
  } catch (error) {
    faults.push(`${BOOK}/${page.name} fails: ${(error as Error).message}`);
    // Its figures are not reported, too.
    for (const name of figuresOf(page).map((name) => `figures/${name}`)) {
      if (existsSync(join(BOOK, name))) cpSync(join(BOOK, name), join(COPY, name));
    }
  }
}

/** Runs the chosen pages, as many at once as there are processors. */
async function runPages(): Promise<void> {
  const programs = chosen.filter((page) => page.blocks.some(isRun));
  for (const page of programs) writeFileSync(join(COPY, `${page.name}.ts`), programOf(page));
  const modules = programs.map((page) => join(COPY, `${page.name}.ts`));
  if (isDeno && modules.length > 0) await run(["check", "--quiet", ...modules], ".");
  const queue = programs.values();
  const worker = async (): Promise<void> => {
    for (const page of queue) await runPage(page);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  for (const module of modules) rmSync(module);
}

/** Returns the files of pages, data, code and figures in `folder`. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /^[\w.-]+\.(md|txt)$|^code\/[\w.-]+\.ts$|^figures\/[\w.-]+$/.test(name))
    .sort();
}

/** Reports a figure that is linked and not saved, or saved and not linked. */
function checkFigures(): void {
  for (const page of chosen) {
    for (const figure of figuresOf(page)) {
      if (existsSync(join(COPY, "figures", figure))) continue;
      faults.push(`${BOOK}/${page.name} links figures/${figure}, but its program does not save it`);
    }
  }
  const linked = new Set(pages.flatMap(figuresOf));
  for (const file of filesIn(COPY).filter((file) => file.startsWith("figures/"))) {
    if (!linked.has(basename(file))) faults.push(`${BOOK}/${file} is linked by no page`);
  }
}

/** Reports or writes whatever differs between the book and the copy. */
function compare(): void {
  const read = (path: string): string => existsSync(path) ? readFileSync(path, "latin1") : "";
  for (const file of new Set([...filesIn(BOOK), ...filesIn(COPY)])) {
    const [old, now] = [join(BOOK, file), join(COPY, file)];
    if (read(old) === read(now)) continue;
    if (!isCheck) {
      mkdirSync(dirname(old), { recursive: true });
      if (existsSync(now)) cpSync(now, old);
      else if (file.startsWith("code/")) rmSync(old);
      continue;
    }
    const diff = spawnSync("git", ["diff", "--no-index", "--no-color", old, now], {
      encoding: "utf8",
    });
    const lines = diff.stdout.split("\n").filter((line) => /^[-+@ ]/.test(line)).slice(2);
    const shown = file.startsWith("figures/") ? [] : lines.slice(0, 60);
    faults.push([`${old} differs; run \`deno task book\` and look at it`, ...shown].join("\n"));
  }
}

try {
  const drawn = new Set(chosen.flatMap(figuresOf).map((name) => `figures/${name}`));
  mkdirSync(join(COPY, "figures"), { recursive: true });
  for (const file of filesIn(BOOK)) {
    if (!drawn.has(file) && !file.startsWith("code/")) cpSync(join(BOOK, file), join(COPY, file));
  }
  writeCode();
  await runPages();
  checkFigures();
  compare();
} catch (error) {
  faults.push((error as Error).message);
} finally {
  rmSync(COPY, { recursive: true, force: true });
}
if (faults.length > 0) console.error(faults.join("\n\n"));
process.exitCode = faults.length > 0 ? 1 : 0;

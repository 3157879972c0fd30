/**
 * Checks doc comments and documents: `deno doc --lint` passes, every exported function and class has
 * an example that asserts something (`deno test --doc` runs the examples), no comment starts with a
 * noun clause, and files that documents name exist.
 *
 * Run with `deno run --allow-read --allow-env --allow-run tools/check_docs.ts`.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

/** The parts of the output of `deno doc --json` that are read here. */
interface Doc {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly Named[] }>>;
}

interface Named {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

interface Declaration {
  readonly kind: string;
  readonly def: { readonly elements?: readonly Named[] };
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string; readonly doc?: string }[] };
  readonly location: { readonly filename: string; readonly line: number };
}

/** The place of a symbol, and the fault of its example. */
interface Finding {
  readonly key: string;
  readonly place: string;
  readonly fault: string | null;
}

const ROOT = process.cwd() + "/";

function faultIn(name: string, examples: readonly string[]): string | null {
  if (examples.length === 0) return "has no example";
  const code = examples.join("\n");
  if (!/\bassert\w*\(/.test(code)) return "has an example that asserts nothing";
  const imported = Array.from(code.matchAll(/^import .+$/gm), ([line]) => line).join("\n");
  const isUsed = new RegExp(`(?<![.\\w])${name}[.(]`).test(code);
  if (isUsed && !imported.includes(name)) return "is used in its example without an import";
  return null;
}

function findingsIn(symbols: readonly Named[]): Finding[] {
  return symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap(({ kind, def, jsDoc, location }) => {
      if (kind === "namespace") return findingsIn(def.elements ?? []);
      if (kind !== "function" && kind !== "class") return [];
      const path = location.filename.slice(location.filename.indexOf(ROOT) + ROOT.length);
      const examples = (jsDoc?.tags ?? []).filter((tag) => tag.kind === "example");
      const fault = faultIn(name, examples.map((tag) => tag.doc ?? ""));
      return { key: `${path} ${name}`, place: `${path}:${location.line + 1} ${name}`, fault };
    })
  );
}

/** Returns all entry points; `deno doc` shows nothing of a namespace that only re-exports. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync("deno.json", "utf8"));
  return Object.values<string>(exports).flatMap((entry) => {
    const namespaces = readFileSync(entry, "utf8").matchAll(/^export \* as \w+ from "(.+)";$/gm);
    return [entry, ...Array.from(namespaces, ([, path]) => join(dirname(entry), path))];
  });
}

function checkExamples(): string[] {
  const json = execFileSync(process.execPath, ["doc", "--json", ...entryPoints()], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const { nodes } = JSON.parse(json) as Doc;
  const found = Object.values(nodes).flatMap(({ symbols }) => findingsIn(symbols));
  // Several entry points may export a symbol, and of overloads one has the example.
  const shown = new Set(found.filter((f) => f.fault === null).map((f) => f.key));
  console.log(`Examples: ${shown.size} exported functions and classes have one that asserts.`);
  return found.filter((f) => !shown.has(f.key)).map((f) => `${f.place} ${f.fault}`);
}

/** Finds doc comments that name a clause ("What a call does") instead of saying what is done. */
function nounClauses(): string[] {
  const folders = ["src", "vision", "tools", "bench", "examples", "tests", "web", "docs/book/code"];
  const sources = folders.flatMap((
    folder,
  ) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
      .map((name) => join(folder, name)).sort()
  );
  return ["mod.ts", ...sources].flatMap((path) => {
    const text = readFileSync(path, "utf8");
    const found = text.matchAll(/\/\*\*[\s*]*(?:What|Whether|Where|How|Who)\b.*/g);
    return Array.from(found, ({ 0: comment, index }) => {
      const line = text.slice(0, index).split("\n").length;
      return `${path}:${line} ${comment.replace(/^[\s*/]+/, "")}`;
    });
  });
}

/** Finds links and paths in documents that lead to no file, and anchors that lead to no heading. */
function missingFiles(): string[] {
  const documents = [".", "docs", "docs/book", "data"].flatMap((folder) =>
    readdirSync(folder).filter((name) => name.endsWith(".md")).map((name) => join(folder, name))
  );
  return documents.flatMap((document) => {
    const text = readFileSync(document, "utf8");
    const links = Array.from(text.matchAll(/\]\((?!\w+:)([^)#]*)(?:#([^)]*))?\)/g), (match) => ({
      index: match.index,
      path: match[1] === "" ? document : join(dirname(document), match[1]),
      anchor: match[2],
    }));
    const mentions = text.matchAll(
      /(?<![\w./-])(?:src|vision|tests|tools|docs|bench|examples)\/[\w./-]*/g,
    );
    const paths = Array.from(mentions, ({ 0: path, index }) => ({
      index,
      path: path.replace(/\.$/, ""),
      anchor: undefined,
    }));
    return [...links, ...paths].filter(({ path, anchor }) =>
      !existsSync(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor))
    ).map(({ index, path, anchor }) => {
      const line = text.slice(0, index).split("\n").length;
      return `${document}:${line} ${path}${anchor === undefined ? "" : `#${anchor}`}`;
    });
  });
}

function anchorsOf(document: string): string[] {
  const headings = readFileSync(document, "utf8").matchAll(/^#+ (.+)$/gm);
  return Array.from(
    headings,
    ([, text]) => text.toLowerCase().replaceAll(/[^\w\s-]/g, "").replaceAll(" ", "-"),
  );
}

/** Returns the files with bases of public classes that `mod.ts` does not export. */
function filesOfBases(): string[] {
  return ["src/nn/layers", "src/nn/losses"].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name))
  );
}

const lint = spawnSync(
  process.execPath,
  ["doc", "--lint", "--quiet", ...entryPoints(), ...filesOfBases()],
  { stdio: "inherit" },
);
const faults = [
  ...(lint.status === 0 ? [] : ["deno doc --lint finds errors; see above"]),
  ...checkExamples(),
  ...nounClauses(),
  ...missingFiles(),
];
if (faults.length > 0) throw new Error(`Documentation is at fault:\n  ${faults.join("\n  ")}`);

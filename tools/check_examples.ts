/**
 * Checks that what is public shows an example which asserts something: every function, class,
 * variable and method, but for overrides. (`deno test --doc` runs the examples.)
 *
 * Run with `deno run --allow-read --allow-env --allow-run tools/check_examples.ts`.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
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

interface Documented {
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string; readonly doc?: string }[] };
  readonly location: { readonly filename: string; readonly line: number };
}

interface Declaration extends Documented {
  readonly kind: string;
  readonly def: { readonly methods?: readonly Method[]; readonly elements?: readonly Named[] };
}

interface Method extends Documented {
  readonly name: string;
  readonly kind: "method" | "getter" | "setter";
  readonly accessibility?: "public" | "protected" | "private";
  readonly isOverride?: boolean;
}

/** Where a symbol stands, and what is wrong with its example. */
interface Finding {
  readonly key: string;
  readonly place: string;
  readonly fault: string | null;
}

const ROOT = process.cwd() + "/";
const KINDS = new Set(["function", "class", "variable"]);

function docsOf({ jsDoc }: Documented, kind: string): string[] {
  return (jsDoc?.tags ?? []).filter((tag) => tag.kind === kind).map((tag) => tag.doc ?? "");
}

function faultIn(name: string, examples: readonly string[]): string | null {
  if (examples.length === 0) return "has no example";
  const code = examples.join("\n");
  if (!/\bassert(\.\w+)?\(/.test(code)) return "has an example that asserts nothing";
  const imported = Array.from(code.matchAll(/^import .+$/gm), ([line]) => line).join("\n");
  const [owner] = name.split(".");
  const isUsed = new RegExp(`(?<![.\\w])${owner}[.(]`).test(code);
  if (isUsed && !imported.includes(owner)) return "is used in its example without an import";
  return null;
}

function finding(name: string, documented: Documented): Finding {
  const { filename, line } = documented.location;
  const path = filename.slice(filename.indexOf(ROOT) + ROOT.length);
  const fault = faultIn(name, docsOf(documented, "example"));
  return { key: `${path} ${name}`, place: `${path}:${line + 1} ${name}`, fault };
}

/** A method is shown by its class if it is protected, and by what it overrides if it does. */
function needsExample(method: Method): boolean {
  return method.kind === "method" && method.accessibility === undefined &&
    method.isOverride !== true && !method.name.startsWith("[") &&
    docsOf(method, "internal").length === 0;
}

function findingsIn(symbols: readonly Named[]): Finding[] {
  return symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap((declaration) => {
      const { methods = [], elements = [] } = declaration.def ?? {};
      if (declaration.kind === "namespace") return findingsIn(elements);
      if (!KINDS.has(declaration.kind)) return [];
      return [
        finding(name, declaration),
        ...methods.filter(needsExample).map((m) => finding(`${name}.${m.name}`, m)),
      ];
    })
  );
}

/** What the library exports; `deno doc` shows nothing of a namespace that only re-exports. */
function entryPoints(): string[] {
  const { exports } = JSON.parse(readFileSync("deno.json", "utf8"));
  return Object.values<string>(exports).flatMap((entry) => {
    const namespaces = readFileSync(entry, "utf8").matchAll(/^export \* as \w+ from "(.+)";$/gm);
    return [entry, ...Array.from(namespaces, ([, path]) => join(dirname(entry), path))];
  });
}

const json = execFileSync(process.execPath, ["doc", "--json", ...entryPoints()], {
  encoding: "utf8",
  maxBuffer: 2 ** 28,
});
const { nodes } = JSON.parse(json) as Doc;
const found = Object.values(nodes).flatMap(({ symbols }) => findingsIn(symbols));
// Several entry points may export a symbol, and of overloads one has the example.
const shown = new Set(found.filter((f) => f.fault === null).map((f) => f.key));
const faults = found.filter((f) => !shown.has(f.key)).map((f) => `${f.place} ${f.fault}`);

if (faults.length > 0) throw new Error(`Examples are missing:\n  ${faults.join("\n  ")}`);
console.log(`Examples show all of the public API: ${shown.size} symbols.`);

/**
 * Checks that what is public shows an example: every function, class, variable and method that is
 * not an override. (`deno test --doc` runs the examples.)
 *
 * Run with `deno run --allow-read --allow-env --allow-run=deno tools/check_examples.ts`.
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
  readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
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

/** Where a symbol stands, and whether it has an example. */
interface Finding {
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly hasExample: boolean;
}

const KINDS = new Set(["function", "class", "variable"]);

function hasTag({ jsDoc }: Documented, kind: string): boolean {
  return jsDoc?.tags?.some((tag) => tag.kind === kind) ?? false;
}

function finding(name: string, documented: Documented): Finding {
  const { filename, line } = documented.location;
  const path = filename.slice(filename.indexOf(ROOT) + ROOT.length);
  return { name, path, line: line + 1, hasExample: hasTag(documented, "example") };
}

function keyOf({ path, name }: Finding): string {
  return `${path} ${name}`;
}

/** A method is shown by its class if it is protected, and by what it overrides if it does. */
function needsExample(method: Method): boolean {
  return method.kind === "method" && method.accessibility === undefined &&
    method.isOverride !== true && !method.name.startsWith("[") && !hasTag(method, "internal");
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

const ROOT = process.cwd() + "/";
const { exports } = JSON.parse(readFileSync("deno.json", "utf8"));
const entries = Object.values<string>(exports).map((path) => join(path));
// `deno doc` shows nothing of a namespace whose module only re-exports.
const namespaces = entries.flatMap((entry) =>
  Array.from(
    readFileSync(entry, "utf8").matchAll(/^export \* as \w+ from "(.+)";$/gm),
    ([, path]) => join(dirname(entry), path),
  )
);
const json = execFileSync("deno", ["doc", "--json", ...entries, ...namespaces], {
  encoding: "utf8",
  maxBuffer: 2 ** 28,
});
const { nodes } = JSON.parse(json) as Doc;
const found = Object.values(nodes).flatMap(({ symbols }) => findingsIn(symbols));
// What several entry points export counts once, and so do overloads, of which one has the example.
const all = new Set(found.map(keyOf));
const shown = new Set(found.filter((f) => f.hasExample).map(keyOf));
const missing = new Map(found.filter((f) => !shown.has(keyOf(f))).map((f) => [keyOf(f), f]));

for (const { name, path, line } of missing.values()) {
  console.log(`${path}:${line} ${name} has no example`);
}
console.log(`${shown.size} of ${all.size} public symbols have an example.`);

/**
 * Checks the architecture: imports point one way, types counted; there are no cycles but those
 * listed here; and nothing that only servers have is imported.
 *
 * Run with `deno run --allow-read tools/check_layers.ts`.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** From the bottom to the top: a file may import from its own layer and those below. */
const LAYERS: readonly (readonly string[])[] = [
  [
    "src/dtype.ts",
    "src/shape.ts",
    "src/lists.ts",
    "src/checks.ts",
    "src/errors.ts",
    "src/names.ts",
    "src/math/",
  ],
  ["src/storage/"],
  ["src/kernels/"],
  ["src/random.ts"],
  ["src/ops/"],
  ["src/autograd/"],
  ["src/tensor/"],
  ["src/nn/", "src/optim/", "src/utils/"],
  ["src/distributions/", "src/metrics/"],
  ["vision/", "src/distributed/"],
  ["mod.ts"],
];

/** Imports of types that may close a cycle. A cycle of values is never allowed. */
interface Allowance {
  /** Folder or file that imports. */
  readonly from: string;
  /** File whose types it imports. */
  readonly to: string;
  readonly reason: string;
}

const ALLOWANCES: readonly Allowance[] = [
  {
    from: "src/tensor/",
    to: "src/tensor/tensor.ts",
    reason: "a method of Tensor calls the function of its topic, which takes and returns Tensors",
  },
];

interface Import {
  readonly target: string;
  /** `import()` runs later, and `type` not at all. */
  readonly kind: "value" | "type" | "dynamic";
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: Import["kind"];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const found = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|(typeof\s+)?\bimport\(\s*"([^"]+)"/gm,
  );
  return Array.from(found, ([, type, from, bare, typeOf, dynamic]) => {
    const target = from ?? bare ?? dynamic;
    const isType = type !== undefined || typeOf !== undefined;
    return {
      target: target.startsWith(".") ? normalize(join(dirname(file), target)) : target,
      kind: isType ? "type" : dynamic === undefined ? "value" : "dynamic",
    };
  });
}

function layerOf(file: string): number {
  return LAYERS.findIndex((places) => places.some((p) => file === p || file.startsWith(p)));
}

function isAllowed({ from, to, kind }: Edge): boolean {
  return kind === "type" && ALLOWANCES.some((a) => from.startsWith(a.from) && to === a.to);
}

/** Groups of files that import one another, directly or by way of others (after Tarjan). */
function cyclesOf(files: readonly string[], edges: readonly Edge[]): string[][] {
  const targets = Map.groupBy(edges, (edge) => edge.from);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    lowest.set(file, index);
    stack.push(file);
    for (const { to } of targets.get(file) ?? []) {
      const reached = !order.has(to) ? visit(to) : stack.includes(to) ? order.get(to)! : index;
      lowest.set(file, Math.min(lowest.get(file)!, reached));
    }
    if (lowest.get(file) === index) {
      const cycle = stack.splice(stack.indexOf(file));
      if (cycle.length > 1) cycles.push(cycle.sort());
    }
    return lowest.get(file)!;
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return cycles;
}

const files = ["mod.ts", ...filesIn("src"), ...filesIn("vision")];
const imports = files.flatMap((from) => importsOf(from).map((found) => ({ from, ...found })));
const known = new Set(files);
const edges: Edge[] = imports.filter(({ target }) => known.has(target))
  .map(({ from, target, kind }) => ({ from, to: target, kind }));
const faults = files.filter((file) => layerOf(file) < 0).map((file) => `${file} has no layer`);

for (const { from, to } of edges) {
  if (layerOf(to) > layerOf(from)) faults.push(`${from} imports ${to}, which lies above it`);
}

/** The folder of a backend that a file belongs to. */
function backendOf(file: string): string | undefined {
  return /^src\/kernels\/(\w+)\//.exec(file)?.[1];
}

/** The backends that a backend may build on. */
const FOUNDATIONS: Readonly<Record<string, readonly string[]>> = {
  wasm: ["reference"],
  native: ["wasm"],
};

// A backend can be deleted with its line in the list, and those that build on it.
for (const { from, to } of edges) {
  const [own, backend] = [backendOf(from), backendOf(to)];
  if (backend === undefined || backend === own || from === "src/kernels/backends.ts") continue;
  if (own !== undefined && FOUNDATIONS[own]?.includes(backend)) continue;
  faults.push(`${from} imports ${to}: only src/kernels/backends.ts may`);
}

// Browsers load all of it, and bundlers hoist even dynamic imports.
for (const { from, target, kind } of imports) {
  if (kind !== "type" && target.startsWith("node:")) {
    faults.push(`${from} imports ${target}: use builtin() instead`);
  }
}

/** Returns the files that load with `entry`. */
function loadedBy(entry: string): Set<string> {
  const loaded = new Set([entry]);
  for (const file of loaded) {
    for (const { from, to, kind } of edges) if (from === file && kind === "value") loaded.add(to);
  }
  return loaded;
}

// The functions that make tensors know the class by its type only: whoever calls them loads it. Those
// of linalg get tensors, whose class is there.
for (const entry of Object.values<string>(JSON.parse(readFileSync("deno.json", "utf8")).exports)) {
  if (
    entry === "./src/tensor/linalg.ts" || loadedBy(normalize(entry)).has("src/tensor/tensor.ts")
  ) {
    continue;
  }
  faults.push(`${entry} does not load src/tensor/tensor.ts, so no tensor can be made`);
}

const cycles = cyclesOf(files, edges.filter((edge) => !isAllowed(edge)));
for (const cycle of cycles) {
  const within = edges.filter(({ from, to }) => cycle.includes(from) && cycle.includes(to));
  const list = within.filter((edge) => !isAllowed(edge))
    .map(({ from, to, kind }) => `\n    ${from} -> ${to} (${kind})`);
  faults.push(`cycle of ${cycle.length} files:${list.join("")}`);
}

for (const { from, to } of ALLOWANCES) {
  if (edges.some((edge) => edge.from.startsWith(from) && edge.to === to)) continue;
  faults.push(`the allowance of ${from} to import ${to} is not used`);
}

if (faults.length > 0) throw new Error(`The layers do not hold:\n  ${faults.join("\n  ")}`);

const count = (kind: Import["kind"]): number => edges.filter((edge) => edge.kind === kind).length;
const allowed = ALLOWANCES.map(({ from, to }) => {
  const users = edges.filter((edge) => edge.from.startsWith(from) && edge.to === to);
  return `${users.filter(isAllowed).length} of ${from} with ${to}`;
});
console.log(
  `Layers hold: ${files.length} files, ${edges.length} imports (${count("value")} of values, ` +
    `${count("type")} of types, ${
      count("dynamic")
    } at run time); all point one way, and there are ` +
    `no cycles but those by type: ${allowed.join(", ")}.`,
);

/**
 * Checks the architecture: imports point one way, there are no cycles, and nothing that only
 * servers have is imported.
 *
 * Run with `deno run --allow-read tools/check_layers.ts`.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** From the bottom to the top: a file may import from its own layer and those below. */
const LAYERS: readonly (readonly string[])[] = [
  ["src/dtype.ts", "src/shape.ts", "src/checks.ts", "src/errors.ts", "src/random.ts", "src/math/"],
  ["src/storage/"],
  ["src/kernels/"],
  ["src/ops/"],
  ["src/autograd/"],
  ["src/tensor/"],
  ["src/nn/", "src/optim/", "src/utils/"],
  ["vision/"],
  ["mod.ts"],
];

interface Import {
  readonly target: string;
  /** Whether it is there at run time. */
  readonly isReal: boolean;
  /** Whether it is loaded together with the module. */
  readonly isStatic: boolean;
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
    /^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|^import\s+"([^"]+)"|(?<!typeof )\bimport\(\s*"([^"]+)"/gm,
  );
  return Array.from(found, ([, type, from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic;
    return {
      target: target.startsWith(".") ? normalize(join(dirname(file), target)) : target,
      isReal: type === undefined,
      isStatic: type === undefined && dynamic === undefined,
    };
  });
}

function layerOf(file: string): number {
  return LAYERS.findIndex((places) => places.some((p) => file === p || file.startsWith(p)));
}

const files = ["mod.ts", ...filesIn("src"), ...filesIn("vision")];
const graph = new Map(files.map((file) => [file, importsOf(file)]));
const faults: string[] = [];

for (const [file, imports] of graph) {
  if (layerOf(file) < 0) faults.push(`${file} belongs to no layer`);
  for (const { target } of imports) {
    if (graph.has(target) && layerOf(target) > layerOf(file)) {
      faults.push(`${file} imports ${target}, which lies above it`);
    }
  }
}

/** Depth-first search along static imports; a file met again on its own path closes a cycle. */
function findCycle(file: string, path: string[], done: Set<string>): void {
  if (path.includes(file)) {
    faults.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`);
    return;
  }
  if (done.has(file)) return;
  for (const { target, isStatic } of graph.get(file) ?? []) {
    if (isStatic) findCycle(target, [...path, file], done);
  }
  done.add(file);
}

const done = new Set<string>();
for (const file of files) findCycle(file, [], done);

// Browsers load all of it, and bundlers hoist even dynamic imports.
for (const [file, imports] of graph) {
  for (const { target, isReal } of imports) {
    if (isReal && target.startsWith("node:")) {
      faults.push(`${file} imports ${target}: use builtin() instead`);
    }
  }
}

if (faults.length > 0) throw new Error(`The layers do not hold:\n  ${faults.join("\n  ")}`);
console.log(`Layers hold: ${files.length} files, imports point one way, no cycles.`);

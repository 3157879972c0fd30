/** A topic has one name: as a section of `Tensor`, as its file of bodies, and as its file of ops. */

import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** Sections of the class whose methods call one topic, and the name of that. */
const SECTIONS: Readonly<Record<string, string>> = {
  Shape: "shape",
  Indexing: "indexing",
  Arithmetic: "arithmetic",
  Mathematics: "math",
  Activation: "activation",
  Reduction: "reduction",
  Comparison: "comparison",
  Sorting: "sorting",
  "Matrix products": "matmul",
};

/** Topics whose ops have a second file. */
const FAMILIES: Readonly<Record<string, string>> = { activation: "softmax" };

/** The file of each op. */
const OPS = new Map(
  readdirSync(new URL("src/ops/", ROOT)).flatMap((file) =>
    Array.from(
      read(`src/ops/${file}`).matchAll(/^export const (\w+): Op</gm),
      ([, op]): [string, string] => [op, file.replace(".ts", "")],
    )
  ),
);

test("methods, their bodies and their ops have the same topic", () => {
  const text = read("src/tensor/tensor.ts");
  const files = new Map(
    Array.from(text.matchAll(/^import \* as (\w+) from "\.\/(\w+)\.ts"/gm), ([, a, b]) => [a, b]),
  );
  const [, ...sections] = text.split(/^ {2}\/\/ (?=[A-Z][\w ]*$)/m);
  const found = sections.map((section) => section.slice(0, section.indexOf("\n")));
  assertEquals(Object.keys(SECTIONS).filter((name) => !found.includes(name)), []);
  const faults = sections.flatMap((section, i) => {
    const topic = SECTIONS[found[i]];
    if (topic === undefined) return [];
    const calls = section.matchAll(/^ {4}.*?\b(?:run\(ops|(\w+))\.(\w+)\b/gm);
    return Array.from(calls, ([, file, name]) => {
      const actual = file === undefined ? OPS.get(name) : files.get(file);
      return actual === undefined || actual === topic || actual === FAMILIES[topic]
        ? []
        : [`${found[i]}: ${name} is of ${actual}`];
    }).flat();
  });
  assertEquals(faults, []);
});

test("the bodies of a topic run the ops of their topic", () => {
  const faults = Object.values(SECTIONS).flatMap((topic) => {
    let text = "";
    try {
      text = read(`src/tensor/${topic}.ts`);
    } catch {
      return [];
    }
    return Array.from(text.matchAll(/^export function (\w+)[\s\S]*?^\}/gm), ([body, name]) => {
      const op = OPS.get(name);
      return op === undefined || op === topic || !body.includes(`ops.${name},`)
        ? []
        : [`${topic}: ${name} is of ${op}`];
    }).flat();
  });
  assertEquals(faults, []);
});

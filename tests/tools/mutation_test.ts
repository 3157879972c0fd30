/** The mutation tool makes mistakes where something is computed, and nowhere else. */

import { test } from "node:test";
import { assert, assertEquals, assertNotMatch, assertStrictEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EXCLUSIONS } from "../../tools/mutation/exclusions.ts";
import { mutantsOf, RULES } from "../../tools/mutation/rules.ts";
import { computing } from "../../tools/mutation/source.ts";
import { mutate } from "../../tools/mutation/trial.ts";

function changes(text: string, rule: string): string[] {
  return mutantsOf("a.ts", text, rule).map((mutant) => mutate(text, mutant));
}

test("each rule makes its mistakes", () => {
  const examples: readonly (readonly [rule: string, before: string, ...after: string[]])[] = [
    ["another sign", "y = a + b;", "y = a - b;"],
    ["another sign", "[k.add(a, k.neg(b))]", "[k.sub(a, k.neg(b))]", "[k.add(a, k.abs(b))]"],
    ["another sign", "sum += x;", "sum -= x;"],
    ["a factor of 1.001", "[k.mul(g, y)]", "[k.mul(k.mul(g, 1.001), y)]"],
    ["off by one", "i = 2 ** n;", "i = 3 ** n;"],
    ["another axis", "x.shape[0]", "x.shape[1]"],
    ["another axis", "(x, axis) => f(axis, x)", "(x, axis) => f((axis === 0 ? 1 : axis - 1), x)"],
    ["another comparison", "if (a < b) c();", "if (a <= b) c();"],
    ["another comparison", "i32.ltS(a, b)", "i32.leS(a, b)"],
    ["another function", "Math.min(a, b)", "Math.max(a, b)"],
    ["another condition", "if (a && !b) c();", "if (a || !b) c();", "if (a && b) c();"],
    ["swapped operands", "k.sub(a, b)", "k.sub(b, a)"],
    ["a dropped term", "f(a + b * c)", "f(a + b)"],
    ["a dropped statement", "f();\n  g(x);\n", "f();\n  \n"],
    ["a dropped statement", "a = 1;\n  readonly b: C;\n  d: E;\n"],
  ];
  for (const [rule, before, ...after] of examples) {
    assertEquals(changes(before, rule), after, `${rule}: ${before}`);
  }
  assertEquals([...new Set(examples.map(([rule]) => rule))], Object.keys(RULES));
});

test("nothing is changed in comments, texts, imports, types and errors", () => {
  const idle = [
    "/** 1 + 2 < 3 */",
    "// a - b",
    'import { a } from "./a0.ts";',
    "export interface Two {\n  readonly a: 1;\n}",
    "type Words = 1 | 2;",
    "throw new RangeError(`${a + 1} < 2`);",
    'f("1 + 2");',
  ].join("\n");
  for (const rule of Object.keys(RULES)) {
    if (rule !== "a dropped statement") assertEquals(changes(idle, rule), [], rule);
  }
});

test("what computes stays in its place", () => {
  const text = 'const a = "b"; // c\nconst d = 1;';
  const seen = computing(text);
  assertStrictEquals(seen.length, text.length);
  assertStrictEquals(seen.indexOf("const d = 1;"), text.indexOf("const d = 1;"));
  assertNotMatch(seen, /b|c$/m);
});

/** `pattern`, once for each word of its first group of words: `/(a|b)c/` gives `/ac/` and `/bc/`. */
function alternatives(pattern: RegExp): RegExp[] {
  const group = /\(((?:\w+\|)+\w+)\)/.exec(pattern.source);
  if (group === null) return [pattern];
  return group[1].split("|").map((word) =>
    new RegExp(pattern.source.replace(group[0], `(${word})`))
  );
}

test("every exclusion names a line that stands in the source", () => {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${name.replaceAll("\\", "/")}`);
  const lines = new Map(files.map((file) => {
    const text = readFileSync(root + file, "utf8");
    return [file, text.split("\n").map((line) => line.trim())];
  }));
  for (const { file, line } of EXCLUSIONS) {
    for (const path of alternatives(file)) assert(files.some((f) => path.test(f)), `${path}`);
    const candidates = files.filter((f) => file.test(f)).flatMap((f) => lines.get(f)!);
    for (const text of alternatives(line)) {
      assert(candidates.some((candidate) => text.test(candidate)), `${file}: ${text}`);
    }
  }
});

/** The bench of ops forgets none, and its calls run. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  allNames,
  CASES,
  EXCEPTIONS,
  keyOf,
  operandsOf,
  resultOf,
  WITHOUT,
} from "../../bench/ops_table.ts";
import { Tensor } from "../../mod.ts";

const measured = new Set([...CASES.keys()].map(keyOf));
const left = Object.values(WITHOUT).flatMap((names) => names.split(" ")).map(keyOf);

test("every op, method, function and layer is measured or left out with a reason", () => {
  const known = new Set([...measured, ...left]);
  assertEquals(allNames().filter((name) => !known.has(keyOf(name))), []);
});

test("nothing is left out that is measured, or that is not there", () => {
  const names = new Set(allNames().map(keyOf));
  assertEquals(left.filter((key) => measured.has(key) || !names.has(key)), []);
});

test("every exception is one of a case", () => {
  assertEquals(Object.values(EXCEPTIONS).flat().filter((name) => !CASES.has(name)), []);
});

for (const [name, one] of CASES) {
  test(`${name} runs`, () => {
    const variant = Object.values(one.variants)[0];
    const result = resultOf(one, operandsOf(variant, one.range))();
    assert(result instanceof Tensor || typeof result === "boolean");
  });
}

/**
 * Tensors and layers against answers of PyTorch to random calls, on every backend.
 *
 * The cases were written by `tools/oracle/oracle.py --seed 0 --cases 480 --bytes 3000`; `deno task
 * oracle` draws others.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { CHOICES } from "../tools/oracle/choices.ts";
import { judge } from "../tools/oracle/judge.ts";
import { type Answer, type Case, type Plain, replay } from "../tools/oracle/replay.ts";
import { readCases, testCases } from "./support/oracle_cases.ts";

const cases = readCases("oracle.jsonl");

testCases("the oracle on", cases, CHOICES);

const one = cases.find(({ op, float64, spread }) =>
  op === "matmul" && "outputs" in float64 && (spread?.float32[0]?.[0] ?? 0) > 0
)!;

test("the judge allows twice PyTorch's error and one unit, and not more", () => {
  const right = replay(one, "float32") as Exclude<Answer, { readonly error: string }>;
  const [[dtype, shape], ...rest] = right.outputs;
  const [[, , truth]] = (one.float64 as typeof right).outputs;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(truth[0]))) - 23);
  const allowed = (2 * one.errors![0] + 1) * Math.max(unit, one.spread!.float32[0]![0]);
  const faultAt = (difference: number): string | null => {
    const values = truth.map((v, i) => (i === 0 ? v + difference : v));
    return judge(one, "float32", { ...right, outputs: [[dtype, shape, values], ...rest] });
  };
  assertEquals(faultAt(0.99 * allowed), null);
  assertMatch(faultAt(1.01 * allowed)!, /^output 0: element 0 is/);
});

test("the judge sees a wrong digit, dtype, shape, gradient, and a missing error", () => {
  const right = replay(one, "float64") as Exclude<Answer, { readonly error: string }>;
  const [[dtype, shape, values], ...rest] = right.outputs;
  assert(values.length > 0 && judge(one, "float64", right) === null);
  const faultWith = (output: Plain): string | null =>
    judge(one, "float64", { ...right, outputs: [output, ...rest] });
  const off = values.map((v, i) => (i === 0 ? v + 1e-11 : v));
  assertMatch(faultWith([dtype, shape, off])!, /^output 0: element 0 is/);
  assertMatch(faultWith(["float32", shape, values])!, /float32, not float64/);
  assertMatch(faultWith([dtype, [...shape, 1], values])!, /shape/);
  const none = { ...right, gradients: right.gradients.map(() => null) };
  assertMatch(judge(one, "float64", none)!, /^gradient 0: none, but PyTorch has one/);
  assertMatch(judge(one, "float64", { error: "no" })!, /an error that PyTorch does not give/);
  const failed: Case = { ...one, float64: { error: "sizes" } };
  assertMatch(judge(failed, "float64", right)!, /no error, where PyTorch says: sizes/);
});

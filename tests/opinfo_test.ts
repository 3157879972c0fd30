/**
 * Tensors and layers against the samples of PyTorch's own tests, on every backend.
 *
 * The cases were written by `tools/oracle/opinfo.py --bytes 1500 --only float,int32,bool,error`;
 * `deno task oracle:opinfo` replays all of them.
 *
 * @module
 */

import { test } from "node:test";
import { assert } from "@std/assert";
import { CHOICES } from "../tools/oracle/choices.ts";
import { SAMPLE_CHOICES } from "../tools/oracle/opinfo_choices.ts";
import { readCases, testCases } from "./support/oracle_cases.ts";

const cases = readCases("opinfo.jsonl");

testCases("PyTorch's samples of", cases, [...CHOICES, ...SAMPLE_CHOICES]);

test("the samples are of many operators, right ones and wrong ones", () => {
  assert(new Set(cases.map(({ torch }) => torch)).size > 200);
  assert(cases.filter(({ float64 }) => "error" in float64).length > 30);
  assert(cases.filter(({ float64 }) => "gradients" in float64).length > 300);
});

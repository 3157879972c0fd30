/**
 * Cases that PyTorch answered, replayed on every backend in float64 and in float32.
 *
 * @module
 */

import { test } from "node:test";
import { fail } from "@std/assert";
import { readFileSync } from "node:fs";
import { kernelNames, setKernels } from "./kernels.ts";
import { type Choice, choiceFor } from "../../tools/oracle/choices.ts";
import { judge } from "../../tools/oracle/judge.ts";
import { type Case, parseCase, replay } from "../../tools/oracle/replay.ts";

/** Reads the cases of `tests/fixtures/<name>`. */
export function readCases(name: string): Case[] {
  const lines = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), "utf8");
  return lines.trim().split("\n").map(parseCase);
}

/** Makes a test for each op of the cases; a difference among `choices` is right. */
export function testCases(title: string, cases: readonly Case[], choices: readonly Choice[]): void {
  for (const op of new Set(cases.map((one) => one.op))) {
    test(`${title} ${op}`, () => {
      const [fastest] = kernelNames();
      try {
        for (const kernels of kernelNames()) {
          setKernels(kernels);
          for (const one of cases.filter((other) => other.op === op)) {
            for (const dtype of ["float64", "float32"] as const) {
              const fault = judge(one, dtype, replay(one, dtype));
              if (fault === null || choiceFor(one, fault, choices) !== undefined) continue;
              fail(`case ${one.index} of ${one.torch} on ${kernels} in ${dtype}: ${fault}`);
            }
          }
        }
      } finally {
        setKernels(fastest);
      }
    });
  }
}

/**
 * Compares Gradus with PyTorch on random calls, on every backend, in float64 and in float32.
 *
 * Run with `deno task oracle --seed 1 --cases 3000`; `--op conv2d` and `--from 1234` choose cases.
 * A mismatch that is no choice (see `choices.ts`) makes the exit code 1.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { kernelNames, setKernels } from "../../tests/support/kernels.ts";
import { type Choice, choiceFor } from "./choices.ts";
import { judge } from "./judge.ts";
import { type Case, parseCase, replay } from "./replay.ts";

const args = process.argv.slice(2).filter((argument) => argument !== "--");
const script = fileURLToPath(new URL("./oracle.py", import.meta.url));
const oracle = spawn(process.env.PYTHON ?? "/usr/bin/python3", [script, ...args], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = new Promise<number | string>((resolve) =>
  oracle.on("close", (code, signal) => resolve(code ?? String(signal)))
);

const chosen = new Map<Choice, number>();
let cases = 0;
let wrong = 0;

function check(test: Case, kernels: string, dtype: "float64" | "float32"): boolean {
  setKernels(kernels);
  let mismatch: string | null;
  let answer: unknown = null;
  try {
    const actual = replay(test, dtype);
    answer = actual;
    mismatch = judge(test, dtype, actual);
  } catch (error) {
    mismatch = `an error of no type of ours: ${error}`;
  }
  if (mismatch === null) return true;
  const choice = choiceFor(test, mismatch);
  if (choice !== undefined) {
    chosen.set(choice, (chosen.get(choice) ?? 0) + 1);
    return true;
  }
  const { index, op, inputs, args } = test;
  console.log(
    `\n${op}, case ${index}, on ${kernels} in ${dtype}: ${mismatch}`,
  );
  console.log(`  case    ${JSON.stringify({ inputs, args })}`);
  console.log(`  ours    ${JSON.stringify(answer)}`);
  console.log(`  PyTorch ${JSON.stringify(test.float64)}`);
  if (dtype === "float32") console.log(`  float32 ${JSON.stringify(test.float32)}`);
  return false;
}

for await (const line of createInterface({ input: oracle.stdout })) {
  const test = parseCase(line);
  cases++;
  const right = kernelNames().every((kernels) =>
    (["float64", "float32"] as const).every((dtype) => check(test, kernels, dtype))
  );
  if (!right) wrong++;
}

const code = await ended;
if (code !== 0) throw new Error(`Cannot ask PyTorch: oracle.py ended with ${code}`);
for (const [choice, count] of chosen) console.log(`chosen ${count} times: ${choice.reason}`);
console.log(`\n${cases} cases, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;

/**
 * Compares Gradus with PyTorch on the samples of PyTorch's own tests.
 *
 * Run with `deno task oracle:opinfo`; `--op amax,nn.functional.conv2d` chooses operators, and
 * `--from cases.jsonl` reads cases that `opinfo.py` has written before. Prints the first difference of
 * each operator and the numbers of samples; a difference that is no choice makes the exit code 1.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { FloatDType } from "../../mod.ts";
import { kernelNames, setKernels } from "../../tests/support/kernels.ts";
import { type Choice, choiceFor, CHOICES } from "./choices.ts";
import { judge } from "./judge.ts";
import { SAMPLE_CHOICES } from "./opinfo_choices.ts";
import { type Answer, type Case, parseCase, replay } from "./replay.ts";

type Line = Case & { readonly kind: string; readonly skip?: string };
type Outcome = "right" | "wrong" | "refused" | "chosen";

/** A mismatch of a case, with the answer and where it arose. */
interface Mismatch {
  readonly text: string;
  readonly place: string;
  readonly answer: unknown;
}

const REFUSED = /^an error that PyTorch does not give/;
const all = [...CHOICES, ...SAMPLE_CHOICES];

function faultOf(test: Case, dtype: FloatDType): Mismatch | null {
  for (const kernels of kernelNames()) {
    setKernels(kernels);
    let answer: Answer | null = null;
    let text: string | null;
    try {
      answer = replay(test, dtype);
      text = judge(test, dtype, answer);
    } catch (error) {
      text = `an error of no type of ours: ${error}`;
    }
    if (text !== null) return { text, place: `on ${kernels} in ${dtype}`, answer };
  }
  return null;
}

const counts = new Map<string, Map<string, number>>();
const chosen = new Map<Choice, number>();
const skipped = new Map<string, number>();
const faulty = new Map<string, number>();

function increase<K>(map: Map<K, number>, key: K): number {
  map.set(key, (map.get(key) ?? 0) + 1);
  return map.get(key)!;
}

function count(row: string, outcome: string): void {
  if (!counts.has(row)) counts.set(row, new Map());
  increase(counts.get(row)!, outcome);
}

function outcomeOf(test: Line, row: string, fault: Mismatch | null): Outcome {
  if (fault === null) return "right";
  const choice = choiceFor(test, fault.text, all);
  if (choice !== undefined) {
    increase(chosen, choice);
    return "chosen";
  }
  const outcome = REFUSED.test(fault.text) ? "refused" : "wrong";
  const isFirst = ![...faulty.keys()].some((key) => key.startsWith(`${test.torch}, `));
  increase(faulty, `${test.torch}, ${row}, ${outcome}`);
  const { index, torch, kind, op, inputs, args, float64, float32 } = test;
  console.log(
    `\n${outcome}: ${torch} (${op}), ${kind} sample ${index} ${fault.place}: ${fault.text}`,
  );
  if (!isFirst) return outcome;
  console.log(`  case    ${JSON.stringify({ inputs, args })}`);
  console.log(`  ours    ${JSON.stringify(fault.answer)}`);
  console.log(`  PyTorch ${JSON.stringify(fault.place.endsWith("64") ? float64 : float32)}`);
  return outcome;
}

function check(test: Line): void {
  const { kind, torch, skip } = test;
  if (skip !== undefined) {
    increase(skipped, skip === "no equivalent" ? skip : `${torch}: ${skip}`);
    count(kind === "float" ? "float64" : kind, "skipped");
    if (kind === "float") count("float32", "skipped");
    return;
  }
  const faults = (["float64", "float32"] as const).map((dtype) =>
    [dtype, faultOf(test, dtype)] as const
  );
  if (kind === "float") {
    for (const [dtype, fault] of faults) count(dtype, outcomeOf(test, dtype, fault));
    return;
  }
  const fault = faults.find(([, one]) => one !== null)?.[1] ?? null;
  count(kind, outcomeOf(test, kind, fault));
}

/** The lines of the file after `--from`, or of `opinfo.py`. */
async function* lines(args: readonly string[]): AsyncGenerator<string> {
  const from = args.indexOf("--from");
  if (from >= 0) {
    yield* createInterface({ input: createReadStream(args[from + 1]) });
    return;
  }
  const script = fileURLToPath(new URL("./opinfo.py", import.meta.url));
  const oracle = spawn(process.env.PYTHON ?? "/usr/bin/python3", [script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => oracle.on("close", resolve));
  yield* createInterface({ input: oracle.stdout });
  const code = await ended;
  if (code !== 0) throw new Error(`Cannot ask PyTorch: opinfo.py ended with ${code}`);
}

for await (const line of lines(process.argv.slice(2).filter((one) => one !== "--"))) {
  check(parseCase(line) as Line);
}

console.log("\nSkipped:");
for (const [reason, number] of skipped) console.log(`  ${number} ${reason}`);
console.log("\nChosen:");
for (const [{ reason }, number] of chosen) console.log(`  ${number} ${reason}`);
console.log("\nDifferent:");
for (const [op, number] of faulty) console.log(`  ${number} ${op}`);
console.log("");
for (const [row, outcomes] of counts) {
  console.log(`${row}: ${[...outcomes].map(([name, number]) => `${number} ${name}`).join(", ")}`);
}
process.exitCode = faulty.size > 0 ? 1 : 0;

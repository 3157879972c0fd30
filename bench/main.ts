/**
 * Measures kernels, the cost of an operation and training, in absolute figures and as a share of the
 * ceilings of this machine.
 *
 *     deno task bench [--kernels=native] [--json] [NAME ...]
 *     bun bench/main.ts [--kernels=native] [--json] [NAME ...]
 *
 * Each figure is the median of several runs after warming up, with the fastest and the slowest run.
 * With names, only the cases whose name begins with one of them are run. The images of the training
 * cases are random, of the shape and number of Fashion-MNIST's, so nothing has to be downloaded.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { describeKernels, getNumThreads, setKernels, setNumThreads } from "../mod.ts";
import { type Case, CASES } from "./cases.ts";
import { type Ceilings, measureCeilings } from "./ceilings.ts";
import { digits, measure, namesChosen, type Time } from "./harness.ts";

/** One line of the table. */
interface Result {
  readonly name: string;
  readonly threads: number;
  readonly value: number;
  readonly spread: readonly [number, number];
  readonly unit: string;
  /** Share of the ceiling `of` that it reaches. */
  readonly share?: number;
  readonly of?: string;
}

const PER_SECOND = { s: 1, ms: 1e3, "µs": 1e6 };
/** The library's default. */
const ALL_THREADS = getNumThreads();

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    kernels: { type: "string", default: "wasm" },
    json: { type: "boolean", default: false },
  },
});
const asJson = flags.json;
const chosen = namesChosen(names, CASES.map(({ name }) => name));
setKernels(flags.kernels);
const results: Result[] = [];

function report(result: Result): void {
  results.push(result);
  if (asJson) return;
  const { name, value, spread: [low, high], unit, share, of } = result;
  const range = `(${digits(low)} to ${digits(high)})`;
  const part = share === undefined ? "" : `${(100 * share).toFixed(0).padStart(4)} % of ${of}`;
  console.log(
    `${name.padEnd(24)} ${digits(value).padStart(8)} ${unit.padEnd(8)} ${range.padEnd(18)} ${part}`,
  );
}

function result(test: Case, time: Time, ceilings: Ceilings): Result {
  const { name, unit, bound } = test;
  const { threads } = ceilings;
  const convert = (ms: number): number =>
    unit === "GFLOP/s" ? bound!.amount / ms / 1e6 : ms * PER_SECOND[unit] / 1e3;
  const [value, first, last] = [time.median, time.fastest, time.slowest].map(convert);
  const spread = [Math.min(first, last), Math.max(first, last)] as const;
  if (bound === undefined) return { name, threads, value, spread, unit };
  const share = bound.amount / time.median / 1e6 / ceilings[bound.by];
  return { name, threads, value, spread, unit, share, of: bound.by };
}

function reportCeilings(ceilings: Ceilings): void {
  const { threads, unfused, fused, copy } = ceilings;
  for (
    const [name, value, unit] of [
      ["multiply and add", unfused, "GFLOP/s"],
      ["fused multiply-add", fused, "GFLOP/s"],
      ["copy", copy, "GB/s"],
    ] as const
  ) {
    report({ name: `ceiling: ${name}`, threads, value, spread: [value, value], unit });
  }
}

const { name: used, library } = describeKernels();
if (!asJson) {
  console.log(`kernels: ${[used, library?.name, library?.architecture].join(" ").trim()}`);
}
for (const threads of new Set([1, ALL_THREADS])) {
  if (!asJson) console.log(`\n${threads} thread${threads > 1 ? "s" : ""}`);
  setNumThreads(threads);
  const ceilings = await measureCeilings(threads);
  reportCeilings(ceilings);
  for (const test of CASES.filter(({ name }) => chosen.includes(name))) {
    report(result(test, measure(test.prepare(), test), ceilings));
  }
}
if (asJson) console.log(JSON.stringify(results, null, 2));

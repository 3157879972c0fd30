/**
 * Times every op, method and layer beside PyTorch, both on one thread, and lists the slowest first.
 *
 *     deno task bench:ops [--kernels=native] [--variants=large,thin] [--rounds=3] [--json] [--write] [NAME ...]
 *
 * Both sides take turns, so that other work on the machine slows both; a figure is the ratio of the
 * fastest turns, with that of the medians beside it. `--write` writes the table in docs/performance.md,
 * with `--read=FILE` from what `--json` has printed before.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { grad, manualSeed, noGrad, onesLike, setKernels, setNumThreads, Tensor } from "../mod.ts";
import { scope } from "../src/tensor/scope.ts";
import { countOf, digits, median } from "./harness.ts";
import {
  type Case,
  CASES,
  COLUMNS,
  EXCEPTIONS,
  keyOf,
  operandsOf,
  resultOf,
  type Variant,
} from "./ops_table.ts";
import { peerEnvironment } from "./peer_environment.ts";

/** Seconds of a turn, and of warming up before the first. */
const TURN = 0.02;
const WARM = 0.1;

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    kernels: { type: "string", default: "wasm" },
    variants: { type: "string", default: COLUMNS.join(",") },
    rounds: { type: "string", default: "3" },
    read: { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const { kernels, read: file } = flags;
const rounds = countOf("rounds", flags.rounds);
const variants = flags.variants.split(",");
const chosen = [...CASES].filter(([name]) =>
  names.length === 0 || names.some((other) => other === name || keyOf(other) === keyOf(name))
);
const unknown = [
  ...names.filter((name) => !chosen.some(([other]) => keyOf(other) === keyOf(name))),
  ...variants.filter((variant) => !COLUMNS.some((other) => other === variant)),
];
if (unknown.length > 0) {
  throw new RangeError(
    `Cannot measure ${unknown.join(", ")}: cases and variants (${
      COLUMNS.join(", ")
    }) stand in bench/ops_table.ts`,
  );
}

/** A slow case is measured again, with so many times the rounds: something else may have run. */
const AGAIN = 3;

/** The largest ratio that needs no reason, and the least that the document shows. */
const GOAL = 3;

const DOCUMENT = new URL("../docs/performance.md", import.meta.url);

/** Times of both sides in milliseconds, one for each round. */
interface Times {
  readonly ours: number[];
  readonly theirs: number[];
}

/** Ratio of one direction of a case on one variant. */
interface Row {
  readonly name: string;
  readonly variant: string;
  readonly direction: "forward" | "gradient";
  /** Of the fastest turns. */
  readonly ratio: number;
  /** Of the medians. */
  readonly median: number;
  readonly ms: number;
}

/** PyTorch, in a process of its own. */
class Peer {
  readonly #process = spawn("/usr/bin/python3", [
    fileURLToPath(new URL("./peers/ops.py", import.meta.url)),
  ], {
    env: peerEnvironment(1),
    stdio: ["pipe", "pipe", "ignore"],
  });
  readonly #lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();

  async ask(request: object): Promise<{ ms: number; gradient: boolean; error?: string }> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    return JSON.parse(done ? '{ "error": "PyTorch has ended" }' : value);
  }

  close(): void {
    this.#process.stdin!.end();
  }
}

/** Makes the operands, and returns functions that run the call without and with its gradient. */
function prepare(variant: Variant, one: Case): (() => void)[] {
  const operands = operandsOf(variant, one.range);
  const work = resultOf(one, operands);
  const forward = (): void => noGrad(() => scope(() => void work()));
  const output = scope(work);
  if (!(output instanceof Tensor) || !output.requiresGrad) return [forward];
  const gradOutputs = [onesLike(output.detach()).retain()];
  const leaves = [operands.x, operands.y, ...work.parameters];
  const gradient = (): void => {
    for (const result of grad(work() as Tensor, leaves, { gradOutputs })) {
      // Callers keep gradients, which would fill the memory; PyTorch frees them as soon as nobody has them.
      if (result?.array.storage !== gradOutputs[0].array.storage) result?.[Symbol.dispose]();
    }
  };
  return [forward, () => scope(gradient)];
}

function measure(work: () => void, seconds: number): number {
  const start = performance.now();
  for (let count = 1;; count++) {
    work();
    const spent = performance.now() - start;
    if (spent >= seconds * 1000) return spent / count;
  }
}

async function measureCase(
  peer: Peer,
  name: string,
  one: Case,
  variant: string,
  rounds: number,
): Promise<Row[]> {
  const { x, y, order, dtype } = one.variants[variant];
  const { gradient, error } = await peer.ask({
    x,
    y,
    order,
    dtype,
    range: one.range,
    torch: one.torch,
  });
  if (error !== undefined) return complain(name, variant, `PyTorch: ${error}`);
  let works: (() => void)[];
  try {
    works = prepare(one.variants[variant], one);
  } catch (error) {
    return complain(name, variant, String(error));
  }
  const rows: Row[] = [];
  for (
    const direction of gradient && works.length > 1
      ? ["forward", "gradient"] as const
      : ["forward"] as const
  ) {
    const work = works[Number(direction === "gradient")];
    const ask = (seconds: number) => peer.ask({ gradient: direction === "gradient", seconds });
    measure(work, WARM);
    const { error } = await ask(WARM);
    if (error !== undefined) {
      return rows.concat(complain(name, variant, `PyTorch, ${direction}: ${error}`));
    }
    const times: Times = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      times.ours.push(measure(work, TURN));
      times.theirs.push((await ask(TURN)).ms);
    }
    const least = Math.min(...times.ours);
    rows.push({
      ...{ name, variant, direction, ms: least },
      ratio: least / Math.min(...times.theirs),
      median: median(times.ours) / median(times.theirs),
    });
  }
  return rows;
}

function complain(name: string, variant: string, reason: string): Row[] {
  console.error(`Skipping ${name} ${variant}: ${reason}`);
  return [];
}

const START = `<!-- made by deno task bench:ops --kernels=${kernels} --write -->`;
const END = "<!-- end of the table of ops -->";

/** The cases with a ratio above the goal, worst first, and the number of the others. */
function tableOf(rows: readonly Row[]): string {
  const columns = COLUMNS.filter((column) => rows.some(({ variant }) => variant === column));
  const slow = [...new Set(rows.filter(({ ratio }) => ratio > GOAL).map(({ name }) => name))];
  const cell = (name: string, variant: string): string =>
    (["forward", "gradient"] as const).map((direction) => {
      const row = rows.find((row) =>
        row.name === name && row.variant === variant && row.direction === direction
      );
      return row === undefined ? "–" : `${Number(row.ratio.toPrecision(2))}`;
    }).join(" / ").replace(/^– \/ –$/, "");
  const below = rows.filter(({ ratio }) => ratio <= GOAL).map(({ ratio }) => ratio);
  return [
    `Of ${rows.length} pairs of times, ${below.length} have a ratio of at most ${GOAL}; the median of ` +
    `all is ${
      median(rows.map(({ ratio }) => ratio)).toPrecision(2)
    }. Above it, forward / with gradient:`,
    "",
    `| call | ${columns.join(" | ")} | reason |`,
    `| --- |${" --- |".repeat(columns.length + 1)}`,
    ...slow.map((name) =>
      `| ${name} | ${columns.map((variant) => cell(name, variant)).join(" | ")} | ${
        Object.entries(EXCEPTIONS).find(([, names]) => names.includes(name))?.[0] ?? "–"
      } |`
    ),
  ].join("\n");
}

setKernels(kernels);
setNumThreads(1);
manualSeed(0);
const peer = new Peer();
const rows: Row[] = file === undefined ? [] : JSON.parse(readFileSync(file, "utf8"));
for (const [name, one] of file === undefined ? chosen : []) {
  for (const variant of variants.filter((variant) => variant in one.variants)) {
    let found = await measureCase(peer, name, one, variant, rounds);
    if (found.some(({ ratio }) => ratio > GOAL)) {
      found = await measureCase(peer, name, one, variant, AGAIN * rounds);
    }
    rows.push(...found);
  }
}
peer.close();
rows.sort((a, b) => b.ratio - a.ratio);
if (flags.write) {
  const [before, rest] = readFileSync(DOCUMENT, "utf8").split(START);
  const after = rest.slice(rest.indexOf(END));
  writeFileSync(DOCUMENT, `${before}${START}\n\n${tableOf(rows)}\n\n${after}`);
} else if (flags.json) console.log(JSON.stringify(rows, null, 2));
else {
  for (const { ratio, median, ms, name, variant, direction } of rows) {
    const figures = `${digits(ratio).padStart(6)} (${digits(median)})`.padEnd(16);
    console.log(`${figures} ${digits(ms).padStart(8)} ms  ${name}, ${variant}, ${direction}`);
  }
}

/**
 * Measures training on several ranks, and what it says for many; `docs/scaling.md` explains the tables.
 *
 *     deno task bench:scale [--seconds 20] [--ranks 1,2,4] [--models mlp,cnn,wide] [--batch 64]
 *         [--mpi MPICH] [--rates 1000mbit,100mbit] [--delay 100us]
 *         [--trace FILE]
 *
 * `--rates` also runs two ranks in network namespaces with a cable of that speed between them, which
 * takes root; `--delay` needs a kernel with netem. `--trace` writes the fastest step of the last model on
 * two ranks for `chrome://tracing` and https://ui.perfetto.dev.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchers } from "../tests/support/mpi.ts";
import { countOf, digits, namesChosen } from "./harness.ts";
import { fitNetwork, fitOverlap, type Network, predict, type Workload } from "./scale_model.ts";
import type { Measurement, Span } from "./scale_rank.ts";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    ranks: { type: "string", default: "1,2,4" },
    models: { type: "string", default: "" },
    batch: { type: "string" },
    mpi: { type: "string", default: launchers[0]?.name ?? "" },
    rates: { type: "string", default: "" },
    delay: { type: "string" },
    trace: { type: "string" },
  },
});
const launcher = launchers.find(({ name }) => name === options.mpi);
if (launcher === undefined) {
  throw new Error(`Cannot run ranks by "${options.mpi}": install openmpi-bin or mpich`);
}
const PROCESSORS = navigator.hardwareConcurrency;
const list = (text: string): string[] => text.split(",").filter((each) => each !== "");
const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const NETWORK = pathOf("scale_network.sh");

/** The command of a rank. */
function rankCommand(model: string): string[] {
  const flags = ["run", "--quiet", "--allow-ffi", "--allow-env", "--allow-read"];
  const batch = options.batch === undefined ? [] : [options.batch];
  const run = "Deno" in globalThis ? flags : [];
  return [process.execPath, ...run, pathOf("scale_rank.ts"), model, options.seconds, ...batch];
}

/** Runs a command, and returns what it prints. */
function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}:\n${stderr || error || stdout}`);
  return stdout;
}

/** Measures a model on ranks of this machine. */
function measureHere(model: string, ranks: number): Measurement {
  const { command, flags } = launcher!;
  const text = run(command, ...flags, "-n", `${ranks}`, ...rankCommand(model));
  // The transport of Debian's MPICH writes warnings there, too.
  return JSON.parse(/^{.*}$/m.exec(text)![0]);
}

/** Measures a model on two ranks with a cable between them. */
function measureBetween(model: string, rate: string): Measurement {
  run("sh", NETWORK, "down");
  try {
    run("sh", NETWORK, "up", rate, ...options.delay === undefined ? [] : [options.delay]);
    const mca = {
      plm_rsh_agent: `sh ${NETWORK}`,
      btl: "tcp,self",
      btl_tcp_if_include: "10.77.0.0/24",
      oob_tcp_if_include: "10.77.0.0/24",
    };
    const settings = Object.entries(mca).flatMap(([name, value]) => ["--mca", name, value]);
    const hosts = ["--host", "10.77.0.1:1,10.77.0.2:1"];
    const mpirun = [
      "mpirun.openmpi",
      "--allow-run-as-root",
      "--bind-to",
      "none",
      ...settings,
      ...hosts,
    ];
    return JSON.parse(run("sh", NETWORK, "run", ...mpirun, "-n", "2", ...rankCommand(model)));
  } finally {
    run("sh", NETWORK, "down");
  }
}

/** Networks as their makers describe them: milliseconds a message, and a byte. */
const OTHERS: Readonly<Record<string, { latency: number; perByte: number }>> = {
  "Ethernet, 1 Gbit/s": { latency: 0.05, perByte: 1e3 / 117e6 },
  "Ethernet, 10 Gbit/s": { latency: 0.03, perByte: 1e3 / 1.17e9 },
  "InfiniBand, 100 Gbit/s": { latency: 0.002, perByte: 1e3 / 11.5e9 },
};

function printNetwork(where: string, network: Network): void {
  const { latency, perByte, addPerByte, call } = network;
  const speed = (time: number): string => `${digits(1e-6 / time)} GB/s`;
  console.log(
    `${where}: a message ${digits(1000 * latency)} µs, bytes ${speed(perByte)}, ` +
      `sums ${speed(addPerByte)}, a small call ${digits(1000 * call)} µs`,
  );
}

function printRow(
  what: string,
  measured: Measurement,
  workload: Workload,
  network: Network,
  overlap: number,
  processors: number,
): void {
  const { ranks, batch, averaged } = measured;
  const { total } = predict(workload, ranks, network, overlap, processors);
  const speedup = ranks * workload.step.step / averaged.step;
  console.log([
    ...[what.padEnd(22), `${ranks}`.padStart(5), digits(total).padStart(10)],
    ...[
      digits(averaged.step).padStart(10),
      digits(1000 * ranks * batch / averaged.step).padStart(9),
    ],
    speedup.toFixed(2).padStart(9),
  ].join(" "));
}

const HEADER = "model                  ranks  predicted   measured  images/s  times one";

/** Prints when buckets are sent within a step. */
function printTrace(model: string, { trace }: Measurement): void {
  console.log(`\n${model}: the fastest step of rank 0 on two ranks, in milliseconds`);
  for (const { name, begin, end } of [...trace].sort((a, b) => a.begin - b.begin)) {
    console.log(`${begin.toFixed(2).padStart(8)} – ${end.toFixed(2).padStart(8)}  ${name}`);
  }
}

/** Returns a step as a file for `chrome://tracing`: computing in one row, transfers in others. */
function chromeTrace(trace: readonly Span[]): string {
  let row = 0;
  const events = trace.map(({ name, begin, end }) => ({
    ...{ name, ph: "X", pid: 0, ts: 1000 * begin, dur: 1000 * (end - begin) },
    tid: name.includes("bytes") ? ++row : 0,
  }));
  return JSON.stringify({ traceEvents: events });
}

const counts = list(options.ranks).map((text) => countOf("ranks", text));
const models = namesChosen(list(options.models), ["mlp", "cnn", "wide"]);
countOf("seconds", options.seconds);
if (options.batch !== undefined) countOf("samples", options.batch);
const results = new Map(models.map((model) => {
  const measured = counts.map((ranks) => measureHere(model, ranks));
  const pair = measured.find(({ ranks }) => ranks > 1);
  if (pair === undefined) throw new Error("Cannot measure one rank alone: --ranks needs 2");
  const step = measured.map(({ alone }) => alone).sort((a, b) => a.step - b.step)[0];
  return [model, { measured, pair, workload: { step, buckets: pair.buckets } }] as const;
}));

// The model with most buckets shows most of the overlap.
const widest =
  [...results.values()].sort((a, b) => b.pair.buckets.length - a.pair.buckets.length)[0];
const here = fitNetwork([...results.values()].map(({ pair }) => pair));
const overlap = fitOverlap(widest.pair, here);
console.log(`${launcher.name}, ${PROCESSORS} processors, one thread a rank; fastest rounds\n`);
printNetwork("between ranks here", here);
console.log(`overlap: ${digits(100 * overlap)} % of what could be hidden\n\n${HEADER}`);
for (const [model, { measured, workload }] of results) {
  for (const each of measured) printRow(model, each, workload, here, overlap, PROCESSORS);
}

for (const rate of list(options.rates)) {
  console.log(
    `\ntwo ranks, a cable of ${rate} between them${options.delay ? `, ${options.delay}` : ""}`,
  );
  const between = new Map(models.map((model) => [model, measureBetween(model, rate)]));
  const network = fitNetwork([...between.values()]);
  printNetwork(rate, network);
  console.log(HEADER);
  for (const [model, measured] of between) {
    const workload = { ...results.get(model)!.workload, buckets: measured.buckets };
    printRow(model, measured, workload, network, overlap, PROCESSORS);
  }
}

console.log(
  "\npredicted share of the time that computes, one rank a machine, the same batch on each",
);
const MANY = [2, 8, 32, 128, 512, 1024];
for (const [model, { workload, pair }] of results) {
  const bytes = pair.buckets.reduce((sum, bytes) => sum + bytes, 0);
  console.log(
    `${model}: ${digits(workload.step.step)} ms a step, ${digits(bytes / 1e6)} MB of gradients`,
  );
  for (const [name, costs] of Object.entries(OTHERS)) {
    const network = { ...here, ...costs, call: 2 * costs.latency };
    const shares = MANY.map((ranks) => {
      const { compute, total } = predict(workload, ranks, network, overlap);
      return `${ranks}: ${Math.round(100 * compute / total)} %`.padStart(11);
    });
    console.log(`  ${name.padEnd(22)}${shares.join("")}`);
  }
}
const last = [...results.keys()].at(-1)!;
printTrace(last, results.get(last)!.pair);
if (options.trace !== undefined) {
  writeFileSync(options.trace, chromeTrace(results.get(last)!.pair.trace));
}

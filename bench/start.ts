/**
 * Measures first use: the time from the start of a process to the end of its first training step,
 * and what it is spent on.
 *
 *     deno task bench:start [--rounds=9] [--runtimes=deno,bun,node] [--networks=xor,mlp,cnn]
 *       [--kernels=wasm,native] [--beside=../other/checkout] [--cpu]
 *
 * Figures are milliseconds of the fastest round, since whatever else runs only adds to them; all that
 * is compared takes turns. With `--beside`, the ratio to another checkout stands behind each. With
 * `--cpu` they are those that the main thread computes, which hold on a busy machine, too.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { countOf, digits } from "./harness.ts";
import type { Moment } from "./startup.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    runtimes: { type: "string", default: "deno,bun" },
    networks: { type: "string", default: "xor,mlp,cnn,transformer" },
    kernels: { type: "string", default: "wasm,native" },
    beside: { type: "string" },
    cpu: { type: "boolean", default: false },
  },
});
const [runtimes, networks, kernels] = [values.runtimes, values.networks, values.kernels]
  .map((list) => list.split(","));
const rounds = countOf("rounds", values.rounds);
const here = fileURLToPath(new URL("..", import.meta.url));
const checkouts = values.beside === undefined ? [here] : [here, values.beside];

/** Arguments with which each runtime runs a script that calls libraries. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  deno: ["run", "--allow-ffi", "--allow-read"],
  bun: ["run"],
  node: [],
};

/** The lines of the table: milliseconds of each thing, then sums and counts. */
type Figures = Map<string, number>;

/** Runs `startup.ts` of a checkout in a process of its own. */
function start(runtime: string, checkout: string, network: string, kernel: string): Figures {
  const script = `${checkout}/bench/startup.ts`;
  const args = [...COMMANDS[runtime], script, `--network=${network}`, `--kernels=${kernel}`];
  if (values.cpu) args.push("--cpu");
  const begin = values.cpu ? 0 : Date.now();
  const { stdout, stderr, status } = spawnSync(runtime, args, { cwd: checkout, encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run ${script} in ${runtime}: ${stderr}`);
  const moments: Moment[] = JSON.parse(stdout);
  const figures: Figures = new Map();
  let last = begin;
  for (const { name, at, modules, compiling } of moments) {
    figures.set(name, at - last);
    last = at;
    if (name !== "first step") continue;
    figures.set("PROCESS TO FIRST STEP", at - begin);
    figures.set("modules compiled", modules);
    figures.set("of that, by the engine", compiling);
  }
  return figures;
}

/** Prints the table of one network in one runtime. */
function report(runtime: string, network: string): void {
  const best = kernels.map(() => checkouts.map((): Figures => new Map()));
  for (let round = 0; round < rounds; round++) {
    kernels.forEach((kernel, i) =>
      checkouts.forEach((checkout, j) => {
        for (const [name, value] of start(runtime, checkout, network, kernel)) {
          best[i][j].set(name, Math.min(best[i][j].get(name) ?? Infinity, value));
        }
      })
    );
  }
  const head = kernels.map((kernel) => kernel.padStart(16)).join("");
  console.log(`\n${`${network} in ${runtime}`.padEnd(28)}${head}`);
  for (const name of best[0][0].keys()) {
    const cells = best.map(([own, other]) => {
      const [value, ratio] = [own.get(name)!, own.get(name)! / (other?.get(name) ?? NaN)];
      return digits(value).padStart(9) + (other ? ratio.toFixed(2) : "").padStart(7);
    });
    console.log(name.padEnd(28) + cells.join(""));
  }
}

for (const runtime of runtimes) {
  for (const network of networks) report(runtime, network);
}

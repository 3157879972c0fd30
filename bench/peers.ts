/**
 * Times the same work by Gradus and by its peers, on this machine, in the same minutes.
 *
 *     deno task bench:peers [--rounds=5] [--kernels=native] [--peer=PyTorch] [--fastest] [--json] [CASE ...]
 *     bun bench/peers.ts [--rounds=5] [--kernels=native] [--peer=PyTorch] [--fastest] [--json] [CASE ...]
 *
 * A case stands for those whose names begin so. Gradus runs with the kernels `"wasm"`, and with
 * `"native"` if a library is there; `--kernels` takes only one of them. Peers that are not installed
 * are skipped with a line; each `--peer` takes those whose names begin so, and no others. All take
 * turns in processes of their own, on one thread and on all, round after round, so that other work on
 * the machine slows all of them. The figures are medians over the rounds, of medians within a process;
 * with `--fastest`, the fastest of all runs are compared instead, for a machine that is busy.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { getNumThreads, LibraryError, setKernels } from "../mod.ts";
import { countOf, digits, median, namesChosen } from "./harness.ts";
import { peerEnvironment } from "./peer_environment.ts";
import { type Contestant, type Ratio, ratios, type Times } from "./ratios.ts";

const ALL_THREADS = getNumThreads();

/** A library, and the script that runs the cases with it. */
interface Peer {
  readonly name: string;
  readonly script: string;
  readonly flags?: readonly string[];
  /** The cases that it runs; all if left out. */
  readonly only?: readonly string[];
  /** True if the number of threads can be set. */
  readonly threaded: boolean;
  /** Prerequisite, such as a package of Python, or one of npm in `bench/peers`. */
  readonly needs?: {
    readonly python?: readonly string[];
    readonly npm?: string;
    /** Kernels of Gradus. */
    readonly kernels?: string;
  };
}

function nameOf(kernels: string): string {
  return `Gradus, ${kernels}`;
}

/** Gradus with each of its kernels. */
const GRADUS: readonly Peer[] = ["wasm", "native"].map((kernels) => {
  const [name, flags] = [nameOf(kernels), [`--kernels=${kernels}`]];
  return { name, script: "gradus.js", flags, threaded: true, needs: { kernels } };
});

const PEERS: readonly Peer[] = [
  { name: "PyTorch", script: "pytorch.py", threaded: true, needs: { python: ["torch"] } },
  {
    name: "PyTorch, DataLoader",
    script: "pytorch.py",
    flags: ["--loader"],
    only: ["MLP epoch"],
    threaded: true,
    needs: { python: ["torch", "torchvision"] },
  },
  { name: "NumPy", script: "numpy_blas.py", threaded: true, needs: { python: ["numpy"] } },
  { name: "jax-js, jit", script: "jax.js", threaded: false, needs: { npm: "@jax-js/jax" } },
  {
    name: "TensorFlow.js, wasm",
    script: "tfjs.js",
    threaded: true,
    needs: { npm: "@tensorflow/tfjs-backend-wasm" },
  },
];

/** Cases that run one after the other in a process. */
const TURNS: readonly (readonly string[])[] = [
  ["MLP epoch"],
  ["CNN step"],
  ["transformer step"],
  ["LSTM step"],
  ["matmul 256", "matmul 512", "matmul 1024"],
  ["add", "relu", "exp", "tanh", "sigmoid", "softmax", "eager op"],
];

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    kernels: { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    fastest: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const { json: asJson, fastest: wantsFastest } = flags;
const rounds = countOf("rounds", flags.rounds);
const chosenCases = namesChosen(names, TURNS.flat());
const chosenPeers = [
  ...namesChosen(flags.kernels.map(nameOf), GRADUS.map(({ name }) => name)),
  ...namesChosen(flags.peer, PEERS.map(({ name }) => name)),
];

function say(line: string): void {
  if (!asJson) console.log(line);
}

/** The first Python that has all of `modules`, if there is one. */
function pythonWith(modules: readonly string[]): string | undefined {
  const test = ["-c", `import ${modules.join(", ")}`];
  // Debian's packages belong to Debian's Python, which need not be the first one on the path.
  return ["python3", "/usr/bin/python3"].find((python) => spawnSync(python, test).status === 0);
}

/** Returns the command that runs `peer`, or the reason why it cannot run. */
function commandOf({ script, flags = [], needs = {} }: Peer): string[] | { missing: string } {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  if (needs.python !== undefined) {
    const python = pythonWith(needs.python);
    return python === undefined
      ? { missing: needs.python.join(" and ") }
      : [python, path, ...flags];
  }
  if (needs.kernels !== undefined) {
    try {
      setKernels(needs.kernels);
    } catch (error) {
      if (error instanceof LibraryError) return { missing: "a fast BLAS" };
      throw error;
    }
  }
  if (needs.npm !== undefined) {
    const folder = new URL(`./peers/node_modules/${needs.npm}`, import.meta.url);
    if (!existsSync(folder)) return { missing: needs.npm };
  }
  const permissions = process.versions.deno === undefined ? [] : ["--allow-all", "--quiet"];
  return [process.execPath, "run", ...permissions, path, ...flags];
}

/** Returns Gradus and the installed peers, on each number of threads. */
function contestants(): (Contestant & { readonly command: string[]; readonly peer: Peer })[] {
  const counts = [...new Set([1, ALL_THREADS])];
  const all = [...GRADUS, ...PEERS].filter(({ name }) => chosenPeers.includes(name));
  return all.flatMap((peer) => {
    const command = commandOf(peer);
    if (!Array.isArray(command)) {
      say(`Skipping ${peer.name}: ${command.missing} is not installed (see docs/performance.md)`);
      return [];
    }
    const threads = peer.threaded ? counts : [ALL_THREADS];
    return threads.map((count) => ({ name: peer.name, threads: count, command, peer }));
  });
}

/** Returns the milliseconds of each of `cases`; prints once which ones a peer cannot do. */
function runCases(
  { name, command, threads }: Contestant & { readonly command: string[] },
  cases: readonly string[],
  failures: Set<string>,
): Map<string, number> {
  const [program, ...rest] = command;
  const options = {
    encoding: "utf8",
    env: peerEnvironment(threads),
    timeout: 120_000,
  } as const;
  const { status, stdout, stderr } = spawnSync(
    program,
    [...rest, `--threads=${threads}`, ...cases],
    options,
  );
  const found = new Map<string, number>();
  for (const line of stdout.split("\n").filter((line) => line.startsWith("{"))) {
    const { case: test, value, fastest, error } = JSON.parse(line);
    if (typeof value === "number") found.set(test, wantsFastest ? fastest : value);
    else failures.add(`${name} cannot do ${test}: ${error}`);
  }
  if (status !== 0 && found.size === 0) failures.add(`${name} failed: ${stderr.slice(-300)}`);
  return found;
}

/** Returns the fastest time of each contestant over all rounds, as one round. */
function fastestOf(rounds: readonly Times[]): Times {
  const groups = Map.groupBy(rounds.flat(), ({ name, threads }) => `${name} ${threads}`);
  return [...groups.values()].map((times) => times.reduce((a, b) => (b.value < a.value ? b : a)));
}

/** Returns the times of all contestants, case by case: one list for each round. */
function* measureAll(): Generator<[test: string, rounds: Times[]]> {
  const [all, failures] = [contestants(), new Set<string>()];
  for (const turn of TURNS) {
    const cases = turn.filter((test) => chosenCases.includes(test));
    const results = new Map(cases.map((test) => [test, [] as Times[]]));
    for (let round = 0; round < rounds && cases.length > 0; round++) {
      results.forEach((times) => times.push([]));
      for (const contestant of all) {
        const { name, threads, peer } = contestant;
        const asked = cases.filter((test) => peer.only?.includes(test) ?? true);
        if (asked.length === 0) continue;
        for (const [test, value] of runCases(contestant, asked, failures)) {
          results.get(test)![round].push({ name, threads, value });
        }
      }
    }
    for (const [test, times] of results) yield [test, wantsFastest ? [fastestOf(times)] : times];
  }
  failures.forEach(say);
}

function describe({ peer, ours, theirs, value, range: [low, high], target }: Ratio): string {
  const goal = target === undefined
    ? ""
    : `  at most ${target}: ${value <= target ? "met" : "missed"}`;
  return `  ${digits(value).padStart(6)} ${
    `(${digits(low)} to ${digits(high)})`.padEnd(17)
  } of ${peer}, ` +
    `${ours} to ${theirs}${goal}`;
}

function printTimes(test: string, times: readonly Times[]): void {
  say(`\n${test}`);
  for (const { name, threads } of times[0] ?? []) {
    const values = times.flatMap((round) =>
      round.filter((x) => x.name === name && x.threads === threads).map((x) => x.value)
    );
    const [low, high] = [Math.min(...values), Math.max(...values)].map(digits);
    say(
      `  ${digits(median(values)).padStart(8)} ms ${`(${low} to ${high})`.padEnd(20)} ` +
        `${name}, threads: ${threads}`,
    );
  }
}

const all: Ratio[] = [];
for (const [test, times] of measureAll()) {
  printTimes(test, times);
  for (const { name } of GRADUS) {
    const found = ratios(test, times, name);
    if (found.length > 0) say(`  times of ${name} as a share of its peers':`);
    for (const ratio of found) say(describe(ratio));
    all.push(...found);
  }
}
if (asJson) console.log(JSON.stringify(all, null, 2));

/**
 * Runs programs on several ranks, with each MPI that this machine has.
 *
 * `GRADUS_REQUIRED_LIBRARIES` with `Open MPI` or `MPICH` makes it an error that one is missing.
 * `GRADUS_DENO` and `GRADUS_BUN` name the other runtime, if it is not on the path.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { RUNTIME } from "./runtime.ts";

/** An MPI, and the command that starts ranks. */
export interface Launcher {
  readonly name: "Open MPI" | "MPICH";
  readonly command: string;
  readonly flags: readonly string[];
}

/** Returns the file of a command on the path. */
function find(command: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, command)).find(existsSync);
}

const LAUNCHERS: readonly Launcher[] = [
  {
    name: "Open MPI",
    command: "mpirun.openmpi",
    // It refuses to run as root, and more ranks than processors, unless it is told to; and it binds each
    // of two ranks to a processor, the same in every job.
    flags: [
      ...process.getuid?.() === 0 ? ["--allow-run-as-root"] : [],
      ...["--oversubscribe", "--bind-to", "none"],
    ],
  },
  { name: "MPICH", command: "mpirun.mpich", flags: [] },
];

/** The MPIs of this machine. */
export const launchers: readonly Launcher[] = LAUNCHERS.filter(({ command }) => find(command));

/** The MPIs that must be there. */
export const REQUIRED: readonly string[] = LAUNCHERS.map(({ name }) => name).filter((name) =>
  process.env.GRADUS_REQUIRED_LIBRARIES?.split(",").includes(name)
);

/** A runtime that can call libraries. */
export type Host = "deno" | "bun";

/** Returns the path of a runtime; `undefined` if it is not here. */
export function pathOf(host: Host): string | undefined {
  if (RUNTIME === host) return process.execPath;
  return process.env[`GRADUS_${host.toUpperCase()}`] ?? find(host);
}

/** The runtimes of this machine that can call libraries. */
export const hosts: readonly Host[] = (["deno", "bun"] as const).filter(pathOf);

function commandOf(host: Host, file: string, args: readonly string[]): string[] {
  const run = host === "deno"
    ? [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-ffi",
      "--allow-env",
      "--allow-read",
      "--allow-write",
    ]
    : [];
  return [pathOf(host)!, ...run, file, ...args];
}

/** The end of a job. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** Environment of a job: nothing of a job that these tests may run in. */
function environment(): Record<string, string | undefined> {
  const entries = Object.entries(process.env).filter(([name]) =>
    !/^(OMPI|PMI|PMIX|PRTE|MPI)_/.test(name)
  );
  return { ...Object.fromEntries(entries), NO_COLOR: "1" };
}

/**
 * Runs a program of `tests/distributed/programs/` on one rank for each of `runtimes`.
 *
 * @param launcher the MPI; `null` to start one process without
 * @param runtimes the runtime of each rank
 * @param program the file, from this repository's root
 * @param args its arguments
 */
export function runRanks(
  launcher: Launcher | null,
  runtimes: readonly Host[],
  program: string,
  args: readonly string[] = [],
): Promise<Outcome> {
  const file = fileURLToPath(new URL(`../../${program}`, import.meta.url));
  const ranks = runtimes.flatMap((host, i) => [
    ...(i === 0 ? [] : [":"]),
    ...["-n", "1", ...commandOf(host, file, args)],
  ]);
  const [command, ...rest] = launcher === null
    ? commandOf(runtimes[0], file, args)
    : [launcher.command, ...launcher.flags, ...ranks];
  const start = performance.now();
  const child = spawn(command, rest, { env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (chunk: Uint8Array) => texts.out += new TextDecoder().decode(chunk));
  child.stderr.on("data", (chunk: Uint8Array) => texts.err += new TextDecoder().decode(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, ...texts, seconds: (performance.now() - start) / 1000 });
    });
  });
}

/** Runs a program as `runRanks` does, and returns what it printed as JSON; its failure is an error. */
export async function resultOf<T>(...job: Parameters<typeof runRanks>): Promise<T> {
  const { code, out, err } = await runRanks(...job);
  if (code !== 0) throw new Error(`${job[2]} has ended with code ${code}:\n${err}\n${out}`);
  // The transport of Debian's MPICH writes warnings there, about messages that nobody has received.
  return JSON.parse(out.replaceAll(/^\[.* UCX +WARN .*$/gm, ""));
}

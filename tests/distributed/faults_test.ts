/**
 * Jobs in which a rank fails, ends, is killed, hangs or does something else than the others, with each MPI
 * of this machine: they end soon, and their first line tells which rank it was, and why.
 *
 * `GRADUS_KILLS=20 deno task test tests/distributed/faults_test.ts` kills each rank 20 times in training;
 * without it, 2 times.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import * as checkpoint from "../../src/utils/checkpoint.ts";
import { type Host, hosts, launchers, resultOf, runRanks } from "../support/mpi.ts";
import { RUNTIME } from "../support/runtime.ts";

const skip = RUNTIME === "node" || launchers.length === 0;
const own = RUNTIME as Host;
const FAULTS = "tests/distributed/programs/faults.ts";
const RESUMABLE = "tests/distributed/programs/resumable.ts";
const ranks = (count: number): Host[] => new Array<Host>(count).fill(own);

/** Seconds in which a job must have ended: its time-out is 2 s, and the machine may be busy. */
const SOON = 30;

/** Faults, the number of ranks, and what the first line of the job must say. */
const FIRST_LINES: Readonly<
  Record<string, readonly [fault: string, size: number, line: RegExp]>
> = {
  "throws": ["throw", 2, /^rank 1 of 2: Error: the data are gone/],
  "rejects a promise": ["reject", 2, /^rank 1 of 2: Error: the data are gone/],
  "runs out of memory": ["memory", 2, /^rank 1 of 2: \w*Error: Cannot .*memory/i],
  "exits with an error": ["exit", 2, /^rank 1 of 2 has ended with code 3/],
  "hangs": ["hang 1", 2, /^rank 0 of 2: .*Cannot finish allReduce\(\) after 2 s: rank 1 did not/],
  "hangs as rank 0": ["hang 0", 2, /^rank 1 of 2: .*Cannot finish allReduce\(\).*rank 0 did not/],
  "hangs among three": ["hang 1", 3, /^rank 0 of 3: .*Cannot finish allReduce\(\).*rank 1 did not/],
  "is stopped": ["signal SIGSTOP", 2, /^rank 0 of 2: .*after 2 s: rank 1 did not answer/],
  "makes another call": [
    "calls",
    2,
    /^rank (0 of 2: .*Cannot call allReduce\(\): rank 1 calls barrier\(\)|1 of 2: .*barrier\(\): rank 0 calls allReduce\(\))/,
  ],
  "throws an error with a cause": [
    "cause",
    2,
    /^rank 1 of 2: Error: no epoch\n[^]*\nCaused by Error: the data are gone/,
  ],
  "receives from one that has ended": [
    "receive",
    2,
    /^rank 0 of 2: .*Cannot finish recv\(\) with rank 1: it has ended its program/,
  ],
  "calls others at its very end": ["late", 2, /^rank \d of 2: .*after the end of the program/],
  "catches the error of a time-out": [
    "catch",
    2,
    /^rank 0 of 2: .*Cannot finish broadcast\(\) after 2/,
  ],
  "has more batches": [
    "models batches",
    2,
    /^rank (0 of 2: .*Cannot call backward\(\): rank 1 calls allReduce\(\).*DistributedSampler|1 of 2: .*allReduce\(\): rank 0 calls backward\(\).*DistributedSampler)/,
  ],
  "calls backward() of models in another order": [
    "models order",
    2,
    /^rank \d of 2: .*Cannot call backward\(\): rank \d calls it for another model/,
  ],
  "does not agree on noSync()": [
    "models modes",
    2,
    /^rank \d of 2: .*Cannot average gradients: rank \d .* do not agree on noSync\(\)/,
  ],
  "goes on after a backward() that has failed": [
    "models catch",
    2,
    /^rank \d of 2: .*Cannot call allReduce\(\) after a backward\(\) that has failed/,
  ],
  "trains a parameter that was frozen": [
    "models unfreeze",
    2,
    /^rank \d of 2: .*Cannot average the gradient of "0\.\w+": it was frozen/,
  ],
  ...own !== "deno" ? {} : {
    "calls Deno.exit(3)": ["runtime-exit 3", 2, /^rank 1 of 2 has ended with code 3/],
    "calls Deno.exit(0)": [
      "runtime-exit 0",
      2,
      /^rank (0 of 2: .*allReduce\(\): rank 1 has ended its program|1 of 2: .*Cannot end the program: rank 0 calls allReduce\(\))/,
    ],
  },
  "passes another shape": [
    "shapes",
    2,
    /^rank (0 of 2: .*Cannot allReduce float32 \[3\] .*rank 1 has float32 \[4\]|1 of 2: .*rank 0 has float32 \[3\])/,
  ],
};

test("a call of C that does not return ends the process, with words", {
  skip: RUNTIME === "node",
}, async () => {
  const WATCHED = "tests/distributed/programs/watched.ts";
  const { code, out, err } = await runRanks(null, [own], WATCHED, ["500"]);
  assertEquals([code, out, err], [1, "", "it takes too long\n"]);
  assertEquals(await resultOf(null, [own], WATCHED, ["60000"]), "done");
});

for (const launcher of launchers) {
  const { name } = launcher;
  for (const [what, [fault, size, line]] of Object.entries(FIRST_LINES)) {
    test(`${name}: a rank that ${what} ends the job, and is named first`, { skip }, async () => {
      const { code, err, seconds } = await runRanks(
        launcher,
        ranks(size),
        FAULTS,
        fault.split(" "),
      );
      assert(code !== 0);
      assertMatch(err.trimStart(), line);
      assert(seconds < SOON, `it took ${seconds} s`);
    });
  }

  test(`${name}: a rank that ends while others wait for it is named`, { skip }, async () => {
    const { code, err } = await runRanks(launcher, ranks(2), FAULTS, ["leave"]);
    assert(code !== 0);
    assertMatch(err, /rank 0 of 2: .*Cannot call allReduce\(\): rank 1 has ended its program/);
  });

  test(`${name}: a rank that is killed ends the job, and its launcher names it`, {
    skip,
  }, async () => {
    const killed = ["signal", "SIGKILL"];
    const { code, out, err, seconds } = await runRanks(launcher, ranks(2), FAULTS, killed);
    assert(code !== 0);
    assert(seconds < SOON, `it took ${seconds} s`);
    // Nothing of the rank is left to speak, and the others are ended with it. MPICH names the first
    // process that it found killed, which on a busy machine can be one of these.
    const text = out + err;
    if (name === "MPICH") assertMatch(text, /PID \d+ RUNNING AT[^]*signal 9/);
    else assertMatch(text, /rank 1 with PID \d+ on node .* exited on signal 9/);
  });

  test(`${name}: a slow rank is waited for`, { skip }, async () => {
    assertEquals(await resultOf(launcher, ranks(2), FAULTS, ["wait"]), "done");
  });

  test(`${name}: killed at random moments, training resumes on other numbers of ranks`, {
    skip,
  }, async () => {
    await killAndResume(launcher, Number(process.env.GRADUS_KILLS ?? 2));
  });
}

/** Steps of the training that is killed. */
const STEPS = "30";

/** The line that a training prints at its end. */
interface Result {
  readonly begin: number;
  readonly digest: string;
}

/** Kills each of two ranks, some on two runtimes, `kills` times, and compares what is resumed with what was never killed. */
async function killAndResume(launcher: (typeof launchers)[number], kills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  const path = join(folder, "run.safetensors");
  const stepOf = (): number => existsSync(path) ? checkpoint.load<{ step: number }>(path).step : 0;
  try {
    const { digest } = await resultOf<Result>(null, [own], RESUMABLE, [folder, STEPS]);
    const run = async (size: number): Promise<void> => {
      const begin = stepOf();
      const result = await resultOf<Result>(launcher, ranks(size), RESUMABLE, [folder, STEPS]);
      assertEquals(result, { begin, digest });
    };
    let duration = 0;
    let killed = 0;
    for (let i = 0; i < 2 * kills; i++) {
      if (i === 0 || stepOf() === Number(STEPS)) rmSync(path);
      if (i === 0) {
        const start = performance.now();
        await run(2);
        duration = performance.now() - start;
        rmSync(path);
      }
      const before = stepOf();
      const runtimes = i % 3 === 2 && hosts.length > 1 ? hosts : ranks(2);
      const job = runRanks(launcher, runtimes, RESUMABLE, [folder, STEPS]);
      const isKilled = await kill(folder, i % 2, Math.random() * duration);
      const { code, out, err, seconds } = await job;
      const reached = stepOf();
      assert(reached >= before, `the checkpoint of step ${before} is now one of ${reached}`);
      assert(seconds < SOON + duration / 1000, `the job took ${seconds} s to end`);
      // A rank that has said all it had to say may be killed in vain.
      if (code === 0) assertMatch(out, new RegExp(`"digest":"${digest}"`));
      else assert(isKilled, `it has failed by itself: ${err}`);
      if (code !== 0) killed++;
      // One rank, or four, go on with what two have begun.
      if (code !== 0 && i % 4 === 3) await run(i % 8 === 3 ? 1 : 4);
    }
    if (stepOf() < Number(STEPS)) await run(1);
    assert(killed > 0, "no rank was killed in time");
    // Later saves remove what killed ranks have left. Deno may not look for their processes here.
    const strays = hosts.includes("deno") ? /^pid\.|\.tmp$/ : /^pid\./;
    assertEquals(readdirSync(folder).filter((file) => !strays.test(file)), ["run.safetensors"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Kills a rank some milliseconds after it has begun; returns false if it was gone by then. */
async function kill(folder: string, rank: number, delay: number): Promise<boolean> {
  const file = join(folder, `pid.${rank}`);
  rmSync(file, { force: true });
  const pause = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
  while (!existsSync(file) || readFileSync(file, "utf8") === "") await pause(1);
  const pid = Number(readFileSync(file, "utf8"));
  await pause(delay);
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runArguments } from "../support/runtime.ts";

interface Round {
  readonly peak: number;
  readonly restores: number;
}

/** Returns the statistics of a new process's arena after each 50 MiB that a loop leaves behind. */
function rounds(): readonly Round[] {
  const script = fileURLToPath(new URL("./sweep_process.ts", import.meta.url));
  const output = execFileSync(process.execPath, runArguments(script, "--allow-all"), {
    encoding: "utf8",
  });
  return JSON.parse(output);
}

test("a loop that leaves tensors behind stays in bounded memory, and fetches back only once", () => {
  const seen = rounds();
  // Two strides of 8 MiB before the first restore, two of 16 MiB after it.
  assert(seen[0].peak <= 20 * 2 ** 20, `${seen[0].peak}`);
  assert(seen[4].peak <= 40 * 2 ** 20, `${seen[4].peak}`);
  assertEquals(seen.map((round) => round.restores), [8, 8, 8, 8, 8]);
});

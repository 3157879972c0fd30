/**
 * Runs the tests with the runtime that runs this file, and ends with `N passed, N failed`.
 *
 * Run with `deno run --allow-all tools/test.ts` or `bun tools/test.ts`; arguments are passed on.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";

const isBun = "Bun" in globalThis;
const args = process.argv.slice(2);
const where = args.length > 0 ? args : ["tests"];
// Bun gives a test five seconds, too few on a busy machine; Deno has no limit.
const command = isBun
  ? ["test", "--timeout", "60000", ...where]
  : ["test", "--allow-all", "--quiet", ...where];

// Deno installs what a file imports; `bun test` does not.
if (isBun && !existsSync("node_modules")) {
  spawnSync(process.execPath, ["install", "--no-save"], { stdio: "inherit" });
}

const child = spawn(process.execPath, command, { stdio: ["inherit", "pipe", "pipe"] });
let output = "";
for (
  const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const
) {
  from.on("data", (chunk: Uint8Array) => {
    output += new TextDecoder().decode(chunk);
    to.write(chunk);
  });
}

child.on("close", (code) => {
  // deno: `ok | 12 passed | 0 failed (1s)`; bun: ` 12 pass` and ` 0 fail` on lines of their own.
  // deno-lint-ignore no-control-regex -- colours are escape sequences
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const last = (pattern: RegExp): number => Number([...plain.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const passed = last(isBun ? /^\s*(\d+) pass$/gm : /\| (\d+) passed/g);
  const failed = last(isBun ? /^\s*(\d+) fail$/gm : /\| (\d+) failed/g);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = code !== 0 || passed === 0 ? 1 : 0;
});

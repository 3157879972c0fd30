/**
 * Runs the tests with the runtime that runs this file, and ends with `N passed, N failed`.
 *
 * Run with `deno run --allow-all tools/test.ts`, `bun tools/test.ts` or `node tools/test.ts`;
 * arguments are passed on.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import process from "node:process";

const args = process.argv.slice(2);
const where = args.length > 0 ? args : ["tests"];

/** The test files in a folder, without those that need a newer Node than this one. */
function filesForNode(where: string): string[] {
  if (where.endsWith(".ts") || where.startsWith("-")) return [where];
  const files = globSync(`${where}/**/*_test.ts`);
  if (Number(process.versions.node.split(".")[0]) >= 24) return files;
  // The tool that makes mutants uses `RegExp.escape`.
  const isNew = (file: string): boolean =>
    /^ *using |\/tools\/mutation\//m.test(readFileSync(file, "utf8"));
  console.log(`Left out, since this Node is too old: ${files.filter(isNew).join(", ")}`);
  return files.filter((file) => !isNew(file));
}

/** The command that runs tests, and where its output tells their number; `install` if it installs nothing by itself. */
interface Runner {
  readonly command: readonly string[];
  readonly passed: RegExp;
  readonly failed: RegExp;
  readonly install?: readonly [command: string, ...args: string[]];
}

function runnerOfDeno(): Runner {
  return {
    command: ["test", "--allow-all", "--quiet", ...where],
    passed: /\| (\d+) passed/g, // ok | 12 passed | 0 failed (1s)
    failed: /\| (\d+) failed/g,
  };
}

function runnerOfBun(): Runner {
  return {
    // Bun gives a test five seconds, too few on a busy machine; the others have no limit.
    command: ["test", "--timeout", "60000", ...where],
    passed: /^\s*(\d+) pass$/gm,
    failed: /^\s*(\d+) fail$/gm,
    install: [process.execPath, "install", "--no-save"],
  };
}

function runnerOfNode(): Runner {
  const hooks = ["--disable-warning=ExperimentalWarning", "--import=./tools/node_hooks.ts"];
  return {
    command: [...hooks, "--test", "--test-reporter=spec", ...where.flatMap(filesForNode)],
    passed: /^ℹ pass (\d+)$/gm,
    failed: /^ℹ fail (\d+)$/gm,
    install: ["npm", "install", "--no-package-lock"],
  };
}

const isDeno = "Deno" in globalThis;
const runner = isDeno ? runnerOfDeno() : "Bun" in globalThis ? runnerOfBun() : runnerOfNode();
const { optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const isMissing = (name: string): boolean => !existsSync(`node_modules/${name}`);
if (runner.install !== undefined && Object.keys(optionalDependencies).some(isMissing)) {
  const [command, ...rest] = runner.install;
  spawnSync(command, rest, { stdio: "inherit" });
}

const child = spawn(process.execPath, runner.command, { stdio: ["inherit", "pipe", "pipe"] });
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
  // deno-lint-ignore no-control-regex -- colours are escape sequences
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const last = (pattern: RegExp): number => Number([...plain.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const passed = last(runner.passed);
  const failed = last(runner.failed);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = code !== 0 || passed === 0 ? 1 : 0;
});

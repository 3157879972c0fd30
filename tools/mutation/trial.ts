/**
 * Tests mutants, one after the other, in a copy of the project.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import type { Mutant } from "./rules.ts";

/** The parts of the project that tests need. */
const COPIED = [
  "deno.json",
  "import_map.json",
  "package.json",
  "mod.ts",
  "src",
  "vision",
  "data",
  "docs",
  "tests",
  "tools",
];

/** Tests of the mutated parts and of those built on them; the fastest to notice come first. */
const DIRECTORIES = ["ops", "kernels", "autograd", "tensor", "storage", "nn", "optim"].map((name) =>
  `tests/${name}`
);
const SUITES = [
  ...DIRECTORIES,
  ...[
    "oracle",
    "math",
    "random",
    "memory",
    "training_bits",
    "long_loop",
    "surplus_arguments",
    "misuse",
  ].map((name) => `tests/${name}_test.ts`),
];

/** Seconds between checks that a suite makes progress, and the number that may find none. */
const LOOK = 5;
const MOST_IN_VAIN = 12;

/** The outcome of a mutant: tests failed, or took too long, or it was not a valid program. */
export type Verdict = "survived" | "noticed" | "timed out" | "no program";

/** A verdict, and the seconds that it took. */
export interface Outcome {
  readonly verdict: Verdict;
  /** The test that failed, or the suite that ran last. */
  readonly test: string;
  readonly seconds: number;
}

/** A copy of the project, which the caller removes. */
export class Trial {
  /** Root of the copy. */
  readonly root: string = mkdtempSync(join(tmpdir(), "gradus-mutants-"));
  /** Stops the running tests. */
  #stop = (): void => {};
  readonly #atExit = (): void => this[Symbol.dispose]();

  /**
   * Copies what tests need of the project at `source`.
   *
   * @param source the root of the project
   */
  constructor(source: string) {
    for (const path of COPIED) {
      cpSync(join(source, path), join(this.root, path), { recursive: true });
    }
    process.once("exit", this.#atExit);
  }

  /** Tests `mutant`, or the project as it is, in at most `seconds` of the processor for each suite. */
  async run(mutant: Mutant | null, seconds: number): Promise<Outcome> {
    const start = performance.now();
    const undo = mutant === null ? null : this.#make(mutant);
    try {
      for (const suite of this.#suitesFor(mutant)) {
        const { verdict, test } = await this.#test(suite, seconds);
        const outcome = { verdict, test, seconds: (performance.now() - start) / 1000 };
        if (verdict !== "survived") return outcome;
      }
      return { verdict: "survived", test: "all", seconds: (performance.now() - start) / 1000 };
    } finally {
      undo?.();
    }
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#atExit);
    this.#stop();
    rmSync(this.root, { recursive: true });
  }

  /** Makes the mistake, and returns a function that undoes it. */
  #make(mutant: Mutant): () => void {
    const path = join(this.root, mutant.file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, mutate(text, mutant));
    return () => writeFileSync(path, text);
  }

  /**
   * First the test files with the name of the mutated file, and the tests of the ops in that file;
   * then the nearest suite, then the others.
   */
  #suitesFor(mutant: Mutant | null): string[] {
    if (mutant === null) return SUITES;
    const nearest = SUITES.find((suite) => mutant.file.startsWith(suite.replace("tests", "src")));
    const name = basename(mutant.file);
    const subject = new RegExp(`(^|[_/])${name.split(/[_.]/)[0]}_`);
    const namesakes = DIRECTORIES.flatMap((directory) =>
      readdirSync(join(this.root, directory), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith("_test.ts") && subject.test(file))
        .map((file) => `${directory}/${file}`)
    );
    const ops = this.#opsIn(`src/ops/${name}`);
    return [
      ...namesakes.length === 0 ? [] : [namesakes.join(" ")],
      ...ops.length === 0 ? [] : [`tests/ops --filter=/^op (${ops.join("|")}) on /`],
      ...nearest === undefined ? [] : [nearest],
      ...SUITES.filter((suite) => suite !== nearest),
    ];
  }

  /** The names of the ops that a file defines. */
  #opsIn(file: string): string[] {
    const path = join(this.root, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    return Array.from(text.matchAll(/^export const (\w+): Op\b/gm), ([, name]) => name);
  }

  /** `suite` is paths, perhaps with a filter behind them. */
  #test(suite: string, seconds: number): Promise<Pick<Outcome, "verdict" | "test">> {
    const options = ["--no-check", "--no-lock", "--allow-all", "--fail-fast"];
    const which = suite.split(/ (?=--|tests\/)/);
    const test = [process.execPath, "test", ...options, "--quiet", ...which];
    // Other work on the machine takes time on the clock, but none of the processor's for this.
    const child = spawn("sh", ["-c", `ulimit -t ${seconds}; exec "$@"`, "sh", ...test], {
      cwd: this.root,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      // Tests have children of their own: all of them end together.
      detached: true,
    });
    this.#stop = () => process.kill(-child.pid!, "SIGKILL");
    let [report, complaint] = ["", ""];
    child.stdout.on("data", (chunk: Uint8Array) => report += new TextDecoder().decode(chunk));
    child.stderr.on("data", (chunk: Uint8Array) => complaint += new TextDecoder().decode(chunk));
    return new Promise((resolve) => {
      let late = false;
      let [worked, inVain] = ["", 0];
      const timer = setInterval(() => {
        const now = workOf(child.pid!);
        inVain = now === worked ? inVain + 1 : 0;
        worked = now;
        late = inVain > MOST_IN_VAIN;
        if (late) this.#stop();
      }, LOOK * 1000);
      child.on("close", (code) => {
        clearInterval(timer);
        this.#stop = () => {};
        const failed = /^(.+) => \.\/tests/m.exec(report)?.[1] ?? suite;
        // A test that fails ends with a code, and one that is stopped without.
        if (late || code === null) resolve({ verdict: "timed out", test: suite });
        else if (code === 0) resolve({ verdict: "survived", test: suite });
        else if (/could not be parsed|SyntaxError/.test(complaint)) {
          resolve({ verdict: "no program", test: suite });
        } else resolve({ verdict: "noticed", test: failed });
      });
    });
  }
}

/**
 * Returns the processor time that the processes of a session have used, as text. While they are
 * halted, the text differs each time, so that they do not count as hanging.
 */
function workOf(session: number): string {
  const { stdout } = spawnSync("ps", ["-s", `${session}`, "-o", "stat=,cputimes="]);
  const table = `${stdout}`;
  return /^T/m.test(table) ? `halted at ${performance.now()}` : table.replaceAll(/^\w+/gm, "");
}

/** Returns `text` with the mistake in it. */
export function mutate(text: string, mutant: Mutant): string {
  return text.slice(0, mutant.start) + mutant.text + text.slice(mutant.end);
}

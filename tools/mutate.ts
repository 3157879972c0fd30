/**
 * Makes small mistakes, one at a time, in copies of the project, and counts those that the tests
 * notice.
 *
 *     deno task mutate --help
 *
 * The mistakes are drawn at random, evenly over four parts of the source and over the kinds of
 * mistakes; the same seed makes the same ones.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Generator } from "../src/random.ts";
import { excusedBy } from "./mutation/exclusions.ts";
import { type Mutant, mutantsOf, RULES } from "./mutation/rules.ts";
import { mutate, type Outcome, Trial } from "./mutation/trial.ts";

/** Folders in which mistakes are made. */
const PARTS = ["src/ops", "src/kernels/reference", "src/kernels/wasm", "src/autograd"];

/** The share of mistakes that must be noticed. */
const GOAL = 0.95;

const HELP = `Makes mistakes in copies of the source, and counts those that tests notice.

  --count N      mistakes to make                          [100]
  --seed N       where random numbers start                [0]
  --jobs N       copies of the project, side by side       [2]
  --seconds N    the most processor time for one suite     [120]
  --list         print the mistakes, and test nothing
  --help         this text`;

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

// A copy of the project as it is now, which may be edited meanwhile.
using sound = new Trial(ROOT);

function read(file: string): string {
  return readFileSync(join(sound.root, file), "utf8");
}

/** Draws `count` distinct mutants: a part, then a rule, then a place, each at random. */
function draw(count: number, seed: number): Mutant[] {
  const generator = new Generator(seed);
  const pick = <T>(list: readonly T[]): number => {
    const place = new Int32Array(1);
    generator.integers(place, 0, list.length);
    return place[0];
  };
  const pools = PARTS.map((part) => {
    const files = readdirSync(join(sound.root, part), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts")).sort();
    return Object.keys(RULES).map((rule) =>
      files.map((name) => `${part}/${name}`).flatMap((file) => {
        const text = read(file);
        return mutantsOf(file, text, rule).filter((m) => excusedBy(m, text) === undefined);
      })
    );
  });
  const drawn: Mutant[] = [];
  while (drawn.length < count) {
    const rules = pools[pick(pools)].filter((pool) => pool.length > 0);
    if (rules.length === 0) continue;
    const pool = rules[pick(rules)];
    drawn.push(...pool.splice(pick(pool), 1));
  }
  return drawn;
}

/** Returns the lines that a mutant changes, before and after. */
function diffOf(mutant: Mutant): string {
  const text = read(mutant.file);
  const from = text.lastIndexOf("\n", mutant.start - 1) + 1;
  const end = text.indexOf("\n", mutant.end);
  const added = mutate(text, mutant).length - text.length;
  const lines = (sign: string, part: string): string =>
    part.split("\n").map((line) => `  ${sign}${line}`).join("\n");
  return `${lines("-", text.slice(from, end))}\n${
    lines("+", mutate(text, mutant).slice(from, end + added))
  }`;
}

function titleOf(mutant: Mutant): string {
  const line = read(mutant.file).slice(0, mutant.start).split("\n").length;
  return `${mutant.file}:${line}  ${mutant.rule}`;
}

/** Tries all mutants, `jobs` at a time, and prints their outcomes. */
async function tryAll(
  mutants: readonly Mutant[],
  jobs: number,
  seconds: number,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    using trial = new Trial(sound.root);
    while (next < mutants.length) {
      const mutant = mutants[next++];
      const outcome = await trial.run(mutant, seconds);
      outcomes.push(outcome);
      const where = outcome.verdict === "survived" ? "" : `  by "${outcome.test}"`;
      const took = `${outcome.seconds.toFixed(1)} s`;
      console.log(`${outcome.verdict}  ${took}  ${titleOf(mutant)}${where}`);
      if (outcome.verdict === "survived") console.log(diffOf(mutant));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return outcomes;
}

async function main(): Promise<void> {
  // An interrupted run leaves no tests and no copies behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  const { values: options } = parseArgs({
    options: {
      count: { type: "string", default: "100" },
      seed: { type: "string", default: "0" },
      jobs: { type: "string", default: "2" },
      seconds: { type: "string", default: "120" },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (options.help) return console.log(HELP);
  const mutants = draw(Number(options.count), Number(options.seed));
  if (options.list) {
    for (const mutant of mutants) console.log(`${titleOf(mutant)}\n${diffOf(mutant)}`);
    return;
  }
  const seconds = Number(options.seconds);
  const { verdict, test } = await sound.run(null, seconds);
  if (verdict !== "survived") {
    throw new Error(`Cannot judge mistakes: without any, "${test}" is ${verdict}; mend that first`);
  }
  const outcomes = await tryAll(mutants, Number(options.jobs), seconds);
  const programs = outcomes.filter((o) => o.verdict !== "no program");
  const noticed = programs.filter((o) => o.verdict !== "survived").length;
  console.log(`\n${noticed} of ${programs.length} mistakes noticed`);
  if (noticed < GOAL * programs.length) process.exitCode = 1;
}

await main();

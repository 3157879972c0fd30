/**
 * The arguments of the programs in `examples/`, and the ways in which they end.
 *
 * @module
 */

import { closeSync, openSync, readdirSync } from "node:fs";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FileAccessError, GradusError, ValueError } from "../../mod.ts";
import { nameMeant } from "../../src/checks.ts";
import { checkWritable } from "../../src/utils/files.ts";
import type { TerminalCurve } from "../../src/utils/terminal_curve.ts";

/**
 * The kind of an option by its default: a number; a text; the first of several choices; `undefined`
 * for a text that may be left out; `false` for a switch.
 */
type Default = number | string | readonly string[] | undefined | false;

/** For each option its default, and a line of help. */
type Flags = Readonly<Record<string, readonly [initial: Default, help: string]>>;

type Value<D extends Default> = D extends number ? number
  : D extends false ? boolean
  : D extends readonly (infer Choice)[] ? Choice
  : string | Extract<D, undefined>;

/** The values of the options of a program. */
export type Options<F extends Flags> = { readonly [Name in keyof F]: Value<F[Name][0]> };

/** The option of programs that can draw the curve of their loss, at the end also where there is no terminal. */
export const PLOT = [false, "draw the curve of the loss"] as const;

/** The option of the kernels to train with; a program hands it over to `setKernels`. */
export const KERNELS = [
  ["wasm", "native", "reference"],
  "what computes (native: --allow-ffi)",
] as const;

/** Options that are paths, with what is checked before a program does anything else. */
const PATHS: Readonly<Record<string, (path: string) => void>> = {
  save: checkWritable,
  file: (path) => checkReadable(path, () => closeSync(openSync(path, "r"))),
  root: (path) => checkReadable(path, () => readdirSync(path), "ENOENT"), // a download makes it
};

/** Rejects a path for which `read` fails, but for the reason `allowed`. */
function checkReadable(path: string, read: () => unknown, allowed?: string): void {
  try {
    read();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== undefined && code === allowed) return;
    throw new FileAccessError(`Cannot read ${path}: ${message}`, { path, cause });
  }
}

/**
 * Reads the arguments of the program. For `--help`, and for arguments that it does not know, it prints
 * a text and ends the program; so it does if the files of `--save`, `--file` and `--root` cannot be
 * used, since after hours of training it would be too late to say so.
 *
 * @param about a sentence for the help
 * @param flags the options, by their names
 * @returns the value of each option
 */
export function readArguments<const F extends Flags>(about: string, flags: F): Options<F> {
  const all: Flags = { ...flags, help: [false, "this text"] };
  try {
    const { help, ...options } = parse(all);
    if (help) {
      console.log(`${about}\n\n${describe(all)}`);
      process.exit();
    }
    for (const [name, check] of Object.entries(PATHS)) {
      const path = options[name];
      if (typeof path === "string") check(path);
    }
    return options as Options<F>;
  } catch (error) {
    if (!(error instanceof GradusError)) throw error;
    console.error(error.message);
    return process.exit(2);
  }
}

/**
 * Runs a program with its arguments, as {@link readArguments} reads them. An error of the library, or
 * a package that Node does not find, is printed without its stack, with the way out.
 *
 * @param about a sentence for the help
 * @param flags the options, by their names
 * @param main the program
 */
export async function runProgram<const F extends Flags>(
  about: string,
  flags: F,
  main: (options: Options<F>) => void | Promise<void>,
): Promise<void> {
  const options = readArguments(about, flags);
  try {
    await main(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isLibraryError = error instanceof GradusError;
    const reason = isLibraryError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : code;
    const lacksPackage = reason === "ERR_MODULE_NOT_FOUND";
    if (!isLibraryError && !lacksPackage) throw error;
    console.error(message);
    if (lacksPackage) {
      console.error("In Node, run `npm install` first, and `node --import ./tools/node_hooks.ts`.");
    }
    process.exitCode = 1;
  }
}

/** Takes a progress bar, and what is below it, off the screen when Ctrl-C is pressed, and ends the program. */
export function clearOnInterrupt(): void {
  process.once("SIGINT", () => {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[J");
    process.exit(130); // 128 and the number of the signal, as shells count
  });
}

/** Returns the text beside a progress bar: `status`, and below it the curve if there is one. */
export function withCurve(status: string, curve: TerminalCurve | undefined): string {
  return curve === undefined ? status : `${status}\n${curve}`;
}

let lastPause = 0;

/**
 * Waits for a moment, five times a second at most. A loop without it keeps the runtime from noticing
 * Ctrl-C, since that runs listeners only while a program waits.
 */
export async function pause(): Promise<void> {
  if (performance.now() - lastPause < 200) return;
  await setTimeout(0); // not setImmediate(): Deno looks for signals at every 61st of those
  lastPause = performance.now();
}

/** Returns the value of each option, checked. */
function parse(flags: Flags): Record<string, number | string | boolean | undefined> {
  const names = Object.keys(flags);
  const config = names.map((name) => {
    const type = flags[name][0] === false ? "boolean" as const : "string" as const;
    return [name, name === "help" ? { type, short: "h" } : { type }] as const;
  });
  // Not strict: each runtime has its own words for what is wrong, and none says what was meant.
  const { values, positionals } = parseArgs({ strict: false, options: Object.fromEntries(config) });
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown !== undefined) throw refusal(`--${unknown}`, unknown, names, "--");
  if (positionals.length > 0) throw refusal(positionals[0], positionals[0], names, "--");
  return Object.fromEntries(names.map((name) => {
    const [initial] = flags[name];
    const value = values[name];
    if (value === undefined) return [name, firstOf(initial)];
    if (initial === false) {
      if (value !== true) throw new ValueError(`Cannot use --${name}=${value}: it takes no value`);
    } else if (typeof value !== "string" || value.startsWith("--")) {
      throw new ValueError(`Cannot use --${name}: it needs a value`);
    } else if (typeof initial === "number") return [name, numberOf(name, value, initial)];
    else if (typeof initial === "object" && !initial.includes(value)) {
      throw refusal(`--${name} ${value}`, value, initial, "");
    }
    return [name, value as string | boolean];
  }));
}

function firstOf(initial: Default): number | string | false | undefined {
  return typeof initial === "object" ? initial[0] : initial;
}

/** Returns the error for a word that is not among those `known`, with the one that was probably meant. */
function refusal(
  given: string,
  word: string,
  known: readonly string[],
  prefix: string,
): ValueError {
  const meant = nameMeant(word, known);
  const remedy = meant === undefined
    ? `choose ${known.map((name) => prefix + name).join(", ")}`
    : `did you mean ${prefix}${meant}?`;
  return new ValueError(`Cannot use ${given}: ${remedy}`);
}

/** Returns a number ≥ 0. If the default is whole, so must it be; if it is a count, from 1. */
function numberOf(name: string, text: string, initial: number): number {
  const value = text.trim() === "" ? NaN : Number(text);
  const least = Number.isInteger(initial) ? Math.min(initial, 1) : 0;
  const fits = Number.isInteger(initial) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (fits && value >= least) return value;
  const kind = Number.isInteger(initial) ? "a whole number" : "a number";
  throw new ValueError(`Cannot use --${name} ${text}: it must be ${kind}, at least ${least}`);
}

/** Returns the lines of the help: the options, their meanings and their defaults. */
function describe(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, [initial, help]]) => {
    const value = initial === false
      ? ""
      : typeof initial === "object"
      ? initial.join("|")
      : typeof initial === "number"
      ? "N"
      : Object.hasOwn(PATHS, name)
      ? "PATH"
      : "TEXT";
    const first = firstOf(initial);
    const shown = first === undefined || first === false ? "" : `[${first}]`;
    return [`  --${name} ${value}`.trimEnd(), help, shown];
  });
  const width = (column: number): number => Math.max(...rows.map((row) => row[column].length)) + 2;
  return rows.map(([name, help, shown]) =>
    (name.padEnd(width(0)) + help.padEnd(width(1)) + shown).trimEnd()
  ).join("\n");
}

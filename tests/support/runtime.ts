/**
 * The runtime that runs the tests, for the few that differ.
 *
 * @module
 */

/** Name of the runtime. */
export const RUNTIME: "bun" | "deno" | "node" = "Bun" in globalThis
  ? "bun"
  : "Deno" in globalThis
  ? "deno"
  : "node";

/** A permission of no use. A program that Deno starts with none inherits those of the tests. */
export const NO_PERMISSION = "--allow-env=GRADUS_NOTHING";

/**
 * Returns the arguments with which this runtime runs a program, and prints nothing of its own.
 *
 * @param file the path of the program
 * @param permission a flag for Deno; by default one that permits nothing
 */
export function runArguments(file: string, permission = NO_PERMISSION): string[] {
  if (RUNTIME === "deno") return ["run", "--quiet", "--no-prompt", permission, file];
  return RUNTIME === "bun" ? [file] : ["--disable-warning=ExperimentalWarning", file];
}

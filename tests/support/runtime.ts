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

/**
 * Returns the arguments with which this runtime runs a program, and prints nothing of its own.
 *
 * @param file the path of the program
 * @param flags further flags for Deno
 */
export function runArguments(file: string, ...flags: readonly string[]): string[] {
  if (RUNTIME === "deno") return ["run", "--quiet", "--no-prompt", ...flags, file];
  return RUNTIME === "bun" ? [file] : ["--disable-warning=ExperimentalWarning", file];
}

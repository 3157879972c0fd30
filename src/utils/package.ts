/**
 * Loads npm packages that only some programs need.
 *
 * @module
 */

import { LibraryError } from "../errors.ts";

/**
 * Imports an npm package now. Its name is no literal, so that only callers install or bundle it: Deno
 * gets it by itself, Bun and Node find it if the project has it, a page by its import map.
 *
 * @typeParam T the parts of the package that are used
 * @param spec name and version, such as `linkedom@0.18.15`
 * @param action the purpose, for the message
 * @param remedy another way out, for the message
 * @throws {LibraryError} if the package cannot be loaded
 */
export async function importPackage<T>(spec: string, action: string, remedy: string): Promise<T> {
  const name = "Deno" in globalThis ? `npm:${spec}` : spec.slice(0, spec.lastIndexOf("@"));
  try {
    return await import(name);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LibraryError(
      `Cannot ${action} without ${spec}: ${reason}; add the package to the project, or ${remedy}`,
      { cause },
    );
  }
}

/**
 * Loads npm packages that only some programs need.
 *
 * @module
 */

import { LibraryError } from "../errors.ts";

const IN_DENO = "Deno" in globalThis;

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
export function importPackage<T>(spec: string, action: string, remedy: string): Promise<T> {
  const name = spec.slice(0, spec.lastIndexOf("@"));
  const load = (): Promise<T> => IN_DENO ? importByDeno(spec, name) : import(name);
  return orLibraryError(spec, action, `add the package to the project, or ${remedy}`, load);
}

/** Imports a package in Deno, which takes `npm:` from all modules but those of npm packages. */
async function importByDeno<T>(spec: string, name: string): Promise<T> {
  try {
    return await import(`npm:${spec}`);
  } catch (error) {
    // Deno's error has the code in its message only.
    if (!String(error).includes("ERR_UNSUPPORTED_ESM_URL_SCHEME")) throw error;
    return await import(name);
  }
}

/**
 * Calls `load`, which imports a package by a literal name, so that bundlers and installers see it.
 *
 * @typeParam T what `load` returns
 * @param name the name of the package in `import_map.json`
 * @param action the purpose, for the message
 * @param load the function with the import
 * @throws {LibraryError} if that fails; the message tells how to get the package
 */
export function loadPackage<T>(name: string, action: string, load: () => Promise<T>): Promise<T> {
  const wayOut = IN_DENO
    ? "name it in the import map, such as by --import-map=import_map.json of the library"
    : name.startsWith("@std/")
    ? "add deno-std to the project, and in Node use --import tools/node_hooks.ts of the library"
    : "add the package to the project";
  return orLibraryError(name, action, wayOut, load);
}

async function orLibraryError<T>(
  name: string,
  action: string,
  wayOut: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const text = (cause as { message?: unknown } | null)?.message ?? cause; // Bun's is no Error
    const [reason] = String(text).split("\n");
    throw new LibraryError(`Cannot ${action} without ${name}: ${reason}; ${wayOut}`, { cause });
  }
}

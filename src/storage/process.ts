/**
 * Objects of which a process has one, however often the library is loaded.
 *
 * Under `bun --hot` the library is evaluated again at each save, and programs may load two copies of
 * it. Engines do not give memories and workers back, so all copies of one version share them.
 *
 * @module
 */

/** The version of the library. */
export const VERSION = "0.1.0";

/** Returns the object of that name, which `make` makes at the first call in the process. */
export function perProcess<T>(name: string, make: () => T): T {
  const owner = globalThis as unknown as Record<symbol, T | undefined>;
  return owner[Symbol.for(`gradus ${VERSION}: ${name}`)] ??= make();
}

/**
 * Walking the fields of modules.
 *
 * @module
 */

/** The fields of a module; an array counts as a field for each of its entries: `layers.0`. */
export function* entries(module: object, prefix = ""): IterableIterator<[string, unknown]> {
  for (const key of Object.keys(module)) {
    const value = (module as Record<string, unknown>)[key];
    if (Array.isArray(value)) yield* entries(value, `${prefix}${key}.`);
    else yield [prefix + key, value];
  }
}

/** Each value once, under the first of its names. */
export function* unique<T>(named: Iterable<[string, T]>): IterableIterator<[string, T]> {
  const seen = new Set<T>();
  for (const [name, value] of named) {
    if (seen.has(value)) continue;
    seen.add(value);
    yield [name, value];
  }
}

/** The name of a field in the module called `prefix`. */
export function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}

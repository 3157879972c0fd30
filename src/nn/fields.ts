/**
 * Walking the fields of modules.
 *
 * @module
 */

import type { Tensor } from "../tensor/tensor.ts";

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

/** Tensors of some classes in the fields of `modules`, under every name that they have. */
export function* tensorsIn<T extends Tensor>(
  modules: Iterable<readonly [string, object]>,
  ...kinds: (new (data: Tensor) => T)[]
): IterableIterator<[string, T]> {
  for (const [prefix, module] of modules) {
    for (const [name, value] of entries(module)) {
      const kind = kinds.find((k) => value instanceof k);
      if (kind !== undefined) yield [join(prefix, name), value as T];
    }
  }
}

/** The name of a field in the module called `prefix`. */
export function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}.${name}`;
}

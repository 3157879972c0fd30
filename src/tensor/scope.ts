/**
 * Frees the tensors that a computation made and did not return.
 *
 * @module
 */

import type { Variable } from "../autograd/node.ts";
import { isForeign, isTensor, operandError } from "../checks.ts";
import { mapList } from "../lists.ts";
import { arena } from "../storage/arena.ts";

/**
 * Runs `body`, then frees the tensors that it made and did not return.
 *
 * A tensor survives if `body` returns it (alone, or in arrays, maps, sets and objects), if `held` adds
 * it, if a recorded graph will read it, or if `retain()` or `detach()` was called on it.
 *
 * @param body the computation
 * @param held adds further tensors that survive
 * @returns the result of `body`
 */
export function scope<R>(body: () => R, held?: (found: Variable[]) => void): R {
  const mark = arena.open();
  const survivors: Variable[] = [];
  try {
    const result = body();
    collect(result, survivors);
    held?.(survivors);
    return result;
  } finally {
    arena.close(mark, "call", mapList(survivors, (x) => x.array));
  }
}

/** Adds the tensors in `value`, and in the entries and fields of objects that it is made of, to `found`. */
export function collect(value: unknown, found: Variable[], seen?: Set<object>): void {
  if (isTensor<Variable>(value)) {
    found.push(value);
    return;
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if (isForeign(value)) throw operandError("end a call", value, "a tensor");
  seen ??= new Set();
  if (seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set) collect([...value], found, seen);
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    collect(item, found, seen);
  }
}

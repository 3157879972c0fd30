/**
 * Memory scopes: tensors that a computation made and did not return are freed when it ends.
 *
 * @module
 */

import type { Variable } from "../autograd/node.ts";
import { isTensor } from "../checks.ts";
import { arena } from "../storage/arena.ts";

/**
 * Runs `body`, then frees the tensors that it made and did not return.
 *
 * Tensors survive that it returns (alone, or in arrays and plain objects), that `held` adds, that a
 * recorded graph will read, or that were kept with `retain()` or `detach()`.
 *
 * @param body what to compute
 * @param held adds further tensors that live on
 * @returns what `body` returns
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
    arena.close(mark, "call", survivors.map((x) => x.array));
  }
}

/** Adds the tensors in `value` to `found`. */
export function collect(value: unknown, found: Variable[]): void {
  if (isTensor<Variable>(value)) {
    found.push(value);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) collect(item, found);
  }
}

/**
 * A batch lives for its turn of the loop: the rule by which a loader uses memory again.
 *
 * @module
 */

import { arena } from "../../storage/arena.ts";
import type { Storage } from "../../storage/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * The batches that one loop over a loader has made and not released, oldest first, each by the
 * storages that were made for it.
 *
 * When a further batch is asked for, the one before the last is released. What was retained, what a
 * recorded graph will read, and what the data set had before (a view of it can be a batch) stays.
 */
export class Turns {
  readonly #batches: Storage[][];

  /** @param left batches that earlier loops have left behind */
  constructor(left: Storage[][]) {
    this.#batches = left;
  }

  /** Releases the batch before the last. */
  release(): void {
    while (this.#batches.length > 1) {
      for (const storage of this.#batches.shift()!) {
        arena.release(storage, "batch");
        // What a graph holds goes when the graph does.
        storage.orphaned = storage.holds > 0;
      }
    }
  }

  /** Makes a batch with `make`; what it made on the way and did not return is released at once. */
  add<B>(make: () => B): B {
    const before = arena.serial;
    const mark = arena.open();
    let found: Storage[] = [];
    try {
      const batch = make();
      found = [...storagesIn(batch)];
      const made = found.filter((storage) => storage.serial > before);
      for (const storage of made) storage.origin = "a batch";
      this.#batches.push(made);
      return batch;
    } finally {
      arena.close(mark, "sample", found.map((storage) => ({ storage })));
    }
  }

  /** What the next loop inherits. */
  left(): Storage[][] {
    return this.#batches;
  }
}

/** The storages of all tensors that can be reached from `value`. */
function storagesIn(
  value: unknown,
  found = new Set<Storage>(),
  seen = new Set<unknown>(),
): Set<Storage> {
  if (typeof value !== "object" || value === null || seen.has(value)) return found;
  seen.add(value);
  if (value instanceof Tensor) found.add(value.array.storage);
  else if (!ArrayBuffer.isView(value)) {
    const items = Array.isArray(value) || value instanceof Set
      ? value
      : value instanceof Map
      ? value.values()
      : Object.values(value);
    for (const item of items) storagesIn(item, found, seen);
  }
  return found;
}

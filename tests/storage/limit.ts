/**
 * Memory limits for tests, restored whatever happens.
 *
 * @module
 */

import { arena } from "../../src/storage/arena.ts";

/** Runs `body` with a memory limit of `bytes`; all storages are spilled at first. */
export function withLimit<R>(bytes: number, body: () => R): R {
  const { limit } = arena.stats();
  // Spills everything, so that storages of other tests do not count.
  arena.setLimit(1);
  arena.setLimit(bytes);
  try {
    return body();
  } finally {
    arena.setLimit(limit);
  }
}

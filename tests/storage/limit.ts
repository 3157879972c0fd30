/**
 * Memory limits for tests, restored whatever happens.
 *
 * @module
 */

import { arena } from "../../src/storage/arena.ts";

/** Runs `body` with at most `bytes` more than what is resident and cannot be spilled. */
export function withLimit<R>(bytes: number, body: () => R): R {
  const { limit } = arena.stats();
  // Spills everything, so that what other tests left behind does not count.
  arena.setLimit(1);
  arena.setLimit(bytes);
  try {
    return body();
  } finally {
    arena.setLimit(limit);
  }
}

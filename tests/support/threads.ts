/**
 * Threads for tests: all of them, for the smallest work.
 *
 * @module
 */

import { setNumThreads } from "../../mod.ts";
import { assert, assertStrictEquals } from "@std/assert";
import {
  readyThreads,
  startThreads,
  threadsFor,
  WORTH,
} from "../../src/kernels/wasm/threads/pool.ts";

/** Has `count` threads share everything from now on; waits until they are ready. */
export async function useThreads(count: number): Promise<void> {
  Object.assign(WORTH, { share: 1, wake: 0, start: 0, mostPenalty: 0 });
  setNumThreads(count);
  startThreads();
  const end = performance.now() + 20_000;
  while (readyThreads() < count) {
    assert(performance.now() < end, `only ${readyThreads()} of ${count} threads have started`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // If a worker kept the caller waiting before, it does some work alone first.
  threadsFor(1e9);
  assertStrictEquals(threadsFor(1e6), count);
}

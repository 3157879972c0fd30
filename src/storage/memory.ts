/**
 * A look at the tensor memory, and its limit.
 *
 * @module
 */

import { arena, type MemoryStats } from "./arena.ts";

/**
 * The tensor memory of this process.
 *
 * @example
 * ```ts
 * import { memory, zeros } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const before = memory.stats().resident;
 * const x = zeros([1000]);
 * assert.ok(memory.stats().resident >= before + 4000);
 * assert.equal(x.size, 1000);
 * memory.setLimit(2 ** 30);
 * assert.equal(memory.stats().limit, 2 ** 30);
 * memory.setLimit(2 ** 31);
 * ```
 */
export const memory: {
  /** What the memory holds and has done; sizes in bytes. */
  stats(): MemoryStats;
  /**
   * Sets how many bytes of tensors may be in the WebAssembly memory at once; 2 GiB at first. Beyond
   * that, the longest-untouched ones wait outside, so a small limit costs time and nothing else.
   *
   * @param bytes a whole number from 1 to 4 GiB
   * @throws {ValueError} if it is not
   */
  setLimit(bytes: number): void;
} = {
  stats: () => arena.stats(),
  setLimit: (bytes) => arena.setLimit(bytes),
};

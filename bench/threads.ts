/**
 * How many threads the library may use.
 *
 * @module
 */

import * as gradus from "../mod.ts";

/** The part of the public API that is about threads; without it, there is one. */
const { getNumThreads, setNumThreads } = gradus as {
  getNumThreads?: () => number;
  setNumThreads?: (count: number) => void;
};

/** The number of threads that the library uses if nobody asks for another. */
export const ALL_THREADS: number = getNumThreads?.() ?? 1;

/** Lets the library use `count` threads from now on. */
export function useThreads(count: number): void {
  setNumThreads?.(count);
}

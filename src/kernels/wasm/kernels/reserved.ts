/**
 * Who uses which addresses of the memory below the arena (`RESERVED` in `storage/heap.ts`).
 *
 * Address 0 stays unused.
 *
 * @module
 */

/** Sixteen bytes that are always 0, which compilers cannot know. */
export const ZEROS = 64;

/** Parameters of the elementwise kernel that is about to run. */
export const MAP_SLOTS = 1024;

/** One block of {@link WORKER_BLOCK} bytes for each worker thread: see `worker.ts`. */
export const WORKER_BLOCKS = 4096;

/** Bytes of a worker's block. */
export const WORKER_BLOCK = 4096;

/** There is room for so many workers. */
export const MOST_WORKERS = 15;

/** Blocks of random words, 16 kB, up to the end. */
export const RANDOM_BLOCKS = WORKER_BLOCKS + MOST_WORKERS * WORKER_BLOCK;

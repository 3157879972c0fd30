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

/**
 * The allocator: blocks of addresses in one growing memory.
 *
 * A freed block goes on the stack of its size class and is the first to be handed out again, while it
 * is still in the cache. Neighbours are merged only when free blocks of the wrong sizes pile up.
 *
 * @module
 */

/** Blocks start at, and are padded to, multiples of a cache line; SIMD loads never straddle one. */
const UNIT = 64;

/** Address space below this is never handed out: 0 stays an invalid address, kernels use the rest. */
export const RESERVED = 81920;

/** Merging is worth its sort only when this many free bytes lie in the wrong classes. */
const MERGE_AT_LEAST = 1 << 20;

interface Extent {
  start: number;
  size: number;
}

/**
 * The size class of `bytes`: every unit up to 16 units, then 8 classes for each doubling, so that a
 * block is at most 1/8 larger than asked for.
 */
export function sizeClass(bytes: number): number {
  const units = Math.ceil(bytes / UNIT);
  if (units <= 16) return units;
  const shift = 28 - Math.clz32(units - 1);
  return 16 + 8 * (shift - 1) + Math.ceil(units / (1 << shift)) - 8;
}

/** The bytes of a block of size class `index`. */
export function classBytes(index: number): number {
  if (index <= 16) return index * UNIT;
  const shift = ((index - 17) >> 3) + 1;
  return (((index - 17) & 7) + 9) * (1 << shift) * UNIT;
}

/** An allocator of address ranges; it owns no memory itself. */
export class Heap {
  /** Makes addresses below `end` usable; false if that cannot be. */
  readonly #reach: (end: number) => boolean;
  /** Free blocks by size class, the hottest on top. */
  readonly #free: number[][] = [];
  /** Merged free ranges, in address order. */
  #extents: Extent[] = [];
  /** Bytes on the class stacks. */
  #loose = 0;
  /** The end of the used address range. */
  #top = RESERVED;

  /** @param reach makes addresses below its argument usable, or returns false */
  constructor(reach: (end: number) => boolean) {
    this.#reach = reach;
  }

  /** The address of a block of size class `index`, or -1 if there is no room. */
  take(index: number): number {
    const block = this.#free[index]?.pop();
    const bytes = classBytes(index);
    if (block !== undefined) {
      this.#loose -= bytes;
      return block;
    }
    const found = this.#carve(bytes);
    if (found >= 0) return found;
    const crowded = this.#loose > MERGE_AT_LEAST && this.#loose > (this.#top - RESERVED) / 4;
    if (!crowded && this.#reach(this.#top + bytes)) return this.#extend(bytes);
    this.#merge();
    const merged = this.#carve(bytes);
    if (merged >= 0) return merged;
    return this.#reach(this.#top + bytes) ? this.#extend(bytes) : -1;
  }

  /** Gives back the block at `address`, of size class `index`. */
  give(address: number, index: number): void {
    (this.#free[index] ??= []).push(address);
    this.#loose += classBytes(index);
  }

  #extend(bytes: number): number {
    const start = this.#top;
    this.#top += bytes;
    return start;
  }

  #carve(bytes: number): number {
    for (let i = 0; i < this.#extents.length; i++) {
      const extent = this.#extents[i];
      if (extent.size < bytes) continue;
      const start = extent.start;
      extent.start += bytes;
      extent.size -= bytes;
      if (extent.size === 0) this.#extents.splice(i, 1);
      return start;
    }
    return -1;
  }

  /** Moves every loose block into `#extents`, joining neighbours, and lowers the top if it can. */
  #merge(): void {
    const pieces = this.#extents;
    for (let index = 0; index < this.#free.length; index++) {
      const stack = this.#free[index];
      if (stack === undefined || stack.length === 0) continue;
      const size = classBytes(index);
      for (const start of stack) pieces.push({ start, size });
      stack.length = 0;
    }
    this.#loose = 0;
    pieces.sort((a, b) => a.start - b.start);
    const merged: Extent[] = [];
    for (const piece of pieces) {
      const last = merged[merged.length - 1];
      if (last !== undefined && last.start + last.size === piece.start) last.size += piece.size;
      else merged.push(piece);
    }
    const last = merged[merged.length - 1];
    if (last !== undefined && last.start + last.size === this.#top) {
      this.#top = last.start;
      merged.pop();
    }
    this.#extents = merged;
  }
}

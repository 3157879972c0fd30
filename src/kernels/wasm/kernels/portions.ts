/**
 * How the images of a batch are shared among threads.
 *
 * @module
 */

/** Some images, and some channels of each. */
export interface Portion {
  readonly images: readonly [first: number, end: number];
  readonly channels: readonly [first: number, end: number];
}

/** A result `[batch, channels, …]` as items. */
export interface Portions {
  /** Number of items. */
  readonly count: number;
  /** The items from `first` to before `last`. */
  between(first: number, last: number): Portion;
}

/** For each thread so many images, and a remainder does not matter. */
const MANY = 8;

/**
 * Items are images where every thread gets as many; otherwise channels, although then every thread
 * has to lay out every image.
 */
export function portionsOf(batch: number, channels: number, threads: number): Portions {
  const byImage = batch % threads === 0 || batch >= MANY * threads || channels < threads;
  return {
    count: byImage ? batch : channels,
    between: (first, last) =>
      byImage
        ? { images: [first, last], channels: [0, channels] }
        : { images: [0, batch], channels: [first, last] },
  };
}

/** Visits the channels of a portion group by group, where a group has `size` channels. */
export function forEachGroup(
  { channels: [first, end] }: Portion,
  size: number,
  visit: (group: number, start: number, count: number) => void,
): void {
  for (let start = first; start < end;) {
    const group = Math.floor(start / size);
    const count = Math.min((group + 1) * size, end) - start;
    visit(group, start, count);
    start += count;
  }
}

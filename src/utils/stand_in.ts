/**
 * Recognises what often lies in the place of a file that was to be downloaded.
 *
 * @module
 */

/** The beginning of such a file, what it is, and the way out. */
export type StandIn = readonly [start: RegExp, state: string, wayOut: string];

const STAND_INS: readonly StandIn[] = [
  [
    /^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml)/i,
    "it is a web page",
    "the download was answered by a page; log in if it says so, and use the address of the raw file",
  ],
  [
    /^version https:\/\/git-lfs/,
    "it is a pointer of Git LFS, not the file that it stands for",
    "get the file with git lfs pull",
  ],
];

/**
 * Calls `refuse` with what a file is, and the way out, if it is a web page or a pointer of Git LFS.
 *
 * @param bytes the file, or its beginning
 * @param refuse throws the error
 * @param others further files that are taken for the right one
 */
export function refuseStandIn(
  bytes: Uint8Array,
  refuse: (state: string, wayOut: string) => never,
  others: readonly StandIn[] = [],
): void {
  const text = String.fromCharCode(...bytes.subarray(0, 64));
  for (const [start, state, wayOut] of [...STAND_INS, ...others]) {
    if (start.test(text)) refuse(state, wayOut);
  }
}

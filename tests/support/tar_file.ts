/**
 * Makes tar archives for tests, as GNU tar writes them.
 *
 * @module
 */

/** A member: its content, and what to write instead of the usual header. */
export interface TarMember {
  readonly name: string;
  readonly content?: Uint8Array;
  /** `"0"` is a file, `"5"` a folder, `"2"` a symbolic link. */
  readonly type?: string;
  /** Size in the header; by default that of the content. */
  readonly size?: number;
}

/** Returns an archive of `members`, in their order. */
export function tarFile(members: readonly TarMember[]): Uint8Array<ArrayBuffer> {
  const blocks = members.map(({ content }) => 1 + Math.ceil((content?.length ?? 0) / 512));
  const bytes = new Uint8Array(512 * (blocks.reduce((a, b) => a + b, 0) + 2));
  const encoder = new TextEncoder();
  let start = 0;
  members.forEach(({ name, content = new Uint8Array(0), type = "0", size }, i) => {
    const header = bytes.subarray(start, start + 512);
    const put = (place: number, text: string): void => header.set(encoder.encode(text), place);
    const octal = (value: number, digits: number): string =>
      value.toString(8).padStart(digits, "0");
    put(0, name);
    put(100, "0000644\0");
    put(124, `${octal(size ?? content.length, 11)}\0`);
    put(136, `${octal(1_234_567_890, 11)}\0`);
    put(156, type);
    put(257, "ustar  \0");
    put(148, "        ");
    put(148, `${octal(header.reduce((a, b) => a + b, 0), 6)}\0 `);
    bytes.set(content, start + 512);
    start += 512 * blocks[i];
  });
  return bytes;
}

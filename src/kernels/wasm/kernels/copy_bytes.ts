/**
 * Copying elements that stay as they are.
 *
 * @module
 */

import { Assembler, type Exports, instantiate } from "../assembler/assembler.ts";
import { memoryCopy } from "../assembler/control.ts";
import { words } from "../assembler/integers.ts";

let kernel: Exports | undefined;

/** Copies `bytes` bytes from the address `from` to the address `to`. */
export function copyBytes(to: number, from: number, bytes: number): void {
  if (kernel === undefined) {
    const assembler = new Assembler();
    assembler.func("copy", words(3), "void", (_, ...range) => [memoryCopy(...range)]);
    kernel = instantiate(assembler.bytes());
  }
  kernel.copy(to, from, bytes);
}

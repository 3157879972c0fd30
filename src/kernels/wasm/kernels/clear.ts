/**
 * Filling memory with zeros.
 *
 * @module
 */

import { Assembler, type Exports, instantiate } from "../assembler/assembler.ts";
import { memoryFill } from "../assembler/control.ts";
import type { Kernel } from "../threads/instances.ts";
import { words } from "../assembler/integers.ts";

let compiled: Exports | undefined;

/** The kernel `(ptr, bytes)` that fills memory with zeros. */
export function clearKernel(): Kernel {
  if (compiled === undefined) {
    const assembler = new Assembler();
    assembler.func("fill", words(2), "void", (_, to, count) => [memoryFill(to, 0, count)]);
    compiled = instantiate(assembler.bytes());
  }
  return compiled.fill;
}

/**
 * Fills memory with zeros: what becomes the border of an image, or the start of sums.
 *
 * 3 MB take 24 µs; `fill` of a typed array on shared memory takes V8 386 µs.
 */
export function clear(ptr: number, bytes: number): void {
  clearKernel()(ptr, bytes);
}

/**
 * Kernels by number, so that other threads can be told which one to run.
 *
 * Every thread has its own instances of the same modules. A module's kernels are numbered in the
 * order of its exports, the modules in the order of their registration.
 *
 * @module
 */

/** A function that a module exports. */
export type Kernel = (...args: number[]) => number;

/** A module whose kernels have numbers. */
export interface Registered {
  /** Its place among the modules. */
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first kernel. */
  readonly first: number;
}

/** Which kernel of which module. */
export interface Numbered {
  readonly module: Registered;
  readonly number: number;
}

/** Smaller numbers are not kernels but requests to a worker: see `worker.ts`. */
const FIRST = 2;

const numbered = new Map<Kernel, Numbered>();
let modules = 0;

/** Numbers the kernels of an instance of the module `bytes`. */
export function register(bytes: Uint8Array<ArrayBuffer>, exports: Record<string, Kernel>): void {
  const first = FIRST + numbered.size;
  const module = { index: modules++, bytes, first };
  Object.values(exports).forEach((kernel, i) => {
    numbered.set(kernel, { module, number: first + i });
  });
}

/** The number of `kernel`, which must be an export of a registered instance. */
export function numberOf(kernel: Kernel): Numbered {
  return numbered.get(kernel)!;
}

/**
 * Compiled modules, and their kernels by number, so that other threads can be told which one to run.
 *
 * Every thread has its own instances of the same modules. A module's kernels are numbered in the
 * order of its exports, the modules in the order in which they are compiled.
 *
 * @module
 */

import { Assembler } from "../assembler/assembler.ts";
import { perProcess } from "../../../storage/process.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** A function that a module exports. */
export type Kernel = (...args: number[]) => number;

/** The functions that an instance exports. */
export type Exports = Record<string, Kernel>;

/** A module whose kernels have numbers. */
export interface NumberedModule {
  /** Its place among the modules. */
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of its first kernel. */
  readonly first: number;
}

/** A kernel's number, and its module. */
interface NumberedKernel {
  readonly module: NumberedModule;
  readonly number: number;
}

/** Smaller numbers are not kernels but requests to a worker: see `worker.ts`. */
const FIRST = 2;

const numbered = perProcess("kernels", () => new Map<Kernel, NumberedKernel>());
const modules = perProcess("modules", () => ({ count: 0 }));

/**
 * Compiles the functions that `write` adds, and instantiates them on the tensor memory.
 *
 * @param write adds functions to an assembler
 * @returns the exported functions, which all threads can run
 */
export function compile(write: (assembler: Assembler) => void): Exports {
  const assembler = new Assembler();
  write(assembler);
  const bytes = assembler.bytes();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: wasmMemory.memory },
  });
  const exports = instance.exports as Exports;
  const module = { index: modules.count++, bytes, first: FIRST + numbered.size };
  Object.values(exports).forEach((kernel, i) => {
    numbered.set(kernel, { module, number: module.first + i });
  });
  return exports;
}

/** The number of `kernel`, which must be one that `compile` returned. */
export function numberOf(kernel: Kernel): NumberedKernel {
  return numbered.get(kernel)!;
}

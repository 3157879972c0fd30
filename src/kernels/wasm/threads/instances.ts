/**
 * Modules, and their kernels by number, so that other threads can be told which one to run.
 *
 * Every thread has its own instances of the same modules. A module's kernels are numbered in the
 * order of its exports, the modules in the order in which they are made.
 *
 * @module
 */

import { Assembler } from "../assembler/assembler.ts";
import { perProcess } from "../../../storage/process.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import { EVALUATE, LOAD } from "./worker.ts";

/** A function that a module exports. */
export type Kernel = (...args: number[]) => number;

/** Adds functions to a module. */
export type Write = (assembler: Assembler) => void;

/** The functions that an instance exports. */
export type Exports = Record<string, Kernel>;

/** A module whose kernels have numbers. */
export interface NumberedModule {
  /** Its place among the modules. */
  readonly index: number;
  /** The request to a worker that makes its own instance: {@link LOAD} or {@link EVALUATE}. */
  readonly request: number;
  /** The module in WebAssembly, or the text of an expression in JavaScript. */
  readonly bytes: Uint8Array;
  /** The number of its first kernel. */
  readonly first: number;
}

/** A kernel's number, and its module. */
interface NumberedKernel {
  readonly module: NumberedModule;
  readonly number: number;
}

/** Smaller numbers are not kernels but requests to a worker: see `worker.ts`. */
const FIRST = 3;

const numbered = perProcess("kernels", () => new Map<Kernel, NumberedKernel>());
const modules = perProcess("modules", () => ({ count: 0 }));

/**
 * Compiles the functions that `write` adds, and instantiates them on the tensor memory.
 *
 * @param write adds functions to an assembler
 * @returns the exported functions, which all threads can run
 */
export function compile(write: Write): Exports {
  const assembler = new Assembler();
  write(assembler);
  const bytes = assembler.bytes();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: wasmMemory.memory },
  });
  return number(instance.exports as Exports, LOAD, bytes);
}

/**
 * Kernels that are compiled one by one, each when it is first asked for: a program uses few of a
 * family.
 *
 * @param writers for each kernel, what adds the function of that name to an assembler
 * @returns the kernels, which all threads can run
 */
export function compileEach<Names extends string>(
  writers: Readonly<Record<Names, Write>>,
): Readonly<Record<Names, Kernel>> {
  const kernels = {} as Record<Names, Kernel>;
  for (const name in writers) {
    const get = (): Kernel => {
      const kernel = compile(writers[name])[name];
      Object.defineProperty(kernels, name, { value: kernel });
      return kernel;
    };
    Object.defineProperty(kernels, name, { get, configurable: true });
  }
  return kernels;
}

/**
 * Lets all threads run functions that are not WebAssembly.
 *
 * @param exports the functions for this thread
 * @param source an expression of JavaScript that makes them on another thread, in the same order
 * @returns `exports`
 */
export function share<Names extends string>(
  exports: Record<Names, Kernel>,
  source: string,
): Record<Names, Kernel> {
  return number(exports, EVALUATE, new TextEncoder().encode(source));
}

function number<E extends Exports>(exports: E, request: number, bytes: Uint8Array): E {
  const module = { index: modules.count++, request, bytes, first: FIRST + numbered.size };
  Object.values(exports).forEach((kernel, i) => {
    numbered.set(kernel, { module, number: module.first + i });
  });
  return exports;
}

/** The number of `kernel`, which must be one that `compile` returned. */
export function numberOf(kernel: Kernel): NumberedKernel {
  return numbered.get(kernel)!;
}

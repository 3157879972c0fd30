/**
 * Ends a process that waits in C, where nothing else can interrupt it.
 *
 * @module
 */

import { openLibrary, platform } from "../storage/foreign.ts";
import { builtin } from "../utils/files.ts";

/** The library of C, by operating system. */
export const C_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libc.so.6", "libdl.so.2", "libc.so"],
  darwin: ["/usr/lib/libSystem.B.dylib"],
};

/** The data that the thread gets. */
interface Watch {
  /** Becomes 1 when the call has returned. */
  readonly cell: Int32Array;
  readonly milliseconds: number;
  readonly message: string;
  readonly libraries: readonly string[];
}

/**
 * Watches a call from another thread.
 *
 * @param milliseconds the time that the call may take
 * @param message is written to the standard error output when it takes longer; the process then ends with
 *   code 1
 * @returns a function to call when the call has returned
 */
export function watch(milliseconds: number, message: string): () => void {
  if (milliseconds === Infinity) return () => {};
  const { Worker } = builtin("node:worker_threads", "init()");
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const libraries = C_LIBRARIES[platform()] ?? [];
  const source =
    `(${guard})(${openLibrary}, process.getBuiltinModule("node:worker_threads").workerData)`;
  const workerData: Watch = { cell, milliseconds, message, libraries };
  try {
    // A worker gets a copy of the environment unless one is given, and Deno asks the user for that.
    const worker = new Worker(source, { eval: true, workerData, env: {} });
    worker.on("error", () => {});
    worker.unref();
  } catch {
    // The system allows no more threads: nobody watches.
  }
  return () => {
    Atomics.store(cell, 0, 1);
    Atomics.notify(cell, 0);
  };
}

/** Runs on the other thread; it is sent there as text. */
function guard(open: typeof openLibrary, { cell, milliseconds, message, libraries }: Watch): void {
  if (Atomics.wait(cell, 0, 0, milliseconds) !== "timed-out") return;
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: "node:fs"): typeof import("node:fs") };
  };
  process.getBuiltinModule("node:fs").writeSync(2, message + "\n");
  for (const library of libraries) {
    try {
      open(library, { _exit: { parameters: ["i32"], result: "void" } })._exit(1);
    } catch {
      // The next one has it.
    }
  }
}

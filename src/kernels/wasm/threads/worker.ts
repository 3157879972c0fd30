/**
 * Runs and starts worker threads.
 *
 * The main thread and a worker share a block of words in the memory. The main thread writes records,
 * each a kernel and its arguments, and counts them; the worker runs them in order. A record holds the
 * address of the next one, so a list of records may go on anywhere in the memory. The last record of a
 * list asks the worker to count the list as finished.
 *
 * All code of a worker is inside one `try`, and nothing else can end it. So a worker always reports
 * when it stops, and the main thread can wait for it without a time limit.
 *
 * @module
 */

import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** The words of a worker's block; what different threads write lies in different cache lines. */
export const BLOCK = {
  /** Records that the main thread has written. */
  published: 0,
  /** 1 while the main thread sleeps until `finished` changes. */
  awaited: 1,
  /** Lists that the worker has begun, or that the main thread has stolen back. */
  begun: 8,
  /** Lists that the worker has finished; -1 when an error has ended it. */
  finished: 16,
  /** 1 when the worker can be given work. */
  ready: 17,
  /** 1 while the worker sleeps until `published` changes. */
  parked: 18,
  /** The number of characters of the message of the error that has ended the worker. */
  messageLength: 19,
  /** The characters. */
  message: 32,
  /** The first record. */
  records: 256,
} as const;

/** The value of `finished` when an error has ended the worker. */
export const GONE = -1;

/** Words of a record: a request, up to 14 arguments, and the address of the next record. */
export const RECORD = 16;

/** A request that is not a kernel: the list ends here. */
export const FINISH = 0;

/** A request that is not a kernel: `(address, bytes, first)`, a module with kernels from `first` on. */
export const LOAD = 1;

/** As `LOAD`, for an expression in JavaScript whose value has the kernels. */
export const EVALUATE = 2;

/** Milliseconds without work after which a worker sleeps: longer than the pauses in a training step. */
const PATIENCE = 1;

/** The data that a worker gets when it starts. */
interface Start {
  readonly memory: WebAssembly.Memory;
  /** The word where its block begins. */
  readonly block: number;
  readonly at: typeof BLOCK;
  readonly patience: number;
}

/**
 * The main function of a worker. It is sent to the other thread as text, where nothing else of this
 * file exists; so it is one function that defines no other.
 */
function serve({ memory, block, at, patience }: Start): void {
  let words = new Int32Array(memory.buffer);
  try {
    const kernels: ((...args: number[]) => unknown)[] = [];
    let record = block + at.records;
    let [taken, finished] = [0, 0];
    let [isNew, isMine] = [true, true];
    Atomics.store(words, block + at.ready, 1);
    for (;;) {
      let end = 0;
      for (let turn = 1; Atomics.load(words, block + at.published) === taken; turn++) {
        // Looking at the clock takes longer than looking for work.
        if (turn % 512 !== 0) continue;
        const now = performance.now();
        if (end === 0) end = now + patience;
        if (now < end) continue;
        Atomics.store(words, block + at.parked, 1);
        Atomics.wait(words, block + at.published, taken);
        Atomics.store(words, block + at.parked, 0);
        end = 0;
      }
      taken = (taken + 1) | 0;
      // The memory may have grown; an engine tells other threads with a delay.
      while (words.length < record + 16) words = new Int32Array(memory.buffer);
      if (isNew) {
        const next = (finished + 1) & 0x7fffffff;
        isMine = Atomics.compareExchange(words, block + at.begun, finished, next) === finished;
        isNew = false;
      }
      const r = record;
      record = words[r + 15] >>> 2;
      if (words[r] === 0) {
        finished = (finished + 1) & 0x7fffffff;
        Atomics.store(words, block + at.finished, finished);
        isNew = true;
        if (Atomics.load(words, block + at.awaited)) Atomics.notify(words, block + at.finished);
      } else if (words[r] <= 2) {
        const [from, size] = [words[r + 1] >>> 0, words[r + 2]];
        while (4 * words.length < from + size) words = new Int32Array(memory.buffer);
        const bytes = new Uint8Array(words.buffer, from, size).slice();
        const exports = words[r] === 1
          ? new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports
          : (0, eval)(new TextDecoder().decode(bytes));
        let number = words[r + 3];
        for (const name in exports) kernels[number++] = exports[name] as () => unknown;
      } else if (isMine) {
        // A kernel ignores arguments that it does not have; counting them would take longer.
        // deno-fmt-ignore -- a list of 14
        kernels[words[r]](
          words[r + 1], words[r + 2], words[r + 3], words[r + 4], words[r + 5], words[r + 6],
          words[r + 7], words[r + 8], words[r + 9], words[r + 10], words[r + 11], words[r + 12],
          words[r + 13], words[r + 14],
        );
      }
    }
  } catch (error) {
    const message = String(error).slice(0, at.records - at.message);
    for (let i = 0; i < message.length; i++) {
      words[block + at.message + i] = message.charCodeAt(i);
    }
    words[block + at.messageLength] = message.length;
    Atomics.store(words, block + at.ready, 0);
    Atomics.store(words, block + at.finished, -1);
    Atomics.notify(words, block + at.finished);
  }
}

/** Node, Deno and Bun return their modules by a call; a static import would fail in browsers. */
interface Host {
  readonly process?: {
    getBuiltinModule?(
      name: "node:worker_threads",
    ): typeof import("node:worker_threads") | undefined;
  };
}

/**
 * Starts a worker on the block at the word `block`; it sets `ready` when it can be given work. It does
 * not keep the process from ending.
 */
export function startWorker(block: number): void {
  const start: Start = { memory: wasmMemory.memory, block, at: BLOCK, patience: PATIENCE };
  const threads = (globalThis as Host).process?.getBuiltinModule?.("node:worker_threads");
  // A worker that cannot start is never ready, and its work stays with the caller: a container allows
  // no more threads, or a page no workers from blobs.
  try {
    if (threads === undefined) {
      const source = `onmessage = ({ data }) => (${serve})(data)`;
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      return new Worker(url).postMessage(start);
    }
    const source = `(${serve})(process.getBuiltinModule("node:worker_threads").workerData)`;
    // A worker gets a copy of the environment unless one is given, and Deno asks the user for that.
    const worker = new threads.Worker(source, { eval: true, workerData: start, env: {} });
    worker.on("error", () => {});
    worker.unref();
  } catch {
    // As above; no other is tried in its place.
  }
}

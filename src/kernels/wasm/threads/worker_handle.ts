/**
 * The main thread's end of a worker: writing lists of kernels to run, and waiting for them.
 *
 * @module
 */

import { KernelError } from "../../../errors.ts";
import { Scratch, WORKER_BLOCK, WORKER_BLOCKS } from "../scratch.ts";
import { type Kernel, type NumberedModule, numberOf } from "./instances.ts";
import { BLOCK, FINISH, GONE, RECORD, startWorker } from "./worker.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** Bytes of further records, when those of the block do not suffice for a list. */
const CHUNK = 16384;

/** Turns of polling before sleeping: about 50 µs, twice the time to wake up. */
const WATCH = 20000;

/** True if this thread may sleep; the main thread of a browser's page may not. */
const canSleep = ((): boolean => {
  try {
    return Atomics.wait(wasmMemory.i32, 0, 1, 0) === "not-equal";
  } catch {
    return false;
  }
})();

/** A worker, as the main thread sees it. */
export class WorkerHandle {
  /** The word where the block begins. */
  readonly #block: number;
  /** The word where the next record begins. */
  #record: number;
  /** The word where this stretch of records ends. */
  #end: number;
  #published = 0;
  /** Lists written so far. */
  #lists = 0;
  /** True if the caller has stolen the last list back. */
  #isStolen = false;
  /** True if the worker must compile modules for this list. */
  #isLoading = false;
  /** The modules that the worker has, by index. */
  readonly #loaded: boolean[] = [];
  /** Memory that the worker reads for this list besides its block. */
  readonly #scratch: Scratch[] = [];

  /** Starts worker `index`. */
  constructor(index: number) {
    this.#block = (WORKER_BLOCKS + index * WORKER_BLOCK) / 4;
    this.#record = this.#block + BLOCK.records;
    this.#end = this.#block + WORKER_BLOCK / 4;
    wasmMemory.i32.fill(0, this.#block, this.#record);
    startWorker(this.#block);
  }

  /** True if the worker has started and has nothing left to do. */
  get isIdle(): boolean {
    const { i32 } = wasmMemory;
    if (Atomics.load(i32, this.#block + BLOCK.finished) !== this.#lists) return false;
    return Atomics.load(i32, this.#block + BLOCK.ready) !== 0;
  }

  /** True if the worker compiles modules before it runs this list. */
  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** True if the worker sleeps and will take some time to wake. */
  get isParked(): boolean {
    return Atomics.load(wasmMemory.i32, this.#block + BLOCK.parked) !== 0;
  }

  /** True if an error has ended the worker. */
  get isGone(): boolean {
    return Atomics.load(wasmMemory.i32, this.#block + BLOCK.finished) === GONE;
  }

  /** Tells the worker to run `kernel`, after all that it was given before. */
  readonly call = (kernel: Kernel, ...args: number[]): void => {
    const { module, number } = numberOf(kernel);
    if (!this.#loaded[module.index]) this.#load(module);
    this.#write(number, args, this.#next());
  };

  /** Ends the list. */
  finish(): void {
    this.#lists = (this.#lists + 1) & 0x7fffffff;
    this.#isStolen = false;
    this.#write(FINISH, [], this.#block + BLOCK.records);
    this.#end = this.#block + WORKER_BLOCK / 4;
  }

  /**
   * Steals the last list back if the worker has not begun it, so that it runs no kernel of it. Returns
   * false if it is too late, or if the list needs more memory than the block: the worker still reads
   * the records that it will not run, and that memory must be free when this kernel is over.
   */
  steal(): boolean {
    if (this.#scratch.length > 0) return false;
    const before = (this.#lists - 1) & 0x7fffffff;
    const at = this.#block + BLOCK.begun;
    this.#isStolen = Atomics.compareExchange(wasmMemory.i32, at, before, this.#lists) === before;
    return this.#isStolen;
  }

  /** Waits until the worker has run the last list, unless that was stolen back. */
  wait(): void {
    if (this.#isStolen) return;
    const { i32 } = wasmMemory;
    const at = this.#block + BLOCK.finished;
    let finished = Atomics.load(i32, at);
    for (let turn = 0; !this.#isDone(finished) && (turn < WATCH || !canSleep); turn++) {
      finished = Atomics.load(i32, at);
    }
    Atomics.store(i32, this.#block + BLOCK.awaited, 1);
    while (!this.#isDone(finished = Atomics.load(i32, at))) Atomics.wait(i32, at, finished);
    Atomics.store(i32, this.#block + BLOCK.awaited, 0);
    this.#release();
  }

  #isDone(finished: number): boolean {
    return finished === this.#lists || finished === GONE;
  }

  /** The error that has ended the worker. */
  error(): KernelError {
    const { i32 } = wasmMemory;
    const from = this.#block + BLOCK.message;
    const length = i32[this.#block + BLOCK.messageLength];
    const message = String.fromCharCode(...i32.subarray(from, from + length));
    return new KernelError(
      `Cannot finish a computation: one of its threads stopped with "${message}"; what it was to ` +
        `write is undefined. Another thread takes its place; setNumThreads(1) does without any`,
    );
  }

  #load({ index, request, bytes, first }: NumberedModule): void {
    const at = this.#reserve(bytes.length);
    wasmMemory.u8.set(bytes, at);
    this.#loaded[index] = this.#isLoading = true;
    this.#write(request, [at, bytes.length, first], this.#next());
  }

  /** The word where the record after the next one begins: behind that, or in new memory. */
  #next(): number {
    if (this.#record + 2 * RECORD <= this.#end) return this.#record + RECORD;
    const first = this.#reserve(CHUNK) / 4;
    this.#end = first + CHUNK / 4;
    return first;
  }

  /** The address of memory that the worker may read until it has run this list. */
  #reserve(bytes: number): number {
    const scratch = new Scratch(bytes);
    this.#scratch.push(scratch);
    return scratch.at[0];
  }

  #write(request: number, args: readonly number[], next: number): void {
    const { i32 } = wasmMemory;
    const record = this.#record;
    i32[record] = request;
    for (let i = 0; i < args.length; i++) i32[record + 1 + i] = args[i];
    i32[record + RECORD - 1] = next * 4;
    this.#record = next;
    this.#published = (this.#published + 1) | 0;
    const at = this.#block + BLOCK.published;
    Atomics.store(i32, at, this.#published);
    if (this.isParked) Atomics.notify(i32, at);
  }

  #release(): void {
    this.#isLoading = false;
    for (const scratch of this.#scratch) scratch.free();
    this.#scratch.length = 0;
  }
}

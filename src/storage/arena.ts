/**
 * The arena: all tensor memory, and the rules by which it is freed and used again.
 *
 * **Release.** Five rules free storages that the program no longer needs. Reading a freed storage is
 * an error that names the rule and says how to keep the tensor. The names are those of {@link FreedBy}:
 *
 * | rule        | frees                                                        | applied by           |
 * | ----------- | ------------------------------------------------------------ | -------------------- |
 * | `temporary` | intermediate results of an op, a gradient rule or a kernel   | all kernels and ops  |
 * | `call`      | tensors that a module call made and did not return           | `tensor/scope.ts`    |
 * | `graph`     | results of recorded ops, when the next graph is freed        | `autograd/engine.ts` |
 * | `batch`     | a batch of a loader that was read, two batches later         | `utils/data/`        |
 * | `gradient`  | the gradient of a leaf, at `zeroGrad()`                      | `autograd/node.ts`   |
 *
 * No rule frees a storage that is retained or that a recorded graph will read; and of all rules, only
 * `gradient` frees the gradient of a leaf. A tensor declared with `using` is `disposed` at the end of
 * its block: that frees it without asking.
 *
 * **Spill.** A storage that no kernel has touched for long is copied out of the arena to an ordinary
 * typed array, which the garbage collector frees when the tensor is unreachable. Touching the storage
 * copies it back. Storages are spilled
 *
 * - when the memory limit is reached: the longest-untouched storages go first;
 * - in a sweep, each time the arena has grown by a stride: all that no kernel has touched since the
 *   last sweep, unless an open scope will free them anyway;
 * - when a loader's batch has had its turn and nothing has read it, and what was made on the way to a
 *   batch when that is made: the data set may keep it.
 *
 * @module
 */

import { OutOfMemoryError, ValueError } from "../errors.ts";
import { classBytes, Heap, RESERVED, sizeClass } from "./heap.ts";
import { perProcess } from "./process.ts";
import { type FreedBy, Storage } from "./storage.ts";
import { wasmMemory } from "./wasm_memory.ts";

const DEFAULT_LIMIT = 2 ** 31;

/** The arena looks for idle storages each time it has grown by a stride, at first by this much. */
const FIRST_STRIDE = 8 * 2 ** 20;

/** Storages up to this many bytes are spilled into buffers of `PACK` bytes. */
const SMALL = 512;
const PACK = 32768;

/** A garbage collection pays when at least this many bytes were copied out since the last one. */
const LEAST_COLLECTED = 64 * 2 ** 20;

/** Bytes of the objects that a tensor consists of, roughly. */
export const OBJECTS = 1024;

/** Bytes of a number in a list while it is made, roughly. */
const ENTRY = 16;

/** The last use of a pinned storage: later than any, so it is never idle. */
const PINNED = Infinity;

/** Counters of the arena; sizes in bytes. */
export interface MemoryStats {
  /** Bytes of tensors in the arena. */
  readonly resident: number;
  /** The most that `resident` has been. */
  readonly peak: number;
  /** The most that `resident` may be. */
  readonly limit: number;
  /** Size of the WebAssembly memory. */
  readonly capacity: number;
  /** Storages in the arena. */
  readonly storages: number;
  /** Storages copied out so far. */
  readonly spills: number;
  /** Bytes copied out so far. */
  readonly spilledBytes: number;
  /** Storages copied back so far. */
  readonly restores: number;
  /** Bytes copied back so far. */
  readonly restoredBytes: number;
}

class Arena {
  readonly #heap = new Heap((end) => wasmMemory.reach(end));
  /** Resident storages, oldest first, as a ring around a sentinel. */
  readonly #ring = new Storage(0, 0, 0, -1, 0);
  /** Storages made since the outermost open scope. */
  readonly #scoped: Storage[] = [];
  #openScopes = 0;
  #tick = 1;
  #serial = 0;
  #limit = Math.min(DEFAULT_LIMIT, wasmMemory.maximum - RESERVED);
  #resident = 0;
  #peak = 0;
  #storages = 0;
  #spills = 0;
  #spilledBytes = 0;
  /** Bytes copied out, and of their tensors, since the last garbage collection that was asked for. */
  #sinceCollection = 0;
  #restores = 0;
  #restoredBytes = 0;
  #stride = FIRST_STRIDE;
  /** The least that `resident` has been since the last sweep. */
  #low = 0;
  #lastSweep = 0;
  #sweptTooMuch = false;
  /** The buffer that small storages are copied to, and how many of its bytes are used. */
  #pack = new Uint8Array(0);
  #packed = 0;

  constructor() {
    this.#ring.previous = this.#ring;
    this.#ring.next = this.#ring;
  }

  /**
   * Starts a kernel: storages that are touched or allocated from here to the next `begin` stay where
   * they are, so their addresses hold while the kernel runs.
   */
  begin(): void {
    this.#tick++;
  }

  /** Number of kernels that have started. */
  get tick(): number {
    return this.#tick;
  }

  /** Number of the storage that was allocated last. */
  get serial(): number {
    return this.#serial;
  }

  /** Rejects what can never fit: a shape may have any size, and even none that is a number. */
  checkRoom(bytes: number): void {
    if (!(bytes <= this.#limit)) this.#fail(bytes);
  }

  /** A new storage with undefined contents. */
  allocate(bytes: number, origin?: string): Storage {
    // Size classes are counted in 32 bits.
    this.checkRoom(bytes);
    const block = sizeClass(bytes);
    const ptr = this.#place(block, bytes);
    const storage = new Storage(++this.#serial, bytes, block, ptr, this.#tick);
    if (origin !== undefined) storage.origin = origin;
    this.#link(storage);
    if (this.#openScopes > 0) this.#scoped.push(storage);
    return storage;
  }

  /**
   * Makes sure that `storage` is in the arena and stays there until the next `begin`.
   *
   * @throws {ReleasedError} if it was freed
   */
  touch(storage: Storage): void {
    if (storage.lastUse !== PINNED) storage.lastUse = this.#tick;
    if (storage.ptr < 0) this.#restore(storage);
  }

  /** Keeps `storage` where it is until `unpin`: a library reads or writes it between calls. */
  pin(storage: Storage): void {
    this.touch(storage);
    storage.lastUse = PINNED;
  }

  /** Lets `storage` be spilled again. */
  unpin(storage: Storage): void {
    storage.lastUse = this.#tick;
  }

  /** Frees `storage` by `rule`, unless it is still needed. */
  release(storage: Storage, rule: FreedBy): void {
    if (storage.retained || storage.graphUses > 0) return;
    if (storage.isGradient && rule !== "gradient") return;
    this.free(storage, rule);
  }

  /** Frees `storage` without asking whether anyone needs it. */
  free(storage: Storage, rule: FreedBy): void {
    if (storage.freedBy !== null) return;
    if (storage.ptr >= 0) this.#unlink(storage);
    storage.spilled = null;
    storage.freedBy = rule;
  }

  /** Copies `storage` out of the arena, where it costs no place until it is read again. */
  moveOut(storage: Storage): void {
    if (storage.ptr >= 0) this.#spill(storage);
  }

  /** Opens a scope: `close` will release the storages that are allocated until then. Scopes nest. */
  open(): number {
    this.#openScopes++;
    return this.#scoped.length;
  }

  /**
   * Closes the scope that began at `mark`: releases by `rule`, or spills, the storages that were
   * allocated in it, except the `survivors`. Those, and what is still needed, now belong to the scope
   * around it.
   */
  close(
    mark: number,
    rule: FreedBy | "spill",
    survivors: readonly { readonly storage: Storage }[],
  ): void {
    this.#openScopes--;
    for (const { storage } of survivors) storage.survives = true;
    const scoped = this.#scoped;
    let end = mark;
    for (let i = mark; i < scoped.length; i++) {
      const storage = scoped[i];
      if (!storage.survives) {
        if (rule === "spill") this.moveOut(storage);
        else this.release(storage, rule);
        storage.ownedByGraph = storage.graphUses > 0;
      }
      if (storage.freedBy === null) scoped[end++] = storage;
    }
    scoped.length = this.#openScopes === 0 ? 0 : end;
    for (const { storage } of survivors) storage.survives = false;
  }

  /** The counters as they are now. */
  stats(): MemoryStats {
    return {
      resident: this.#resident,
      peak: this.#peak,
      limit: this.#limit,
      capacity: wasmMemory.byteLength,
      storages: this.#storages,
      spills: this.#spills,
      spilledBytes: this.#spilledBytes,
      restores: this.#restores,
      restoredBytes: this.#restoredBytes,
    };
  }

  /** Sets the limit of `resident`, and spills down to it. */
  setLimit(bytes: number): void {
    const most = wasmMemory.maximum - RESERVED;
    if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes > most) {
      throw new ValueError(
        `Cannot set the memory limit to ${bytes} bytes: it must be a whole number from 1 to ${most}`,
      );
    }
    this.#tick++;
    this.#limit = bytes;
    if (this.#resident > bytes) this.#spillOldest(this.#resident - bytes);
  }

  /** The address of a free block, after spilling as much as necessary. */
  #place(block: number, bytes: number): number {
    if (bytes === 0) return RESERVED;
    const size = classBytes(block);
    const excess = (): number => this.#resident + size - this.#limit;
    // A request that can never fit fails before anything is spilled for it.
    if (excess() > 0 && bytesOf(this.#idle()) < excess()) this.#fail(bytes);
    if (this.#resident + size > this.#low + this.#stride) this.#sweep();
    if (excess() > 0) this.#spillOldest(excess());
    let ptr = this.#heap.take(block);
    // Enough bytes are free, but in pieces: make room until some of them join.
    while (ptr < 0) {
      if (!this.#spillOldest(size)) this.#fail(bytes);
      ptr = this.#heap.take(block);
    }
    return ptr;
  }

  #fail(bytes: number): never {
    throw new OutOfMemoryError(bytes, this.#resident, this.#limit);
  }

  #link(storage: Storage): void {
    const last = this.#ring.previous!;
    last.next = storage;
    storage.previous = last;
    storage.next = this.#ring;
    this.#ring.previous = storage;
    this.#storages++;
    this.#resident += classBytes(storage.sizeClass);
    if (this.#resident > this.#peak) this.#peak = this.#resident;
  }

  #unlink(storage: Storage): void {
    storage.previous!.next = storage.next;
    storage.next!.previous = storage.previous;
    storage.previous = storage.next = null;
    this.#storages--;
    this.#resident -= classBytes(storage.sizeClass);
    if (this.#resident < this.#low) this.#low = this.#resident;
    if (storage.bytes > 0) this.#heap.give(storage.ptr, storage.sizeClass);
    storage.ptr = -1;
  }

  #spill(storage: Storage): void {
    storage.spilled = this.#copyOut(storage);
    this.#unlink(storage);
    this.#spills++;
    this.#spilledBytes += storage.bytes;
    this.#sinceCollection += storage.bytes + OBJECTS;
    if (this.#sinceCollection > Math.max(this.#resident / 4, LEAST_COLLECTED)) this.#collect();
  }

  /** Asks for a garbage collection where the engine does not see how much the copies take: Bun. */
  #collect(): void {
    (globalThis as { Bun?: { gc(synchronous: boolean): void } }).Bun?.gc(true);
    this.#sinceCollection = 0;
  }

  /** Copies the elements of `storage` out; small ones share a buffer, since each buffer has its price. */
  #copyOut({ ptr, bytes }: Storage): Uint8Array {
    if (bytes > SMALL) return wasmMemory.u8.slice(ptr, ptr + bytes);
    if (this.#packed + bytes > this.#pack.length) {
      this.#pack = new Uint8Array(PACK);
      this.#packed = 0;
    }
    const copy = this.#pack.subarray(this.#packed, this.#packed += bytes);
    for (let i = 0; i < bytes; i++) copy[i] = wasmMemory.u8[ptr + i];
    return copy;
  }

  #restore(storage: Storage): void {
    const bytes = storage.spilled;
    if (bytes === null) throw storage.releasedError();
    storage.ptr = this.#place(storage.sizeClass, storage.bytes);
    wasmMemory.u8.set(bytes, storage.ptr);
    storage.spilled = null;
    this.#link(storage);
    this.#restores++;
    this.#restoredBytes += storage.bytes;
    // A sweep guesses that a storage is idle. The limit does not: its storages had to go.
    this.#sweptTooMuch ||= storage.swept;
    storage.tenured ||= storage.swept;
    storage.swept = false;
  }

  /**
   * Spills the storages that no kernel has touched since the last sweep, unless an open scope will
   * free them anyway.
   *
   * So loops that leave tensors behind, outside of every rule, need bounded memory. A storage that is
   * read again after a sweep is marked as long-lived (tenured), and sweeps become rarer. As long as
   * none is, sweeps become a little more frequent.
   */
  #sweep(): void {
    this.#stride = Math.max(FIRST_STRIDE, this.#stride * (this.#sweptTooMuch ? 2 : 7 / 8));
    this.#sweptTooMuch = false;
    const idle = this.#lastSweep;
    this.#lastSweep = this.#tick;
    const firstOfScope = this.#scoped[0]?.serial ?? Infinity;
    for (let s = this.#ring.next!; s !== this.#ring;) {
      const next = s.next!;
      // The storages of the running kernel stay, also at its second sweep.
      const isIdle = s.lastUse <= idle && s.lastUse < this.#tick;
      if (isIdle && !s.tenured && s.serial < firstOfScope) {
        s.swept = true;
        this.#spill(s);
      }
      s = next;
    }
    this.#low = this.#resident;
  }

  /**
   * Spills the longest-untouched storages until `bytes` are free; false if there are none.
   *
   * At least one in 64 goes, so that the search pays where each of very many would free little.
   */
  #spillOldest(bytes: number): boolean {
    const idle = this.#idle().sort((a, b) => a.lastUse - b.lastUse);
    const goal = this.#resident - bytes;
    const least = Math.floor(idle.length / 64);
    for (let i = 0; i < idle.length; i++) {
      if (this.#resident <= goal && i >= least) break;
      this.#spill(idle[i]);
    }
    return idle.length > 0;
  }

  /** Returns the storages that the running kernel does not use. */
  #idle(): Storage[] {
    const idle: Storage[] = [];
    for (let s = this.#ring.next!; s !== this.#ring; s = s.next!) {
      if (s.lastUse < this.#tick) idle.push(s);
    }
    return idle;
  }
}

/** Returns the bytes of the arena that `storages` take. */
function bytesOf(storages: readonly Storage[]): number {
  return storages.reduce((sum, { sizeClass }) => sum + classBytes(sizeClass), 0);
}

/** The arena of this process. */
export const arena: Arena = perProcess("arena", () => new Arena());

/**
 * Lists `entry(0)` to `entry(count - 1)`, where an option decides how many. It refuses a list that
 * could never fit as it would a tensor; engines end the process, or throw an error of their own.
 *
 * @param bytes those that an entry takes
 */
export function listOf<T>(count: number, entry: (i: number) => T, bytes: number = ENTRY): T[] {
  arena.checkRoom(count * bytes);
  // `Array.from` takes V8 thirty times as long.
  const list = new Array<T>(count);
  for (let i = 0; i < count; i++) list[i] = entry(i);
  return list;
}

/**
 * The tensor memory of this process.
 *
 * @example
 * ```ts
 * import { memory, zeros } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const before = memory.stats().resident;
 * const x = zeros([1000]);
 * assert(memory.stats().resident >= before + 4000);
 * assertEquals(x.numel(), 1000);
 * memory.setLimit(2 ** 30);
 * assertEquals(memory.stats().limit, 2 ** 30);
 * memory.setLimit(2 ** 31);
 * ```
 */
export const memory: {
  /** Counters of the memory; sizes in bytes. */
  stats(): MemoryStats;
  /**
   * Sets how many bytes of tensors may be in the WebAssembly memory at once; 2 GiB at first. Beyond
   * that, the longest-untouched ones wait outside, so a small limit costs time and nothing else.
   *
   * @param bytes a whole number from 1 to 4 GiB
   * @throws {ValueError} if it is not
   */
  setLimit(bytes: number): void;
} = {
  stats: () => arena.stats(),
  setLimit: (bytes) => arena.setLimit(bytes),
};

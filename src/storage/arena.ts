/**
 * The arena: every tensor's memory, who may have it, and when it is used again.
 *
 * Three things can happen to a storage.
 * - It is *released* by a rule that knows that nobody is entitled to it (see `docs/design.md`).
 *   Reading it afterwards is an error.
 * - It is *spilled* when nobody has touched it for long: copied out to an ordinary typed array,
 *   which the garbage collector takes if nobody can reach it. Touching it copies it back.
 * - It stays.
 *
 * @module
 */

import { OutOfMemoryError, ValueError } from "../errors.ts";
import { classBytes, Heap, RESERVED, sizeClass } from "./heap.ts";
import { type Fate, Storage } from "./storage.ts";
import { wasmMemory } from "./wasm_memory.ts";

const DEFAULT_LIMIT = 2 ** 31;

/** The arena looks for idle storages each time it has grown by a stride, at first by this much. */
const FIRST_STRIDE = 8 * 2 ** 20;

/** Storages up to this many bytes are spilled into buffers of `PACK` bytes. */
const SMALL = 512;
const PACK = 32768;

/** What the arena holds and has done; sizes in bytes. */
export interface MemoryStats {
  /** Bytes of tensors in the arena. */
  readonly resident: number;
  /** The most that `resident` has been. */
  readonly peak: number;
  /** What `resident` may not exceed. */
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
  readonly #journal: Storage[] = [];
  #scopes = 0;
  #tick = 1;
  #serial = 0;
  #limit = Math.min(DEFAULT_LIMIT, wasmMemory.maximum - RESERVED);
  #resident = 0;
  #peak = 0;
  #storages = 0;
  #spills = 0;
  #spilledBytes = 0;
  #restores = 0;
  #restoredBytes = 0;
  #stride = FIRST_STRIDE;
  /** The least that `resident` has been since the last sweep. */
  #low = 0;
  #lastSweep = 0;
  #regretted = false;
  /** Where small storages are copied to, and how far it is full. */
  #pack = new Uint8Array(0);
  #packed = 0;

  constructor() {
    this.#ring.previous = this.#ring;
    this.#ring.next = this.#ring;
  }

  /**
   * Starts a kernel: what is touched or allocated from here to the next `begin` stays where it is,
   * so its addresses hold while the kernel runs.
   */
  begin(): void {
    this.#tick++;
  }

  /** Number of the storage that was allocated last. */
  get serial(): number {
    return this.#serial;
  }

  /** A new storage with undefined contents. */
  allocate(bytes: number, origin?: string): Storage {
    const block = sizeClass(bytes);
    const ptr = this.#place(block, bytes);
    const storage = new Storage(++this.#serial, bytes, block, ptr, this.#tick);
    if (origin !== undefined) storage.origin = origin;
    this.#link(storage);
    if (this.#scopes > 0) this.#journal.push(storage);
    return storage;
  }

  /**
   * Makes sure that `storage` is in the arena and stays there until the next `begin`.
   *
   * @throws {ReleasedError} if a rule has released it
   */
  touch(storage: Storage): void {
    storage.tick = this.#tick;
    if (storage.ptr < 0) this.#restore(storage);
  }

  /** Frees `storage` by the rule `fate`, unless it is kept, claimed, or held by a recorded graph. */
  release(storage: Storage, fate: Fate): void {
    if (storage.kept || storage.holds > 0 || (storage.claimed && fate !== "gradient")) return;
    this.dispose(storage, fate);
  }

  /** Frees `storage` whoever else may want it. */
  dispose(storage: Storage, fate: Fate): void {
    if (storage.fate !== null) return;
    if (storage.ptr >= 0) this.#unlink(storage);
    storage.spilled = null;
    storage.fate = fate;
  }

  /** Opens a scope: `close` will release what is allocated until then. Scopes nest. */
  open(): number {
    this.#scopes++;
    return this.#journal.length;
  }

  /**
   * Closes the scope that began at `mark`, releasing by `fate` what was allocated in it, except the
   * `survivors`, what is kept, and what a recorded graph holds; they pass to the scope around it.
   */
  close(mark: number, fate: Fate, survivors: readonly { readonly storage: Storage }[]): void {
    this.#scopes--;
    for (const { storage } of survivors) storage.escapes = true;
    const journal = this.#journal;
    let end = mark;
    for (let i = mark; i < journal.length; i++) {
      const storage = journal[i];
      if (!storage.escapes) {
        this.release(storage, fate);
        storage.orphaned = storage.holds > 0;
      }
      if (storage.fate === null) journal[end++] = storage;
    }
    journal.length = this.#scopes === 0 ? 0 : end;
    for (const { storage } of survivors) storage.escapes = false;
  }

  /** What the arena holds and has done. */
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

  /** Sets what `resident` may not exceed, spilling down to it. */
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

  /** Address of a free block, after spilling what has to go. */
  #place(block: number, bytes: number): number {
    if (bytes === 0) return RESERVED;
    const size = classBytes(block);
    if (this.#resident + size > this.#low + this.#stride) this.#sweep();
    if (this.#resident + size > this.#limit) {
      this.#spillOldest(this.#resident + size - this.#limit);
      if (this.#resident + size > this.#limit) this.#fail(bytes);
    }
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
    this.#resident += classBytes(storage.block);
    if (this.#resident > this.#peak) this.#peak = this.#resident;
  }

  #unlink(storage: Storage): void {
    storage.previous!.next = storage.next;
    storage.next!.previous = storage.previous;
    storage.previous = storage.next = null;
    this.#storages--;
    this.#resident -= classBytes(storage.block);
    if (this.#resident < this.#low) this.#low = this.#resident;
    if (storage.bytes > 0) this.#heap.give(storage.ptr, storage.block);
    storage.ptr = -1;
  }

  #spill(storage: Storage): void {
    storage.spilled = this.#copyOut(storage);
    this.#unlink(storage);
    this.#spills++;
    this.#spilledBytes += storage.bytes;
  }

  /** The elements of `storage` outside; small ones share a buffer, since each buffer has its price. */
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
    storage.ptr = this.#place(storage.block, storage.bytes);
    wasmMemory.u8.set(bytes, storage.ptr);
    storage.spilled = null;
    this.#link(storage);
    this.#restores++;
    this.#restoredBytes += storage.bytes;
    // Only a sweep is a guess; what the limit spilled had to go.
    this.#regretted ||= storage.swept;
    storage.tenured ||= storage.swept;
    storage.swept = false;
  }

  /**
   * Spills what nobody has touched since the last sweep, unless an open scope will release it anyway.
   *
   * This bounds what loops leave behind outside of every rule. Something that is wanted back was
   * alive after all: it is not swept again, and the sweeps become rarer. Sweeps without regret become
   * a little more frequent.
   */
  #sweep(): void {
    this.#stride = Math.max(FIRST_STRIDE, this.#stride * (this.#regretted ? 2 : 7 / 8));
    this.#regretted = false;
    const idle = this.#lastSweep;
    this.#lastSweep = this.#tick;
    const firstOfScope = this.#journal[0]?.serial ?? Infinity;
    for (let s = this.#ring.next!; s !== this.#ring;) {
      const next = s.next!;
      // What the running kernel has touched stays, also at its second sweep.
      const isIdle = s.tick <= idle && s.tick < this.#tick;
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
    const idle: Storage[] = [];
    for (let s = this.#ring.next!; s !== this.#ring; s = s.next!) {
      if (s.tick < this.#tick) idle.push(s);
    }
    idle.sort((a, b) => a.tick - b.tick);
    const goal = this.#resident - bytes;
    const least = Math.floor(idle.length / 64);
    for (let i = 0; i < idle.length; i++) {
      if (this.#resident <= goal && i >= least) break;
      this.#spill(idle[i]);
    }
    return idle.length > 0;
  }
}

/** The arena of this process. */
export const arena: Arena = new Arena();

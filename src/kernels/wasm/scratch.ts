/**
 * Memory that a kernel needs only while it runs: pieces of the arena, and the addresses below the
 * arena (up to `RESERVED` in `storage/heap.ts`), each of which has one user. Address 0 stays unused.
 *
 * @module
 */

import { MAX_THREADS } from "../kernels.ts";
import { arena } from "../../storage/arena.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Storage } from "../../storage/storage.ts";
import { wasmMemory } from "../../storage/wasm_memory.ts";

/** Parts start at, and extend to, cache lines: reading the rest of a last vector is harmless. */
const LINE = 64;

/** Several pieces of scratch memory in one block of the arena. */
export class Scratch {
  /** The address of each piece. */
  readonly at: number[] = [];
  readonly #storage: Storage;

  /** @param sizes bytes of each piece */
  constructor(...sizes: number[]) {
    let bytes = 0;
    for (const size of sizes) {
      this.at.push(bytes);
      bytes += Math.ceil(size / LINE) * LINE;
    }
    this.#storage = arena.allocate(bytes);
    for (let i = 0; i < sizes.length; i++) this.at[i] += this.#storage.ptr;
  }

  /** Gives the memory back. */
  free(): void {
    arena.free(this.#storage, "temporary");
  }
}

/** Copies the elements of the float vector `x`, of any stride, to the address `to`. */
export function copyVector(x: NDArray, to: number): void {
  const from = x.whole();
  const target = x.dtype === "float32" ? wasmMemory.f32 : wasmMemory.f64;
  const start = to / from.BYTES_PER_ELEMENT;
  for (let i = 0; i < x.size; i++) target[start + i] = from[x.offset + i * x.strides[0]];
}

/** Sixteen bytes that are always 0; a compiler does not know that. */
export const ZEROS = 64;

/** Parameters of the elementwise kernel that is about to run. */
export const MAP_SLOTS = 1024;

/** One block of {@link WORKER_BLOCK} bytes for each worker thread: see `worker.ts`. */
export const WORKER_BLOCKS = 4096;

/** Bytes of a worker's block. */
export const WORKER_BLOCK = 4096;

/** The caller computes, too. */
const MAX_WORKERS = MAX_THREADS - 1;

/** Random words: {@link MAX_RANDOM_BLOCKS} blocks of 16 bytes, up to the end. */
export const RANDOM_BLOCKS = WORKER_BLOCKS + MAX_WORKERS * WORKER_BLOCK;

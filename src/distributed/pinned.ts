/**
 * Memory that MPI reads and writes while kernels run.
 *
 * @module
 */

import { type DType, DTYPES } from "../dtype.ts";
import { contiguousStrides, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { memoryAddress } from "../storage/foreign.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";

/** True if MPI may write to memory that nobody waits for any more. */
let keepsAll = false;

/** A row of elements that stays where it is until `unpin` or `free` is called. */
export class Pinned {
  readonly dtype: DType;
  readonly #storage: Storage;

  /** Allocates `count` elements of `dtype`; they are 0. */
  constructor(count: number, dtype: DType) {
    this.dtype = dtype;
    arena.begin();
    this.#storage = arena.allocate(count * DTYPES[dtype].bytes, "a buffer for messages");
    this.#storage.retained = true;
    arena.pin(this.#storage);
    this.view(0, [count]).values().fill(0);
  }

  /** Lets the elements be moved, while nothing of them is under way. */
  unpin(): void {
    if (!keepsAll) arena.unpin(this.#storage);
  }

  /** Keeps the elements where they are, again. */
  pin(): void {
    arena.begin();
    arena.pin(this.#storage);
  }

  /** Returns the elements from number `offset` on, as an array of `shape`. */
  view(offset: number, shape: Shape): NDArray {
    return new NDArray(this.#storage, shape, contiguousStrides(shape), offset, this.dtype);
  }

  /** The address of element `offset` for C. */
  address(offset = 0): number {
    return memoryAddress() + this.#storage.ptr + offset * DTYPES[this.dtype].bytes;
  }

  /** Makes `free` do nothing from now on, for all of them. */
  static keepAll(): void {
    keepsAll = true;
  }

  /** Frees the memory. */
  free(): void {
    if (keepsAll) return;
    arena.unpin(this.#storage);
    arena.free(this.#storage, "temporary");
  }
}

/**
 * A block of tensor memory, with the state that the rules of `arena.ts` need.
 *
 * @module
 */

import { cloneGuard } from "../checks.ts";
import { ReleasedError } from "../errors.ts";

/** The rule that freed a storage: see `arena.ts`. */
export type FreedBy = keyof typeof REASONS;

/** For each rule, why a storage cannot be read, and the way out. */
const REASONS = {
  temporary: "it was an intermediate value of the library; please report this as a bug",
  graph:
    "its graph was freed by a later backward(); keep it with .retain() or .detach(), or call " +
    "backward({ retainGraph: true })",
  call: "it was made inside a module call that has returned, and was not part of a graph; return " +
    "it from forward(), alone or in arrays, maps, sets and objects (private fields cannot be seen), " +
    "or keep it with .retain()",
  batch: "the loader has made two batches since; keep it with .retain(), or make the loader with " +
    "{ keepBatches: true }",
  gradient: "zeroGrad() has emptied it; keep it with .retain() or .clone()",
  disposed: "it was disposed; do not dispose what is still read",
} as const;

const CLONE_GUARD = cloneGuard(
  "Cannot clone or post a tensor: its elements lie in the memory of this thread; pass its data " +
    "and shape, or serialize() of safetensors",
);

/**
 * The elements of one or more tensors: a block in the arena, or a copy outside while it is spilled.
 *
 * Only the arena changes `ptr`, `lastUse` and `spilled`.
 */
export class Storage {
  /** Keeps tensors from being cloned, which would copy the addresses and not the elements. */
  readonly guard: object = CLONE_GUARD;
  /** Storages are numbered as they are allocated. */
  readonly serial: number;
  /** Size in bytes. */
  readonly bytes: number;
  /** Size class of the block. */
  readonly sizeClass: number;
  /** Byte address in the memory; -1 while spilled and when freed. */
  ptr: number;
  /** Arena time of the last use. */
  lastUse: number;
  /** Counts in-place writes, so that a gradient never reads an overwritten value. */
  version = 0;
  /** Number of recorded graph nodes that will read this storage. */
  graphUses = 0;
  /** Number of gradients of running backward passes that lie here, and are still needed. */
  gradientUses = 0;
  /** Exempt from the rules that free, by `.retain()`; it may still spill. */
  retained = false;
  /** The gradient of a leaf: only `zeroGrad` frees it. */
  isGradient = false;
  /** It outlives the scope that is being closed. */
  survives = false;
  /** Its scope has closed, and it lives only for the graph nodes that will read it. */
  ownedByGraph = false;
  /** It is spilled because a sweep took it for idle. */
  swept = false;
  /** It was swept and then read again: no sweep takes it a second time. */
  tenured = false;
  /** The elements while they are out of the arena. */
  spilled: Uint8Array | null = null;
  /** Its description in error messages: `the output of relu`. */
  origin = "a tensor";
  /** The rule that freed it. */
  freedBy: FreedBy | null = null;
  /** Neighbours in the arena's list of resident storages. */
  previous: Storage | null = null;
  next: Storage | null = null;

  constructor(serial: number, bytes: number, sizeClass: number, ptr: number, lastUse: number) {
    this.serial = serial;
    this.bytes = bytes;
    this.sizeClass = sizeClass;
    this.ptr = ptr;
    this.lastUse = lastUse;
  }

  /** Returns the error for reading a storage that was freed. */
  releasedError(): ReleasedError {
    return new ReleasedError(`Cannot read ${this.origin}: ${REASONS[this.freedBy ?? "temporary"]}`);
  }
}

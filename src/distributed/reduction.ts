/**
 * Sums over ranks, in the order of ranks.
 *
 * MPI's own sums have an order that depends on the algorithm that it chooses. Here each rank gets one
 * part of what all others have, adds it up in the order of ranks by the kernels that also add up
 * gradients, and gives the sum to all: as many bytes as the usual ring sends.
 *
 * @module
 */

import { type DType, DTYPES, isFloat } from "../dtype.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula, identity } from "../kernels/formula.ts";
import { fitted } from "../ops/integers.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Group } from "./group.ts";
import type { Communicator, Request } from "./mpi.ts";
import { Pinned } from "./pinned.ts";

/** The ways in which the tensors of all ranks become one. */
export type ReduceOp = "sum" | "avg" | "product" | "min" | "max";

const SUM = new Formula("sum over ranks", 2, (k, [a, b]) => k.add(a, b));

const FORMULAS: Readonly<Record<ReduceOp, Formula>> = {
  sum: SUM,
  avg: SUM,
  product: new Formula("product over ranks", 2, (k, [a, b]) => k.mul(a, b)),
  min: new Formula("minimum over ranks", 2, (k, [a, b]) => k.minimum(a, b)),
  max: new Formula("maximum over ranks", 2, (k, [a, b]) => k.maximum(a, b)),
};

/** The names of {@link ReduceOp}. */
export const REDUCE_OPS = Object.keys(FORMULAS) as readonly ReduceOp[];

const SHARE = new Formula("mean over ranks", 2, (k, [a, n]) => k.div(a, n));

/** Parts begin at multiples of this many bytes, as vectors of kernels do. */
const ALIGNMENT = 64;

/** Places for the elements of each rank, and what they become together. */
export class Reduction {
  /** Elements of a part. */
  readonly part: number;
  /** The elements of this rank: one part for each rank. After `share`, the results of all parts. */
  readonly own: Pinned;
  readonly #op: ReduceOp;
  readonly #group: Group;
  readonly #communicators: readonly [parts: Communicator, results: Communicator];
  /** The elements of all ranks for the part of this one; the first of them become the result. */
  readonly #received: Pinned;
  /** The part of this rank, added up so far. Integers are added up exactly. */
  readonly #total: Pinned;
  #isEmpty = true;

  /**
   * Allocates the places.
   *
   * @param count elements in a part, at least; it becomes a multiple of a vector
   * @param dtype their type
   * @param op the way in which they become one
   * @param group the ranks
   * @param communicators for parts and for results; transfers on one keep their order
   */
  constructor(
    count: number,
    dtype: DType,
    op: ReduceOp,
    group: Group,
    communicators: readonly [Communicator, Communicator],
  ) {
    const unit = ALIGNMENT / DTYPES[dtype].bytes;
    this.part = Math.ceil(count / unit) * unit;
    this.#op = op;
    this.#group = group;
    this.#communicators = communicators;
    const made: Pinned[] = [];
    const allocate = (count: number, dtype: DType): Pinned => {
      const pinned = new Pinned(count, dtype);
      made.push(pinned);
      return pinned;
    };
    try {
      this.own = allocate(this.part * group.size, dtype);
      this.#received = group.size === 1 ? this.own : allocate(this.part * group.size, dtype);
      this.#total = allocate(this.part, isFloat(dtype) ? dtype : "float64");
    } catch (error) {
      for (const pinned of made) pinned.free();
      throw error;
    }
  }

  /** Keeps the places where they are, until `unpin`. They are so from the start. */
  pin(): void {
    for (const pinned of this.#places()) pinned.pin();
  }

  /** Lets the places be moved, while nothing of them is under way. */
  unpin(): void {
    for (const pinned of this.#places()) pinned.unpin();
  }

  #places(): Set<Pinned> {
    return new Set([this.own, this.#received, this.#total]);
  }

  /** Forgets what was added up. */
  reset(): void {
    this.#isEmpty = true;
  }

  /**
   * Adds what all ranks have to the total of this rank's part. Yields the transfer that it must be
   * called again after.
   */
  *add(): Generator<Request, void> {
    const { connection, size } = this.#group;
    const bytes = this.part * DTYPES[this.own.dtype].bytes;
    if (connection !== null) {
      const addresses = [this.own.address(), this.#received.address()] as const;
      yield connection.mpi.allToAll(this.#communicators[0], ...addresses, bytes);
    }
    const k = kernels();
    const total = this.#total.view(0, [this.part]);
    for (let rank = 0; rank < size; rank++) {
      const theirs = this.#received.view(rank * this.part, [this.part]);
      if (this.#isEmpty) k.mapInto(identity, [theirs], total, total.dtype);
      else k.mapInto(FORMULAS[this.#op], [total, theirs], total, total.dtype);
      this.#isEmpty = false;
    }
  }

  /** Returns the result of this rank's part, and forgets the total. */
  finish(action: string): NDArray {
    const total = this.#total.view(0, [this.part]);
    const result = this.#received.view(0, [this.part]);
    const k = kernels();
    this.#isEmpty = true;
    if (this.#op === "avg") k.mapInto(SHARE, [total, this.#group.size], result, total.dtype);
    else if (isFloat(result.dtype)) k.mapInto(identity, [total], result, total.dtype);
    else {
      const integers = fitted(k, action, total, result.dtype);
      k.mapInto(identity, [integers], result, result.dtype);
      arena.free(integers.storage, "temporary");
    }
    return result;
  }

  /** Gives the result of each part, after `finish`, to all ranks, in `own`. Yields as `add` does. */
  *share(): Generator<Request, void> {
    const { connection } = this.#group;
    if (connection === null) return;
    const bytes = this.part * DTYPES[this.own.dtype].bytes;
    const addresses = [this.#received.address(), this.own.address()] as const;
    yield connection.mpi.allGather(this.#communicators[1], ...addresses, bytes);
  }

  /** Frees the places. */
  free(): void {
    for (const pinned of this.#places()) pinned.free();
  }
}

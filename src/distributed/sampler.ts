/**
 * Divides the samples of a data set among ranks.
 *
 * @module
 */

import { checkArguments, checkKind, checkWhole, guardMembers, readOptions } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { Generator } from "../random.ts";
import type { Sampler, Sized } from "../utils/data/sampler.ts";
import { groupOf } from "./group.ts";

/** Options of {@link DistributedSampler}. */
export interface DistributedSamplerOptions {
  /** The number of ranks; by default that of the job. */
  readonly numReplicas?: number;
  /** The rank whose samples are drawn; by default that of this process. */
  readonly rank?: number;
  /** False to take samples in their order; default true. */
  readonly shuffle?: boolean;
  /** The seed of the order, the same on all ranks; default 0. */
  readonly seed?: number;
  /** True to leave out the last samples if they do not divide; default false. */
  readonly dropLast?: boolean;
}

/**
 * The samples of one rank: every `N`-th of an order that is the same on all ranks.
 *
 * If the samples do not divide by the number of ranks, the first of the order come again at its end, or
 * the last are left out with `dropLast`: all ranks have the same number of samples. Call `setEpoch` before
 * each epoch, for another order.
 *
 * Batch number j of rank r has the samples that batch j has in a process of its own with
 * `{ numReplicas: N, rank: r }`.
 *
 * See https://pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler
 *
 * @example
 * ```ts
 * import { DistributedSampler } from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { numReplicas: 2, shuffle: false };
 * const samplers = [0, 1].map((rank) => new DistributedSampler({ length: 5 }, { ...options, rank }));
 * assertEquals(samplers.map((sampler) => [...sampler]), [[0, 2, 4], [1, 3, 0]]);
 * ```
 */
export class DistributedSampler implements Sampler {
  /** The number of samples of a rank. */
  readonly length: number;
  readonly #total: number;
  readonly #numReplicas: number;
  readonly #rank: number;
  readonly #shuffle: boolean;
  readonly #seed: number;
  #epoch = 0;

  /**
   * Makes a sampler.
   *
   * @param source the data set, or its length
   * @param options `numReplicas`, `rank`, `shuffle`, `seed`, `dropLast`
   * @throws {ValueError} if there is no such rank
   */
  constructor(source: Sized, options: DistributedSamplerOptions = {}) {
    const action = "make DistributedSampler";
    const { numReplicas, rank, shuffle, seed, dropLast } = readOptions(action, options, {
      numReplicas: undefined,
      rank: undefined,
      shuffle: true,
      seed: 0,
      dropLast: false,
    });
    checkArguments(action, arguments, 2);
    checkKind(action, source, Number.isInteger(source?.length), "a data set, or { length }");
    this.#numReplicas = numReplicas ?? groupOf("new DistributedSampler").size;
    this.#rank = rank ?? groupOf("new DistributedSampler").rank;
    checkWhole(`${action} with numReplicas ${numReplicas}`, this.#numReplicas, 1);
    checkWhole(`${action} with rank ${rank}`, this.#rank, 0);
    checkWhole(`${action} with seed ${seed}`, seed, 0);
    if (this.#rank >= this.#numReplicas) {
      throw new ValueError(
        `Cannot ${action} for rank ${this.#rank} of ${this.#numReplicas}: ranks go from 0 to ` +
          `${this.#numReplicas - 1}`,
      );
    }
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.#total = source.length;
    const share = source.length / this.#numReplicas;
    this.length = dropLast ? Math.floor(share) : Math.ceil(share);
  }

  /**
   * Chooses the order of an epoch.
   *
   * @param epoch the number of the epoch, the same on all ranks
   * @example
   * ```ts
   * import { DistributedSampler } from "@gradus/gradus/distributed";
   * import { assertEquals, assertNotEquals } from "@std/assert";
   *
   * const sampler = new DistributedSampler({ length: 100 }, { numReplicas: 2, rank: 0 });
   * const first = [...sampler];
   * sampler.setEpoch(1);
   * assertNotEquals([...sampler], first);
   * sampler.setEpoch(0);
   * assertEquals([...sampler], first);
   * ```
   */
  setEpoch(epoch: number): void {
    checkWhole(`set epoch ${epoch}`, epoch, 0);
    this.#epoch = epoch;
  }

  /** Yields the indices of this rank. */
  *[Symbol.iterator](): IterableIterator<number> {
    const order = this.#shuffle
      ? new Generator(this.#seed + this.#epoch).permutation(this.#total)
      : null;
    for (let i = 0; i < this.length; i++) {
      const place = (i * this.#numReplicas + this.#rank) % this.#total;
      yield order === null ? place : order[place];
    }
  }
}

guardMembers(DistributedSampler);

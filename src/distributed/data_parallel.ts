/**
 * Models that learn from all ranks at once.
 *
 * @module
 */

import { checkArguments, checkFunction, checkKind, checkWhole, readOptions } from "../checks.ts";
import { DistributedError } from "../errors.ts";
import { Module } from "../nn/module.ts";
import { defaultGenerator } from "../random.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { GradientBuckets } from "./buckets.ts";
import { broadcast } from "./collectives.ts";
import { compareLines } from "./compare.ts";
import { groupOf } from "./group.ts";

/** Options of {@link DistributedDataParallel}. */
export interface DistributedDataParallelOptions {
  /** Mebibytes of gradients that are sent at once; default 25. */
  readonly bucketCapMb?: number;
}

/**
 * A model whose gradients are averaged over all ranks, each of which has other samples.
 *
 * The parameters and buffers of rank 0 are copied to all ranks. In `backward()`, gradients are sent in
 * buckets as soon as they are complete, while the rest is computed. When it returns, `grad` is the same
 * on all ranks, and so is what an optimizer makes of it. Buffers, such as the running means of batch
 * norm, become those of rank 0.
 *
 * **The same bits.** On N ranks, call number j of the model on rank r is micro-batch `m = jN + r`. The
 * gradients of micro-batches are added in this order, and the sum is divided by N. So these programs give
 * the same weights, to the bit:
 *
 * - N ranks, each of which calls `backward()` for one micro-batch, and then steps;
 * - one process that calls `backward()` for the same N micro-batches in turn, and then
 *   `p.grad.div_(N)`, or, if N is a power of two, divides each loss by N;
 * - N ranks that do K micro-batches each, all but the last inside {@link noSync}, with losses divided
 *   by K, if N and K are powers of two.
 *
 * Random numbers inside the model (dropout) follow the micro-batch as well: each call in training takes
 * its own stream, whose seed is drawn from number `m` of the default generator. For the same masks, one
 * process wraps its model, too. Random numbers outside are not touched: all ranks draw the same if they
 * draw as often.
 *
 * Every rank calls `backward()` as often, with as many batches. A loss may use several distributed models.
 * Hooks of parameters get the gradient of their rank, before it is averaged. Layers, and buffers of
 * another shape, that come after the model was wrapped are refused.
 *
 * The module in the field `module` is for use without training, `ddp.module(x)`, and for copies, averages
 * and files: `ddp.module.clone()`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.parallel.DistributedDataParallel.html
 *
 * @typeParam M the model
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import * as nn from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const model = new distributed.DistributedDataParallel(new nn.Linear(2, 1));
 * model(ones([3, 2])).sum().backward();
 * assertEquals(model.module.weight.grad!.toArray(), [[3, 3]]); // the mean over ranks
 * ```
 */
export class DistributedDataParallel<M extends Module = Module> extends Module {
  /** The model. */
  readonly module: M;
  readonly #buckets: GradientBuckets | null;
  readonly #rank: number;
  readonly #size: number;
  /** Calls in training. */
  #calls = 0;

  /**
   * Copies the model of rank 0 to all ranks, and prepares to average gradients. All ranks call it.
   *
   * @param module a complete model of the same parameters and buffers on all ranks; those that are frozen
   *   stay so
   * @param options `bucketCapMb`
   * @throws {DistributedError} if the models of ranks differ, naming the first difference
   */
  constructor(module: M, options: DistributedDataParallelOptions = {}) {
    const type = "DistributedDataParallel";
    const action = `make ${type}`;
    checkArguments(action, arguments, 2);
    super();
    const { bucketCapMb } = readOptions(action, options, { bucketCapMb: 25 });
    checkKind(action, module, module instanceof Module, "a module");
    checkWhole(`${action} with bucketCapMb ${bucketCapMb}`, bucketCapMb, 1);
    const group = groupOf(`new ${type}`);
    this.module = module;
    this.#rank = group.rank;
    this.#size = group.size;
    const { connection } = group;
    if (connection === null) {
      this.#buckets = null;
      return;
    }
    const named = [...module.namedParameters()];
    const other = named.find(([, { collector }]) => collector !== null);
    if (other !== undefined) {
      throw new DistributedError(
        `Cannot ${action} of a model whose parameter "${other[0]}" belongs to another one: its ` +
          `gradient would be averaged twice; use that one, or clone() the model`,
      );
    }
    const buffers = [...module.namedBuffers()];
    const describe = ([name, { dtype, shape }]: [string, Tensor], kind: string) =>
      `the ${kind} "${name}" ${dtype} ${formatShape(shape)}`;
    compareLines(type, [
      ...named.map((entry) =>
        describe(entry, entry[1].requiresGrad ? "parameter" : "frozen parameter")
      ),
      ...buffers.map((entry) => describe(entry, "buffer")),
    ], connection);
    for (const [, x] of [...named, ...buffers]) broadcast(x);
    const { seed, offset } = defaultGenerator.getState();
    const states = connection.exchange(
      `new ${type}`,
      new Uint8Array(new Float64Array([seed, offset]).buffer),
    );
    const [firstSeed, firstOffset] = new Float64Array(states[0].slice(0, 16).buffer);
    defaultGenerator.setState({ seed: firstSeed, offset: firstOffset });
    this.#buckets = named.length === 0 ? null : new GradientBuckets(
      ...[named, () => module.namedBuffers(), bucketCapMb * 2 ** 20, group, connection] as const,
    );
  }

  /** Runs the model on the samples of this rank. */
  override forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    const run = (): ReturnType<M["forward"]> =>
      (this.module as unknown as (...inputs: unknown[]) => ReturnType<M["forward"]>)(...inputs);
    if (!this.training) return run();
    this.#checkMembers();
    const { seed, offset } = defaultGenerator.getState();
    defaultGenerator.setState({ seed, offset: offset + this.#rank });
    const draw = new Float64Array(1);
    defaultGenerator.uniform(draw);
    defaultGenerator.setState({ seed: draw[0] * 2 ** 53, offset: 0 });
    try {
      return run();
    } finally {
      defaultGenerator.setState({ seed, offset: offset + this.#size });
    }
  }

  /** Rejects parameters and buffers that are new. It looks at calls 1, 2, 4, 8, …: that takes long. */
  #checkMembers(): void {
    const isDue = (++this.#calls & (this.#calls - 1)) === 0;
    if (this.#buckets === null || !isDue) return;
    for (const [name, { collector }] of this.module.namedParameters()) {
      if (collector !== null) continue;
      throw new DistributedError(
        `Cannot call DistributedDataParallel with a new parameter "${name}": it was not there when ` +
          `the model was made distributed, and would differ between ranks; wrap the complete model`,
      );
    }
    this.#buckets.checkBuffers();
  }

  /**
   * Gives gradients to nobody until the returned guard is disposed: those of each `backward()` are added
   * up, and the next one outside gives out the average of all. They still travel, half as far as
   * otherwise, since sums must have the order of micro-batches. `zeroGrad()` forgets them. A step of an
   * optimizer with what was added up so is an error.
   *
   * @returns a guard to declare with `using`
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import * as distributed from "@gradus/gradus/distributed";
   * import * as nn from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * if (!distributed.isInitialized()) distributed.init();
   * const model = new distributed.DistributedDataParallel(new nn.Linear(2, 1));
   * model.noSync(() => model(ones([3, 2])).sum().backward());
   * model(ones([1, 2])).sum().backward();
   * assertEquals(model.module.weight.grad!.toArray(), [[4, 4]]);
   * ```
   */
  noSync(): Disposable;
  /**
   * Runs `body` so.
   *
   * @param body calls the model and `backward()`
   * @returns what `body` returns
   */
  noSync<R>(body: () => R): R;
  noSync<R>(body?: () => R): R | Disposable {
    checkArguments("noSync", arguments, 1);
    if (body !== undefined) checkFunction("call noSync()", "the body", body);
    const restore = this.#buckets?.hold() ?? (() => {});
    if (body === undefined) return { [Symbol.dispose]: restore };
    try {
      const result = body();
      if (result instanceof Promise) {
        throw new DistributedError(
          "Cannot call noSync() with an asynchronous function: it would end before the function does; " +
            "declare the guard with `using`",
        );
      }
      return result;
    } finally {
      restore();
    }
  }
}

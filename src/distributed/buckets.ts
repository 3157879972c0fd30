/**
 * Gradients on their way to other ranks: averaged in buckets, while the rest of `backward()` computes.
 *
 * @module
 */

import { currentPass } from "../autograd/engine.ts";
import { clearGradient, setGradient, type Variable } from "../autograd/node.ts";
import { type DType, DTYPES, type TypedArray } from "../dtype.ts";
import { DistributedError, DTypeError } from "../errors.ts";
import { kernels } from "../kernels/backends.ts";
import { identity } from "../kernels/formula.ts";
import { isGradEnabled, noGrad } from "../autograd/grad_mode.ts";
import { formatShape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { fromArray } from "../tensor/run.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Channel, Connection, Group } from "./group.ts";
import type { Communicator, Request } from "./mpi.ts";
import { Pinned } from "./pinned.ts";
import { Reduction } from "./reduction.ts";

/** The first bucket is small, so that the network does not wait for it. */
const FIRST_BUCKET = 2 ** 20;

/** The place of a parameter. */
interface Place {
  readonly parameter: Tensor;
  readonly bucket: Bucket;
  readonly offset: number;
  /** The index of the parameter. */
  readonly index: number;
}

/** Gradients that travel together. */
class Bucket {
  readonly dtype: DType;
  readonly places: Place[] = [];
  elements = 0;
  reduction!: Reduction;
  /** Gradients of this pass that are still to come. */
  missing = 0;
  /** The transfers of this pass; `null` before they begin. */
  #steps: Generator<Request, void> | null = null;
  /** The transfer that is under way. */
  #request: Request | null = null;
  /** Transfers that have begun: parts, then results. */
  #begun = 0;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** True if parts have arrived and were added up, and results are on their way, if they are wanted. */
  get isAdded(): boolean {
    return this.#begun > 1 || this.isDone;
  }

  /** True if all transfers are complete. */
  get isDone(): boolean {
    return this.#begun > 0 && this.#request === null;
  }

  /** Prepares for a pass. */
  reset(): void {
    this.missing = this.places.length;
    this.#steps = this.#request = null;
    this.#begun = 0;
  }

  /** Begins the transfers. */
  begin(steps: Generator<Request, void>): void {
    this.#steps = steps;
    this.#next();
  }

  /** Goes on as far as transfers are complete. */
  advance({ mpi }: Connection): void {
    while (this.#request !== null && mpi.isDone(this.#request)) this.#next();
  }

  #next(): void {
    const { value } = this.#steps!.next();
    this.#request = value ?? null;
    if (value !== undefined) this.#begun++;
  }
}

/** Flags that ranks give each other. */
class Flags {
  readonly #own: Pinned;
  readonly #all: Pinned;
  readonly #count: number;
  readonly #size: number;

  constructor(count: number, size: number) {
    this.#count = count;
    this.#size = size;
    this.#own = new Pinned(count, "uint8");
    this.#all = new Pinned(count * size, "uint8");
  }

  /** Begins to give flags to all ranks. */
  send({ mpi }: Connection, on: Communicator, flags: ArrayLike<number>): Request {
    this.#own.view(0, [this.#count]).values().set(flags);
    return mpi.allGather(on, this.#own.address(), this.#all.address(), this.#count);
  }

  /** The flags of `rank`, when they have arrived. */
  of(rank: number): TypedArray {
    return this.#all.view(rank * this.#count, [this.#count]).values();
  }

  /** The numbers of ranks. */
  ranks(): number[] {
    return Array.from({ length: this.#size }, (_, rank) => rank);
  }
}

/** A parameter or a buffer, with its name. */
type Named = readonly [name: string, x: Tensor];

/** Averages the gradients of parameters over ranks, in each backward pass. */
export class GradientBuckets {
  readonly #group: Group;
  readonly #connection: Connection;
  /** The number of the model among those of the process. */
  readonly #model: number;
  readonly #channel: Channel;
  readonly #buffers: () => Iterable<Named>;
  /** The dtypes and shapes of buffers at the start, on which ranks agree. */
  readonly #kinds: ReadonlyMap<string, string>;
  readonly #buckets: Bucket[] = [];
  readonly #places = new Map<Variable, Place>();
  /** The parameters of which this pass has brought gradients; empty between passes. */
  readonly #arrived = new Set<Variable>();
  /** Callers of `hold` that have not let go. */
  #holders = 0;
  /** Buckets whose transfers have begun, in this pass. */
  #begun = 0;
  /** True from the first pass after which nothing was given out. */
  #continues = false;
  /** The gradients before that pass, of parameters that have got gradients of this rank since. */
  readonly #before = new Map<Variable, Tensor | null>();
  /** For each parameter, 1 if any rank has had a gradient since. */
  readonly #used: Uint8Array;
  readonly #usedHere: Flags;
  /** The ways in which ranks run this pass, while they are under way. */
  #agreement: Request | null = null;

  /**
   * Prepares to average gradients.
   *
   * @param parameters all parameters of the model; those that are frozen stay so
   * @param buffers returns the buffers as they are now
   * @param bytes the size of a bucket
   * @param group the ranks
   * @param connection the means to reach them
   */
  constructor(
    parameters: readonly Named[],
    buffers: () => Iterable<Named>,
    bytes: number,
    group: Group,
    connection: Connection,
  ) {
    this.#group = group;
    this.#connection = connection;
    const { model, channel } = connection.addModel();
    this.#model = model;
    this.#channel = channel;
    this.#buffers = buffers;
    this.#kinds = new Map([...buffers()].map(([name, x]) => [name, kindOf(x)]));
    const trained = parameters.map(([, x]) => x).filter((x) => x.requiresGrad);
    // The last layers have gradients first.
    [...trained.entries()].reverse().forEach(([index, parameter]) => {
      const bucket = this.#bucketFor(parameter, bytes);
      const place = { parameter, bucket, offset: bucket.elements, index };
      bucket.places.push(place);
      bucket.elements += parameter.numel();
      this.#places.set(parameter, place);
    });
    for (const bucket of this.#buckets) {
      const part = Math.ceil(bucket.elements / group.size);
      const { parts, results } = channel;
      bucket.reduction = new Reduction(part, bucket.dtype, "avg", group, [parts, results]);
      bucket.reduction.unpin();
    }
    this.#used = new Uint8Array(trained.length);
    this.#usedHere = new Flags(trained.length, group.size);
    for (const [name, parameter] of parameters) this.#collect(name, parameter);
  }

  /** Looks after the gradients of a parameter. */
  #collect(name: string, parameter: Variable): void {
    parameter.collector = {
      collect: (gradient) => this.#arrive(name, parameter, gradient),
      checkComplete: () => {
        if (!this.#before.has(parameter)) return;
        throw new DistributedError(
          `Cannot step with the gradient of "${name}" of this rank alone: the last backward() was ` +
            `inside noSync(); call the last one before each step outside`,
        );
      },
    };
  }

  /** Gives out nothing at the end of passes, until the function that it returns is called. */
  hold(): () => void {
    let holds = true;
    this.#holders++;
    return () => {
      if (holds) this.#holders--;
      holds = false;
    };
  }

  /** True if this pass gives out the sum of this and earlier ones. */
  get #isShared(): boolean {
    return this.#holders === 0;
  }

  #bucketFor({ dtype, shape }: Tensor, bytes: number): Bucket {
    const last = this.#buckets.findLast((bucket) => bucket.dtype === dtype);
    const limit = this.#buckets[0] === last ? Math.min(FIRST_BUCKET, bytes) : bytes;
    const size = shape.reduce((product, n) => product * n, 1);
    if (last !== undefined && (last.elements + size) * DTYPES[dtype].bytes <= limit) return last;
    const bucket = new Bucket(dtype);
    this.#buckets.push(bucket);
    return bucket;
  }

  /** Takes a complete gradient; returns what is to be done when all are there. */
  #arrive(name: string, parameter: Variable, gradient: NDArray): () => Tensor | void {
    if (isGradEnabled()) {
      throw new DistributedError(
        `Cannot call backward({ createGraph: true }) through "${name}" of a distributed model: the ` +
          `mean over ranks has no graph; take inner gradients by grad(), and call backward() without it`,
      );
    }
    if (this.#channel.pass !== currentPass()) this.#beginPass();
    const place = this.#places.get(parameter);
    if (place === undefined) {
      throw new DistributedError(
        `Cannot average the gradient of "${name}": it was frozen when the model was made ` +
          `distributed; let all parameters require gradients before, and freeze them after`,
      );
    }
    const { bucket } = place;
    if (gradient.dtype !== bucket.dtype) {
      throw new DTypeError(
        `Cannot send a gradient of ${gradient.dtype}: the model had ${bucket.dtype}; convert it ` +
          `before it is made distributed`,
      );
    }
    const to = bucket.reduction.own.view(place.offset, gradient.shape);
    kernels().mapInto(identity, [gradient], to, bucket.dtype);
    this.#arrived.add(parameter);
    bucket.missing--;
    this.#beginComplete();
    this.#advance();
    return () => this.#finish(place);
  }

  #beginPass(): void {
    // What was added up is forgotten with the gradients, as by zeroGrad().
    const isCleared = [...this.#before.keys()].some((parameter) => parameter.gradient === null);
    if (isCleared) {
      for (const { reduction } of this.#buckets) reduction.reset();
      this.#before.clear();
      this.#continues = false;
    }
    const way = new Uint8Array(this.#way().buffer);
    this.#agreement = this.#connection.beginPass(this.#channel, way);
    if (!this.#continues) this.#used.fill(0);
    this.#begun = 0;
    for (const bucket of this.#buckets) {
      bucket.reset();
      bucket.reduction.pin();
    }
  }

  /** The way in which this rank runs the pass. */
  #way(): Int32Array<ArrayBuffer> {
    return Int32Array.of(this.#model, Number(this.#continues) + 2 * Number(this.#isShared));
  }

  /** Returns true when it is known that all ranks run the pass in the same way. */
  #agrees(): boolean {
    if (this.#agreement === null) return true;
    if (!this.#connection.mpi.isDone(this.#agreement)) return false;
    const ways = this.#channel.exchange.results().map((data) => new Int32Array(data.buffer));
    this.#agreement = null;
    const [model, mode] = this.#way();
    for (const [rank, [theirModel, theirMode]] of ways.entries()) {
      if (theirModel !== model) {
        throw new DistributedError(
          `Cannot call backward(): rank ${rank} calls it for another model; all ranks must make the ` +
            `same calls in the same order`,
        );
      }
      if (theirMode === mode) continue;
      throw new DistributedError(
        `Cannot average gradients: rank ${rank} and this one do not agree on noSync() and ` +
          `zeroGrad(); all ranks must call them alike`,
      );
    }
    return true;
  }

  /** Begins the transfers of complete buckets, in the same order on all ranks. */
  #beginComplete(): void {
    while (this.#begun < this.#buckets.length && this.#buckets[this.#begun].missing === 0) {
      const bucket = this.#buckets[this.#begun++];
      bucket.begin(this.#stepsOf(bucket));
    }
  }

  *#stepsOf({ reduction }: Bucket): Generator<Request, void> {
    yield* reduction.add();
    if (!this.#isShared) return;
    reduction.finish("average gradients");
    yield* reduction.share();
  }

  /** Goes on with the transfers that have begun; returns true when all are complete. */
  #advance(): boolean {
    if (!this.#agrees()) return false;
    for (const bucket of this.#buckets.slice(0, this.#begun)) {
      bucket.advance(this.#connection);
      // Results of later buckets begin later, too: MPI matches transfers by their order.
      if (!bucket.isAdded) break;
    }
    return this.#buckets.every((bucket) => bucket.isDone);
  }

  /** Ends the pass, unless that is done, and returns the gradient to accumulate. */
  #finish(place: Place): Tensor | void {
    if (this.#channel.pass !== null) this.#endPass();
    if (!this.#isShared) return;
    return this.#take(place);
  }

  /** The average for a parameter, whose own gradient becomes what it was before. */
  #take({ parameter, bucket, offset }: Place): Tensor {
    const before = this.#before.get(parameter);
    if (before !== undefined) {
      clearGradient(parameter);
      if (before !== null) setGradient(parameter, before);
      this.#before.delete(parameter);
    }
    return fromArray(bucket.reduction.own.view(offset, parameter.shape));
  }

  #endPass(): void {
    const connection = this.#connection;
    const arrived = new Set(this.#arrived);
    for (const bucket of this.#buckets) {
      for (const { parameter, offset } of bucket.places) {
        if (arrived.has(parameter)) continue;
        // x + −0 is x, also for −0.
        bucket.reduction.own.view(offset, [parameter.numel()]).values().fill(-0);
        bucket.missing--;
      }
    }
    this.#beginComplete();
    connection.waitUntil("backward", () => this.#advance());
    this.#exchangeUsed(arrived);
    this.#sendBuffers();
    this.#channel.pass = null;
    this.#arrived.clear();
    for (const { reduction } of this.#buckets) reduction.unpin();
    if (this.#isShared) this.#giveToUnused(arrived);
    else this.#remember(arrived);
    this.#continues = !this.#isShared;
  }

  /** Learns which parameters have gradients on any rank. */
  #exchangeUsed(arrived: ReadonlySet<Variable>): void {
    const own = new Uint8Array(this.#used.length);
    for (const [parameter, { index }] of this.#places) own[index] = Number(arrived.has(parameter));
    const request = this.#usedHere.send(this.#connection, this.#channel.parts, own);
    this.#connection.wait([request], "backward");
    for (const rank of this.#usedHere.ranks()) {
      this.#usedHere.of(rank).forEach((flag, i) => this.#used[i] |= flag);
    }
  }

  /** Gives averages to parameters that had no gradient here, but on another rank. */
  #giveToUnused(arrived: ReadonlySet<Variable>): void {
    for (const [parameter, place] of this.#places) {
      if (arrived.has(parameter) || this.#used[place.index] === 0) continue;
      const average = this.#take(place);
      noGrad(() => {
        if (parameter.gradient !== null) (parameter.gradient as Tensor).add_(average);
        else setGradient(parameter, average.clone());
      });
    }
  }

  /** Remembers gradients as they are before the pass accumulates those of this rank. */
  #remember(arrived: ReadonlySet<Variable>): void {
    for (const parameter of arrived) {
      if (this.#before.has(parameter)) continue;
      const gradient = parameter.gradient as Tensor | null;
      this.#before.set(
        parameter,
        gradient === null ? null : noGrad(() => gradient.clone()).retain(),
      );
    }
  }

  /** Copies the buffers of rank 0 to all ranks. */
  #sendBuffers(): void {
    if (this.#kinds.size === 0) return;
    this.checkBuffers();
    const { mpi, rank } = this.#connection;
    for (const [, buffer] of this.#buffers()) {
      if (buffer.numel() === 0) continue;
      const pinned = new Pinned(buffer.numel(), buffer.dtype);
      const copy = fromArray(pinned.view(0, buffer.shape));
      noGrad(() => copy.copy_(buffer));
      const bytes = buffer.numel() * DTYPES[buffer.dtype].bytes;
      const request = mpi.broadcast(this.#channel.parts, pinned.address(), bytes, 0);
      this.#connection.wait([request], "backward");
      if (rank !== 0) noGrad(() => buffer.copy_(copy));
      pinned.free();
    }
  }

  /** Rejects buffers that are not as they were at the start. */
  checkBuffers(): void {
    const before = this.#kinds;
    const now = new Map([...this.#buffers()].map(([name, x]) => [name, kindOf(x)]));
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      if (before.get(name) === now.get(name)) continue;
      throw new DistributedError(
        `Cannot send the buffer "${name}" to other ranks: it is ${
          now.get(name) ?? "gone"
        }, and was ` +
          `${
            before.get(name) ?? "not there"
          } when the model was made distributed; keep it as it was`,
      );
    }
  }
}

/** Returns what ranks must agree on. */
function kindOf({ dtype, shape }: Tensor): string {
  return `${dtype} ${formatShape(shape)}`;
}

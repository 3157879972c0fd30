/**
 * One rank of `bench/scale.ts`, started by `mpirun`: measures, and prints what rank 0 has measured.
 *
 *     scale_rank.ts MODEL SECONDS [BATCH]
 *
 * Sides take turns, round after round, so that other work on the machine slows all of them; the fastest
 * round of each counts. A side takes as long as its slowest rank.
 *
 * @module
 */

import process from "node:process";
import { manualSeed, randint, randn, setNumThreads, tensor } from "../mod.ts";
import { type Group, groupOf } from "../src/distributed/group.ts";
import * as distributed from "../src/distributed/mod.ts";
import { Reduction } from "../src/distributed/reduction.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { cnn, mlp } from "./networks.ts";

/** Milliseconds of the parts of a step. */
export interface StepTime {
  readonly step: number;
  readonly backward: number;
}

/** A part of a step; times are in milliseconds from its start. */
export interface Span {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** All that rank 0 has measured. */
export interface Measurement {
  readonly ranks: number;
  readonly batch: number;
  /** Bytes of the buckets, in the order in which they are sent. */
  readonly buckets: readonly number[];
  /** A step of one rank while the others wait; of all ranks at once; of all with averaged gradients. */
  readonly alone: StepTime;
  readonly together: StepTime;
  readonly averaged: StepTime;
  /** Milliseconds of a call that moves next to nothing. */
  readonly call: number;
  /** Milliseconds to average a number of bytes, and of the part of it that moves nothing. */
  readonly exchanges: readonly { bytes: number; total: number; added: number }[];
  /** The fastest step with averaged gradients. */
  readonly trace: readonly Span[];
}

/** The models: layers, and the shape of a batch. */
const MODELS: Readonly<Record<string, { make: () => nn.Layer; shape: number[] }>> = {
  mlp: { make: mlp, shape: [64, 784] },
  cnn: { make: cnn, shape: [32, 1, 28, 28] },
  // Four buckets of gradients.
  wide: {
    make: () =>
      new nn.Sequential(
        ...[new nn.Linear(784, 1024), new nn.ReLU(), new nn.Linear(1024, 1024), new nn.ReLU()],
        ...[new nn.Linear(1024, 1024), new nn.ReLU(), new nn.Linear(1024, 10)],
      ),
    shape: [64, 784],
  },
};

const [name, seconds, batch] = process.argv.slice(2);
setNumThreads(1);
distributed.init({ timeout: 120 });
const group = groupOf("scale");
const { rank, size } = group;
const { make, shape } = MODELS[name];
if (batch !== undefined) shape[0] = Number(batch);
manualSeed(rank);
const [x, y] = [randn(shape), randint(0, 10, { shape: [shape[0]], dtype: "int32" })];
const criterion = new nn.CrossEntropyLoss();

/** The spans of a step, if it is traced. */
let spans: Span[] = [];
let start = 0;
const sinceStart = (): number => performance.now() - start;

/** Makes a training step of a model, which returns the time of its parts. */
function trainer(model: nn.Layer): () => StepTime {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  return () => {
    start = performance.now();
    spans = [];
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    const forward = sinceStart();
    loss.backward();
    const backward = sinceStart();
    optimizer.step();
    const step = sinceStart();
    spans.push({ name: "forward", begin: 0, end: forward });
    spans.push({ name: "backward", begin: forward, end: backward });
    spans.push({ name: "optimizer", begin: backward, end: step });
    return { step, backward: backward - forward };
  };
}

/** The largest of a number on all ranks. */
function slowest(value: number): number {
  const x = tensor([value], { dtype: "float64" });
  distributed.allReduce(x, { op: "max" });
  return x.item();
}

/** Keeps the fastest of the rounds of a side. */
class Side {
  best: StepTime = { step: Infinity, backward: Infinity };
  trace: readonly Span[] = [];
  readonly #step: () => StepTime;
  readonly #isHere: boolean;

  constructor(step: () => StepTime, isHere = true) {
    this.#step = step;
    this.#isHere = isHere;
  }

  /** Does a step on all ranks that take part; the others wait. */
  round(): void {
    distributed.barrier();
    const time = this.#isHere ? this.#step() : { step: 0, backward: 0 };
    const trace = spans;
    spans = [];
    const step = slowest(time.step);
    if (step >= this.best.step) return;
    this.best = { step, backward: slowest(time.backward) };
    this.trace = trace;
  }
}

/** Writes down when transfers of gradients begin and end. */
function traceTransfers(): void {
  if (group.connection === null) return;
  const { mpi } = group.connection;
  const open = new Map<number, { name: string; begin: number }>();
  const { allToAll, allGather, isDone } = mpi;
  mpi.allToAll = (...call) => {
    const request = allToAll.apply(mpi, call);
    open.set(request, { name: `all-to-all, ${call[3] * size} bytes`, begin: sinceStart() });
    return request;
  };
  mpi.allGather = (...call) => {
    const request = allGather.apply(mpi, call);
    open.set(request, { name: `all-gather, ${call[3] * size} bytes`, begin: sinceStart() });
    return request;
  };
  mpi.isDone = (request) => {
    const isComplete = isDone.call(mpi, request);
    const span = open.get(request);
    if (isComplete && span !== undefined) {
      spans.push({ ...span, end: sinceStart() });
      open.delete(request);
    }
    return isComplete;
  };
}

/** Measures what it takes to average `bytes`, and what remains of it where nothing is moved. */
function exchange(bytes: number): { bytes: number; total: number; added: number } {
  const { connection } = group;
  const world = connection!.mpi.world;
  const timeOf = (ranks: Group): number => {
    const count = Math.ceil(bytes / 4 / size);
    const reduction = new Reduction(count, "float32", "avg", ranks, [world, world]);
    let best = Infinity;
    // Small ones often, so that some are left alone by other work.
    for (let i = 0; i < Math.max(10, Math.min(500, 2e7 / bytes)); i++) {
      distributed.barrier();
      const begin = performance.now();
      for (const request of reduction.add()) connection!.wait([request], "scale");
      reduction.finish("scale");
      for (const request of reduction.share()) connection!.wait([request], "scale");
      // A rank that is late finds all there, and the other one has waited.
      best = Math.min(best, slowest(performance.now() - begin));
    }
    reduction.free();
    return best;
  };
  return { bytes, total: timeOf(group), added: timeOf({ ...group, connection: null }) };
}

const plain = trainer(make());
const model = new distributed.DistributedDataParallel(make(), { bucketCapMb: 4 });
const sides = [new Side(plain, rank === 0), new Side(plain), new Side(trainer(model))];
const [alone, together, averaged] = sides;
let call = Infinity;
for (let i = 0; i < 50; i++) {
  const begin = performance.now();
  for (let j = 0; j < 10; j++) distributed.barrier();
  call = Math.min(call, slowest(performance.now() - begin) / 10);
}
const exchanges = size === 1 ? [] : [2 ** 12, 2 ** 16, 2 ** 18, 2 ** 20, 2 ** 22].map(exchange);
traceTransfers();
const end = performance.now() + 1000 * Number(seconds);
// Rank 0 has the clock.
while (slowest(rank === 0 && performance.now() < end ? 1 : 0) > 0) {
  for (const side of sides) side.round();
}

/** The sizes of what was sent in parts. */
const buckets = averaged.trace.filter((span) => span.name.startsWith("all-to-all"))
  .sort((a, b) => a.begin - b.begin).map((span) => parseInt(span.name.split(", ")[1]));
const measurement: Measurement = {
  ...{ ranks: size, batch: shape[0], buckets, call, exchanges },
  ...{ alone: alone.best, together: together.best, averaged: averaged.best },
  trace: averaged.trace,
};
if (rank === 0) console.log(JSON.stringify(measurement));

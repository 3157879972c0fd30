/**
 * Trains on some micro-batches a step, divided among ranks and rounds, and prints a digest of the weights.
 *
 *     training.ts MODEL [ranks|plain] [MICRO-BATCHES]
 *
 * `plain` uses neither ranks nor the wrapper: it adds up the gradients of the micro-batches in order.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import process from "node:process";
import { manualSeed, randint, randn, type Tensor } from "../../../mod.ts";
import * as distributed from "../../../src/distributed/mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { useThreads } from "../../support/threads.ts";

const STEPS = 3;
const [kind, how, count = 4] = process.argv.slice(2);
const MICRO_BATCHES = Number(count);

const MODELS: Readonly<Record<string, () => nn.Layer>> = {
  mlp: () => new nn.Sequential(new nn.Linear(20, 33), new nn.ReLU(), new nn.Linear(33, 10)),
  dropout: () =>
    new nn.Sequential(
      ...[new nn.Linear(20, 33), new nn.ReLU(), new nn.Dropout(0.5)],
      ...[new nn.Linear(33, 17), new nn.Tanh(), new nn.Dropout(0.2), new nn.Linear(17, 10)],
    ),
  // Several buckets of gradients.
  wide: () =>
    new nn.Sequential(
      ...[new nn.Linear(20, 500), new nn.ReLU(), new nn.Linear(500, 600), new nn.ReLU()],
      ...[new nn.Linear(600, 500), new nn.ReLU(), new nn.Linear(500, 10)],
    ),
  cnn: () =>
    new nn.Sequential(
      ...[new nn.Unflatten(1, [1, 4, 5]), new nn.Conv2d(1, 8, 3, { padding: 1 })],
      ...[new nn.BatchNorm2d(8), new nn.ReLU(), new nn.Conv2d(8, 4, 3), new nn.BatchNorm2d(4)],
      ...[new nn.Flatten(), new nn.Linear(24, 10)],
    ),
};

const criterion = new nn.CrossEntropyLoss();
manualSeed(3);
const images = randn([STEPS, MICRO_BATCHES, 6, 20]);
const labels = randint(0, 10, { shape: [STEPS, MICRO_BATCHES, 6] });

function digestOf(model: nn.Module, withBuffers = false): string {
  const hash = createHash("sha256");
  const tensors = [...model.parameters(), ...withBuffers ? model.buffers() : []];
  for (const { data } of tensors) hash.update(new Uint8Array(data.slice().buffer));
  return hash.digest("hex").slice(0, 16);
}

function step(model: nn.Module, optimizer: optim.Optimizer): void {
  nn.clipGradNorm_(model.parameters(), 0.5);
  optimizer.step();
  optimizer.zeroGrad();
}

function lossOf(model: nn.Layer, i: number, micro: number): Tensor {
  return criterion(model(images.at(i, micro)), labels.at(i, micro));
}

function trainPlain(): string {
  const model = MODELS[kind]();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let i = 0; i < STEPS; i++) {
    for (let micro = 0; micro < MICRO_BATCHES; micro++) lossOf(model, i, micro).backward();
    for (const parameter of model.parameters()) parameter.grad!.div_(MICRO_BATCHES);
    step(model, optimizer);
  }
  return digestOf(model);
}

async function trainOnRanks(): Promise<string> {
  distributed.init({ timeout: 100 });
  const [rank, size] = [distributed.rank(), distributed.worldSize()];
  const rounds = MICRO_BATCHES / size;
  await useThreads(1 + rank % 2);
  // Rank 0 decides about weights and random numbers.
  manualSeed(rank === 0 ? 4 : 1000 + rank);
  const model = new distributed.DistributedDataParallel(MODELS[kind](), { bucketCapMb: 1 });
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let i = 0; i < STEPS; i++) {
    for (let round = 0; round < rounds; round++) {
      const learn = (): void => lossOf(model, i, round * size + rank).div(rounds).backward();
      if (round === rounds - 1) learn();
      else model.noSync(learn);
    }
    step(model, optimizer);
  }
  // All ranks have the same in the end, buffers too.
  const digest = digestOf(model, true);
  const all = Array.from({ length: size }, () => randint(0, 1, { shape: [8] }));
  const bytes = randint(0, 1, { shape: [8] });
  for (let i = 0; i < 8; i++) bytes.set([i], parseInt(digest.slice(2 * i, 2 * i + 2), 16));
  distributed.allGather(all, bytes);
  for (const other of all) assertEquals(other.toArray(), bytes.toArray());
  return digestOf(model);
}

if (how === "plain") {
  manualSeed(4);
  console.log(JSON.stringify(trainPlain()));
} else {
  const digest = await trainOnRanks();
  if (distributed.rank() === 0) console.log(JSON.stringify(digest));
}

/**
 * Divides samples, optimizer state and metrics among ranks, and compares with one process.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DistributedError, manualSeed, randint, randn, Tensor, tensor } from "../../../mod.ts";
import {
  barrier,
  computeMetric,
  DistributedSampler,
  init,
  rank,
  worldSize,
  ZeroRedundancyOptimizer,
} from "../../../src/distributed/mod.ts";
import * as metrics from "../../../src/metrics/mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";

init({ timeout: 100 });
const [own, size] = [rank(), worldSize()];
manualSeed(1);

// ---------------------------------------------------------------- samples

const samplers = Array.from(
  { length: size },
  (_, rank) => new DistributedSampler({ length: 11 }, { rank, seed: 5 }),
);
for (const sampler of samplers) sampler.setEpoch(3);
const drawn = samplers.map((sampler) => [...sampler]);
assertEquals(new Set(drawn.flat()).size, 11);
assertEquals(new Set(drawn.map((indices) => indices.length)).size, 1);
const mine = new DistributedSampler({ length: 11 }, { seed: 5 });
mine.setEpoch(3);
assertEquals([...mine], drawn[own]);

// ---------------------------------------------------------------- metrics

const scores = randn([40, 3]);
const classes = randint(0, 3, { shape: [40] });
const METRICS = [
  () => new metrics.Accuracy({ topK: 2 }),
  () => new metrics.F1Score(3),
  () => new metrics.Perplexity(),
];
for (const make of METRICS) {
  const [whole, part] = [make(), make()];
  whole.update(scores, classes);
  for (let i = own; i < 40; i += size) part.update(scores.slice(i, i + 1), classes.slice(i, i + 1));
  const before = part.compute();
  const result = computeMetric<number>(part);
  assert(Math.abs(result - whole.compute()) < 1e-12, `${result} is not ${whole.compute()}`);
  assertEquals(part.compute(), before);
}
const confusion = new metrics.ConfusionMatrix(2);
confusion.update(tensor([own % 2]), tensor([1]));
const counts = computeMetric<Tensor>(confusion);
assertEquals(counts.toArray(), [[0, 0], [Math.ceil(size / 2), Math.floor(size / 2)]]);
const mean = new metrics.MeanMetric();
mean.update(own, 1);
assertEquals(computeMetric<number>(mean), (size - 1) / 2);

if (size > 1) {
  const one = own === 0 ? new metrics.Accuracy() : new metrics.MeanMetric();
  assertEquals(one.totals().length, 2);
  assertThrows(() => computeMetric<number>(one), DistributedError, "Cannot computeMetric");
}

// ---------------------------------------------------------------- optimizer state

function make(): nn.Sequential {
  manualSeed(2);
  return new nn.Sequential(
    ...[new nn.Linear(5, 40), new nn.Tanh(), new nn.Linear(40, 7), new nn.Linear(7, 3)],
  );
}

const inputs = randn([16, 5]);
const targets = randint(0, 3, { shape: [16] });
const criterion = new nn.CrossEntropyLoss();

type Steps = Pick<optim.Optimizer, "zeroGrad"> & { step(): void };

function train(model: nn.Sequential, optimizer: Steps, steps: number): void {
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    criterion(model(inputs), targets).backward();
    optimizer.step();
  }
}

function assertSameWeights(a: nn.Module, b: nn.Module): void {
  const [left, right] = [a, b].map((model) => [...model.parameters()].map(({ data }) => [...data]));
  assertEquals(left, right);
}

const options = { lr: 0.05, weightDecay: 0.01 };
const [alone, shared] = [make(), make()];
const adam = new optim.Adam(alone.parameters(), options);
const zero = new ZeroRedundancyOptimizer(shared.parameters(), optim.Adam, options);
train(alone, adam, 3);
train(shared, zero, 3);
assertSameWeights(shared, alone);
const share = Object.keys(zero.optimizer.stateDict().state).length;
assert(size === 1 || share < 6, `this rank has ${share} of 6 states`);

if (size > 1) assertThrows(() => zero.stateDict(), DistributedError, "consolidateStateDict");
zero.consolidateStateDict(size - 1);
if (own === size - 1) {
  const plain = ({ state, param_groups }: optim.OptimizerState): unknown => [
    param_groups,
    ...Object.entries(state).flatMap(([i, values]) =>
      Object.entries(values).map((
        [name, value],
      ) => [i, name, value instanceof Tensor ? value.toArray() : value])
    ),
  ];
  assertEquals(plain(zero.stateDict()), plain(adam.stateDict()));
} else {
  assertThrows(() => zero.stateDict(), DistributedError);
}

// A state of one process continues on ranks, and schedules set the rates of both.
const resumed = make();
resumed.loadStateDict(alone.stateDict());
const continued = new ZeroRedundancyOptimizer(resumed.parameters(), optim.Adam, { lr: 1 });
continued.loadStateDict(adam.stateDict());
assertEquals(Object.keys(continued.optimizer.stateDict().state).length, share);
const schedules = [adam, continued.optimizer].map((optimizer) =>
  new optim.ExponentialLR(optimizer, { gamma: 0.5 })
);
for (let epoch = 0; epoch < 2; epoch++) {
  train(alone, adam, 2);
  train(resumed, continued, 2);
  schedules.forEach((schedule) => schedule.step());
}
assertSameWeights(resumed, alone);

// What was collected is no longer the state after another was loaded.
zero.consolidateStateDict();
zero.loadStateDict(adam.stateDict());
if (size > 1) {
  assertThrows(() => zero.stateDict(), DistributedError, "consolidateStateDict");
  assertThrows(() => zero.consolidateStateDict(own % 2), DistributedError, "consolidateStateDict");
  const wrong = own === 0 ? make() : new nn.Sequential(new nn.Linear(5, 41));
  assertThrows(
    () => new ZeroRedundancyOptimizer(wrong.parameters(), optim.Adam, options),
    DistributedError,
    "Cannot make ZeroRedundancyOptimizer: rank 1 has parameter 0 float32 [41, 5], and rank 0",
  );
  assertThrows(() => own === 0 ? zero.step() : barrier(), DistributedError, "step()");
}

barrier();
if (own === 0) console.log(JSON.stringify("done"));

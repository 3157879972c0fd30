/**
 * The promise of the memory rules: plain synchronous loops, without a dispose call, run in constant
 * memory.
 */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { manualSeed, memory, noGrad, randint, randn, type Tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader, TensorDataset } from "../src/utils/data/mod.ts";

const STEPS = 10_000;

function network(): nn.Sequential {
  return new nn.Sequential(new nn.Linear(16, 32), new nn.ReLU(), new nn.Linear(32, 4));
}

/** Batches without end. */
function* batches(): IterableIterator<[Tensor, Tensor]> {
  const set = new TensorDataset(randn([512, 16]), randint(0, 4, { shape: [512] }));
  const loader = new DataLoader(set, { batchSize: 32, shuffle: true });
  for (;;) yield* loader;
}

/** The most memory that was in use in each tenth of a loop of `STEPS` steps. */
function peaksOf(step: (x: Tensor, y: Tensor) => void): number[] {
  const peaks: number[] = [];
  let steps = 0;
  for (const [x, y] of batches()) {
    step(x, y);
    const tenth = Math.floor(steps * 10 / STEPS);
    peaks[tenth] = Math.max(peaks[tenth] ?? 0, memory.stats().resident);
    if (++steps === STEPS) return peaks;
  }
  return peaks;
}

/** After warming up, no tenth of the loop needs more memory than those before it. */
function assertFlat(peaks: readonly number[], allowance: number): void {
  const early = Math.max(...peaks.slice(0, 5));
  const late = Math.max(...peaks.slice(5));
  assert(late <= early + allowance, `memory grew from ${early} to ${late}: ${peaks}`);
}

test("10,000 training steps leave nothing behind", () => {
  manualSeed(0);
  const model = network();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const before = memory.stats();
  const peaks = peaksOf((x, y) => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    loss.backward();
    optimizer.step();
    loss.item();
  });
  const after = memory.stats();
  // The losses are the user's: 64 bytes each, which idle storages may take to be moved out.
  assertFlat(peaks, 64 * STEPS);
  const spilledPerStep = (after.spilledBytes - before.spilledBytes) / STEPS;
  assert(spilledPerStep < 64, `${spilledPerStep} bytes were spilled per step`);
});

test("10,000 evaluation steps that leave tensors behind run in bounded memory", () => {
  manualSeed(0);
  const model = network().eval();
  const before = memory.stats();
  let correct = 0;
  const peaks = peaksOf((x, y) => {
    correct += noGrad(() => model(x).argmax(1).eq(y).sum().item());
  });
  const after = memory.stats();
  assert(correct > 0);
  const grown = Math.max(...peaks) - before.resident;
  assert(grown < 24 * 2 ** 20, `memory grew by ${grown} bytes`);
  const spilledPerStep = (after.spilledBytes - before.spilledBytes) / STEPS;
  // The loop itself keeps logits, argmax, comparison and sum of 32 samples.
  assert(spilledPerStep < 2048, `${spilledPerStep} bytes were spilled per step`);
});

/** The weights after some steps under a memory limit, if one is given. */
function weightsAfterTraining(limit: number | null): number[] {
  const unlimited = memory.stats().limit;
  manualSeed(1);
  const layers = Array.from({ length: 4 }, () => [new nn.Linear(64, 64), new nn.ReLU()]).flat();
  const model = new nn.Sequential(...layers);
  const criterion = new nn.MSELoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const [x, y] = [randn([64, 64]), randn([64, 64])];
  if (limit !== null) memory.setLimit(limit);
  try {
    for (let step = 0; step < 30; step++) {
      optimizer.zeroGrad();
      criterion(model(x), y).backward();
      optimizer.step();
    }
  } finally {
    memory.setLimit(unlimited);
  }
  return [...model.parameters()].flatMap((p) => Array.from(p.data));
}

test("a quarter of the memory that a step needs gives the same weights", () => {
  const free = weightsAfterTraining(null);
  const before = memory.stats();
  // A step needs four weights with a gradient and two moments each, eight activations, inputs, targets
  // and gradients on their way: some 28 matrices of 16 kB. A quarter holds one product's, and its scratch.
  assertEquals(weightsAfterTraining(28 * 16 * 1024 / 4), free);
  const restored = memory.stats().restores - before.restores;
  assert(restored > 10 * 30, `only ${restored} storages were restored: the limit was not felt`);
});

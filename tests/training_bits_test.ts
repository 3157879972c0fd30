import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { manualSeed, randint, randn, type Tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { useThreads } from "./support/threads.ts";

/** A digest of all weights after `steps` steps on random data. */
function train(model: nn.Layer, x: Tensor, steps: number): string {
  const y = randint(0, 10, { shape: [x.shape[0]] });
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    criterion(model(x), y).backward();
    optimizer.step();
  }
  const hash = createHash("sha256");
  for (const parameter of model.parameters()) hash.update(new Uint8Array(parameter.data.buffer));
  return hash.digest("hex").slice(0, 16);
}

function trainMlp(): string {
  manualSeed(1);
  const model = new nn.Sequential(
    ...[new nn.Linear(100, 70), new nn.ReLU(), new nn.Linear(70, 33), new nn.Tanh()],
    new nn.Linear(33, 10),
  );
  return train(model, randn([61, 100]), 300);
}

function trainCnn(): string {
  manualSeed(2);
  const model = new nn.Sequential(
    ...[new nn.Conv2d(1, 8, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2)],
    ...[new nn.Conv2d(8, 30, 3, { padding: 1 }), new nn.ReLU(), new nn.AvgPool2d(2)],
    ...[new nn.Flatten(), new nn.Linear(480, 32), new nn.ReLU(), new nn.Linear(32, 10)],
  );
  return train(model, randn([7, 1, 16, 16]), 30);
}

// The digests change when a formula or the order of a sum does, and then alike for all.
for (const threads of [1, 2, 4]) {
  test(`training gives these bits on ${threads} threads, in every runtime`, async () => {
    await useThreads(threads);
    assertEquals(trainMlp(), "f74ef1888624e35a");
    assertEquals(trainCnn(), "c962f91cf5c10f2e");
  });
}

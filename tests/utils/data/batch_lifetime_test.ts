import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, memory, noGrad, ReleasedError, type Tensor, tensor, zeros } from "../../../mod.ts";
import { DataLoader, type Dataset, TensorDataset } from "../../../src/utils/data/mod.ts";

const set = new TensorDataset(arange(80).reshape(20, 4), arange(20));

test("a batch is readable in its turn and the next, and an error after that", () => {
  const seen: Tensor[] = [];
  for (const [x] of new DataLoader(set, { batchSize: 5 })) {
    seen.push(x);
    const turn = seen.length - 1;
    assert.equal(seen[turn].at(0, 0).item(), turn * 20);
    if (turn > 0) assert.equal(seen[turn - 1].at(0, 0).item(), (turn - 1) * 20);
    if (turn > 1) {
      assert.throws(() => seen[turn - 2].toArray(), (error: Error) => {
        assert.ok(error instanceof ReleasedError);
        assert.equal(
          error.message,
          "Cannot read a batch: the loader has made two batches since; keep it with .retain(), " +
            "or make the loader with { keepBatches: true }",
        );
        return true;
      });
    }
  }
  assert.equal(seen.length, 4);
});

test("views of a batch go with it; what was computed from it stays", () => {
  const views: Tensor[] = [];
  const results: Tensor[] = [];
  for (const [x] of new DataLoader(set, { batchSize: 5 })) {
    views.push(x.at(0));
    results.push(x.at(0).mul(2));
  }
  assert.throws(() => views[0].toArray(), ReleasedError);
  assert.deepEqual(results[0].toArray(), [0, 2, 4, 6]);
});

test("a retained batch stays, and with keepBatches all do", () => {
  const kept: Tensor[] = [];
  for (const [x, y] of new DataLoader(set, { batchSize: 5 })) kept.push(x.at(0).retain(), y);
  assert.deepEqual(kept[0].toArray(), [0, 1, 2, 3]);
  assert.throws(() => kept[1].toArray(), ReleasedError);
  const all = [...new DataLoader(set, { batchSize: 1, keepBatches: true })];
  assert.deepEqual(all.map(([, y]) => y.item()), Array.from({ length: 20 }, (_, i) => i));
});

test("the last batches stay readable after the loop, until the loader is used again", () => {
  const loader = new DataLoader(set, { batchSize: 5 });
  const read = (): Tensor[] => {
    const seen: Tensor[] = [];
    for (const [x] of loader) seen.push(x);
    return seen;
  };
  const [, , third, fourth] = read();
  assert.equal(third.at(0, 0).item(), 40);
  assert.equal(fourth.at(0, 0).item(), 60);
  const [, , , last] = read();
  assert.throws(() => third.toArray(), ReleasedError);
  assert.throws(() => fourth.toArray(), ReleasedError);
  assert.equal(last.at(0, 0).item(), 60);
});

test("after a break the batch stays readable", () => {
  const loader = new DataLoader(set, { batchSize: 5 });
  let kept: Tensor | undefined;
  for (const [x] of loader) {
    kept = x;
    break;
  }
  assert.equal(kept!.at(0, 1).item(), 1);
});

test("tensors of the data set and of the user are never released", () => {
  const whole = arange(4);
  const views: Dataset<Tensor> = {
    length: 6,
    get: () => whole,
    getBatch: () => whole.reshape(2, 2),
  };
  const mine: Tensor[] = [];
  for (const x of new DataLoader(views)) mine.push(x.add(zeros([2, 2])));
  assert.deepEqual(whole.toArray(), [0, 1, 2, 3]);
  for (const x of mine) assert.deepEqual(x.toArray(), [[0, 1], [2, 3]]);
});

test("tensors anywhere in a batch are kept for their turn: maps, sets, objects of classes", () => {
  class Sequence {
    readonly tokens: Tensor;
    readonly extra: Map<string, Set<Tensor>>;
    constructor(tokens: Tensor) {
      this.tokens = tokens;
      this.extra = new Map([["mask", new Set([tokens.gt(1)])]]);
    }
  }
  const collate = (samples: [Tensor, Tensor][]): Sequence => new Sequence(samples[0][0].mul(1));
  let steps = 0;
  for (const { tokens, extra } of new DataLoader(set, { collate })) {
    assert.deepEqual(tokens.shape, [4]);
    for (const mask of extra.get("mask")!) assert.equal(mask.at(3).item(), 1);
    steps++;
  }
  assert.equal(steps, 20);
});

test("what samples leave on the way to a batch is released at once, and says so", () => {
  const made: Tensor[] = [];
  const noisy: Dataset<Tensor> = {
    length: 4,
    get(index) {
      made.push(tensor([index]).add(1));
      return made[made.length - 1];
    },
  };
  const [batch] = new DataLoader(noisy, { batchSize: 4 });
  assert.deepEqual(batch.toArray(), [[1], [2], [3], [4]]);
  assert.throws(() => made[0].toArray(), {
    name: "ReleasedError",
    message: "Cannot read the output of add: a loader used it on the way to a batch, and it was " +
      "not part of that; keep it with .retain(), or make the loader with { keepBatches: true }",
  });
});

test("a batch that a recorded graph will read outlives its turn, and goes with the graph", () => {
  const weight = tensor([1, 1, 1, 1], { requiresGrad: true });
  const batches: Tensor[] = [];
  let total = zeros([]);
  const resident = (): number => memory.stats().storages;
  for (const [x] of new DataLoader(set, { batchSize: 5 })) {
    batches.push(x);
    total = total.add(x.mul(weight).sum());
  }
  total.backward();
  assert.deepEqual(weight.grad!.toArray(), [760, 780, 800, 820]);
  const before = resident();
  weight.mul(2).sum().backward();
  assert.throws(() => batches[0].toArray(), ReleasedError);
  assert.ok(resident() < before);
});

test("memory is flat over 2,000 batches, with samples, batches and breaks", () => {
  const samples: Dataset<[Tensor, number]> = {
    length: 20,
    get: (index) => [set.get(index)[0].mul(2), index],
  };
  const loaders = [
    new DataLoader(set, { batchSize: 2, shuffle: true }),
    new DataLoader(samples, { batchSize: 2, shuffle: true }),
  ];
  const epochs = (count: number): void => {
    for (let epoch = 0; epoch < count; epoch++) {
      for (const loader of loaders) {
        let steps = 0;
        for (const [x] of loader) if (x.shape[0] === 2 && ++steps === 8 && epoch % 3 === 0) break;
      }
    }
  };
  epochs(3);
  const before = memory.stats();
  epochs(110);
  const after = memory.stats();
  assert.equal(after.resident, before.resident);
  assert.equal(after.storages, before.storages);
  assert.equal(after.peak, before.peak);
  assert.equal(after.spills, before.spills);
});

test("nested loops leave nothing behind either", () => {
  const loader = new DataLoader(set, { batchSize: 4 });
  const nested = (): void => {
    for (const [x] of loader) for (const [y] of loader) noGrad(() => x.shape[0] + y.shape[0]);
  };
  nested();
  nested();
  const { storages } = memory.stats();
  for (let i = 0; i < 20; i++) nested();
  assert.equal(memory.stats().storages, storages);
});

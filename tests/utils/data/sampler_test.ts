import assert from "node:assert/strict";
import { test } from "node:test";
import { Generator, tensor } from "../../../mod.ts";
import {
  BatchSampler,
  DataLoader,
  type Dataset,
  RandomSampler,
  randomSplit,
  type Sampler,
  SequentialSampler,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
} from "../../../src/utils/data/mod.ts";

const source = { length: 6 };
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const counts = (values: Iterable<number>, size: number): number[] => {
  const result = new Array<number>(size).fill(0);
  for (const value of values) result[value]++;
  return result;
};

test("SequentialSampler goes from the first to the last, each time", () => {
  const sampler = new SequentialSampler(source);
  assert.equal(sampler.length, 6);
  assert.deepEqual([...sampler], [0, 1, 2, 3, 4, 5]);
  assert.deepEqual([...sampler], [0, 1, 2, 3, 4, 5]);
});

test("RandomSampler visits every sample once, in another order each time", () => {
  const sampler = new RandomSampler({ length: 50 }, { generator: new Generator(0) });
  const first = [...sampler];
  const second = [...sampler];
  assert.deepEqual(sorted(first), [...new SequentialSampler({ length: 50 })]);
  assert.deepEqual(sorted(second), sorted(first));
  assert.notDeepEqual(second, first);
  assert.deepEqual([...new RandomSampler({ length: 50 }, { generator: new Generator(0) })], first);
  assert.deepEqual([...new RandomSampler({ length: 0 })], []);
});

test("RandomSampler draws as many as asked: some, or all before any again", () => {
  const generator = new Generator(1);
  const few = new RandomSampler(source, { numSamples: 4, generator });
  assert.equal(few.length, 4);
  assert.equal(new Set(few).size, 4);
  const many = new RandomSampler(source, { numSamples: 15, generator });
  const drawn = [...many];
  assert.equal(drawn.length, 15);
  assert.deepEqual(sorted(drawn.slice(0, 6)), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(sorted(drawn.slice(6, 12)), [0, 1, 2, 3, 4, 5]);
  assert.equal(new Set(drawn.slice(12)).size, 3);
});

test("RandomSampler with replacement draws each time from all", () => {
  const generator = new Generator(2);
  const sampler = new RandomSampler(source, { replacement: true, numSamples: 6000, generator });
  for (const count of counts(sampler, 6)) assert.ok(Math.abs(count - 1000) < 150, String(count));
  assert.equal([...new RandomSampler(source, { replacement: true })].length, 6);
});

test("endless draws begin at once, and pieces are those of a single draw", () => {
  const options = { replacement: true, numSamples: 1e10, generator: new Generator(3) };
  const endless: Sampler[] = [
    new RandomSampler(source, options),
    new WeightedRandomSampler([1, 2, 3], 1e10, { generator: new Generator(3) }),
    new RandomSampler(source, { numSamples: 1e10 }),
  ];
  for (const sampler of endless) {
    const batches = new BatchSampler(sampler, { batchSize: 4 });
    assert.equal(batches.length, 2.5e9);
    const [first] = batches;
    assert.equal(first.length, 4);
  }
  const drawn = new Int32Array(150_000);
  new Generator(3).integers(drawn, 0, 6);
  const generator = new Generator(3);
  const pieces = new RandomSampler(source, { ...options, numSamples: drawn.length, generator });
  assert.deepEqual(Int32Array.from(pieces), drawn);
  const next = generator.next();
  assert.equal(new Generator(3).setState({ seed: 3, offset: 75_000 }).next(), next);
});

test("indices that are none are refused, not cut to int32", () => {
  const images = new TensorDataset(tensor([10, 20, 30]));
  const samples: Dataset<number> = { length: 3, get: (index) => index };
  for (const index of [NaN, 1.7, 2 ** 32 + 2, "1" as never, undefined as never]) {
    const message =
      `Cannot make a batch with sample ${index}: indices are whole numbers from 0 to ` +
      `2^31 - 1`;
    for (const sampler of [[0, index], new SubsetRandomSampler([0, index])]) {
      const batches = new BatchSampler(sampler, { batchSize: 2 });
      assert.throws(() => [...batches], { name: "ValueError", message });
      assert.throws(() => [...new DataLoader(images, { sampler })], { name: "ValueError" });
    }
    for (const dataset of [images, samples] as Dataset<unknown>[]) {
      assert.throws(() => [...new DataLoader(dataset, { batchSampler: [[0, index]] })], {
        name: "ValueError",
        message: `Cannot get sample ${index} of 3: indices are whole numbers from 0 to 2`,
      });
    }
  }
});

test("RandomSampler refuses draws that cannot be", () => {
  for (const numSamples of [0, -1, 2.5, NaN]) {
    assert.throws(() => new RandomSampler(source, { numSamples }), {
      name: "ValueError",
      message: `Cannot draw ${numSamples} samples: use a whole number, 1 or more`,
    });
  }
  assert.throws(() => new RandomSampler({ length: 0 }, { numSamples: 3 }), {
    message: "Cannot draw 3 samples: there are none to draw from",
  });
});

test("SubsetRandomSampler shuffles what it was given", () => {
  const sampler = new SubsetRandomSampler([10, 20, 30, 40, 50], { generator: new Generator(0) });
  assert.equal(sampler.length, 5);
  const orders = [[...sampler], [...sampler], [...sampler]];
  for (const order of orders) assert.deepEqual(sorted(order), [10, 20, 30, 40, 50]);
  assert.ok(new Set(orders.map(String)).size > 1);
});

test("WeightedRandomSampler draws in proportion, and never what has no weight", () => {
  const generator = new Generator(0);
  const sampler = new WeightedRandomSampler([0, 1, 3, 0, 6, 0], 10_000, { generator });
  assert.equal(sampler.length, 10_000);
  const [a, b, c, d, e, f] = counts(sampler, 6);
  assert.deepEqual([a, d, f], [0, 0, 0]);
  assert.ok(Math.abs(b - 1000) < 120 && Math.abs(c - 3000) < 200 && Math.abs(e - 6000) < 220);
});

test("WeightedRandomSampler without replacement: the first draw has the odds of the weights", () => {
  const generator = new Generator(0);
  const options = { replacement: false, generator };
  const sampler = new WeightedRandomSampler([1, 0, 3], 2, options);
  const firsts = Array.from({ length: 4000 }, () => {
    const drawn = [...sampler];
    assert.deepEqual(sorted(drawn), [0, 2]);
    return drawn[0];
  });
  assert.ok(Math.abs(counts(firsts, 3)[2] - 3000) < 120);
});

test("WeightedRandomSampler refuses bad weights and impossible draws", () => {
  for (const weight of [-1, NaN, Infinity]) {
    assert.throws(() => new WeightedRandomSampler([1, weight], 1), {
      name: "ValueError",
      message: `Cannot draw with weight ${weight} for sample 1: weights must be finite, and 0 or ` +
        `more`,
    });
  }
  assert.throws(() => new WeightedRandomSampler([0, 0], 1), { message: /none to draw from$/ });
  assert.throws(() => new WeightedRandomSampler([1, 0], 2, { replacement: false }), {
    message: /^Cannot draw 2 samples without replacement: only 1 have a weight above 0; /,
  });
});

test("BatchSampler groups; the last group may be short, or left out", () => {
  const groups = (batchSize: number, dropLast?: boolean): number[][] => {
    const sampler = new BatchSampler(new SequentialSampler(source), { batchSize, dropLast });
    const result = Array.from(sampler, (group) => Array.from(group));
    assert.equal(sampler.length, result.length);
    return result;
  };
  assert.deepEqual(groups(4), [[0, 1, 2, 3], [4, 5]]);
  assert.deepEqual(groups(4, true), [[0, 1, 2, 3]]);
  assert.deepEqual(groups(3, true), [[0, 1, 2], [3, 4, 5]]);
  assert.deepEqual(groups(7), [[0, 1, 2, 3, 4, 5]]);
  assert.deepEqual(groups(7, true), []);
  assert.throws(() => groups(0), {
    name: "ValueError",
    message: "Cannot make batches of 0: batchSize must be a whole number above 0",
  });
});

test("samplers, loaders and splits refuse options that they do not have", () => {
  const source = { length: 4, get: (index: number) => index };
  const options = { seed: 1 } as never;
  const uses: [string, () => unknown][] = [
    ["make RandomSampler", () => new RandomSampler(source, options)],
    ["make SubsetRandomSampler", () => new SubsetRandomSampler([0], options)],
    ["make WeightedRandomSampler", () => new WeightedRandomSampler([1], 1, options)],
    ["make BatchSampler", () => new BatchSampler([0], options)],
    ["call randomSplit\\(\\)", () => randomSplit(source, [4], options)],
    ["make DataLoader", () => new DataLoader(source, options)],
  ];
  for (const [action, use] of uses) {
    assert.throws(use, {
      name: "ValueError",
      message: new RegExp(`^Cannot ${action} with option "seed": it takes .*`),
    });
  }
  assert.throws(() => new RandomSampler(source, { num_samples: 2 } as never), {
    message: 'Cannot make RandomSampler with option "num_samples": its name is "numSamples" here',
  });
});

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { Generator, tensor, ValueError } from "../../../mod.ts";
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
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const source = { length: 6 };
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const counts = (values: Iterable<number>, size: number): number[] => {
  const result = new Array<number>(size).fill(0);
  for (const value of values) result[value]++;
  return result;
};

test("SequentialSampler goes from the first to the last, each time", () => {
  const sampler = new SequentialSampler(source);
  assertEquals(sampler.length, 6);
  assertSame([...sampler], [0, 1, 2, 3, 4, 5]);
  assertSame([...sampler], [0, 1, 2, 3, 4, 5]);
});

test("RandomSampler visits every sample once, in another order each time", () => {
  const sampler = new RandomSampler({ length: 50 }, { generator: new Generator(0) });
  const first = [...sampler];
  const second = [...sampler];
  assertSame(sorted(first), [...new SequentialSampler({ length: 50 })]);
  assertSame(sorted(second), sorted(first));
  assertNotEquals(second, first);
  assertSame([...new RandomSampler({ length: 50 }, { generator: new Generator(0) })], first);
  assertEquals([...new RandomSampler({ length: 0 })], []);
});

test("RandomSampler draws as many as asked: some, or all before any again", () => {
  const generator = new Generator(1);
  const few = new RandomSampler(source, { numSamples: 4, generator });
  assertEquals(few.length, 4);
  assertEquals(new Set(few).size, 4);
  const many = new RandomSampler(source, { numSamples: 15, generator });
  const drawn = [...many];
  assertEquals(drawn.length, 15);
  assertSame(sorted(drawn.slice(0, 6)), [0, 1, 2, 3, 4, 5]);
  assertSame(sorted(drawn.slice(6, 12)), [0, 1, 2, 3, 4, 5]);
  assertEquals(new Set(drawn.slice(12)).size, 3);
});

test("RandomSampler with replacement draws each time from all", () => {
  const generator = new Generator(2);
  const sampler = new RandomSampler(source, { replacement: true, numSamples: 6000, generator });
  for (const count of counts(sampler, 6)) assert(Math.abs(count - 1000) < 150, String(count));
  assertEquals([...new RandomSampler(source, { replacement: true })].length, 6);
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
    assertEquals(batches.length, 2.5e9);
    const [first] = batches;
    assertEquals(first.length, 4);
  }
  const drawn = new Int32Array(150_000);
  new Generator(3).integers(drawn, 0, 6);
  const generator = new Generator(3);
  const pieces = new RandomSampler(source, { ...options, numSamples: drawn.length, generator });
  assertSame(Int32Array.from(pieces), drawn);
  const next = generator.next();
  assertStrictEquals(new Generator(3).setState({ seed: 3, offset: 75_000 }).next(), next);
});

test("indices that are none are refused, not cut to int32", () => {
  const images = new TensorDataset(tensor([10, 20, 30]));
  const samples: Dataset<number> = { length: 3, get: (index) => index };
  for (const index of [NaN, 1.7, 2 ** 32 + 2, undefined as never]) {
    const message =
      `Cannot make a batch with sample ${index}: indices are whole numbers from 0 to ` +
      `2^31 - 1`;
    for (const sampler of [[0, index], new SubsetRandomSampler([0, index])]) {
      const batches = new BatchSampler(sampler, { batchSize: 2 });
      assertThrowsMessage(() => [...batches], ValueError, message);
      assertThrows(() => [...new DataLoader(images, { sampler })], ValueError);
    }
    for (const dataset of [images, samples] as Dataset<unknown>[]) {
      assertThrowsMessage(
        () => [...new DataLoader(dataset, { batchSampler: [[0, index]] })],
        ValueError,
        `Cannot get sample ${index} of 3: indices are whole numbers from 0 to 2`,
      );
    }
  }
});

test("RandomSampler refuses draws that cannot be", () => {
  for (const numSamples of [0, -1, 2.5, NaN]) {
    assertThrowsMessage(
      () => new RandomSampler(source, { numSamples }),
      ValueError,
      `Cannot draw ${numSamples} samples: use a whole number, 1 or more`,
    );
  }
  assertThrowsMessage(
    () => new RandomSampler({ length: 0 }, { numSamples: 3 }),
    Error,
    "Cannot draw 3 samples: there are none to draw from",
  );
});

test("SubsetRandomSampler shuffles what it was given", () => {
  const sampler = new SubsetRandomSampler([10, 20, 30, 40, 50], { generator: new Generator(0) });
  assertEquals(sampler.length, 5);
  const orders = [[...sampler], [...sampler], [...sampler]];
  for (const order of orders) assertEquals(sorted(order), [10, 20, 30, 40, 50]);
  assert(new Set(orders.map(String)).size > 1);
});

test("WeightedRandomSampler draws in proportion, and never what has no weight", () => {
  const generator = new Generator(0);
  const sampler = new WeightedRandomSampler([0, 1, 3, 0, 6, 0], 10_000, { generator });
  assertEquals(sampler.length, 10_000);
  const [a, b, c, d, e, f] = counts(sampler, 6);
  assertSame([a, d, f], [0, 0, 0]);
  assert(Math.abs(b - 1000) < 120 && Math.abs(c - 3000) < 200 && Math.abs(e - 6000) < 220);
});

test("WeightedRandomSampler without replacement: the first draw has the odds of the weights", () => {
  const generator = new Generator(0);
  const options = { replacement: false, generator };
  const sampler = new WeightedRandomSampler([1, 0, 3], 2, options);
  const firsts = Array.from({ length: 4000 }, () => {
    const drawn = [...sampler];
    assertSame(sorted(drawn), [0, 2]);
    return drawn[0];
  });
  assert(Math.abs(counts(firsts, 3)[2] - 3000) < 120);
});

test("WeightedRandomSampler refuses bad weights and impossible draws", () => {
  for (const weight of [-1, NaN, Infinity]) {
    assertThrowsMessage(
      () => new WeightedRandomSampler([1, weight], 1),
      ValueError,
      `Cannot draw with weight ${weight} for sample 1: weights must be finite, and 0 or ` +
        `more`,
    );
  }
  assertThrowsMessage(() => new WeightedRandomSampler([0, 0], 1), Error, /none to draw from$/);
  assertThrowsMessage(
    () => new WeightedRandomSampler([1, 0], 2, { replacement: false }),
    Error,
    /^Cannot draw 2 samples without replacement: only 1 have a weight above 0; /,
  );
});

test("BatchSampler groups; the last group may be short, or left out", () => {
  const groups = (batchSize: number, dropLast?: boolean): number[][] => {
    const sampler = new BatchSampler(new SequentialSampler(source), { batchSize, dropLast });
    const result = Array.from(sampler, (group) => Array.from(group));
    assertStrictEquals(sampler.length, result.length);
    return result;
  };
  assertSame(groups(4), [[0, 1, 2, 3], [4, 5]]);
  assertSame(groups(4, true), [[0, 1, 2, 3]]);
  assertSame(groups(3, true), [[0, 1, 2], [3, 4, 5]]);
  assertSame(groups(7), [[0, 1, 2, 3, 4, 5]]);
  assertEquals(groups(7, true), []);
  assertThrowsMessage(
    () => groups(0),
    ValueError,
    "Cannot make batches with batchSize 0: use a whole number, 1 or more",
  );
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
    assertThrowsMessage(
      use,
      ValueError,
      new RegExp(`^Cannot ${action} with option "seed": it takes .*`),
    );
  }
  assertThrowsMessage(
    () => new RandomSampler(source, { num_samples: 2 } as never),
    Error,
    'Cannot make RandomSampler with option "num_samples": its name is "numSamples" here',
  );
});

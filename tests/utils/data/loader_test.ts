import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, Generator, manualSeed, type Tensor, zeros } from "../../../mod.ts";
import {
  ConcatDataset,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  randomSplit,
  Subset,
  SubsetRandomSampler,
  TensorDataset,
} from "../../../src/utils/data/mod.ts";

const set = new TensorDataset(arange(10), arange(10).mul(-1));

/** The indices of the samples in each batch of an epoch. */
function epoch(options: DataLoaderOptions<[Tensor, Tensor]>): number[][] {
  const loader = new DataLoader(set, options);
  return values(loader);
}

function values(loader: DataLoader<[Tensor, Tensor]>): number[][] {
  const batches: number[][] = [];
  for (const [x, y] of loader) {
    assert.deepEqual(y.toArray(), x.neg().toArray());
    batches.push(x.toArray() as number[]);
  }
  assert.equal(batches.length, loader.length);
  return batches;
}

test("batches come in order, the last one short; by default one sample each", () => {
  assert.deepEqual(epoch({ batchSize: 4 }), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assert.deepEqual(epoch({ batchSize: 4, dropLast: true }), [[0, 1, 2, 3], [4, 5, 6, 7]]);
  assert.deepEqual(epoch({ batchSize: 20 }), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  assert.deepEqual(epoch({ batchSize: 20, dropLast: true }), []);
  assert.deepEqual(epoch({}), Array.from({ length: 10 }, (_, i) => [i]));
});

test("shuffling gives a fresh order each epoch, reproducible by the generator's seed", () => {
  const options = (): DataLoaderOptions<[Tensor, Tensor]> => ({
    batchSize: 4,
    shuffle: true,
    generator: new Generator(5),
  });
  const loader = new DataLoader(set, options());
  const [first, second] = [values(loader), values(loader)];
  assert.deepEqual(first.flat().sort(), second.flat().sort());
  assert.deepEqual(first.map((batch) => batch.length), [4, 4, 2]);
  assert.notDeepEqual(first, second);
  const again = new DataLoader(set, options());
  assert.deepEqual([values(again), values(again)], [first, second]);
});

test("without a generator, manualSeed decides the order", () => {
  manualSeed(1);
  const first = epoch({ shuffle: true });
  manualSeed(1);
  assert.deepEqual(epoch({ shuffle: true }), first);
});

test("a sampler decides the order, and a batchSampler the batches", () => {
  assert.deepEqual(epoch({ batchSize: 2, sampler: [7, 1, 1] }), [[7, 1], [1]]);
  assert.deepEqual(epoch({ batchSize: 2, sampler: [7, 1, 1], dropLast: true }), [[7, 1]]);
  const generator = new Generator(0);
  const drawn = epoch({ sampler: new SubsetRandomSampler([2, 4, 6], { generator }) });
  assert.deepEqual(drawn.flat().sort(), [2, 4, 6]);
  assert.deepEqual(epoch({ batchSampler: [[3, 2], [9]] }), [[3, 2], [9]]);
});

test("options that exclude each other and impossible sizes are refused", () => {
  const refused: [DataLoaderOptions<[Tensor, Tensor]>, string][] = [
    [{ batchSize: 0 }, "Cannot make batches of 0: batchSize must be a whole number above 0"],
    [{ batchSize: 1.5 }, "Cannot make batches of 1.5: batchSize must be a whole number above 0"],
    [
      { sampler: [0], shuffle: true },
      "Cannot load with both sampler and shuffle: the sampler decides the order; leave one out",
    ],
    [
      { batchSampler: [[0]], batchSize: 1, shuffle: true, sampler: [0], dropLast: true },
      "Cannot load with both batchSampler and batchSize, shuffle, sampler, dropLast: the " +
      "batchSampler decides which samples form each batch; leave one out",
    ],
  ];
  for (const [options, message] of refused) {
    assert.throws(() => new DataLoader(set, options), { name: "ValueError", message });
  }
});

test("what is misspelt or no data set is refused, also where nobody checks types", () => {
  const number = 64 as unknown as DataLoaderOptions<[Tensor, Tensor]>;
  const python = { batch_size: 64 } as DataLoaderOptions<[Tensor, Tensor]>;
  const unknown = { workers: 2 } as DataLoaderOptions<[Tensor, Tensor]>;
  assert.throws(() => new DataLoader(set, number), {
    name: "ValueError",
    message: "Cannot make a DataLoader with options of type number: pass an object that names " +
      "them, such as { batchSize: … }",
  });
  assert.throws(() => new DataLoader(set, python), {
    name: "ValueError",
    message: 'Cannot make a DataLoader with option "batch_size": its name is "batchSize" here',
  });
  assert.throws(() => new DataLoader(set, unknown), {
    name: "ValueError",
    message: 'Cannot make a DataLoader with option "workers": it takes "batchSize", "shuffle", ' +
      '"dropLast", "sampler", "batchSampler", "collate", "generator", "keepBatches"',
  });

  const needs =
    'as a data set: it needs a whole number "length" and a function "get(index)"; of an ' +
    "array, make { length: array.length, get: (index) => array[index] }";
  const wrong: [unknown, string][] = [
    [[1, 2, 3], "an array"],
    [{ get: (i: number) => i }, "a value of type object"],
    [undefined, "a value of type undefined"],
  ];
  for (const [source, what] of wrong) {
    const dataset = source as Dataset<number>;
    const uses = [
      () => new DataLoader(dataset),
      () => randomSplit(dataset, [1]),
      () => new Subset(dataset, [0]),
      () => new ConcatDataset([dataset]),
    ];
    const message = `Cannot use ${what} ${needs}`;
    for (const use of uses) assert.throws(use, { name: "ValueError", message });
  }
});

test("an index that the data set does not have is refused where it comes up", () => {
  const loader = new DataLoader(set, { sampler: [0, 10] });
  const message = "Cannot get sample 10 of 10: indices are whole numbers from 0 to 9";
  assert.throws(() => values(loader), { name: "ValueError", message });
  const plain: Dataset<number> = { length: 1, get: (index) => index };
  assert.throws(() => [...new DataLoader(plain, { sampler: [1] })], { name: "ValueError" });
});

test("an empty data set has no batches", () => {
  const loader = new DataLoader(new TensorDataset(zeros([0, 2])), { shuffle: true });
  assert.equal(loader.length, 0);
  assert.deepEqual([...loader], []);
});

test("a data set with nothing but samples is collated, and a custom collate takes them all", () => {
  const words: Dataset<{ id: number; word: string }> = {
    length: 3,
    get: (index) => ({ id: index, word: "abc"[index] }),
  };
  const batches = [...new DataLoader(words, { batchSize: 2, keepBatches: true })];
  assert.deepEqual(batches.map(({ id, word }) => [id.toArray(), word]), [
    [[0, 1], ["a", "b"]],
    [[2], ["c"]],
  ]);
  const joined = new DataLoader(words, {
    batchSize: 2,
    collate: (samples) => samples.map(({ word }) => word).join("+"),
  });
  assert.deepEqual([...joined], ["a+b", "c"]);
  // A data set that makes batches itself gives its samples to a custom collate all the same.
  const lengths = new DataLoader(set, { batchSize: 3, collate: (samples) => samples.length });
  assert.deepEqual([...lengths], [3, 3, 3, 1]);
});

test("a batch can be awaited, destructured and taken alone", async () => {
  const loader = new DataLoader(set, { batchSize: 4 });
  const sizes: number[] = [];
  for await (const [x] of loader) sizes.push(x.shape[0]);
  assert.deepEqual(sizes, [4, 4, 2]);
  const [[x]] = loader;
  assert.deepEqual(x.toArray(), [0, 1, 2, 3]);
  const [y] = loader[Symbol.iterator]().next().value!;
  assert.deepEqual(y.toArray(), [0, 1, 2, 3]);
});

test("loops over one loader nest, and a broken loop starts anew", () => {
  const loader = new DataLoader(set, { batchSize: 5, shuffle: true, generator: new Generator(0) });
  let outer = 0;
  for (const [x] of loader) {
    const before = x.toArray();
    let inner = 0;
    for (const [y] of loader) inner += y.shape[0];
    assert.equal(inner, 10);
    assert.deepEqual(x.toArray(), before);
    outer += x.shape[0];
  }
  assert.equal(outer, 10);
  for (const _ of loader) break;
  assert.equal(values(loader).flat().length, 10);
});

test("an error in the body or in a sample leaves a loader that works", () => {
  let broken = true;
  const plain: Dataset<number> = {
    length: 4,
    get(index) {
      if (broken && index === 2) throw new Error("no such file");
      return index;
    },
  };
  const loader = new DataLoader(plain, { batchSize: 2 });
  assert.throws(() => [...loader], { message: "no such file" });
  broken = false;
  assert.throws(() => {
    for (const _ of loader) throw new Error("body");
  }, { message: "body" });
  const batches: unknown[] = [];
  for (const x of loader) batches.push(x.toArray());
  assert.deepEqual(batches, [[0, 1], [2, 3]]);
});

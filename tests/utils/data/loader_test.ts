import {
  arange,
  Generator,
  GradusError,
  manualSeed,
  memory,
  ReleasedError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import {
  BatchSampler,
  ConcatDataset,
  DataLoader,
  type DataLoaderOptions,
  type Dataset,
  defaultCollate,
  RandomSampler,
  randomSplit,
  SequentialSampler,
  Subset,
  SubsetRandomSampler,
  TensorDataset,
  WeightedRandomSampler,
} from "../../../src/utils/data/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const set = new TensorDataset(arange(10), arange(10).mul(-1));

/** The indices of the samples in each batch of an epoch. */
function epoch(options: DataLoaderOptions<[Tensor, Tensor]>): number[][] {
  const loader = new DataLoader(set, options);
  return values(loader);
}

function values(loader: DataLoader<[Tensor, Tensor]>): number[][] {
  const batches: number[][] = [];
  for (const [x, y] of loader) {
    assertSame(y.toArray(), x.neg().toArray());
    batches.push(x.toArray() as number[]);
  }
  assertStrictEquals(batches.length, loader.length);
  return batches;
}

test("batches come in order, the last one short; by default one sample each", () => {
  assertSame(epoch({ batchSize: 4 }), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]);
  assertSame(epoch({ batchSize: 4, dropLast: true }), [[0, 1, 2, 3], [4, 5, 6, 7]]);
  assertSame(epoch({ batchSize: 20 }), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  assertEquals(epoch({ batchSize: 20, dropLast: true }), []);
  assertSame(epoch({}), Array.from({ length: 10 }, (_, i) => [i]));
});

test("shuffling gives a fresh order each epoch, reproducible by the generator's seed", () => {
  const options = (): DataLoaderOptions<[Tensor, Tensor]> => ({
    batchSize: 4,
    shuffle: true,
    generator: new Generator(5),
  });
  const loader = new DataLoader(set, options());
  const [first, second] = [values(loader), values(loader)];
  assertSame(first.flat().sort(), second.flat().sort());
  assertEquals(first.map((batch) => batch.length), [4, 4, 2]);
  assertNotEquals(first, second);
  const again = new DataLoader(set, options());
  assertSame([values(again), values(again)], [first, second]);
});

test("without a generator, manualSeed decides the order", () => {
  manualSeed(1);
  const first = epoch({ shuffle: true });
  manualSeed(1);
  assertSame(epoch({ shuffle: true }), first);
});

test("a sampler decides the order, and a batchSampler the batches", () => {
  assertEquals(epoch({ batchSize: 2, sampler: [7, 1, 1] }), [[7, 1], [1]]);
  assertEquals(epoch({ batchSize: 2, sampler: [7, 1, 1], dropLast: true }), [[7, 1]]);
  const generator = new Generator(0);
  const drawn = epoch({ sampler: new SubsetRandomSampler([2, 4, 6], { generator }) });
  assertEquals(drawn.flat().sort(), [2, 4, 6]);
  assertEquals(epoch({ batchSampler: [[3, 2], [9]] }), [[3, 2], [9]]);
});

test("options that exclude each other and impossible sizes are refused", () => {
  const refused: [DataLoaderOptions<[Tensor, Tensor]>, string][] = [
    [{ batchSize: 0 }, "Cannot make batches with batchSize 0: use a whole number, 1 or more"],
    [{ batchSize: 1.5 }, "Cannot make batches with batchSize 1.5: use a whole number, 1 or more"],
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
    assertThrowsMessage(() => new DataLoader(set, options), ValueError, message);
  }
});

test("what is misspelt or no data set is refused, also where nobody checks types", () => {
  const number = 64 as unknown as DataLoaderOptions<[Tensor, Tensor]>;
  const python = { batch_size: 64 } as DataLoaderOptions<[Tensor, Tensor]>;
  const unknown = { workers: 2 } as DataLoaderOptions<[Tensor, Tensor]>;
  assertThrowsMessage(
    () => new DataLoader(set, number),
    ValueError,
    "Cannot make DataLoader with options of type number: pass an object that names " +
      "them, such as { batchSize: … }",
  );
  assertThrowsMessage(
    () => new DataLoader(set, python),
    ValueError,
    'Cannot make DataLoader with option "batch_size": its name is "batchSize" here',
  );
  assertThrowsMessage(
    () => new DataLoader(set, unknown),
    ValueError,
    'Cannot make DataLoader with option "workers": it takes "batchSize", "shuffle", ' +
      '"dropLast", "sampler", "batchSampler", "collate", "generator", "keepBatches", "prefetch"',
  );

  const needs =
    'as a data set: it needs a whole number "length" and a function "get(index)"; of an ' +
    "array, make { length: array.length, get: (index) => array[index] }";
  const wrong: [unknown, string][] = [
    [[1, 2, 3], "an array"],
    [{ get: (i: number) => i }, "a value of type object"],
    [undefined, "a value of type undefined"],
    ...[-1, NaN, 1.5, 2 ** 53].flatMap((length): [unknown, string][] => {
      const get = (i: number): number => i;
      const stream = { length, get, *[Symbol.iterator]() {} };
      return [[{ length, get }, `what has length ${length}`], [
        stream,
        `what has length ${length}`,
      ]];
    }),
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
    for (const use of uses) assertThrowsMessage(use, ValueError, message);
  }
});

test("an index that the data set does not have is refused where it comes up", () => {
  const loader = new DataLoader(set, { sampler: [0, 10] });
  const message = "Cannot get sample 10 of 10: indices are whole numbers from 0 to 9";
  assertThrowsMessage(() => values(loader), ValueError, message);
  const plain: Dataset<number> = { length: 1, get: (index) => index };
  assertThrows(() => [...new DataLoader(plain, { sampler: [1] })], ValueError);
});

test("an empty data set has no batches", () => {
  const loader = new DataLoader(new TensorDataset(zeros([0, 2])), { shuffle: true });
  assertStrictEquals(loader.length, 0);
  assertEquals([...loader], []);
});

test("a data set with nothing but samples is collated, and a custom collate takes them all", () => {
  const words: Dataset<{ id: number; word: string }> = {
    length: 3,
    get: (index) => ({ id: index, word: "abc"[index] }),
  };
  const batches = [...new DataLoader(words, { batchSize: 2, keepBatches: true })];
  assertSame(batches.map(({ id, word }) => [id.toArray(), word]), [
    [[0, 1], ["a", "b"]],
    [[2], ["c"]],
  ]);
  const joined = new DataLoader(words, {
    batchSize: 2,
    collate: (samples) => samples.map(({ word }) => word).join("+"),
  });
  assertEquals([...joined], ["a+b", "c"]);
  // A data set that makes batches itself gives its samples to a custom collate all the same.
  const lengths = new DataLoader(set, { batchSize: 3, collate: (samples) => samples.length });
  assertEquals([...lengths], [3, 3, 3, 1]);
});

test("a batch can be awaited, destructured and taken alone", async () => {
  const loader = new DataLoader(set, { batchSize: 4 });
  const sizes: number[] = [];
  for await (const [x] of loader) sizes.push(x.shape[0]);
  assertEquals(sizes, [4, 4, 2]);
  const [[x]] = loader;
  assertSame(x.toArray(), [0, 1, 2, 3]);
  const [y] = loader[Symbol.iterator]().next().value!;
  assertSame(y.toArray(), [0, 1, 2, 3]);
});

test("loops over one loader nest, and a broken loop starts anew", () => {
  const loader = new DataLoader(set, { batchSize: 5, shuffle: true, generator: new Generator(0) });
  let outer = 0;
  for (const [x] of loader) {
    const before = x.toArray();
    let inner = 0;
    for (const [y] of loader) inner += y.shape[0];
    assertEquals(inner, 10);
    assertSame(x.toArray(), before);
    outer += x.shape[0];
  }
  assertEquals(outer, 10);
  for (const _ of loader) break;
  assertEquals(values(loader).flat().length, 10);
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
  assertThrowsMessage(() => [...loader], Error, "no such file");
  broken = false;
  assertThrowsMessage(
    () => {
      for (const _ of loader) throw new Error("body");
    },
    Error,
    "body",
  );
  const batches: unknown[] = [];
  for (const x of loader) batches.push(x.toArray());
  assertSame(batches, [[0, 1], [2, 3]]);
});

const rows = new TensorDataset(arange(80).reshape(20, 4), arange(20));

test("a batch is readable in its turn and the next, and an error after that", () => {
  const seen: Tensor[] = [];
  for (const [x] of new DataLoader(rows, { batchSize: 5 })) {
    seen.push(x);
    const turn = seen.length - 1;
    assertStrictEquals(seen[turn].at(0, 0).item(), turn * 20);
    if (turn > 0) assertStrictEquals(seen[turn - 1].at(0, 0).item(), (turn - 1) * 20);
    if (turn > 1) {
      assertThrowsMessage(
        () => seen[turn - 2].toArray(),
        ReleasedError,
        "Cannot read a batch: the loader has made two batches since; keep it with .retain(), " +
          "or make the loader with { keepBatches: true }",
      );
    }
  }
  assertEquals(seen.length, 4);
});

test("views of a batch go with it; what was computed from it stays", () => {
  const views: Tensor[] = [];
  const results: Tensor[] = [];
  for (const [x] of new DataLoader(rows, { batchSize: 5 })) {
    views.push(x.at(0));
    results.push(x.at(0).mul(2));
  }
  assertThrows(() => views[0].toArray(), ReleasedError);
  assertSame(results[0].toArray(), [0, 2, 4, 6]);
});

test("a retained batch stays, and with keepBatches all do", () => {
  const kept: Tensor[] = [];
  for (const [x, y] of new DataLoader(rows, { batchSize: 5 })) {
    kept.push(x.at(0).retain(), y);
    x.mul(y.unsqueeze(1));
  }
  assertSame(kept[0].toArray(), [0, 1, 2, 3]);
  assertThrows(() => kept[1].toArray(), ReleasedError);
  const all = [...new DataLoader(rows, { batchSize: 1, keepBatches: true })];
  assertSame(all.map(([, y]) => y.item()), Array.from({ length: 20 }, (_, i) => i));
});

test("the last batches stay readable after the loop, until the loader is used again", () => {
  const loader = new DataLoader(rows, { batchSize: 5 });
  const read = (): Tensor[] => {
    const seen: Tensor[] = [];
    for (const [x] of loader) {
      seen.push(x);
      x.sum();
    }
    return seen;
  };
  const [, , third, fourth] = read();
  assertEquals(third.at(0, 0).item(), 40);
  assertEquals(fourth.at(0, 0).item(), 60);
  const [, , , last] = read();
  assertThrows(() => third.toArray(), ReleasedError);
  assertThrows(() => fourth.toArray(), ReleasedError);
  assertEquals(last.at(0, 0).item(), 60);
});

test("a loop that only collects gets all batches, and those of the next loop as well", () => {
  const loader = new DataLoader(rows, { batchSize: 5 });
  const first = [...loader];
  const second = Array.from(loader);
  const firsts = (batches: [Tensor, Tensor][]): number[] => batches.map(([x]) => x.at(0, 0).item());
  assertSame([firsts(first), firsts(second)], [[0, 20, 40, 60], [0, 20, 40, 60]]);
  assertSame(firsts([...loader]), [0, 20, 40, 60]);
  assertSame([firsts(first), firsts(second)], [[0, 20, 40, 60], [0, 20, 40, 60]]);

  // Labels that nothing in the loop reads stay as well, whatever happens to the images.
  const labels: Tensor[] = [];
  for (const [x, y] of loader) {
    x.sum();
    labels.push(y);
  }
  for (const _ of loader);
  assertEquals(labels.map((y) => y.at(4).item()), [4, 9, 14, 19]);
});

test("unread batches wait outside the arena, and read ones are never copied", () => {
  const loader = new DataLoader(rows, { batchSize: 1 });
  for (const [x, y] of loader) x.mul(y);
  const before = memory.stats();
  for (const [x, y] of loader) [x.toArray(), y.toArray()];
  assertSame(memory.stats(), before);
  const all = [...loader];
  const after = memory.stats();
  assertStrictEquals(after.spills, before.spills + 40);
  assert(after.storages <= before.storages, "none stays in the arena");
  assertEquals(all[19][1].item(), 19);
});

test("after a break the batch stays readable", () => {
  const loader = new DataLoader(rows, { batchSize: 5 });
  let kept: Tensor | undefined;
  for (const [x] of loader) {
    kept = x;
    break;
  }
  assertEquals(kept!.at(0, 1).item(), 1);
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
  assertSame(whole.toArray(), [0, 1, 2, 3]);
  for (const x of mine) assertSame(x.toArray(), [[0, 1], [2, 3]]);
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
  for (const { tokens, extra } of new DataLoader(rows, { collate })) {
    assertEquals(tokens.shape, [4]);
    for (const mask of extra.get("mask")!) assertEquals(mask.at(3).item(), 1);
    steps++;
  }
  assertEquals(steps, 20);
});

test("what a data set computes once and keeps stays readable, also as a part of a batch", () => {
  const decoded: Tensor[] = [];
  const samples = new Map<number, [Tensor, number]>();
  const memoising: Dataset<[Tensor, number]> = {
    length: 6,
    get(index) {
      const sample = samples.get(index);
      if (sample !== undefined) return sample;
      const image = tensor([index, index]).add(1); // kept, and no part of the sample
      decoded.push(image);
      const made: [Tensor, number] = [image.mul(10), index];
      samples.set(index, made);
      return made;
    },
  };
  const options: DataLoaderOptions<[Tensor, number], [Tensor, Tensor]>[] = [
    { batchSize: 2 },
    { batchSize: 1, collate: ([[x, y]]) => [x.unsqueeze(0), tensor([y])] }, // a view of the kept one
  ];
  for (const option of options) {
    samples.clear();
    decoded.length = 0;
    const loader = new DataLoader(memoising, option);
    for (let epoch = 0; epoch < 3; epoch++) {
      const rows: number[] = [];
      for (const [x] of loader) rows.push(...x.sum(1).toArray() as number[]);
      assertEquals(rows, [20, 40, 60, 80, 100, 120]);
    }
    assertEquals(decoded.map((x) => x.at(0).item()), [1, 2, 3, 4, 5, 6]);
  }
});

test("a batch that a recorded graph will read outlives its turn, and goes with the graph", () => {
  const weight = tensor([1, 1, 1, 1], { requiresGrad: true });
  const batches: Tensor[] = [];
  let total = zeros([]);
  const resident = (): number => memory.stats().storages;
  for (const [x] of new DataLoader(rows, { batchSize: 5 })) {
    batches.push(x);
    total = total.add(x.mul(weight).sum());
  }
  total.backward();
  assertEquals(weight.grad!.toArray(), [760, 780, 800, 820]);
  const before = resident();
  weight.mul(2).sum().backward();
  assertThrows(() => batches[0].toArray(), ReleasedError);
  assert(resident() < before);
});

test("memory is flat over 2,000 batches, with samples, batches and breaks", () => {
  const samples: Dataset<[Tensor, number]> = {
    length: 20,
    get: (index) => [rows.get(index)[0].mul(2), index],
  };
  const loaders = [
    new DataLoader(rows, { batchSize: 2, shuffle: true }),
    new DataLoader(samples, { batchSize: 2, shuffle: true }),
  ];
  const epochs = (count: number): void => {
    for (let epoch = 0; epoch < count; epoch++) {
      for (const loader of loaders) {
        let steps = 0;
        for (const [x, y] of loader) {
          assertStrictEquals(x.data.length, 4 * y.data.length);
          if (++steps === 8 && epoch % 3 === 0) break;
        }
      }
    }
  };
  epochs(3);
  const before = memory.stats();
  epochs(110);
  const after = memory.stats();
  assertStrictEquals(after.resident, before.resident);
  assertStrictEquals(after.storages, before.storages);
  assertStrictEquals(after.peak, before.peak);
  assertStrictEquals(after.restores, before.restores);
});

test("nested loops leave nothing behind either", () => {
  const loader = new DataLoader(rows, { batchSize: 4 });
  const nested = (): void => {
    for (const [x] of loader) {
      for (const [y] of loader) assertStrictEquals(x.data.length, y.data.length);
    }
  };
  nested();
  nested();
  const { storages } = memory.stats();
  for (let i = 0; i < 20; i++) nested();
  assertStrictEquals(memory.stats().storages, storages);
});

test("values that are no data sets, samplers or lists are refused by name", () => {
  const uses: [string, (value: never) => unknown][] = [
    ["DataLoader", (x) => new DataLoader(x)],
    ["DataLoader", (batchSampler) => new DataLoader(rows, { batchSampler })],
    ["DataLoader", (collate) => new DataLoader(rows, { collate })],
    ["BatchSampler", (x) => new BatchSampler(x, { batchSize: 1 })],
    ["TensorDataset", (x) => new TensorDataset(x)],
    ["ConcatDataset", (x) => new ConcatDataset(x)],
    ["get samples", (x) => new Subset(rows, x)],
    ["get samples", (x) => rows.getBatch(x)],
    ["randomSplit", (x) => randomSplit(rows, x)],
    ["SequentialSampler", (x) => new SequentialSampler(x)],
    ["RandomSampler", (x) => new RandomSampler(x)],
    ["SubsetRandomSampler", (x) => new SubsetRandomSampler(x)],
    ["WeightedRandomSampler", (x) => new WeightedRandomSampler(x, 2)],
    ["collate", (x) => defaultCollate(x)],
  ];
  for (const [name, use] of uses) {
    for (const value of [null, 3, true, {}]) {
      // As an option, null is none.
      if (value === null && /batchSampler|collate/.test(`${use}`)) continue;
      const error = assertThrows(() => use(value as never), GradusError);
      assertMatch(error.message, /^Cannot /);
      assert(name === "DataLoader" || error.message.includes(name));
    }
  }
});

test("no batch size, endless prefetching, and what is no index or in itself are refused", () => {
  const make = (samples: unknown[], options: object) => () => [
    ...new DataLoader({ length: samples.length, get: (i) => samples[i] }, options),
  ];
  const part: Record<string, unknown> = {};
  part.whole = part;
  const faults: [() => unknown, RegExp][] = [
    [
      make([1], { batchSize: null }),
      /^Cannot make batches with batchSize null: use a whole number/,
    ],
    [
      make([1], { prefetch: 1e15 }),
      /^Cannot prefetch 1000000000000000 batches: use a whole number/,
    ],
    [
      make([1], { sampler: [Symbol("a")] }),
      /^Cannot make a batch with sample Symbol\(a\): indices/,
    ],
    [make([part, part], { batchSize: 2 }), /^Cannot collate sample\.whole\.whole.*…: it is nested/],
  ];
  for (const [use, message] of faults) assertThrowsMessage(use, ValueError, message);
  const samples = new Float64Array([1.5, 2]) as unknown as number[];
  assertSame(defaultCollate(samples).toArray(), [1.5, 2]);
});

test("an iterator is no sampler: its second epoch would have no samples", () => {
  const once = function* <I>(...indices: I[]) {
    yield* indices;
  };
  for (
    const [action, make] of [
      ["make BatchSampler", (sampler) => new DataLoader(set, { sampler: sampler as never })],
      ["make DataLoader", (sampler) => new DataLoader(set, { batchSampler: sampler as never })],
    ] satisfies [string, (sampler: unknown) => unknown][]
  ) {
    assertThrowsMessage(
      () => make(once([0])),
      ValueError,
      `Cannot ${action} with an iterator as sampler: it is used up after one epoch, and the next ` +
        "would have no samples; pass [...iterator], or an object with length and *[Symbol.iterator]()",
    );
  }
  assertEquals(epoch({ sampler: [...once(3, 1)] }), [[3], [1]]);
});

test("a collate that returns a promise or nothing is refused where the loop does not wait", async () => {
  const later = new DataLoader(set, { collate: async (samples) => await samples.length });
  assertThrows(() => [...later], ValueError, 'write "for await (const batch of loader)"');
  const sizes: number[] = [];
  for await (const size of later) sizes.push(await size);
  assertEquals(sizes.length, 10);
  assertThrowsMessage(
    () => [...new DataLoader(set, { collate: () => {} })],
    ValueError,
    "Cannot make a batch with a collate that returns nothing: return the batch",
  );
});

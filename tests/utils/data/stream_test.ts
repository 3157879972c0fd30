import { assert, assertEquals, assertStrictEquals, assertThrows, fail } from "@std/assert";
import { test } from "node:test";
import {
  arange,
  Generator as RandomGenerator,
  memory,
  ReleasedError,
  type Tensor,
  tensor,
  ValueError,
} from "../../../mod.ts";
import {
  type AsyncDataset,
  DataLoader,
  type DataLoaderOptions,
  randomSplit,
  TensorDataset,
} from "../../../src/utils/data/mod.ts";
import { assertRejectsMessage, assertSame, assertThrowsMessage } from "../../support/assert.ts";

/** Waits until everything that is ready has run. */
const pause = (milliseconds = 0): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A data set of `length` samples that takes its time, and counts how many are under way. */
class Slow implements AsyncDataset<[point: Tensor, name: string]> {
  readonly length: number;
  readonly asked: number[] = [];
  underWay = 0;
  most = 0;

  constructor(length: number) {
    this.length = length;
  }

  async get(index: number): Promise<[point: Tensor, name: string]> {
    this.asked.push(index);
    this.most = Math.max(this.most, ++this.underWay);
    await pause((index * 7) % 5);
    this.underWay--;
    return [tensor([index, -index]), `no. ${index}`];
  }
}

async function collect<B>(loader: AsyncIterable<B>): Promise<B[]> {
  const batches: B[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

test("samples that arrive later become batches in order, with and without prefetch", async () => {
  for (const prefetch of [0, 1, 3, 100]) {
    const loader = new DataLoader(new Slow(10), { batchSize: 4, prefetch });
    assertEquals(loader.length, 3);
    for (let epoch = 0; epoch < 2; epoch++) {
      const rows: unknown[] = [];
      const names: string[] = [];
      for await (const [points, name] of loader) {
        rows.push(...points.toArray() as number[][]);
        names.push(...name);
      }
      assertSame(rows, Array.from({ length: 10 }, (_, i) => [i, -i]));
      assertSame(names, Array.from({ length: 10 }, (_, i) => `no. ${i}`));
    }
  }
});

test("a batch is asked for at once, and prefetch asks for further ones during the body", async () => {
  for (const prefetch of [0, 2]) {
    const set = new Slow(12);
    const counts: number[] = [];
    for await (const _ of new DataLoader(set, { batchSize: 3, prefetch })) {
      counts.push(set.asked.length);
      await pause(20);
    }
    assertSame(counts, prefetch === 0 ? [3, 6, 9, 12] : [9, 12, 12, 12]);
    assertStrictEquals(set.most, 3 * (prefetch + 1));
  }
});

test("the order, the sampler and randomSplit work for samples that arrive later", async () => {
  const [train] = randomSplit(new Slow(8), [0.5, 0.5]);
  const seen: number[] = [];
  for await (const [points] of new DataLoader(train, { batchSize: 2, shuffle: true })) {
    seen.push(...points.at(":", 0).toArray() as number[]);
  }
  assertSame(seen.sort(), [...train.indices].sort());
});

test("a data set may make whole batches later", async () => {
  const batched: AsyncDataset<Tensor> = {
    length: 5,
    get: () => fail("getBatch is the faster way"),
    getBatch: async (indices) => {
      await pause();
      return tensor([...indices]).mul(2);
    },
  };
  const batches = await collect(new DataLoader(batched, { batchSize: 2, prefetch: 1 }));
  assertSame(batches.map((x) => x.toArray()), [[0, 2], [4, 6], [8]]);
});

test("a loop that does not wait says how to", () => {
  const never = 'Cannot loop over samples that arrive later without waiting: write "for await ' +
    '(const batch of loader)"';
  assertThrowsMessage(() => [...new DataLoader(new Slow(2))], ValueError, never);
  const stream = {
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(1);
    },
  };
  assertThrowsMessage(() => [...new DataLoader(stream)], ValueError, never);
  const rows = new TensorDataset(arange(4));
  assertThrowsMessage(
    () => [...new DataLoader(rows, { prefetch: 1 })],
    ValueError,
    'Cannot prefetch in a loop that does not wait: write "for await (const batch of ' +
      'loader)", or leave prefetch out',
  );
});

test("an error of a sample ends the loop in its turn, and no rejection goes astray", async () => {
  const failing: AsyncDataset<number> = {
    length: 12,
    get: async (index) => {
      await pause(index === 7 ? 1 : 5);
      if (index > 6) throw new Error(`no file ${index}`);
      return index;
    },
  };
  const seen: number[] = [];
  const loop = async (): Promise<void> => {
    for await (const x of new DataLoader(failing, { batchSize: 2, prefetch: 5 })) {
      seen.push(...x.toArray() as number[]);
    }
  };
  await assertRejectsMessage(() => loop(), Error, "no file 7");
  assertSame(seen, [0, 1, 2, 3, 4, 5]);
  const mixed: AsyncDataset<number> = {
    length: 2,
    get(index) {
      if (index === 1) throw new Error("at once");
      return Promise.reject(new Error("later"));
    },
  };
  await assertRejectsMessage(
    () => collect(new DataLoader(mixed, { batchSize: 2 })),
    Error,
    "at once",
  );
  assertThrows(() => [...new DataLoader(failing, { batchSize: 12 })], ValueError);
  await pause(20); // A rejection that nobody handles would fail the test here.
});

test("streams are cut into batches, waited for or not", async () => {
  const plain = {
    *[Symbol.iterator](): Generator<[Tensor, number]> {
      for (let i = 0; i < 5; i++) yield [tensor([i]), i];
    },
  };
  const later = {
    async *[Symbol.asyncIterator](): AsyncGenerator<[Tensor, number]> {
      for (const sample of plain) yield await Promise.resolve(sample);
    },
  };
  const sizes = (batches: [Tensor, Tensor][]): unknown[] =>
    batches.map(([x, y]) => [x.toArray(), y.toArray()]);
  const expected = [[[[0], [1]], [0, 1]], [[[2], [3]], [2, 3]], [[[4]], [4]]];
  for (let epoch = 0; epoch < 2; epoch++) {
    assertSame(sizes([...new DataLoader(plain, { batchSize: 2 })]), expected);
    for (const prefetch of [0, 2]) {
      const options = { batchSize: 2, prefetch };
      assertSame(sizes(await collect(new DataLoader(plain, options))), expected);
      assertSame(sizes(await collect(new DataLoader(later, options))), expected);
    }
  }
  const whole = { batchSize: 2, dropLast: true };
  assertSame(sizes([...new DataLoader(plain, whole)]), expected.slice(0, 2));
  assertSame(sizes(await collect(new DataLoader(later, whole))), expected.slice(0, 2));
  const sums = new DataLoader(plain, {
    batchSize: 3,
    collate: (samples) => samples.reduce((sum, [, y]) => sum + y, 0),
  });
  assertEquals([...sums], [3, 7]);
});

test("a stream is closed when the loop ends, also early, and starts anew", async () => {
  const log: string[] = [];
  const stream = {
    *[Symbol.iterator]() {
      log.push("open");
      try {
        for (let i = 0;; i++) yield i; // endless
      } finally {
        log.push("closed");
      }
    },
  };
  const loader = new DataLoader(stream, { batchSize: 2 });
  for (const x of loader) if (x.at(1).item() === 3) break;
  for await (const _ of loader) break;
  assertEquals(log, ["open", "closed", "open", "closed"]);
  assertThrowsMessage(
    () => {
      for (const _ of loader) throw new Error("body");
    },
    Error,
    "body",
  );
  assertEquals(log.length, 6);
});

test("an iterator that is used up is an error, not an empty epoch", () => {
  function* numbers(): Generator<number> {
    yield* [1, 2, 3];
  }
  const loader = new DataLoader(numbers(), { batchSize: 2 });
  assertEquals([...loader].map((x) => x.toArray()), [[1, 2], [3]]);
  assertThrowsMessage(
    () => [...loader],
    ValueError,
    "Cannot run twice through an iterator: it is used up; pass a stream that starts anew, " +
      "such as an object with *[Symbol.iterator]()",
  );
});

test("a stream has no order to choose, and no length", () => {
  const stream = new Set([1, 2, 3]);
  assertThrowsMessage(
    () => new DataLoader(stream).length,
    ValueError,
    "Cannot count the batches of a stream: it ends where it ends; count them in the loop",
  );
  assertThrowsMessage(
    () => new DataLoader(stream).dataset,
    ValueError,
    "Cannot return the data set of a loader of a stream: there is none; use the stream itself",
  );
  assertEquals(new DataLoader(new Slow(3)).dataset.length, 3);
  const refused: [DataLoaderOptions<number>, RegExp][] = [
    [{ generator: new RandomGenerator(0) }, /stream and generator/],
    [{ shuffle: true }, /^Cannot load with both a stream and shuffle: it comes in its own order/],
    [{ sampler: [0] }, /stream and sampler/],
    [{ batchSampler: [[0]] }, /stream and batchSampler/],
    [{ batchSize: 0 }, /^Cannot make batches with batchSize 0/],
    [{ prefetch: -1 }, /^Cannot prefetch -1 batches: use a whole number from 0 to 1000000/],
    [{ prefetch: 0.5 }, /^Cannot prefetch 0.5 batches/],
  ];
  for (const [options, message] of refused) {
    assertThrowsMessage(() => new DataLoader(stream, options), ValueError, message);
  }
});

test("memory is flat while samples and streams arrive, and batches end as in other loops", async () => {
  const slow = new Slow(8);
  const stream = {
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < 8; i++) yield await Promise.resolve(tensor([i]).mul(2));
    },
  };
  const epoch = async (): Promise<Tensor[]> => {
    const seen: Tensor[] = [];
    for await (const [x] of new DataLoader(slow, { batchSize: 2, prefetch: 2 })) {
      x.sum();
      seen.push(x);
    }
    for await (const x of new DataLoader(stream, { batchSize: 2, prefetch: 1 })) x.sum();
    return seen;
  };
  const [first] = await epoch();
  assertThrows(() => first.toArray(), ReleasedError);
  await epoch();
  const { resident } = memory.stats();
  for (let i = 0; i < 20; i++) await epoch();
  // Results of `mul` on the way are left to the sweeps; samples and batches are not.
  assert(memory.stats().resident - resident < 20 * 100_000, String(memory.stats().resident));
});

test("what an asynchronous data set keeps stays readable", async () => {
  const kept = new Map<number, Promise<Tensor>>();
  const memoising: AsyncDataset<Tensor> = {
    length: 4,
    get(index) {
      const made = kept.get(index) ?? pause().then(() => tensor([index, 1]));
      kept.set(index, made);
      return made;
    },
  };
  const loader = new DataLoader(memoising, { batchSize: 2, prefetch: 1 });
  for (let epoch = 0; epoch < 3; epoch++) {
    const rows: unknown[] = [];
    for await (const x of loader) rows.push(...x.toArray() as number[][]);
    assertSame(rows, [[0, 1], [1, 1], [2, 1], [3, 1]]);
  }
});

import {
  arange,
  Generator,
  manualSeed,
  memory,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import {
  ConcatDataset,
  DataLoader,
  type Dataset,
  randomSplit,
  Subset,
  TensorDataset,
} from "../../../src/utils/data/mod.ts";
import { assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

test("a sample is a view of each tensor, a batch a copy of the rows asked for", () => {
  const x = arange(12).reshape(4, 3);
  const y = tensor([0, 1, 2, 3], { dtype: "int32" });
  const set = new TensorDataset(x, y);
  assertEquals(set.length, 4);
  const [row, label] = set.get(2);
  assertEquals(row.toArray(), [6, 7, 8]);
  assertEquals(label.item(), 2);
  const [rows, labels] = set.getBatch([3, 0, 3]);
  assertSame(rows.toArray(), [[9, 10, 11], [0, 1, 2], [9, 10, 11]]);
  assertSame(labels.toArray(), [3, 0, 3]);
  assertEquals(labels.dtype, "int32");
  x.fill_(-1);
  assertEquals(row.toArray(), [-1, -1, -1]);
  assertSame(rows.toArray(), [[9, 10, 11], [0, 1, 2], [9, 10, 11]]);
});

test("batches come from views and every dtype alike", () => {
  for (const dtype of ["float32", "float64", "int32", "uint8", "bool"] as const) {
    const x = tensor([[1, 0, 1], [0, 0, 1]], { dtype }).T;
    const [batch] = new TensorDataset(x).getBatch(Int32Array.of(2, 0));
    assertSame(batch.toArray(), [[1, 1], [1, 0]]);
    assertStrictEquals(batch.dtype, dtype);
  }
});

test("gradients flow through a batch to tensors that require one", () => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const [batch] = new TensorDataset(x).getBatch([2, 2, 0]);
  batch.sum().backward();
  assertSame(x.grad!.toArray(), [1, 0, 2]);
});

test("an empty data set has no samples and an empty batch", () => {
  const set = new TensorDataset(zeros([0, 3]));
  assertStrictEquals(set.length, 0);
  assertSame(set.getBatch([])[0].shape, [0, 3]);
  assertThrowsMessage(() => set.get(0), Error, "Cannot get sample 0 of 0: the data set is empty");
});

test("indices out of range and tensors of different lengths are refused", () => {
  const set = new TensorDataset(arange(4));
  const storages = memory.stats().storages;
  for (const index of [4, -1, 0.5, NaN]) {
    const message = `Cannot get sample ${index} of 4: indices are whole numbers from 0 to 3`;
    assertThrowsMessage(() => set.get(index), ValueError, message);
    assertThrowsMessage(() => set.getBatch([0, index]), ValueError, message);
  }
  assertStrictEquals(memory.stats().storages, storages);
  assertThrowsMessage(
    () => new TensorDataset(arange(4), zeros([3, 2])),
    ShapeError,
    /^Cannot make a data set of tensors of shapes \[4\], \[3, 2\]: /,
  );
  assertThrows(() => new TensorDataset(tensor(1)), ShapeError);
  assertThrows(() => new TensorDataset(), ShapeError);
});

test("a subset maps its indices, and those of a subset of it", () => {
  const set = new TensorDataset(arange(10));
  const inner = new Subset(set, [9, 7, 5, 3]);
  const outer = new Subset(inner, Int32Array.of(3, 0));
  assertEquals([inner.length, outer.length], [4, 2]);
  assertEquals(outer.get(0)[0].item(), 3);
  assertEquals(outer.getBatch!([1, 0, 1])[0].toArray(), [9, 3, 9]);
});

test("a subset has getBatch only if its data set has, and keeps its own indices", () => {
  const plain: Dataset<number> = { length: 3, get: (index) => index * 10 };
  const indices = [2, 1];
  const set = new Subset(plain, indices);
  indices[0] = 0;
  assertEquals(set.getBatch, undefined);
  assertEquals([set.get(0), set.get(1)], [20, 10]);
});

test("indices that the data set does not have are refused at once", () => {
  const set = new TensorDataset(arange(3));
  assertThrowsMessage(
    () => new Subset(set, [0, 3]),
    ValueError,
    "Cannot get sample 3 of 3: indices are whole numbers from 0 to 2",
  );
  const subset = new Subset(set, [1]);
  assertThrowsMessage(() => subset.get(1), Error, /^Cannot get sample 1 of 1: /);
  assertThrowsMessage(() => subset.getBatch!([0, 1]), Error, /^Cannot get sample 1 of 1: /);
});

test("samples are counted through all parts, empty ones included", () => {
  const set = new ConcatDataset([
    new TensorDataset(arange(2)),
    new TensorDataset(zeros([0])),
    new TensorDataset(arange(10, 13)),
  ]);
  assertEquals(set.length, 5);
  assertEquals(set.cumulativeSizes, [2, 2, 5]);
  assertSame([0, 1, 2, 3, 4].map((i) => set.get(i)[0].item()), [0, 1, 10, 11, 12]);
  const batches = [...new DataLoader(set, { batchSize: 3, keepBatches: true })];
  assertSame(batches.map(([x]) => x.toArray()), [[0, 1, 10], [11, 12]]);
});

test("an index behind the last part and no parts at all are refused", () => {
  const set = new ConcatDataset([new TensorDataset(arange(2))]);
  assertThrowsMessage(() => set.get(2), Error, /^Cannot get sample 2 of 2: /);
  assertThrowsMessage(() => set.get(-1), Error, /^Cannot get sample -1 of 2: /);
  assertThrowsMessage(
    () => new ConcatDataset([]),
    ValueError,
    "Cannot concatenate no data sets: give at least one",
  );
});

const numbers = (length: number): Dataset<number> => ({ length, get: (index) => index });
const sizes = (length: number, parts: number[]): number[] =>
  randomSplit(numbers(length), parts).map((part) => part.length);

test("every sample is in exactly one part, in an order that the generator decides", () => {
  const split = (seed: number): number[][] =>
    randomSplit(numbers(20), [12, 0, 8], { generator: new Generator(seed) })
      .map((part) => Array.from(part.indices));
  const parts = split(1);
  assertSame(parts.map((part) => part.length), [12, 0, 8]);
  assertSame(parts.flat().sort((a, b) => a - b), Array.from({ length: 20 }, (_, i) => i));
  assertNotEquals(parts.flat(), Array.from({ length: 20 }, (_, i) => i));
  assertSame(split(1), parts);
  assertNotEquals(split(2), parts);
});

test("without a generator, manualSeed decides", () => {
  const split = (): number[] => Array.from(randomSplit(numbers(50), [25, 25])[0].indices);
  manualSeed(3);
  const first = split();
  assertNotEquals(split(), first);
  manualSeed(3);
  assertEquals(split(), first);
});

test("fractions are rounded down, and what is left goes round from the first part", () => {
  assertEquals(sizes(10, [0.5, 0.5]), [5, 5]);
  assertEquals(sizes(10, [0.7, 0.2, 0.1]), [7, 2, 1]);
  assertEquals(sizes(11, [0.3, 0.3, 0.4]), [4, 3, 4]);
  assertEquals(sizes(5, [0.25, 0.25, 0.25, 0.25]), [2, 1, 1, 1]);
  assertEquals(sizes(3, [1]), [3]);
  assertSame(sizes(0, [0.5, 0.5]), [0, 0]);
});

test("lengths that do not add up are refused", () => {
  for (const parts of [[5, 4], [5, 6], [], [-1, 11], [5.5, 4.5], [0.5, 0.4], [NaN]]) {
    assertThrowsMessage(
      () => randomSplit(numbers(10), parts),
      ValueError,
      `Cannot split 10 samples into [${parts.join(", ")}]: give whole lengths that add ` +
        `up to 10, or fractions that add up to 1`,
    );
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { arange } from "../../../mod.ts";
import { type Dataset, Subset, TensorDataset } from "../../../src/utils/data/mod.ts";

test("a subset maps its indices, and those of a subset of it", () => {
  const set = new TensorDataset(arange(10));
  const inner = new Subset(set, [9, 7, 5, 3]);
  const outer = new Subset(inner, Int32Array.of(3, 0));
  assert.deepEqual([inner.length, outer.length], [4, 2]);
  assert.equal(outer.get(0)[0].item(), 3);
  assert.deepEqual(outer.getBatch!([1, 0, 1])[0].toArray(), [9, 3, 9]);
});

test("a subset has getBatch only if its data set has, and keeps its own indices", () => {
  const plain: Dataset<number> = { length: 3, get: (index) => index * 10 };
  const indices = [2, 1];
  const set = new Subset(plain, indices);
  indices[0] = 0;
  assert.equal(set.getBatch, undefined);
  assert.deepEqual([set.get(0), set.get(1)], [20, 10]);
});

test("indices that the data set does not have are refused at once", () => {
  const set = new TensorDataset(arange(3));
  assert.throws(() => new Subset(set, [0, 3]), {
    name: "ValueError",
    message: "Cannot get sample 3 of 3: indices are whole numbers from 0 to 2",
  });
  const subset = new Subset(set, [1]);
  assert.throws(() => subset.get(1), { message: /^Cannot get sample 1 of 1: / });
  assert.throws(() => subset.getBatch!([0, 1]), { message: /^Cannot get sample 1 of 1: / });
});

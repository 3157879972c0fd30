import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, zeros } from "../../../mod.ts";
import { ConcatDataset, DataLoader, TensorDataset } from "../../../src/utils/data/mod.ts";

test("samples are counted through all parts, empty ones included", () => {
  const set = new ConcatDataset([
    new TensorDataset(arange(2)),
    new TensorDataset(zeros([0])),
    new TensorDataset(arange(10, 13)),
  ]);
  assert.equal(set.length, 5);
  assert.deepEqual(set.cumulativeSizes, [2, 2, 5]);
  assert.deepEqual([0, 1, 2, 3, 4].map((i) => set.get(i)[0].item()), [0, 1, 10, 11, 12]);
  const batches = [...new DataLoader(set, { batchSize: 3, keepBatches: true })];
  assert.deepEqual(batches.map(([x]) => x.toArray()), [[0, 1, 10], [11, 12]]);
});

test("an index behind the last part and no parts at all are refused", () => {
  const set = new ConcatDataset([new TensorDataset(arange(2))]);
  assert.throws(() => set.get(2), { message: /^Cannot get sample 2 of 2: / });
  assert.throws(() => set.get(-1), { message: /^Cannot get sample -1 of 2: / });
  assert.throws(() => new ConcatDataset([]), {
    name: "ValueError",
    message: "Cannot concatenate no data sets: give at least one",
  });
});

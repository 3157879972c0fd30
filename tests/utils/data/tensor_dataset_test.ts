import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, memory, tensor, zeros } from "../../../mod.ts";
import { TensorDataset } from "../../../src/utils/data/mod.ts";

test("a sample is a view of each tensor, a batch a copy of the rows asked for", () => {
  const x = arange(12).reshape(4, 3);
  const y = tensor([0, 1, 2, 3], { dtype: "int32" });
  const set = new TensorDataset(x, y);
  assert.equal(set.length, 4);
  const [row, label] = set.get(2);
  assert.deepEqual(row.toArray(), [6, 7, 8]);
  assert.equal(label.item(), 2);
  const [rows, labels] = set.getBatch([3, 0, 3]);
  assert.deepEqual(rows.toArray(), [[9, 10, 11], [0, 1, 2], [9, 10, 11]]);
  assert.deepEqual(labels.toArray(), [3, 0, 3]);
  assert.equal(labels.dtype, "int32");
  x.fill_(-1);
  assert.deepEqual(row.toArray(), [-1, -1, -1]);
  assert.deepEqual(rows.toArray(), [[9, 10, 11], [0, 1, 2], [9, 10, 11]]);
});

test("batches come from views and every dtype alike", () => {
  for (const dtype of ["float32", "float64", "int32", "uint8", "bool"] as const) {
    const x = tensor([[1, 0, 1], [0, 0, 1]], { dtype }).T;
    const [batch] = new TensorDataset(x).getBatch(Int32Array.of(2, 0));
    assert.deepEqual(batch.toArray(), [[1, 1], [1, 0]]);
    assert.equal(batch.dtype, dtype);
  }
});

test("gradients flow through a batch to tensors that require one", () => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const [batch] = new TensorDataset(x).getBatch([2, 2, 0]);
  batch.sum().backward();
  assert.deepEqual(x.grad!.toArray(), [1, 0, 2]);
});

test("an empty data set has no samples and an empty batch", () => {
  const set = new TensorDataset(zeros([0, 3]));
  assert.equal(set.length, 0);
  assert.deepEqual(set.getBatch([])[0].shape, [0, 3]);
  assert.throws(() => set.get(0), { message: "Cannot get sample 0 of 0: the data set is empty" });
});

test("indices out of range and tensors of different lengths are refused", () => {
  const set = new TensorDataset(arange(4));
  const storages = memory.stats().storages;
  for (const index of [4, -1, 0.5, NaN]) {
    const message = `Cannot get sample ${index} of 4: indices are whole numbers from 0 to 3`;
    assert.throws(() => set.get(index), { name: "ValueError", message });
    assert.throws(() => set.getBatch([0, index]), { name: "ValueError", message });
  }
  assert.equal(memory.stats().storages, storages);
  assert.throws(() => new TensorDataset(arange(4), zeros([3, 2])), {
    name: "ShapeError",
    message: /^Cannot make a data set of tensors of shapes \[4\], \[3, 2\]: /,
  });
  assert.throws(() => new TensorDataset(tensor(1)), { name: "ShapeError" });
  assert.throws(() => new TensorDataset(), { name: "ShapeError" });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { arange, memory, type Tensor, tensor, zeros } from "../../../mod.ts";
import { datasets, transforms } from "../../../vision/mod.ts";

const { Flatten, Lambda, Transform } = transforms;

class AddSum extends Transform {
  override readonly name = "sum";
  override forward(sample: Tensor): Tensor {
    return sample.add(sample.sum());
  }
}

test("a transform of one's own is a function and an instance, and makes batches", () => {
  const addSum = new AddSum();
  assert.ok(addSum instanceof Transform && addSum instanceof AddSum);
  assert.equal(typeof addSum, "function");
  assert.equal(addSum.name, "sum");
  assert.deepEqual(addSum(tensor([1, 2])).toArray(), [4, 5]);
  assert.deepEqual(addSum.forwardBatch(tensor([[1, 2], [3, 4]])).toArray(), [[4, 5], [10, 11]]);
  const rows = addSum.forwardSamples(arange(6).reshape(3, 2), Int32Array.of(2, 0));
  assert.deepEqual(rows.toArray(), [[13, 14], [1, 2]]);
});

test("a batch leaves nothing behind but itself", () => {
  const addSum = new AddSum();
  const data = arange(6).reshape(3, 2);
  const { storages } = memory.stats();
  const batch = addSum.forwardSamples(data, Int32Array.of(2, 0, 1));
  assert.equal(memory.stats().storages, storages + 1);
  assert.equal(batch.at(0, 0).item(), 13);
});

test("Lambda takes a batch at once only if it was told how", () => {
  const calls: string[] = [];
  const one = (x: Tensor): Tensor => (calls.push("one"), x.mul(2));
  const all = (x: Tensor): Tensor => (calls.push("all"), x.mul(2));
  const x = tensor([[1], [2]]);
  assert.deepEqual(new Lambda(one).forwardBatch(x).toArray(), [[2], [4]]);
  assert.deepEqual(new Lambda(one, { batch: all }).forwardBatch(x).toArray(), [[2], [4]]);
  assert.deepEqual(new Lambda(one, { batch: all })(tensor([3])).toArray(), [6]);
  assert.deepEqual(calls, ["one", "one", "all", "one"]);
});

test("Flatten makes every sample a vector, of any dtype", () => {
  const flatten = new Flatten();
  assert.deepEqual(flatten(zeros([2, 3, 4])).shape, [24]);
  assert.deepEqual(flatten.forwardBatch(zeros([5, 2, 3])).shape, [5, 6]);
  assert.deepEqual(flatten.forwardBatch(zeros([0, 2, 3])).shape, [0, 6]);
  const bytes = flatten(tensor([[1, 2], [3, 4]], { dtype: "uint8" }));
  assert.deepEqual([bytes.dtype, bytes.toArray()], ["uint8", [1, 2, 3, 4]]);
});

test("transforms and data sets refuse options that they do not have", async () => {
  const wrong = { nonsense: 1 } as never;
  const uses: [string, () => unknown][] = [
    ["make Lambda", () => new transforms.Lambda((x) => x, wrong)],
    ["make RandomCrop", () => new transforms.RandomCrop(2, wrong)],
    ["make RandomHorizontalFlip", () => new transforms.RandomHorizontalFlip(wrong)],
    ["make RandomRotation", () => new transforms.RandomRotation(10, wrong)],
    ["make Resize", () => new transforms.Resize(2, wrong)],
    ["make ImageDataset", () => new datasets.ImageDataset(wrong)],
  ];
  for (const [action, use] of uses) {
    assert.throws(use, {
      name: "ValueError",
      message: new RegExp(`^Cannot ${action} with option "nonsense": it takes `),
    });
  }
  for (const name of ["MNIST", "FashionMNIST", "KMNIST", "MNISTSample"] as const) {
    await assert.rejects(datasets[name].load(wrong), {
      name: "ValueError",
      message: new RegExp(`^Cannot load ${name} with option "nonsense": it takes "train", `),
    });
  }
  const crop = { pading: 4 } as never;
  assert.throws(() => new transforms.RandomCrop(2, crop), {
    message: 'Cannot make RandomCrop with option "pading": its name is "padding" here',
  });
});

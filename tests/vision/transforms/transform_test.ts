import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { arange, memory, type Tensor, tensor, ValueError, zeros } from "../../../mod.ts";
import { datasets, transforms } from "../../../vision/mod.ts";
import { assertRejectsMessage, assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { Flatten, Lambda, Transform } = transforms;

class AddSum extends Transform {
  override readonly name = "sum";
  override forward(sample: Tensor): Tensor {
    return sample.add(sample.sum());
  }
}

test("a transform of one's own is a function and an instance, and makes batches", () => {
  const addSum = new AddSum();
  assert(addSum instanceof Transform && addSum instanceof AddSum);
  assertEquals(typeof addSum, "function");
  assertEquals(addSum.name, "sum");
  assertEquals(addSum(tensor([1, 2])).toArray(), [4, 5]);
  assertEquals(addSum.forwardBatch(tensor([[1, 2], [3, 4]])).toArray(), [[4, 5], [10, 11]]);
  const rows = addSum.forwardSamples(arange(6).reshape(3, 2), Int32Array.of(2, 0));
  assertEquals(rows.toArray(), [[13, 14], [1, 2]]);
});

test("a batch leaves nothing behind but itself", () => {
  const addSum = new AddSum();
  const data = arange(6).reshape(3, 2);
  const { storages } = memory.stats();
  const batch = addSum.forwardSamples(data, Int32Array.of(2, 0, 1));
  assertStrictEquals(memory.stats().storages, storages + 1);
  assertEquals(batch.at(0, 0).item(), 13);
});

test("Lambda takes a batch at once only if it was told how", () => {
  const calls: string[] = [];
  const one = (x: Tensor): Tensor => (calls.push("one"), x.mul(2));
  const all = (x: Tensor): Tensor => (calls.push("all"), x.mul(2));
  const x = tensor([[1], [2]]);
  assertEquals(new Lambda(one).forwardBatch(x).toArray(), [[2], [4]]);
  assertEquals(new Lambda(one, { batch: all }).forwardBatch(x).toArray(), [[2], [4]]);
  assertEquals(new Lambda(one, { batch: all })(tensor([3])).toArray(), [6]);
  assertEquals(calls, ["one", "one", "all", "one"]);
});

test("Flatten makes every sample a vector, of any dtype", () => {
  const flatten = new Flatten();
  assertEquals(flatten(zeros([2, 3, 4])).shape, [24]);
  assertEquals(flatten.forwardBatch(zeros([5, 2, 3])).shape, [5, 6]);
  assertSame(flatten.forwardBatch(zeros([0, 2, 3])).shape, [0, 6]);
  const bytes = flatten(tensor([[1, 2], [3, 4]], { dtype: "uint8" }));
  assertEquals([bytes.dtype, bytes.toArray()], ["uint8", [1, 2, 3, 4]]);
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
    assertThrowsMessage(
      use,
      ValueError,
      new RegExp(`^Cannot ${action} with option "nonsense": it takes `),
    );
  }
  for (const name of ["MNIST", "FashionMNIST", "KMNIST", "MNISTSample"] as const) {
    await assertRejectsMessage(
      () => datasets[name].load(wrong),
      ValueError,
      new RegExp(`^Cannot load ${name} with option "nonsense": it takes "train", `),
    );
  }
  const crop = { pading: 4 } as never;
  assertThrowsMessage(
    () => new transforms.RandomCrop(2, crop),
    Error,
    'Cannot make RandomCrop with option "pading": its name is "padding" here',
  );
});

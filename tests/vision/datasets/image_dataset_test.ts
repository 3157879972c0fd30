import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { arange, ShapeError, type Tensor, tensor, ValueError, zeros } from "../../../mod.ts";
import { DataLoader, defaultCollate } from "../../../src/utils/data/mod.ts";
import { datasets, transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const data = arange(24, { dtype: "uint8" }).reshape(4, 2, 3);
const targets = tensor([3, 1, 0, 1], { dtype: "int32" });
const classes = ["a", "b", "c", "d"];

test("without transforms, samples and batches are the data as they are", () => {
  const set = new datasets.ImageDataset({ data, targets, classes });
  assertEquals(set.length, 4);
  const [image, target] = set.get(1);
  assertEquals([image.dtype, image.toArray()], ["uint8", [[6, 7, 8], [9, 10, 11]]]);
  assertEquals([target.dtype, target.item()], ["int32", 1]);
  const [x, y] = set.getBatch([2, 2, 0]);
  assertEquals([x.dtype, x.shape, x.at(0, 0, 0).item()], ["uint8", [3, 2, 3], 12]);
  assertSame([y.dtype, y.toArray()], ["int32", [0, 0, 3]]);
});

test("a batch equals its samples, collated, whatever the transforms", () => {
  const oneHot = (target: Tensor): Tensor => arange(4).eq(target).to("float32");
  const choices: datasets.TransformOptions[] = [
    {},
    { transform: new transforms.ToTensor() },
    { transform: (image) => image.to("float32").sum(), targetTransform: oneHot },
    {
      transform: new transforms.Compose([
        new transforms.ToTensor(),
        new transforms.Normalize(1, 2),
      ]),
      targetTransform: new transforms.Lambda(oneHot),
    },
  ];
  for (const options of choices) {
    const set = new datasets.ImageDataset({ data, targets, classes, ...options });
    const [x, y] = set.getBatch([3, 0, 3]);
    const [sampleX, sampleY] = defaultCollate([set.get(3), set.get(0), set.get(3)]);
    assertSame([x.dtype, x.toArray()], [sampleX.dtype, sampleX.toArray()]);
    assertSame([y.dtype, y.toArray()], [sampleY.dtype, sampleY.toArray()]);
  }
});

test("the loader types a batch as a pair of tensors", () => {
  const set = new datasets.ImageDataset({ data, targets, classes });
  const loader: DataLoader<[Tensor, Tensor]> = new DataLoader(set, { batchSize: 3 });
  assertEquals(Array.from(loader, ([x, y]) => [x.shape, y.shape]), [
    [[3, 2, 3], [3]],
    [[1, 2, 3], [1]],
  ]);
});

test("indices out of range and targets that do not belong are refused", () => {
  const set = new datasets.ImageDataset({ data, targets, classes });
  assertThrowsMessage(() => set.get(4), ValueError, /^Cannot get sample 4 of 4: /);
  assertThrowsMessage(() => set.getBatch([0, -1]), Error, /^Cannot get sample -1 of 4: /);
  assertThrowsMessage(
    () => new datasets.ImageDataset({ data, targets: zeros([3], { dtype: "int32" }), classes }),
    ShapeError,
    "Cannot pair images of shape [4, 2, 3] with targets of shape [3]: there must be one " +
      "target for each image",
  );
});

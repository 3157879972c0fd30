import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  arange,
  DTypeError,
  setDefaultDtype,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const toTensor = new transforms.ToTensor();

test("gray bytes get a channel and go from 0 to 1", () => {
  const y = toTensor(tensor([[0, 51], [102, 255]], { dtype: "uint8" }));
  assertEquals(y.dtype, "float32");
  assertSame(y.toArray(), [[[0, Math.fround(0.2)], [Math.fround(0.4), 1]]]);
});

test("channels come first, in a sample and in a batch", () => {
  const x = tensor([[[0, 255], [51, 0]]], { dtype: "uint8" }); // 1 × 2 pixels of 2 channels
  const expected = [[[0, Math.fround(0.2)]], [[1, 0]]];
  assertSame(toTensor(x).toArray(), expected);
  const batch = toTensor.forwardBatch(x.unsqueeze(0).expand(3, -1, -1, -1));
  assertSame(batch.toArray(), [expected, expected, expected]);
  assertEquals(toTensor(zeros([5, 4, 1], { dtype: "uint8" })).shape, [1, 5, 4]);
  assertSame(toTensor.forwardBatch(zeros([0, 5, 4, 3], { dtype: "uint8" })).shape, [
    0,
    3,
    5,
    4,
  ]);
});

test("every byte is divided by 255, rounded once", () => {
  const y = toTensor(arange(256, { dtype: "uint8" }).reshape(16, 16)).data;
  for (let i = 0; i < 256; i++) assertStrictEquals(y[i], Math.fround(i / 255));
});

test("floating-point images keep their values, and bytes follow the default dtype", () => {
  assertEquals(toTensor(tensor([[3, -4]], { dtype: "float64" })).toArray(), [[[3, -4]]]);
  assertEquals(toTensor(tensor([[3, -4]], { dtype: "float64" })).dtype, "float64");
  setDefaultDtype("float64");
  try {
    assertStrictEquals(toTensor(tensor([[51]], { dtype: "uint8" })).item(), 51 / 255);
  } finally {
    setDefaultDtype("float32");
  }
});

test("what is not an image is refused", () => {
  assertThrowsMessage(
    () => toTensor(zeros([3])),
    ShapeError,
    "Cannot make a tensor of an image of shape [3]: it must be [height, width] or " +
      "[height, width, channels]",
  );
  assertThrowsMessage(
    () => toTensor([[1, 2]] as unknown as Tensor),
    DTypeError,
    "Cannot transform with a value of type array: it must be a tensor; make one with " +
      "tensor(values)",
  );
  assertThrows(() => toTensor.forwardBatch(zeros([2, 3, 4, 5, 6])), ShapeError);
  assertThrowsMessage(
    () => toTensor(zeros([2, 2], { dtype: "int32" })),
    DTypeError,
    /^Cannot make a tensor of an image of int32: it must be uint8, .*\.to\("uint8"\)$/,
  );
});

test("the pixels of a canvas become an image of three channels, alone and in Compose", () => {
  const data = Uint8ClampedArray.of(255, 0, 51, 255, 0, 102, 0, 9);
  const pixels = { data, width: 2, height: 1 };
  const expected = [[[1, 0]], [[0, Math.fround(0.4)]], [[Math.fround(0.2), 0]]];
  assertEquals(toTensor(pixels).toArray(), expected);
  const { Compose, Grayscale, Resize } = transforms;
  assertEquals(new Compose([toTensor])(pixels).toArray(), expected);
  const prepare = new Compose([toTensor, new Grayscale(), new Resize([4, 4])]);
  assertEquals(prepare(pixels).shape, [1, 4, 4]);
  if (typeof ImageData === "function") {
    assertEquals(toTensor(new ImageData(data, 2, 1)).toArray(), expected);
  }
  assertThrowsMessage(
    () => toTensor({ ...pixels, height: 2 }),
    ValueError,
    "Cannot make an image of 8 values for 2 by 2 pixels: there must be four bytes for each, " +
      "red, green, blue and opacity",
  );
});

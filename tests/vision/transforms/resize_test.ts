import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { arange, ShapeError, tensor, ValueError, zeros } from "../../../mod.ts";
import { DataLoader, type Dataset } from "../../../src/utils/data/mod.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { CenterCrop, Compose, Resize, ToTensor } = transforms;

/** Two channels of 5 by 7 bytes. */
const image = arange(70, { dtype: "int32" }).mul(37).remainder(256).to("uint8").reshape(2, 5, 7);

/** Computed by torchvision 0.14: the shape, the first bytes, and the sum of all. */
const CASES = [
  [[2, 3], true, [2, 2, 3], [35, 114, 193, 41, 120, 199], 1494],
  [[2, 3], false, [2, 2, 3], [27, 113, 200, 34, 121, 207], 1494],
  [3, true, [2, 3, 4], [21, 78, 146, 204, 25, 83, 151, 209, 30, 88, 156, 213], 2988],
  [3, false, [2, 3, 4], [15, 80, 144, 209, 20, 85, 149, 214, 25, 90, 154, 219], 2988],
  [[8, 10], true, [2, 8, 10], [0, 20, 46, 72, 98, 124, 150, 176, 202, 222, 1, 22], 19920],
  [[5, 7], true, [2, 5, 7], [0, 37, 74, 111, 148, 185, 222, 3, 40, 77, 114, 151], 8715],
  [9, true, [2, 9, 12], [0, 14, 35, 57, 79, 100, 122, 143, 165, 187, 208, 222], 26892],
] as const;

for (const [size, antialias, shape, bytes, sum] of CASES) {
  test(`bytes are resized to ${size} ${antialias ? "with" : "without"} antialias`, () => {
    const resize = new Resize(size, { antialias });
    const y = resize(image);
    assertEquals(y.dtype, "uint8");
    assertEquals(y.shape, shape);
    assertSame([...y.data.subarray(0, bytes.length)], bytes);
    assertStrictEquals(y.to("int32").sum().item(), sum);
    // Without channels, and as a batch.
    assert(resize(image.at(0)).equal(y.at(0)));
    assert(resize.forwardBatch(image).equal(y));
  });
}

test("what a cubic overshoots stays a byte", () => {
  const row = tensor([[0, 0, 255, 255, 0, 0]], { dtype: "uint8" });
  const resize = new Resize([1, 12], { interpolation: "bicubic", antialias: false });
  // As in torchvision. As floats, the peaks are −26.9 and 290.9, which bytes would wrap to 229 and 35.
  assertSame(resize(row).toArray(), [[0, 0, 0, 58, 197, 255, 255, 197, 58, 0, 0, 0]]);
});

test("an image without height is refused by its shape", () => {
  assertThrowsMessage(
    () => new Resize(2)(zeros([3, 0, 4])),
    ShapeError,
    /^Cannot interpolate shape \[3, 1, 0, 4\] to size 2 along axis 2: /,
  );
});

test("the nearest pixels are taken as they are", () => {
  const y = new Resize([3, 4], { interpolation: "nearest" })(image);
  assertSame(y.toArray(), [
    [[0, 37, 111, 185], [3, 40, 114, 188], [9, 46, 120, 194]],
    [[15, 52, 126, 200], [18, 55, 129, 203], [24, 61, 135, 209]],
  ]);
});

test("the longer side follows the shorter one", () => {
  const shapes = [[120, 80], [80, 120], [33, 100]].map(([h, w]) =>
    new Resize(32)(zeros([3, h, w])).shape
  );
  assertEquals(shapes, [[3, 48, 32], [3, 32, 48], [3, 32, 96]]);
});

test("the middle is cut out, with zeros around what is smaller, as torchvision does", () => {
  const x = arange(42).reshape(1, 6, 7);
  const rows = (...from: number[]) => from.map((a) => [a, a + 1, a + 2]);
  assertEquals(new CenterCrop(2)(x).toArray(), [[[16, 17], [23, 24]]]);
  assertEquals(new CenterCrop([3, 4])(x).toArray(), [
    [[16, 17, 18, 19], [23, 24, 25, 26], [30, 31, 32, 33]],
  ]);
  assertEquals(new CenterCrop([1, 7])(x).toArray(), [[[14, 15, 16, 17, 18, 19, 20]]]);
  assertSame(new CenterCrop([8, 3])(x).toArray(), [
    [[0, 0, 0], ...rows(2, 9, 16, 23, 30, 37), [0, 0, 0]],
  ]);
  const wide = new CenterCrop([9, 10])(x);
  assertSame(wide.at(0, 1).toArray(), [0, 0, 1, 2, 3, 4, 5, 6, 0, 0]);
  assertSame(wide.at(0, 6).toArray(), [0, 35, 36, 37, 38, 39, 40, 41, 0, 0]);
  assertSame(wide.at(0, [7, 9]).sum().item(), 0);
  assertEquals(new CenterCrop(2).forwardBatch(x).toArray(), [[[16, 17], [23, 24]]]);
});

test("images of several sizes become batches", () => {
  const transform = new Compose([new ToTensor(), new Resize(8), new CenterCrop(8)]);
  const dataset: Dataset<[typeof image, number]> = {
    length: 4,
    get: (i) => [transform(zeros([10 + i, 12 - i], { dtype: "uint8" })), i % 2],
  };
  const shapes = Array.from(new DataLoader(dataset, { batchSize: 3 }), ([x, y]) => [
    x.shape,
    y.toArray(),
  ]);
  assertSame(shapes, [[[3, 1, 8, 8], [0, 1, 0]], [[1, 1, 8, 8], [1]]]);
});

test("sizes that make no sense are refused", () => {
  for (const size of [0, 1.5, [2, 3, 4] as unknown as number]) {
    const name = ValueError.name;
    const way = "give a whole number above 0, or height and width";
    assertThrowsMessage(
      () => new Resize(size),
      name,
      `Cannot resize to [${[size].flat().join(", ")}]: ${way}`,
    );
    const sizes = typeof size === "number" ? [size, size] : size;
    assertThrowsMessage(
      () => new CenterCrop(size),
      name,
      `Cannot crop to [${(sizes as number[]).join(", ")}]: ${way}`,
    );
  }
  for (
    const [transform, action] of [[new Resize(2), "resize"], [new CenterCrop(2), "crop"]] as const
  ) {
    assertThrowsMessage(
      () => transform(tensor([1, 2])),
      ShapeError,
      `Cannot ${action} an image of shape [2]: it must be [height, width] or [channels, ` +
        `height, width]`,
    );
  }
});

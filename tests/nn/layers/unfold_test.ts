/** Blocks of images, and pixels as channels: PyTorch 1.13's numbers, edges, and misuse. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { gradCheck, ones, ShapeError, type Tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { checkPytorch, type Expected, wave } from "../../support/pytorch_case.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

const EXPECTED: Record<string, Expected> = {
  "unfold": [[1, 8, 4], [
    -1.25,
    0.5,
    1.25,
    0.25,
    0.5,
    -0.5,
    0.25,
    -0.75,
    1.25,
    0.25,
    1,
    0,
    0.25,
    -0.75,
    0,
    -1,
    0.75,
    -0.25,
    0.5,
    -0.5,
    -0.25,
    -1.25,
    -0.5,
    1.25,
    0.5,
    -0.5,
    0.25,
    -0.75,
    -0.5,
    1.25,
    -0.75,
    1,
  ], [1.25, 0.25, -1, -2, 2.5, -1, -0.5, 2.25, 0, -1, 1.25, -0.5, -1, 1.75, 0, 0, -2.25, 0.5]],
  "unfold b": [[4, 4], [
    0,
    0,
    -0.5,
    1.25,
    -1.25,
    0.5,
    0.25,
    -0.75,
    0,
    0,
    -1,
    0.75,
    1,
    0,
    -0.25,
    -1.25,
  ], [0, -1, -0.75, 1, 0.75, -0.25, 0.25, -0.75, -0.5, 1.25, 1, 0]],
  "unfold c": [[2, 4, 4], [
    0,
    0,
    0,
    -0.75,
    0,
    0,
    -0.75,
    0,
    0,
    -0.75,
    0,
    0,
    -0.75,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    1,
    -1,
    0,
    1,
    0,
    0,
    1,
    -1,
    0,
    0,
  ], [0, 0, 0, 0, 0, 2.5, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.75, 0, 0, 0, 0, 0, 0]],
  "fold": [[1, 2, 3, 3], [
    -1.25,
    0.75,
    -0.75,
    -1.5,
    3.5,
    -0.5,
    -0.25,
    0,
    0.25,
    -0.75,
    1.75,
    -0.25,
    -0.5,
    0,
    0.5,
    0.25,
    -1.75,
    0.75,
  ], [
    1.25,
    0.25,
    1,
    0,
    0.25,
    -0.75,
    0,
    -1,
    1,
    0,
    0.75,
    -0.25,
    0,
    -1,
    -0.25,
    -1.25,
    0.5,
    -0.5,
    0.25,
    -0.75,
    -0.5,
    1.25,
    -0.75,
    1,
    0.25,
    -0.75,
    0,
    -1,
    -0.75,
    1,
    -1,
    0.75,
  ]],
  "fold b": [[2, 3, 2], [0.25, -0.75, -0.5, 1.25, 1, 0, 0.5, -0.5, -0.25, -1.25, 1.25, 0.25], [
    0,
    0,
    -0.75,
    1,
    1.25,
    0.25,
    0,
    -1,
    0,
    0,
    -1.25,
    0.5,
    0.75,
    -0.25,
    -0.5,
    1.25,
  ]],
  "fold c": [[2, 1, 3, 4], [
    0,
    0,
    0,
    0,
    0,
    3.5,
    0,
    -0.5,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0.5,
    0,
    0,
    0,
    0,
  ], [
    0,
    0,
    0,
    -1,
    0,
    0,
    -1,
    -0.25,
    0,
    -1,
    0,
    0,
    -1,
    -0.25,
    0,
    0,
    0,
    0,
    0,
    0.75,
    0,
    0,
    0.75,
    -1.25,
    0,
    0.75,
    0,
    0,
    0.75,
    -1.25,
    0,
    0,
  ]],
  "pixelUnshuffle": [[2, 4, 2, 1], [
    -1.25,
    0.25,
    0.5,
    -0.75,
    -0.5,
    1,
    1.25,
    0,
    -1,
    0.5,
    0.75,
    -0.5,
    -0.25,
    1.25,
    -1.25,
    0.25,
  ], [1.25, -0.75, 0, 0.75, 0.25, 1, -1, -0.25, -1.25, -0.5, 0.25, 1, 0.5, 1.25, -0.75, 0]],
  "pixelUnshuffle 3": [[9, 1, 2], [
    -1.25,
    1.25,
    0.5,
    0.25,
    -0.5,
    -0.75,
    1,
    0.75,
    0,
    -0.25,
    -1,
    -1.25,
    0.5,
    0.25,
    -0.5,
    -0.75,
    1.25,
    1,
  ], [
    1.25,
    -0.75,
    0,
    0.25,
    1,
    -1,
    0.75,
    -1.25,
    -0.5,
    -0.25,
    0.5,
    1.25,
    0.25,
    1,
    -1,
    -0.75,
    0,
    0.75,
  ]],
};

const b = { dilation: [1, 2], padding: [1, 0], stride: [2, 1] } as const;
const c = { dilation: 2, padding: 1, stride: 2 };

const CALLS: Record<string, readonly [Tensor, (x: Tensor) => Tensor]> = {
  unfold: [wave([1, 2, 3, 3]), (x) => new nn.Unfold(2)(x)],
  "unfold b": [wave([2, 3, 2]), (x) => F.unfold(x, [2, 1], b)],
  "unfold c": [wave([2, 1, 3, 4]), (x) => new nn.Unfold(2, c)(x)],
  fold: [wave([1, 8, 4]), (x) => new nn.Fold(3, 2)(x)],
  "fold b": [wave([4, 4]), (x) => F.fold(x, [3, 2], [2, 1], b)],
  "fold c": [wave([2, 4, 4]), (x) => new nn.Fold([3, 4], 2, c)(x)],
  pixelUnshuffle: [wave([2, 1, 4, 2]), (x) => new nn.PixelUnshuffle(2)(x)],
  "pixelUnshuffle 3": [wave([1, 3, 6]), (x) => F.pixelUnshuffle(x, 3)],
};

for (const [name, [x, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers`, () => {
    checkPytorch(EXPECTED[name], [x], f);
    assert(gradCheck(f, [x.clone().requiresGrad_()], { secondOrder: true }));
  });
}

test("a convolution is a product of the kernel with the blocks", () => {
  const [x, weight] = [wave([2, 3, 5, 4]), wave([4, 3, 2, 3], 2)];
  const options = { padding: 1, stride: [2, 1], dilation: [1, 2] } as const;
  const expected = F.conv2d(x, weight, options);
  const product = weight.reshape(4, 18).matmul(F.unfold(x, [2, 3], options));
  assert(product.reshape(expected.shape).sub(expected).abs().max().item() < 1e-14);
});

test("pixelUnshuffle undoes pixelShuffle", () => {
  const x = wave([2, 8, 2, 3]);
  assertEquals(F.pixelUnshuffle(F.pixelShuffle(x, 2), 2).equal(x), true);
});

test("empty batches", () => {
  assertSame(F.unfold(zeros([0, 2, 3, 3]), 2).shape, [0, 8, 4]);
  assertSame(F.fold(zeros([0, 4, 4]), 3, 2).shape, [0, 1, 3, 3]);
  assertSame(F.pixelUnshuffle(zeros([0, 1, 2, 2]), 2).shape, [0, 4, 1, 1]);
});

test("printed layers show what they were made with", () => {
  assertEquals(`${new nn.Unfold(2)}`, "Unfold(2)");
  const options = "{ dilation: [1, 2], padding: [1, 0], stride: [2, 1] }";
  assertEquals(`${new nn.Unfold([2, 1], b)}`, `Unfold([2, 1], ${options})`);
  assertEquals(
    `${new nn.Fold([3, 4], 2, c)}`,
    "Fold([3, 4], 2, { dilation: 2, padding: 1, stride: 2 })",
  );
  assertEquals(`${new nn.PixelUnshuffle(3)}`, "PixelUnshuffle(3)");
});

test("misuse is refused", () => {
  const refused = (f: () => unknown, name: string, message: string) =>
    assertThrowsMessage(f, name, message);
  refused(
    () => F.unfold(ones([2, 2]), 1),
    ShapeError.name,
    "Cannot unfold shape [2, 2]: the input must be [n, c, h, w] or [c, h, w]; reshape it, or add an " +
      "axis with unsqueeze()",
  );
  refused(
    () => F.unfold(ones([1, 2, 2]), 3),
    ShapeError.name,
    "Cannot unfold images of 2 × 2 with kernelSize 3, dilation 1 and padding 0: no block fits; use " +
      "smaller ones, or more padding",
  );
  refused(
    () => F.fold(ones([1, 5, 4]), 3, 2),
    ShapeError.name,
    "Cannot fold shape [1, 5, 4] to images of 3 × 3: it must be [n, c · 4, 4] or [c · 4, 4]",
  );
  refused(
    () => F.fold(ones([4, 3]), 3, 2),
    ShapeError.name,
    "Cannot fold shape [4, 3] to images of 3 × 3: it must be [n, c · 4, 4] or [c · 4, 4]",
  );
  refused(
    () => F.unfold(ones([1, 2, 2]), 1, { stride: 0 }),
    ValueError.name,
    "Cannot unfold with stride 0: it must be a whole number, 1 or more",
  );
  refused(
    () => new nn.Fold(3, 2, { padding: -1 }),
    ValueError.name,
    "Cannot make Fold with padding -1: it must be a whole number, 0 or more",
  );
  refused(
    () => new nn.Fold(0, 2),
    ValueError.name,
    "Cannot make Fold with outputSize 0: it must be a whole number, 1 or more",
  );
  refused(
    () => F.pixelUnshuffle(ones([1, 3, 3]), 2),
    ShapeError.name,
    "Cannot pixelUnshuffle shape [1, 3, 3] by 2: it must be [n, c, h, w] or [c, h, w], and h and w " +
      "divide by a whole number",
  );
  assertThrows(() => F.pixelUnshuffle(ones([4, 4]), 2), ShapeError);
});

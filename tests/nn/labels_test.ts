/**
 * Classes and rows of tables may be whole numbers in a tensor of floats, as `tensor([3, 1])` is.
 *
 * @module
 */

import { DTypeError, type Tensor, tensor, ValueError } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { CrossEntropyLoss, Embedding } from "../../src/nn/mod.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const scores = tensor([[1, 2, 3], [3, 0, 1]]).logSoftmax(1);
const uses: readonly (readonly [name: string, use: (labels: Tensor) => Tensor])[] = [
  ["crossEntropy", (labels) => F.crossEntropy(scores, labels)],
  ["crossEntropy, smoothed", (labels) => F.crossEntropy(scores, labels, { labelSmoothing: 0.1 })],
  [
    "CrossEntropyLoss, ignoring",
    (labels) => new CrossEntropyLoss({ ignoreIndex: 1 })(scores, labels),
  ],
  ["nllLoss", (labels) => F.nllLoss(scores, labels, { weight: tensor([1, 2, 3]) })],
  ["multiMarginLoss", (labels) => F.multiMarginLoss(scores, labels)],
  ["embedding", (labels) => F.embedding(labels, tensor([[1, 2], [3, 4], [5, 6]]))],
  [
    "embedding with maxNorm",
    (labels) => F.embedding(labels, tensor([[3, 4], [0, 1]]), { maxNorm: 1 }),
  ],
  ["oneHot", (labels) => F.oneHot(labels, 3)],
];

for (const [name, use] of uses) {
  test(`${name} takes whole numbers in floats, and refuses others with their place`, () => {
    const expected = use(tensor([1, 0], { dtype: "int32" })).toArray();
    for (const dtype of ["float32", "float64", "uint8"] as const) {
      assertSame(use(tensor([1, 0], { dtype })).toArray(), expected);
    }
    for (const wrong of [1.5, NaN, Infinity]) {
      assertThrowsMessage(
        () => use(tensor([0, wrong])),
        ValueError,
        new RegExp(
          `with number ${wrong} at \\[1\\]: classes and rows have whole numbers$`,
        ),
      );
    }
    assertThrows(() => use(tensor([true, false])), DTypeError);
  });
}

test("the place of a wrong label has all its axes", () => {
  const table = new Embedding(4, 2);
  assertEquals(table(tensor([[1, 2]])).shape, [1, 2, 2]);
  assertThrows(() => table(tensor([[0, 1, 2], [3, 1, 0.5]])), Error, "number 0.5 at [1, 2]");
  assertThrows(() => table(tensor([[4]])), Error, "index 4");
  const images = scores.reshape(1, 3, 2);
  assertThrows(() => F.nllLoss(images, tensor([[0, 2.5]])), Error, "number 2.5 at [0, 1]");
});

test("gradients pass beside labels of floats", () => {
  const table = tensor([[1, 2], [3, 4]], { requiresGrad: true });
  F.embedding(tensor([1, 1]), table).sum().backward();
  assertSame(table.grad!.toArray(), [[0, 0], [2, 2]]);
});

/**
 * Classes and rows of tables may be whole numbers in a tensor of floats, as `tensor([3, 1])` is.
 *
 * @module
 */

import { DTypeError, type Tensor, tensor } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { CrossEntropyLoss, Embedding } from "../../src/nn/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

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
      assert.deepEqual(use(tensor([1, 0], { dtype })).toArray(), expected);
    }
    for (const wrong of [1.5, NaN, Infinity]) {
      assert.throws(() => use(tensor([0, wrong])), {
        name: "ValueError",
        message: new RegExp(
          `with number ${wrong} at \\[1\\]: classes and rows have whole numbers$`,
        ),
      });
    }
    assert.throws(() => use(tensor([true, false])), DTypeError);
  });
}

test("the place of a wrong label has all its axes", () => {
  const table = new Embedding(4, 2);
  assert.deepEqual(table(tensor([[1, 2]])).shape, [1, 2, 2]);
  assert.throws(() => table(tensor([[0, 1, 2], [3, 1, 0.5]])), /number 0\.5 at \[1, 2\]/);
  assert.throws(() => table(tensor([[4]])), /index 4/);
  const images = scores.reshape(1, 3, 2);
  assert.throws(() => F.nllLoss(images, tensor([[0, 2.5]])), /number 2\.5 at \[0, 1\]/);
});

test("gradients pass beside labels of floats", () => {
  const table = tensor([[1, 2], [3, 4]], { requiresGrad: true });
  F.embedding(tensor([1, 1]), table).sum().backward();
  assert.deepEqual(table.grad!.toArray(), [[0, 0], [2, 2]]);
});

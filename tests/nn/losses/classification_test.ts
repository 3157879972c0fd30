import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame } from "../../support/assert.ts";
import { classes } from "../../support/data.ts";

const { functional: F } = nn;

test("cross-entropy at a logit gap of 10,000 is exact, and so is its gradient", () => {
  const logits = tensor([[1e4, 0, -1e4]], { requiresGrad: true });
  const loss = F.crossEntropy(logits, classes(1));
  loss.backward();
  assertEquals(loss.item(), 1e4);
  assertSame(logits.grad!.toArray(), [[1, -1, 0]]);
});

test("cross-entropy of nothing but −∞ is NaN, of no samples NaN, summed over none 0", () => {
  const nowhere = tensor([[-Infinity, -Infinity]]);
  assert(Number.isNaN(F.crossEntropy(nowhere, classes(0)).item()));
  const none = tensor(new Int32Array(0));
  assert(Number.isNaN(F.crossEntropy(zeros([0, 3]), none).item()));
  assertStrictEquals(F.crossEntropy(zeros([0, 3]), none, { reduction: "sum" }).item(), 0);
  const ignored = F.crossEntropy(zeros([1, 3]), classes(2), { ignoreIndex: 2 });
  assert(Number.isNaN(ignored.item()));
});

test("a perfect prediction has a loss of 0, not −0", () => {
  const loss = F.crossEntropy(tensor([[1e4, 0]]), classes(0), { reduction: "none" });
  assert(Object.is(loss.item(), 0));
});

test("class indices, as int32 or uint8, mean the same as one-hot vectors of any dtype", () => {
  const logits = tensor([[1, 2, 3], [0, -1, 4]]);
  const expected = F.crossEntropy(logits, classes(2, 0)).item();
  assertStrictEquals(F.crossEntropy(logits, classes(2, 0).to("uint8")).item(), expected);
  const oneHot = F.oneHot(classes(2, 0), 3);
  for (const dtype of ["int32", "uint8", "bool", "float32", "float64"] as const) {
    const loss = F.crossEntropy(logits, oneHot.to(dtype));
    assert(Math.abs(loss.item() - expected) < 1e-6, dtype);
    assertEquals(loss.dtype, "float32");
  }
});

test("an ignored target adds nothing, however bad its logits, and has no gradient", () => {
  const logits = tensor([[1, 2], [-Infinity, 0], [0, 0]], { requiresGrad: true });
  const loss = F.crossEntropy(logits, classes(1, -100, 0));
  loss.backward();
  const expected = F.crossEntropy(tensor([[1, 2], [0, 0]]), classes(1, 0)).item();
  assertStrictEquals(loss.item(), expected);
  assertSame(logits.grad!.at(1).toArray(), [0, 0]);
});

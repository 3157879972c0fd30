import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { grad, ShapeError, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame } from "../../support/assert.ts";

const { functional: F } = nn;

test("the gradient of l1Loss where both are equal is 0", () => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const [g] = grad(F.l1Loss(x, tensor([1, 0, 5]), { reduction: "sum" }), x);
  assertSame(g!.toArray(), [0, 1, -1]);
});

test("a target of gaussianNllLoss broadcasts to the input, and never the other way", () => {
  const [x, v] = [tensor([[1, 2], [3, 4]]), tensor([1, 4])];
  const t = tensor([2, 4], { requiresGrad: true });
  const loss = F.gaussianNllLoss(x, t, v, { reduction: "sum" });
  const whole = F.gaussianNllLoss(x, tensor([[2, 4], [2, 4]]), v, { reduction: "sum" });
  assertStrictEquals(loss.item(), whole.item());
  loss.backward();
  assertEquals(t.grad!.toArray(), [1 - 1 / 4, 2]);
  assertThrows(() => F.gaussianNllLoss(x.sum({ axis: 1, keepDims: true }), t, v), ShapeError);
});

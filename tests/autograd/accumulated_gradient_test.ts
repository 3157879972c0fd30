/** Tests that gradients add up in place, and that graphs that read them notice. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { cat, memory, tensor, zeros } from "../../mod.ts";

test("a graph that reads a gradient refuses to go on once more has been added to it", () => {
  const x = tensor([2], { requiresGrad: true });
  const w = tensor([3], { requiresGrad: true });
  x.mul(x).sum().backward();
  const read = w.mul(x.grad!).sum();
  x.mul(5).sum().backward();
  assert.deepEqual(x.grad!.toArray(), [9]);
  assert.throws(() => read.backward(), { name: "GradientError" });
  w.mul(x.grad!).sum().backward();
  assert.deepEqual(w.grad!.toArray(), [9]);
});

test("leaves whose gradients are the same numbers do not share them", () => {
  const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 4], { requiresGrad: true })];
  const factor = tensor([5, 6]);
  const start = tensor([1, 1]);
  for (let times = 1; times <= 3; times++) {
    a.add(b).mul(factor).backward(start);
    assert.deepEqual(a.grad!.toArray(), [5 * times, 6 * times]);
    assert.deepEqual(b.grad!.toArray(), [5 * times, 6 * times]);
  }
});

test("a gradient that is a part of another one does not hold the whole", () => {
  const x = tensor([1], { requiresGrad: true });
  const rest = zeros([10_000]);
  const factor = zeros([10_001]).add(3);
  const step = (): number => {
    x.grad = null;
    const y = cat([x, rest]).mul(factor).sum();
    y.backward();
    for (const part of [y, x.mul(1)]) part[Symbol.dispose]();
    const next = tensor([1], { requiresGrad: true });
    next.mul(1).backward();
    assert.deepEqual(x.grad!.toArray(), [3]);
    return memory.stats().resident;
  };
  step();
  const before = memory.stats().resident;
  assert.ok(step() - before < 10_000);
});

test("a starting gradient that was made just before stays the caller's", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  for (let times = 1; times <= 2; times++) {
    const y = x.mul(3);
    const start = tensor([1, 10]);
    y.backward(start);
    assert.deepEqual(start.toArray(), [1, 10]);
    assert.deepEqual(x.grad!.toArray(), [3 * times, 30 * times]);
  }
  const leaf = tensor([1, 2], { requiresGrad: true });
  const start = tensor([1, 10]);
  leaf.backward(start);
  leaf.backward(start);
  assert.deepEqual(start.toArray(), [1, 10]);
  assert.deepEqual(leaf.grad!.toArray(), [2, 20]);
});

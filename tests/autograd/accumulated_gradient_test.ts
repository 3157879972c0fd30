/** Tests that gradients add up in place, and that graphs that read them notice. */

import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { cat, GradientError, memory, tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import { assertSame } from "../support/assert.ts";

test("a graph that reads a gradient refuses backward after the gradient was added to", () => {
  const x = tensor([2], { requiresGrad: true });
  const w = tensor([3], { requiresGrad: true });
  x.mul(x).sum().backward();
  const read = w.mul(x.grad!).sum();
  x.mul(5).sum().backward();
  assertEquals(x.grad!.toArray(), [9]);
  assertThrows(() => read.backward(), GradientError);
  w.mul(x.grad!).sum().backward();
  assertEquals(w.grad!.toArray(), [9]);
});

test("leaves with equal gradients do not share storage", () => {
  const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 4], { requiresGrad: true })];
  const factor = tensor([5, 6]);
  const start = tensor([1, 1]);
  for (let times = 1; times <= 3; times++) {
    a.add(b).mul(factor).backward(start);
    assertEquals(a.grad!.toArray(), [5 * times, 6 * times]);
    assertEquals(b.grad!.toArray(), [5 * times, 6 * times]);
  }
});

test("a gradient that is a view of a larger one does not keep that alive", () => {
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
    assertEquals(x.grad!.toArray(), [3]);
    return memory.stats().resident;
  };
  step();
  const before = memory.stats().resident;
  assert(step() - before < 10_000);
});

test("backward neither takes nor changes the starting gradient", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  for (let times = 1; times <= 2; times++) {
    const y = x.mul(3);
    const start = tensor([1, 10]);
    y.backward(start);
    assertEquals(start.toArray(), [1, 10]);
    assertEquals(x.grad!.toArray(), [3 * times, 30 * times]);
  }
  const leaf = tensor([1, 2], { requiresGrad: true });
  const start = tensor([1, 10]);
  leaf.backward(start);
  leaf.backward(start);
  assertEquals(start.toArray(), [1, 10]);
  assertEquals(leaf.grad!.toArray(), [2, 20]);
});

test("a gradient that is a view is added to, not written through", () => {
  const x = tensor([1, 1, 1], { requiresGrad: true });
  const one = tensor([1]);
  x.grad = one.expand([3]);
  x.mul(tensor([1, 10, 100])).sum().backward();
  assertEquals(x.grad!.toArray(), [2, 11, 101]);
  assertEquals(one.toArray(), [1]);
  const base = tensor([[1, 2], [3, 4]]);
  const row = tensor([0, 0], { requiresGrad: true });
  row.grad = base.at(0);
  row.mul(10).sum().backward();
  assertEquals(row.grad!.toArray(), [11, 12]);
  assertEquals(base.toArray(), [[1, 2], [3, 4]]);
});

test("a step by a gradient that is a view of its parameter takes the values from before", () => {
  const p = new nn.Parameter(tensor([[1, 2], [3, 4]]));
  p.grad = p.detach().T;
  new optim.SGD([p], { lr: 1 }).step();
  assertSame(p.toArray(), [[0, -1], [1, 0]]);
});

test("zeroGrad of one leaf leaves the gradient of another that shares it", () => {
  const [a, b] = [0, 1].map(() => new nn.Parameter(tensor([1, 2])));
  a.square().sum().backward();
  b.grad = a.grad!.at([0, 2]);
  const optimizer = new optim.SGD([a], { lr: 0 });
  optimizer.zeroGrad();
  const others = Array.from({ length: 10 }, () => tensor([7, 7]));
  assertEquals(a.grad, null);
  assertEquals(b.grad!.toArray(), [2, 4]);
  assertEquals(others.length, 10);
});

import { test } from "node:test";
import { assert, assertEquals, assertThrows, fail } from "@std/assert";
import { DTypeError, grad, GradientError, type Tensor, tensor, zeros } from "../../mod.ts";
import { currentPass, isRunning } from "../../src/autograd/engine.ts";
import { assertThrowsMessage } from "../support/assert.ts";

function leaf(values: number[]): Tensor {
  return tensor(values, { requiresGrad: true });
}

test("a hook is called once, with the complete gradient", () => {
  const x = leaf([1, 2]);
  const seen: unknown[] = [];
  x.registerHook((g) => void seen.push(g.toArray()));
  x.mul(2).add(x.mul(3)).sum().backward();
  assertEquals(seen, [[5, 5]]);
});

test("the tensor that a hook returns replaces the gradient, of results and leaves, in order", () => {
  const x = leaf([1, 2]);
  const y = x.mul(10);
  y.registerHook((g) => g.mul(2));
  y.registerHook((g) => g.add(1));
  x.registerHook((g) => g.neg());
  y.sum().backward();
  assertEquals(x.grad!.toArray(), [-30, -30]);
});

test("a hook may keep its argument and its result", () => {
  const x = leaf([1, 2]);
  const y = x.mul(10);
  const kept: Tensor[] = [];
  y.registerHook((g) => {
    const twice = g.mul(2);
    kept.push(g, twice);
    return twice;
  });
  y.sum().backward();
  for (let i = 0; i < 3; i++) x.mul(5).sum().backward();
  assertEquals(kept.map((g) => g.toArray()), [[1, 1], [2, 2]]);
  assertEquals(x.grad!.toArray(), [35, 35]);
});

test("a gradient that a hook of a leaf kept does not change when more is accumulated", () => {
  const x = leaf([1, 2]);
  const kept: Tensor[] = [];
  x.registerHook((g) => void kept.push(g));
  for (let i = 0; i < 2; i++) x.mul(5).sum().backward();
  assertEquals(kept.map((g) => g.toArray()), [[5, 5], [5, 5]]);
  assertEquals(x.grad!.toArray(), [10, 10]);
});

test("a hook may keep its argument with createGraph too", () => {
  const x = leaf([1, 2]);
  const y = x.square();
  const kept: Tensor[] = [];
  y.registerHook((g) => void kept.push(g));
  const [g] = grad(y.mul(y).sum(), x, { createGraph: true });
  g!.sum().backward();
  for (let i = 0; i < 2; i++) x.mul(5).sum().backward();
  // 2y, and for the gradient 4xy of the square, 4x.
  assertEquals(kept.map((g) => g.toArray()), [[2, 8], [4, 8]]);
});

test("hooks of tensors that need no gradient are not called", () => {
  const [x, w] = [leaf([1, 2]), leaf([3, 4])];
  const calls: string[] = [];
  const hidden = w.exp();
  const behind = hidden.square();
  w.registerHook(() => void calls.push("leaf"));
  hidden.registerHook(() => void calls.push("first result"));
  behind.registerHook(() => void calls.push("second result"));
  const [g] = grad(x.mul(behind).sum(), x);
  assertEquals(g!.data, behind.data);
  assertEquals(calls, []);
});

test("the hook of a leaf is called as soon as its gradient is complete", () => {
  const [x, w, v] = [leaf([1]), leaf([2]), leaf([3])];
  const y = x.mul(w);
  const z = y.mul(v).add(w).add(v);
  const calls: string[] = [];
  for (const [name, tensor] of Object.entries({ x, w, v, y, z })) {
    tensor.registerHook((g) => void calls.push(`${name} ${g.item()}`));
  }
  z.backward();
  // v and w are complete after both of their users.
  assertEquals(calls, ["z 1", "v 3", "y 3", "x 6", "w 4"]);
  assertEquals([x, w, v].map((leaf) => leaf.grad!.item()), [6, 4, 3]);
});

test("a pass is known while its hooks run, and one in a hook is another", () => {
  const [x, y] = [leaf([1]), leaf([2])];
  const other = y.square();
  const passes: (object | null)[] = [];
  y.registerHook(() => void passes.push(currentPass()));
  x.registerHook(() => {
    passes.push(currentPass());
    other.backward();
    passes.push(currentPass());
    assert(isRunning(passes[0]!) && !isRunning(passes[1]!));
  });
  x.square().backward();
  const [outer, inner, again] = passes;
  assert(outer !== null && inner !== null && inner !== outer && again === outer);
  assert(currentPass() === null && !isRunning(outer!));
});

test("a removed hook is not called, and others stay", () => {
  const x = leaf([1]);
  const calls: string[] = [];
  const first = x.registerHook(() => void calls.push("first"));
  x.registerHook(() => void calls.push("second"));
  first.remove();
  first.remove();
  x.mul(2).sum().backward();
  assertEquals(calls, ["second"]);
});

test("grad() calls hooks of results too, and a retained gradient is the replaced one", () => {
  const x = leaf([1, 2]);
  const y = x.mul(1).retainGrad();
  y.registerHook((g) => g.mul(3));
  assertEquals(grad(y.sum(), x, { retainGraph: true })[0]!.toArray(), [3, 3]);
  y.sum().backward();
  assertEquals(y.grad!.toArray(), [3, 3]);
});

test("a hook that throws, or returns the wrong shape, leaves every gradient as it was", () => {
  for (const hook of [() => zeros([3]), () => fail("stop")]) {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    y.registerHook(hook);
    const middle = x.mul(y).retainGrad();
    assertThrows(() => middle.sum().backward());
    assertEquals([x.grad, y.grad, middle.grad], [null, null, null]);
    x.square().sum().backward();
    assertEquals(x.grad!.toArray(), [2, 4]);
  }
});

test("a hook needs a tensor that requires a gradient", () => {
  assertThrows(() => tensor([1]).registerHook(() => {}), GradientError);
});

test("with createGraph, hooks see gradients that can be differentiated", () => {
  const x = leaf([2]);
  x.registerHook((g) => g.mul(x));
  const [g] = grad(x.pow(3).sum(), x, { createGraph: true });
  assertEquals(g!.toArray(), [24]);
});

test("after a write in place, hooks see the gradient of the value that they were registered for", () => {
  const x = leaf([1, 2]);
  const y = x.mul(3);
  const seen: unknown[] = [];
  y.registerHook((g) => void seen.push(["before", g.toArray()]));
  y.mul_(5);
  const handle = y.registerHook((g) => void seen.push(["removed", g.toArray()]));
  y.registerHook((g) => void seen.push(["after", g.toArray()]));
  handle.remove();
  y.mul(7).sum().backward();
  assertEquals(seen, [["after", [7, 7]], ["before", [35, 35]]]);
  assertEquals(x.grad!.toArray(), [105, 105]);
});

test("a retained gradient is that of the value after the last write in place", () => {
  const x = leaf([1, 2]);
  const y = x.mul(3).retainGrad();
  y.mul_(5).add_(1);
  y.mul(7).sum().backward();
  assertEquals(y.grad!.toArray(), [7, 7]);
  assertEquals(x.grad!.toArray(), [105, 105]);
});

test("a gradient can be retained only where there is one", () => {
  assertThrowsMessage(
    () => tensor([1]).retainGrad(),
    GradientError,
    /Cannot retain .* set requiresGrad/,
  );
});

test("a hook may not free the part of the graph that the pass around it still needs", () => {
  for (const createGraph of [false, true]) {
    const x = tensor([2], { requiresGrad: true });
    const s = x.square();
    const y = s.mul(3);
    const other = s.sum(); // hooks themselves are not recorded
    y.registerHook(() => other.backward());
    assertThrowsMessage(
      () => y.sum().backward(null, { createGraph, retainGraph: false }),
      GradientError,
      "Cannot call backward() in a hook through square, which the backward() that called the " +
        "hook still needs; pass { retainGraph: true }",
    );
    assertEquals(x.grad, null);
    // Nothing is left behind: the next pass runs.
    x.mul(5).sum().backward();
    assertEquals(x.grad!.toArray(), [5]);
  }
  const x = tensor([2], { requiresGrad: true });
  const s = x.square();
  const y = s.mul(3);
  const other = s.sum();
  y.registerHook(() => other.backward(null, { retainGraph: true }));
  y.sum().backward();
  assertEquals(x.grad!.toArray(), [4 + 12]);
  const seen: number[] = [];
  const z = x.pow(3);
  const twice = z.mul(2);
  twice.registerHook(() => void seen.push(grad(z, x, { retainGraph: true })[0]!.item()));
  twice.sum().backward();
  assertEquals(seen, [12]);
});

test("a hook that overwrites what a later rule reads is noticed", () => {
  const write = (hookOf: (y: Tensor, z: Tensor) => Tensor) => {
    const x = tensor([3], { requiresGrad: true });
    const w = tensor([5]);
    const y = x.mul(w);
    const z = y.mul(2);
    hookOf(y, z).registerHook(() => {
      w.zero_();
    });
    return { x, z };
  };
  for (const options of [{}, { createGraph: true }]) {
    for (const hookOf of [(y: Tensor) => y, (_: Tensor, z: Tensor) => z]) {
      const { x, z } = write(hookOf);
      assertThrows(
        () => z.sum().backward(null, options),
        Error,
        "Cannot compute the gradient of mul",
      );
      assertEquals(x.grad, null);
      const again = write(hookOf);
      assertThrows(() => grad(again.z.sum(), again.x, options), Error, "overwritten in place");
    }
  }
});

test("a hook that returns anything but a tensor is refused by what it does", () => {
  const x = leaf([1, 2]);
  x.registerHook(() => 3 as unknown as Tensor);
  assertThrowsMessage(
    () => x.square().sum().backward(),
    DTypeError,
    /^Cannot replace a gradient in a hook .* number/,
  );
});

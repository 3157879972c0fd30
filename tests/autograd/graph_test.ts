import { test } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  DTypeError,
  grad,
  GradientError,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { lastNodeId } from "../../src/autograd/node.ts";
import { arena } from "../../src/storage/arena.ts";
import { assertThrowsMessage } from "../support/assert.ts";

function leaf(values: number | number[] | number[][]): Tensor {
  return tensor(values, { requiresGrad: true });
}

test("several paths add up: x² + x³ at 3 has gradient 33", () => {
  const x = leaf(3);
  x.square().add(x.pow(3)).backward();
  assertEquals(x.grad!.item(), 33);
});

test("backward accumulates gradients", () => {
  const x = leaf([1, 2]);
  x.mul(3).sum().backward();
  const first = x.grad!;
  x.mul(4).sum().backward();
  assertEquals(x.grad!.toArray(), [7, 7]);
  assertEquals(first.toArray(), [7, 7]);
});

test("a second backward through a graph is refused, and changes nothing", () => {
  const x = leaf([1, 2]);
  const y = x.exp().sum();
  y.backward();
  const before = x.grad!.toArray();
  assertThrowsMessage(
    () => y.backward(),
    GradientError,
    "Cannot call backward() through sum again: its graph was freed by an earlier backward(); detach() " +
      "what a loop carries from step to step, such as the state of an RNN, or call that backward() with " +
      "{ retainGraph: true }",
  );
  assertEquals(x.grad!.toArray(), before);
});

test("a shared part of two graphs is freed with the first of them", () => {
  const x = leaf([1, 2]);
  const shared = x.exp();
  const [a, b] = [shared.sum(), shared.mul(2).sum()];
  a.backward();
  assertThrows(() => b.backward(), Error, "through exp again");
  assertEquals(x.grad!.data, shared.data);
});

test("a freed graph lets go of the arrays that its rules read", () => {
  const [x, factor] = [leaf([1, 2]), tensor([3, 4])];
  const product = x.mul(factor);
  assertEquals(product.node!.held, [factor.array]);
  product.sum().backward();
  assertEquals(product.node!.held, []);
});

test("a retained graph can be used again, and gradients accumulate", () => {
  const x = leaf([1, 2]);
  const y = x.square().sum();
  y.backward({ retainGraph: true });
  y.backward({ retainGraph: true });
  y.backward();
  assertEquals(x.grad!.toArray(), [6, 12]);
  assertThrows(() => y.backward(), GradientError);
});

test("gradients of shared weights add up", () => {
  const w = leaf([[1, 2], [3, 4]]);
  const x = tensor([[1, 1]]);
  x.matmul(w).matmul(w).sum().backward();
  // d/dW Σ x W W = xᵀ (W 1)ᵀ + (x W)ᵀ 1ᵀ
  assertEquals(w.grad!.toArray(), [[3 + 4, 7 + 4], [3 + 6, 7 + 6]]);
});

test("the same tensor as both operands", () => {
  const x = leaf([2, 3]);
  x.add(x).sum().backward();
  x.mul(x).sum().backward();
  x.sub(x).sum().backward();
  assertEquals(x.grad!.toArray(), [6, 8]);
});

test("detach has no graph and shares the elements", () => {
  const x = leaf([2, 3]);
  const cut = x.square().detach();
  assertEquals(cut.requiresGrad, false);
  cut.mul(x).sum().backward();
  assertEquals(x.grad!.toArray(), [4, 9]);
  const shared = x.detach();
  shared.fill_(7);
  assertEquals(x.toArray(), [7, 7]);
});

test("a starting gradient weights the elements of a result", () => {
  const x = leaf([1, 2, 3]);
  x.square().backward(tensor([1, 10, 100]));
  assertEquals(x.grad!.toArray(), [2, 40, 600]);
});

test("a leaf is its own result", () => {
  const x = leaf(3);
  x.backward();
  x.backward(tensor(5));
  assertEquals(x.grad!.item(), 6);
});

test("backward of a tensor without a graph is refused, and the error names the way out", () => {
  const x = leaf([1, 2]);
  const expect = (act: () => void, type: typeof GradientError | typeof ShapeError, way: RegExp) =>
    assertThrowsMessage(act, type, way);
  expect(() => x.square().backward(), GradientError, /shape \[2\]: a non-scalar.*sum\(\)/);
  expect(() => tensor([1]).backward(), GradientError, /requiresGrad: true/);
  expect(() => x.square().backward(tensor([1])), ShapeError, /shape \[1\]/);
  expect(() => grad(x.sum(), tensor([1])), GradientError, /does not require one/);
  assertEquals(x.grad, null);
});

test("a graph of 100,000 operations in a row", () => {
  const x = leaf([1]);
  let y: Tensor = x;
  for (let i = 0; i < 100_000; i++) y = y.add(1);
  y.sum().backward();
  assertEquals(y.item(), 100_001);
  assertEquals(x.grad!.item(), 1);
});

test("a diamond of 64 levels visits each node once", () => {
  const x = leaf([1]);
  let y: Tensor = x;
  for (let i = 0; i < 64; i++) y = y.add(y);
  y.sum().backward();
  assertStrictEquals(x.grad!.item(), 2 ** 64);
});

test("grad returns gradients for leaves and intermediate results, and accumulates none", () => {
  const [x, unrelated] = [leaf([1, 2]), leaf([5])];
  const middle = x.mul(3);
  const y = middle.square().sum();
  const [forX, forMiddle, forOther, again] = grad(y, [x, middle, unrelated, x]);
  assertEquals(forX!.toArray(), [18, 36]);
  assertEquals(forMiddle!.toArray(), [6, 12]);
  assertEquals(forOther, null);
  assertEquals(again!.toArray(), [18, 36]);
  assertEquals(x.grad, null);
  assertEquals(unrelated.grad, null);
});

test("grad of several outputs, weighted, and of a tensor for itself", () => {
  const x = leaf([1, 2]);
  const [alone] = grad(x.mul(2), x, { gradOutputs: tensor([1, 10]) });
  assertEquals(alone!.toArray(), [2, 20]);
  const [sum] = grad([x.mul(2), x.sum()], x, { gradOutputs: [tensor([1, 10]), null] });
  assertEquals(sum!.toArray(), [3, 21]);
  const y = x.mul(2).sum();
  const [own, forX] = grad(y, [y, x]);
  assertEquals(own!.item(), 1);
  assertEquals(forX!.toArray(), [2, 2]);
});

test("grad runs only through nodes on the path to its inputs; other leaves do not change", () => {
  const x = leaf([1, 2]);
  const middle = x.exp();
  const [g] = grad(middle.square().sum(), middle, { retainGraph: true });
  assertEquals(g!.data, middle.mul(2).data);
  assertEquals(x.grad, null);
});

test("retainGrad keeps a copy of the gradient of a result", () => {
  const x = leaf([1, 2]);
  const y = x.add(1).retainGrad();
  y.mul(2).sum().backward();
  assertEquals(y.grad!.toArray(), [2, 2]);
  x.mul(3).sum().backward();
  assertEquals(x.grad!.toArray(), [5, 5]);
  assertEquals(y.grad!.toArray(), [2, 2]);
});

test("retainGrad on a leaf changes nothing; grad() accumulates nothing in results", () => {
  const x = leaf([1, 2]).retainGrad();
  const y = x.mul(2).retainGrad();
  grad(y.sum(), x, { retainGraph: true });
  assertEquals(y.grad, null);
  y.sum().backward();
  assertEquals(x.grad!.toArray(), [2, 2]);
});

test("the gradients of two leaves never share their elements", () => {
  for (const createGraph of [false, true]) {
    const [a, b, start] = [leaf([1, 2]), leaf([3, 4]), tensor([1, 1])];
    a.add(b).backward(start, { createGraph });
    a.mul(2).sum().backward();
    assertEquals(a.grad!.toArray(), [3, 3]);
    assertEquals(b.grad!.toArray(), [1, 1]);
    assertEquals(start.toArray(), [1, 1]);
  }
});

test("a gradient that is a repeated view accumulates element by element", () => {
  const x = leaf([1, 2]);
  x.sum().backward({ createGraph: true });
  x.mul(tensor([1, 2])).sum().backward();
  x.mul(tensor([1, 2])).sum().backward();
  assertEquals(x.grad!.toArray(), [3, 5]);
});

test("gradients have the dtype and the shape of their leaf", () => {
  const x = leaf([[1, 2, 3]]);
  const y = tensor([[1], [2]], { dtype: "float64", requiresGrad: true });
  x.mul(y).sum().backward();
  assertEquals([x.grad!.dtype, x.grad!.shape], ["float32", [1, 3]]);
  assertEquals([y.grad!.dtype, y.grad!.toArray()], ["float64", [[6], [6]]]);
  assertEquals(x.grad!.toArray(), [[3, 3, 3]]);
});

test("a gradient from the caller or a hook must have the dtype of the tensor", () => {
  const x = leaf([1, 2]);
  const foreign = [tensor([1, 1], { dtype: "float64" }), tensor([1, 1], { dtype: "int32" })];
  for (const start of foreign) {
    assertThrowsMessage(
      () => x.backward(start),
      DTypeError,
      /^Cannot call backward\(\) on float32 with/,
    );
    assertThrowsMessage(() => x.grad = start, DTypeError, /^Cannot set a gradient of/);
    const handle = x.registerHook(() => start);
    assertThrowsMessage(
      () => x.mul(2).sum().backward(),
      DTypeError,
      /^Cannot use the gradient that a hook/,
    );
    handle.remove();
  }
  assertEquals(x.grad, null);
});

test("a gradient that is set must have the shape of the tensor", () => {
  const x = leaf([1, 2]);
  assertThrows(() => x.grad = zeros([3]), ShapeError);
  x.grad = tensor([10, 20]);
  x.sum().backward();
  assertEquals(x.grad.toArray(), [11, 21]);
  x.grad = null;
  x.sum().backward();
  assertEquals(x.grad!.toArray(), [1, 1]);
});

test("a leaf that was frozen after the forward takes no gradient, as in PyTorch", () => {
  const [x, w] = [leaf(2), leaf(3)];
  const called: Tensor[] = [];
  w.registerHook((g) => void called.push(g));
  const y = x.mul(w).add(w.mul(5));
  w.requiresGrad_(false);
  y.backward();
  assertEquals([x.grad!.item(), w.grad, called.length], [3, null, 0]);
  const z = x.mul(2).mul(w.requiresGrad_());
  z.backward();
  assertEquals([x.grad!.item(), w.grad!.item(), called.length], [9, 4, 1]);
});

test("the next graph that is freed ends what the last one has kept, but not its result", () => {
  const x = leaf([1, 2]);
  const pass = () => {
    const y = x.exp();
    const loss = y.sum();
    loss.backward();
    return { y, loss };
  };
  const { y, loss } = pass();
  const kept = () =>
    [y, loss].map(({ array, node }) => [array.storage.freedBy, node!.edges.length]);
  assertEquals(kept(), [[null, 1], [null, 1]]);
  pass();
  assertEquals(kept(), [["graph", 0], [null, 0]]);
});

test("the last node is known by its number", () => {
  const y = leaf([1]).mul(2);
  assertEquals(lastNodeId(), y.node!.id);
});

test("only leaves can stop recording; integers never record", () => {
  const x = leaf([1]);
  assertThrows(() => x.mul(2).requiresGrad_(false), Error, "use detach()");
  assertThrows(() => tensor([1], { dtype: "int32" }).requiresGrad_(), Error, "only floating-point");
  assertThrows(() => tensor([1], { dtype: "int32", requiresGrad: true }), DTypeError);
  assertEquals(x.argmax().requiresGrad, false);
  assertEquals(x.gt(0).requiresGrad, false);
  assertEquals(x.to("int32").requiresGrad, false);
  assertEquals(x.isLeaf, true);
  assertEquals(x.mul(2).isLeaf, false);
});

test("a gradient that passes an op as it is needs no memory", () => {
  const made = (length: number): number => {
    const x = ones([5], { requiresGrad: true });
    let y = x.mul(2);
    for (let i = 0; i < length; i++) y = y.add(1);
    const loss = y.sum();
    const since = arena.serial;
    loss.backward();
    assertEquals(x.grad!.toArray(), new Array(5).fill(2));
    return arena.serial - since;
  };
  assertEquals(made(20), made(1));
  // The start, and its product with 2.
  assertEquals(made(1), 2);
});

test("a backward pass leaves nothing in memory but gradients, and counts none as in use", () => {
  const kept: Tensor[] = [];
  const [x, w, frozen] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
  const passes: Record<string, () => Tensor> = {
    "a sum of parts": () => {
      const y = x.exp();
      return y.mul(y).mul(x.sin()).add(x.cos()).mul(w).sum();
    },
    "a frozen leaf": () => {
      frozen.requiresGrad_();
      const loss = x.exp().mul(frozen.mul(w)).mul(frozen).sum();
      frozen.requiresGrad_(false);
      return loss;
    },
    hooks: () => {
      const y = x.exp();
      y.registerHook((g) => {
        kept.push(g, g.mul(2));
        return kept.at(-1);
      });
      return y.mul(w).sum();
    },
  };
  for (const [name, forward] of Object.entries(passes)) {
    const left = () => {
      const loss = forward();
      loss.backward();
      loss[Symbol.dispose]();
      return arena.stats().storages - kept.length;
    };
    // The first pass makes the gradients; each frees the graph before.
    left();
    assertEquals(left(), left(), name);
  }
  for (const g of [...kept, x.grad!, w.grad!]) assertEquals(g.array.storage.gradientUses, 0);
});

test("what a module made for its graph alone is freed with the next graph", () => {
  const made: Tensor[] = [];
  class Masked extends nn.Module {
    override forward(x: Tensor): Tensor {
      const [once, twice] = [tensor([0, 1]), tensor([2, 3])];
      made.push(once, twice);
      return x.mul(once).mul(twice).mul(twice);
    }
  }
  const [module, x] = [new Masked(), leaf([1, 2])];
  const freed = () => {
    module(x).sum().backward();
    return made.map(({ array }) => array.storage.freedBy);
  };
  assertEquals(freed(), [null, null]);
  assertEquals(freed(), ["graph", "graph", null, null]);
});

import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
  fail,
} from "@std/assert";
import {
  DTypeError,
  GradientError,
  memory,
  noGrad,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../../mod.ts";
import { ops } from "../../src/ops/table.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

function leaf(values: number[] | number[][]): Tensor {
  return tensor(values, { requiresGrad: true });
}

function assertOverwritten(act: () => void, op: string): void {
  const { message } = assertThrows(act, GradientError);
  assert(message.startsWith(`Cannot compute the gradient of ${op}:`), message);
  assertMatch(message, /was overwritten in place; use .* new tensor, or clone\(\) first$/);
}

test("in-place arithmetic is recorded like any other", () => {
  const x = leaf([1, 2]);
  const y = x.mul(3);
  assertStrictEquals(y.add_(1).mul_(2).sub_(x).div_(2), y);
  assertEquals(y.toArray(), [3.5, 6]);
  y.sum().backward();
  assertEquals(x.grad!.toArray(), [2.5, 2.5]);
});

test("powers, interpolations, masks and random fills in place are recorded", () => {
  const [x, w] = [leaf([1, 2]), leaf([0.25, 0.5])];
  const y = x.mul(1).pow_(3);
  y.sum().backward();
  assertEquals([y.toArray(), x.grad!.toArray()], [[1, 8], [3, 12]]);
  x.grad = null;
  const z = x.mul(1).lerp_(tensor([5, 4]), w);
  z.sum().backward();
  assertEquals(z.toArray(), [2, 3]);
  assertEquals([x.grad!.toArray(), w.grad!.toArray()], [[0.75, 0.5], [4, 2]]);
  x.grad = null;
  const masked = x.mul(3).maskedFill_(tensor([true, false]), w.sum());
  masked.sum().backward();
  assertSame([masked.toArray(), x.grad!.toArray()], [[0.75, 6], [0, 3]]);
  assertEquals(w.grad!.toArray(), [5, 3]);
  x.grad = null;
  x.mul(3).uniform_().sum().backward();
  assertSame(x.grad!.toArray(), [0, 0]);
  for (const write of [() => x.uniform_(), () => x.normal_(), () => x.pow_(2)]) {
    assertThrowsMessage(write, Error, /on a leaf .* noGrad\(\)/);
  }
});

test("a mask in place broadcasts to the tensor, never the other way", () => {
  const x = zeros([2, 2], { dtype: "int32" });
  x.maskedFill_(tensor([true, false]), 7);
  assertSame([x.dtype, x.toArray()], ["int32", [[7, 0], [7, 0]]]);
  assertThrows(() => zeros([2]).maskedFill_(x.eq(7), 1), ShapeError);
  assertThrows(() => x.maskedFill_(x, 1), DTypeError);
});

test("an in-place operand gets its gradient, reduced to its shape", () => {
  const [x, b] = [leaf([[1, 2], [3, 4]]), leaf([10, 20])];
  x.mul(1).add_(b).sum().backward();
  assertEquals(b.grad!.toArray(), [2, 2]);
  assertEquals(x.grad!.toArray(), [[1, 1], [1, 1]]);
});

test("a quotient in place is what the gradient of its divisor reads", () => {
  const [x, w] = [leaf([1, 2]), leaf([4, 8])];
  x.mul(6).div_(w).sum().backward();
  // −6x / w²
  assertEquals(w.grad!.toArray(), [-6 / 16, -12 / 64]);
  const y = x.mul(6).div_(w);
  y.add_(1);
  assertOverwritten(() => y.sum().backward(), "div");
});

test("overwriting an input that a gradient needs is refused, and no gradient changes", () => {
  const [x, w] = [leaf([1, 2]), leaf([3, 4])];
  const h = x.mul(1);
  const y = h.mul(w).sum();
  h.add_(1);
  assertOverwritten(() => y.backward(), "mul");
  assertEquals([x.grad, w.grad], [null, null]);
});

test("overwriting a result that its gradient needs is refused", () => {
  const x = leaf([1, 2]);
  const y = x.exp();
  y.add_(1);
  assertOverwritten(() => y.sum().backward(), "exp");
});

test("a product with itself in place needs what it has overwritten", () => {
  const x = leaf([1, 2]);
  const y = x.mul(1);
  y.mul_(y);
  assertOverwritten(() => y.sum().backward(), "mul");
});

test("overwriting what no gradient needs is allowed", () => {
  const x = leaf([1, 2]);
  const h = x.add(1);
  const y = h.add(2).sum();
  h.mul_(5);
  y.backward();
  assertEquals(x.grad!.toArray(), [1, 1]);
});

test("a leaf that requires a gradient can be written only under noGrad", () => {
  const x = leaf([1, 2]);
  for (const write of [() => x.add_(1), () => x.fill_(0), () => x.set([0], 5), () => x.copy_(x)]) {
    assertThrowsMessage(write, GradientError, /on a leaf .* noGrad\(\)/);
  }
  assertEquals(x.toArray(), [1, 2]);
  noGrad(() => x.sub_(tensor([0.5, 0.5])));
  assertEquals(x.toArray(), [0.5, 1.5]);
  assertEquals(x.requiresGrad, true);
  assertEquals(x.isLeaf, true);
});

test("changing a leaf between forward and backward is found, also through detach()", () => {
  const x = leaf([1, 2]);
  const y = x.square().sum();
  noGrad(() => x.mul_(2));
  assertOverwritten(() => y.backward(), "square");
  const z = x.square().sum();
  x.detach().mul_(2);
  assertOverwritten(() => z.backward(), "square");
});

test("a write through a view counts as a write to the whole", () => {
  const x = leaf([1, 2]);
  const h = x.mul(1);
  const y = h.square().sum();
  noGrad(() => h.at([0, 1]).fill_(9));
  assertOverwritten(() => y.backward(), "square");
});

test("writing through a view while recording is refused", () => {
  const h = leaf([1, 2]).mul(1);
  assertThrows(() => h.at([0, 1]).add_(1), GradientError, "through a view");
  const constants = tensor([1, 2]);
  constants.at([0, 1]).add_(1);
  assertEquals(constants.toArray(), [2, 2]);
});

test("a view whose base was written since is refused: its history is no longer its own", () => {
  const h = leaf([1, 2]).mul(1);
  const view = h.at([0, 1]);
  h.mul_(2);
  assertThrows(() => view.mul(3), GradientError, "take the view again");
  assertEquals(h.at([0, 1]).mul(3).toArray(), [6]);
});

test("set() on a result: the overwritten part gets no gradient, the value gets its own", () => {
  const [x, v] = [leaf([1, 2, 3]), leaf([10])];
  const y = x.mul(2);
  y.set([[1, 3]], v);
  assertEquals(y.toArray(), [2, 10, 10]);
  y.mul(tensor([1, 10, 100])).sum().backward();
  assertSame(x.grad!.toArray(), [2, 0, 0]);
  assertEquals(v.grad!.toArray(), [110]);
});

test("operands that overlap with what is written are read first", () => {
  const x = tensor([1, 2, 3, 4]);
  x.set([[1, 4]], x.at([0, 3]));
  assertEquals(x.toArray(), [1, 1, 2, 3]);
  x.add_(x.at([null, null, -1]));
  assertEquals(x.toArray(), [4, 3, 3, 4]);
});

test("operands elsewhere, and the tensor itself, are not copied", () => {
  const [x, y] = [tensor([1, 2]), tensor([3, 4])];
  const { storages } = memory.stats();
  assertEquals(x.add_(y).mul_(x).toArray(), [16, 36]);
  assertStrictEquals(memory.stats().storages, storages);
});

test("an in-place result must fit the shape and the dtype, or nothing is written", () => {
  const x = tensor([1, 2]);
  assertThrows(() => x.add_(zeros([3, 2])), ShapeError);
  assertThrows(() => x.add_(zeros([3])), ShapeError);
  assertThrowsMessage(
    () => tensor([1, 2], { dtype: "int32" }).add_(0.5),
    Error,
    /is float32.*is int32/,
  );
  assertThrows(() => tensor([1]).expand(3).add_(1), Error, "share one element; clone()");
  assertEquals(x.toArray(), [1, 2]);
  x.add_(tensor([1, 1], { dtype: "float64" }));
  assertEquals([x.dtype, x.toArray()], ["float32", [2, 3]]);
});

test("a failed in-place operation holds no memory", () => {
  const step = (): number => {
    const x = leaf([1, 2]);
    const h = x.mul(2);
    const wrong = zeros([3]);
    assertThrows(() => h.mul_(wrong), ShapeError);
    const y = h.square().sum();
    y.backward();
    const next = leaf([1]);
    const end = next.mul(1);
    end.backward();
    for (const leaf of [x, next]) leaf.grad![Symbol.dispose]();
    for (const each of [x, wrong, y, next, end]) each[Symbol.dispose]();
    return memory.stats().storages;
  };
  step();
  assertStrictEquals(step(), step());
});

test("a failed in-place operation leaves the history of its operands", () => {
  const x = leaf([1, 2]);
  const h = x.mul(2);
  assertThrows(() => h.add_(zeros([3])), ShapeError);
  h.sum().backward();
  assertEquals(x.grad!.toArray(), [2, 2]);
});

test("a write in place that fails holds nothing for a gradient", () => {
  const factor = tensor([1, 2]);
  const y = tensor([3, 4], { requiresGrad: true }).mul(1);
  const { into } = ops.mul;
  try {
    ops.mul.into = () => fail("stop");
    assertThrows(() => y.mul_(factor), Error, "stop");
  } finally {
    ops.mul.into = into;
  }
  assertEquals(factor.array.storage.graphUses, 0);
});

import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { grad, type Tensor, tensor, where, zeros } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import * as F from "../../src/nn/functional.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

/** Runs a test on every backend. */
function each(name: string, body: () => void): void {
  for (const kernels of kernelNames()) {
    test(`${name} (${kernels})`, () => {
      setKernels(kernels);
      try {
        body();
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

function leaf(values: number | number[]): Tensor {
  return tensor(values, { requiresGrad: true });
}

/** Returns the gradient of the sum of `f` at `values`. */
function slope(f: (x: Tensor) => Tensor, ...values: number[]): unknown {
  const x = leaf(values);
  f(x).sum().backward();
  return x.grad!.toArray();
}

function values(x: Tensor): number[] {
  return [...x.data];
}

each("at zero: the gradients of kinks and of the root", () => {
  assertEquals(slope((x) => x.sqrt(), 0, 4), [Infinity, 0.25]);
  assertSame(slope((x) => x.relu(), 0, -0, 1, -1, NaN), [0, 0, 1, 0, 1]);
  assertSame(slope((x) => x.abs(), 0, -0, 2, -2), [0, 0, 1, -1]);
  assertEquals(slope((x) => F.leakyRelu(x, 0.5), 0, 1, -1), [0.5, 1, 0.5]);
  assertSame(slope((x) => x.sign(), 0, 1), [0, 0]);
  assertSame(values(tensor([-0, NaN, -1, 2]).relu()), [-0, NaN, 0, 2]);
});

each("an infinite divisor counts steps too: the gradient of a remainder", () => {
  assertSame(slope((b) => tensor([-1, 1, 1]).remainder(b), Infinity, Infinity, -Infinity), [
    1,
    -0,
    1,
  ]);
});

each("the gradient of clamp is 1 at the bounds, and the upper bound wins where they cross", () => {
  assertSame(slope((x) => x.clamp(-1, 1), -2, -1, 0, 1, 2), [0, 1, 1, 1, 0]);
  assertEquals(values(tensor([0, 5]).clamp(3, 2)), [2, 2]);
  assertSame(slope((x) => x.clamp(0), -1, 1), [0, 1]);
  assertEquals(values(tensor([-1, 5, NaN]).clamp(null, 2)), [-1, 2, NaN]);
});

each("at a threshold, the gradient is that of the side which PyTorch takes", () => {
  const [y, sum] = [tensor([-1, -1]), { reduction: "sum" }] as const;
  assertSame(slope((x) => F.hardshrink(x), 0.5, -0.5, 1), [0, 0, 1]);
  assertSame(slope((x) => F.softshrink(x), 0.5, -0.5, 1), [0, 0, 1]);
  assertSame(slope((x) => F.threshold(x, 0.5, 7), 0.5, 1), [0, 1]);
  assertSame(slope((x) => F.hingeEmbeddingLoss(x, y, sum), 1, 2), [-1, 0]);
  const other = tensor([0.5, 0]);
  const ranking = { margin: 0.5, ...sum };
  assertSame(slope((x) => F.marginRankingLoss(x, other, y.neg(), ranking), 1, 1), [-1, -0]);
  // Stirling's formula counts from above 1 on.
  const poisson = (t: Tensor) => F.poissonNllLoss(y, t, { full: true, ...sum });
  assertSame(slope(poisson, 1, 0.5), [1, 1]);
  assertEquals(values(F.poissonNllLoss(zeros([1]), tensor([1]), { full: true })), [1]);
});

each("clamp keeps integers, whichever side is open", () => {
  for (const dtype of ["int32", "uint8"] as const) {
    const x = tensor([0, 5, 200], { dtype });
    assertEquals([x.clamp(2).dtype, x.clamp(2).toArray()], [dtype, [2, 5, 200]]);
    assertSame(x.clamp(null, 5).toArray(), [0, 5, 5]);
  }
  assertEquals(tensor([-(2 ** 31)], { dtype: "int32" }).clamp(null, 0).item(), -(2 ** 31));
});

each("ties share the gradient: over all, and of a pair", () => {
  assertSame(slope((x) => x.max(), 3, 1, 3), [0.5, 0, 0.5]);
  assertSame(slope((x) => x.amin(), 3, 1, 1, 1, 1), [0, 0.25, 0.25, 0.25, 0.25]);
  assertEquals(slope((x) => x.amax({ axis: 0 }), 2, 2), [0.5, 0.5]);
  for (const f of ["maximum", "minimum"] as const) {
    const [a, b] = [leaf([1, 2]), leaf([1, 3])];
    a[f](b).sum().backward();
    const [less, more] = f === "maximum" ? [0, 1] : [1, 0];
    assertSame([a.grad!.toArray(), b.grad!.toArray()], [[0.5, less], [0.5, more]]);
  }
});

each("where NaN is the extreme, the NaN elements share the gradient", () => {
  for (const f of ["max", "min", "amax", "amin", "median"] as const) {
    assertSame(slope((x) => x[f](), 1, NaN, 3, NaN), [0, 0.5, 0, 0.5], f);
  }
  const x = tensor([[1, NaN, 3], [5, 2, 5]], { requiresGrad: true });
  x.amax(1).sum().backward();
  assertSame(x.grad!.toArray(), [[0, 1, 0], [0.5, 0, 0.5]]);
});

each("along an axis, the first of equal elements takes the gradient", () => {
  assertSame(slope((x) => x.max(0).values, 1, 3, 3), [0, 1, 0]);
  assertSame(slope((x) => x.min({ axis: -1, keepDims: true }).values, 3, 1, 1), [0, 1, 0]);
});

each("powers at the edges", () => {
  const [a, b] = [leaf(0), leaf(0)];
  const y = a.pow(b);
  y.backward();
  assertSame([y.item(), a.grad!.item(), b.grad!.item()], [1, 0, 0]);
  assertEquals(tensor(0).pow(-1).item(), Infinity);
  assertEquals(tensor(-2).pow(3).item(), -8);
  assertEquals(slope((x) => x.pow(3), -2), [12]);
  assertEquals(values(tensor([NaN]).pow(0)), [1]);
  assertEquals(values(tensor([-8]).pow(1 / 3)), [NaN]);
  const exponent = leaf(2);
  tensor(0).pow(exponent).backward();
  assertStrictEquals(exponent.grad!.item(), 0);
});

each("the gradient of a product with zeros is the product of the rest", () => {
  assertSame(slope((x) => x.prod(), 2, 0, 3), [0, 6, 0]);
  assertSame(slope((x) => x.prod(), 2, 0, 0), [0, 0, 0]);
  assertEquals(slope((x) => x.prod(), 2, 4, 8), [32, 16, 8]);
  const x = tensor([[0, 3], [2, 5]], { requiresGrad: true });
  x.prod(0).sum().backward();
  assertSame(x.grad!.toArray(), [[2, 5], [0, 3]]);
});

each("NaN wins in extremes, and the first one is found", () => {
  const x = tensor([[1, NaN, 3, NaN], [4, 2, 4, 1]]);
  assertEquals(values(x.max(1).values), [NaN, 4]);
  assertEquals(values(x.amin(1)), [NaN, 1]);
  assertSame(x.argmax(1).toArray(), [1, 0]);
  assertEquals(x.argmin(1).toArray(), [1, 3]);
  assertEquals(x.argmax().item(), 1);
  assertEquals(values(tensor([NaN, 1]).maximum(tensor([1, NaN]))), [NaN, NaN]);
});

each("lerp measures from the nearer end, from half way on that is the second", () => {
  const [a, b] = [tensor([0.1], { dtype: "float64" }), tensor([0.7], { dtype: "float64" })];
  assertEquals(values(a.lerp(b, 0.5)), [0.7 - (0.7 - 0.1) * 0.5]);
  assertNotStrictEquals(0.7 - (0.7 - 0.1) * 0.5, 0.1 + (0.7 - 0.1) * 0.5);
  assertEquals(values(a.lerp(b, 0.4375)), [0.1 + (0.7 - 0.1) * 0.4375]);
});

each("division by zero", () => {
  assertEquals(values(tensor([1, -1, 0]).div(0)), [Infinity, -Infinity, NaN]);
  const integers = tensor([7, -7, 0], { dtype: "int32" }).div(
    tensor([2, 0, 0], { dtype: "int32" }),
  );
  assertEquals([integers.dtype, values(integers)], ["float32", [3.5, -Infinity, NaN]]);
});

each("halves round to even", () => {
  assertSame(values(tensor([0.5, 1.5, 2.5, -0.5, -1.5, 2.4]).round()), [0, 2, 2, -0, -2, 2]);
  assertEquals(values(tensor([-1.5, 1.5]).floor()), [-2, 1]);
  assertEquals(values(tensor([-1.5, 1.5]).trunc()), [-1, 1]);
});

each("reductions of nothing", () => {
  const x = zeros([0, 3]);
  assertSame(x.sum(0).toArray(), [0, 0, 0]);
  assertEquals(x.prod().item(), 1);
  assertEquals(values(x.mean()), [NaN]);
  assertEquals(x.all().item(), 1);
  assertStrictEquals(x.any().item(), 0);
  assertEquals(values(tensor([5]).var()), [NaN]);
  assertSame(values(tensor([5]).var({ correction: 0 })), [0]);
  assertEquals(slope((x) => x.var(), 5), [NaN]);
  assertSame(x.max(1).values.shape, [0]);
  assertThrows(() => zeros([0, 0]).amax(0), Error, ": the axis is empty");
  for (const f of ["max", "min", "amax", "argmax", "argmin"] as const) {
    assertThrowsMessage(
      () => x[f](),
      Error,
      new RegExp(`^Cannot take (a|arg)?${f.slice(-3)} .*is empty`),
      f,
    );
    assertThrows(() => x[f](0), Error, ": the axis is empty", f);
  }
  assertSame(zeros([2, 0]).matmul(zeros([0, 3])).toArray(), [[0, 0, 0], [0, 0, 0]]);
});

each("log-softmax far from zero, and softmax of what has no distribution", () => {
  const x = leaf([1e4, 0, -1e4]);
  const y = x.logSoftmax(0);
  assertSame(y.toArray(), [0, -1e4, -2e4]);
  // Cross-entropy for class 1, at a gap of 1e4.
  y.at(1).neg().backward();
  assertSame(x.grad!.toArray(), [1, -1, 0]);
  const none = tensor([-Infinity, -Infinity]);
  assertEquals(values(none.softmax(0)), [NaN, NaN]);
  assertEquals(values(none.logSoftmax(0)), [NaN, NaN]);
  assertSame(values(tensor([-Infinity, 0]).softmax(0)), [0, 1]);
});

each("a scalar counts as one axis of size 1", () => {
  const x = leaf(3);
  for (const f of [(x: Tensor) => x.softmax(0), (x: Tensor) => x.logSoftmax(-1)]) {
    assertSame(grad(f(x), x)[0]!.item(), 0);
  }
  assertEquals(x.max(0).values.item(), 3);
  assertEquals(x.sum(0).item(), 3);
  assertStrictEquals(x.argmax(0).item(), 0);
});

each("sums keep their digits", () => {
  const many = new Float32Array(10_000_000).fill(0.1);
  const total = tensor(many).sum().item();
  // PyTorch gives 999,999.4; one running sum would give 1,087,937.
  assert(Math.abs(total - 1_000_000) < 0.6, `${total}`);
  const far = tensor([1, 2, 3, 4, 5].map((v) => 1e6 + v));
  assertEquals(far.var().item(), 2.5);
  for (const n of [3, 7, 49, 93, 1000]) {
    assertEquals(tensor(new Float64Array(n).fill(1)).mean().item(), 1);
  }
});

each("where passes gradients only to what was taken, also beside NaN and infinity", () => {
  const x = leaf([0, 4]);
  where(x.gt(0), x.sqrt(), x.mul(3)).sum().backward();
  assertEquals(values(x.grad!)[1], 0.25);
  assertSame(slope((x) => x.maskedFill(x.gt(1), NaN).at([0, 1]), 1, 2), [1, 0]);
});

each("repeated indices add their gradients up", () => {
  const table = tensor([[1, 2], [3, 4], [5, 6]], { requiresGrad: true });
  const ids = tensor([2, 0, 2, -1], { dtype: "int32" });
  const rows = table.at(ids);
  assertEquals(rows.toArray(), [[5, 6], [1, 2], [5, 6], [5, 6]]);
  rows.sum().backward();
  assertSame(table.grad!.toArray(), [[1, 1], [0, 0], [3, 3]]);
});

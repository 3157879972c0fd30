import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { grad, type Tensor, tensor } from "../../mod.ts";
import { assertSame } from "../support/assert.ts";

function leaf(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

/** Returns the derivatives of `f` at `x` in ascending order. */
function derivatives(f: (x: Tensor) => Tensor, x: number, order: number): number[] {
  const at = leaf(x);
  const found: number[] = [];
  let y = f(at);
  for (let i = 0; i < order; i++) {
    [y] = grad(y, at, { createGraph: true }) as [Tensor];
    found.push(y.item());
  }
  return found;
}

function assertNear(actual: number[], expected: number[]): void {
  actual.forEach((value, i) => {
    const error = Math.abs(value - expected[i]);
    assert(error <= 1e-12 * Math.max(1, Math.abs(expected[i])), `${actual} != ${expected}`);
  });
}

test("three derivatives of functions whose derivatives are known", () => {
  const e = Math.exp(0.7);
  assertNear(derivatives((x) => x.exp(), 0.7, 3), [e, e, e]);
  assertNear(derivatives((x) => x.log(), 2, 3), [1 / 2, -1 / 4, 1 / 4]);
  assertNear(derivatives((x) => x.pow(4), 3, 4), [108, 108, 72, 24]);
  assertNear(derivatives((x) => x.mul(x).mul(x), 2, 3), [12, 12, 6]);
  const t = Math.tanh(0.3);
  const first = 1 - t * t;
  assertNear(derivatives((x) => x.tanh(), 0.3, 3), [
    first,
    -2 * t * first,
    -2 * first * first + 4 * t * t * first,
  ]);
  const s = 1 / (1 + Math.exp(-0.4));
  const d = s * (1 - s);
  assertNear(derivatives((x) => x.sigmoid(), 0.4, 3), [
    d,
    d * (1 - 2 * s),
    d * (1 - 6 * s + 6 * s * s),
  ]);
});

test("an exponent keeps all its digits in higher derivatives", () => {
  const [a, b] = [1.7, 2.1];
  assertNear(derivatives((x) => x.pow(b), a, 3), [
    b * a ** (b - 1),
    b * (b - 1) * a ** (b - 2),
    b * (b - 1) * (b - 2) * a ** (b - 3),
  ]);
});

test("powers of zero have finite derivatives of every order", () => {
  assertSame(derivatives((x) => x.pow(3), 0, 4), [0, 0, 6, 0]);
  assertSame(derivatives((x) => x.pow(1).mul(x), 0, 3), [0, 2, 0]);
  assertSame(derivatives((x) => x.pow(leaf(3)), 0, 3), [0, 0, 6]);
});

test("the second derivative of a product with zeros", () => {
  // Hessian of x y z times (1, 10, 100): (z·10 + y·100, z·1 + x·100, y·1 + x·10)
  const product = (values: number[]): number[] => {
    const x = leaf(values);
    const [g] = grad(x.prod(), x, { createGraph: true });
    return [...grad(g!.mul(tensor([1, 10, 100])).sum(), x)[0]!.data];
  };
  const expected = ([x, y, z]: number[]) => [z * 10 + y * 100, z + x * 100, y + x * 10];
  for (const at of [[2, 3, 5], [0, 3, 5], [0, 0, 5], [0, 0, 0]]) {
    assertNear(product(at), expected(at));
  }
});

test("backward with createGraph leaves gradients that can be differentiated", () => {
  const x = leaf([1, 2]);
  x.pow(3).sum().backward({ createGraph: true });
  const first = x.grad!;
  assertEquals(first.toArray(), [3, 12]);
  assertEquals(first.requiresGrad, true);
  x.grad = null;
  first.square().sum().backward();
  // d/dx (3x²)² = 36 x³
  assertEquals(x.grad!.toArray(), [36, 288]);
});

test("a gradient penalty trains through the gradient of another input", () => {
  const [x, w] = [leaf([1, -2]), leaf([3, 4])];
  const [g] = grad(x.mul(w).tanh().sum(), x, { createGraph: true });
  g!.square().sum().backward();
  const t = [Math.tanh(3), Math.tanh(-8)];
  // g = w (1 - t²), dg/dw = (1 - t²) - 2 w t (1 - t²) x
  const expected = [[1, 3], [-2, 4]].map(([x, w], i) => {
    const s = 1 - t[i] ** 2;
    return 2 * w * s * (s - 2 * w * t[i] * s * x);
  });
  assertNear(w.grad!.toArray() as number[], expected);
  assertEquals(x.grad!.shape.length, 1);
});

test("without createGraph, gradients are not recorded", () => {
  const x = leaf([1, 2]);
  const [g] = grad(x.pow(3).sum(), x);
  assertEquals(g!.requiresGrad, false);
});

test("the gradient of a linear function has no graph", () => {
  const x = leaf([1, 2]);
  const [g] = grad(x.mul(3).sum(), x, { createGraph: true });
  assertThrows(
    () => grad(g!.sum(), x),
    Error,
    "it has no graph, since no input requires a gradient",
  );
});

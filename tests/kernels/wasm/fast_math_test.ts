/** Fast math gives other bits, the same answers, and can be switched off again. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { getFastMath, manualSeed, randn, setFastMath, type Tensor } from "../../../mod.ts";
import { functional } from "../../../src/nn/mod.ts";

function withFastMath<R>(body: () => R): R {
  setFastMath(true);
  try {
    return body();
  } finally {
    setFastMath(false);
  }
}

/** The largest difference, relative to the largest value. */
function distance(x: Tensor, y: Tensor): number {
  return x.sub(y).abs().amax().item() / x.abs().amax().item();
}

test("fast math is off at first", () => {
  assertEquals(getFastMath(), false);
});

for (const dtype of ["float32", "float64"] as const) {
  const rounding = dtype === "float32" ? 2 ** -24 : 2 ** -53;

  test(`fused products of ${dtype} differ by rounding alone, and go when fast math does`, () => {
    manualSeed(5);
    const [a, b] = [randn([37, 211], { dtype }), randn([211, 53], { dtype })];
    const plain = a.matmul(b);
    const fused = withFastMath(() => a.matmul(b));
    assert(distance(plain, fused) <= 16 * rounding);
    assertEquals(a.matmul(b).toArray(), plain.toArray());
  });

  test(`fused convolutions of ${dtype} and their gradients differ by rounding alone`, () => {
    manualSeed(6);
    const x = randn([3, 4, 9, 11], { dtype, requiresGrad: true });
    const weight = randn([6, 4, 3, 3], { dtype, requiresGrad: true });
    const run = (): Tensor[] => {
      x.grad = weight.grad = null;
      const y = functional.conv2d(x, weight, { padding: 1 });
      y.square().sum().backward();
      return [y.detach(), x.grad!, weight.grad!];
    };
    const plain = run();
    const fused = withFastMath(run);
    plain.forEach((value, i) => assert(distance(value, fused[i]) <= 64 * rounding));
  });
}

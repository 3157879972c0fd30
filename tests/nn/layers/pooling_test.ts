import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { arange, gradCheck, tensor, ValueError } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

const image = arange(1, 25, { dtype: "float64" }).reshape(1, 2, 3, 4).div(8);

/** The numbers of PyTorch 1.13 for the first channel: the result, and the gradient of `Σ y²`. */
const CASES = [
  [{ divisorOverride: 1 }, [[1.75, 2.75]], [
    [3.5, 3.5, 5.5, 5.5],
    [3.5, 3.5, 5.5, 5.5],
    [0, 0, 0, 0],
  ]],
  [{ divisorOverride: -2 }, [[-0.875, -1.375]], [
    [0.875, 0.875, 1.375, 1.375],
    [0.875, 0.875, 1.375, 1.375],
    [0, 0, 0, 0],
  ]],
  [{ padding: 1, countIncludePad: false, divisorOverride: 4 }, [
    [0.03125, 0.15625, 0.125],
    [0.4375, 1.0625, 0.625],
  ], [
    [0.015625, 0.078125, 0.078125, 0.0625],
    [0.21875, 0.53125, 0.53125, 0.3125],
    [0.21875, 0.53125, 0.53125, 0.3125],
  ]],
  [{ ceilMode: true, stride: 2, divisorOverride: 2 }, [[0.875, 1.375], [1.1875, 1.4375]], [
    [0.875, 0.875, 1.375, 1.375],
    [0.875, 0.875, 1.375, 1.375],
    [1.1875, 1.1875, 1.4375, 1.4375],
  ]],
] as const;

for (const [options, result, gradient] of CASES) {
  test(`average pooling with ${JSON.stringify(options)} divides as PyTorch does`, () => {
    const x = image.clone().requiresGrad_();
    const y = F.avgPool2d(x, 2, options);
    y.square().sum().backward();
    assertEquals(y.at(0, 0).toArray(), result);
    assertSame(x.grad!.at(0, 0).toArray(), gradient);
    assertEquals(new nn.AvgPool2d(2, options)(image).toArray(), y.toArray());
    assert(gradCheck((x) => F.avgPool2d(x, 2, options), [x]));
  });
}

test("a divisor that is not a power of two is rounded as well as PyTorch's", () => {
  const [[y]] = F.avgPool2d(image, 2, { divisorOverride: 3 }).at(0, 0).toArray() as number[][];
  assert(Math.abs(y - 0.5833333333333334) <= 2 ** -53);
  const whole = tensor([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]);
  assertEquals(F.avgPool2d(whole, 3, { divisorOverride: 1 }).item(), 45);
});

test("a printed layer shows its divisor; 0 and fractions are refused", () => {
  const layer = new nn.AvgPool2d(2, { divisorOverride: 3 });
  assertEquals(`${layer}`, "AvgPool2d(2, { divisorOverride: 3 })");
  for (const divisorOverride of [0, 1.5, NaN]) {
    assertThrowsMessage(
      () => F.avgPool2d(image, 2, { divisorOverride }),
      ValueError,
      `Cannot avgPool2d with divisorOverride ${divisorOverride}: use a whole number other ` +
        `than 0`,
    );
  }
});

test("avg-pool counts the padding, and max-pool does not", () => {
  const x = tensor([[[-1, -1], [-1, -1]]]);
  assertEquals(F.avgPool2d(x, 2, { padding: 1 }).toArray(), [[[-0.25, -0.25], [-0.25, -0.25]]]);
  assertEquals(F.maxPool2d(x, 2, { padding: 1 }).toArray(), [[[-1, -1], [-1, -1]]]);
});

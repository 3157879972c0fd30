/** Transposed convolutions of sequences: PyTorch 1.13's numbers, edges, and misuse. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { gradCheck, ShapeError, type Tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { checkPytorch, type Expected, wave } from "../../support/pytorch_case.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

const EXPECTED: Record<string, Expected> = {
  "plain": [
    [2, 3, 4],
    [
      -0.625,
      -0.5625,
      -0.625,
      1.3125,
      -0.625,
      0,
      -1,
      0.375,
      2.8125,
      -0.8125,
      0,
      -0.5625,
      0.0625,
      -1.625,
      0.375,
      2.3125,
      1.375,
      -0.5,
      -1.5,
      0.625,
      -0.0625,
      0.625,
      -0.625,
      -1.0625,
    ],
    [1.75, -1.25, 1.25, -1.5625, 0.5, -0.875, -1.25, 1.25, -1.0625, 0.5, -0.875, 1.875],
    [
      -1.8125,
      -1.9375,
      -1.625,
      3.75,
      1.3125,
      -2.25,
      1.3125,
      -1.4375,
      -1.4375,
      1.3125,
      -2.125,
      -1.4375,
    ],
  ],
  "options": [
    [1, 2, 8],
    [
      -1.25,
      -1.4375,
      -1.25,
      -2.3125,
      -1.25,
      0.5625,
      -1.25,
      -2.3125,
      0.5,
      0.3125,
      0.5,
      1.75,
      0.5,
      0.125,
      0.5,
      -0.3125,
    ],
    [0.8125, -1.6875, 0.75, 0.5, -1.75, 0.8125, 0, -2.0625, 0.625, 0.9375, 1.125, -1.5625],
    [-0.375, 0.6875, -1.625, -0.6875, 1.3125, 1.1875, -1.25, 1.25, 1.25, -1.6875, 1, 1.125],
    [1.25, 0.5],
  ],
  "one": [[1, 10], [0.9375, 0.9375, 0, 0.375, -0.375, 0, -0.875, 0.375, 0, 0], [
    0.125,
    0.25,
    0.375,
    1.25,
    1,
    0.75,
  ], [-1.4375, -0.1875, 1.25, 0.5]],
};

const options = { stride: 2, padding: 1, outputPadding: 1, dilation: 2, groups: 2 };

const CALLS: Record<string, readonly [Tensor[], (x: Tensor, w: Tensor, b: Tensor) => Tensor]> = {
  plain: [[wave([2, 2, 3]), wave([2, 3, 2], 4)], (x, w) => F.convTranspose1d(x, w)],
  options: [
    [wave([1, 4, 3]), wave([4, 1, 3], 4), wave([2])],
    (x, w, bias) => F.convTranspose1d(x, w, { bias, ...options }),
  ],
  one: [
    [wave([2, 3]), wave([2, 1, 2], 4)],
    (x, w) => F.convTranspose1d(x, w, { stride: 3, outputPadding: 2 }),
  ],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`convTranspose1d (${name}) gives PyTorch's numbers`, () => {
    checkPytorch(EXPECTED[name], inputs, f as (...inputs: Tensor[]) => Tensor);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert(gradCheck(f as (...inputs: Tensor[]) => Tensor, leaves, { secondOrder: true }));
  });
}

test("a layer starts as in PyTorch, and computes what the function does", () => {
  const layer = new nn.ConvTranspose1d(4, 2, 3, options);
  assertEquals([...layer.stateDict()].map(([name, x]) => [name, x.shape]), [
    ["weight", [4, 1, 3]],
    ["bias", [2]],
  ]);
  assert(layer.weight.abs().max().item() <= 1 / Math.sqrt(3));
  const { weight, bias } = layer;
  const x = wave([1, 4, 3]).float();
  assertEquals(layer(x).equal(F.convTranspose1d(x, weight, { bias, ...options })), true);
  const text = "ConvTranspose1d(4, 2, 3, { stride: 2, padding: 1, dilation: 2, groups: 2, " +
    "outputPadding: 1 })";
  assertEquals(`${layer}`, text);
  const plain = new nn.ConvTranspose1d(2, 3, 2, { bias: false });
  const [entry] = nn.summary(plain, zeros([1, 2, 5])).layers;
  assertStrictEquals(entry.multiplyAdds, 5 * 2 * 3 * 2);
});

test("empty batches; misuse is refused", () => {
  assertSame(F.convTranspose1d(zeros([0, 2, 3]), zeros([2, 3, 2])).shape, [0, 3, 4]);
  assertThrowsMessage(
    () => F.convTranspose1d(zeros([2, 3]), zeros([2, 3])),
    ShapeError,
    "Cannot convTranspose1d with a weight of shape [2, 3]: it must be [c, out / groups, k]",
  );
  assertThrowsMessage(
    () => F.convTranspose1d(zeros([1, 1, 2, 3]), zeros([2, 3, 2])),
    ShapeError,
    "Cannot convTranspose1d shape [1, 1, 2, 3]: the input must be [n, c, l] or [c, l]; " +
      "reshape it, or add an axis with unsqueeze()",
  );
  assertThrows(
    () => F.convTranspose1d(zeros([2, 3]), zeros([2, 3, 2]), { outputPadding: 1 }),
    ValueError,
    "outputPadding 1, stride 1 and dilation 1",
  );
  assertThrows(() => new nn.ConvTranspose1d(3, 2, 3, { groups: 2 }), ValueError);
});

/** Dropout of elements and of channels, and dropout that keeps mean and variance. */

import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  Generator,
  gradCheck,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;
const generator = () => new Generator(5);

test("dropout drops as often as it should, scales the rest, and gradients follow", () => {
  const x = ones([20000]).requiresGrad_();
  const y = F.dropout(x, 0.2, { generator: new Generator(0) });
  const zeroed = y.eq(0).sum().item();
  assert(Math.abs(zeroed / 20000 - 0.2) < 0.01, `${zeroed}`);
  assertSame(new Set(y.data), new Set([0, 1.25]));
  y.sum().backward();
  assertSame(x.grad!.data, y.data);
});

test("dropout is the identity in evaluation and for p = 0, and all zeros for p = 1", () => {
  const x = tensor([1, -2, Infinity], { requiresGrad: true });
  const layer = new nn.Dropout(0.9);
  assertStrictEquals(layer.eval()(x), x);
  assertStrictEquals(F.dropout(x, 0), x);
  assertStrictEquals(F.dropout(x, 0.5, { training: false }), x);
  const y = layer.train() && F.dropout(x, 1);
  assertSame(y.toArray(), [0, 0, 0]);
  y.sum().backward();
  assertSame(x.grad!.toArray(), [0, 0, 0]);
});

test("the same generator drops the same elements, in float32 and float64, and then others", () => {
  const drop = (seed: number, dtype: "float32" | "float64") =>
    F.dropout(ones([64], { dtype }), 0.5, { generator: new Generator(seed) }).toArray();
  assertSame(drop(7, "float32"), drop(7, "float64"));
  assertNotEquals(drop(7, "float32"), drop(8, "float32"));
  const layer = new nn.Dropout(0.5, { generator: new Generator(7) });
  const first = layer(ones([64])).toArray();
  assertSame(first, drop(7, "float32"));
  assertNotEquals(layer(ones([64])).toArray(), first);
});

test("second derivatives flow through dropout", () => {
  const x = randn([5], { dtype: "float64", requiresGrad: true, generator: new Generator(1) });
  const f = (x: Tensor) => F.dropout(x.mul(x), 0.5, { generator: new Generator(2) });
  gradCheck(f, [x], { secondOrder: true });
});

test("Dropout2d drops whole channels", () => {
  const layer = new nn.Dropout2d(0.5, { generator: new Generator(0) });
  const channels = layer(ones([16, 8, 2, 2])).sum([2, 3]);
  assertSame([...new Set(channels.data)].sort(), [0, 8]);
  assertEquals([...new Set(layer.eval()(ones([1, 8, 2, 2])).data)], [1]);
  assertEquals(layer.train()(ones([8, 2, 2])).ndim, 3);
});

test("Dropout1d drops whole channels, in batches and alone", () => {
  const layer = new nn.Dropout1d(0.25, { generator: generator() });
  for (const shape of [[100, 30, 4], [3000, 4]]) {
    const y = layer(ones(shape));
    assertEquals(y.shape, shape);
    const sums = y.sum(-1).mul(0.75);
    assertSame(sums.unique().values.toArray(), [0, 4]);
    assert(Math.abs(sums.mean().item() - 3) < 0.1);
  }
  assertEquals(`${layer}`, "Dropout1d(0.25)");
  const x = ones([2, 3]);
  assertStrictEquals(layer.eval()(x), x);
  assertStrictEquals(F.dropout1d(x, 0), x);
  assertSame(F.dropout1d(x, 1).unique().values.toArray(), [0]);
  assertSame(F.dropout1d(zeros([0, 2, 3])).shape, [0, 2, 3]);
});

test("the gradient of dropout1d is that of the channels that stay", () => {
  const x = ones([4, 3], { dtype: "float64" }).requiresGrad_();
  const f = () => F.dropout1d(x, 0.5, { generator: generator() });
  assert(gradCheck(f, [x]));
  const y = f();
  y.sum().backward();
  assertEquals(x.grad!.equal(y), true);
});

test("alphaDropout gives PyTorch's two numbers, with PyTorch's slope", () => {
  // By torch.nn.functional.alpha_dropout(torch.full((1000,), 0.5), p, True) in float64.
  const PYTORCH: [p: number, kept: number, dropped: number, slope: number][] = [
    [0.2, 0.7484917538658609, -1.2361598485763778, 0.8789035834435328],
    [0.5, 1.2223963778509974, -0.7791939305180315, 0.8864048946659319],
    [0.9, 3.3860280374474225, -0.2858859888252616, 1.626108276040131],
  ];
  for (const [p, kept, dropped, slope] of PYTORCH) {
    const x = ones([1000], { dtype: "float64" }).div(2).requiresGrad_();
    const y = F.alphaDropout(x, p, { generator: generator() });
    const values = [...new Set(y.data)].sort((a, b) => a - b);
    const expected = [kept, dropped].sort((a, b) => a - b);
    values.forEach((value, i) => assert(Math.abs(value - expected[i]) < 1e-14, `${value}`));
    assertEquals(values.length, 2);
    const share = y.sub(dropped).abs().lt(1e-9).double().mean().item();
    assert(Math.abs(share - p) < 0.05);
    y.sum().backward();
    const slopes = [...new Set(x.grad!.data)].sort();
    assertStrictEquals(slopes[0], 0);
    assert(Math.abs(slopes[1] - slope) < 1e-14);
  }
});

test("alphaDropout keeps mean and variance; its ends and its layer", () => {
  const layer = new nn.AlphaDropout(0.4, { generator: generator() });
  const noise = tensor(Array.from({ length: 20000 }, (_, i) => (i % 2) * 2 - 1));
  const y = layer(noise);
  assert(Math.abs(y.mean().item()) < 0.03 && Math.abs(y.std().item() - 1) < 0.03);
  assertEquals(`${layer}`, "AlphaDropout(0.4)");
  assertStrictEquals(layer.eval()(noise), noise);
  assertStrictEquals(F.alphaDropout(noise, 0), noise);
  assertStrictEquals(F.alphaDropout(noise, 0.5, { training: false }), noise);
  assertSame(F.alphaDropout(tensor([1, -2]), 1).abs().toArray(), [0, 0]);
  assertSame(F.alphaDropout(zeros([0])).shape, [0]);
  assertEquals(F.alphaDropout(tensor(1)).shape, []);
  const x = ones([50], { dtype: "float64" }).requiresGrad_();
  assert(gradCheck(() => F.alphaDropout(x.square(), 0.3, { generator: generator() }), [x]));
});

test("misuse is refused", () => {
  const p = "Cannot drop out with probability 2: it must be from 0 to 1";
  assertThrowsMessage(() => new nn.AlphaDropout(2), ValueError, p);
  assertThrowsMessage(() => F.alphaDropout(ones([1]), 2), ValueError, p);
  assertThrowsMessage(() => F.dropout1d(ones([1, 1]), 2), ValueError, p);
  assertThrowsMessage(
    () => F.alphaDropout(tensor([1], { dtype: "int32" })),
    DTypeError,
    'Cannot drop out elements of int32: convert it with .to("float32")',
  );
  assertThrowsMessage(
    () => F.dropout1d(ones([3])),
    ShapeError,
    "Cannot dropout1d shape [3]: the input must be [n, c, l] or [c, l]; reshape it, or add " +
      "an axis with unsqueeze()",
  );
});

/** Activations: the shrinking ones, thresholds, softmin and the Gumbel softmax. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  Generator,
  gradCheck,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { checkPytorch, type Expected, wave } from "../../support/pytorch_case.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;
const double = (values: number[]) => tensor(values, { dtype: "float64" });

const EXPECTED: Record<string, Expected> = {
  "hardshrink": [[8], [-1.25, 0, 0, 1.25, 0, -0.75, 1, 0], [1.25, 0, 0, 1, 0, -1, 0.75, 0]],
  "hardshrink 1": [[8], [-1.25, 0, 0, 1.25, 0, 0, 0, 0], [1.25, 0, 0, 1, 0, 0, 0, 0]],
  "softshrink": [[8], [-0.75, 0, 0, 0.75, 0, -0.25, 0.5, 0], [1.25, 0, 0, 1, 0, -1, 0.75, 0]],
  "softshrink 1": [[8], [-0.25, 0, 0, 0.25, 0, 0, 0, 0], [1.25, 0, 0, 1, 0, 0, 0, 0]],
  "tanhshrink": [[8], [
    -0.4017163600424871,
    0.03788284273999026,
    -0.03788284273999026,
    0.4017163600424871,
    0.005081337596290869,
    -0.1148510476127127,
    0.23840584404423515,
    0,
  ], [
    0.8994814172744592,
    0.05338806675851815,
    -0.16016420027555445,
    0.7195851338195673,
    0,
    -0.40341419171866855,
    0.4350192437894804,
    0,
  ]],
  "threshold": [[8], [-3, 0.5, -3, 1.25, -3, -3, 1, -3], [0, 0.25, 0, 1, 0, 0, 0.75, 0]],
  "prelu": [[2, 2, 2], [-0.3125, 0.5, -0.125, 1.25, 0.25, -0.1875, 1, 0], [
    0.3125,
    0.25,
    -0.1875,
    1,
    0,
    -0.25,
    0.75,
    -0.0625,
  ], [-0.4375]],
  "prelu by channel": [[2, 2, 2], [-0.3125, 0.5, 0.25, 1.25, 0.25, -0.1875, 1, 0], [
    0.3125,
    0.25,
    0.375,
    1,
    0,
    -0.25,
    0.75,
    0.125,
  ], [-0.8125, 0.375]],
  "prelu of a vector": [[4], [-0.3125, 0.5, -0.125, 1.25], [0.3125, 0.25, -0.1875, 1], [-1.1875]],
  "glu": [[2, 2], [-0.4719258359976818, 0.38864993058734554, 0.18276464465750122, -0.375], [
    0.4719258359976818,
    0.19432496529367277,
    -0.36719330031499137,
    0.021638098374062133,
    -0.5482939339725037,
    0.5,
    -0.03686473748277785,
    -0.1875,
  ]],
  "glu 0": [[1, 3], [-0.9716248264683638, 0.28108825044289903, -0.1604106504123035], [
    0.9716248264683638,
    0.14054412522144952,
    -0.24061597561845527,
    -0.27047622967577667,
    0.030766760342199793,
    0.08171062266068027,
  ]],
  "softmin": [[2, 3], [
    0.9241418199787566,
    0.4378234991142019,
    0.4378234991142019,
    0.07585818002124356,
    0.5621765008857981,
    0.5621765008857981,
  ], [
    -0.017525929136276812,
    -0.061533520684399594,
    -0.061533520684399545,
    0.01752592913627706,
    0.06153352068439958,
    0.061533520684399635,
  ]],
};

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  hardshrink: [[wave([8])], (x) => new nn.Hardshrink()(x)],
  "hardshrink 1": [[wave([8])], (x) => F.hardshrink(x, 1)],
  softshrink: [[wave([8])], (x) => new nn.Softshrink()(x)],
  "softshrink 1": [[wave([8])], (x) => F.softshrink(x, 1)],
  tanhshrink: [[wave([8])], (x) => new nn.Tanhshrink()(x)],
  threshold: [[wave([8])], (x) => new nn.Threshold(0.25, -3)(x)],
  prelu: [[wave([2, 2, 2]), double([0.25])], (x, w) => F.prelu(x, w)],
  "prelu by channel": [[wave([2, 2, 2]), double([0.25, -0.5])], (x, w) => F.prelu(x, w)],
  "prelu of a vector": [[wave([4]), double([0.25])], (x, w) => F.prelu(x, w)],
  glu: [[wave([2, 4])], (x) => new nn.GLU()(x)],
  "glu 0": [[wave([2, 3])], (x) => F.glu(x, { axis: 0 })],
  softmin: [[wave([2, 3])], (x) => new nn.Softmin({ axis: 0 })(x)],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers`, () => checkPytorch(EXPECTED[name], inputs, f));

  test(`${name}: first and second derivatives`, () => {
    // Away from where they bend.
    const leaves = inputs.map((x) => x.add(0.03).requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

/** NaN, ∞, −∞, 0, −0, and the bounds. */
const EDGES = [NaN, Infinity, -Infinity, 0, -0, 0.5, -0.5];

test("edges are PyTorch's; NaN stays NaN", () => {
  const x = tensor(EDGES);
  assertSame(F.hardshrink(x).toArray(), [NaN, Infinity, -Infinity, 0, 0, 0, 0]);
  assertSame(F.softshrink(x).toArray(), [NaN, Infinity, -Infinity, 0, 0, 0, 0]);
  assertEquals(F.threshold(x, 0.5, 7).toArray(), [NaN, Infinity, 7, 7, 7, 7, 7]);
  const slopes = F.prelu(x, tensor([0.25])).toArray();
  assertSame(slopes, [NaN, Infinity, -Infinity, 0, -0, 0.5, -0.125]);
  const bends = tensor([0, -0], { requiresGrad: true });
  F.prelu(bends, tensor([0.25])).sum().backward();
  assertEquals(bends.grad!.toArray(), [0.25, 0.25]);
  assertEquals(F.hardshrink(tensor([0.1, -2]), -1).toArray(), [Math.fround(0.1), -2]);
});

test("empty inputs and scalars", () => {
  for (const f of [F.hardshrink, F.softshrink, F.tanhshrink]) {
    assertSame(f(zeros([0, 2])).shape, [0, 2]);
    assertEquals(f(tensor(0.25)).shape, []);
  }
  assertEquals(F.threshold(tensor(3), 1, 0).item(), 3);
  assertEquals(F.prelu(tensor(-2), tensor(0.5)).item(), -1);
  assertSame(F.prelu(zeros([0, 3]), zeros([3])).shape, [0, 3]);
  assertSame(F.glu(zeros([0, 4])).shape, [0, 2]);
  assertSame(F.glu(zeros([0])).shape, [0]);
  assertSame(F.softmin(zeros([0, 3]), { axis: -1 }).shape, [0, 3]);
  assertEquals(F.softmin(tensor(4), { axis: 0 }).item(), 1);
});

test("a PReLU learns its slopes, under PyTorch's key", () => {
  const layer = new nn.PReLU(3, { init: 0.5 });
  assertEquals([...layer.stateDict()].map(([name, w]) => [name, w.toArray()]), [
    ["weight", [0.5, 0.5, 0.5]],
  ]);
  layer(zeros([2, 3, 4]).sub(1)).sum().backward();
  assertEquals(layer.weight.grad!.toArray(), [-8, -8, -8]);
});

test("printed layers show what they were made with", () => {
  const layers = [
    new nn.Hardshrink(),
    new nn.Softshrink(0.25),
    new nn.Tanhshrink(),
    new nn.Threshold(0.5, -1),
    new nn.PReLU(4),
    new nn.GLU(),
    new nn.GLU({ axis: 1 }),
    new nn.Softmin({ axis: 1 }),
  ];
  assertEquals(layers.map(String), [
    "Hardshrink(0.5)",
    "Softshrink(0.25)",
    "Tanhshrink()",
    "Threshold(0.5, -1)",
    "PReLU(4)",
    "GLU()",
    "GLU({ axis: 1 })",
    "Softmin({ axis: 1 })",
  ]);
});

test("misuse is refused", () => {
  const refused = (f: () => unknown, name: string, message: string) =>
    assertThrowsMessage(f, name, message);
  const lambda = "Cannot softshrink by -1: it must be 0 or more";
  refused(() => F.softshrink(tensor([1]), -1), ValueError.name, lambda);
  refused(() => new nn.Softshrink(-1), ValueError.name, lambda);
  refused(
    () => F.prelu(zeros([2, 3]), zeros([2])),
    ShapeError.name,
    "Cannot prelu shape [2, 3] with slopes [2]: there must be one, or one for each of 3 channels",
  );
  refused(
    () => F.prelu(zeros([3]), zeros([3])),
    ShapeError.name,
    "Cannot prelu shape [3] with slopes [3]: there must be one, or one for each of 1 channel",
  );
  refused(
    () => F.glu(zeros([2, 3])),
    ShapeError.name,
    "Cannot glu shape [2, 3] along axis -1: its size must be even, for values and as many gates",
  );
  refused(
    () => F.glu(tensor(1)),
    ShapeError.name,
    "Cannot glu shape [] along axis -1: its size must be even, for values and as many gates",
  );
  refused(
    () => F.softmin(zeros([2]), { axis: 1 }),
    ShapeError.name,
    "Cannot softmin over axis 1 of shape [2]: axes go from -1 to 0",
  );
  for (const f of [F.hardshrink, F.softshrink, F.tanhshrink]) {
    assertThrows(() => f([1] as unknown as Tensor), DTypeError);
  }
});

test("tanhshrink and its gradient keep their digits near 0", () => {
  const x = double([1e-3, -1e-3, 0.0999]).requiresGrad_();
  const y = F.tanhshrink(x);
  y.sum().backward();
  // By mpmath, with 30 digits.
  const wanted = [3.33333200000053989e-10, -3.33333200000053989e-10, 3.31012990587950886e-4];
  const slopes = [9.999993333337111526e-7, 9.999993333337111526e-7, 9.913983174080466e-3];
  wanted.forEach((v, i) => assert(Math.abs(y.data[i] / v - 1) < 1e-15, `${y.data[i]}`));
  slopes.forEach((v, i) => assert(Math.abs(x.grad!.data[i] / v - 1) < 1e-12, `${x.grad!.data[i]}`));
});

const generator = () => new Generator(3);
const logits = tensor([0.5, -1, 2], { dtype: "float64" });

test("hard draws are one-hot, with the probabilities of the softmax", () => {
  const draws = F.gumbelSoftmax(logits.expand(20000, 3), { hard: true, generator: generator() });
  assertSame(draws.unique().values.toArray(), [0, 1]);
  assertEquals(draws.sum(1).eq(1).all().item(), 1);
  const error = draws.mean(0).sub(logits.softmax(0)).abs().max().item();
  assert(error < 0.01, `${error}`);
});

test("the temperature makes soft draws flat or sharp, around the same class", () => {
  const at = (tau: number) =>
    F.gumbelSoftmax(logits.expand(100, 3), { tau, generator: generator() });
  const [sharp, soft, flat] = [0.01, 1, 100].map(at);
  for (const draws of [sharp, soft, flat]) {
    assert(draws.sum(1).sub(1).abs().max().item() < 1e-12);
    assertEquals(draws.argmax(1).equal(soft.argmax(1)), true);
  }
  assert(sharp.amax(1).mean().item() > 0.95);
  assert(flat.amax(1).max().item() < 0.4);
});

test("the gradient is that of the softmax of noisy logits, for hard draws too", () => {
  const leaf = logits.expand(2, 3).clone().requiresGrad_();
  for (const axis of [0, 1]) {
    const soft = () => F.gumbelSoftmax(leaf, { tau: 0.7, axis, generator: generator() });
    assert(gradCheck(soft, [leaf], { secondOrder: true }));
    const start = tensor([[1, 2, -3], [0.5, 4, 1]], { dtype: "float64" });
    const gradients = [false, true].map((hard) => {
      leaf.grad = null;
      const options = { tau: 0.7, axis, hard, generator: generator() };
      F.gumbelSoftmax(leaf, options).backward(start);
      return leaf.grad!.toArray();
    });
    assertEquals(gradients[0], gradients[1]);
  }
});

test("empty inputs, scalars and float32", () => {
  assertSame(F.gumbelSoftmax(zeros([0, 3])).shape, [0, 3]);
  assertEquals(F.gumbelSoftmax(tensor(5), { hard: true }).item(), 1);
  assertEquals(F.gumbelSoftmax(tensor(5)).item(), 1);
  assertEquals(F.gumbelSoftmax(zeros([2, 3]), { hard: true }).dtype, "float32");
  const impossible = tensor([-Infinity, 0]).expand(100, 2);
  assertSame(F.gumbelSoftmax(impossible, { hard: true }).sum(0).toArray(), [0, 100]);
});

test("misuse is refused", () => {
  const tau = "Cannot gumbelSoftmax with tau 0: it must be above 0";
  assertThrowsMessage(() => F.gumbelSoftmax(logits, { tau: 0 }), ValueError, tau);
  assertThrows(() => F.gumbelSoftmax(logits, { tau: NaN }), ValueError);
  assertThrowsMessage(
    () => F.gumbelSoftmax(logits, { axis: 1 }),
    ShapeError,
    "Cannot gumbelSoftmax over axis 1 of shape [3]: axes go from -1 to 0",
  );
  assertThrowsMessage(
    () => F.gumbelSoftmax(tensor([1, 2], { dtype: "int32" })),
    DTypeError,
    'Cannot gumbelSoftmax int32: convert it with .to("float32")',
  );
});

test("gradients of saturated activations keep their digits in float32", () => {
  const at = -4.5;
  const slope = (f: (x: Tensor) => Tensor, dtype: "float32" | "float64"): number => {
    const x = tensor(at, { dtype, requiresGrad: true });
    f(x).backward();
    return x.grad!.item();
  };
  const gelu = (x: Tensor) => F.gelu(x, { approximate: "tanh" });
  const [exact, rounded] = [slope(gelu, "float64"), slope(gelu, "float32")];
  assert(Math.abs(rounded / exact - 1) < 1e-4, `${rounded}, not ${exact}`);
  // The gradient loses no more than the rounding of tanh itself.
  const y = tensor(at).tanh().item();
  assert(Math.abs(slope((x) => x.tanh(), "float32") / ((1 - y) * (1 + y)) - 1) < 1e-6);
});

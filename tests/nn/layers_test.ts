import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { DTypeError, ShapeError, type Tensor, tensor, ValueError, zeros } from "../../mod.ts";
import { arange, Generator, gradCheck, manualSeed, ones, randn } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const { functional: F } = nn;

test("Linear and Conv2d start within ±1/√fanIn, and use the whole range", () => {
  manualSeed(3);
  const layers = [
    { layer: new nn.Linear(100, 200), bound: 0.1 },
    { layer: new nn.Conv2d(8, 64, 3, { groups: 2 }), bound: 1 / 6 },
  ];
  for (const { layer, bound } of layers) {
    for (const parameter of [layer.weight, layer.bias!]) {
      const largest = parameter.abs().amax().item();
      assert(largest <= bound && largest > 0.9 * bound, `${largest} within ${bound}`);
      assert(Math.abs(parameter.mean().item()) < 0.15 * bound);
    }
  }
});

test("layers of zero size can be made and called", () => {
  const layer = new nn.Linear(0, 3);
  assertSame(layer.bias!.toArray(), [0, 0, 0]);
  assertSame(layer(zeros([2, 0])).toArray(), [[0, 0, 0], [0, 0, 0]]);
  assertSame(new nn.Linear(3, 0)(zeros([2, 3])).shape, [2, 0]);
});

test("a batch of 0 runs through every layer, forwards and backwards", () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(),
    new nn.Linear(2, 3),
    new nn.LogSoftmax({ axis: 1 }),
  );
  const y = model(zeros([0, 1, 4, 4]));
  assertSame(y.shape, [0, 3]);
  y.sum().backward();
  for (const parameter of model.parameters()) {
    assertStrictEquals(parameter.grad!.abs().sum().item(), 0);
  }
});

test("layers compute what their functions do", () => {
  const x = randn([2, 4, 6, 6], { generator: new Generator(0) });
  const same = (layer: nn.Layer, expected: typeof x) =>
    assertEquals(layer(x).toArray(), expected.toArray());
  const options = { stride: [2, 1], padding: 1, dilation: 2, groups: 2 } as const;
  const conv = new nn.Conv2d(4, 6, [3, 2], options);
  same(conv, F.conv2d(x, conv.weight, { ...options, bias: conv.bias }));
  const linear = new nn.Linear(6, 2, { bias: false });
  assertEquals(linear.bias, null);
  same(linear, F.linear(x, linear.weight));
  const pool = { stride: 1, padding: 1 };
  same(new nn.MaxPool2d(3, { ...pool, dilation: 2 }), F.maxPool2d(x, 3, { ...pool, dilation: 2 }));
  same(new nn.MaxPool2d([2, 3]), F.maxPool2d(x, [2, 3]));
  same(new nn.AvgPool2d(3, pool), F.avgPool2d(x, 3, pool));
  same(new nn.Flatten(), x.reshape(2, 144));
  same(new nn.Flatten(0, 1), x.reshape(8, 6, 6));
  same(new nn.LeakyReLU(0.3), F.leakyRelu(x, 0.3));
  same(new nn.Sigmoid(), x.sigmoid());
  same(new nn.Tanh(), x.tanh());
  same(new nn.Softmax({ axis: 1 }), x.softmax(1));
  same(new nn.LogSoftmax({ axis: -1 }), x.logSoftmax(3));
});

test("avg-pool counts the padding, and max-pool does not", () => {
  const x = tensor([[[-1, -1], [-1, -1]]]);
  assertEquals(F.avgPool2d(x, 2, { padding: 1 }).toArray(), [[[-0.25, -0.25], [-0.25, -0.25]]]);
  assertEquals(F.maxPool2d(x, 2, { padding: 1 }).toArray(), [[[-1, -1], [-1, -1]]]);
});

test("printed layers show the call that makes them", () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { stride: 2, padding: [1, 0], bias: false }),
    new nn.MaxPool2d([2, 3], { stride: 2 }),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(0.1),
    new nn.Linear(4, 2, { bias: false }),
    new nn.Softmax({ axis: 1 }),
  );
  assertEquals(
    model.toString(),
    `Sequential(
  (0): Conv2d(1, 8, 3, { stride: 2, padding: [1, 0], bias: false })
  (1): MaxPool2d([2, 3], { stride: 2 })
  (2): AvgPool2d(2)
  (3): Flatten()
  (4): Dropout(0.1)
  (5): Linear(4, 2, { bias: false })
  (6): Softmax({ axis: 1 })
)`,
  );
});

test("layers refuse inputs and options that do not fit, saying what would", () => {
  const faults: [() => unknown, new (message: string) => Error, string][] = [
    [
      () => new nn.Linear(784, 10)(zeros([2, 1, 28, 28])),
      ShapeError,
      "Cannot apply linear with a weight [10, 784] to shape [2, 1, 28, 28]: the last axis must " +
      "have size 784; flatten or reshape the input first",
    ],
    [
      () => new nn.Linear(2, 2)(tensor(1)),
      ShapeError,
      "Cannot apply linear with a weight [2, 2] to shape []: the last axis must have size 2; " +
      "flatten or reshape the input first",
    ],
    [
      () => F.linear(zeros([2, 3]), zeros([3])),
      ShapeError,
      "Cannot apply linear with a weight [3] to shape [2, 3]: the weight must be [out, in]",
    ],
    [
      () => new nn.Linear(2.5, 2),
      ShapeError,
      "Cannot make Linear with shape [2, 2.5]: sizes must be whole numbers, 0 or more",
    ],
    [
      () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
      ValueError,
      "Cannot make Conv2d from 3 to 4 channels in 2 groups: both must divide by 2",
    ],
    [
      () => new nn.Conv2d(3, 4, 3, { groups: 0 }),
      ValueError,
      "Cannot make Conv2d in 0 groups: use a whole number, 1 or more",
    ],
    [
      () => new nn.Conv2d(1, 4, 3)(zeros([28, 28])),
      ShapeError,
      "Cannot conv2d shape [28, 28]: the input must be [n, c, h, w] or [c, h, w]; reshape it, or " +
      "add an axis with unsqueeze()",
    ],
    [
      () => new nn.Conv2d(1, 4, 3, { stride: 0 })(zeros([1, 1, 8, 8])),
      ValueError,
      "Cannot conv2d with stride [0, 0]: it must be two whole numbers, 1 or more",
    ],
    [
      () => new nn.Conv2d(1, 4, 5)(zeros([1, 1, 3, 8])),
      ShapeError,
      "Cannot conv2d shape [1, 1, 3, 8]: the window reaches over 5 elements, but axis 2 has 3 " +
      "with its padding; use a smaller kernel or more padding",
    ],
    [
      () => new nn.MaxPool2d(2, { padding: 2 })(zeros([1, 1, 8, 8])),
      ShapeError,
      "Cannot maxPool2d with padding [2, 2] and kernel [2, 2]: a window could lie in the border " +
      "alone; the padding may be at most half of the kernel",
    ],
    [
      () => new nn.Dropout(1.5),
      ValueError,
      "Cannot drop out with probability 1.5: it must be from 0 to 1",
    ],
    [
      () => new nn.Dropout(NaN),
      ValueError,
      "Cannot drop out with probability NaN: it must be from 0 to 1",
    ],
    [
      () => new nn.Dropout(0.5)(arange(3, { dtype: "int32" })),
      DTypeError,
      'Cannot drop out elements of int32: convert it with .to("float32")',
    ],
    [
      () => F.dropout2d(zeros([1, 2, 2], { dtype: "int32" })),
      DTypeError,
      'Cannot drop out elements of int32: convert it with .to("float32")',
    ],
    [
      () => F.oneHot(tensor([true, false])),
      DTypeError,
      'Cannot make one-hot vectors with an index of dtype bool: convert it with .to("int32")',
    ],
    [
      () => F.oneHot(tensor([1, 3], { dtype: "int32" }), 3),
      ValueError,
      "Cannot make a one-hot vector of index 3: indices go from 0 to 2",
    ],
  ];
  for (const [run, kind, message] of faults) {
    assertThrowsMessage(run, kind, message);
  }
});

test("oneHot counts the classes if it is not told how many there are", () => {
  const index = tensor([[0, 2]], { dtype: "int32" });
  assertSame(F.oneHot(index).toArray(), [[[1, 0, 0], [0, 0, 1]]]);
  assertEquals(F.oneHot(index, 4).shape, [1, 2, 4]);
  assertEquals(F.oneHot(index).dtype, "int32");
});

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

test("Unflatten cuts an axis, and refuses sizes that do not fit", () => {
  const layer = new nn.Unflatten(-1, [2, -1]);
  assertEquals(layer(tensor([[1, 2, 3, 4]])).toArray(), [[[1, 2], [3, 4]]]);
  assertEquals(`${layer}`, "Unflatten(-1, [2, -1])");
  assertThrowsMessage(
    () => new nn.Unflatten(1, [2, 3])(zeros([4, 5])),
    ShapeError,
    "Cannot reshape [5] to [2, 3]: 5 elements do not make 6",
  );
});

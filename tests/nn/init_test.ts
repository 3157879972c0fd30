import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  eye,
  Generator,
  manualSeed,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { init, Parameter } from "../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

function checkUniform(x: Tensor, bound: number): void {
  const largest = x.abs().amax().item();
  assert(largest <= bound && largest > 0.99 * bound, `${largest} within ${bound}`);
  checkDeviation(x, bound / Math.sqrt(3));
}

/** 10,000 draws and more have the deviation to some 1 %. */
function checkDeviation(x: Tensor, expected: number): void {
  const std = x.std().item();
  assert(Math.abs(std / expected - 1) < 0.03, `${std}, expected ${expected}`);
}

test("Xavier and Kaiming have the spread of their papers", () => {
  const generator = new Generator(0);
  const weight = (): Tensor => zeros([150, 100]);
  checkUniform(init.xavierUniform_(weight(), { generator }), Math.sqrt(6 / 250));
  checkUniform(init.xavierUniform_(weight(), { generator, gain: 2 }), 2 * Math.sqrt(6 / 250));
  checkDeviation(init.xavierNormal_(weight(), { generator }), Math.sqrt(2 / 250));
  checkUniform(init.kaimingUniform_(weight(), { generator }), Math.sqrt(6 / 100));
  checkUniform(
    init.kaimingUniform_(weight(), { generator, mode: "fanOut", nonlinearity: "relu" }),
    Math.sqrt(6 / 150),
  );
  checkUniform(init.kaimingUniform_(weight(), { generator, a: Math.sqrt(5) }), 1 / 10);
  checkDeviation(
    init.kaimingNormal_(weight(), { generator, nonlinearity: "tanh" }),
    5 / 3 / Math.sqrt(100),
  );
});

test("uniform_ and normal_ have the range, mean and deviation that were asked for", () => {
  const generator = new Generator(1);
  const even = init.uniform_(zeros([10000]), { a: 2, b: 4, generator });
  assert(even.amin().item() >= 2 && even.amax().item() <= 4);
  assert(Math.abs(even.mean().item() - 3) < 0.03);
  const bell = init.normal_(zeros([10000]), { mean: -1, std: 0.5, generator });
  assert(Math.abs(bell.mean().item() + 1) < 0.03);
  checkDeviation(bell, 0.5);
});

test("values come from the given generator, and parameters stay leaves that learn", () => {
  const make = (): Parameter => new Parameter(zeros([4, 3]));
  const first = init.xavierNormal_(make(), { generator: new Generator(5) });
  const second = init.xavierNormal_(make(), { generator: new Generator(5) });
  assertEquals(first.toArray(), second.toArray());
  assert(first.isLeaf && first.requiresGrad);
  assertEquals(init.constant_(make(), 7).toArray()[0 as never], [7, 7, 7]);
  assertEquals(init.ones_(make()).sum().item(), 12);
  assertStrictEquals(init.zeros_(first).sum().item(), 0);
});

test("fans and gains are those of PyTorch", () => {
  assertEquals(init.calculateFans(zeros([8, 4, 3, 5])), { fanIn: 60, fanOut: 120 });
  assertEquals(init.calculateFans(zeros([2, 3])), { fanIn: 3, fanOut: 2 });
  assertEquals(init.calculateGain("conv2d"), 1);
  assertStrictEquals(init.calculateGain("relu"), Math.sqrt(2));
  assertStrictEquals(init.calculateGain("leakyRelu"), Math.sqrt(2 / 1.0001));
  assertEquals(init.calculateGain("leakyRelu", 1), 1);
});

test("what cannot be initialised is refused, and stays as it was", () => {
  const integers = zeros([2, 2], { dtype: "int32" });
  assertThrowsMessage(
    () => init.normal_(integers),
    DTypeError,
    "Cannot fill a tensor of int32 with random numbers: use a floating-point tensor, or randint",
  );
  assertThrowsMessage(
    () => init.xavierUniform_(zeros([3])),
    ShapeError,
    "Cannot calculate the fans of shape [3]: a weight is [out, in, …]; use uniform_, normal_ or " +
      "constant_ for a bias",
  );
  assertThrows(() => init.uniform_(zeros([3]), { a: 2 }), ValueError);
  assertThrows(() => init.normal_(zeros([3]), { std: -1 }), ValueError);
  assertThrows(
    () => init.calculateGain("gelu" as init.Nonlinearity),
    Error,
    "Cannot calculate the gain",
  );
  assertThrows(
    () => init.kaimingNormal_(zeros([2, 2]), { mode: "fan_in" as "fanIn" }),
    Error,
    'Cannot initialise with mode "fan_in": use "fanIn" or "fanOut"',
  );
});

test("truncated normals stay inside, with the moments of the distribution", () => {
  const generator = new Generator(6);
  const x = init.truncNormal_(zeros([20000], { dtype: "float64" }), { generator });
  assert(x.abs().max().item() <= 2);
  assert(Math.abs(x.mean().item()) < 0.02);
  checkDeviation(x, 0.8796); // √(1 − 4 φ(2) / (Φ(2) − Φ(−2)))
  const tail = init.truncNormal_(zeros([1000]), { a: 4, b: 5, generator });
  assert(tail.min().item() >= 4 && tail.max().item() <= 5 && tail.mean().item() < 4.3);
  const moved = init.truncNormal_(zeros([10000]), { mean: 1, std: 0.1, a: 0.9, b: 9, generator });
  assert(moved.min().item() >= 0.9 - 1e-7 && Math.abs(moved.mean().item() - 1.0288) < 0.002);
  assertThrows(() => init.truncNormal_(zeros([1]), { a: 2, b: 2 }), ValueError);
  assertThrows(() => init.truncNormal_(zeros([1], { dtype: "int32" })), DTypeError);
});

test("orthogonal weights are orthonormal along the shorter side, of either sign", () => {
  const generator = new Generator(7);
  for (const shape of [[5, 3], [3, 5], [4, 4], [3, 2, 2, 2]]) {
    const weight = init.orthogonal_(zeros(shape, { dtype: "float64" }), { gain: 2, generator });
    const flat = weight.reshape(shape[0], -1);
    const product = flat.size(0) > flat.size(1) ? flat.T.matmul(flat) : flat.matmul(flat.T);
    assert(product.allclose(eye(product.size(0), undefined, { dtype: "float64" }).mul(4)));
  }
  let positive = 0;
  for (let i = 0; i < 200; i++) {
    positive += init.orthogonal_(zeros([2, 2]), { generator }).at(0, 0).gt(0).item();
  }
  assert(positive > 70 && positive < 130, `${positive} of 200`);
  assertThrows(() => init.orthogonal_(zeros([3])), Error, "Cannot make orthogonal [3]");
});

test("eye_ and dirac_ pass their input on, as in PyTorch", () => {
  assertSame(init.eye_(zeros([3, 2])).toArray(), [[1, 0], [0, 1], [0, 0]]);
  assertThrows(() => init.eye_(zeros([3])), ShapeError);
  const weight = init.dirac_(zeros([4, 2, 3, 3]), { groups: 2 });
  assertSame(weight.nonzero().toArray(), [[0, 0, 1, 1], [1, 1, 1, 1], [2, 0, 1, 1], [3, 1, 1, 1]]);
  assertThrows(() => init.dirac_(zeros([4, 2])), ShapeError);
  assertThrows(() => init.dirac_(zeros([4, 2, 3]), { groups: 3 }), ShapeError);
});

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

test("weights start as in PyTorch", () => {
  manualSeed(5);
  const uniform = (x: Tensor, bound: number) => {
    const largest = x.abs().amax().item();
    // A few numbers need not come close to the bound.
    const least = x.numel() < 64 ? 0 : 0.9 * bound;
    assert(largest <= bound && largest > least, `${largest} within ${bound}`);
  };
  const rnn = new nn.LSTM(8, 16, { numLayers: 2, bidirectional: true });
  for (const parameter of rnn.parameters()) uniform(parameter, 0.25);
  for (const parameter of new nn.GRUCell(8, 16).parameters()) uniform(parameter, 0.25);
  for (const parameter of new nn.Bilinear(16, 8, 8).parameters()) uniform(parameter, 0.25);
  for (const p of new nn.ConvTranspose2d(8, 32, 3, { groups: 2 }).parameters()) uniform(p, 1 / 12);
  for (const p of new nn.Conv1d(16, 32, 4).parameters()) uniform(p, 1 / 8);
  const attention = new nn.MultiheadAttention(24, 2);
  uniform(attention.in_proj_weight!, Math.sqrt(6 / (72 + 24)));
  assertStrictEquals(attention.in_proj_bias!.abs().sum().item(), 0);
  assertStrictEquals(attention.out_proj.bias!.abs().sum().item(), 0);
  const wide = new nn.MultiheadAttention(24, 2, { kdim: 40, addBiasKv: true });
  uniform(wide.q_proj_weight!, Math.sqrt(6 / 48));
  uniform(wide.k_proj_weight!, Math.sqrt(6 / 64));
  assert(wide.bias_k!.std().item() > 0.1);
  const whole = new nn.Transformer(16, 2, { dimFeedforward: 32 });
  const named = new Map(whole.namedParameters());
  uniform(named.get("decoder.layers.5.linear1.weight")!, Math.sqrt(6 / 48));
  uniform(named.get("encoder.layers.0.self_attn.in_proj_weight")!, Math.sqrt(6 / 64));
  assertStrictEquals(named.size, 6 * 12 + 6 * 18 + 4);
  const embedding = new nn.Embedding(200, 50, { paddingIdx: -1 });
  assertEquals(embedding.paddingIdx, 199);
  assert(Math.abs(embedding.weight.std().item() - 1) < 0.05);
  assertStrictEquals(embedding.weight.at(199).abs().sum().item(), 0);
  const norm = new nn.BatchNorm2d(2);
  assertSame([...norm.stateDict()].map(([name, x]) => [name, x.toArray()]), [
    ["weight", [1, 1]],
    ["bias", [0, 0]],
    ["running_mean", [0, 0]],
    ["running_var", [1, 1]],
    ["num_batches_tracked", 0],
  ]);
});

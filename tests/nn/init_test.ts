import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  eye,
  Generator,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
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

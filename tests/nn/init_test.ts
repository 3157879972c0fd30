import assert from "node:assert/strict";
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

function checkUniform(x: Tensor, bound: number): void {
  const largest = x.abs().amax().item();
  assert.ok(largest <= bound && largest > 0.99 * bound, `${largest} within ${bound}`);
  checkDeviation(x, bound / Math.sqrt(3));
}

/** 10,000 draws and more have the deviation to some 1 %. */
function checkDeviation(x: Tensor, expected: number): void {
  const std = x.std().item();
  assert.ok(Math.abs(std / expected - 1) < 0.03, `${std}, expected ${expected}`);
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
  assert.ok(even.amin().item() >= 2 && even.amax().item() <= 4);
  assert.ok(Math.abs(even.mean().item() - 3) < 0.03);
  const bell = init.normal_(zeros([10000]), { mean: -1, std: 0.5, generator });
  assert.ok(Math.abs(bell.mean().item() + 1) < 0.03);
  checkDeviation(bell, 0.5);
});

test("values come from the given generator, and parameters stay leaves that learn", () => {
  const make = (): Parameter => new Parameter(zeros([4, 3]));
  const first = init.xavierNormal_(make(), { generator: new Generator(5) });
  const second = init.xavierNormal_(make(), { generator: new Generator(5) });
  assert.deepEqual(first.toArray(), second.toArray());
  assert.ok(first.isLeaf && first.requiresGrad);
  assert.deepEqual(init.constant_(make(), 7).toArray()[0 as never], [7, 7, 7]);
  assert.equal(init.ones_(make()).sum().item(), 12);
  assert.equal(init.zeros_(first).sum().item(), 0);
});

test("fans and gains are those of PyTorch", () => {
  assert.deepEqual(init.calculateFans(zeros([8, 4, 3, 5])), { fanIn: 60, fanOut: 120 });
  assert.deepEqual(init.calculateFans(zeros([2, 3])), { fanIn: 3, fanOut: 2 });
  assert.equal(init.calculateGain("conv2d"), 1);
  assert.equal(init.calculateGain("relu"), Math.sqrt(2));
  assert.equal(init.calculateGain("leakyRelu"), Math.sqrt(2 / 1.0001));
  assert.equal(init.calculateGain("leakyRelu", 1), 1);
});

test("what cannot be initialised is refused, and stays as it was", () => {
  const integers = zeros([2, 2], { dtype: "int32" });
  assert.throws(() => init.normal_(integers), (error: Error) => {
    assert.equal(
      error.message,
      "Cannot fill a tensor of int32 with random numbers: use a floating-point tensor, or randint",
    );
    return error instanceof DTypeError;
  });
  assert.throws(() => init.xavierUniform_(zeros([3])), (error: Error) => {
    assert.equal(
      error.message,
      "Cannot calculate the fans of shape [3]: a weight is [out, in, …]; use uniform_, normal_ or " +
        "constant_ for a bias",
    );
    return error instanceof ShapeError;
  });
  assert.throws(() => init.uniform_(zeros([3]), { a: 2 }), ValueError);
  assert.throws(() => init.normal_(zeros([3]), { std: -1 }), ValueError);
  assert.throws(() => init.calculateGain("gelu" as init.Nonlinearity), /Cannot calculate the gain/);
  assert.throws(
    () => init.kaimingNormal_(zeros([2, 2]), { mode: "fan_in" as "fanIn" }),
    /Cannot initialise with mode "fan_in": use "fanIn" or "fanOut"/,
  );
});

test("truncated normals stay inside, with the moments of the distribution", () => {
  const generator = new Generator(6);
  const x = init.truncNormal_(zeros([20000], { dtype: "float64" }), { generator });
  assert.ok(x.abs().max().item() <= 2);
  assert.ok(Math.abs(x.mean().item()) < 0.02);
  checkDeviation(x, 0.8796); // √(1 − 4 φ(2) / (Φ(2) − Φ(−2)))
  const tail = init.truncNormal_(zeros([1000]), { a: 4, b: 5, generator });
  assert.ok(tail.min().item() >= 4 && tail.max().item() <= 5 && tail.mean().item() < 4.3);
  const moved = init.truncNormal_(zeros([10000]), { mean: 1, std: 0.1, a: 0.9, b: 9, generator });
  assert.ok(moved.min().item() >= 0.9 - 1e-7 && Math.abs(moved.mean().item() - 1.0288) < 0.002);
  assert.throws(() => init.truncNormal_(zeros([1]), { a: 2, b: 2 }), ValueError);
  assert.throws(() => init.truncNormal_(zeros([1], { dtype: "int32" })), DTypeError);
});

test("orthogonal weights are orthonormal along the shorter side, of either sign", () => {
  const generator = new Generator(7);
  for (const shape of [[5, 3], [3, 5], [4, 4], [3, 2, 2, 2]]) {
    const weight = init.orthogonal_(zeros(shape, { dtype: "float64" }), { gain: 2, generator });
    const flat = weight.reshape(shape[0], -1);
    const product = flat.size(0) > flat.size(1) ? flat.T.matmul(flat) : flat.matmul(flat.T);
    assert.ok(product.allclose(eye(product.size(0), undefined, { dtype: "float64" }).mul(4)));
  }
  let positive = 0;
  for (let i = 0; i < 200; i++) {
    positive += init.orthogonal_(zeros([2, 2]), { generator }).at(0, 0).gt(0).item();
  }
  assert.ok(positive > 70 && positive < 130, `${positive} of 200`);
  assert.throws(() => init.orthogonal_(zeros([3])), /Cannot make orthogonal \[3\]/);
});

test("eye_ and dirac_ pass their input on, as in PyTorch", () => {
  assert.deepEqual(init.eye_(zeros([3, 2])).toArray(), [[1, 0], [0, 1], [0, 0]]);
  assert.throws(() => init.eye_(zeros([3])), ShapeError);
  const weight = init.dirac_(zeros([4, 2, 3, 3]), { groups: 2 });
  assert.deepEqual(
    weight.nonzero().toArray(),
    [[0, 0, 1, 1], [1, 1, 1, 1], [2, 0, 1, 1], [3, 1, 1, 1]],
  );
  assert.throws(() => init.dirac_(zeros([4, 2])), ShapeError);
  assert.throws(() => init.dirac_(zeros([4, 2, 3]), { groups: 3 }), ShapeError);
});

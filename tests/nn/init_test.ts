import assert from "node:assert/strict";
import { test } from "node:test";
import { DTypeError, Generator, ShapeError, type Tensor, ValueError, zeros } from "../../mod.ts";
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

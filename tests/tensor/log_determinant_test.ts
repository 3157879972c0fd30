/** Logarithms of determinants: PyTorch 1.13's numbers, extremes, and misuse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DTypeError,
  eye,
  gradCheck,
  linalg,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { type Expected, requirePytorch, wave } from "../support/pytorch_case.ts";

const EXPECTED: Record<string, Expected> = {
  "logabsdet": [[2], [-1.3862943611198908, 1.4321038971511848], [
    0,
    -3.75,
    -6.25,
    0,
    2.5,
    2.5,
    1.25,
    -4.0625,
    -4.6875,
    0.11567164179104476,
    -0.04104477611940297,
    -0.029850746268656723,
    0.08582089552238806,
    0.22761194029850743,
    0.07462686567164181,
    0.018656716417910443,
    -0.16791044776119401,
    0.05970149253731343,
  ]],
  "logdet": [[2], [2.3550885922881384, 4.119989465142509], [
    0.9266123054114159,
    -0.20014825796886584,
    0.24091919940696813,
    -0.20014825796886584,
    0.36323202372127505,
    -0.2520385470719051,
    0.24091919940696813,
    -0.2520385470719051,
    0.8126389918458117,
    0.04940034266133638,
    0.0014277555682467129,
    0.015895678659813443,
    0.001427755568246715,
    0.115648201027984,
    -0.0457833618884447,
    0.015895678659813443,
    -0.0457833618884447,
    0.06805634875309348,
  ]],
  "a number": [[], [0.9162907318741551], [-0.5]],
};

const matrices = wave([2, 3, 3]).add(eye(3));

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  logabsdet: [[matrices], (x) => linalg.slogdet(x).logabsdet],
  logdet: [[matrices.matmul(matrices.mT).add(eye(3))], (x) => linalg.logdet(x)],
  "a number": [[tensor([[-2.5]], { dtype: "float64" })], (x) => linalg.slogdet(x).logabsdet],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    requirePytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert.ok(gradCheck(f, leaves, { secondOrder: true }));
  });
}

test("signs are those of the determinants, and have no gradient", () => {
  const x = matrices.clone().requiresGrad_();
  const { sign } = linalg.slogdet(x);
  assert.deepEqual(sign.toArray(), linalg.det(matrices).sign().toArray());
  sign.sum().backward();
  assert.deepEqual(x.grad!.abs().sum().item(), 0);
  const turned = linalg.slogdet(tensor([[0, 1], [1, 0]]));
  assert.deepEqual([turned.sign.item(), turned.logabsdet.item()], [-1, 0]);
});

test("what a determinant would lose to overflow is there, with its sign", () => {
  for (const [scale, n] of [[1e-10, 101], [1e10, 101], [-1e-10, 101], [-1e10, 102]]) {
    const { sign, logabsdet } = linalg.slogdet(eye(n, n, { dtype: "float64" }).mul(scale));
    assert.equal(sign.item(), scale < 0 && n % 2 === 1 ? -1 : 1);
    const expected = n * Math.log(Math.abs(scale));
    assert.ok(Math.abs(logabsdet.item() / expected - 1) < 1e-14);
  }
});

test("singular matrices have −∞ and the sign 0; negative determinants have no logarithm", () => {
  const singular = tensor([[1, 2], [2, 4]], { requiresGrad: true });
  assert.equal(linalg.logdet(singular).item(), -Infinity);
  assert.equal(linalg.slogdet(singular).logabsdet.item(), -Infinity);
  assert.equal(linalg.slogdet(singular).sign.item(), 0);
  assert.equal(linalg.logdet(tensor([[0, 1], [1, 0]])).item(), NaN);
  assert.equal(linalg.slogdet(tensor([[NaN]])).logabsdet.item(), NaN);
  assert.throws(() => linalg.logdet(singular).backward(), {
    name: ValueError.name,
    message: /it is singular/,
  });
});

test("matrices without rows have the determinant 1", () => {
  const { sign, logabsdet } = linalg.slogdet(zeros([0, 0]));
  assert.deepEqual([sign.item(), logabsdet.item()], [1, 0]);
  assert.deepEqual(linalg.logdet(zeros([2, 0, 0])).toArray(), [0, 0]);
  assert.deepEqual(linalg.logdet(zeros([0, 3, 3])).shape, [0]);
});

test("misuse is refused", () => {
  assert.throws(() => linalg.logdet(zeros([2, 3])), {
    name: ShapeError.name,
    message: /Cannot take the logarithm of the determinant of shape \[2, 3\]/,
  });
  assert.throws(() => linalg.slogdet(zeros([3])), { name: ShapeError.name });
  assert.throws(() => linalg.slogdet(tensor([[1]], { dtype: "int32" })), { name: DTypeError.name });
});

/** Soft margins: PyTorch 1.13's numbers, extremes, and misuse; signs of the other margins. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { gradCheck, ShapeError, type Tensor, tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { checkPytorch, type Expected, wave } from "../../support/pytorch_case.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;
const double = (values: number[] | number[][]) => tensor(values, { dtype: "float64" });

const EXPECTED: Record<string, Expected> = {
  "softMarginLoss none": [[2, 3], [
    0.25192908134537295,
    0.4740769841801067,
    0.9740769841801067,
    1.501929081345373,
    0.5759394198788437,
    1.1368710061148999,
  ], [
    0.27837517353163604,
    -0.09438516719953637,
    0.466844498401391,
    0.7772998611746912,
    0,
    0.679178699175393,
  ]],
  "multilabelSoftMarginLoss none": [[2], [0.5666943499018621, 1.0715798357797055], [
    0.09279172451054535,
    -0.15730861199922727,
    -0.2593580546674394,
    0.06477498843122426,
    -0.036485291592850154,
    -0.05659822493128275,
  ]],
  "weighted multilabelSoftMarginLoss none": [[2], [1.656808815251109, 2.1501091349633246], [
    0.046395862255272674,
    -0.31461722399845454,
    -1.0374322186697575,
    0.03238749421561213,
    -0.07297058318570031,
    -0.226392899725131,
  ]],
  "softMarginLoss mean": [[], [0.8191370928407838], [
    0.046395862255272674,
    -0.07865430599961364,
    -0.12967902733371972,
    0.16193747107806064,
    -0.09121322898212539,
    -0.14149556232820684,
  ]],
  "multilabelSoftMarginLoss mean": [[], [0.8191370928407837], [
    0.046395862255272674,
    -0.07865430599961364,
    -0.1296790273337197,
    0.16193747107806067,
    -0.09121322898212539,
    -0.14149556232820687,
  ]],
  "weighted multilabelSoftMarginLoss mean": [[], [1.9034589751072168], [
    0.023197931127636337,
    -0.15730861199922727,
    -0.5187161093348788,
    0.08096873553903033,
    -0.18242645796425078,
    -0.5659822493128275,
  ]],
  "softMarginLoss sum": [[], [4.914822557044703], [
    0.27837517353163604,
    -0.47192583599768184,
    -0.7780741640023182,
    0.971624826468364,
    -0.5472793738927524,
    -0.8489733739692412,
  ]],
  "multilabelSoftMarginLoss sum": [[], [1.6382741856815675], [
    0.09279172451054535,
    -0.15730861199922727,
    -0.2593580546674394,
    0.32387494215612134,
    -0.18242645796425078,
    -0.28299112465641374,
  ]],
  "weighted multilabelSoftMarginLoss sum": [[], [3.8069179502144337], [
    0.046395862255272674,
    -0.31461722399845454,
    -1.0374322186697575,
    0.16193747107806067,
    -0.36485291592850155,
    -1.131964498625655,
  ]],
  "one row": [[], [0.5666943499018621], [
    0.09279172451054535,
    -0.15730861199922727,
    -0.2593580546674394,
  ]],
};

const signs = double([[-1, 1, 1], [-1, 1, 1]]);
const labels = double([[0, 1, 1], [0, 1, 1]]);
const weight = double([0.5, 2, 4]);

for (const reduction of ["none", "mean", "sum"] as const) {
  const losses: Record<string, (x: Tensor) => Tensor> = {
    softMarginLoss: (x) => new nn.SoftMarginLoss({ reduction })(x, signs),
    multilabelSoftMarginLoss: (x) => new nn.MultiLabelSoftMarginLoss({ reduction })(x, labels),
    "weighted multilabelSoftMarginLoss": (x) =>
      F.multilabelSoftMarginLoss(x, labels, { weight, reduction }),
  };
  for (const [name, f] of Object.entries(losses)) {
    test(`${name} with reduction ${reduction} gives PyTorch's numbers`, () => {
      checkPytorch(EXPECTED[`${name} ${reduction}`], [wave([2, 3])], f);
      assert(gradCheck(f, [wave([2, 3]).requiresGrad_()], { secondOrder: true }));
    });
  }
}

test("a single row is a batch of its own", () => {
  const f = (x: Tensor) => F.multilabelSoftMarginLoss(x, labels.at(0));
  checkPytorch(EXPECTED["one row"], [wave([3])], f);
});

test("neither losses nor gradients overflow", () => {
  const x = tensor([1e4, -1e4], { requiresGrad: true });
  const loss = F.softMarginLoss(x, tensor([-1, 1], { dtype: "int32" }), { reduction: "none" });
  assertEquals(loss.toArray(), [1e4, 1e4]);
  loss.sum().backward();
  assertEquals(x.grad!.toArray(), [1, -1]);
});

test("the mean of nothing is NaN, as in PyTorch", () => {
  assertEquals(F.softMarginLoss(zeros([0]), zeros([0])).item(), NaN);
  assertEquals(F.multilabelSoftMarginLoss(zeros([0, 3]), zeros([0, 3])).item(), NaN);
  assertStrictEquals(F.softMarginLoss(tensor(0), tensor(1)).item(), Math.fround(Math.LN2));
});

test("a weight is part of the state of its loss", () => {
  const loss = new nn.MultiLabelSoftMarginLoss({ weight });
  assertEquals([...loss.stateDict().keys()], ["weight"]);
  assert(Math.abs(loss(wave([2, 3]), labels).item() - 1.9034589751072168) < 1e-15);
});

test("misuse is refused", () => {
  assertThrowsMessage(
    () => F.softMarginLoss(zeros([2, 3]), zeros([3])),
    ShapeError,
    "Cannot compute softMarginLoss of shape [2, 3] with a target [3]: both must be the " +
      "same; reshape or expand one of them",
  );
  assertThrowsMessage(
    () => F.multilabelSoftMarginLoss(tensor(1), tensor(1)),
    ShapeError,
    "Cannot compute multilabelSoftMarginLoss of a scalar: give [C] or [N, C]",
  );
  assertThrowsMessage(
    () => new nn.SoftMarginLoss({ reduction: "max" as "sum" }),
    ValueError,
    'Cannot reduce losses by "max": use "mean", "sum" or "none"',
  );
});

test("signs that require a gradient get that of the line, or 0 where they only choose", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = tensor([1, -1], { requiresGrad: true });
  F.marginRankingLoss(x, x.mul(2), y, { reduction: "sum" }).backward();
  assertSame(y.grad!.toArray(), [1, 0]);
  y.grad = null;
  F.hingeEmbeddingLoss(x, y).backward();
  assertSame(y.grad!.toArray(), [0, 0]);
});

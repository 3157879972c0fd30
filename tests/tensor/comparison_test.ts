import {
  arange,
  DTypeError,
  memory,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  where,
  zeros,
} from "../../mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

/** Expected values are PyTorch 1.13's, unless a test says otherwise. */
const a = tensor([1, 1, 1, Infinity, Infinity, -Infinity, NaN, 1, Infinity, 0]);
const b = tensor([
  1.00001,
  1.0001,
  1 + 1e-5,
  Infinity,
  -Infinity,
  -Infinity,
  NaN,
  Infinity,
  1,
  1e-8,
]);

test("isclose compares with tolerances; infinities are close only to themselves", () => {
  assertSame(a.isclose(b).toArray(), [0, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
  assertSame(a.isclose(b, { equalNan: true }).toArray(), [0, 0, 0, 1, 0, 1, 1, 0, 0, 1]);
  const [x, y] = [tensor([10, 10, 10]), tensor([11, 9, 10.9])];
  assertSame(x.isclose(y, { rtol: 0.1, atol: 0 }).toArray(), [1, 0, 1]);
  assertSame(tensor([[1], [2]]).isclose(tensor([1, 2])).toArray(), [[1, 0], [0, 1]]);
  assertEquals(x.isclose(y).dtype, "bool");
});

test("isclose accepts integers, booleans and mixed dtypes", () => {
  const int = (values: number[]) => tensor(values, { dtype: "int32" });
  assertEquals(int([16777217, 5]).isclose(int([16777216, 5])).toArray(), [1, 1]);
  assertSame(tensor([true, false]).isclose(tensor([true, true])).toArray(), [1, 0]);
  // PyTorch rounds integers to float32 first, and finds these close. Their difference is 1.
  const exact = { rtol: 0, atol: 0.5 };
  assertSame(int([16777217]).isclose(int([16777216]), exact).toArray(), [0]);
  // The difference does not fit int32.
  assertSame(int([2 ** 31 - 1]).isclose(int([-(2 ** 31)])).toArray(), [0]);
  // PyTorch refuses other dtypes.
  assertSame(int([1, 2]).isclose(tensor([1, 2.5])).toArray(), [1, 0]);
  assertEquals(tensor([0.1]).allclose(tensor([0.1], { dtype: "float64" })), true);
});

test("allclose and equal return plain booleans", () => {
  assertEquals(tensor([1, 2]).allclose(tensor([1, 2.00001])), true);
  assertEquals(tensor([1, 2]).allclose(tensor([1, 2.001])), false);
  assertEquals(tensor([1, 2]).allclose(tensor([1, 2.001]), { rtol: 1e-2 }), true);
  assertEquals(tensor([NaN]).allclose(tensor([NaN])), false);
  assertEquals(tensor([NaN]).allclose(tensor([NaN]), { equalNan: true }), true);
  assertEquals(zeros([0]).allclose(zeros([0])), true);

  assertEquals(tensor([NaN]).equal(tensor([NaN])), false);
  assertEquals(tensor([0]).equal(tensor([-0])), true);
  assertEquals(tensor([1, 2]).equal(tensor([1, 3])), false);
  assertEquals(zeros([0, 2]).equal(zeros([0, 3])), false);
  assertEquals(zeros([0, 2]).equal(zeros([0, 2])), true);
  assertEquals(tensor([[1, 2], [3, 4]]).T.equal(tensor([[1, 3], [2, 4]])), true);
});

test("comparisons record nothing and leave no temporaries", () => {
  const [x, y] = [zeros([100]).requiresGrad_(), zeros([100])];
  const { storages } = memory.stats();
  for (let i = 0; i < 3; i++) assert(x.allclose(y) && x.equal(y));
  assertStrictEquals(memory.stats().storages, storages);
  assertEquals(x.isclose(y).requiresGrad, false);
});

test("isin finds elements among values of any shape and dtype", () => {
  const x = tensor([[1, 2], [NaN, -0]]);
  assertSame(x.isin(tensor([2, NaN, 0])).toArray(), [[0, 1], [0, 1]]);
  assertSame(x.T.isin(tensor([2, NaN, 0])).toArray(), [[0, 0], [1, 1]]);
  const labels = tensor([1, 2, 3], { dtype: "int32" });
  assertSame(labels.isin(tensor([[2.5, 3]])).toArray(), [0, 0, 1]);
  assertSame(labels.isin(zeros([0])).toArray(), [0, 0, 0]);
  assertSame(zeros([2, 0]).isin(labels).shape, [2, 0]);
  // float32 and float64 have different numbers nearest to 0.1.
  assertStrictEquals(tensor(0.1).isin(tensor(0.1, { dtype: "float64" })).item(), 0);
  assertEquals(tensor(0.1).isin(tensor(0.1)).item(), 1);
  assertEquals(labels.isin(labels).dtype, "bool");
});

test("isin selects samples by class", () => {
  const labels = tensor([3, 8, 5, 8, 0], { dtype: "int32" });
  const wanted = labels.isin(tensor([5, 8], { dtype: "int32" }));
  assertEquals(labels.maskedSelect(wanted).toArray(), [8, 5, 8]);
  assertSame(arange(5).maskedSelect(wanted.logicalNot()).toArray(), [0, 4]);
});

test("comparisons refuse invalid arguments", () => {
  const noTensor = "with a value of type number: it must be a tensor; make one with tensor(values)";
  const nothing = 1 as unknown as Tensor;
  const faults: [() => unknown, string, string][] = [
    [
      () => a.isclose(b, { rtol: -1 }),
      ValueError.name,
      "Cannot compare with rtol -1 and atol 1e-8: tolerances must be 0 or more",
    ],
    [
      () => a.allclose(b, { atol: NaN }),
      ValueError.name,
      "Cannot compare with rtol 0.00001 and atol NaN: tolerances must be 0 or more",
    ],
    [
      () => a.isclose(zeros([3])),
      ShapeError.name,
      "Cannot compare [10] with [3]: sizes 10 and 3 at axis -1 differ and neither is 1; reshape or " +
      "transpose one operand",
    ],
    [() => a.isclose(nothing), DTypeError.name, `Cannot compare ${noTensor}`],
    [() => a.equal(nothing), DTypeError.name, `Cannot compare ${noTensor}`],
    [() => a.isin(nothing), DTypeError.name, `Cannot search ${noTensor}`],
  ];
  for (const [run, name, message] of faults) assertThrowsMessage(run, name, message);
});

test("x.where keeps x where the condition is true; a condition is boolean", () => {
  const x = tensor([-2, 0, 3]);
  assertEquals(x.where(x.gt(0), 99).toArray(), [99, 99, 3]);
  assertSame(where(x.gt(0), 99, x).toArray(), [-2, 0, 99]);
  for (const use of [() => where(x, 1, 2), () => x.where(x, 2), () => x.maskedFill(x, 1)]) {
    assertThrows(use, DTypeError);
  }
  assertThrows(
    () => where(x.to("uint8"), 1, 2),
    Error,
    "with a condition of dtype uint8: compare, as in",
  );
});

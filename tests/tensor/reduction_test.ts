import {
  type CovOptions,
  hstack,
  ShapeError,
  tensor,
  ValueError,
  vstack,
  zeros,
} from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

test("rows and columns are joined as in PyTorch", () => {
  const column = (...values: number[]) => tensor(values).unsqueeze(1);
  assertEquals(hstack([tensor([1, 2]), tensor([3])]).toArray(), [1, 2, 3]);
  assertEquals(hstack([column(1, 2), column(3, 4)]).toArray(), [[1, 3], [2, 4]]);
  assertEquals(hstack([tensor(1), tensor(2)]).toArray(), [1, 2]);
  const rows = vstack([tensor([1, 2]), tensor([[3, 4], [5, 6]])]);
  assertEquals(rows.toArray(), [[1, 2], [3, 4], [5, 6]]);
  assertEquals(vstack([tensor(1), tensor(2)]).toArray(), [[1], [2]]);
  assertEquals(vstack([zeros([2, 3, 4]), zeros([1, 3, 4])]).shape, [3, 3, 4]);
});

test("shapes that do not fit are refused", () => {
  const faults: [() => unknown, string | RegExp][] = [
    [() => hstack([]), "Cannot hstack no tensors: give at least one"],
    [() => vstack([tensor([1, 2]), tensor([1])]), /^Cannot vstack/],
  ];
  for (const [run, message] of faults) assertThrowsMessage(run, ShapeError, message);
});

test("an empty axis has no largest element, and the method that was called says so", () => {
  for (const name of ["max", "min", "amax", "amin", "argmax", "argmin"] as const) {
    assertThrowsMessage(
      () => zeros([0, 2])[name](0),
      ShapeError,
      `Cannot take ${name} of shape [0, 2] over axis 0: the axis is empty; check for that first`,
    );
  }
});

test("of nothing, norms of orders below 0 have no value", () => {
  const x = zeros([0, 5]);
  for (const order of [-Infinity, -1, -0.5, Infinity]) {
    const message = "Cannot take the norm of shape [0, 5] over axis 0: the axis is empty; check";
    assertThrows(() => x.norm({ p: order }), ShapeError, message);
    assertThrows(() => x.norm({ p: order, axis: 0 }), ShapeError, message);
    assertEquals(x.norm({ p: order, axis: 1 }).shape, [0]);
  }
  for (const order of [0, 0.5, 1, 2, 3]) assertSame(x.norm({ p: order }).item(), 0);
});

test("max, min and median along an axis return values and indices, as a pair and by name", () => {
  const x = tensor([[1, 5, 5], [7, 3, NaN]]);
  const [values, indices] = x.max(1);
  assertEquals(values.toArray(), [5, NaN]);
  assertEquals(indices.toArray(), [1, 2]);
  assertEquals(indices.dtype, "int32");
  // As programs without types write it.
  const places = x.max(1) as unknown as (typeof x)[];
  assertSame([places[0].toArray(), places[1].toArray()], [[5, NaN], [1, 2]]);
  const least = x.min({ axis: 0, keepDims: true });
  assertEquals(least.values.toArray(), [[1, 3, NaN]]);
  assertSame(least.indices.toArray(), [[0, 1, 1]]);
  const middle = tensor([[3, 1, 2], [4, 4, 0]]).median(1);
  assertEquals(middle.values.toArray(), [2, 4]);
  assertSame(middle.indices.toArray(), [2, 0]);
  assertEquals([...x.sort(1)].map((part) => part.shape), [[2, 3], [2, 3]]);
  assertEquals(Object.keys(x.max(1)), ["values", "indices"]);
});

test("max, min and median of all elements are tensors; a scalar has an axis", () => {
  const x = tensor([[1, 5], [7, 3]]);
  assertEquals([x.max(), x.min(), x.median()].map((y) => y.item()), [7, 1, 3]);
  for (const name of ["max", "min", "median"] as const) {
    const [value, index] = tensor(3)[name](0);
    assertSame([value.toArray(), index.toArray()], [3, 0]);
    assertThrowsMessage(
      () => x[name]({ keepDims: true } as never),
      ValueError,
      `Cannot call ${name}() without "axis": pass it as an option`,
    );
  }
});

test("the gradient of a pair flows to the elements that were taken", () => {
  const x = tensor([[1, 5, 5], [7, 3, 4]], { requiresGrad: true });
  x.max(1).values.sum().backward();
  assertSame(x.grad!.toArray(), [[0, 1, 0], [1, 0, 0]]);
});

test("a number alone is not an argument of norm, since it could be an order or an axis", () => {
  const x = tensor([[3, 4], [6, 8]]);
  assertThrowsMessage(
    () => x.norm(1 as never),
    ValueError,
    "Cannot norm with 1: say whether it is an order or an axis, as { p: 1 } or { axis: 1 }",
  );
  assertEquals(x.norm({ axis: 1 }).toArray(), [5, 10]);
  assertEquals(x.norm({ p: 1 }).item(), 21);
});

test("no differences at all are the input, whatever is put beside it", () => {
  const x = tensor([1, 2]);
  assertEquals(x.diff({ n: 0, prepend: tensor([0]), append: tensor([9]) }).toArray(), [1, 2]);
});

test("frequencies of cov are whole numbers, and no weight is negative", () => {
  const x = tensor([[1, 2, 3]]);
  assert(Math.abs(x.cov({ fweights: tensor([1, 2, 1]) }).item() - 2 / 3) < 1e-6);
  const refused: readonly (readonly [CovOptions, string])[] = [
    [{ fweights: tensor([-1, 2, 1]) }, "a frequency of -1"],
    [{ fweights: tensor([1.5, 2, 1]) }, "a frequency of 1.5"],
    [{ aweights: tensor([-0.5, 2, 1]) }, "a weight of -0.5"],
    [{ aweights: tensor([NaN, 2, 1]) }, "a weight of NaN"],
  ];
  for (const [options, what] of refused) {
    assertThrowsMessage(
      () => x.cov(options),
      ValueError,
      `Cannot take covariances with ${what}: frequencies are whole numbers, and both are ` +
        `0 or more`,
    );
  }
});

test("norm, prod and cumprod have finite gradients at zeros", () => {
  const zeros = tensor([0, 0, 0], { requiresGrad: true });
  zeros.norm().backward();
  assertSame(zeros.grad!.toArray(), [0, 0, 0]);
});

test("std of equal elements has gradient 0, and NaN propagates", () => {
  const x = tensor([[3, 3, 3], [1, 2, 4], [1, NaN, 1]], { dtype: "float64" }).requiresGrad_();
  const y = x.std(1);
  y.slice(0, 2).sum().backward();
  assertSame([y.at(0).item(), y.at(2).item()], [0, NaN]);
  assertSame(x.grad!.at(0).toArray(), [0, 0, 0]);
  assert(Math.abs(x.grad!.at(1, 2).item() - 5 / 3 / Math.sqrt(28 / 3)) < 1e-12);
});

test("float32 running sums keep their digits", () => {
  const x = tensor(new Float32Array(1_000_000).fill(0.1));
  assert(Math.abs(x.cumsum(0).at(-1).item() - 100_000) < 0.01);
});

test("an empty list of axes names all of them, as in PyTorch", () => {
  const x = tensor([[1, 2], [3, 4]]);
  const reduced = [x.sum([]), x.mean([]), x.amax({ axis: [] }), x.std([]), x.norm({ axis: [] })];
  for (const y of reduced) assertEquals(y.shape, []);
  assertEquals(reduced[0].item(), 10);
  assertEquals(x.sum({ axis: [], keepDims: true }).toArray(), [[10]]);
  assertEquals(x.flip([]).toArray(), x.toArray());
});

/**
 * Calls that mean in this library what they mean in PyTorch, or are refused.
 *
 * @module
 */

import {
  cat,
  type CovOptions,
  DTypeError,
  grad,
  type Histogram,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  ValueError,
  where,
} from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

test("max, min and median along an axis return values and indices, as a pair and by name", () => {
  const x = tensor([[1, 5, 5], [7, 3, NaN]]);
  const [values, indices] = x.max(1);
  assertEquals(values.toArray(), [5, NaN]);
  assertEquals(indices.toArray(), [1, 2]);
  assertEquals(indices.dtype, "int32");
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

test("an axis is a number or an option in all methods and functions", () => {
  const x = tensor([[3, 1, 2], [6, 5, 4]]);
  const index = tensor([[0, 1, 0]], { dtype: "int32" });
  const uses: readonly ((axis: number | { readonly axis: number }) => unknown)[] = [
    (a) => x.softmax(a),
    (a) => x.logSoftmax(a),
    (a) => x.cumsum(a),
    (a) => x.cumprod(a),
    (a) => [...x.cummax(a)],
    (a) => [...x.cummin(a)],
    (a) => x.argsort(a),
    (a) => [...x.sort(a)],
    (a) => [...x.topk(1, a)],
    (a) => [...x.kthvalue(2, a)],
    (a) => x.quantile(0.5, a),
    (a) => x.split([1, 1], a),
    (a) => x.chunk(2, a),
    (a) => x.tensorSplit(2, a),
    (a) => x.unbind(a),
    (a) => x.roll(1, a),
    (a) => x.flip(a),
    (a) => x.unsqueeze(0).squeeze(a),
    (a) => x.unsqueeze(a),
    (a) => x.repeatInterleave(2, a),
    (a) => x.takeAlongDim(index, a),
    (a) => x.T.cross(x.T.flip(0), a).T,
    (a) => x.scatter(index, 9, a),
    (a) => x.scatterAdd(index, x, a),
    (a) => x.indexFill(tensor([1], { dtype: "int32" }), 9, a),
    (a) => [...x.max(a)],
    (a) => x.sum(a),
    (a) => cat([x, x], a),
    (a) => stack([x, x], a),
    (a) => F.softmax(x, a),
    (a) => F.logSoftmax(x, a),
    (a) => F.softmin(x, a),
    (a) => F.glu(x, a),
    (a) => F.cosineSimilarity(x, x.flip(), a),
  ];
  const text = (value: unknown): string => String(value);
  for (const use of uses) assertStrictEquals(text(use(0)), text(use({ axis: 0 })), `${use}`);
  assertThrowsMessage(
    () => x.softmax({ dim: 1 } as never),
    ValueError,
    'Cannot call softmax() with option "dim": its name is "axis" here',
  );
  assertThrowsMessage(
    () => x.var({ unbiased: false } as never),
    ValueError,
    'Cannot call var() with option "unbiased": say { correction: 0 } for { unbiased: false }, 1 ' +
      "is the default",
  );
  assertThrows(() => x.cumsum({ axis: 2 }), ShapeError);
  assertThrows(() => (x.softmax as () => unknown).call(x), ValueError);
});

test("cosines of vectors that broadcast along their own axis", () => {
  const y = F.cosineSimilarity(tensor([[1, 2], [3, 4]]), tensor([[1], [1]]), { axis: 1 });
  assertEquals(y.mul(1e4).round().toArray(), [9487, 9899]);
  const z = F.cosineSimilarity(tensor([1, 2]), tensor([[1, 2], [3, 4]]), 0);
  assertEquals(z.mul(1e4).round().toArray(), [8944, 9487]);
});

test("a scalar is treated as a vector of one element, as in PyTorch", () => {
  const x = tensor(5);
  const at = (values: number | number[]) => tensor(values, { dtype: "int32" });
  const results: readonly (readonly [Tensor, unknown])[] = [
    [x.quantile(0.5), 5],
    [x.quantile(0.5, 0), 5],
    [x.quantile([0, 1]), [5, 5]],
    [x.topk(1).values, 5],
    [x.topk(1).indices, 0],
    [x.gather(0, at(0)), 5],
    [x.gather(0, at([0, 0])), [5, 5]],
    [tensor([5, 6]).gather(0, at(1)), 6],
    [x.scatter(at(0), 7), 7],
    [x.scatter(at([0]), tensor([7])), 7],
    [tensor([5, 6]).scatter(at(1), tensor(7)), [5, 7]],
    [x.scatterAdd(at(0), tensor(7)), 12],
    [x.scatterReduce(at(0), tensor(7), { reduce: "prod" }), 35],
    [x.indexSelect(0, at([0])), 5],
    [x.indexSelect(0, at(0)), 5],
    [tensor([5, 6]).indexSelect(0, at(1)), [6]],
    [x.indexAdd(at([0]), tensor(1)), 6],
    [x.indexAdd(at(0), tensor(1)), 6],
    [x.indexFill(at([0]), 7), 7],
    [x.indexCopy(at([0]), tensor(1)), 1],
    [x.unfold(0, { size: 1 }), [5]],
    [x.unfold(0, { size: 0 }), []],
    [x.take(at([0, 0])), [5, 5]],
  ];
  results.forEach(([y, expected], i) => assertSame(y.toArray(), expected, `${i}`));
  assertThrows(() => x.unfold(0, { size: 2 }), ValueError);
  assertThrows(() => x.indexSelect(0, at([0, 0])), ShapeError);
  assertThrows(() => x.topk(2), ShapeError);
  assertThrows(() => x.gather(0, at(1)), ShapeError);
  const leaf = tensor(3, { requiresGrad: true });
  leaf.gather(0, at([0, 0])).add(leaf.scatter(at(0), tensor(1))).sum().backward();
  assertEquals(leaf.grad!.item(), 2);
});

test("2ˣ in float64 has derivatives in float64", () => {
  const x = tensor([1, 3], { dtype: "float64", requiresGrad: true });
  const [first] = grad(x.exp2().sum(), [x], { createGraph: true });
  assertEquals([...first!.data], [2 * Math.LN2, 8 * Math.LN2]);
  const [second] = grad(first!.sum(), [x]);
  assert(Math.abs(second!.data[1] - 8 * Math.LN2 ** 2) < 1e-14);
  // Numbers of a rule keep their digits, too, if a condition chooses between two of them.
  const y = tensor([-1], { dtype: "float64", requiresGrad: true });
  const [slope] = grad(F.leakyRelu(y, 0.1).sum(), [y], { createGraph: true });
  assertEquals(slope!.item(), 0.1);
});

test("a circular border continues what is left after cutting", () => {
  const x = tensor([[[0, 1, 2, 3]]]);
  const circular = (before: number, after: number) =>
    x.pad([before, after], { mode: "circular" }).reshape(-1).toArray();
  assertEquals(circular(-1, 1), [1, 2, 3, 1]);
  assertSame(circular(1, -1), [2, 0, 1, 2]);
  assertEquals(circular(-1, 3), [1, 2, 3, 1, 2, 3]);
  assertEquals(circular(-2, -1), [2]);
  assertThrows(() => circular(-1, 4), Error, "can be at most 3 wide");
  const reflected = x.pad([-1, 3], { mode: "reflect" }).reshape(-1);
  assertSame(reflected.toArray(), [1, 2, 3, 2, 1, 0]);
});

test("no differences at all are the input, whatever is put beside it", () => {
  const x = tensor([1, 2]);
  assertEquals(x.diff({ n: 0, prepend: tensor([0]), append: tensor([9]) }).toArray(), [1, 2]);
});

test("a histogram of equal values is one wide", () => {
  const parts = ({ counts, edges }: Histogram) => [counts.toArray(), edges.toArray()];
  assertSame(parts(tensor([2, 2]).histogram({ bins: 2 })), [[0, 2], [1.5, 2, 2.5]]);
  const x = tensor([2, 3]);
  assertSame(parts(x.histogram({ bins: 2, min: 2, max: 2 })), [[0, 1], [1.5, 2, 2.5]]);
  assertSame(parts(x.histogram({ bins: 2, min: 0, max: 0 })), [[0, 0], [-0.5, 0, 0.5]]);
  assertEquals(x.histc({ bins: 2, min: 2, max: 2 }).toArray(), [1, 1]);
  assertEquals(x.histc({ bins: 2, min: 0, max: 0 }).toArray(), [1, 1]);
  assertSame(parts(tensor([]).histogram({ bins: 2 })), [[0, 0], [0, 0.5, 1]]);
});

test("diag takes vectors and matrices", () => {
  assertThrowsMessage(
    () => tensor([[[1, 2]]]).diag(),
    ShapeError,
    "Cannot diag shape [1, 1, 2]: it must be a vector or a matrix; use diagonal() or " +
      "diagEmbed() for batches",
  );
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

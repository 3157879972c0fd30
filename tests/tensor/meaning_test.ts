/**
 * Calls that mean in this library what they mean in PyTorch, or are refused.
 *
 * @module
 */

import { cat, DTypeError, ShapeError, stack, tensor, ValueError, where } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

test("max, min and median along an axis return values and indices, as a pair and by name", () => {
  const x = tensor([[1, 5, 5], [7, 3, NaN]]);
  const [values, indices] = x.max(1);
  assert.deepEqual(values.toArray(), [5, NaN]);
  assert.deepEqual(indices.toArray(), [1, 2]);
  assert.equal(indices.dtype, "int32");
  const least = x.min({ axis: 0, keepDims: true });
  assert.deepEqual(least.values.toArray(), [[1, 3, NaN]]);
  assert.deepEqual(least.indices.toArray(), [[0, 1, 1]]);
  const middle = tensor([[3, 1, 2], [4, 4, 0]]).median(1);
  assert.deepEqual(middle.values.toArray(), [2, 4]);
  assert.deepEqual(middle.indices.toArray(), [2, 0]);
  assert.deepEqual([...x.sort(1)].map((part) => part.shape), [[2, 3], [2, 3]]);
  assert.deepEqual(Object.keys(x.max(1)), ["values", "indices"]);
});

test("max, min and median of all elements are tensors; a scalar has an axis", () => {
  const x = tensor([[1, 5], [7, 3]]);
  assert.deepEqual([x.max(), x.min(), x.median()].map((y) => y.item()), [7, 1, 3]);
  for (const name of ["max", "min", "median"] as const) {
    const [value, index] = tensor(3)[name](0);
    assert.deepEqual([value.toArray(), index.toArray()], [3, 0]);
    assert.throws(() => x[name]({ keepDims: true } as never), {
      name: "ValueError",
      message: `Cannot call ${name}() without "axis": pass it as an option`,
    });
  }
});

test("the gradient of a pair flows to the elements that were taken", () => {
  const x = tensor([[1, 5, 5], [7, 3, 4]], { requiresGrad: true });
  x.max(1).values.sum().backward();
  assert.deepEqual(x.grad!.toArray(), [[0, 1, 0], [1, 0, 0]]);
});

test("x.where keeps x where the condition is true; a condition is boolean", () => {
  const x = tensor([-2, 0, 3]);
  assert.deepEqual(x.where(x.gt(0), 99).toArray(), [99, 99, 3]);
  assert.deepEqual(where(x.gt(0), 99, x).toArray(), [-2, 0, 99]);
  for (const use of [() => where(x, 1, 2), () => x.where(x, 2), () => x.maskedFill(x, 1)]) {
    assert.throws(use, DTypeError);
  }
  assert.throws(
    () => where(x.to("uint8"), 1, 2),
    /with a condition of dtype uint8: compare, as in/,
  );
});

test("a number alone is no argument of norm, since it could be an order or an axis", () => {
  const x = tensor([[3, 4], [6, 8]]);
  assert.throws(() => x.norm(1 as never), {
    name: "ValueError",
    message:
      "Cannot norm with 1: say whether it is an order or an axis, as { order: 1 } or { axis: 1 }",
  });
  assert.deepEqual(x.norm({ axis: 1 }).toArray(), [5, 10]);
  assert.equal(x.norm({ order: 1 }).item(), 21);
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
  for (const use of uses) assert.equal(text(use(0)), text(use({ axis: 0 })), `${use}`);
  assert.throws(() => x.softmax({ dim: 1 } as never), {
    name: "ValueError",
    message: 'Cannot call softmax() with option "dim": its name is "axis" here',
  });
  assert.throws(() => x.var({ unbiased: false } as never), {
    name: "ValueError",
    message:
      'Cannot var with option "unbiased": say { correction: 0 } for { unbiased: false }, 1 ' +
      "is the default",
  });
  assert.throws(() => x.cumsum({ axis: 2 }), ShapeError);
  assert.throws(() => (x.softmax as () => unknown).call(x), ValueError);
});

test("cosines of vectors that broadcast along their own axis", () => {
  const y = F.cosineSimilarity(tensor([[1, 2], [3, 4]]), tensor([[1], [1]]), { axis: 1 });
  assert.deepEqual(y.mul(1e4).round().toArray(), [9487, 9899]);
  const z = F.cosineSimilarity(tensor([1, 2]), tensor([[1, 2], [3, 4]]), 0);
  assert.deepEqual(z.mul(1e4).round().toArray(), [8944, 9487]);
});

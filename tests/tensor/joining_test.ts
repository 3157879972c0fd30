import { test } from "node:test";
import assert from "node:assert/strict";
import {
  arange,
  cat,
  type Shape,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";

/** Some numbers that float32 holds and multiplies exactly. */
function numbers(shape: Shape, seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from({ length: size }, (_, i) => ((i * 7 + seed) % 11) - 5))
    .reshape(shape);
}

/** The product by its definition: `result[…, i, j] = Σ a[…, i, l] b[…, l, j]`. */
function naive(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [a.ndim === 1 ? a.unsqueeze(0) : a, b.ndim === 1 ? b.unsqueeze(1) : b];
  const product = left.unsqueeze(-1).mul(right.unsqueeze(-3)).sum(-2);
  const withoutRow = a.ndim === 1 ? product.squeeze(-2) : product;
  return b.ndim === 1 ? withoutRow.squeeze(-1) : withoutRow;
}

test("matmul of every combination of ranks is the sum of products", () => {
  const left: Shape[] = [[3], [2, 3], [4, 2, 3], [5, 1, 2, 3], [1, 3], [0, 3], [2, 0, 3]];
  const right: Shape[] = [[3], [3, 2], [4, 3, 2], [5, 4, 3, 2], [1, 3, 2], [3, 1], [3, 0]];
  for (const m of left) {
    for (const n of right) {
      const [a, b] = [numbers(m, 1), numbers(n, 4)];
      const what = `[${m}] by [${n}]`;
      const batches = m.length > 2 && n.length > 2;
      if (batches && m.at(-3) === 2 && n.at(-3) === 4) {
        assert.throws(() => a.matmul(b), ShapeError, what);
        continue;
      }
      const expected = naive(a, b);
      assert.deepEqual(a.matmul(b).shape, expected.shape, what);
      assert.deepEqual(a.matmul(b).toArray(), expected.toArray(), what);
    }
  }
});

test("matmul of strided operands, of integers, and over no elements", () => {
  const [a, b] = [numbers([3, 4], 1), numbers([3, 4], 2)];
  assert.deepEqual(a.T.matmul(b).toArray(), naive(a.T.contiguous(), b).toArray());
  const flipped = a.at([null, null, -1], [null, null, 2]);
  assert.deepEqual(flipped.matmul(b.at([0, 2])).toArray(), naive(flipped, b.at([0, 2])).toArray());
  const integers = a.to("int32").matmul(b.T.to("int32"));
  assert.deepEqual([integers.dtype, integers.toArray()], ["int32", a.matmul(b.T).toArray()]);
  assert.deepEqual(zeros([0]).matmul(zeros([0])).item(), 0);
});

test("matmul that does not fit names the shapes that were given", () => {
  const expect = (a: Shape, b: Shape, message: RegExp) =>
    assert.throws(
      () => zeros(a).matmul(zeros(b)),
      (e: Error) => e instanceof ShapeError && message.test(e.message),
    );
  expect(
    [32, 784],
    [128, 784],
    /^Cannot matmul \[32, 784\] by \[128, 784\]: inner sizes 784 and 128/,
  );
  expect([2, 3, 4], [5, 6], /^Cannot matmul \[2, 3, 4\] by \[5, 6\]: inner sizes 4 and 5/);
  expect([3], [4, 2], /^Cannot matmul \[3\] by \[4, 2\]: inner sizes 3 and 4/);
  expect([2, 3], [4], /^Cannot matmul \[2, 3\] by \[4\]: inner sizes 3 and 4/);
  expect([], [4], /a scalar has no rows; use mul\(\)/);
  expect([2, 2, 3], [3, 3, 4], /^Cannot matmul batches of \[2\] with \[3\]/);
  assert.throws(
    () => zeros([2, 2]).matmul(zeros([2, 2], { dtype: "float64" })),
    /Cannot matmul float32/,
  );
});

test("cat and split undo each other, along every axis", () => {
  const x = arange(24).reshape(2, 3, 4);
  for (const axis of [0, 1, 2, -1, -2]) {
    for (const sizes of [1, 2, [1, x.shape.at(axis)! - 1], [0, x.shape.at(axis)!]]) {
      const parts = x.split(sizes, axis);
      assert.deepEqual(cat(parts, axis).toArray(), x.toArray(), `${axis} ${sizes}`);
    }
  }
  assert.deepEqual(arange(5).split(2).map((p) => p.toArray()), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(zeros([0, 2]).split(3).map((p) => p.shape), [[0, 2]]);
});

test("split refuses parts that do not add up", () => {
  for (const sizes of [[2, 2], [6, -1], []]) {
    assert.throws(() => arange(5).split(sizes), /the parts must add up to 5/);
  }
  for (const size of [0, -1, 1.5]) assert.throws(() => arange(5).split(size), ValueError);
});

test("stack makes a new axis, at every place", () => {
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];
  assert.deepEqual(stack([a, b]).toArray(), [[1, 2], [3, 4]]);
  assert.deepEqual(stack([a, b], 1).toArray(), [[1, 3], [2, 4]]);
  assert.deepEqual(stack([a, b], -1).toArray(), [[1, 3], [2, 4]]);
  assert.deepEqual(stack([tensor(1), tensor(2)]).toArray(), [1, 2]);
});

test("what cannot be joined is refused", () => {
  assert.throws(() => cat([]), ShapeError);
  assert.throws(() => stack([]), ShapeError);
  assert.throws(() => cat([tensor(1), tensor(2)]), /use stack\(\)/);
  assert.throws(() => cat([zeros([2, 3]), zeros([3, 2])]), /^ShapeError: Cannot cat \[2, 3\] and/);
  assert.throws(() => cat([zeros([2]), zeros([2, 1])]), ShapeError);
  assert.throws(() => stack([zeros([2]), zeros([3])]), /all shapes must be equal/);
  assert.throws(() => cat([zeros([2])], 1), ShapeError);
});

test("gradients of joined and split tensors go back to their parts", () => {
  const [a, b] = [[1, 2], [3]].map((v) => tensor(v, { requiresGrad: true }));
  const [first, rest] = cat([a, b]).mul(tensor([1, 10, 100])).split([1, 2]);
  first.mul(2).sum().add(rest.sum()).backward();
  assert.deepEqual([a.grad!.toArray(), b.grad!.toArray()], [[2, 10], [100]]);
});

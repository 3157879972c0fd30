import { test } from "node:test";
import assert from "node:assert/strict";
import { arange, ShapeError, type Tensor, tensor, zeros } from "../../mod.ts";

const sharesWith = (x: Tensor, y: Tensor): boolean => x.array.storage === y.array.storage;

test("views share storage: what is written through one is seen through all", () => {
  const x = arange(6);
  const [matrix, flipped] = [x.reshape(2, 3), x.at([null, null, -1])];
  const views = [matrix, matrix.T, matrix.at(0), flipped, x.unsqueeze(0), x.expand(2, 6)];
  views.push(matrix.permute(1, 0), matrix.transpose(0, 1).squeeze(), x.view(3, 2), x.detach());
  for (const view of views) assert.ok(sharesWith(view, x));
  matrix.set([1, 2], 50);
  assert.deepEqual(x.toArray(), [0, 1, 2, 3, 4, 50]);
  assert.equal(flipped.at(0).item(), 50);
  assert.equal(matrix.T.at(2, 1).item(), 50);
  assert.equal(sharesWith(x.clone(), x), false);
});

test("reshape fills in -1, copies only where strides demand it, and checks sizes", () => {
  const x = arange(12).reshape(3, 4);
  assert.deepEqual(x.reshape(2, -1).shape, [2, 6]);
  assert.deepEqual(x.reshape([-1]).shape, [12]);
  assert.ok(sharesWith(x.at(":", [0, 4, 2]).reshape(3, 2, 1), x));
  const columns = x.T.reshape(12);
  assert.equal(sharesWith(columns, x), false);
  assert.deepEqual(columns.toArray(), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  assert.deepEqual(tensor(5).reshape(1, 1).toArray(), [[5]]);
  assert.throws(() => x.reshape(5, -1), /12 elements do not divide by 5/);
  assert.throws(() => x.reshape(-1, -1), /only one size may be -1/);
  assert.throws(() => x.reshape(13), /12 elements do not make 13/);
  assert.throws(() => zeros([0, 3]).reshape(-1, 0), /-1 could be any size beside a 0/);
  assert.throws(() => x.T.view(12), /do not lie in that order; use reshape\(\)/);
});

test("reshapes of strided views agree with those of copies", () => {
  const base = arange(2 * 3 * 4).reshape(2, 3, 4);
  const views = [
    base,
    base.permute(2, 0, 1),
    base.at([null, null, -1]),
    base.at(":", [1, 3]),
    base.at(":", ":", [null, null, 2]),
    base.at(0).expand(5, 3, 4),
    base.transpose(0, 1),
    base.at(":", [2, null, -2]),
  ];
  for (const view of views) {
    const shapes = [[-1], [1, view.size], [view.size, 1]];
    const [a, b, c] = view.shape;
    shapes.push([a * b, c], [a, b * c], [a, 1, b, c], [b * a * c, 1, 1]);
    if (c % 2 === 0) shapes.push([a, b, c / 2, 2]);
    for (const shape of shapes) {
      assert.deepEqual(view.reshape(shape).data, view.clone().reshape(shape).data, `${shape}`);
    }
  }
});

test("views of nothing have every empty shape", () => {
  for (const x of [zeros([3, 0]).T, zeros([4, 5]).at([1, 1]), zeros([2, 0, 3]).permute(2, 0, 1)]) {
    assert.equal(x.size, 0);
    assert.deepEqual(x.reshape(3, 0, 2).shape, [3, 0, 2]);
    assert.deepEqual(x.reshape(0).toArray(), []);
    assert.equal(x.isContiguous, true);
  }
});

test("axes: permute, transpose, squeeze, unsqueeze, flatten", () => {
  const x = zeros([2, 1, 3]);
  assert.deepEqual(x.permute(2, 0, 1).shape, [3, 2, 1]);
  assert.deepEqual(x.permute([-1, 0, 1]).shape, [3, 2, 1]);
  assert.deepEqual([x.T.shape, x.transpose().shape, x.transpose(0, -1).shape], [
    [3, 1, 2],
    [2, 3, 1],
    [3, 1, 2],
  ]);
  assert.deepEqual([x.squeeze().shape, x.squeeze(1).shape, x.squeeze(0).shape], [
    [2, 3],
    [2, 3],
    [2, 1, 3],
  ]);
  assert.deepEqual([x.unsqueeze(0).shape, x.unsqueeze(-1).shape, x.unsqueeze(3).shape], [
    [1, 2, 1, 3],
    [2, 1, 3, 1],
    [2, 1, 3, 1],
  ]);
  assert.deepEqual([x.flatten().shape, x.flatten(1).shape, x.flatten(0, 1).shape], [
    [6],
    [2, 3],
    [2, 3],
  ]);
  const scalar = tensor(7);
  for (const y of [scalar.T, scalar.transpose(0, 0), scalar.squeeze(), scalar.permute()]) {
    assert.deepEqual([y.shape, y.item()], [[], 7]);
  }
  assert.deepEqual(scalar.flatten().shape, [1]);
});

test("axes that do not exist are named with those that do", () => {
  const x = zeros([2, 3]);
  const acts: (() => unknown)[] = [
    () => x.permute(0),
    () => x.permute(0, 0),
    () => x.permute(0, 2),
    () => x.transpose(0, 2),
    () => x.squeeze(2),
    () => x.unsqueeze(4),
    () => x.flatten(0, 2),
    () => x.flatten(1, 0),
    () => x.sum(-3),
    () => x.sum([0, -2]),
    () => x.softmax(2),
    () => x.sum(0.5),
    () => zeros([3]).transpose(),
  ];
  for (const act of acts) {
    assert.throws(act, (e: Error) => e instanceof ShapeError && /^Cannot \w+ /.test(e.message));
  }
  assert.throws(() => x.sum(2), /Cannot sum over axis 2 of shape \[2, 3\]: axes go from -2 to 1/);
});

test("expand repeats without copying, and only axes of size 1", () => {
  const x = tensor([[1], [2]]);
  assert.deepEqual(x.expand(2, 3).toArray(), [[1, 1, 1], [2, 2, 2]]);
  assert.deepEqual(x.expand(3, -1, 2).shape, [3, 2, 2]);
  assert.deepEqual(x.broadcastTo([0, 2, 1]).shape, [0, 2, 1]);
  assert.deepEqual(x.expand(2, 0).toArray(), [[], []]);
  for (const shape of [[3, 1], [2], [-1, 2, 1], [1.5, 2, 1], [2, -2]]) {
    assert.throws(() => x.expand(shape), /^ShapeError: Cannot expand/, `${shape}`);
  }
});

test("broadcasting follows the shapes from the end", () => {
  const add = (a: number[], b: number[]) => zeros(a).add(zeros(b)).shape;
  assert.deepEqual(add([0], [1]), [0]);
  assert.deepEqual(add([3, 1], [1, 0]), [3, 0]);
  assert.deepEqual(add([2, 1, 3], [4, 1]), [2, 4, 3]);
  assert.deepEqual(add([], [2]), [2]);
  assert.throws(() => add([0], [2]), ShapeError);
  assert.throws(
    () => add([2, 3], [2]),
    /^ShapeError: Cannot add \[2, 3\] with \[2\]: sizes 3 and 2 at axis -1 differ and neither is 1/,
  );
});

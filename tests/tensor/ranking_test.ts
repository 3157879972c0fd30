/** Ranks and running extremes: PyTorch 1.13's numbers, edges, and misuse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { gradCheck, ShapeError, type Sorted, type Tensor, tensor, zeros } from "../../mod.ts";
import { type Expected, requirePytorch, wave } from "../support/pytorch_case.ts";

const EXPECTED: Record<string, Expected> = {
  "kthvalue": [[2], [-0.5, 0], [0, 0, 1.25, 0, 0, 0, 0, 0.25]],
  "kthvalue along": [[1, 2], [0.25, 1.25], [0, 0, 0, 0.25, 1.25, 0]],
  "cummax": [[2, 5], [-1.25, 0.5, 0.5, 1.25, 1.25, -0.75, 1, 1, 1, 1], [
    1.25,
    -0.5,
    0,
    1,
    0,
    -1,
    -0.25,
    0,
    0,
    0,
  ]],
  "cummax 0": [[3, 2, 2], [-1.25, 0.5, -0.5, 1.25, 0.25, 0.5, 1, 1.25, 0.25, 0.75, 1, 1.25], [
    1.25,
    -0.75,
    -0.75,
    2,
    -1.25,
    0,
    0.25,
    0,
    0,
    0.5,
    0,
    0,
  ]],
  "cummin": [[2, 5], [-1.25, -1.25, -1.25, -1.25, -1.25, -0.75, -0.75, -0.75, -1, -1], [
    1.75,
    0,
    0,
    0,
    0,
    -0.5,
    0,
    0,
    -0.75,
    0,
  ]],
};

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  kthvalue: [[wave([2, 4])], (x) => x.kthvalue(2).values],
  "kthvalue along": [[wave([3, 2])], (x) => x.kthvalue(3, { axis: 0, keepDims: true }).values],
  cummax: [[wave([2, 5])], (x) => x.cummax(1).values],
  "cummax 0": [[wave([3, 2, 2])], (x) => x.cummax(0).values],
  cummin: [[wave([2, 5])], (x) => x.cummin(-1).values],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    requirePytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert.ok(gradCheck(f, leaves, { secondOrder: true }));
  });
}

const lists = ({ values, indices }: Sorted) => [values.toArray(), indices.toArray()];

test("indices are PyTorch's", () => {
  const x = wave([2, 5]);
  assert.deepEqual(x.kthvalue(2).indices.toArray(), [2, 0]);
  assert.deepEqual(x.cummax(1).indices.toArray(), [[0, 1, 1, 3, 3], [0, 1, 1, 1, 1]]);
  assert.deepEqual(x.cummin(-1).indices.toArray(), [[0, 0, 0, 0, 0], [0, 0, 0, 3, 3]]);
  assert.deepEqual(x.cummax(0).indices.toArray(), [[0, 0, 0, 0, 0], [1, 1, 1, 0, 1]]);
  assert.equal(x.cummax(0).indices.dtype, "int32");
});

test("of equal elements the last is the running extreme; from NaN on it is NaN", () => {
  const values = [1, 3, 3, 2, NaN, 5, NaN];
  assert.deepEqual(lists(tensor(values).cummax(0)), [
    [1, 3, 3, 3, NaN, NaN, NaN],
    [0, 1, 2, 2, 4, 4, 6],
  ]);
  assert.deepEqual(lists(tensor([3, 1, 1, 2, NaN, 0]).cummin(0)), [
    [3, 1, 1, 1, NaN, NaN],
    [0, 1, 2, 2, 4, 4],
  ]);
});

test("kthvalue counts NaN as the largest, and equal elements in order", () => {
  assert.deepEqual(lists(tensor([3, 1, NaN, 1]).kthvalue(4)), [NaN, 2]);
  assert.deepEqual(lists(tensor([3, 1, NaN, 1]).kthvalue(2)), [1, 3]);
});

test("scalars, integers, empty tensors, and views", () => {
  assert.deepEqual(lists(tensor(3).kthvalue(1)), [3, 0]);
  assert.deepEqual(lists(tensor(2).cummax(0)), [2, 0]);
  assert.deepEqual(lists(tensor(2).cummin(-1)), [2, 0]);
  assert.deepEqual(lists(zeros([0]).cummax(0)), [[], []]);
  assert.deepEqual(zeros([2, 0]).cummin(0).values.shape, [2, 0]);
  const integers = tensor([[1, 5], [3, 2]], { dtype: "int32" });
  assert.deepEqual(lists(integers.cummax(0)), [[[1, 5], [3, 5]], [[0, 0], [1, 0]]]);
  assert.equal(integers.cummax(0).values.dtype, "int32");
  assert.deepEqual(lists(integers.T.cummin(0)), [[[1, 3], [1, 2]], [[0, 0], [0, 1]]]);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assert.throws(f, { name: type.name, message });
}

test("misuse is refused", () => {
  for (const k of [0, 4, 1.5]) {
    refused(
      () => zeros([3]).kthvalue(k),
      ShapeError,
      `Cannot take kthvalue ${k} along axis -1 of shape [3]: ranks go from 1 to 3`,
    );
  }
  refused(() => zeros([0]).kthvalue(1), ShapeError, /ranks go from 1 to 0/);
  refused(() => zeros([3]).kthvalue(1, { axis: 1 }), ShapeError, /kthvalue over axis 1/);
  refused(() => zeros([3]).cummax(1), ShapeError, /Cannot cummax over axis 1 of shape \[3\]/);
  refused(() => zeros([3]).cummin(-2), ShapeError, /Cannot cummin over axis -2 of shape \[3\]/);
});

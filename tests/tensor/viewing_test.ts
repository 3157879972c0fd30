/** Views, parts and diagonals: PyTorch 1.13's numbers, edges, and misuse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  arange,
  gradCheck,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { type Expected, requirePytorch, wave } from "../support/pytorch_case.ts";

const EXPECTED: Record<string, Expected> = {
  "select": [[2, 2], [-0.5, 1.25, -1, 0.75], [0, 0, 1.25, 0.25, 0, 0, 0, 0, -0.75, 1, 0, 0]],
  "narrow": [[2, 2], [0.5, -0.5, -0.75, 1], [0, 1.25, 0.25, 0, 0, -0.75, 1, 0]],
  "tensorSplit": [[2, 2], [-1, 2.5, 0, -2], [0, 0, 2.5, 0.5, 0, 0, 0, -1.5, 2, 0]],
  "tensorSplit at": [[2, 3], [1, -1, 2.5, 2, 0, -2], [0, 2.5, 0.5, -1.5, 0, 0, 2, 0, -2, 0]],
  "diff": [[2, 3], [-2.75, 2.75, -2.75, -2.75, 0, 2.75], [
    1.25,
    -2.25,
    0,
    1.75,
    -0.75,
    1,
    -2,
    0,
    2,
    -1,
  ]],
  "diff with ends": [[4, 2], [-1.5, 1.25, 0.75, 0.75, 1.5, -1.25, -2, 0.75], [2, -0.75, -0.75, 2], [
    -1.25,
    -0.25,
  ], [-0.75, -0.75, 0.75, -0.25]],
  "unflatten": [[2, 2, 2, 2], [
    -2.5,
    1,
    -1,
    2.5,
    0.5,
    -1.5,
    2,
    0,
    -2,
    1.5,
    -0.5,
    -2.5,
    1,
    -1,
    2.5,
    0.5,
  ], [2.5, 0.5, -1.5, 2, 0, -2, 1.5, -0.5, -2.5, 1, -1, 2.5, 0.5, -1.5, 2, 0]],
  "mT": [[2, 2, 3], [-2.5, -1, 0.5, 1, 2.5, -1.5, 2, -2, -0.5, 0, 1.5, -2.5], [
    2.5,
    2,
    0.5,
    0,
    -1.5,
    -2,
    1.5,
    1,
    -0.5,
    -1,
    -2.5,
    2.5,
  ]],
  "t": [[2, 3], [-2.5, -1, 0.5, 1, 2.5, -1.5], [2.5, 2, 0.5, 0, -1.5, -2]],
  "swapaxes": [[2, 2, 3], [-2.5, 0.5, -2, -1, 2, -0.5, 1, -1.5, 1.5, 2.5, 0, -2.5], [
    2.5,
    1.5,
    2,
    1,
    0.5,
    -0.5,
    0,
    -1,
    -1.5,
    -2.5,
    -2,
    2.5,
  ]],
  "expandAs": [
    [2, 3, 2],
    [-1.25, -1.25, 0.5, 0.5, -0.5, -0.5, -1.25, -1.25, 0.5, 0.5, -0.5, -0.5],
    [2, -0.5, -0.25],
  ],
  "reshapeAs": [[2, 3], [-2.5, 1, -1, 2.5, 0.5, -1.5], [2.5, 0.5, -1.5, 2, 0, -2]],
  "diagEmbed": [[2, 3, 3], [0, 0, 0, -1.25, 0, 0, 0, 0.5, 0, 0, 0, 0, -0.5, 0, 0, 0, 1.25, 0], [
    1,
    -0.25,
    0.25,
    -1,
  ]],
  "diagEmbed at": [[3, 2, 3], [0, 0, 0, 0, 0, 0, -1.25, 0, 0, -0.5, 0, 0, 0, 0.5, 0, 0, 1.25, 0], [
    0.75,
    -0.75,
    0.5,
    -1,
  ]],
};

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  select: [[wave([2, 3, 2])], (x) => x.select(1, -2)],
  narrow: [[wave([2, 4])], (x) => x.narrow(-1, -3, 2)],
  tensorSplit: [[wave([2, 5])], (x) => x.tensorSplit(3, 1)[1].mul(2)],
  "tensorSplit at": [[wave([2, 5])], (x) => x.tensorSplit([1, -1], 1)[1].mul(2)],
  diff: [[wave([2, 5])], (x) => x.diff({ n: 2 })],
  "diff with ends": [
    [wave([2, 2]), wave([1, 2], 4), wave([2, 2], 6)],
    (x, prepend, append) => x.diff({ axis: 0, prepend, append }),
  ],
  unflatten: [[wave([2, 4, 2])], (x) => x.unflatten(1, [2, -1]).mul(2)],
  mT: [[wave([2, 3, 2])], (x) => x.mT.mul(2)],
  t: [[wave([3, 2])], (x) => x.t().mul(2)],
  swapaxes: [[wave([3, 2, 2])], (x) => x.swapaxes(0, -1).mul(2)],
  expandAs: [[wave([3, 1])], (x) => x.expandAs(zeros([2, 3, 2]))],
  reshapeAs: [[wave([6])], (x) => x.reshapeAs(zeros([2, 3])).mul(2)],
  diagEmbed: [[wave([2, 2])], (x) => x.diagEmbed({ offset: -1 })],
  "diagEmbed at": [[wave([2, 2])], (x) => x.diagEmbed({ offset: 1, axis1: 2, axis2: 0 })],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    requirePytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert.ok(gradCheck(f, leaves, { secondOrder: true }));
  });
}

const lists = (parts: Tensor[]) => parts.map((part) => part.toArray());

test("views share their elements", () => {
  const x = zeros([2, 3]);
  x.select(0, 1).fill_(1);
  x.narrow(1, 0, 1).fill_(2);
  x.tensorSplit(3, 1)[2].fill_(3);
  assert.deepEqual(x.toArray(), [[2, 0, 3], [2, 1, 3]]);
  x.mT.select(0, 1).fill_(4);
  x.t().select(0, 0).fill_(5);
  x.unflatten(1, [3, 1]).select(1, 2).fill_(6);
  assert.deepEqual(x.toArray(), [[5, 4, 6], [5, 4, 6]]);
});

test("t() of vectors and scalars is themselves", () => {
  assert.deepEqual(tensor([1, 2]).t().toArray(), [1, 2]);
  assert.equal(tensor(3).t().item(), 3);
});

test("tensorSplit gives as many parts as are asked for, empty ones too", () => {
  assert.deepEqual(lists(arange(7).tensorSplit(3)), [[0, 1, 2], [3, 4], [5, 6]]);
  assert.deepEqual(lists(arange(7).tensorSplit([1, 3, 2])), [[0], [1, 2], [], [2, 3, 4, 5, 6]]);
  assert.deepEqual(lists(arange(3).tensorSplit(5)), [[0], [1], [2], [], []]);
  assert.deepEqual(lists(arange(5).tensorSplit([-2, 9])), [[0, 1, 2], [3, 4], []]);
  assert.deepEqual(lists(arange(2).tensorSplit([])), [[0, 1]]);
  assert.deepEqual(zeros([0, 2]).tensorSplit(2).map((x) => x.shape), [[0, 2], [0, 2]]);
});

test("diff of few, none, booleans, and none at all", () => {
  const x = tensor([1, 4, 9]);
  assert.deepEqual(x.diff({ n: 0 }).toArray(), [1, 4, 9]);
  assert.deepEqual(x.diff({ n: 5 }).toArray(), []);
  assert.deepEqual(zeros([0]).diff().toArray(), []);
  const booleans = tensor([true, false, false]).diff();
  assert.deepEqual([booleans.dtype, booleans.toArray()], ["bool", [1, 0]]);
});

test("narrow and diagEmbed of nothing", () => {
  assert.deepEqual(arange(5).narrow(0, 5, 0).shape, [0]);
  assert.deepEqual(zeros([0]).diagEmbed().shape, [0, 0]);
  assert.deepEqual(zeros([0, 2]).diagEmbed().shape, [0, 2, 2]);
  assert.deepEqual(zeros([0]).diagEmbed({ offset: 2 }).toArray(), [[0, 0], [0, 0]]);
  const matrices = arange(4).reshape(2, 2);
  const { axis1, axis2 } = { axis1: 1, axis2: 2 };
  assert.equal(matrices.diagEmbed().diagonal({ axis1, axis2 }).equal(matrices), true);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assert.throws(f, { name: type.name, message });
}

test("misuse is refused", () => {
  const x = zeros([2, 3]);
  refused(
    () => zeros([2, 3, 4]).t(),
    ShapeError,
    "Cannot t() shape [2, 3, 4]: it is for two axes or fewer; use mT for a batch of matrices",
  );
  refused(
    () => zeros([3]).mT,
    ShapeError,
    "Cannot take mT of shape [3]: matrices have two axes; add one with unsqueeze()",
  );
  refused(() => x.select(2, 0), ShapeError, /Cannot select over axis 2 of shape \[2, 3\]/);
  refused(() => x.select(1, 3), ShapeError, /3/);
  refused(
    () => tensor(1).select(0, 0),
    ShapeError,
    "Cannot select from a scalar: it has no axes; use item()",
  );
  for (const [start, length] of [[4, 2], [1, -1], [-6, 1], [0.5, 1]]) {
    refused(
      () => arange(5).narrow(0, start, length),
      ShapeError,
      `Cannot narrow axis 0 of shape [5] to ${length} entries from ${start} on: it has 5`,
    );
  }
  refused(() => tensor(1).narrow(0, 0, 1), ShapeError, /it has 0/);
  refused(
    () => x.tensorSplit(0),
    ValueError,
    "Cannot tensorSplit into 0 parts: use a whole number, 1 or more",
  );
  refused(
    () => x.tensorSplit([0.5]),
    ValueError,
    "Cannot tensorSplit at [0.5]: use whole numbers",
  );
  refused(
    () => tensor(1).tensorSplit(2),
    ShapeError,
    "Cannot tensorSplit a scalar: it has no axes; reshape it to [1]",
  );
  refused(
    () => tensor(1).diff(),
    ShapeError,
    "Cannot diff a scalar: it has no axes; reshape it to [1]",
  );
  refused(
    () => x.diff({ n: -1 }),
    ValueError,
    "Cannot diff -1 times: use a whole number, 0 or more",
  );
  refused(() => x.diff({ prepend: zeros([2]) }), ShapeError, /cat/);
  refused(
    () => x.unflatten(0, []),
    ShapeError,
    "Cannot unflatten axis 0 of shape [2, 3] to []: it needs an axis, and at least one size",
  );
  refused(
    () => x.unflatten(1, [2, 2]),
    ShapeError,
    "Cannot reshape [3] to [2, 2]: 3 elements do not make 4",
  );
  refused(() => tensor(1).unflatten(0, [1]), ShapeError, /it needs an axis/);
  refused(() => x.expandAs(zeros([3, 3])), ShapeError, /expand/);
  refused(() => x.reshapeAs(zeros([5])), ShapeError, /6 elements do not make 5/);
  refused(
    () => x.diagEmbed({ axis1: 0, axis2: -3 }),
    ShapeError,
    "Cannot diagEmbed shape [2, 3] at axes 0 and -3: it needs vectors, and two different axes",
  );
  refused(() => tensor(1).diagEmbed(), ShapeError, /it needs vectors/);
});

import {
  arange,
  cat,
  DTypeError,
  gradCheck,
  hstack,
  meshgrid,
  ones,
  type Shape,
  ShapeError,
  stack,
  type Tensor,
  tensor,
  ValueError,
  vstack,
  zeros,
} from "../../mod.ts";
import { checkPytorch, type Expected, wave } from "../support/pytorch_case.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { counted } from "../../src/names.ts";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const sharesWith = (x: Tensor, y: Tensor): boolean => x.array.storage === y.array.storage;

test("views share storage: all show what is written through one", () => {
  const x = arange(6);
  const [matrix, flipped] = [x.reshape(2, 3), x.at([null, null, -1])];
  const views = [matrix, matrix.T, matrix.at(0), flipped, x.unsqueeze(0), x.expand(2, 6)];
  views.push(matrix.permute(1, 0), matrix.transpose(0, 1).squeeze(), x.view(3, 2), x.detach());
  for (const view of views) assert(sharesWith(view, x));
  matrix.set([1, 2], 50);
  assertSame(x.toArray(), [0, 1, 2, 3, 4, 50]);
  assertEquals(flipped.at(0).item(), 50);
  assertEquals(matrix.T.at(2, 1).item(), 50);
  assertEquals(sharesWith(x.clone(), x), false);
});

test("reshape infers −1, copies only if the strides require it, and checks sizes", () => {
  const x = arange(12).reshape(3, 4);
  assertEquals(x.reshape(2, -1).shape, [2, 6]);
  assertEquals(x.reshape([-1]).shape, [12]);
  assert(sharesWith(x.at(":", [0, 4, 2]).reshape(3, 2, 1), x));
  const columns = x.T.reshape(12);
  assertEquals(sharesWith(columns, x), false);
  assertSame(columns.toArray(), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
  assertEquals(tensor(5).reshape(1, 1).toArray(), [[5]]);
  assertThrows(() => x.reshape(5, -1), Error, "12 elements cannot be divided by 5");
  assertThrows(() => x.reshape(-1, -1), Error, "only one size may be -1");
  assertThrows(() => x.reshape(13), Error, "12 elements cannot make 13");
  assertThrows(() => zeros([0, 3]).reshape(-1, 0), Error, "-1 could be any size beside a 0");
  assertThrows(() => x.T.view(12), Error, "do not lie in that order; use reshape()");
});

test("reshapes of strided views and of copies agree", () => {
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
    const shapes = [[-1], [1, view.numel()], [view.numel(), 1]];
    const [a, b, c] = view.shape;
    shapes.push([a * b, c], [a, b * c], [a, 1, b, c], [b * a * c, 1, 1]);
    if (c % 2 === 0) shapes.push([a, b, c / 2, 2]);
    for (const shape of shapes) {
      assertSame(view.reshape(shape).data, view.clone().reshape(shape).data, `${shape}`);
    }
  }
});

test("empty tensors can be viewed in every empty shape", () => {
  for (const x of [zeros([3, 0]).T, zeros([4, 5]).at([1, 1]), zeros([2, 0, 3]).permute(2, 0, 1)]) {
    assertStrictEquals(x.numel(), 0);
    assertSame(x.reshape(3, 0, 2).shape, [3, 0, 2]);
    assertEquals(x.reshape(0).toArray(), []);
    assertEquals(x.isContiguous, true);
  }
});

test("axes: permute, transpose, squeeze, unsqueeze, flatten", () => {
  const x = zeros([2, 1, 3]);
  assertEquals(x.permute(2, 0, 1).shape, [3, 2, 1]);
  assertEquals(x.permute([-1, 0, 1]).shape, [3, 2, 1]);
  assertEquals([x.T.shape, x.transpose().shape, x.transpose(0, -1).shape], [
    [3, 1, 2],
    [2, 3, 1],
    [3, 1, 2],
  ]);
  assertEquals([x.squeeze().shape, x.squeeze(1).shape, x.squeeze(0).shape], [
    [2, 3],
    [2, 3],
    [2, 1, 3],
  ]);
  assertEquals([x.unsqueeze(0).shape, x.unsqueeze(-1).shape, x.unsqueeze(3).shape], [
    [1, 2, 1, 3],
    [2, 1, 3, 1],
    [2, 1, 3, 1],
  ]);
  assertEquals([x.flatten().shape, x.flatten(1).shape, x.flatten(0, 1).shape], [
    [6],
    [2, 3],
    [2, 3],
  ]);
  const scalar = tensor(7);
  for (const y of [scalar.T, scalar.transpose(0, 0), scalar.squeeze(), scalar.permute()]) {
    assertEquals([y.shape, y.item()], [[], 7]);
  }
  assertEquals(scalar.flatten().shape, [1]);
});

test("errors for axes that do not exist name the valid ones", () => {
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
    assertThrowsMessage(act, ShapeError, /^Cannot \w+ /);
  }
  assertThrows(
    () => x.sum(2),
    Error,
    "Cannot sum over axis 2 of shape [2, 3]: axes go from -2 to 1",
  );
});

test("expand repeats without copying, and only axes of size 1", () => {
  const x = tensor([[1], [2]]);
  assertEquals(x.expand(2, 3).toArray(), [[1, 1, 1], [2, 2, 2]]);
  assertEquals(x.expand(3, -1, 2).shape, [3, 2, 2]);
  assertSame(x.broadcastTo([0, 2, 1]).shape, [0, 2, 1]);
  assertEquals(x.expand(2, 0).toArray(), [[], []]);
  for (const shape of [[3, 1], [2], [-1, 2, 1], [1.5, 2, 1], [2, -2]]) {
    assertThrowsMessage(() => x.expand(shape), ShapeError, /^Cannot expand/, `${shape}`);
  }
});

test("broadcasting aligns shapes at the last axis", () => {
  const add = (a: number[], b: number[]) => zeros(a).add(zeros(b)).shape;
  assertSame(add([0], [1]), [0]);
  assertSame(add([3, 1], [1, 0]), [3, 0]);
  assertEquals(add([2, 1, 3], [4, 1]), [2, 4, 3]);
  assertEquals(add([], [2]), [2]);
  assertThrows(() => add([0], [2]), ShapeError);
  assertThrowsMessage(
    () => add([2, 3], [2]),
    ShapeError,
    /^Cannot add \[2, 3\] with \[2\]: sizes 3 and 2 at axis -1 differ and neither is 1/,
  );
});

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
    checkPytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

const lists = (parts: Tensor[]) => parts.map((part) => part.toArray());

test("views share their elements", () => {
  const x = zeros([2, 3]);
  x.select(0, 1).fill_(1);
  x.narrow(1, 0, 1).fill_(2);
  x.tensorSplit(3, 1)[2].fill_(3);
  assertSame(x.toArray(), [[2, 0, 3], [2, 1, 3]]);
  x.mT.select(0, 1).fill_(4);
  x.t().select(0, 0).fill_(5);
  x.unflatten(1, [3, 1]).select(1, 2).fill_(6);
  assertEquals(x.toArray(), [[5, 4, 6], [5, 4, 6]]);
});

test("t() returns vectors and scalars unchanged", () => {
  assertEquals(tensor([1, 2]).t().toArray(), [1, 2]);
  assertEquals(tensor(3).t().item(), 3);
});

test("tensorSplit returns as many parts as requested, even empty ones", () => {
  assertSame(lists(arange(7).tensorSplit(3)), [[0, 1, 2], [3, 4], [5, 6]]);
  assertSame(lists(arange(7).tensorSplit([1, 3, 2])), [[0], [1, 2], [], [2, 3, 4, 5, 6]]);
  assertSame(lists(arange(3).tensorSplit(5)), [[0], [1], [2], [], []]);
  assertSame(lists(arange(5).tensorSplit([-2, 9])), [[0, 1, 2], [3, 4], []]);
  assertSame(lists(arange(2).tensorSplit([])), [[0, 1]]);
  assertSame(zeros([0, 2]).tensorSplit(2).map((x) => x.shape), [[0, 2], [0, 2]]);
});

test("diff of few elements, of booleans, 0 times, and of empty tensors", () => {
  const x = tensor([1, 4, 9]);
  assertEquals(x.diff({ n: 0 }).toArray(), [1, 4, 9]);
  assertEquals(x.diff({ n: 5 }).toArray(), []);
  assertEquals(zeros([0]).diff().toArray(), []);
  const booleans = tensor([true, false, false]).diff();
  assertSame([booleans.dtype, booleans.toArray()], ["bool", [1, 0]]);
});

test("narrow and diagEmbed of empty tensors", () => {
  assertSame(arange(5).narrow(0, 5, 0).shape, [0]);
  assertSame(zeros([0]).diagEmbed().shape, [0, 0]);
  assertSame(zeros([0, 2]).diagEmbed().shape, [0, 2, 2]);
  assertSame(zeros([0]).diagEmbed({ offset: 2 }).toArray(), [[0, 0], [0, 0]]);
  const matrices = arange(4).reshape(2, 2);
  const { axis1, axis2 } = { axis1: 1, axis2: 2 };
  assertEquals(matrices.diagEmbed().diagonal({ axis1, axis2 }).equal(matrices), true);
});

test("a diagonal is a view, of parts and of transposed matrices, too; diag is a copy", () => {
  const x = zeros([3, 4]);
  x.narrow(1, 1, 3).diagonal().fill_(1);
  x.T.diagonal({ offset: 1 }).fill_(2);
  x.diagonal({ offset: -2, axis1: 1, axis2: 0 }).fill_(3);
  x.diagonal({ offset: 9 }).fill_(4);
  x.diag().fill_(5);
  assertEquals(x.toArray(), [[0, 1, 3, 0], [2, 0, 1, 3], [0, 2, 0, 1]]);
});

test("elementwise results keep the order of the axes in memory, as in PyTorch", () => {
  const x = arange(24).reshape(2, 3, 4);
  const moved = x.permute(2, 0, 1);
  const strides = (y: Tensor) => y.stride();
  assertEquals(strides(moved.add(1)), [1, 12, 4]);
  assertEquals(strides(moved.to("float64")), [1, 12, 4]);
  assertEquals(strides(moved.narrow(0, 1, 2).gt(moved.narrow(0, 0, 2))), [1, 6, 2]);
  assertEquals(strides(tensor([[1], [2]]).mul(moved)), [1, 12, 4], "beside one that is stretched");
  assertEquals(strides(moved.flip(0).add(0.5)), [1, 12, 4], "whose steps go back");
  assertEquals(strides(moved.add(moved.contiguous())), [6, 3, 1], "beside a contiguous one");
  assertEquals(
    strides(tensor([1, 2, 3]).expand([2, 3]).add(1)),
    [3, 1],
    "of one that is stretched",
  );
  assertEquals(moved.square().toArray(), moved.contiguous().square().toArray());
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assertThrowsMessage(f, type, message);
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
      `Cannot narrow axis 0 of shape [5] to ${
        counted(length, "entry", "entries")
      } from ${start} on: it has 5`,
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
    "Cannot unflatten [3] to [2, 2]: 3 elements cannot make 4",
  );
  refused(() => tensor(1).unflatten(0, [1]), ShapeError, /it needs an axis/);
  refused(() => x.expandAs(zeros([3, 3])), ShapeError, /expand/);
  refused(() => x.reshapeAs(zeros([5])), ShapeError, /6 elements cannot make 5/);
  refused(
    () => x.diagEmbed({ axis1: 0, axis2: -3 }),
    ShapeError,
    "Cannot diagEmbed shape [2, 3] at axes 0 and -3: it needs vectors, and two different axes",
  );
  refused(() => tensor(1).diagEmbed(), ShapeError, /it needs vectors/);
});

/** Returns numbers that float32 holds and multiplies exactly. */
function numbers(shape: Shape, seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from({ length: size }, (_, i) => ((i * 7 + seed) % 11) - 5))
    .reshape(shape);
}

/** Computes the product by its definition: `result[…, i, j] = Σ a[…, i, l] b[…, l, j]`. */
function naive(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [a.ndim === 1 ? a.unsqueeze(0) : a, b.ndim === 1 ? b.unsqueeze(1) : b];
  const product = left.unsqueeze(-1).mul(right.unsqueeze(-3)).sum(-2);
  const withoutRow = a.ndim === 1 ? product.squeeze(-2) : product;
  return b.ndim === 1 ? withoutRow.squeeze(-1) : withoutRow;
}

test("matmul of every combination of ranks follows the definition", () => {
  const left: Shape[] = [[3], [2, 3], [4, 2, 3], [5, 1, 2, 3], [1, 3], [0, 3], [2, 0, 3]];
  const right: Shape[] = [[3], [3, 2], [4, 3, 2], [5, 4, 3, 2], [1, 3, 2], [3, 1], [3, 0]];
  for (const m of left) {
    for (const n of right) {
      const [a, b] = [numbers(m, 1), numbers(n, 4)];
      const what = `[${m}] by [${n}]`;
      const batches = m.length > 2 && n.length > 2;
      if (batches && m.at(-3) === 2 && n.at(-3) === 4) {
        assertThrows(() => a.matmul(b), ShapeError, "", what);
        continue;
      }
      const expected = naive(a, b);
      assertSame(a.matmul(b).shape, expected.shape, what);
      assertEquals(a.matmul(b).toArray(), expected.toArray(), what);
    }
  }
});

test("matmul of strided operands, of integers, and with inner size 0", () => {
  const [a, b] = [numbers([3, 4], 1), numbers([3, 4], 2)];
  assertEquals(a.T.matmul(b).toArray(), naive(a.T.contiguous(), b).toArray());
  const flipped = a.at([null, null, -1], [null, null, 2]);
  assertSame(flipped.matmul(b.at([0, 2])).toArray(), naive(flipped, b.at([0, 2])).toArray());
  const integers = a.to("int32").matmul(b.T.to("int32"));
  assertEquals([integers.dtype, integers.toArray()], ["int32", a.matmul(b.T).toArray()]);
  assertSame(zeros([0]).matmul(zeros([0])).item(), 0);
});

test("errors of matmul name the given shapes", () => {
  const expect = (a: Shape, b: Shape, message: RegExp) =>
    assertThrowsMessage(() => zeros(a).matmul(zeros(b)), ShapeError, message);
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
  assertThrows(
    () => zeros([2, 2]).matmul(zeros([2, 2], { dtype: "float64" })),
    Error,
    "Cannot matmul float32",
  );
});

test("cat and split are inverse to each other along every axis", () => {
  const x = arange(24).reshape(2, 3, 4);
  for (const axis of [0, 1, 2, -1, -2]) {
    for (const sizes of [1, 2, [1, x.shape.at(axis)! - 1], [0, x.shape.at(axis)!]]) {
      const parts = x.split(sizes, axis);
      assertSame(cat(parts, axis).toArray(), x.toArray(), `${axis} ${sizes}`);
    }
  }
  assertSame(arange(5).split(2).map((p) => p.toArray()), [[0, 1], [2, 3], [4]]);
  assertSame(zeros([0, 2]).split(3).map((p) => p.shape), [[0, 2]]);
});

test("split refuses parts that do not add up", () => {
  for (const sizes of [[2, 2], [6, -1], []]) {
    assertThrows(
      () => arange(5).split(sizes),
      Error,
      "the parts must be whole numbers that add up to 5",
    );
  }
  for (const size of [0, -1, 1.5]) assertThrows(() => arange(5).split(size), ValueError);
});

test("stack inserts a new axis at every position", () => {
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];
  assertEquals(stack([a, b]).toArray(), [[1, 2], [3, 4]]);
  assertEquals(stack([a, b], 1).toArray(), [[1, 3], [2, 4]]);
  assertEquals(stack([a, b], -1).toArray(), [[1, 3], [2, 4]]);
  assertEquals(stack([tensor(1), tensor(2)]).toArray(), [1, 2]);
});

test("tensors that cannot be joined are refused", () => {
  assertThrows(() => cat([]), ShapeError);
  assertThrows(() => stack([]), ShapeError);
  assertThrows(() => cat([tensor(1), tensor(2)]), Error, "use stack()");
  assertThrowsMessage(
    () => cat([zeros([2, 3]), zeros([3, 2])]),
    ShapeError,
    /^Cannot cat \[2, 3\] and/,
  );
  assertThrows(() => cat([zeros([2]), zeros([2, 1])]), ShapeError);
  assertThrows(() => stack([zeros([2]), zeros([3])]), Error, "all shapes must be equal");
  assertThrows(() => cat([zeros([2])], 1), ShapeError);
});

test("gradients of joined and split tensors flow back to the parts", () => {
  const [a, b] = [[1, 2], [3]].map((v) => tensor(v, { requiresGrad: true }));
  const [first, rest] = cat([a, b]).mul(tensor([1, 10, 100])).split([1, 2]);
  first.mul(2).sum().add(rest.sum()).backward();
  assertEquals([a.grad!.toArray(), b.grad!.toArray()], [[2, 10], [100]]);
});

test("functions of lists of tensors refuse anything else", () => {
  const x = ones([2]);
  const uses = { cat, stack, hstack, vstack, meshgrid } as unknown as Record<
    string,
    (...values: unknown[]) => unknown
  >;
  for (const [name, use] of Object.entries(uses)) {
    assertThrowsMessage(
      () => use(x, x),
      DTypeError,
      `Cannot ${name} a value of type Tensor: pass the tensors in a list, as in ` +
        `${name}([a, b])`,
    );
    assertThrowsMessage(() => use([]), ShapeError, `Cannot ${name} no tensors: give at least one`);
    assertThrowsMessage(
      () => use([x, 1]),
      DTypeError,
      `Cannot ${name} with a value of type number: it must be a tensor; make one with ` +
        "tensor(values)",
    );
  }
});

test("a new axis outside of the shape is refused with the shape that the tensor has", () => {
  const x = zeros([2, 3]);
  assertThrowsMessage(
    () => x.unsqueeze(3),
    ShapeError,
    "Cannot unsqueeze shape [2, 3] at axis 3: new axes go from -3 to 2",
  );
  assertThrowsMessage(
    () => stack([x, x], -4),
    ShapeError,
    "Cannot stack shape [2, 3] at axis -4: new axes go from -3 to 2",
  );
});

test("repeatInterleave along an axis refuses a scalar, which has none", () => {
  const x = tensor(2);
  assertEquals(x.repeatInterleave(3).toArray(), [2, 2, 2]);
  for (const axis of [0, -1]) assertThrows(() => x.repeatInterleave(1, axis), ShapeError);
});

test("sizes are asked for by PyTorch's names", () => {
  const x = zeros([2, 3, 4]);
  assertEquals([x.size(), x.size(0), x.size(-1), x.dim(), x.numel()], [[2, 3, 4], 2, 4, 3, 24]);
  assertThrowsMessage(
    () => x.size(3),
    ShapeError,
    "Cannot size over axis 3 of shape [2, 3, 4]: axes go from -3 to 2",
  );
  assertThrows(() => zeros([]).size(0), ShapeError);
  assertSame(arange(6).viewAs(zeros([2, 3])).toArray(), [[0, 1, 2], [3, 4, 5]]);
  assertThrows(
    () => arange(6).reshape(2, 3).T.viewAs(zeros([6])),
    Error,
    "do not lie in that order",
  );
});

test("strides are steps through memory", () => {
  const x = zeros([2, 3, 4]);
  assertEquals([x.stride(), x.stride(0), x.stride(-1)], [[12, 4, 1], 12, 1]);
  assertEquals(x.transpose(0, 2).stride(), [1, 4, 12]);
  assertEquals(zeros([4]).expand([3, 4]).stride(), [0, 1]);
  assertEquals(zeros([]).stride(), []);
  x.stride()[0] = 1; // a copy, as the shape
  assertEquals(x.stride(0), 12);
  assertThrows(() => x.stride(3), ShapeError);
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

test("diag takes vectors and matrices", () => {
  assertThrowsMessage(
    () => tensor([[[1, 2]]]).diag(),
    ShapeError,
    "Cannot diag shape [1, 1, 2]: it must be a vector or a matrix; use diagonal() or " +
      "diagEmbed() for batches",
  );
});

test("chunk of an empty axis returns as many chunks as requested", () => {
  assertSame(zeros([0, 2]).chunk(3).map((part) => part.shape), [[0, 2], [0, 2], [0, 2]]);
});

test("tril and triu of wide, tall and square matrices, at every diagonal", () => {
  for (const [rows, columns] of [[1, 9], [9, 1], [3, 20], [20, 3], [5, 5], [0, 4], [4, 0]]) {
    for (let diagonal = -22; diagonal <= 22; diagonal++) {
      for (const dtype of ["float32", "int32", "bool"] as const) {
        const x = ones([2, rows, columns], { dtype });
        const matrices = (keeps: (column: number, boundary: number) => boolean) =>
          [0, 1].map(() =>
            Array.from(
              { length: rows },
              (_, r) => Array.from({ length: columns }, (_, c) => Number(keeps(c, r + diagonal))),
            )
          );
        const below = matrices((column, boundary) => column <= boundary);
        const above = matrices((column, boundary) => column >= boundary);
        assertEquals(x.tril(diagonal).toArray(), below, `${rows} × ${columns} at ${diagonal}`);
        assertEquals(x.triu(diagonal).toArray(), above, `${rows} × ${columns} at ${diagonal}`);
      }
    }
  }
});

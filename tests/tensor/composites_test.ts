/** Methods that run several ops: derivatives, memory, empty tensors, and errors. */

import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  arange,
  bmm,
  broadcastTensors,
  dot,
  DTypeError,
  einsum,
  gradCheck,
  linalg,
  memory,
  meshgrid,
  outer,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from "../../mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";
import { numbers } from "../support/data.ts";

function leaf(...shape: number[]): Tensor {
  return numbers(...shape).detach().clone().requiresGrad_();
}

const index = (values: number[] | number[][]) => tensor(values, { dtype: "int32" });

/** Methods that run several ops, with inputs for each. */
const COMPOSITES: Record<string, readonly [Tensor, (x: Tensor) => Tensor]> = {
  repeat: [leaf(2, 3), (x) => x.repeat(2, 2, 1)],
  tile: [leaf(2, 3), (x) => x.tile(2)],
  repeatInterleave: [leaf(2, 3), (x) => x.repeatInterleave([2, 0, 1], 1)],
  flip: [leaf(2, 3), (x) => x.flip(1)],
  roll: [leaf(2, 3), (x) => x.roll(2)],
  diagonal: [leaf(3, 2, 3), (x) => x.diagonal({ axis1: 0, axis2: 2 })],
  diag: [leaf(3), (x) => x.diag(1)],
  movedim: [leaf(2, 3, 1), (x) => x.movedim(0, 2)],
  pad: [leaf(2, 3), (x) => x.pad([1, 2, 0, 1], { value: 3 })],
  reflect: [leaf(2, 3), (x) => x.pad([1, 2], { mode: "reflect" })],
  unfold: [leaf(2, 5), (x) => x.unfold(1, { size: 3, step: 2 })],
  scatter: [leaf(3, 2), (x) => x.scatter(index([[0, 1]]), numbers(1, 2))],
  scatterAdd: [leaf(3, 2), (x) => x.scatterAdd(index([[0, 1]]), numbers(1, 2))],
  indexAdd: [leaf(3, 2), (x) => x.indexAdd(index([0, 0]), numbers(2, 2))],
  indexFill: [leaf(3, 2), (x) => x.indexFill(index([1]), 5)],
  take: [leaf(3, 2), (x) => x.take(index([[5, 0], [5, 1]]))],
  takeAlongDim: [leaf(3, 2), (x) => x.takeAlongDim(index([[1], [0], [1]]), 1)],
  "norm 1": [leaf(3, 2), (x) => x.norm({ p: 1, axis: 0 })],
  "norm ∞": [leaf(3, 2), (x) => x.norm({ p: Infinity, axis: 1 })],
  matrixNorm: [leaf(3, 2), (x) => linalg.matrixNorm(x, { p: 1 })],
  "nuclear norm of a wide matrix": [leaf(2, 3), (x) => linalg.matrixNorm(x, { p: "nuc" })],
  "spectral norms along axes": [
    leaf(2, 3, 2),
    (x) => linalg.matrixNorm(x, { p: 2, axis: [1, 0] }),
  ],
  "orthogonal factor": [leaf(4, 3), (x) => {
    const { u, vh } = linalg.svd(x);
    return u.matmul(vh);
  }],
  "pseudo-inverse of a wide matrix": [leaf(2, 3), (x) => {
    const { u, s, vh } = linalg.svd(x);
    return vh.transpose().div(s).matmul(u.transpose());
  }],
  sort: [leaf(2, 4), (x) => x.sort({ axis: 0 }).values],
  topk: [leaf(2, 4), (x) => x.topk(2).values],
  median: [leaf(2, 4), (x) => x.median(1).values],
  outer: [leaf(3), (x) => outer(x, x)],
  trace: [leaf(3, 3), (x) => x.trace()],
  "solve a vector": [leaf(3, 3), (x) => linalg.solve(x, numbers(3))],
  inv: [leaf(3, 3), (x) => linalg.inv(x)],
  "qr of a wide matrix": [leaf(2, 3), (x) => linalg.qr(x).r],
  "einsum of three": [leaf(2, 3), (x) => einsum("ij,kj,kl->il", x, x, numbers(2, 2))],
  "einsum with a diagonal": [leaf(3, 3), (x) => einsum("ii,ij->j", x, x)],
  "einsum that broadcasts": [leaf(2, 1, 3), (x) => einsum("...i,...i", x, numbers(4, 3))],
  meshgrid: [leaf(3), (x) => meshgrid([x, x.square()])[1]],
  diff: [leaf(2, 4), (x) => x.diff({ n: 2 })],
  diagEmbed: [leaf(2, 3), (x) => x.diagEmbed({ axis1: 0 })],
  cov: [leaf(2, 4), (x) => x.cov()],
  nanmean: [leaf(2, 4), (x) => x.nanmean(1)],
  nanToNum: [leaf(2, 4), (x) => x.nanToNum()],
  exp2: [leaf(3), (x) => x.exp2()],
  addmm: [leaf(3, 3), (x) => x.addmm(x, x, { alpha: 2, beta: 3 })],
  cross: [leaf(2, 3), (x) => x.cross(x.flip(1))],
  matrixPower: [leaf(3, 3), (x) => linalg.matrixPower(x, 5)],
  logdet: [leaf(3, 3), (x) => linalg.logdet(x.mm(x.t()))],
  kthvalue: [leaf(2, 4), (x) => x.kthvalue(2).values],
  cummax: [leaf(2, 4), (x) => x.cummax(1).values],
  indexCopy: [leaf(3, 2), (x) => x.indexCopy(index([2]), numbers(1, 2))],
  scatterReduce: [
    leaf(3, 2),
    (x) => x.scatterReduce(index([[0, 1], [0, 2]]), numbers(2, 2), { reduce: "prod" }),
  ],
};

for (const [name, [x, f]] of Object.entries(COMPOSITES)) {
  test(`${name}: first and second derivatives`, () => {
    gradCheck(f, [x], { secondOrder: true });
  });

  test(`${name}: leaves no temporaries behind`, () => {
    const once = () => {
      const constant = x.detach();
      const before = memory.stats().storages;
      const y = f(constant);
      const made = memory.stats().storages - before;
      y[Symbol.dispose]();
      return made;
    };
    once();
    // At most three of the tensors are inputs that `f` makes itself.
    assert(once() <= 4);
  });
}

test("reductions and products of empty tensors", () => {
  const empty = tensor([]).reshape(0, 3);
  assertSame(empty.cumsum(0).shape, [0, 3]);
  assertSame(empty.sort().values.shape, [0, 3]);
  assertSame(empty.repeat(2, 1).shape, [0, 3]);
  assertSame(empty.roll(1, 0).shape, [0, 3]);
  assertSame(empty.flip(0).shape, [0, 3]);
  assertSame(empty.nonzero().shape, [0, 2]);
  assertSame(empty.unique().values.shape, [0]);
  assertSame(empty.diagonal().shape, [0]);
  assertStrictEquals(empty.norm().item(), 0);
  assertStrictEquals(empty.logsumexp().item(), -Infinity);
  assert(Number.isNaN(empty.median().item()));
  assertSame(einsum("ij,ij->i", empty, empty).shape, [0]);
  assertStrictEquals(einsum("ij,ij->", empty, empty).item(), 0);
});

test("grids, broadcasting, vectors", () => {
  const [x, y] = meshgrid([arange(2), arange(3)]);
  assertSame(x.toArray(), [[0, 0, 0], [1, 1, 1]]);
  assertSame(y.toArray(), [[0, 1, 2], [0, 1, 2]]);
  assertSame(meshgrid([arange(2), arange(3)], { indexing: "xy" })[0].toArray(), [
    ...[[0, 1], [0, 1], [0, 1]],
  ]);
  const [a, b] = broadcastTensors(arange(3), arange(2).reshape(2, 1));
  assertEquals([a.shape, b.shape], [[2, 3], [2, 3]]);
  assertEquals(dot(arange(3), arange(3)).item(), 5);
  assertEquals(bmm(arange(4).reshape(2, 1, 2), arange(4).reshape(2, 2, 1)).toArray(), [
    ...[[[1]], [[13]]],
  ]);
});

test("errors name the shapes and dtypes that do not fit", () => {
  const x = numbers(2, 3);
  const cases: (readonly [() => unknown, RegExp, new (...args: never[]) => Error])[] = [
    [() => x.repeat(2), /Cannot repeat shape \[2, 3\] \[2\] times/, ShapeError],
    [() => x.repeatInterleave([1], 1), /the 3 entries of axis 1/, ValueError],
    [() => x.roll(0.5), /roll by 0.5/, ValueError],
    [() => x.diagonal({ axis2: 0 }), /two different axes/, ShapeError],
    [() => x.chunk(0), /0 chunks/, ValueError],
    [() => x.pad([1]), /two widths for each axis/, ValueError],
    [() => x.pad([3, 0], { mode: "reflect" }), /at most 2 wide/, ValueError],
    [() => x.pad([-2, -2]), /axis 1 has only 3 entries/, ValueError],
    [() => x.unfold(1, { size: 4 }), /a window must fit/, ValueError],
    [() => x.scatter(index([[3, 0, 0]]), 1), /indices go from 0 to 1/, ShapeError],
    [() => x.indexAdd(index([0]), x), /the source must be \[1, 3\]/, ShapeError],
    [() => x.to("int32").norm(), /norm of int32/, DTypeError],
    [() => linalg.matrixNorm(x, { p: 3 }), /matrix norm of order 3/, ValueError],
    [() => x.topk(4), /top 4 along axis -1/, ShapeError],
    [() => x.histogram({ min: 1, max: 0 }), /from 1 to 0/, ValueError],
    [() => x.bincount(), /bins of float64/, DTypeError],
    [() => index([-1]).bincount(), /^Cannot bincount -1/, ValueError],
    [() => linalg.cholesky(x), /the last two axes must be equal/, ShapeError],
    [() => linalg.cholesky(tensor([[1, 2], [2, 1]])), /not positive definite/, ValueError],
    [() => linalg.inv(tensor([[1, 2], [2, 4]])), /singular/, ValueError],
    [() => linalg.solve(numbers(2, 2), numbers(3, 1)), /needs 2 rows/, ShapeError],
    [() => einsum("ij,jk", x), /names 2 operands, and 1 are given/, ValueError],
    [() => einsum("ijk", x), /3 letters for shape \[2, 3\]/, ValueError],
    [() => einsum("ij->k", x), /"k" of the result is in no operand/, ValueError],
    [() => einsum("ij->ii", x), /the result has "i" twice/, ValueError],
    [() => einsum("ij,ij", x, x.T), /"i" is 2 and 3/, ShapeError],
    [() => meshgrid([x]), /each axis needs a vector/, ShapeError],
  ];
  for (const [f, message, type] of cases) {
    assertThrowsMessage(f, type, message, `${message}`);
  }
});

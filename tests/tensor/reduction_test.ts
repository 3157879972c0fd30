import {
  arange,
  cdist,
  gradCheck,
  hstack,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  vstack,
  zeros,
} from "../../mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

/** Computed by PyTorch 1.13: distances, and gradients where that of the result is 0, 1, 2, … */
const CASES = [
  [
    2,
    [[0, 2.23606797749979], [5, 2.8284271247461903], [1.4142135623730951, 1]],
    [
      [-0.4472135954999579, -0.8944271909999159],
      [3.321320343559642, 3.7213203435596425],
      [2.82842712474619, -2.17157287525381],
    ],
    [
      [-4.02842712474619, -4.4284271247461895],
      [-1.6741067480596845, 3.7731068474402734],
    ],
  ],
  [1, [[0, 3], [7, 4], [2, 1]], [[-1, -1], [5, 5], [4, -1]], [[-6, -6], [-2, 3]]],
  [
    3,
    [
      [0, 2.080083823051904],
      [4.497941445275415, 2.5198420997897464],
      [1.2599210498948732, 1],
    ],
    [
      [-0.2311204247835449, -0.9244816991341795],
      [2.779584278303381, 3.471575269884214],
      [2.519842099789746, -2.480157900210254],
    ],
    [
      [-3.4095448032508173, -4.10153579483165],
      [-1.6587611500587647, 4.03460012429187],
    ],
  ],
] as const;

function near(actual: Tensor, expected: readonly (readonly number[])[]): void {
  const values = expected.flat();
  assertStrictEquals(actual.numel(), values.length);
  actual.data.forEach((value, i) => {
    assert(Math.abs(value - values[i]) <= 4e-15, `${value} is not ${values[i]}`);
  });
}

for (const [p, distances, gradientA, gradientB] of CASES) {
  test(`distances of order ${p} and their gradients are PyTorch's, also of equal rows`, () => {
    const options = { dtype: "float64", requiresGrad: true } as const;
    const a = tensor([[0, 0], [3, 4], [1, 1]], options);
    const b = tensor([[0, 0], [1, 2]], options);
    const y = cdist(a, b, { p });
    near(y, distances);
    y.backward(arange(6, { dtype: "float64" }).reshape(3, 2));
    near(a.grad!, gradientA);
    near(b.grad!, gradientB);
  });
}

test("cdist broadcasts batches, accepts empty inputs, and takes the maximum norm", () => {
  assertEquals(cdist(zeros([5, 2, 3]), zeros([4, 3])).shape, [5, 2, 4]);
  assertSame(cdist(zeros([0, 3]), zeros([4, 3])).shape, [0, 4]);
  assertSame(cdist(zeros([2, 0]), zeros([3, 0])).toArray(), [[0, 0, 0], [0, 0, 0]]);
  const far = cdist(tensor([[0, 0], [3, 4]]), tensor([[1, 2]]), { p: Infinity });
  assertEquals(far.toArray(), [[2], [2]]);
  const [a, b] = [[2, 3], [4, 3]].map((shape) =>
    randn(shape, { dtype: "float64" }).requiresGrad_()
  );
  assert(gradCheck((a, b) => cdist(a, b), [a, b], { secondOrder: true }));
});

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
    [
      () => cdist(zeros([2, 3]), zeros([2, 4])),
      "Cannot cdist [2, 3] and [2, 4]: they must be [..., m, d] and [..., n, d]",
    ],
    [() => cdist(zeros([3]), zeros([2, 3])), /^Cannot cdist \[3\] and \[2, 3\]/],
    [() => hstack([]), "Cannot hstack no tensors: give at least one"],
    [() => vstack([tensor([1, 2]), tensor([1])]), /^Cannot cat/],
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

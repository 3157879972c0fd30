import {
  arange,
  cdist,
  DTypeError,
  eye,
  gradCheck,
  linalg,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { checkPytorch, type Expected, wave } from "../support/pytorch_case.ts";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const EXPECTED: Record<string, Expected> = {
  "mm": [[2, 2], [0.6875, 0.5625, 1.3125, -1.5], [0.125, 1.25, -1.0625, -0.9375, -0.75, 1.5], [
    -2.5,
    0.9375,
    0.4375,
    0.375,
    -0.0625,
    -0.875,
  ]],
  "mv": [[2], [-1.1875, -0.625], [0.3125, -0.9375, 1.25, 0.0625, -0.1875, 0.25], [
    -1.25,
    0.6875,
    -0.8125,
  ]],
  "addmm": [[2, 2], [2.625, -0.875, 2.75, -0.875], [0.25, 0.625], [
    -0.25,
    -2.5,
    2.125,
    1.875,
    1.5,
    -3,
  ], [-0.875, -0.75, 0.125, 1.75, -1.625, -2.625]],
  "cross": [[2, 3], [0.125, 1.125, 0.8125, -0.5625, -0.9375, -1.25], [
    0.3125,
    1.4375,
    1,
    1,
    0.75,
    1,
  ], [0.25, 1.5625, 0.9375, 0.25, -0.5, 0.25]],
  "cross at": [[3, 2], [-0.3125, 0.6875, 1.3125, -0.6875, 1.0625, -0.6875], [
    0.75,
    -0.25,
    1.25,
    0.5,
    0.75,
    0.4375,
  ], [0.3125, -0.625, -1.75]],
  "power 0": [[2, 2, 2], [1, 0, 0, 1, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0]],
  "power 1": [[2, 2, 2], [-0.25, 0.5, -0.5, 2.25, 1.25, -0.75, 1, 1], [
    1.25,
    0.25,
    -0.75,
    1,
    0,
    -1,
    0.75,
    -0.25,
  ]],
  "power 3": [[2, 2, 2], [
    -0.453125,
    2.15625,
    -2.15625,
    10.328125,
    -0.671875,
    -2.296875,
    3.0625,
    -1.4375,
  ], [0.234375, -2.390625, 0.234375, 16.5, 5.4375, -2.375, 1.78125, 4.5]],
  "power -2": [[2, 2, 2], [
    49.28,
    -10.240000000000002,
    10.240000000000002,
    -1.9200000000000004,
    0.06249999999999997,
    0.42187500000000006,
    -0.5625,
    0.20312499999999997,
  ], [
    701.6959999999999,
    141.56799999999998,
    -131.32799999999997,
    -26.623999999999995,
    0.36328125,
    -0.39453125,
    0.2958984375000001,
    0.7431640625,
  ]],
  "cov": [[3, 3], [
    1.2083333333333333,
    -0.3958333333333333,
    0.0625,
    -0.3958333333333333,
    0.5208333333333334,
    -0.28125,
    0.0625,
    -0.28125,
    0.8072916666666666,
  ], [
    -0.9895833333333335,
    0.05208333333333337,
    -0.05208333333333337,
    0.9895833333333335,
    -0.2864583333333333,
    -0.28645833333333337,
    -0.28645833333333337,
    0.859375,
    0.4166666666666667,
    -0.6250000000000001,
    -0.5208333333333334,
    0.7291666666666667,
  ]],
  "cov of a variable": [[], [0.90625], [-0.78125, 0.3125, -0.3125, 0.78125]],
  "cov with fweights": [[2, 2], [1.275, -0.375, -0.375, 0.24375], [
    -0.7375,
    0,
    -0.875,
    1.6125,
    0.09999999999999999,
    0,
    0.6499999999999999,
    -0.75,
  ]],
  "cov with aweights": [[2, 2], [
    0.8607954545454545,
    -0.4204545454545454,
    -0.4204545454545454,
    0.7045454545454545,
  ], [
    -0.7159090909090908,
    0.7613636363636364,
    -0.6534090909090908,
    0.6079545454545454,
    0.05681818181818181,
    -0.8143939393939394,
    0.9943181818181819,
    -0.23674242424242425,
  ], [-0.4446453168044078, -0.3924758953168044, -0.11277548209366373, 0.6682162534435263]],
  "cov with both": [[2, 2], [
    1.2668918918918919,
    -0.4054054054054053,
    -0.4054054054054054,
    0.37499999999999994,
  ], [
    -0.6148648648648648,
    0,
    -1.0472972972972974,
    1.6621621621621623,
    -0.10810810810810809,
    0,
    0.9797297297297295,
    -0.8716216216216215,
  ], [-0.4736121256391525, 0, -0.1827063550036523, 1.860756026296567]],
};

const counts = tensor([1, 0, 2, 3], { dtype: "int32" });
const matrices = wave([2, 2, 2]).add(eye(2));

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  mm: [[wave([2, 3]), wave([3, 2], 4)], (a, b) => a.mm(b)],
  mv: [[wave([2, 3]), wave([3], 4)], (a, b) => a.mv(b)],
  addmm: [
    [wave([2]), wave([2, 3], 1), wave([3, 2], 4)],
    (c, a, b) => c.addmm(a, b, { beta: 0.5, alpha: -2 }),
  ],
  cross: [[wave([2, 3]), wave([2, 3], 4)], (a, b) => a.cross(b)],
  "cross at": [[wave([3, 2]), wave([3, 1], 4)], (a, b) => a.cross(b, 0)],
  "power 1": [[matrices], (x) => linalg.matrixPower(x, 1)],
  "power 3": [[matrices], (x) => linalg.matrixPower(x, 3)],
  "power -2": [[matrices], (x) => linalg.matrixPower(x, -2)],
  cov: [[wave([3, 4])], (x) => x.cov()],
  "cov of a variable": [[wave([4])], (x) => x.cov({ correction: 0 })],
  "cov with fweights": [[wave([2, 4])], (x) => x.cov({ fweights: counts })],
  "cov with aweights": [
    [wave([2, 4]), wave([4], 1)],
    (x, a) => x.cov({ aweights: a.abs() }),
  ],
  "cov with both": [
    [wave([2, 4]), wave([4], 1)],
    (x, a) => x.cov({ correction: 2, fweights: counts, aweights: a.abs() }),
  ],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    checkPytorch(EXPECTED[name], inputs, f);
    // Away from 0, where the function has a kink.
    const leaves = inputs.map((x) => x.add(0.03).requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

test("power 0 is the identity for each matrix of a batch", () => {
  assertSame(linalg.matrixPower(matrices, 0).toArray(), [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]);
  assertSame(linalg.matrixPower(zeros([0, 0]), 3).shape, [0, 0]);
  assertSame(linalg.matrixPower(zeros([0, 2, 2]), -3).shape, [0, 2, 2]);
  const integers = linalg.matrixPower(tensor([[1, 2], [3, 4]], { dtype: "int32" }), 3);
  assertEquals([integers.dtype, integers.toArray()], ["int32", [[37, 54], [81, 118]]]);
  assertEquals(linalg.matrixPower(tensor([[3]]), 4).item(), 81);
});

test("power 1 is a copy", () => {
  const x = tensor([[1, 2], [3, 4]]);
  linalg.matrixPower(x, 1).fill_(0);
  assertEquals(x.at(1, 1).item(), 4);
});

test("addmm with beta 0 does not read the tensor; otherwise the tensor broadcasts", () => {
  const one = tensor([[1, 1], [1, 1]]);
  assertEquals(tensor(NaN).addmm(one, one, { beta: 0 }).toArray(), [[2, 2], [2, 2]]);
  assertEquals(tensor(5).addmm(one, one).toArray(), [[7, 7], [7, 7]]);
  assertSame(tensor([1, 2]).addmm(zeros([0, 3]), zeros([3, 2])).shape, [0, 2]);
});

test("products and covariances of empty tensors", () => {
  assertSame(zeros([2, 0]).mm(zeros([0, 3])).toArray(), [[0, 0, 0], [0, 0, 0]]);
  assertSame(zeros([0, 3]).mv(zeros([3])).shape, [0]);
  assertSame(zeros([0, 3]).cross(zeros([0, 3])).shape, [0, 3]);
  assertEquals(zeros([2, 0]).cov().toArray(), [[NaN, NaN], [NaN, NaN]]);
  assertEquals(zeros([1, 1]).cov().toArray(), NaN);
  assertEquals(tensor(3).cov().item(), NaN);
  const integers = tensor([1, 2, 3], { dtype: "int32" }).cov();
  assertEquals([integers.dtype, integers.item()], ["float32", 1]);
});

test("cross products of integers stay integers", () => {
  const [a, b] = [[1, 2, 3], [4, 5, 6]].map((v) => tensor(v, { dtype: "int32" }));
  const y = a.cross(b);
  assertEquals([y.dtype, y.toArray()], ["int32", [-3, 6, -3]]);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assertThrowsMessage(f, type, message);
}

test("misuse is refused", () => {
  const [x, v] = [zeros([2, 3]), zeros([3])];
  refused(
    () => x.mm(v),
    ShapeError,
    "Cannot mm [2, 3] by [3]: both must be matrices; matmul() takes vectors and batches",
  );
  refused(
    () => x.mv(x),
    ShapeError,
    "Cannot mv [2, 3] by [2, 3]: it takes a matrix and a vector; use matmul() for others",
  );
  refused(() => x.mm(x), ShapeError, /inner sizes 3 and 2 must match/);
  refused(() => v.addmm(x, x), ShapeError, /inner sizes 3 and 2 must match/);
  refused(() => zeros([5]).addmm(x, zeros([3, 2])), ShapeError, /expand/);
  refused(() => x.mm([1] as unknown as Tensor), DTypeError, /Cannot mm with a value of type array/);
  const cross = "both need as many axes, and vectors of three elements";
  refused(() => x.cross(v), ShapeError, `Cannot cross [2, 3] with [3] along axis 1: ${cross}`);
  refused(
    () => x.cross(x, 0),
    ShapeError,
    `Cannot cross [2, 3] with [2, 3] along axis 0: ${cross}`,
  );
  refused(() => x.cross(zeros([4, 3])), ShapeError, /Cannot cross/);
  refused(
    () => linalg.matrixPower(x, 2),
    ShapeError,
    "Cannot take power 2 of shape [2, 3]: the last two axes must be square matrices",
  );
  refused(() => linalg.matrixPower(v, 2), ShapeError, /square matrices/);
  refused(
    () => linalg.matrixPower(eye(2), 0.5),
    ValueError,
    "Cannot take power 0.5 of shape [2, 2]: use a whole number",
  );
  refused(() => linalg.matrixPower(zeros([2, 2]), -1), ValueError, /it is singular/);
  refused(
    () => zeros([2, 2, 2]).cov(),
    ShapeError,
    "Cannot take covariances of shape [2, 2, 2]: it must be [variables, observations], and weights " +
      "[observations]",
  );
  refused(
    () => x.cov({ fweights: counts }),
    ShapeError,
    "Cannot take covariances of shape [2, 3] with weights [4]: it must be [variables, " +
      "observations], and weights [observations]",
  );
});

test("the covariance of one variable is a scalar, in a row too", () => {
  assertEquals(tensor([[1, 3]]).cov().toArray(), 2);
  assertEquals(tensor([1, 3]).cov().toArray(), 2);
});

test("dot of long vectors rounds once", () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => Math.fround(Math.sin(i) * 3));
  const exact = numbers.reduce((sum, x, i) => sum + x * numbers[999 - i], 0);
  const [x, y] = [tensor(numbers), tensor(numbers.toReversed())];
  assertStrictEquals(x.dot(y).item(), Math.fround(exact));
  assertStrictEquals(x.matmul(y).item(), Math.fround(exact));
});

/** Computed by PyTorch 1.13: distances, and gradients where that of the result is 0, 1, 2, … */
const DISTANCES = [
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

for (const [p, distances, gradientA, gradientB] of DISTANCES) {
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

test("cdist refuses shapes that do not fit", () => {
  assertThrowsMessage(
    () => cdist(zeros([2, 3]), zeros([2, 4])),
    ShapeError,
    "Cannot cdist [2, 3] and [2, 4]: they must be [..., m, d] and [..., n, d]",
  );
  assertThrowsMessage(
    () => cdist(zeros([3]), zeros([2, 3])),
    ShapeError,
    /^Cannot cdist \[3\] and \[2, 3\]/,
  );
});

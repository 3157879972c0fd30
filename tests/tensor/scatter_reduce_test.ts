/** Reductions and copies by index: PyTorch 1.13's numbers, edges, and misuse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DTypeError,
  Generator,
  gradCheck,
  randint,
  type ScatterReduction,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { type Expected, requirePytorch, wave } from "../support/pytorch_case.ts";

const EXPECTED: Record<string, Expected> = {
  "sum true": [[3, 3], [-1.25, 0.5, 1.75, 1.25, -0.75, -0.75, 1, -2, -1], [
    1.25,
    0.25,
    -0.75,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.25, -0.75, 1, 0, -0.75, 1.25, -0.25, -0.75]],
  "sum true along 1": [[3, 3], [-1, 0.5, -1.25, 1.25, 1.25, -0.75, 1, 0, -1], [
    1.25,
    0.25,
    -0.75,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "sum false": [[3, 3], [0, 0.5, 2.25, 0, -1, -0.75, 1, -2, -1], [
    0,
    0.25,
    0,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [1.25, -0.25, -0.75, 1, 0, -0.75, 1.25, -0.25, -0.75]],
  "sum false along 1": [[3, 3], [0.25, 0.5, -0.75, 1.25, 1, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "prod true": [[3, 3], [0.078125, 0.5, -0.1875, 0, -0.25, -0.75, 1, 0, -1], [
    -0.078125,
    0.25,
    -0.28125,
    0,
    0,
    -1,
    0.75,
    -0.234375,
    -1.25,
  ], [0.390625, 0, 0.140625, 1.25, 0, 0.1875, -0.390625, 0, 0.28125]],
  "prod true along 1": [[3, 3], [-0.3125, 0.5, 0.375, 1.25, 0, -0.75, 1, 0, -1], [
    0.3125,
    0.25,
    0.5625,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [-1.5625, 0.375, 0, 0]],
  "prod false": [[3, 3], [-0.0625, 0.5, 0.375, 0, -1, -0.75, 1, 0.9375, -1], [
    0,
    0.25,
    0,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [-0.3125, 0.3125, -0.28125, 1, 0, -0.375, 0.3125, 0.1875, -0.5625]],
  "prod false along 1": [[3, 3], [0.25, 0.5, -0.75, 1.25, 0, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "mean true": [
    [3, 3],
    [-0.4166666666666667, 0.5, 0.4375, 0.625, -0.375, -0.75, 1, -0.6666666666666666, -1],
    [0.4166666666666667, 0.25, -0.1875, 0.5, 0, -1, 0.75, -0.08333333333333333, -1.25],
    [
      0.4166666666666667,
      -0.08333333333333333,
      -0.1875,
      0.5,
      0,
      -0.1875,
      0.4166666666666667,
      -0.08333333333333333,
      -0.1875,
    ],
  ],
  "mean true along 1": [[3, 3], [-0.5, 0.5, -0.625, 1.25, 0.4166666666666667, -0.75, 1, 0, -1], [
    0.625,
    0.25,
    -0.375,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [0.625, -0.375, 0, 0]],
  "mean false": [[3, 3], [0, 0.5, 0.75, 0, -1, -0.75, 1, -1, -1], [
    0,
    0.25,
    0,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [0.625, -0.125, -0.25, 1, 0, -0.25, 0.625, -0.125, -0.25]],
  "mean false along 1": [[3, 3], [0.25, 0.5, -0.75, 1.25, 0.5, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "amax true": [[3, 3], [0.25, 0.5, 1, 1.25, 0.25, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, 0, -0.75, 0, 0, 0, 0, 0, 0]],
  "amax true along 1": [[3, 3], [0.25, 0.5, -0.5, 1.25, 1, -0.75, 1, 0, -1], [
    0,
    0.25,
    -0.75,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, 0, 0, 0]],
  "amax false": [[3, 3], [0.25, 0.5, 1, 0, -1, -0.75, 1, -0.75, -1], [
    0,
    0.25,
    0,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [1.25, -0.25, -0.75, 1, 0, 0, 0, 0, 0]],
  "amax false along 1": [[3, 3], [0.25, 0.5, -0.75, 1.25, 1, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "amin true": [[3, 3], [-1.25, 0.5, -0.5, 0, -1, -0.75, 1, -1.25, -1], [
    1.25,
    0.25,
    -0.75,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [0, 0, 0, 1, 0, 0, 0, -0.25, 0]],
  "amin true along 1": [[3, 3], [-1.25, 0.5, -0.75, 1.25, 0, -0.75, 1, 0, -1], [
    1.25,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [0, -0.75, 0, 0]],
  "amin false": [[3, 3], [-0.25, 0.5, 0.5, 0, -1, -0.75, 1, -1.25, -1], [
    0,
    0.25,
    0,
    0,
    0,
    -1,
    0.75,
    0,
    -1.25,
  ], [0, 0, 0, 1, 0, 0, 1.25, -0.25, -0.75]],
  "amin false along 1": [[3, 3], [0.25, 0.5, -0.75, 1.25, 0, -0.75, 1, 0, -1], [
    0,
    0.25,
    0,
    1,
    0,
    -1,
    0.75,
    -0.25,
    -1.25,
  ], [1.25, -0.75, 0, 0]],
  "ties": [[2], [2, 1], [0.4166666666666667, 0.125], [
    0.4166666666666667,
    0.4166666666666667,
    0,
    0.125,
  ]],
  "zeros": [[2], [0, 0], [0, 0], [7.5, 0, 0, 0]],
  "indexCopy": [[3, 2], [1, 0, -0.5, 1.25, 0.25, -0.75], [0, 0, -0.75, 1, 0, 0], [
    0,
    -1,
    1.25,
    0.25,
  ]],
  "indexCopy 1": [[2, 3], [-0.75, 0.25, -0.5, 0, 1, -0.75], [0, 0, -0.75, 0, 0, -1], [
    0.25,
    1.25,
    0,
    1,
  ]],
};

const int = (values: number[] | number[][]) => tensor(values, { dtype: "int32" });
const double = (values: number[]) => tensor(values, { dtype: "float64" });
const index = int([[0, 2, 0], [1, 1, 0], [0, 2, 0]]);
const corner = index.at([0, 2], [0, 2]);

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  ties: [
    [double([2, 1]), double([2, 2, 1, 1])],
    (x, source) => x.scatterReduce(int([0, 0, 0, 1]), source, { reduce: "amax" }),
  ],
  zeros: [
    [double([3, 0]), double([0, 2, 0, 5])],
    (x, source) => x.scatterReduce(int([0, 0, 1, 1]), source, { reduce: "prod" }),
  ],
  indexCopy: [
    [wave([3, 2]), wave([2, 2], 4)],
    (x, source) => x.indexCopy(int([2, 0]), source),
  ],
  "indexCopy 1": [
    [wave([2, 3]), wave([2, 2], 4)],
    (x, source) => x.indexCopy(int([1, 0]), source, { axis: -1 }),
  ],
};
for (const reduce of ["sum", "prod", "mean", "amax", "amin"] as const) {
  for (const includeSelf of [true, false]) {
    CALLS[`${reduce} ${includeSelf}`] = [
      [wave([3, 3]), wave([3, 3], 4)],
      (x, source) => x.scatterReduce(index, source, { reduce, includeSelf }),
    ];
    CALLS[`${reduce} ${includeSelf} along 1`] = [
      [wave([3, 3]), wave([2, 2], 4)],
      (x, source) => x.scatterReduce(corner, source, { reduce, includeSelf, axis: 1 }),
    ];
  }
}

/** Whether a finite difference would move one of several equal elements. */
const isTied = (name: string) => name === "ties" || name.startsWith("am");

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    requirePytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x, i) => {
      const shift = isTied(name) ? wave(x.shape, 2 + 3 * i).div(100 + i) : 0;
      return x.add(shift).requiresGrad_();
    });
    assert.ok(gradCheck(f, leaves, { secondOrder: true }));
  });
}

test("many elements at few places, beside a loop", () => {
  const places = randint(0, 7, { shape: [500], generator: new Generator(1) });
  const source = wave([500]);
  const loops: Record<ScatterReduction, (members: number[]) => number> = {
    sum: (members) => members.reduce((a, b) => a + b),
    prod: (members) => members.reduce((a, b) => a * b),
    mean: (members) => members.reduce((a, b) => a + b) / members.length,
    amax: (members) => Math.max(...members),
    amin: (members) => Math.min(...members),
  };
  for (const [reduce, loop] of Object.entries(loops) as [ScatterReduction, typeof loops.sum][]) {
    const y = zeros([8], { dtype: "float64" })
      .scatterReduce(places, source, { reduce, includeSelf: false });
    for (let place = 0; place < 7; place++) {
      const expected = loop([...source.data].filter((_, i) => places.data[i] === place));
      assert.ok(Math.abs(y.at(place).item() - expected) < 1e-12);
    }
    assert.equal(y.at(7).item(), 0);
  }
});

test("NaN, infinities, integers and nothing", () => {
  const amax = { reduce: "amax" } as const;
  const y = tensor([1, 2, 3]).scatterReduce(int([0, 0, 2]), tensor([4, 5, NaN]), amax);
  assert.deepEqual(y.toArray(), [5, 2, NaN]);
  const low = tensor([-Infinity]).scatterReduce(int([0]), tensor([-Infinity]), amax);
  assert.deepEqual(low.toArray(), [-Infinity]);
  const mean = int([1, 2, 3]).scatterReduce(int([0, 0]), int([4, 6]), { reduce: "mean" });
  assert.deepEqual([mean.dtype, mean.toArray()], ["int32", [3, 2, 3]]);
  const below = int([-1]).scatterReduce(int([0]), int([-2]), { reduce: "mean" });
  assert.deepEqual(below.toArray(), [-2]);
  const x = tensor([1, 2]);
  const same = x.scatterReduce(int([]), zeros([0]), { reduce: "sum" });
  same.fill_(5);
  assert.deepEqual([same.toArray(), x.toArray()], [[5, 5], [1, 2]]);
  assert.deepEqual(
    zeros([0, 2]).scatterReduce(zeros([0, 2], { dtype: "int32" }), zeros([0, 2]), amax).shape,
    [0, 2],
  );
  assert.deepEqual(x.indexCopy(int([]), zeros([0])).toArray(), [1, 2]);
  assert.deepEqual(x.indexCopy(int([0, 0]), tensor([5, 6])).toArray(), [6, 2]);
});

test("clip is clamp", () => {
  assert.deepEqual(tensor([-2, 0.5, 3]).clip(null, 1).toArray(), [-2, 0.5, 1]);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assert.throws(f, { name: type.name, message });
}

test("misuse is refused", () => {
  const [x, sum] = [zeros([2, 3]), { reduce: "sum" } as const];
  refused(
    () => zeros([3]).scatterReduce(int([0]), zeros([1]), { reduce: "max" as "amax" }),
    ValueError,
    'Cannot scatterReduce by "max": use sum, prod, mean, amax, amin',
  );
  refused(
    () => zeros([2]).scatterReduce(int([2]), zeros([1]), sum),
    ShapeError,
    "Cannot scatterReduce index 2 from axis 0 of shape [2]: indices go from 0 to 1",
  );
  refused(
    () => zeros([2]).scatterReduce(int([-1]), zeros([1]), sum),
    ShapeError,
    /scatterReduce index -1/,
  );
  refused(
    () => x.scatterReduce(int([[0, 0, 0]]), zeros([2, 3]), sum),
    ShapeError,
    "Cannot scatterReduce [2, 3] with an index of shape [1, 3]: index and source need the same shape",
  );
  refused(() => x.scatterReduce(int([0]), zeros([1]), sum), ShapeError, /as many axes/);
  refused(
    () => x.scatterReduce(int([[0, 0, 0, 0]]), zeros([1, 4]), sum),
    ShapeError,
    /none longer/,
  );
  refused(
    () => x.scatterReduce(zeros([2, 3]), x, sum),
    DTypeError,
    'Cannot scatterReduce with an index of dtype float32: convert it with .to("int32")',
  );
  refused(
    () => tensor(1).scatterReduce(int([0]), zeros([1]), sum),
    ShapeError,
    "Cannot scatterReduce a scalar: it has no axes; reshape it to [1]",
  );
  refused(
    () => x.indexCopy(int([0]), zeros([2, 3])),
    ShapeError,
    "Cannot indexCopy [2, 3] into [2, 3] at 1 indices of axis 0: the source must be [1, 3]",
  );
  refused(() => x.indexCopy(int([2]), zeros([1, 3])), ShapeError, /2/);
  refused(() => tensor(1).indexCopy(int([0]), zeros([1])), ShapeError, /Cannot indexCopy a scalar/);
});

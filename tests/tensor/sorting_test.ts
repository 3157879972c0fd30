import {
  arange,
  DTypeError,
  gradCheck,
  type Histogram,
  type QuantileInterpolation,
  ShapeError,
  type Sorted,
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
    checkPytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

const lists = ({ values, indices }: Sorted) => [values.toArray(), indices.toArray()];

test("indices are PyTorch's", () => {
  const x = wave([2, 5]);
  assertSame(x.kthvalue(2).indices.toArray(), [2, 0]);
  assertSame(x.cummax(1).indices.toArray(), [[0, 1, 1, 3, 3], [0, 1, 1, 1, 1]]);
  assertSame(x.cummin(-1).indices.toArray(), [[0, 0, 0, 0, 0], [0, 0, 0, 3, 3]]);
  assertSame(x.cummax(0).indices.toArray(), [[0, 0, 0, 0, 0], [1, 1, 1, 0, 1]]);
  assertEquals(x.cummax(0).indices.dtype, "int32");
});

test("cummax and cummin take the last of equal elements; from a NaN on they are NaN", () => {
  const values = [1, 3, 3, 2, NaN, 5, NaN];
  assertSame(lists(tensor(values).cummax(0)), [
    [1, 3, 3, 3, NaN, NaN, NaN],
    [0, 1, 2, 2, 4, 4, 6],
  ]);
  assertSame(lists(tensor([3, 1, 1, 2, NaN, 0]).cummin(0)), [
    [3, 1, 1, 1, NaN, NaN],
    [0, 1, 2, 2, 4, 4],
  ]);
});

test("kthvalue counts NaN as largest, and keeps the order of equal elements", () => {
  assertEquals(lists(tensor([3, 1, NaN, 1]).kthvalue(4)), [NaN, 2]);
  assertEquals(lists(tensor([3, 1, NaN, 1]).kthvalue(2)), [1, 3]);
});

test("scalars, integers, empty tensors, and views", () => {
  assertSame(lists(tensor(3).kthvalue(1)), [3, 0]);
  assertSame(lists(tensor(2).cummax(0)), [2, 0]);
  assertSame(lists(tensor(2).cummin(-1)), [2, 0]);
  assertEquals(lists(zeros([0]).cummax(0)), [[], []]);
  assertSame(zeros([2, 0]).cummin(0).values.shape, [2, 0]);
  const integers = tensor([[1, 5], [3, 2]], { dtype: "int32" });
  assertSame(lists(integers.cummax(0)), [[[1, 5], [3, 5]], [[0, 0], [1, 0]]]);
  assertEquals(integers.cummax(0).values.dtype, "int32");
  assertSame(lists(integers.T.cummin(0)), [[[1, 3], [1, 2]], [[0, 0], [0, 1]]]);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assertThrowsMessage(f, type, message);
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

/** Expected values are PyTorch 1.13's. */
const x = tensor([[3, 1, 4, 1], [5, 9, 2, 6]], { dtype: "float64" });

function near(actual: Tensor, expected: readonly number[] | readonly (readonly number[])[]): void {
  const values = expected.flat();
  assertStrictEquals(actual.numel(), values.length);
  actual.data.forEach((value, i) => {
    const same = Object.is(value, values[i]) || Math.abs(value - values[i]) <= 1e-15 * 16;
    assert(same, `${value} is not ${values[i]}`);
  });
}

const SHARES = [0, 0.3, 0.5, 0.9, 1];
const QUANTILES = {
  linear: [[[1, 2], [1, 4.7], [2, 5.5], [3.7, 8.1], [4, 9]], 2.8],
  lower: [[[1, 2], [1, 2], [1, 5], [3, 6], [4, 9]], 2],
  higher: [[[1, 2], [1, 5], [3, 6], [4, 9], [4, 9]], 3],
  midpoint: [[[1, 2], [1, 3.5], [2, 5.5], [3.5, 7.5], [4, 9]], 2.5],
  nearest: [[[1, 2], [1, 5], [3, 6], [4, 9], [4, 9]], 3],
} as const;

for (const [name, [rows, all]] of Object.entries(QUANTILES)) {
  test(`quantiles with interpolation ${name} are PyTorch's`, () => {
    const interpolation = name as QuantileInterpolation;
    const y = x.quantile(SHARES, { axis: 1, interpolation });
    assertEquals([y.shape, y.dtype], [[5, 2], "float64"]);
    near(y, rows);
    near(x.quantile(0.4, { interpolation }), [all]);
    near(x.T.quantile(SHARES, { axis: 0, interpolation }), rows);
  });
}

test("quantiles have PyTorch's shapes and gradients, and NaN propagates", () => {
  const input = x.clone().requiresGrad_();
  const y = input.quantile([0.25, 0.6], { axis: 1, keepDims: true });
  assertEquals(y.shape, [2, 2, 1]);
  y.mul(tensor([[[1]], [[10]]], { dtype: "float64" })).sum().backward();
  near(input.grad!, [[8, 0.25, 0, 2.75], [2.75, 0, 0.25, 8]]);
  // Without ties, at which a quantile has a kink.
  const distinct = x.add(tensor([[0, 0, 0, 0.5]])).requiresGrad_();
  assert(gradCheck((x) => x.quantile([0.1, 0.7], { axis: 1 }), [distinct]));

  near(x.quantile(0.5, { axis: 0 }), [4, 5, 3, 3.5]);
  assertEquals(x.quantile(0.1, { keepDims: true }).shape, [1, 1]);
  assertEquals(x.quantile(0.1).shape, []);
  assertEquals(x.quantile([0.1]).shape, [1]);
  assertEquals(tensor(7).quantile(0.3).item(), 7);
  near(tensor([[NaN, 1, 2], [3, 1, 2]]).quantile(0.5, { axis: 1 }), [NaN, 2]);
});

test("bucketize includes boundaries on the left or on the right", () => {
  const values = tensor([[0, 1, 2], [5, 6, NaN]]);
  const boundaries = tensor([1, 3, 5]);
  const left = values.bucketize(boundaries);
  assertEquals(left.dtype, "int32");
  assertSame(left.toArray(), [[0, 0, 1], [2, 3, 3]]);
  const right = values.bucketize(boundaries, { right: true });
  assertSame(right.toArray(), [[0, 1, 1], [3, 3, 3]]);
  assertSame(values.T.bucketize(boundaries).toArray(), [[0, 2], [0, 3], [1, 3]]);
  assertSame(tensor([1, 3]).bucketize(zeros([0])).toArray(), [0, 0]);
  assertSame(arange(6).bucketize(tensor([2, 4], { dtype: "int32" })).toArray(), [
    ...[0, 0, 0, 1, 1, 2],
  ]);
});

test("diff is the inverse of cumsum", () => {
  assertEquals(tensor([1, 4, 9, 16]).diff().toArray(), [3, 5, 7]);
  assertEquals(tensor([[1, 2], [5, 9]]).diff(0).toArray(), [[4, 7]]);
  assertSame(tensor([3]).diff().shape, [0]);
  assertSame(zeros([0, 2]).diff(0).shape, [0, 2]);
  assert(x.cumsum(1).diff().allclose(x.at(":", [1, null])));
  assert(gradCheck((x) => x.diff(0), [x.clone().requiresGrad_()]));
});

test("misuse is refused", () => {
  const faults: [() => unknown, { readonly name: string }, string][] = [
    [
      () => x.quantile(1.5),
      ValueError,
      "Cannot take quantile 1.5: quantiles are shares from 0 to 1, at least one",
    ],
    [
      () => x.quantile([]),
      ValueError,
      "Cannot take quantile []: quantiles are shares from 0 to 1, at least one",
    ],
    [
      () => x.quantile(0.5, { interpolation: "cubic" as "linear" }),
      ValueError,
      'Cannot take a quantile with interpolation "cubic": use linear, lower, higher, midpoint, nearest',
    ],
    [
      () => tensor([1, 2], { dtype: "int32" }).quantile(0.5),
      DTypeError,
      'Cannot take a quantile of int32: convert it with .to("float32")',
    ],
    [
      () => zeros([2, 0]).quantile(0.5, { axis: 1 }),
      ShapeError,
      "Cannot take a quantile of shape [2, 0] over axis 1: the axis is empty; check for that first",
    ],
    [
      () => x.bucketize(x),
      ShapeError,
      "Cannot bucketize by boundaries of shape [2, 4]: they must be a vector",
    ],
    [
      () => x.diff(2),
      ShapeError,
      "Cannot diff over axis 2 of shape [2, 4]: axes go from -2 to 1",
    ],
  ];
  for (const [run, { name }, message] of faults) assertThrowsMessage(run, name, message);
});

test("a histogram of equal values is one wide", () => {
  const parts = ({ counts, edges }: Histogram) => [counts.toArray(), edges.toArray()];
  assertSame(parts(tensor([2, 2]).histogram({ bins: 2 })), [[0, 2], [1.5, 2, 2.5]]);
  const x = tensor([2, 3]);
  assertSame(parts(x.histogram({ bins: 2, min: 2, max: 2 })), [[0, 1], [1.5, 2, 2.5]]);
  assertSame(parts(x.histogram({ bins: 2, min: 0, max: 0 })), [[0, 0], [-0.5, 0, 0.5]]);
  assertEquals(x.histc({ bins: 2, min: 2, max: 2 }).toArray(), [1, 1]);
  assertEquals(x.histc({ bins: 2, min: 0, max: 0 }).toArray(), [1, 1]);
  assertSame(parts(tensor([]).histogram({ bins: 2 })), [[0, 0], [0, 0.5, 1]]);
});

test("unique counts integers of a narrow range, and sorts those of a wide one", () => {
  const cases = [
    { values: [5, -3, 5, 0, -3, 5], dtype: "int32", distinct: [-3, 0, 5], counts: [2, 1, 3] },
    {
      values: [2147483647, -2147483648, 7, 2147483647],
      dtype: "int32",
      distinct: [-2147483648, 7, 2147483647],
      counts: [1, 1, 2],
    },
    { values: [255, 0, 255], dtype: "uint8", distinct: [0, 255], counts: [1, 2] },
    { values: [1, 0, 1, 1], dtype: "bool", distinct: [0, 1], counts: [1, 3] },
    {
      values: [NaN, 2, -0, NaN, 0],
      dtype: "float64",
      distinct: [0, 2, NaN, NaN],
      counts: [2, 1, 1, 1],
    },
  ] as const;
  for (const { values, dtype, distinct, counts } of cases) {
    const found = tensor([...values], { dtype }).unique();
    assertEquals([...found.values.data], [...distinct], dtype);
    assertEquals([...found.counts.data], [...counts], dtype);
    const again = [...found.inverse.data].map((i) => found.values.data[i]);
    assertEquals(again, [...values], dtype);
  }
});

test("median takes the first NaN of a line", () => {
  const { values, indices } = tensor([[1, NaN, 0, NaN], [3, 1, 2, 4]]).median(1);
  assertSame(values.toArray(), [NaN, 2]);
  assertSame(indices.toArray(), [1, 2]);
});

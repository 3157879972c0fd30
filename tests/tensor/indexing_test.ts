import {
  arange,
  DTypeError,
  Generator,
  gradCheck,
  type Index,
  randint,
  type ScatterReduction,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { quoted } from "../../src/names.ts";
import { checkPytorch, type Expected, wave } from "../support/pytorch_case.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const x = arange(24).reshape(2, 3, 4);

/** Returns the element of `x` at `[i, j, k]`. */
const at = (i: number, j: number, k: number): number => 12 * i + 4 * j + k;

test("every range, with every kind of end and step, is Python's", () => {
  const size = 5;
  const row = arange(size);
  const ends = [null, -7, -5, -3, -1, 0, 1, 3, 5, 7];
  for (const start of ends) {
    for (const stop of ends) {
      for (const step of [1, 2, 3, 7, -1, -2, -7]) {
        // Python: clip both ends, then walk.
        const clip = (n: number) => {
          const m = n < 0 ? n + size : n;
          return step > 0 ? Math.min(Math.max(m, 0), size) : Math.min(Math.max(m, -1), size - 1);
        };
        const from = start === null ? (step > 0 ? 0 : size - 1) : clip(start);
        const to = stop === null ? (step > 0 ? size : -1) : clip(stop);
        const expected: number[] = [];
        for (let i = from; step > 0 ? i < to : i > to; i += step) expected.push(i);
        assertSame(row.at([start, stop, step]).toArray(), expected, `${[start, stop, step]}`);
      }
    }
  }
});

test("numbers remove an axis, ranges keep it, null adds one", () => {
  assertEquals(x.at(1, 2, 3).item(), 23);
  assertEquals(x.at(-1, -1, -1).item(), 23);
  assertEquals(x.at(0, 1).toArray(), [4, 5, 6, 7]);
  assertEquals(x.at(":", 1, [1, 3]).toArray(), [[5, 6], [17, 18]]);
  assertSame(x.at("...", 0).toArray(), [[0, 4, 8], [12, 16, 20]]);
  assertEquals(x.at(1, "...", [0, 2]).shape, [3, 2]);
  assertEquals(x.at(null, 0, null, ":", [2]).shape, [1, 1, 3, 2]);
  assertEquals(x.at("...").shape, [2, 3, 4]);
  assertEquals(tensor(5).at().item(), 5);
  assertEquals(tensor(5).at(null).toArray(), [5]);
  assertSame(x.at([1, 1]).shape, [0, 3, 4]);
});

test("combined ranges with negative steps select the right elements", () => {
  const y = x.at([null, null, -1], [2, 0, -2], [3, null, -3]);
  assertSame(y.toArray(), [[[at(1, 2, 3), at(1, 2, 0)]], [[at(0, 2, 3), at(0, 2, 0)]]]);
  const again = y.at([null, null, -1], 0, 1);
  assertSame(again.toArray(), [at(0, 2, 0), at(1, 2, 0)]);
});

test("index tensors pick entries, which may repeat and count from the end", () => {
  const pick = tensor([[2, 0], [-1, 2]], { dtype: "int32" });
  const picked = x.at(1, pick);
  assertEquals(picked.shape, [2, 2, 4]);
  assertEquals(picked.at(":", ":", 0).toArray(), [[20, 12], [20, 20]]);
  assertEquals(x.at(":", 0, tensor([3], { dtype: "uint8" })).toArray(), [[3], [15]]);
  assertSame(x.at(tensor([], { dtype: "int32" })).shape, [0, 3, 4]);
  assertEquals(x.at(tensor(1, { dtype: "int32" })).shape, [3, 4]);
});

test("masks pick the entries where they are true, over as many axes as they have", () => {
  assertEquals(x.at(x.gt(20)).toArray(), [21, 22, 23]);
  const mask = tensor([[true, false, true], [false, false, true]]);
  assertSame(x.at(mask).at(":", 0).toArray(), [0, 8, 20]);
  assertEquals(x.at(0, tensor([false, true, false])).toArray(), [[4, 5, 6, 7]]);
  assertSame(x.at(x.lt(0)).shape, [0]);
});

test("nonzero lists the indices along each axis, in order", () => {
  for (const shape of [[7], [1, 5], [3, 4], [2, 3, 4], [2, 1, 3, 2]]) {
    for (const dtype of ["float32", "float64", "int32", "uint8", "bool"] as const) {
      const count = shape.reduce((a, b) => a * b);
      const values = Array.from({ length: count }, (_, i) => i % 3 === 1 || i > count - 3 ? 1 : 0);
      const x = tensor(values).reshape(shape).to(dtype);
      const wanted: number[][] = [];
      values.forEach((value, i) => {
        if (value === 0) return;
        const row: number[] = [];
        for (const size of shape.toReversed()) {
          row.unshift(i % size);
          i = Math.floor(i / size);
        }
        wanted.push(row);
      });
      assertEquals(x.nonzero().toArray(), wanted, `${dtype} ${shape}`);
    }
  }
  assertSame(zeros([2, 3]).nonzero().shape, [0, 2]);
  assertSame([tensor(3).nonzero().shape, tensor(0).nonzero().shape], [[1, 0], [0, 0]]);
});

test("maskedSelect broadcasts, whatever the elements are", () => {
  const values = tensor([[Infinity, 1], [NaN, 4]]);
  assertEquals(values.maskedSelect(tensor([false, true])).toArray(), [1, 4]);
  assertEquals(tensor([1, 2]).maskedSelect(tensor([[true], [false]])).toArray(), [1, 2]);
  assertEquals(tensor(3).maskedSelect(tensor(true)).toArray(), [3]);
  assertThrows(() => values.maskedSelect(tensor([0, 1])), DTypeError);
  assertThrows(() => values.maskedSelect(tensor([true, true, true])), ShapeError);
});

test("indices that are out of range, too many or invalid are refused", () => {
  const bad: Index[][] = [
    [2],
    [-3],
    [0, 3],
    [0, 0, 0, 0],
    [0.5],
    [NaN],
    [[0, 1, 0]],
    [[0.5]],
    ["...", "..."],
    [tensor([2], { dtype: "int32" })],
    [tensor([-3], { dtype: "int32" })],
    [tensor([true])],
    [tensor([0, 1], { dtype: "int32" }), tensor([0, 1, 2], { dtype: "int32" })],
    [tensor([0], { dtype: "int32" }), ":", tensor([4], { dtype: "int32" })],
  ];
  for (const index of bad) {
    assertThrowsMessage(() => x.at(...index), ShapeError, /^Cannot index/);
  }
  assertThrows(() => x.at(tensor([1.5])), DTypeError);
  for (const part of ["abc", undefined, true, {}, 1n, Symbol("x")]) {
    const message = `Cannot index shape [2, 3, 4]: there is no index ${quoted(part)}; use whole ` +
      `numbers, [start, stop], ":", "...", null or a tensor`;
    assertThrowsMessage(() => x.at(part as unknown as number), ShapeError, message);
  }
  assertThrows(
    () => x.at(5),
    Error,
    "Cannot index shape [2, 3, 4]: 5 is out of range for axis 0 of",
  );
});

test("set writes numbers, tensors and masks, broadcast", () => {
  const written = (index: Index[], value: Tensor | number) => zeros([2, 3]).set(index, value);
  assertSame(written([0], 5).toArray(), [[5, 5, 5], [0, 0, 0]]);
  assertSame(written([":", -1], tensor([1, 2])).toArray(), [[0, 0, 1], [0, 0, 2]]);
  assertSame(written([":", [null, null, -2]], tensor([1, 2])).toArray(), [
    [2, 0, 1],
    [2, 0, 1],
  ]);
  assertSame(written([null, 1, [1]], 7).toArray(), [[0, 0, 0], [0, 7, 7]]);
  assertSame(written([1, 1], tensor(3)).toArray(), [[0, 0, 0], [0, 3, 0]]);
  assertEquals(written([], 1).toArray(), [[1, 1, 1], [1, 1, 1]]);
  assertSame(written([[0, 0]], 1).toArray(), [[0, 0, 0], [0, 0, 0]]);
  const mask = tensor([[true, false, false], [false, true, true]]);
  assertSame(written([mask], 9).toArray(), [[9, 0, 0], [0, 9, 9]]);
  assertSame(written([tensor([true, false])], tensor([1, 2, 3])).toArray(), [
    [1, 2, 3],
    [0, 0, 0],
  ]);
});

test("set with a value that does not fit writes nothing", () => {
  const y = arange(3);
  assertThrows(() => y.set([[0, 2]], tensor([1, 2, 3])), ShapeError);
  assertThrows(() => y.set([5], 1), ShapeError);
  assertThrows(() => y.set([tensor([0, 3], { dtype: "int32" })], 1), ShapeError);
  assertThrows(() => y.set([tensor([0, 1], { dtype: "int32" })], tensor([1, 2, 3])), ShapeError);
  const integers = tensor([1, 2], { dtype: "int32" });
  assertThrows(() => integers.set([0], tensor(0.5)), DTypeError);
  assertSame([y.toArray(), integers.toArray()], [[0, 1, 2], [1, 2]]);
});

test("slice, indexSelect and gather", () => {
  assertEquals(x.slice(1, null, { axis: 1, step: 1 }).shape, [2, 2, 4]);
  assertEquals(arange(5).slice(-2).toArray(), [3, 4]);
  assertSame(arange(5).slice(null, null, { step: -2 }).toArray(), [4, 2, 0]);
  const index = tensor([2, 0], { dtype: "int32" });
  assertSame(x.indexSelect(1, index).at(0, ":", 0).toArray(), [8, 0]);
  const y = tensor([[1, 2, 3], [4, 5, 6]]);
  const choice = tensor([[2], [0]], { dtype: "int32" });
  assertEquals(y.gather(1, choice).toArray(), [[3], [4]]);
  assertThrows(
    () => y.gather(1, tensor([[3]], { dtype: "int32" })),
    Error,
    "Cannot gather index 3",
  );
  assertThrows(() => y.gather(1, tensor([0], { dtype: "int32" })), ShapeError);
  assertThrows(() => y.gather(1, tensor([[0.0]])), DTypeError);
  assertThrows(
    () => y.indexSelect(0, tensor([2], { dtype: "int32" })),
    Error,
    "indices go from 0 to 1",
  );
});

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

/** Returns true if a finite difference would move one of several equal elements. */
const isTied = (name: string) => name === "ties" || name.startsWith("am");

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    checkPytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x, i) => {
      const shift = isTied(name) ? wave(x.shape, 2 + 3 * i).div(100 + i) : 0;
      return x.add(shift).requiresGrad_();
    });
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

test("scatterReduce of many elements at few places agrees with a loop", () => {
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
      assert(Math.abs(y.at(place).item() - expected) < 1e-12);
    }
    assertStrictEquals(y.at(7).item(), 0);
  }
});

test("NaN, infinities, integers and empty tensors", () => {
  const amax = { reduce: "amax" } as const;
  const y = tensor([1, 2, 3]).scatterReduce(int([0, 0, 2]), tensor([4, 5, NaN]), amax);
  assertEquals(y.toArray(), [5, 2, NaN]);
  const low = tensor([-Infinity]).scatterReduce(int([0]), tensor([-Infinity]), amax);
  assertEquals(low.toArray(), [-Infinity]);
  const mean = int([1, 2, 3]).scatterReduce(int([0, 0]), int([4, 6]), { reduce: "mean" });
  assertEquals([mean.dtype, mean.toArray()], ["int32", [3, 2, 3]]);
  const below = int([-1]).scatterReduce(int([0]), int([-2]), { reduce: "mean" });
  assertEquals(below.toArray(), [-2]);
  const x = tensor([1, 2]);
  const same = x.scatterReduce(int([]), zeros([0]), { reduce: "sum" });
  same.fill_(5);
  assertEquals([same.toArray(), x.toArray()], [[5, 5], [1, 2]]);
  assertSame(
    zeros([0, 2]).scatterReduce(zeros([0, 2], { dtype: "int32" }), zeros([0, 2]), amax).shape,
    [0, 2],
  );
  assertEquals(x.indexCopy(int([]), zeros([0])).toArray(), [1, 2]);
  assertEquals(x.indexCopy(int([0, 0]), tensor([5, 6])).toArray(), [6, 2]);
});

test("clip is clamp", () => {
  assertEquals(tensor([-2, 0.5, 3]).clip(null, 1).toArray(), [-2, 0.5, 1]);
});

function refused(
  f: () => unknown,
  type: { readonly name: string },
  message: string | RegExp,
): void {
  assertThrowsMessage(f, type, message);
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
    () => x.indexCopy(int([0]), zeros([2, 3])),
    ShapeError,
    "Cannot indexCopy [2, 3] into [2, 3] at 1 indices of axis 0: the source must be [1, 3]",
  );
  refused(() => x.indexCopy(int([2]), zeros([1, 3])), ShapeError, /2/);
});

/** Elements of `x` by NumPy's rule, one by one: `pick(place in the result)` is the place in `x`. */
function picked(x: Tensor, shape: Shape, pick: (at: number[]) => number[]): Tensor {
  const places = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, flat) => {
    const at: number[] = [];
    for (let i = shape.length - 1, rest = flat; i >= 0; rest = Math.floor(rest / shape[i--])) {
      at.unshift(rest % shape[i]);
    }
    return x.at(...pick(at)).item();
  });
  return tensor(places).reshape(shape);
}

test("several tensors pick entry by entry, by NumPy's rule", () => {
  const y = arange(120).reshape(2, 3, 4, 5);
  const ints = (values: number[], ...shape: number[]) =>
    tensor(values, { dtype: "int32" }).reshape(shape);
  const [a, b, c] = [ints([0, 1, 1], 3), ints([2, -1, 0], 3), ints([3, 1], 2, 1)];
  const at = (t: Tensor, i: number) => t.at(i).item();
  const cases: [Index[], Shape, (p: number[]) => number[]][] = [
    [[a, b], [3, 4, 5], ([i, j, k]) => [at(a, i), at(b, i), j, k]],
    [[":", b, ints([0, 3, 2], 3)], [2, 3, 5], ([i, j, k]) => [i, at(b, j), [0, 3, 2][j], k]],
    // Neighbours stay in their place, others go in front.
    [[a, ":", ints([1, 2, -4], 3)], [3, 3, 5], ([i, j, k]) => [at(a, i), j, [1, 2, 0][i], k]],
    [[a, b, c], [2, 3, 5], ([i, j, k]) => [at(a, j), at(b, j), [3, 1][i], k]],
    [[[0, 1], a, null, [1, 3]], [1, 3, 1, 2, 5], ([, j, , k, l]) => [0, at(a, j), k + 1, l]],
    [
      ["...", ints([0, 3], 2), ints([4, 0], 2)],
      [2, 3, 2],
      ([i, j, k]) => [i, j, [0, 3][k], [4, 0][k]],
    ],
    [
      [tensor([false, true]), ints([2], 1), ":", ints([1, 3, 3], 3)],
      [3, 4],
      ([i, j]) => [1, 2, j, [1, 3, 3][i]],
    ],
  ];
  for (const [index, shape, pick] of cases) {
    const part = y.at(...index);
    assertEquals(part.shape, shape);
    assertEquals(part.toArray(), picked(y, shape, pick).toArray());
    // The written values are read again, and nothing else has changed.
    const written = zeros(y.shape).set(index, 1);
    assert(written.at(...index).eq(1).all().item());
    assertStrictEquals(written.sum().item(), new Set(part.data).size);
  }
});

test("the scores of the right classes, and their gradients", () => {
  const scores = tensor([[0.1, 0.9], [0.7, 0.3], [0.2, 0.8]], { requiresGrad: true });
  const labels = tensor([1, 0, 1], { dtype: "int32" });
  const right = scores.at(arange(3, { dtype: "int32" }), labels);
  assertEquals(right.to("float64").toArray(), [0.9, 0.7, 0.8].map(Math.fround));
  right.sum().backward();
  assertSame(scores.grad!.toArray(), [[0, 1], [1, 0], [0, 1]]);
});

test("set writes by several tensors; the last value for an entry stays", () => {
  const y = zeros([3, 3]);
  const rows = tensor([0, 1, 1], { dtype: "int32" });
  const columns = tensor([2, 0, 0], { dtype: "int32" });
  y.set([rows, columns], tensor([1, 2, 3]));
  assertSame(y.toArray(), [[0, 0, 1], [3, 0, 0], [0, 0, 0]]);
  y.set([tensor([-1], { dtype: "int32" })], tensor([7, 8, 9]));
  assertEquals(y.at(2).toArray(), [7, 8, 9]);
  y.set([y.gt(7)], tensor([5, 6]));
  assertEquals(y.at(2).toArray(), [7, 5, 6]);
  assertThrows(() => y.set([rows], tensor([[1, 2]])), ShapeError);
  const integers = zeros([2], { dtype: "int32" });
  assertThrows(() => integers.set([tensor([0], { dtype: "int32" })], tensor([0.5])), DTypeError);
});

test("take counts negative indices from the end", () => {
  const x = tensor([[10, 11, 12], [13, 14, 15]], { requiresGrad: true });
  const y = x.take(tensor([[-6, -1], [2, -1]], { dtype: "int32" }));
  assertEquals(y.toArray(), [[10, 15], [12, 15]]);
  y.sum().backward();
  assertSame(x.grad!.toArray(), [[1, 0, 1], [0, 0, 2]]);
  assertThrows(() => x.take(tensor([-7], { dtype: "int32" })), ShapeError);
  assertThrows(() => x.take(tensor([0.5])), Error, "Cannot take with an index of dtype float32");
});

test("scatter: the last of several writes wins and gets the gradient", () => {
  const source = tensor([5, 6, 7], { requiresGrad: true });
  const y = tensor([0, 0]).scatter(int([0, 1, 0]), source);
  assertEquals(y.toArray(), [7, 6]);
  y.sum().backward();
  assertSame(source.grad!.toArray(), [0, 1, 1]);
});

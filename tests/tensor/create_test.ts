import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  arange,
  DTypeError,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  Generator,
  getDefaultDtype,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  setDefaultDtype,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  zerosLike,
} from "../../mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

test("long ranges have the numbers of their definition, to the bit", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const round = (x: number) => dtype === "float32" ? Math.fround(x) : x;
    for (const count of [1023, 1024, 1025, 5000]) {
      const step = dtype === "int32" ? 3 : 0.1;
      const range = arange(7, 7 + (count - 0.5) * step, { step, dtype }).data;
      assertSame([...range], Array.from({ length: count }, (_, i) => round(7 + i * step)));
    }
  }
  const [low, high, steps] = [0.1, 0.7, 3001];
  const step = (high - low) / (steps - 1);
  const spread = (i: number): number => i < steps / 2 ? low + i * step : high - (3000 - i) * step;
  const got = linspace(low, high, { steps, dtype: "float64" }).data;
  assertSame([...got], Array.from({ length: steps }, (_, i) => spread(i)));
});

test("nested arrays, numbers and booleans", () => {
  const x = tensor([[[1, 2], [3, 4], [5, 6]]]);
  assertEquals([x.shape, x.dtype, x.ndim, x.numel()], [[1, 3, 2], "float32", 3, 6]);
  assertEquals(x.toArray(), [[[1, 2], [3, 4], [5, 6]]]);
  assertEquals([tensor(5).shape, tensor(5).toArray()], [[], 5]);
  assertSame([tensor([]).shape, tensor([[], []]).shape], [[0], [2, 0]]);
  assertEquals([tensor([[], []]).toArray(), tensor([[]]).toArray()], [[[], []], [[]]]);
  assertEquals([tensor([true, false]).dtype, tensor(true).toArray()], ["bool", 1]);
  assertEquals([tensor([true, 2]).dtype, tensor([true, 2]).toArray()], ["float32", [1, 2]]);
});

test("an array whose buffer was transferred is refused", () => {
  const values = new Float32Array([1, 2]);
  structuredClone(values, { transfer: [values.buffer] });
  assertThrows(
    () => tensor(values),
    ValueError,
    "Cannot make a tensor of a Float32Array whose buffer was transferred: it has no elements",
  );
});

test("typed arrays keep their kind, and are copied", () => {
  const source = new Float32Array([1, 2]);
  const x = tensor(source);
  source[0] = 9;
  assertEquals(x.toArray(), [1, 2]);
  for (
    const [array, dtype] of [
      [new Float64Array(1), "float64"],
      [new Int32Array(1), "int32"],
      [new Int16Array(1), "int32"],
      [new Uint16Array(1), "int32"],
      [new Int8Array(1), "int32"],
      [new Uint8Array(1), "uint8"],
      [new Uint8ClampedArray(1), "uint8"],
    ] as const
  ) assertStrictEquals(tensor(array).dtype, dtype);
  assertThrows(() => tensor(new Uint32Array(1)), DTypeError);
  assertThrows(() => tensor(new BigInt64Array(1)), DTypeError);
  assertSame(tensor(new Uint8Array([0, 1]), { dtype: "bool" }).toArray(), [0, 1]);
});

test("values are converted to the requested dtype", () => {
  assertEquals(tensor([1, -1], { dtype: "int32" }).toArray(), [1, -1]);
  assertSame(tensor([0, 1, true], { dtype: "bool" }).toArray(), [0, 1, 1]);
  assertStrictEquals(tensor([0.1]).item(), Math.fround(0.1));
  assertEquals(tensor([0.1], { dtype: "float64" }).item(), 0.1);
  assertThrows(() => tensor([1], { dtype: "int64" as "int32" }), DTypeError);
});

test("errors for ragged arrays name the place of the fault", () => {
  for (
    const [data, place] of [
      [[[1, 2], [3]], "data[1] is an array of 1, but its neighbours show that it should be an"],
      [[1, [2]], "data[1] is an array of 1, but its neighbours show that it should be a number"],
      [[[1], 2], "data[1] is 2, but its neighbours show that it should be an array of 1"],
      [[[[1]], [[1, 2]]], "data[1][0] is an array of 2"],
    ] as const
  ) {
    const { message } = assertThrows(() => tensor(data), ShapeError, place);
    assert(message.startsWith("Cannot make a tensor of nested arrays:"), message);
  }
});

test("elements that are not numbers are refused, and so are holes", () => {
  const bad: unknown[] = [[1, null], [1, "2"], [undefined], [1n], [{}], new Array(2), "text"];
  for (const data of bad) {
    assertThrowsMessage(() => tensor(data as number[]), DTypeError, /^Cannot make a tensor: data/);
  }
});

test("constants, and constants like another tensor", () => {
  assertSame(zeros([2, 0]).shape, [2, 0]);
  assertEquals(ones([2]).toArray(), [1, 1]);
  assertEquals(full([], 3).item(), 3);
  assertEquals(full([2], 1, { dtype: "bool" }).toArray(), [1, 1]);
  const x = zeros([2, 1], { dtype: "uint8" });
  assertEquals([onesLike(x).dtype, onesLike(x).toArray()], ["uint8", [[1], [1]]]);
  assertEquals([zerosLike(x, { dtype: "float64" }).dtype, fullLike(x, 7).toArray()], [
    "float64",
    [[7], [7]],
  ]);
  assertSame(eye(2, 3).toArray(), [[1, 0, 0], [0, 1, 0]]);
  assertSame(eye(2).toArray(), [[1, 0], [0, 1]]);
});

test("ranges", () => {
  assertSame(arange(4).toArray(), [0, 1, 2, 3]);
  assertEquals(arange(2, 5).toArray(), [2, 3, 4]);
  assertEquals(arange(5, 0, { step: -2, dtype: "int32" }).toArray(), [5, 3, 1]);
  assertSame(arange(3, { step: 2 }).toArray(), [0, 2]);
  assertSame(arange(0).shape, [0]);
  assertEquals(arange(0, 1, { step: 0.1 }).numel(), 10);
  assertSame(linspace(0, 1, { steps: 5 }).toArray(), [0, 0.25, 0.5, 0.75, 1]);
  assertEquals(linspace(3, 9, { steps: 1 }).toArray(), [3]);
  const thirds = linspace(0.1, 0.7, { steps: 4, dtype: "float64" }).data;
  assertEquals([thirds[0], thirds[3]], [0.1, 0.7]);
  assertThrows(() => arange(5, 0), ValueError);
  assertThrows(() => arange(0, 5, { step: 0 }), ValueError);
});

test("invalid shapes and dtypes are refused", () => {
  for (const shape of [[-1], [1.5], [NaN], [2 ** 40, 2 ** 40]]) {
    for (const make of [zeros, rand, randn]) assertThrows(() => make(shape), ShapeError);
  }
  const dtype = "bool";
  assertThrows(() => arange(3, { dtype }), DTypeError);
  assertThrows(() => linspace(0, 3, { steps: 2, dtype }), DTypeError);
  assertThrows(() => randint(0, 3, { shape: [2], dtype }), DTypeError);
  assertThrows(() => randperm(3, { dtype }), DTypeError);
  assertThrows(() => rand([2], { dtype: "int32" }), DTypeError);
  assertThrows(() => zeros([1], { dtype: "int32", requiresGrad: true }), DTypeError);
});

test("random tensors take their numbers from the generator", () => {
  const draw = () => {
    const generator = new Generator(3);
    return [
      rand([4], { generator }).toArray(),
      randn([4], { generator, dtype: "float64" }).toArray(),
      randint(5, 8, { shape: [100], generator }).toArray(),
      randperm(10, { generator }).toArray(),
    ];
  };
  assertSame(draw(), draw());
  const [, , integers, order] = draw() as number[][];
  assertEquals([...new Set(integers)].sort(), [5, 6, 7]);
  assertSame(order.toSorted((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("new tensors have the default dtype, and integers become floats of that dtype", () => {
  setDefaultDtype("float64");
  try {
    const integer = tensor([1], { dtype: "int32" });
    const made = [tensor([1]), zeros([1]), rand([1]), arange(2), integer.div(2), integer.mul(0.5)];
    assertEquals(made.map((x) => x.dtype), made.map(() => "float64"));
    assertThrows(() => setDefaultDtype("int32" as "float32"), DTypeError);
  } finally {
    setDefaultDtype("float32");
  }
  assertEquals(getDefaultDtype(), "float32");
});

test("integers and booleans refuse values that they cannot hold", () => {
  const makes: [() => unknown, RegExp][] = [
    [() => tensor([1, 3e9], { dtype: "int32" }), /3000000000 as int32/],
    [() => tensor([NaN], { dtype: "int32" }), /NaN as int32/],
    [() => tensor([[-1]], { dtype: "uint8" }), /-1 as uint8/],
    [() => tensor(new Int32Array([256]), { dtype: "uint8" }), /256 as uint8/],
    [() => full([1], 300, { dtype: "uint8" }), /300 as uint8/],
    [() => full([1], Infinity, { dtype: "int32" }), /Infinity as int32/],
    [() => arange(250, 300, { dtype: "uint8" }), /299 as uint8/],
    [() => linspace(0, 2 ** 31, { steps: 3, dtype: "int32" }), /2147483648 as int32/],
    [() => linspace(0, 1, { steps: 3, dtype: "int32" }), /0\.5 as int32/],
    [() => arange(0, 2.5, { step: 0.5, dtype: "int32" }), /0\.5 as int32/],
    [() => tensor([1, 1.5], { dtype: "int32" }), /1\.5 as int32/],
    [() => full([1], -0.5, { dtype: "uint8" }), /-0\.5 as uint8/],
    [
      () => tensor([0, 2], { dtype: "bool" }),
      /^Cannot make a tensor with 2 as bool: it holds true and false; use 1 or 0, or convert a tensor with \.to\("bool"\)$/,
    ],
    [() => full([1], NaN, { dtype: "bool" }), /NaN as bool/],
  ];
  for (const [make, message] of makes) {
    assertThrowsMessage(make, ValueError, message);
  }
  assertSame(tensor([255.9, 0]).to("uint8").toArray(), [255, 0]);
  assertSame(linspace(0, 9, { steps: 4, dtype: "int32" }).toArray(), [0, 3, 6, 9]);
  assertSame(arange(3, 9, { step: 3, dtype: "int32" }).toArray(), [3, 6]);
  assertSame(arange(0, 0, { dtype: "uint8" }).shape, [0]);
});

test("a shape that is not a list is refused", () => {
  for (const make of [zeros, rand] as unknown as ((...sizes: number[]) => unknown)[]) {
    assertThrowsMessage(
      () => make(2, 3),
      ShapeError,
      /with shape 2: a shape is a list of sizes, such as \[2, 3\]$/,
    );
  }
});

test("constants are numbers, also in programs without types", () => {
  for (const value of [false, "1", null, undefined] as unknown as number[]) {
    assertThrowsMessage(
      () => full([2], value),
      Error,
      /Cannot call full\(\) with a value of type \w+: use a number/,
    );
    assertThrows(
      () => fullLike(zeros([2]), value),
      Error,
      "Cannot call fullLike() with a value of type",
    );
  }
});

test("new tensors take the dtype of the tensor that makes them", () => {
  const x = tensor([1], { dtype: "float64" });
  const made = [x.newZeros([2]), x.newOnes([2]), x.newFull([2], 3), x.newEmpty([2])];
  assertSame(made.map((y) => y.dtype), new Array(4).fill("float64"));
  assertSame(made.map((y) => y.toArray()), [[0, 0], [1, 1], [3, 3], [0, 0]]);
  assertEquals(x.newTensor([[1, 2]]).dtype, "float64");
  assertEquals(x.newTensor([true], { dtype: "bool" }).dtype, "bool");
  assertEquals(x.newZeros([1], { dtype: "int32", requiresGrad: false }).dtype, "int32");
  assertSame(empty([2, 0]).shape, [2, 0]);
  assertSame([emptyLike(x).dtype, emptyLike(x).toArray()], ["float64", [0]]);
  assertThrowsMessage(
    () => x.newZeros(2 as never),
    Error,
    "Cannot make a tensor with shape 2: a shape is a list of sizes, such as [2, 3]",
  );
});

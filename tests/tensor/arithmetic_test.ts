import {
  cat,
  type DivOptions,
  type DType,
  DTypeError,
  gradCheck,
  GradientError,
  ones,
  tensor,
  ValueError,
} from "../../mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";

test("clamp_ limits in place, also with one open side and for integers", () => {
  const x = tensor([-3, 0.5, 2]);
  assertStrictEquals(x.clamp_(-1, 1), x);
  assertEquals(x.toArray(), [-1, 0.5, 1]);
  assertSame(x.clamp_(0).toArray(), [0, 0.5, 1]);
  assertSame(x.clamp_(null, 0.25).toArray(), [0, 0.25, 0.25]);
  const n = tensor([-3, 7], { dtype: "int32" }).clamp_(null, 5);
  assertEquals([n.dtype, n.toArray()], ["int32", [-3, 5]]);
  const weight = tensor([2], { requiresGrad: true });
  assertThrowsMessage(
    () => weight.clamp_(0, 1),
    GradientError,
    /^Cannot clamp in place on a leaf that requires a gradient/,
  );
});

/** Expected values are PyTorch 1.13's. */
const float = (values: number[]) => tensor(values);
const double = (values: number[]) => tensor(values, { dtype: "float64" });
const int = (values: number[]) => tensor(values, { dtype: "int32" });

test("round to decimals gives PyTorch's numbers, halves to even after the multiplication", () => {
  const x = float([1.37, -2.625, 0.125, 1234.5678, Infinity, NaN, -0, 3e38]);
  assertSame(x.round({ decimals: 2 }).toArray(), [
    1.3700000047683716,
    -2.619999885559082,
    0.11999999731779099,
    1234.5699462890625,
    Infinity,
    NaN,
    -0,
    Infinity,
  ]);
  const y = double([1.005, 2.675, -0.125, 0.375]);
  assertEquals(y.round({ decimals: 2 }).toArray(), [1, 2.68, -0.12, 0.38]);
  const z = float([1250, 1350, -149.9, 50, 150]);
  assertSame(z.round({ decimals: -2 }).toArray(), [1200, 1400, -100, 0, 200]);
  assertEquals(z.round({ decimals: 0 }).toArray(), [1250, 1350, -150, 50, 150]);
});

test("rounding to decimals has gradient 0 and keeps the dtype", () => {
  const x = double([1.26, -3.14]).requiresGrad_();
  const y = x.round({ decimals: 1 });
  assertEquals(y.dtype, "float64");
  y.sum().backward();
  assertSame(x.grad!.toArray(), [0, 0]);
});

test("invalid decimals are refused", () => {
  assertThrowsMessage(
    () => float([1]).round({ decimals: 0.5 }),
    ValueError,
    "Cannot round to 0.5 decimals: use a whole number",
  );
  assertThrowsMessage(
    () => int([15]).round({ decimals: -1 }),
    DTypeError,
    'Cannot round int32 to -1 decimals: convert it with .to("float32")',
  );
});

const a = [7, -7, 7, -7, 0, 1, Infinity, NaN, 5];
const b = [2, 2, -2, -2, 3, 0.1, 2, 1, 0];
const DIVISIONS = [
  {
    roundingMode: "trunc",
    floats: [3, -3, -3, 3, 0, 10, Infinity, NaN, Infinity],
    ints: [3, -3, -3, 3, 1073741823, -715827882],
    mixed: [2, -2],
  },
  {
    roundingMode: "floor",
    floats: [3, -4, -4, 3, 0, 9, NaN, NaN, Infinity],
    ints: [3, -4, -4, 3, 1073741823, -715827883],
    mixed: [2, -3],
  },
] as const;

for (const { roundingMode, floats, ints, mixed } of DIVISIONS) {
  test(`division with rounding mode ${roundingMode} gives PyTorch's numbers`, () => {
    const options = { roundingMode };
    // As PyTorch, and unlike its quotient by hand: 1 // 0.1 is 9, since 0.1 is a little more.
    assertSame(float(a).div(float(b), options).toArray(), floats);
    const dividends = int([7, -7, 7, -7, 2 ** 31 - 1, -(2 ** 31)]);
    const whole = dividends.div(int([2, 2, -2, -2, 2, 3]), options);
    assertEquals(whole.dtype, "int32");
    assertEquals(whole.toArray(), ints);
    const bytes = tensor(Uint8Array.of(200, 7)).div(tensor(Uint8Array.of(3, 2)), options);
    assertEquals(bytes.dtype, "uint8");
    assertEquals(bytes.toArray(), [66, 3]);
    const quotient = int([7, -7]).div(2.5, options);
    assertEquals(quotient.dtype, "float32");
    assertEquals(quotient.toArray(), mixed);
  });

  test(`division with rounding mode ${roundingMode} has gradient 0`, () => {
    const x = double([1, -1]).requiresGrad_();
    const y = double([0.3, 0.7]).requiresGrad_();
    x.div(y, { roundingMode }).sum().backward();
    assertSame([x.grad!.toArray(), y.grad!.toArray()], [[0, 0], [0, 0]]);
    assert(gradCheck((x, y) => x.div(y, { roundingMode }), [x, y]));
  });

  test(`integer division by 0 is refused with rounding mode ${roundingMode}`, () => {
    assertThrowsMessage(
      () => int([7]).div(int([0]), { roundingMode }),
      ValueError,
      'Cannot divide integers by 0: convert one operand with .to("float32") for NaN and ' +
        "infinities, or replace the zeros",
    );
  });
}

test("rounding mode null gives the quotient", () => {
  assertEquals(int([7, -7]).div(2, { roundingMode: null }).toArray(), [3.5, -3.5]);
});

test("unknown rounding modes are refused", () => {
  for (const mode of ["up", "toString"]) {
    assertThrowsMessage(
      () => float([1]).div(2, { roundingMode: mode } as unknown as DivOptions),
      ValueError,
      `Cannot div with roundingMode "${mode}": use "trunc" or "floor", or leave it out`,
    );
  }
});

const DTYPES: readonly DType[] = ["bool", "uint8", "int32", "float32", "float64"];

/** torch.result_type of two tensors with axes: the later one in `DTYPES`. */
test("tensors with axes combine to the wider dtype of the higher kind", () => {
  DTYPES.forEach((a, i) =>
    DTYPES.forEach((b, j) => {
      const expected = DTYPES[Math.max(i, j)];
      assertStrictEquals(ones([2], { dtype: a }).add(ones([2], { dtype: b })).dtype, expected);
      assertStrictEquals(cat([ones([2], { dtype: a }), ones([2], { dtype: b })]).dtype, expected);
      const scalars = ones([], { dtype: a }).mul(ones([], { dtype: b }));
      assertStrictEquals(scalars.dtype, expected);
    })
  );
});

/** Rows: a tensor with axes; columns: a 0-d tensor. As torch.result_type. */
const WITH_SCALAR: Readonly<Record<DType, readonly DType[]>> = {
  bool: ["bool", "uint8", "int32", "float32", "float64"],
  uint8: ["uint8", "uint8", "uint8", "float32", "float64"],
  int32: ["int32", "int32", "int32", "float32", "float64"],
  float32: ["float32", "float32", "float32", "float32", "float32"],
  float64: ["float64", "float64", "float64", "float64", "float64"],
};

test("a 0-d tensor raises the kind of a tensor with axes, but never its width", () => {
  for (const a of DTYPES) {
    DTYPES.forEach((b, j) => {
      const [x, scalar] = [ones([2], { dtype: a }), ones([], { dtype: b })];
      assertStrictEquals(x.mul(scalar).dtype, WITH_SCALAR[a][j], `${a} by scalar ${b}`);
      assertStrictEquals(scalar.mul(x).dtype, WITH_SCALAR[a][j], `scalar ${b} by ${a}`);
    });
  }
});

test("numbers raise the kind only if they must", () => {
  for (const shape of [[2], []]) {
    const withNumber = (dtype: DType, n: number) => ones(shape, { dtype }).mul(n).dtype;
    assertEquals(DTYPES.map((d) => withNumber(d, 2)), [
      "int32",
      "uint8",
      "int32",
      "float32",
      "float64",
    ]);
    assertEquals(DTYPES.map((d) => withNumber(d, 2.5)), [
      "float32",
      "float32",
      "float32",
      "float32",
      "float64",
    ]);
  }
});

test("division and mathematical functions return floats, comparisons return booleans", () => {
  const x = ones([2], { dtype: "int32" });
  assertEquals([x.div(x).dtype, x.exp().dtype, x.sqrt().dtype, x.sigmoid().dtype], [
    "float32",
    "float32",
    "float32",
    "float32",
  ]);
  assertEquals(ones([1], { dtype: "float64" }).exp().dtype, "float64");
  assertEquals([x.lt(2).dtype, x.eq(x).dtype, x.logicalNot().dtype, x.any().dtype], [
    "bool",
    "bool",
    "bool",
    "bool",
  ]);
});

test("reductions widen small integers; means need floats", () => {
  const sums = DTYPES.map((dtype) => ones([300], { dtype }).sum());
  assertEquals(sums.map((s) => s.dtype), ["int32", "int32", "int32", "float32", "float64"]);
  assertEquals(sums.map((s) => s.item()), [300, 300, 300, 300, 300]);
  assertEquals(ones([2], { dtype: "uint8" }).amax().dtype, "uint8");
  assertEquals(ones([2], { dtype: "uint8" }).argmax().dtype, "int32");
  assertThrows(() => ones([2], { dtype: "int32" }).mean(), Error, "Cannot take the mean of int32");
  assertThrows(() => ones([2], { dtype: "int32" }).softmax(0), Error, "Cannot softmax int32");
});

for (const kernels of kernelNames()) {
  test(`steps act on numbers as float32 holds them, with ${kernels} kernels`, () => {
    setKernels(kernels);
    try {
      assertSame(tensor([1, 3]).div(0.1, { roundingMode: "trunc" }).toArray(), [10, 30]);
      const near = tensor([1, 3], { dtype: "float64" }).div(0.1, { roundingMode: "trunc" });
      assertSame(near.toArray(), [10, 30]);
      const tenth = tensor(0.1).to("float64");
      assertEquals(
        tensor([1], { dtype: "float64" }).div(tenth, { roundingMode: "trunc" }).item(),
        9,
      );
    } finally {
      setKernels(kernelNames()[0]);
    }
  });
}

test("integers wrap, and comparisons of mixed dtypes are exact", () => {
  assertEquals(tensor([250], { dtype: "uint8" }).add(10).toArray(), [4]);
  assertEquals(tensor([2 ** 31 - 1], { dtype: "int32" }).add(1).toArray(), [-(2 ** 31)]);
  assertEquals(tensor([46341], { dtype: "int32" }).mul(46341).toArray(), [-2147479015]);
  assertEquals(tensor([255], { dtype: "uint8" }).gt(tensor([-1], { dtype: "int32" })).toArray(), [
    1,
  ]);
});

test("booleans cannot be subtracted or negated", () => {
  const x = tensor([true, false]);
  assertThrowsMessage(() => x.sub(x), Error, /Cannot sub booleans: .*\.to\("int32"\)/);
  assertThrows(() => x.neg(), Error, "Cannot neg booleans");
  assertSame([x.add(x).dtype, x.mul(x).toArray()], ["bool", [1, 0]]);
});

test("conversions drop fractions and clip to the range of the dtype", () => {
  const x = tensor([1.9, -1.9, NaN, 1e20, -1e20]);
  assertSame(x.to("int32").toArray(), [1, -1, 0, 2 ** 31 - 1, -(2 ** 31)]);
  assertEquals(x.to("bool").toArray(), [1, 1, 1, 1, 1]);
  assertSame(tensor([0, 3]).to("bool").toArray(), [0, 1]);
  assertStrictEquals(x.to("float32"), x);
});

test("integer division by 0 is refused; that of floats is not", () => {
  const x = int([7, -7]);
  for (const name of ["fmod", "remainder", "floorDivide"] as const) {
    assertThrows(() => x[name](0), ValueError);
    assertThrows(() => x[name](int([1, 0])), ValueError);
    assertEquals(x[name](2).dtype, "int32");
  }
  assertEquals(x.floorDivide(tensor(0)).toArray(), [Infinity, -Infinity]);
});

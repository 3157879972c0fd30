import assert from "node:assert/strict";
import { test } from "node:test";
import { DTypeError, gradCheck, tensor, ValueError } from "../../mod.ts";
import type { DivOptions } from "../../mod.ts";

/** Expected values are PyTorch 1.13's. */
const float = (values: number[]) => tensor(values);
const double = (values: number[]) => tensor(values, { dtype: "float64" });
const int = (values: number[]) => tensor(values, { dtype: "int32" });

test("decimals are rounded as by PyTorch, halves to even after the multiplication", () => {
  const x = float([1.37, -2.625, 0.125, 1234.5678, Infinity, NaN, -0, 3e38]);
  assert.deepEqual(x.round({ decimals: 2 }).toArray(), [
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
  assert.deepEqual(y.round({ decimals: 2 }).toArray(), [1, 2.68, -0.12, 0.38]);
  const z = float([1250, 1350, -149.9, 50, 150]);
  assert.deepEqual(z.round({ decimals: -2 }).toArray(), [1200, 1400, -100, 0, 200]);
  assert.deepEqual(z.round({ decimals: 0 }).toArray(), [1250, 1350, -150, 50, 150]);
});

test("rounding to decimals is flat, and keeps the dtype", () => {
  const x = double([1.26, -3.14]).requiresGrad_();
  const y = x.round({ decimals: 1 });
  assert.equal(y.dtype, "float64");
  y.sum().backward();
  assert.deepEqual(x.grad!.toArray(), [0, 0]);
});

test("decimals that make no sense are refused", () => {
  assert.throws(() => float([1]).round({ decimals: 0.5 }), {
    name: ValueError.name,
    message: "Cannot round to 0.5 decimals: use a whole number",
  });
  assert.throws(() => int([15]).round({ decimals: -1 }), {
    name: DTypeError.name,
    message: 'Cannot round int32 to -1 decimals: convert it with .to("float32")',
  });
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
  test(`division with rounding mode ${roundingMode} gives what PyTorch gives`, () => {
    const options = { roundingMode };
    // As PyTorch, and unlike its quotient by hand: 1 // 0.1 is 9, since 0.1 is a little more.
    assert.deepEqual(float(a).div(float(b), options).toArray(), floats);
    const dividends = int([7, -7, 7, -7, 2 ** 31 - 1, -(2 ** 31)]);
    const whole = dividends.div(int([2, 2, -2, -2, 2, 3]), options);
    assert.equal(whole.dtype, "int32");
    assert.deepEqual(whole.toArray(), ints);
    const bytes = tensor(Uint8Array.of(200, 7)).div(tensor(Uint8Array.of(3, 2)), options);
    assert.equal(bytes.dtype, "uint8");
    assert.deepEqual(bytes.toArray(), [66, 3]);
    const quotient = int([7, -7]).div(2.5, options);
    assert.equal(quotient.dtype, "float32");
    assert.deepEqual(quotient.toArray(), mixed);
  });

  test(`division with rounding mode ${roundingMode} is flat`, () => {
    const x = double([1, -1]).requiresGrad_();
    const y = double([0.3, 0.7]).requiresGrad_();
    x.div(y, { roundingMode }).sum().backward();
    assert.deepEqual([x.grad!.toArray(), y.grad!.toArray()], [[0, 0], [0, 0]]);
    assert.ok(gradCheck((x, y) => x.div(y, { roundingMode }), [x, y]));
  });

  test(`integers are not divided by 0 with rounding mode ${roundingMode}`, () => {
    assert.throws(() => int([7]).div(int([0]), { roundingMode }), {
      name: ValueError.name,
      message: 'Cannot divide integers by 0: convert one operand with .to("float32") for NaN and ' +
        "infinities, or replace the zeros",
    });
  });
}

test("without a rounding mode, division is what it was", () => {
  assert.deepEqual(int([7, -7]).div(2, { roundingMode: null }).toArray(), [3.5, -3.5]);
});

test("rounding modes that do not exist are refused", () => {
  for (const mode of ["up", "toString"]) {
    assert.throws(() => float([1]).div(2, { roundingMode: mode } as unknown as DivOptions), {
      name: ValueError.name,
      message: `Cannot div with roundingMode "${mode}": use "trunc" or "floor", or leave it out`,
    });
  }
});

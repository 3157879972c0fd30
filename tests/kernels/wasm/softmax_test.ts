import { test } from "node:test";
import { assert, assertStrictEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { softmaxes } from "../../../src/kernels/wasm/kernels/softmax.ts";
import * as math from "../../../src/math/mod.ts";
import type { Shape } from "../../../src/shape.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

function array(shape: Shape, scale = 3): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  return NDArray.from(
    Array.from({ length: count }, (_, i) => Math.sin(i * 7.3) * scale),
    shape,
    "float32",
  );
}

function agree(x: NDArray, axis: number, tolerance = 1e-6): void {
  for (const log of [false, true]) {
    const wanted = [...reference.softmax(x, axis, log).values()];
    const got = softmaxes.softmax(x, axis, log);
    assertSame(got.shape, x.shape);
    assert(got.contiguous);
    [...got.values()].forEach((value, i) => {
      const close =
        Math.abs(value - wanted[i]) <= tolerance * Math.max(Math.abs(wanted[i]), log ? 1 : 0);
      assert(
        Object.is(value, wanted[i]) || close,
        `[${x.shape}] axis ${axis}${log ? " log" : ""}: ${value} for ${wanted[i]}`,
      );
    });
  }
}

function softmax(values: number[], log: boolean): number[] {
  const x = NDArray.from(values, [values.length], "float32");
  return [...softmaxes.softmax(x, 0, log).values()];
}

test("rows of every length", () => {
  for (let n = 1; n <= 40; n++) agree(array([3, n]), 1);
  for (const n of [255, 256, 257, 260, 511, 1000]) agree(array([2, n]), 1);
});

test("any axis, and views", () => {
  const x = array([4, 5, 6]);
  for (const axis of [0, 1, 2]) {
    agree(x, axis);
    agree(viewPermute(x, [2, 0, 1]), axis);
    agree(
      viewSlice(x, [
        { start: 3, step: -1, length: 4 },
        { start: 0, step: 2, length: 3 },
        { start: 1, step: 1, length: 5 },
      ]),
      axis,
    );
  }
});

test("scalars and nothing", () => {
  agree(array([]), 0);
  for (const shape of [[0], [0, 3], [3, 0]]) agree(array(shape), shape.length - 1);
  agree(array([3, 0]), 0);
});

test("large and small logits neither overflow nor vanish", () => {
  assertSame(softmax([1e4, 0, -1e4], true), [0, -1e4, -2e4]);
  assertSame(softmax([1e4, 0, -1e4], false), [1, 0, 0]);
  assertSame(softmax([3e38, -3e38, 3e38], false), [0.5, 0, 0.5]);
  // The difference of two logits in float32 is good to 2⁻²⁴ of itself.
  agree(array([5, 33], 100), 1, 200 * 2 ** -24);
});

test("infinities and NaN: −∞ gets 0, a row of −∞ or with ∞ or NaN is NaN", () => {
  for (let n = 2; n <= 9; n++) {
    for (let at = 0; at < n; at++) {
      const row = (value: number) => Array.from({ length: n }, (_, i) => i === at ? value : 1);
      const share = Math.fround(1 / (n - 1));
      softmax(row(-Infinity), false).forEach((p, i) => {
        assert(Math.abs(p - (i === at ? 0 : share)) < 1e-7);
      });
      assertStrictEquals(softmax(row(-Infinity), true)[at], -Infinity);
      for (const value of [Infinity, NaN]) {
        assert(softmax(row(value), false).every(Number.isNaN));
        assert(softmax(row(value), true).every(Number.isNaN));
      }
    }
    assert(softmax(new Array(n).fill(-Infinity), false).every(Number.isNaN));
    assert(softmax(new Array(n).fill(-Infinity), true).every(Number.isNaN));
  }
});

test("the input stays as it is", () => {
  const x = viewPermute(array([4, 5]), [1, 0]);
  const before = [...x.whole()];
  softmaxes.softmax(x, 1, false);
  softmaxes.softmax(x, 0, true);
  assertSame([...x.whole()], before);
});

// In units of 2⁻²⁴ of the value, of which an ulp is one or two: the exponential is wrong by 2.4 at
// most, their sum by about 1, its reciprocal by 1, and the product by an ulp's half.
test("softmax is within 5 ulp where differences of logits are exact, also in denormals", () => {
  const sizes = [0, 1, 7, 30, 60, 80, 86, 87, 88, 90, 95, 100, 103];
  for (let seed = 1; seed <= 500; seed++) {
    const row = sizes.map((size, i) => i === 0 ? 0 : -Math.fround(size + Math.sin(seed * i)));
    const exact = row.map(math.exp);
    const total = exact.reduce((a, b) => a + b);
    softmax(row, false).forEach((p, i) => {
      const wanted = exact[i] / total;
      const exponent = Math.max(Math.floor(Math.log2(wanted)), -126);
      const error = Math.abs(p - wanted) / 2 ** (exponent - 23);
      assert(error <= 5, `exp(${row[i]}) / ${total}: ${error} ulp`);
    });
  }
});

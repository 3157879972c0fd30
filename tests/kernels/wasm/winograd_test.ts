import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Shape } from "../../../src/shape.ts";
import type { Convolution } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { outputSize } from "../../../src/kernels/window.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { array, assertClose, list, noise } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const plain: Convolution = {
  ...{ kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
};

function both(x: NDArray, weight: NDArray, bias: NDArray | null, window: Convolution): void {
  const what = JSON.stringify({ x: x.shape, weight: weight.shape, ...window });
  const [fast, slow] = [wasm, reference].map((k) => list(k.conv2d(x, weight, bias, window)));
  assertClose(fast, slow, 3e-5, `forward ${what}`);
}

/** Compares the forward and the gradient for the input, for images `x` and `o` channels. */
function check(shape: Shape, o: number, options: Partial<Convolution> = {}): void {
  const window = { ...plain, ...options };
  const weight = noise([o, shape[1] / window.groups, 3, 3]);
  both(noise(shape), weight, noise([o]), window);
  both(noise(shape), weight, null, window);
  const g = noise([shape[0], o, ...outputSize(shape, window)]);
  const [fast, slow] = [wasm, reference].map((k) =>
    list(k.conv2dInputGradient(g, weight, shape, window))
  );
  assertClose(fast, slow, 3e-5, `input ${shape} ${JSON.stringify(window)}`);
}

test("tiles agree with the reference for every width and height, with every border", () => {
  for (const padding of [[0, 0], [1, 1], [2, 1], [0, 2]] as const) {
    for (let width = 7; width <= 19; width++) check([1, 8, 3 + width % 4, width], 9, { padding });
    for (let height = 3; height <= 8; height++) check([1, 9, height, 9], 8, { padding });
  }
});

test("windows that tiles do not fit, and more images than channels", () => {
  for (const step of [[1, 2], [2, 1], [2, 2]] as const) {
    check([1, 8, 9, 17], 9, { stride: step, dilation: step });
    check([1, 8, 9, 17], 9, { stride: step });
    check([1, 8, 9, 17], 9, { dilation: step });
  }
  check([11, 8, 5, 9], 9);
});

test("tiles agree with the reference for groups, many channels and several strips", () => {
  check([2, 16, 8, 9], 24, { groups: 2 });
  check([1, 260, 4, 8], 8);
  check([1, 8, 40, 31], 11);
  check([1, 8, 5, 140], 8);
});

/** Ones, but for some elements. */
function except(shape: Shape, values: Record<number, number>): NDArray {
  const size = shape.reduce((a, b) => a * b);
  return array(Array.from({ length: size }, (_, i) => values[i] ?? 1), shape);
}

test("infinities, NaN and huge elements stay within their windows", () => {
  const weight = except([8, 8, 3, 3], {});
  for (const value of [Infinity, -Infinity, NaN, 3e38, -1e37]) {
    // In the corner of a window: results around it, in the same tiles, do not see it.
    const x = except([3, 8, 9, 9], { [729 + 31]: value });
    const [fast, slow] = [wasm, reference].map((k) => k.conv2d(x, weight, null, plain));
    assertEquals(list(fast), list(slow), `${value}`);
    const strange = except([8, 8, 3, 3], { 4: value });
    const ones = except([1, 8, 9, 9], {});
    const results = [wasm, reference].map((k) => list(k.conv2d(ones, strange, null, plain)));
    assertEquals(results[0], results[1], `weight ${value}`);
  }
});

test("from 2⁵⁰ on, an element that a window multiplies by 0 takes no digits from the result", () => {
  const x = except([1, 8, 9, 9], { 31: 2 ** 50 });
  const taps = Array.from({ length: 8 * 8 * 9 }, (_, i) => [i, Number(i % 9 === 0)] as const);
  const weight = except([8, 8, 3, 3], Object.fromEntries(taps));
  const [fast, slow] = [wasm, reference].map((k) => list(k.conv2d(x, weight, null, plain)));
  assertSame(fast, slow);
});

test("elements up to 2⁵⁰ leave no result out of range", () => {
  const x = except([1, 8, 9, 9], { 30: 2 ** 49, 31: -(2 ** 49) });
  const weight = except([8, 8, 3, 3], { 4: 2 ** 49 });
  assert(list(wasm.conv2d(x, weight, null, plain)).every(Number.isFinite));
});

/** Bounds of errors, as multiples of those in the order of the definition, for so many channels. */
const ERRORS = [[16, 1.2], [300, 2]] as const;

for (const [n, most] of ERRORS) {
  test(`rounding errors of ${n} channels are at most ${most} times those of the definition`, () => {
    const [x, weight] = [noise([1, n, 24, 24]), noise([8, n, 3, 3])];
    const exact = list(reference.conv2d(widened(x), widened(weight), null, plain));
    const error = (y: NDArray): number =>
      Math.sqrt(list(y).reduce((sum, value, i) => sum + (value - exact[i]) ** 2, 0));
    const byTiles = wasm.conv2d(x, weight, null, plain);
    // With a dilation, windows on every second row and column: the same sums, without tiles.
    const byDefinition = wasm.conv2d(spread(x), weight, null, {
      ...{ ...plain, padding: [2, 2], dilation: [2, 2] },
    });
    assert(error(byTiles) <= most * error(everySecond(byDefinition)));
  });
}

/** The same numbers as float64. */
function widened(x: NDArray): NDArray {
  return array(list(x), x.shape, "float64");
}

/** `x [1, n, h, w]` with a zero after each element and a row of zeros after each row. */
function spread(x: NDArray): NDArray {
  const [, n, h, w] = x.shape;
  const values = new Array(4 * x.size).fill(0);
  list(x).forEach((value, i) => {
    const [plane, row, column] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    values[(plane * 2 * h + 2 * row) * 2 * w + 2 * column] = value;
  });
  return array(values, [1, n, 2 * h, 2 * w]);
}

/** Every second row and column of `x [1, n, h, w]`. */
function everySecond(x: NDArray): NDArray {
  const [, n, h, w] = x.shape;
  const values = list(x).filter((_, i) => i % 2 === 0 && Math.floor(i / w) % 2 === 0);
  return array(values, [1, n, h / 2, w / 2]);
}

/** Convolutions of the kernels `"native"`, with each library, beside the reference. */

import { test } from "node:test";
import { assert } from "@std/assert";
import type { Convolution, Kernels, Pair } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { outputSize } from "../../../src/kernels/window.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { backends } from "../../support/kernels.ts";
import { useThreads } from "../../support/threads.ts";
import { assertClose, list, noise } from "../arrays.ts";

interface Case {
  readonly images: number;
  readonly channels: Pair;
  readonly size: Pair;
  readonly window?: Partial<Convolution>;
}

const CASES: readonly Case[] = [
  { images: 2, channels: [3, 5], size: [9, 8] },
  { images: 3, channels: [2, 4], size: [7, 6], window: { padding: [0, 2] } },
  { images: 2, channels: [3, 4], size: [9, 10], window: { stride: [2, 3], padding: [1, 0] } },
  { images: 2, channels: [4, 3], size: [9, 11], window: { dilation: [2, 1], stride: [1, 2] } },
  { images: 1, channels: [5, 6], size: [6, 7], window: { kernel: [1, 1], padding: [0, 0] } },
  { images: 2, channels: [1, 3], size: [12, 5], window: { kernel: [5, 2], padding: [4, 1] } },
  { images: 2, channels: [4, 6], size: [6, 6], window: { groups: 2 } },
  // By tiles: groups of images, images in parts, borders, odd sizes.
  { images: 5, channels: [16, 17], size: [7, 7] },
  { images: 2, channels: [17, 16], size: [9, 12], window: { padding: [0, 0] } },
  { images: 1, channels: [16, 16], size: [20, 29], window: { padding: [2, 2] } },
  // Not by tiles: the gradient's window would leave out a part of the image.
  { images: 3, channels: [16, 16], size: [8, 9], window: { padding: [3, 1] } },
  { images: 3, channels: [16, 16], size: [8, 9], window: { padding: [1, 4] } },
];

/** The convolution and its two gradients. */
function allOf(
  kernels: Kernels,
  x: NDArray,
  weight: NDArray,
  bias: NDArray | null,
  g: NDArray,
  window: Convolution,
): number[][] {
  return [
    kernels.conv2d(x, weight, bias, window),
    kernels.conv2dInputGradient(g, weight, x.shape, window),
    kernels.conv2dWeightGradient(g, x, weight.shape, window),
  ].map(list);
}

function operands({ images, channels: [from, to], size, window: options }: Case) {
  const window: Convolution = {
    ...{ kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
    ...options,
  };
  const x = noise([images, from, ...size]);
  const weight = noise([to, from / window.groups, ...window.kernel]);
  const g = noise([images, to, ...outputSize(x.shape, window)]);
  return { x, weight, bias: noise([to]), g, window };
}

/** A view with the elements of `x` that is not in row-major order, nor dense. */
function scattered(shape: readonly number[]): NDArray {
  const [n, c, h, w] = shape;
  const spans = [n, h, 2 * w, c].map((length, axis) =>
    axis === 2 ? { start: 0, step: 2, length: w } : { start: 0, step: 1, length }
  );
  return viewPermute(viewSlice(noise([n, h, 2 * w, c]), spans), [0, 3, 1, 2]);
}

for (const kernels of backends.filter(({ library }) => library !== undefined)) {
  for (const threads of [1, 3]) {
    test(`${kernels.name} on ${threads} threads convolves as the reference`, async () => {
      await useThreads(threads);
      for (const one of CASES) {
        const { x, weight, bias, g, window } = operands(one);
        for (const b of [bias, null]) {
          const expected = allOf(reference, x, weight, b, g, window);
          allOf(kernels, x, weight, b, g, window).forEach((values, i) =>
            assertClose(values, expected[i], 1e-4, `${JSON.stringify(one)}, result ${i}`)
          );
        }
      }
    });
  }

  test(`${kernels.name} convolves operands of any strides`, async () => {
    await useThreads(2);
    for (const one of CASES) {
      const { x, weight, g, window } = operands(one);
      const views = [x, weight, g].map(({ shape }) => scattered(shape));
      const expected = allOf(reference, views[0], views[1], null, views[2], window);
      allOf(kernels, views[0], views[1], null, views[2], window).forEach((values, i) =>
        assertClose(values, expected[i], 1e-4, `${JSON.stringify(one)}, result ${i}`)
      );
    }
  });

  test(`${kernels.name} leaves large elements to the definition`, () => {
    const { x, weight, bias, g, window } = operands({
      images: 2,
      channels: [16, 16],
      size: [8, 8],
    });
    for (const large of [Infinity, NaN, 1e30]) {
      for (const spoiled of [x, g]) {
        const before = spoiled.values()[70];
        spoiled.values()[70] = large;
        const expected = allOf(reference, x, weight, bias, g, window);
        allOf(kernels, x, weight, bias, g, window).forEach((values, i) =>
          values.forEach((value, j) => {
            const right = expected[i][j];
            const bound = 1e-4 * Math.max(1, Math.abs(right));
            assert(
              Object.is(value, right) || Math.abs(value - right) <= bound,
              `${value}, ${right}`,
            );
          })
        );
        spoiled.values()[70] = before;
      }
    }
  });
}

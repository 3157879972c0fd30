import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { FloatDType } from "../../../src/dtype.ts";
import type { Window } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { arena } from "../../../src/storage/arena.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { array, assertClose, list, noise } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const halving: Window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] };

/** Compares all pooling kernels with the reference; the largest must be the same bits. */
function check(x: NDArray, window: Window): void {
  const what = JSON.stringify({ shape: x.shape, dtype: x.dtype, ...window });
  const [fast, slow] = [wasm.maxPool2d(x, window), reference.maxPool2d(x, window)];
  assertEquals(fast.output.shape, slow.output.shape, what);
  assertEquals(list(fast.output), list(slow.output), what);
  assertSame(list(fast.indices), list(slow.indices), what);
  const tolerance = x.dtype === "float32" ? 1e-6 : 1e-14;
  const means = reference.avgPool2d(x, window);
  assertClose(list(wasm.avgPool2d(x, window)), list(means), tolerance, what);
  const g = noise(means.shape, x.dtype);
  assertClose(
    list(wasm.avgPool2dGradient(g, x.shape, window)),
    list(reference.avgPool2dGradient(g, x.shape, window)),
    tolerance,
    what,
  );
}

/** Few different values, so that windows have ties, and several infinities or NaN. */
function uneven(shape: number[], dtype: FloatDType): NDArray {
  const choices = [-Infinity, -1, -0, 0, 1, Infinity, NaN, NaN];
  const values = list(noise(shape)).map((v) => choices[Math.floor((v + 1) * 4)]);
  return array(values, shape, dtype);
}

test("pooling agrees with the reference for every window", () => {
  for (const kernel of [[1, 1], [2, 2], [3, 3], [2, 3]] as const) {
    for (const stride of [[1, 1], [2, 2], [3, 2]] as const) {
      for (const dilation of [[1, 1], [2, 1], [1, 2], [2, 2]] as const) {
        check(noise([2, 3, 9, 11]), { kernel, stride, dilation, padding: [0, 0] });
        const [top, left] = [kernel[0] >> 1, kernel[1] >> 1];
        for (const padding of [[top, left], [top, 0], [0, left]] as const) {
          check(noise([2, 3, 9, 11]), { kernel, stride, dilation, padding });
          check(noise([1, 2, 7, 5], "float64"), { kernel, stride, dilation, padding });
        }
      }
    }
  }
});

test("windows side by side agree with the reference, also where they leave a border out", () => {
  for (const kernel of [[2, 2], [3, 4], [5, 11], [9, 10], [9, 11], [1, 8]] as const) {
    for (const dtype of ["float32", "float64"] as const) {
      for (
        const x of [
          noise([2, 3, 9, 11], dtype),
          viewPermute(noise([3, 11, 2, 9], dtype), [2, 0, 3, 1]),
        ]
      ) {
        check(x, { ...halving, kernel, stride: kernel });
        check(x, { ...halving, kernel, stride: [20, 20] });
        check(x, { ...halving, kernel, stride: [3, 1] });
      }
    }
  }
});

test("large windows that overlap agree with the reference, also on views", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const [kernel, stride] of [[[32, 22], [32, 21]], [[41, 23], [22, 20]]] as const) {
      for (
        const x of [
          noise([2, 3, 64, 65], dtype),
          viewPermute(noise([3, 65, 2, 64], dtype), [2, 0, 3, 1]),
        ]
      ) check(x, { ...halving, kernel, stride });
    }
    check(noise([1, 1, 2, 1200], dtype), { ...halving, kernel: [1, 600], stride: [1, 599] });
    for (let width = 2; width <= 12; width++) {
      const kernel = [2, width - 1] as const;
      check(noise([2, 3, 5, width], dtype), { ...halving, kernel, stride: [1, 1] });
      check(noise([2, 1, 5, width + 3], dtype), { ...halving, kernel: [1, width], stride: [2, 2] });
    }
  }
});

test("maxPool2d agrees with the reference on ties, infinities and NaN", () => {
  for (let i = 0; i < 40; i++) {
    const x = uneven([1, 2, 8, 9], i % 2 === 0 ? "float32" : "float64");
    for (
      const [kernel, padding] of [[[2, 2], [0, 0]], [[2, 2], [1, 1]], [[8, 9], [0, 0]]] as const
    ) {
      const window = { ...halving, kernel, padding };
      const [fast, slow] = [wasm.maxPool2d(x, window), reference.maxPool2d(x, window)];
      assertSame(list(fast.output), list(slow.output));
      assertSame(list(fast.indices), list(slow.indices));
    }
  }
});

test("pooling agrees with the reference for every width, and on views", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (let width = 2; width <= 24; width++) {
      check(noise([1, 1, 4, width], dtype), halving);
      check(noise([1, 2, 3, width], dtype), { ...halving, stride: [1, 1], padding: [1, 1] });
    }
  }
  check(viewPermute(noise([2, 6, 8, 3]), [0, 3, 1, 2]), halving);
  check(viewPermute(noise([2, 3, 8, 6]), [0, 1, 3, 2]), { ...halving, padding: [1, 1] });
});

test("the largest of a plane of −∞ is the first element inside of each window", () => {
  const planes = array(new Array(84).fill(-Infinity), [2, 1, 6, 7]);
  for (const padding of [[0, 1], [1, 0], [1, 1], [2, 2]] as const) {
    for (const dilation of [[1, 1], [2, 2], [2, 3]] as const) {
      check(planes, { kernel: [3, 3], stride: [2, 1], padding, dilation });
    }
  }
});

test("a window that misses the plane is -∞ at index 0", () => {
  const window: Window = { kernel: [2, 2], stride: [1, 1], padding: [1, 1], dilation: [3, 3] };
  const { output, indices } = wasm.maxPool2d(noise([1, 1, 2, 2]), window);
  assertSame([list(output), list(indices)], [[-Infinity], [0]]);
});

test("pooling of an empty batch, and of nothing else than a mean", () => {
  const none = array([], [0, 3, 4, 4]);
  assertSame(wasm.maxPool2d(none, halving).output.shape, [0, 3, 2, 2]);
  assertSame(wasm.avgPool2d(none, halving).shape, [0, 3, 2, 2]);
  assertSame(wasm.avgPool2dGradient(array([], [0, 3, 2, 2]), [0, 3, 4, 4], halving).shape, [
    ...[0, 3, 4, 4],
  ]);
  const ones = array(new Array(49).fill(1), [1, 1, 7, 7]);
  assertEquals(list(wasm.avgPool2d(ones, { ...halving, kernel: [7, 7] })), [1]);
});

test("pooling leaves no scratch memory behind", () => {
  const x = noise([1, 2, 6, 6]);
  const before = arena.stats().resident;
  const { output, indices } = wasm.maxPool2d(x, halving);
  const results = [
    ...[output, indices, wasm.avgPool2d(x, halving)],
    wasm.avgPool2dGradient(output, x.shape, halving),
  ];
  results.forEach((result) => arena.free(result.storage, "temporary"));
  assertStrictEquals(arena.stats().resident, before);
});

import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { FloatDType } from "../../../src/dtype.ts";
import type { Shape } from "../../../src/shape.ts";
import type { Convolution } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { outputSize } from "../../../src/kernels/window.ts";
import { arena } from "../../../src/storage/arena.ts";
import { viewExpand, viewPermute } from "../../../src/storage/views.ts";
import { array, assertClose, list, noise } from "../arrays.ts";
import { assertSame } from "../../support/assert.ts";

const plain: Convolution = {
  kernel: [3, 3],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};

const TOLERANCE: Record<FloatDType, number> = { float32: 3e-5, float64: 1e-12 };

/** Compares all three kernels with the reference, for images `[n, c, h, w]` and `o` channels. */
function check(shape: Shape, o: number, window: Convolution, dtype: FloatDType = "float32"): void {
  const what = JSON.stringify({ shape, o, ...window, dtype });
  const weightShape = [o, shape[1] / window.groups, ...window.kernel];
  const [height, width] = outputSize(shape, window);
  const [x, weight, bias] = [noise(shape, dtype), noise(weightShape, dtype), noise([o], dtype)];
  const g = noise([shape[0], o, height, width], dtype);
  const compare = (run: (k: typeof wasm) => ReturnType<typeof wasm.conv2d>): void => {
    const [fast, slow] = [run(wasm), run(reference)];
    assertEquals(fast.shape, slow.shape, what);
    assertClose(list(fast), list(slow), TOLERANCE[dtype], what);
  };
  compare((k) => k.conv2d(x, weight, bias, window));
  compare((k) => k.conv2d(x, weight, null, window));
  compare((k) => k.conv2dInputGradient(g, weight, shape, window));
  compare((k) => k.conv2dWeightGradient(g, x, weightShape, window));
}

test("convolutions agree with the reference for every window", () => {
  for (const stride of [[1, 1], [2, 2], [1, 3], [3, 2]] as const) {
    for (const padding of [[0, 0], [1, 1], [2, 0]] as const) {
      for (const dilation of [[1, 1], [2, 1], [2, 3]] as const) {
        for (const kernel of [[1, 1], [3, 3], [2, 3]] as const) {
          check([2, 2, 9, 8], 3, { kernel, stride, padding, dilation, groups: 1 });
          // Enough channels for copies of the windows to pay.
          check([1, 13, 9, 8], 14, { kernel, stride, padding, dilation, groups: 1 });
        }
      }
    }
  }
});

test("convolutions agree with the reference for groups, down to one channel each", () => {
  check([2, 4, 6, 7], 6, { ...plain, groups: 2, padding: [1, 1] });
  check([1, 5, 6, 6], 5, { ...plain, groups: 5 });
  check([1, 3, 7, 6], 6, { ...plain, groups: 3, stride: [2, 2] }, "float64");
});

test("gradients of weights with few channels a group, for every number of taps and strides", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (const [groups, o] of [[3, 3], [3, 6], [1, 3], [3, 9]]) {
      for (const kernel of [[1, 2], [3, 1], [2, 2], [1, 5], [3, 3]] as const) {
        for (const stride of [[1, 1], [2, 2]] as const) {
          check([2, 3, 6, 11], o, { ...plain, groups, kernel, stride, padding: [0, 1] }, dtype);
        }
      }
    }
    const window = { ...plain, groups: 3 };
    const x = noise([2, 3, 6, 5], dtype);
    for (
      const g of [
        viewPermute(noise([2, 4, 3, 3], dtype), [0, 3, 1, 2]),
        viewPermute(noise([2, 3, 3, 4], dtype), [0, 1, 3, 2]),
        viewExpand(noise([1, 3, 1, 1], dtype), [2, 3, 4, 3]),
        viewExpand(noise([2, 3, 4, 1], dtype), [2, 3, 4, 3]),
      ]
    ) {
      assertClose(
        list(wasm.conv2dWeightGradient(g, x, [3, 1, 3, 3], window)),
        list(reference.conv2dWeightGradient(g, x, [3, 1, 3, 3], window)),
        TOLERANCE[dtype],
      );
    }
  }
});

test("convolutions agree with the reference for every width of a line", () => {
  for (let width = 1; width <= 35; width++) {
    check([1, 1, 2, width], 1 + width % 5, { ...plain, kernel: [1, 1] });
    check([1, 13, 3, width], 13 + width % 5, { ...plain, kernel: [2, 1] });
  }
  for (let width = 1; width <= 10; width++) {
    check([1, 1, 2, width], 3, { ...plain, kernel: [1, 1] }, "float64");
  }
});

test("convolutions agree with the reference across the borders of their blocks", () => {
  check([1, 60, 5, 5], 17, { ...plain, padding: [1, 1] });
  check([2, 1, 20, 30], 5, plain);
  check([1, 1, 2, 300], 2, { ...plain, kernel: [1, 3] });
  check([1, 40, 4, 4], 33, plain, "float64");
});

test("convolutions of windows larger than what they leave", () => {
  check([1, 2, 5, 5], 2, { ...plain, kernel: [5, 5] });
  check([2, 1, 4, 4], 1, { ...plain, kernel: [1, 1], stride: [5, 5] });
  check([1, 1, 1, 1], 1, { ...plain, padding: [1, 1] });
});

test("convolutions whose border is wider than the window along one axis, and narrower along the other", () => {
  for (const padding of [[0, 3], [3, 0], [1, 4]] as const) {
    for (const kernel of [[1, 2], [2, 1], [3, 2], [2, 3]] as const) {
      for (const stride of [[1, 1], [2, 1], [1, 2]] as const) {
        check([2, 3, 5, 4], 2, { ...plain, kernel, padding, stride });
      }
    }
  }
});

test("convolutions take operands of any strides", () => {
  const window = { ...plain, padding: [1, 1] } as const;
  const x = viewPermute(noise([2, 5, 6, 3]), [0, 3, 1, 2]);
  const weight = viewPermute(noise([3, 3, 3, 4]), [3, 0, 1, 2]);
  const g = viewPermute(noise([2, 6, 5, 4]), [0, 3, 2, 1]);
  const one = viewExpand(noise([1, 1, 1, 1]), [2, 4, 5, 6]);
  const bias = viewExpand(noise([1]), [4]);
  for (const gradient of [g, one]) {
    assertClose(
      list(wasm.conv2dInputGradient(gradient, weight, x.shape, window)),
      list(reference.conv2dInputGradient(gradient, weight, x.shape, window)),
      3e-5,
    );
    assertClose(
      list(wasm.conv2dWeightGradient(gradient, x, weight.shape, window)),
      list(reference.conv2dWeightGradient(gradient, x, weight.shape, window)),
      3e-5,
    );
  }
  assertClose(
    list(wasm.conv2d(x, weight, bias, window)),
    list(reference.conv2d(x, weight, bias, window)),
    3e-5,
  );
});

test("convolutions of an empty batch", () => {
  const x = array([], [0, 2, 5, 5]);
  const weight = noise([3, 2, 3, 3]);
  const y = wasm.conv2d(x, weight, null, plain);
  assertSame(y.shape, [0, 3, 3, 3]);
  assertSame(wasm.conv2dInputGradient(y, weight, x.shape, plain).shape, x.shape);
  assertSame(list(wasm.conv2dWeightGradient(y, x, weight.shape, plain)), new Array(54).fill(0));
});

test("an image of a batch has the bits it has alone", () => {
  const x = noise([3, 4, 9, 9]);
  const weight = noise([5, 4, 3, 3]);
  const together = list(wasm.conv2d(x, weight, null, plain));
  const values = list(x);
  const each = [0, 1, 2].flatMap((i) => {
    const image = array(values.slice(324 * i, 324 * (i + 1)), [1, 4, 9, 9]);
    return list(wasm.conv2d(image, weight, null, plain));
  });
  assertEquals(each, together);
});

test("convolutions leave no scratch memory behind", () => {
  const window = { ...plain, stride: [2, 2] } as const;
  const [x, weight] = [noise([1, 2, 7, 7]), noise([3, 2, 3, 3])];
  const before = arena.stats().resident;
  const y = wasm.conv2d(x, weight, null, window);
  const results = [
    y,
    wasm.conv2dInputGradient(y, weight, x.shape, window),
    wasm.conv2dWeightGradient(y, x, weight.shape, window),
  ];
  results.forEach((result) => arena.free(result.storage, "temporary"));
  assertStrictEquals(arena.stats().resident, before);
});

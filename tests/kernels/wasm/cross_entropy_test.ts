import { test } from "node:test";
import { assert, assertStrictEquals } from "@std/assert";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { softmaxes as crossEntropies } from "../../../src/kernels/wasm/kernels/softmax.ts";
import type { Shape } from "../../../src/shape.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute } from "../../../src/storage/views.ts";
import { useThreads } from "../../support/threads.ts";
import { assertSame } from "../../support/assert.ts";

function floats(shape: Shape): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: count }, (_, i) => 4 * Math.sin(i * 7.3));
  return NDArray.from(values, shape, "float32");
}

function classes(shape: Shape, count: number): NDArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return NDArray.from(Array.from({ length: size }, (_, i) => (i * 5 + 1) % count), shape, "int32");
}

function close(got: NDArray, wanted: NDArray): void {
  assertSame(got.shape, wanted.shape);
  assert(got.contiguous);
  const values = [...wanted.values()];
  [...got.values()].forEach((value, i) => {
    const error = Math.abs(value - values[i]);
    assert(error <= 1e-6 * Math.max(1, Math.abs(values[i])), `${i}: ${value} for ${values[i]}`);
  });
}

/** Compares losses and gradients; `g` makes the gradients of the losses. */
function agree(x: NDArray, axis: number, g: (shape: Shape) => NDArray = floats): void {
  const index = classes(x.shape.toSpliced(axis, 1), x.shape[axis]);
  const gradients = g(index.shape);
  close(crossEntropies.crossEntropy(x, index, axis), reference.crossEntropy(x, index, axis));
  close(
    crossEntropies.crossEntropyGradient(gradients, x, index, axis),
    reference.crossEntropyGradient(gradients, x, index, axis),
  );
}

test("rows of every length", () => {
  for (let n = 1; n <= 20; n++) agree(floats([3, n]), 1);
  for (const n of [255, 256, 257, 1000]) agree(floats([2, n]), 1);
});

test("any axis, views, one row, no rows", () => {
  const x = floats([4, 5, 6]);
  for (const axis of [0, 1, 2]) {
    agree(x, axis);
    agree(viewPermute(x, [2, 0, 1]), axis);
  }
  agree(floats([7]), 0);
  agree(floats([0, 7]), 1);
});

test("one gradient for all losses, and gradients in another order", () => {
  agree(floats([5, 3]), 1, (shape) => viewExpand(floats([1]), shape));
  agree(floats([5, 3, 4]), 1, ([n, d]) => viewPermute(floats([d, n]), [1, 0]));
});

test("several threads give the bits of one", async () => {
  const [x, index, g] = [floats([37, 11]), classes([37], 11), floats([37])];
  const results: string[] = [];
  for (const threads of [1, 3]) {
    await useThreads(threads);
    const both = [
      crossEntropies.crossEntropy(x, index, 1),
      crossEntropies.crossEntropyGradient(g, x, index, 1),
    ];
    results.push(both.map((array) => array.values().join()).join());
  }
  assertStrictEquals(results[1], results[0]);
});

test("a certain answer costs nothing, and an impossible one everything", () => {
  const x = NDArray.from([1e4, 0, 0, 1e4], [2, 2], "float32");
  const index = NDArray.from([0, 0], [2], "int32");
  assertSame([...crossEntropies.crossEntropy(x, index, 1).values()], [0, 1e4]);
  const ones = NDArray.from([1, 1], [2], "float32");
  const gradient = crossEntropies.crossEntropyGradient(ones, x, index, 1);
  assertSame([...gradient.values()], [0, 0, -1, 1]);
});

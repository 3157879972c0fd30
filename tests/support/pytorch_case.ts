/**
 * Compares a call with numbers of PyTorch's that are written in the test.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { arange, type Shape, type Tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "./kernels.ts";

/** Shape of the result; its elements; for each input the gradient, where the result has `wave(…, 3)`. */
export type Expected = readonly [Shape, ...(readonly number[])[]];

/** Float64 multiples of 1/4 from −1.25 to 1.25, in an irregular order that starts at `shift`. */
export function wave(shape: Shape, shift = 0): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const places = arange(shift, shift + size, { dtype: "float64" });
  return places.mul(7).remainder(11).sub(5).div(4).reshape(shape);
}

/** Checks that elements are as expected, up to a few roundings. */
export function checkValues(actual: Tensor, expected: readonly number[], what: string): void {
  assertStrictEquals(actual.numel(), expected.length, what);
  actual.data.forEach((value, i) => {
    const wanted = expected[i];
    const isNear = Math.abs(value - wanted) <= 16 * 2 ** -53 * Math.max(1, Math.abs(wanted));
    assert(isNear || Object.is(value, wanted), `${what}[${i}] is ${value}, expected ${wanted}`);
  });
}

/** Checks results and gradients of `f` with every backend. */
export function checkPytorch(
  [shape, values, ...gradients]: Expected,
  inputs: readonly Tensor[],
  f: (...inputs: Tensor[]) => Tensor,
): void {
  const [usual] = kernelNames();
  for (const kernels of kernelNames()) {
    setKernels(kernels);
    try {
      const leaves = inputs.map((x) => x.detach().clone().requiresGrad_());
      const y = f(...leaves);
      assertEquals(y.shape, shape);
      checkValues(y, values, `${kernels}: result`);
      y.backward(wave(shape, 3));
      gradients.forEach((gradient, i) => {
        checkValues(leaves[i].grad!, gradient, `${kernels}: gradient ${i}`);
      });
    } finally {
      setKernels(usual);
    }
  }
}

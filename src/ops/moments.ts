/**
 * Mean and variance, for ops and layers that need both.
 *
 * @module
 */

import { ElementFunction } from "../kernels/element_function.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Shape } from "../shape.ts";
import type { RawArray } from "../storage/raw_array.ts";
import { mapElements } from "./elementwise.ts";

const divide = new ElementFunction("divide", 2, (k, [x, n]) => k.div(x, n));
const squaredDistance = new ElementFunction("squared distance", 2, (k, [x, mean]) => {
  const distance = k.sub(x, mean);
  return k.mul(distance, distance);
});
const inverseRoot = new ElementFunction(
  "inverse deviation",
  2,
  (k, [variance, eps]) => k.div(1, k.sqrt(k.add(variance, eps))),
);
/** Number of elements along `axes`. */
export function countOf(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((n, axis) => n * shape[axis], 1);
}

/** Mean and variance (that of the population) along `axes`, which stay with size 1. */
export interface Moments {
  readonly mean: RawArray;
  readonly variance: RawArray;
}

/** The moments of `x`, in two passes, so that a large mean costs no digits. */
export function momentsOf(k: Kernels, x: RawArray, axes: readonly number[]): Moments {
  const mean = meanOf(k, x, axes);
  return { mean, variance: meanOf(k, mapElements(k, squaredDistance, [x, mean]), axes) };
}

/** The mean of x² along `axes`, which stay with size 1. */
export function meanSquareOf(k: Kernels, x: RawArray, axes: readonly number[]): RawArray {
  return meanOf(k, mapElements(k, squaredDistance, [x, 0]), axes);
}

/** 1 / √(variance + ε) */
export function inverseDeviationOf(k: Kernels, variance: RawArray, eps: number): RawArray {
  return mapElements(k, inverseRoot, [variance, eps]);
}

function meanOf(k: Kernels, x: RawArray, axes: readonly number[]): RawArray {
  const total = k.reduce("sum", x, axes, true, x.dtype);
  return mapElements(k, divide, [total, countOf(x.shape, axes)]);
}

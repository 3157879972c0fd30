/**
 * Mean and variance, for ops and layers that need both.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { countOf } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { copy, mapElements } from "./elementwise.ts";

// A division: n · (1 / n) is not 1 for every n.
const divide = new Formula("divide", 2, (k, [x, n]) => k.div(x, n));
const squaredDistance = new Formula("squared distance", 2, (k, [x, mean]) => {
  const distance = k.sub(x, mean);
  return k.mul(distance, distance);
});
const inverseRoot = new Formula(
  "inverse deviation",
  2,
  (k, [variance, eps]) => k.div(1, k.sqrt(k.add(variance, eps))),
);

/** The mean of `x` along `axes`, added up and divided in `dtype`. */
export function meanOf(
  k: Kernels,
  x: NDArray,
  axes: readonly number[],
  keepDims: boolean,
  dtype: DType,
): NDArray {
  const total = k.reduce("sum", x, axes, keepDims, dtype);
  k.mapInto(divide, [total, countOf(x.shape, axes)], total, dtype);
  return total;
}

/** Mean and population variance along `axes`, which stay with size 1. */
interface Moments {
  /** In the dtype of the elements. */
  readonly mean: NDArray;
  /** In float64, so that what is computed from it is rounded once. */
  readonly variance: NDArray;
}

/** The moments of `x`, in two passes, so that a large mean costs no digits. */
export function momentsOf(k: Kernels, x: NDArray, axes: readonly number[]): Moments {
  const mean = copy(k, meanOf(k, x, axes, true, "float64"), x.dtype);
  const squares = mapElements(k, squaredDistance, [x, mean]);
  return { mean, variance: meanOf(k, squares, axes, true, "float64") };
}

/** The mean of x² along `axes`, which stay with size 1, in float64. */
export function meanSquareOf(k: Kernels, x: NDArray, axes: readonly number[]): NDArray {
  return meanOf(k, mapElements(k, squaredDistance, [x, 0]), axes, true, "float64");
}

/** 1 / √(variance + ε), as `dtype` */
export function inverseDeviationOf(
  k: Kernels,
  variance: NDArray,
  eps: number,
  dtype: DType,
): NDArray {
  return k.map(inverseRoot, [variance, eps], variance.shape, "float64", dtype);
}

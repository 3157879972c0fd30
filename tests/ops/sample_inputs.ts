/**
 * Inputs for the tests of ops: the samples that stand beside the ops, as tensors of any layout.
 *
 * @module
 */

import { type DType, type FloatDType, isFloat } from "../../src/dtype.ts";
import type { SampleInput } from "../../src/ops/op.ts";
import { contiguousStrides, type Shape, sizeOf } from "../../src/shape.ts";
import { NDArray } from "../../src/storage/ndarray.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** An order of elements in memory. */
export type Layout = "contiguous" | "transposed" | "stepped" | "reversed" | "padded";

/** Layouts that are not contiguous. */
export const STRIDED: readonly Layout[] = ["transposed", "stepped", "reversed", "padded"];

/** Values between the elements of a strided input: an op that reads them gives a wrong result. */
const GAP = { float: NaN, integer: 99 };

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** `n` numbers spread irregularly and without repetition over `from` to `to`. */
export function spread(n: number, from: number, to: number, seed: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const place = ((i + 1) * GOLDEN + 0.31 * seed) % 1;
    return Math.fround(from + (to - from) * place);
  });
}

/** Strides, offset and length of a memory in which an array of `shape` has the layout. */
function memoryOf(shape: Shape, layout: Layout) {
  const step = layout === "stepped" ? 2 : 1;
  const margin = layout === "padded" ? 1 : 0;
  const sizes = shape.map((n) => n * step + 2 * margin);
  const steps = layout === "transposed"
    ? contiguousStrides(sizes.toReversed()).reverse()
    : contiguousStrides(sizes);
  const backwards = layout === "reversed";
  const first = (axis: number) => (backwards ? Math.max(shape[axis] - 1, 0) : margin) * steps[axis];
  return {
    strides: steps.map((s) => s * step * (backwards ? -1 : 1)),
    offset: shape.reduce((sum, _, axis) => sum + first(axis), 0),
    length: sizeOf(sizes),
  };
}

/** A tensor of `values`, laid out as asked. */
export function laidOut(
  values: readonly number[],
  shape: Shape,
  dtype: DType,
  layout: Layout,
): Tensor {
  const { strides, offset, length } = memoryOf(shape, layout);
  const memory = new Array<number>(length).fill(isFloat(dtype) ? GAP.float : GAP.integer);
  const rowMajor = contiguousStrides(shape);
  values.forEach((value, i) => {
    const place = shape.reduce(
      (at, size, axis) => at + (Math.floor(i / rowMajor[axis]) % size) * strides[axis],
      offset,
    );
    memory[place] = value;
  });
  const { storage } = NDArray.from(memory, [length], dtype);
  return new Tensor(new NDArray(storage, shape, strides, offset, dtype));
}

/** A sample input as a tensor, of `dtype` unless it is of integers; or the number that it is. */
export function inputOf(
  sample: SampleInput,
  seed: number,
  dtype: FloatDType,
  layout: Layout = "contiguous",
): Tensor | number {
  if (typeof sample === "number") return sample;
  const { shape } = sample;
  if ("values" in sample) {
    return laidOut(sample.values, shape, isFloat(sample.dtype) ? dtype : sample.dtype, layout);
  }
  return laidOut(spread(sizeOf(shape), sample.from, sample.to, seed), shape, dtype, layout);
}

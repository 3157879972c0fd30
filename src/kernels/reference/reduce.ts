/**
 * Reductions: many elements to one.
 *
 * @module
 */

import { type DType, isFloat } from "../../dtype.ts";
import { type Formula, identity } from "../formula.ts";
import type { Kernels, ReduceKind } from "../kernels.ts";
import { numbers, singles } from "../numbers.ts";
import { convert, highest, lowest, toElement } from "./convert.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { reducedShape, sizeOf } from "../../shape.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";
import { viewPermute } from "../../storage/views.ts";

/** A way to combine elements: the value of an empty reduction, and the step that adds an element. */
interface Combination {
  start(dtype: DType): number;
  step(total: number, value: number): number;
}

/** Totals are float64, so that float32 sums keep their digits however long they are. */
const COMBINATIONS: Readonly<Record<ReduceKind, Combination>> = {
  sum: { start: () => 0, step: (total, value) => total + value },
  prod: { start: () => 1, step: (total, value) => total * value },
  // Math.max and Math.min return NaN if any argument is.
  max: { start: lowest, step: Math.max },
  min: { start: highest, step: Math.min },
};

/** Integer products wrap at every step: in float64 the last bits of a long one would be lost. */
const WRAPPING_PRODUCT: Combination = { start: () => 1, step: Math.imul };

/** Block length; summing by blocks limits rounding error. */
const BLOCK = 32;

/** The reference reductions. */
export const reductions: Pick<Kernels, "reduce" | "argReduce"> = {
  reduce(kind, x, axes, keepDims, dtype, of = identity): NDArray {
    const out = beginKernel([x], reducedShape(x.shape, axes, keepDims), dtype);
    const { start, step } = kind === "prod" && !isFloat(dtype)
      ? WRAPPING_PRODUCT
      : COMBINATIONS[kind];
    const first = start(dtype);
    const valueOf = evaluatorOf(of, dtype);
    const { iterator, length } = iterateReduced(x, axes);
    const from = x.whole();
    const to = out.values();
    for (let i = 0; i < to.length; i++) {
      let total = first;
      for (let j = 0; j < length;) {
        const end = Math.min(j + BLOCK, length);
        let part = first;
        for (; j < end; j++, iterator.next()) {
          part = step(part, valueOf(convert(from[iterator.offsets[0]], x.dtype, dtype)));
        }
        total = step(total, part);
      }
      to[i] = toElement(total, dtype);
    }
    return out;
  },

  argReduce(kind, x, axis, keepDims): NDArray {
    // A scalar counts as having one axis, of size 1, which is not there to be removed.
    const axes = x.shape.length === 0 ? [] : [axis];
    const out = beginKernel([x], reducedShape(x.shape, axes, keepDims), "int32");
    const { iterator, length } = iterateReduced(x, axes);
    const from = x.whole();
    const to = out.values();
    const [start, isBetter] = kind === "max"
      ? [-Infinity, (a: number, b: number) => a > b] as const
      : [Infinity, (a: number, b: number) => a < b] as const;
    for (let i = 0; i < to.length; i++) {
      let [best, found]: number[] = [start, 0];
      for (let j = 0; j < length; j++, iterator.next()) {
        const value = from[iterator.offsets[0]];
        // Nothing compares with NaN: the first one stays.
        if (isBetter(value, best) || (Number.isNaN(value) && !Number.isNaN(best))) {
          best = value;
          found = j;
        }
      }
      to[i] = found;
    }
    return out;
  },
};

/** Computes `of` one element of `dtype`. */
function evaluatorOf(of: Formula, dtype: DType): (value: number) => number {
  if (of === identity) return (value) => value;
  const arithmetic = dtype === "float32" ? singles : numbers;
  return (value) => toElement(of.rule(arithmetic, [value]), dtype);
}

/** An iterator on which the `length` elements of each result follow each other. */
function iterateReduced(
  x: NDArray,
  axes: readonly number[],
): { iterator: StridedIterator; length: number } {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const moved = viewPermute(x, [...kept, ...axes]);
  return {
    iterator: new StridedIterator(moved.shape, [moved]),
    length: sizeOf(moved.shape.slice(kept.length)),
  };
}

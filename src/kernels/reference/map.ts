/**
 * Elementwise functions.
 *
 * @module
 */

import { type DType, isFloat, type TypedArray } from "../../dtype.ts";
import type { Arithmetic, Operand } from "../arithmetic.ts";
import type { Formula } from "../formula.ts";
import type { Kernels } from "../kernels.ts";
import { integers, numbers, singles } from "../numbers.ts";
import { convert, toElement } from "./convert.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { arena } from "../../storage/arena.ts";
import { beginKernel, NDArray, touch } from "../../storage/ndarray.ts";
import { viewExpand } from "../../storage/views.ts";

/** The reference elementwise kernels. */
export const maps: Pick<Kernels, "map" | "mapInto" | "assign" | "mapRows"> = {
  map(f, operands, shape, compute, dtype): NDArray {
    arena.begin();
    touch(...operands.filter(isArray));
    const out = NDArray.allocate(shape, dtype);
    evaluate(f, operands, out, compute);
    return out;
  },

  mapInto(f, operands, out, compute): void {
    arena.begin();
    touch(out, ...operands.filter(isArray));
    evaluate(f, operands, out, compute);
  },

  assign(assignments): void {
    for (const { f, operands, out } of assignments) maps.mapInto(f, operands, out, out.dtype);
  },

  mapRows(f, x, rows, numbers, dtype): NDArray {
    const entry = x.shape.slice(1);
    const out = beginKernel([x], [rows.length, ...entry], dtype);
    for (let i = 0; i < rows.length; i++) {
      evaluate(f, [entryOf(x, rows[i]), ...numbers], entryOf(out, i), dtype);
    }
    return out;
  },
};

function isArray(operand: Operand<NDArray>): operand is NDArray {
  return typeof operand !== "number";
}

/** Entry `i` of axis 0. */
function entryOf(x: NDArray, i: number): NDArray {
  const offset = x.offset + i * x.strides[0];
  return new NDArray(x.storage, x.shape.slice(1), x.strides.slice(1), offset, x.dtype);
}

/** Reads one operand at the current place of an iterator. */
type Reader = () => number;

function evaluate(
  f: Formula,
  operands: readonly Operand<NDArray>[],
  out: NDArray,
  compute: DType,
): void {
  const arrays = operands.filter(isArray).map((array) => viewExpand(array, out.shape));
  const iterator = new StridedIterator(out.shape, [out, ...arrays]);
  let place = 1;
  const readers = operands.map((operand): Reader => {
    if (!isArray(operand)) return () => toElement(operand, compute);
    return readAt(operand.whole(), iterator, place++, operand.dtype, compute);
  });
  const inputs = new Array<number>(operands.length);
  const written = out.whole();
  const arithmetic = arithmeticOf(compute);
  for (let i = 0; i < out.size; i++, iterator.next()) {
    for (let j = 0; j < inputs.length; j++) inputs[j] = readers[j]();
    const value = toElement(f.rule(arithmetic, inputs), compute);
    written[iterator.offsets[0]] = convert(value, compute, out.dtype);
  }
}

function arithmeticOf(dtype: DType): Arithmetic<number> {
  if (!isFloat(dtype)) return integers;
  return dtype === "float32" ? singles : numbers;
}

function readAt(
  from: TypedArray,
  iterator: StridedIterator,
  place: number,
  dtype: DType,
  to: DType,
): Reader {
  if (dtype === to) return () => from[iterator.offsets[place]];
  return () => convert(from[iterator.offsets[place]], dtype, to);
}

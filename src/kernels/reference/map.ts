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
export const maps: Pick<Kernels, "map" | "mapInto" | "mapAllInto" | "assign" | "mapRows"> = {
  map(f, operands, shape, compute, dtype): NDArray {
    const out = beginKernel(operands.filter(isArray), shape, dtype);
    evaluateOne(f, operands, out, compute);
    return out;
  },

  mapInto(f, operands, out, compute): void {
    arena.begin();
    touch(out, ...operands.filter(isArray));
    evaluateOne(f, operands, out, compute);
  },

  mapAllInto(fs, operands, outs): void {
    arena.begin();
    touch(...outs, ...operands.filter(isArray));
    const [{ dtype: compute }] = outs;
    const arithmetic = arithmeticOf(compute);
    evaluate((inputs) => fs.rule(arithmetic, inputs), operands, outs, compute);
  },

  assign(assignments): void {
    for (const { f, operands, out } of assignments) maps.mapInto(f, operands, out, out.dtype);
  },

  mapRows(f, x, rows, numbers, dtype): NDArray {
    const entry = x.shape.slice(1);
    const out = beginKernel([x], [rows.length, ...entry], dtype);
    rows.forEach((row, i) => evaluateOne(f, [entryOf(x, row), ...numbers], entryOf(out, i), dtype));
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

function evaluateOne(
  f: Formula,
  operands: readonly Operand<NDArray>[],
  out: NDArray,
  compute: DType,
): void {
  const arithmetic = arithmeticOf(compute);
  evaluate((inputs) => [f.rule(arithmetic, inputs)], operands, [out], compute);
}

/** Writes to each of `outs` what `rule` makes of the operands. */
function evaluate(
  rule: (inputs: readonly number[]) => readonly number[],
  operands: readonly Operand<NDArray>[],
  outs: readonly NDArray[],
  compute: DType,
): void {
  const [{ shape, size, dtype }] = outs;
  const arrays = operands.filter(isArray).map((array) => viewExpand(array, shape));
  const iterator = new StridedIterator(shape, [...outs, ...arrays]);
  let place = outs.length;
  const readers = operands.map((operand): Reader => {
    if (!isArray(operand)) return () => toElement(operand, compute);
    return readAt(operand.whole(), iterator, place++, operand.dtype, compute);
  });
  const inputs = new Array<number>(operands.length);
  const written = outs.map((out) => out.whole());
  for (let i = 0; i < size; i++, iterator.next()) {
    for (let j = 0; j < inputs.length; j++) inputs[j] = readers[j]();
    const values = rule(inputs);
    for (let j = 0; j < outs.length; j++) {
      written[j][iterator.offsets[j]] = convert(toElement(values[j], compute), compute, dtype);
    }
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

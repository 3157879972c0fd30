/**
 * Elementwise functions, and copies of strided arrays, which are elementwise, too.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Operand } from "../../arithmetic.ts";
import { identity } from "../../formula.ts";
import type { Kernels } from "../../kernels.ts";
import { toElement } from "../../reference/convert.ts";
import { maps as reference } from "../../reference/map.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import { clear, collapse, copyBytes } from "./layout.ts";
import { type Compiled, compiled, operandCode } from "./map_cache.ts";
import { type Layout, SLOT } from "./map_kernel.ts";
import { MAP_SLOTS, Scratch } from "../scratch.ts";
import { moduleText } from "../assembler/text.ts";
import { specialize } from "../simd/specialize.ts";
import type { Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { sameShape, sizeOf } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";
import { viewExpand, viewPermute } from "../../../storage/views.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/**
 * `x`, or a contiguous copy as `dtype` that the caller frees. The copy is a kernel of its own.
 */
export function makeContiguous(x: NDArray, dtype: DType = x.dtype): NDArray {
  if (x.contiguous && x.dtype === dtype) return x;
  return maps.map(identity, [x], x.shape, dtype, dtype);
}

/**
 * Starts a kernel on contiguous forms of `arrays`, returns its result, and frees the copies that it
 * took.
 */
export function withContiguous(
  arrays: readonly NDArray[],
  kernel: (dense: NDArray[]) => NDArray,
): NDArray {
  const dense = arrays.map((x) => makeContiguous(x));
  arena.begin();
  touch(...dense);
  const result = kernel(dense);
  dense.forEach((copy, i) => {
    if (copy !== arrays[i]) arena.free(copy.storage, "temporary");
  });
  return result;
}

/** A view of `x` with `axis` as the last one. */
export function axisLast(x: NDArray, axis: number): NDArray {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return viewPermute(x, [...others, axis]);
}

/** Undoes `axisLast`, and makes the result contiguous; frees `rows` if it has to copy. */
export function axisBack(rows: NDArray, axis: number): NDArray {
  const order = rows.shape.map((_, i) => i - Number(i > axis));
  const out = makeContiguous(viewPermute(rows, order.with(axis, order.length - 1)));
  if (out.storage !== rows.storage) arena.free(rows.storage, "temporary");
  return out;
}

/**
 * Columns that a kernel takes at once when they are far apart in memory: few enough that their cache
 * lines are still there when the next row needs the neighbours.
 */
const STRIDED_BLOCK = 64;

/** Elementwise kernels. */
export const maps: Pick<Kernels, "map" | "mapInto" | "mapRows" | "mapText"> = {
  map(f, operands, shape, compute, dtype): NDArray {
    const code = compiled(specialize(f, operands), compute, dtype, operands.length);
    if (code === null) return reference.map(f, operands, shape, compute, dtype);
    arena.begin();
    touchAll(operands);
    const out = NDArray.allocate(shape, dtype);
    computeInto(code, operands, out, compute);
    return out;
  },

  mapInto(f, operands, out, compute): void {
    const code = compiled(specialize(f, operands), compute, out.dtype, operands.length);
    if (code === null) return reference.mapInto(f, operands, out, compute);
    arena.begin();
    arena.touch(out.storage);
    touchAll(operands);
    computeInto(code, operands, out, compute);
  },

  mapRows(f, x, rows, numbers, dtype): NDArray {
    const code = compiled(f, dtype, dtype, 1 + numbers.length);
    const isCopy = code?.isCopy && x.dtype === dtype;
    const usable = x.contiguous && x.shape.length > 0 && code !== null;
    if (!usable) return reference.mapRows(f, x, rows, numbers, dtype);
    arena.begin();
    arena.touch(x.storage);
    const entry = x.shape.slice(1);
    const size = sizeOf(entry);
    const out = NDArray.allocate([rows.length, ...entry], dtype);
    const from = size * DTYPES[x.dtype].bytes;
    const to = size * DTYPES[dtype].bytes;
    if (isCopy) {
      for (let i = 0; i < rows.length; i++) copyBytes(out.ptr + i * to, x.ptr + rows[i] * from, to);
      return out;
    }
    if (out.size === 0) return out;
    const operands = [x, ...numbers];
    const kernel = code.picking(operandKey(operands));
    const table = new Scratch(rows.byteLength);
    wasmMemory.i32.set(rows, table.at[0] / 4);
    setNumbers(operands, dtype);
    setArray(0, out.ptr, to, 0);
    setArray(1, x.ptr, from, table.at[0]);
    sweep(kernel, rows.length, size, size);
    table.free();
    return out;
  },

  mapText(f, dtype): string | null {
    const code = compiled(f, dtype, f.isCondition ? "bool" : dtype, f.arity);
    return code && moduleText(code.module());
  },
};

function touchAll(operands: readonly Operand<NDArray>[]): void {
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") arena.touch(operand.storage);
  }
}

/** Fills slot `index`: 0 is the result, the operands follow. */
function setArray(index: number, ptr: number, rowStep: number, columnStep: number): void {
  const { i32 } = wasmMemory;
  const at = (MAP_SLOTS + index * SLOT) / 4;
  i32[at] = ptr;
  i32[at + 1] = rowStep;
  i32[at + 2] = columnStep;
}

function setNumbers(operands: readonly Operand<NDArray>[], compute: DType): void {
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") continue;
    wasmMemory.f64[(MAP_SLOTS + (i + 1) * SLOT) / 8] = toElement(operand, compute);
  }
}

function computeInto(
  code: Compiled,
  operands: readonly Operand<NDArray>[],
  out: NDArray,
  compute: DType,
): void {
  if (out.size === 0) return;
  setNumbers(operands, compute);
  if (!isFlat(operands, out)) return runStrided(code, operands, out);
  const first = operands[0];
  if (code.isCopy && Object.is(first, 0)) return clear(out.ptr, out.size * DTYPES[out.dtype].bytes);
  if (code.isCopy && compute === out.dtype && isLike(first, out)) {
    // In place, as with x.pow_(1), nothing moves.
    if (first.ptr === out.ptr) return;
    return copyBytes(out.ptr, first.ptr, out.size * DTYPES[out.dtype].bytes);
  }
  const kernel = code.kernel(operandKey(operands), "dense");
  setArray(0, out.ptr, 0, 0);
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") setArray(i + 1, operand.ptr, 0, 0);
  }
  sweep(kernel, 1, out.size, out.size);
}

/** Columns that stay together, so that no two threads write to the same cache line. */
const UNIT = 64;

/** Runs `kernel` on all rows and columns, `block` columns at once, of the arrays in the slots. */
function sweep(kernel: Kernel, rows: number, columns: number, block: number): void {
  const threads = threadsFor(rows * columns * NANOSECONDS.element);
  const byRows = rows >= threads;
  parallel(threads, byRows ? rows : Math.ceil(columns / UNIT), (first, last, call) => {
    const [row, rowEnd] = byRows ? [first, last] : [0, rows];
    const [start, end] = byRows ? [0, columns] : [first * UNIT, Math.min(last * UNIT, columns)];
    for (let column = start; column < end; column += block) {
      call(kernel, MAP_SLOTS, row, rowEnd, column, Math.min(column + block, end));
    }
  });
}

/** Returns true if `operand` has as many elements as `out`, of the same dtype. */
function isLike(operand: Operand<NDArray>, out: NDArray): operand is NDArray {
  return typeof operand !== "number" && operand.size === out.size && operand.dtype === out.dtype;
}

/** Returns true if one row is enough: all arrays lie in memory as `out` does, or have one element. */
function isFlat(operands: readonly Operand<NDArray>[], out: NDArray): boolean {
  if (!out.contiguous) return false;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand === "number" || operand.size === 1) continue;
    if (!operand.contiguous || !sameShape(operand.shape, out.shape)) return false;
  }
  return true;
}

/** The key of the kernel for operands of `layouts`; if these are left out, of dense arrays and splats. */
function operandKey(operands: readonly Operand<NDArray>[], layouts?: readonly Layout[]): number {
  let key = 0;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    const code = typeof operand === "number"
      ? operandCode("number", "bool")
      : operandCode(layouts?.[i] ?? (operand.size === 1 ? "splat" : "dense"), operand.dtype);
    key = key * 16 + code;
  }
  return key;
}

/** Runs arrays of any layout: joins axes; the kernel loops over the last two, JavaScript over the rest. */
function runStrided(code: Compiled, operands: readonly Operand<NDArray>[], out: NDArray): void {
  const arrays: NDArray[] = [out];
  /** Slot of each array. */
  const slots: number[] = [0];
  operands.forEach((operand, i) => {
    if (typeof operand === "number") return;
    arrays.push(viewExpand(operand, out.shape));
    slots.push(i + 1);
  });
  const { sizes, strides } = collapse(out.shape, arrays.map((array) => array.strides));
  const steps = strides.map((own, i) =>
    own.map((stride) => stride * DTYPES[arrays[i].dtype].bytes)
  );
  const columnAxis = sizes.length - 1;
  const columns = sizes[columnAxis] ?? 1;
  const rows = sizes[columnAxis - 1] ?? 1;
  const layouts: Layout[] = [];
  strides.forEach((own, i) => layouts[slots[i]] = layoutOf(own[columnAxis] ?? 1));
  const [layout, ...others] = layouts;
  const kernel = code.kernel(operandKey(operands, others), layout);
  const block = rows > 1 && layouts.includes("strided") ? STRIDED_BLOCK : columns;
  const outer = sizes.slice(0, -2);
  // As bytes from address 0, the places of an iterator are addresses.
  const views = arrays.map((array, i) => ({ offset: array.ptr, strides: steps[i] }));
  const iterator = new StridedIterator(outer, views);
  const { offsets } = iterator;
  for (let left = sizeOf(outer); left > 0; left--, iterator.next()) {
    for (let i = 0; i < arrays.length; i++) {
      setArray(slots[i], offsets[i], steps[i][columnAxis - 1] ?? 0, steps[i][columnAxis] ?? 0);
    }
    sweep(kernel, rows, columns, block);
  }
}

function layoutOf(stride: number): Layout {
  return stride === 1 ? "dense" : stride === 0 ? "splat" : "strided";
}

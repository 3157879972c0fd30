/**
 * Elementwise functions, and copies of strided arrays, which are elementwise, too.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Operand } from "../../arithmetic.ts";
import { type Formula, identity } from "../../formula.ts";
import type { Kernels } from "../../kernels.ts";
import { toElement } from "../../reference/convert.ts";
import { maps as reference } from "../../reference/map.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import { type Axes, clear, collapse, copyBytes } from "./layout.ts";
import { type Compiled, compiled, hasKey, operandKey } from "./map_cache.ts";
import { fuse } from "./map_fusion.ts";
import { type Layout, SLOT } from "./map_kernel.ts";
import { MAP_SLOTS, Scratch } from "../scratch.ts";
import { moduleText } from "../assembler/text.ts";
import { hasAngles, limitOf } from "../simd/limits.ts";
import { specialize } from "../simd/specialize.ts";
import type { Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { mapList } from "../../../lists.ts";
import { sameShape, type Shape, sizeOf } from "../../../shape.ts";
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
  const dense = mapList(arrays, (x) => makeContiguous(x));
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
  const order = mapList(rows.shape, (_, i) => i - Number(i > axis));
  const out = makeContiguous(viewPermute(rows, order.with(axis, order.length - 1)));
  if (out.storage !== rows.storage) arena.free(rows.storage, "temporary");
  return out;
}

/**
 * Columns that a kernel takes at once when they are far apart in memory: few enough that their cache
 * lines are still there when the next row needs the neighbours.
 */
const STRIDED_BLOCK = 64;

/** Elements of a row that take no longer than its start. */
const SHORT_ROW = 8;

/** Elements of all rows that take no longer than the call of a kernel. */
const SHORT_CALL = 1024;

/** Columns that a kernel takes at once of a few rows, whose elements lie side by side in memory. */
const THIN_BLOCK = 512;

/** Elementwise kernels. */
export const maps: Pick<
  Kernels,
  "map" | "mapInto" | "mapAllInto" | "assign" | "mapRows" | "mapText"
> = {
  map(f, operands, shape, compute, dtype): NDArray {
    const code = codeFor(f, operands, shape, compute, dtype);
    if (code === null) return reference.map(f, operands, shape, compute, dtype);
    arena.begin();
    touchAll(operands);
    const out = NDArray.allocate(shape, dtype);
    computeInto(code, operands, [out], compute);
    return out;
  },

  mapInto(f, operands, out, compute): void {
    const code = codeFor(f, operands, out.shape, compute, out.dtype);
    if (code === null) return reference.mapInto(f, operands, out, compute);
    arena.begin();
    arena.touch(out.storage);
    touchAll(operands);
    computeInto(code, operands, [out], compute);
  },

  mapAllInto(fs, operands, outs): void {
    const { dtype } = outs[0];
    const isLimited = dtype === "float64" && hasAngles(fs);
    const usable = hasKey(operands) && !isLimited;
    const code = usable ? compiled(fs, dtype, dtype, operands.length) : null;
    if (code === null) return reference.mapAllInto(fs, operands, outs);
    arena.begin();
    touchAll(outs);
    touchAll(operands);
    computeInto(code, operands, outs, dtype);
  },

  assign(assignments): void {
    const fused = fuse(assignments);
    if (fused === null) {
      for (const { f, operands, out } of assignments) maps.mapInto(f, operands, out, out.dtype);
      return;
    }
    const { code, operands, outs } = fused;
    arena.begin();
    touchAll(operands);
    computeInto(code, operands, outs, outs[0].dtype);
  },

  mapRows(f, x, rows, numbers, dtype): NDArray {
    const operands = [x, ...numbers];
    const code = codeFor(f, operands, null, dtype, dtype);
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
    const kernel = code.picking(operandKey(operands));
    const table = new Scratch(rows.byteLength);
    wasmMemory.i32.set(rows, table.at[0] / 4);
    setNumbers(1, operands, dtype);
    setArray(0, out.ptr, to, 0);
    setArray(1, x.ptr, from, table.at[0]);
    sweep(kernel, [rows.length, size], size);
    table.free();
    return out;
  },

  mapText(f, dtype): string | null {
    const code = compiled(f, dtype, f.isCondition ? "bool" : dtype, f.arity);
    return code && moduleText(code.module());
  },
};

/** The kernels of `f`, or null if it must be left to the reference backend; without a shape, if it may. */
function codeFor(
  f: Formula,
  operands: readonly Operand<NDArray>[],
  shape: Shape | null,
  compute: DType,
  dtype: DType,
): Compiled | null {
  if (!hasKey(operands)) return null;
  const code = compiled(specialize(f, operands), compute, dtype, operands.length);
  const limit = code !== null && compute === "float64" ? limitOf(f) : null;
  if (limit === null) return code;
  return shape !== null && holds(limit, operands, shape) ? code : null;
}

/** Four booleans. */
const TRUE = 0x01010101;

/** Returns true if `condition` holds for all elements of float64. */
function holds(condition: Formula, operands: readonly Operand<NDArray>[], shape: Shape): boolean {
  const mark = arena.open();
  try {
    const bytes = maps.map(condition, operands, shape, "float64", "bool").values();
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let all = TRUE;
    for (let i = 0; i < words.length; i++) all &= words[i];
    return all === TRUE && !bytes.subarray(4 * words.length).includes(0);
  } finally {
    arena.close(mark, "temporary", []);
  }
}

function touchAll(operands: readonly Operand<NDArray>[]): void {
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") arena.touch(operand.storage);
  }
}

/** Fills slot `index`: the results come first, then the operands. */
function setArray(index: number, ptr: number, rowStep: number, columnStep: number): void {
  const { i32 } = wasmMemory;
  const at = (MAP_SLOTS + index * SLOT) / 4;
  i32[at] = ptr;
  i32[at + 1] = rowStep;
  i32[at + 2] = columnStep;
}

/** Fills the slots of the numbers among `operands`, the first of which has slot `first`. */
function setNumbers(
  first: number,
  operands: readonly Operand<NDArray>[],
  compute: DType,
): void {
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") continue;
    wasmMemory.f64[(MAP_SLOTS + (first + i) * SLOT) / 8] = toElement(operand, compute);
  }
}

/** Runs a kernel whose results are `outs`, all of one shape. */
function computeInto(
  code: Compiled,
  operands: readonly Operand<NDArray>[],
  outs: readonly NDArray[],
  compute: DType,
): void {
  const [out] = outs;
  if (out.size === 0) return;
  const first = operands[0];
  const isCopy = code.isCopy && compute === out.dtype;
  // In place, as with x.pow_(1), nothing moves.
  if (isCopy && isSame(first, out)) return;
  setNumbers(outs.length, operands, compute);
  if (!isFlat(operands, outs)) return runStrided(code, operands, outs);
  if (code.isCopy && Object.is(first, 0)) return clear(out.ptr, out.size * DTYPES[out.dtype].bytes);
  if (isCopy && isLike(first, out)) {
    return copyBytes(out.ptr, first.ptr, out.size * DTYPES[out.dtype].bytes);
  }
  const kernel = code.kernel(operandKey(operands), "dense");
  for (let i = 0; i < outs.length; i++) setArray(i, outs[i].ptr, 0, 0);
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand !== "number") setArray(outs.length + i, operand.ptr, 0, 0);
  }
  sweep(kernel, [1, out.size], out.size, outs.length);
}

/** Columns that stay together, so that no two threads write to the same cache line. */
const UNIT = 64;

/** Runs `kernel` on all rows and columns, `block` columns at once, of the arrays in the slots. */
function sweep(
  kernel: Kernel,
  [rows, columns]: readonly [number, number],
  block: number,
  results = 1,
): void {
  const threads = threadsFor(rows * columns * results * NANOSECONDS.element);
  // Threads that share short rows would write to the same cache lines.
  const byRows = rows >= threads && (rows > SHORT_ROW || columns < UNIT * threads);
  parallel(threads, byRows ? rows : Math.ceil(columns / UNIT), (first, last, call) => {
    const [row, rowEnd] = byRows ? [first, last] : [0, rows];
    const [start, end] = byRows ? [0, columns] : [first * UNIT, Math.min(last * UNIT, columns)];
    for (let column = start; column < end; column += block) {
      call(kernel, MAP_SLOTS, row, rowEnd, column, Math.min(column + block, end));
    }
  });
}

/** Returns true if `operand` is the same view of the same memory as `out`. */
function isSame(operand: Operand<NDArray>, out: NDArray): boolean {
  return typeof operand !== "number" && operand.ptr === out.ptr && operand.dtype === out.dtype &&
    sameShape(operand.shape, out.shape) && sameShape(operand.strides, out.strides);
}

/** Returns true if `operand` has as many elements as `out`, of the same dtype. */
function isLike(operand: Operand<NDArray>, out: NDArray): operand is NDArray {
  return typeof operand !== "number" && operand.size === out.size && operand.dtype === out.dtype;
}

/** Returns true if one row is enough: all arrays lie in memory as the first result does, or have one element. */
function isFlat(operands: readonly Operand<NDArray>[], outs: readonly NDArray[]): boolean {
  for (let i = 0; i < outs.length; i++) if (!outs[i].contiguous) return false;
  const [out] = outs;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    if (typeof operand === "number" || operand.size === 1) continue;
    if (!operand.contiguous || !sameShape(operand.shape, out.shape)) return false;
  }
  return true;
}

/** Runs arrays of any layout: joins axes; the kernel loops over the last two, JavaScript over the rest. */
function runStrided(
  code: Compiled,
  operands: readonly Operand<NDArray>[],
  outs: readonly NDArray[],
): void {
  const arrays: NDArray[] = [...outs];
  /** Slot of each array. */
  const slots: number[] = mapList(outs, (_, i) => i);
  operands.forEach((operand, i) => {
    if (typeof operand === "number") return;
    arrays.push(viewExpand(operand, outs[0].shape));
    slots.push(outs.length + i);
  });
  const axes = collapse(outs[0].shape, mapList(arrays, (array) => array.strides));
  const isThin = lengthen(axes);
  const { sizes, strides } = axes;
  const steps = mapList(
    strides,
    (own, i) => mapList(own, (stride) => stride * DTYPES[arrays[i].dtype].bytes),
  );
  const columnAxis = sizes.length - 1;
  const columns = sizes[columnAxis] ?? 1;
  const rows = sizes[columnAxis - 1] ?? 1;
  const layouts: Layout[] = [];
  strides.forEach((own, i) => layouts[slots[i]] = layoutOf(own[columnAxis] ?? 1));
  const isDense = layouts.slice(0, outs.length).every((layout) => layout === "dense");
  const others = layouts.slice(outs.length);
  const kernel = code.kernel(operandKey(operands, others), isDense ? "dense" : "strided");
  const isApart = rows > 1 && layouts.includes("strided");
  const block = isThin ? THIN_BLOCK : isApart ? STRIDED_BLOCK : columns;
  const outer = sizes.slice(0, -2);
  // As bytes from address 0, the places of an iterator are addresses.
  const views = mapList(arrays, (array, i) => ({ offset: array.ptr, strides: steps[i] }));
  const iterator = new StridedIterator(outer, views);
  const { offsets } = iterator;
  for (let left = sizeOf(outer); left > 0; left--, iterator.next()) {
    for (let i = 0; i < arrays.length; i++) {
      setArray(slots[i], offsets[i], steps[i][columnAxis - 1] ?? 0, steps[i][columnAxis] ?? 0);
    }
    sweep(kernel, [rows, columns], block, outs.length);
  }
}

/**
 * Puts a longer axis last if the last one is so short that to start its rows would take longer than its
 * elements, and another one before it if the kernel still had little to do.
 *
 * @returns true if the last axis has changed
 */
function lengthen({ sizes, strides }: Axes): boolean {
  const last = sizes.length - 1;
  const isThin = sizes[last] <= SHORT_ROW && lengthenAt(last, sizes, strides);
  if (sizes[last - 1] * sizes[last] < SHORT_CALL) lengthenAt(last - 1, sizes, strides);
  return isThin;
}

/**
 * Moves an axis up to `place` there, if it has more than twice the size of that at `place`: the innermost long
 * one, whose elements are nearest to each other, or the longest if none is long.
 */
function lengthenAt(place: number, sizes: number[], strides: readonly number[][]): boolean {
  const long = sizes.findLastIndex((size, axis) => axis <= place && size > 2 * SHORT_ROW);
  const from = long >= 0 ? long : sizes.indexOf(Math.max(...sizes.slice(0, place + 1)));
  if (sizes[from] <= 2 * sizes[place]) return false;
  for (const values of [sizes, ...strides]) values.splice(place, 0, ...values.splice(from, 1));
  return true;
}

function layoutOf(stride: number): Layout {
  return stride === 1 ? "dense" : stride === 0 ? "splat" : "strided";
}

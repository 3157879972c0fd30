/**
 * Reductions, and the place of the largest or smallest element.
 *
 * @module
 */

import { type DType, DTYPES, isFloat } from "../../../dtype.ts";
import { type Formula, identity } from "../../formula.ts";
import type { Kernels, ReduceKind } from "../../kernels.ts";
import { reductions as reference } from "../../reference/reduce.ts";
import { axisLast, makeContiguous, withContiguous } from "./map.ts";
import { compileSearchKernel, reduceKernels, SPARE_TOTALS } from "./reduce_kernel.ts";
import { Scratch } from "../scratch.ts";
import { FLOAT_LANES, type Lanes } from "../simd/lanes.ts";
import type { Exports, Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { reducedShape } from "../../../shape.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray } from "../../../storage/ndarray.ts";
import { inverseOrder, memoryOrder, viewPermute, viewReshape } from "../../../storage/views.ts";

/** Elements of a piece when all elements are reduced to one number: threads share the pieces. */
const PIECE = 32768;

/** Columns of a result that one thread computes, at least: they fill cache lines. */
const UNIT = 16;

/** Reductions, and searches for the largest or smallest. */
export const reductions: Pick<Kernels, "reduce" | "argReduce"> = {
  reduce(kind, x, axes, keepDims, dtype, of = identity): NDArray {
    const nothing = x.size === 0 || axes.length === 0;
    if (nothing || !isCovered(kind, x.dtype, dtype)) {
      return reference.reduce(kind, x, axes, keepDims, dtype, of);
    }
    const order = memoryOrder(x);
    if (order !== null && viewPermute(x, order).contiguous) {
      const kept = reduceInOrder({ kind, of }, x, order, axes, dtype);
      return viewReshape(kept, reducedShape(x.shape, axes, keepDims))!;
    }
    return withContiguous([x], ([dense]) => {
      const out = NDArray.allocate(reducedShape(x.shape, axes, keepDims), dtype);
      reduceInto({ kind, of }, dense, groupsOf(x, axes), out);
      return out;
    });
  },

  argReduce(kind, x, axis, keepDims): NDArray {
    if (x.size === 0 || x.shape.length === 0) return reference.argReduce(kind, x, axis, keepDims);
    return withContiguous([axisLast(x, axis)], ([dense]) => {
      const out = NDArray.allocate(reducedShape(x.shape, [axis], keepDims), "int32");
      const search = searchFor(kind, x.dtype);
      const rowBytes = x.shape[axis] * DTYPES[x.dtype].bytes;
      parallel(threadsFor(x.size * NANOSECONDS.search), out.size, (first, last, call) => {
        const [start, end] = [dense.ptr + first * rowBytes, out.ptr + first * 4];
        call(search, start, end, last - first, x.shape[axis]);
      });
      return out;
    });
  },
};

/** Reduces an array that is dense with its axes in `order`, without a copy; the axes stay as size 1. */
function reduceInOrder(
  { kind, of }: Reduction,
  x: NDArray,
  order: readonly number[],
  axes: readonly number[],
  dtype: DType,
): NDArray {
  const places = order.flatMap((axis, place) => axes.includes(axis) ? [place] : []);
  const reduced = reductions.reduce(kind, viewPermute(x, order), places, true, dtype, of);
  const out = makeContiguous(viewPermute(reduced, inverseOrder(order)));
  if (out.storage !== reduced.storage) arena.free(reduced.storage, "temporary");
  return out;
}

/** Returns true if float64 holds every total, and no element must change its type first. */
function isCovered(kind: ReduceKind, from: DType, to: DType): boolean {
  if (isFloat(to)) return true;
  if (kind === "sum") return to === "int32" && !isFloat(from);
  return kind !== "prod" && from === to;
}

/** A reduction of a formula of each element. */
interface Reduction {
  readonly kind: ReduceKind;
  readonly of: Formula;
}

/** Neighbouring axes that are all reduced, or all kept. */
interface Group {
  size: number;
  readonly isReduced: boolean;
}

function groupsOf(x: NDArray, axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  x.shape.forEach((size, axis) => {
    const isReduced = axes.includes(axis);
    if (size === 1 && !isReduced) return;
    const last = groups[groups.length - 1];
    if (last?.isReduced === isReduced) last.size *= size;
    else groups.push({ size, isReduced });
  });
  return groups;
}

/** Reduces the last group that is to be reduced, then the one before, until `out` is reached. */
function reduceInto(reduction: Reduction, x: NDArray, groups: Group[], out: NDArray): void {
  const { kind } = reduction;
  const at = groups.findLastIndex((group) => group.isReduced);
  const count = product(groups, 0, at);
  const inner = product(groups, at + 1, groups.length);
  const lanes = blockLanes(kind, x.dtype, out.dtype);
  if (count * inner === 1 && x.size > PIECE) return reducePieces(reduction, x, lanes, out);
  const isLast = groups.findIndex((group) => group.isReduced) === at;
  const to = isLast ? out : NDArray.allocate([count * inner], "float64");
  const kernel = kernelFor(reduction, x.dtype, to.dtype, lanes);
  const reduced = groups[at].size;
  const isShort = reduced < lanes.count && lanes.count === 4 && to.dtype === "float32";
  const reduceRows = isShort ? kernel.reduceShort : kernel.reduceRows;
  reduceGroup({ reduceRows, reduceColumns: kernel.reduceColumns }, x, to, [count, reduced, inner]);
  if (isLast) return;
  reduceInto(totalsOf(kind), to, groups.slice(0, at).concat(groups.slice(at + 1)), out);
  arena.free(to.storage, "temporary");
}

/** Combines what the kernels of `kind` have made. */
function totalsOf(kind: ReduceKind): Reduction {
  return { kind, of: identity };
}

/** All of `x` to one number: pieces of a fixed size, then their results. */
function reducePieces(reduction: Reduction, x: NDArray, lanes: Lanes, out: NDArray): void {
  const pieces = Math.ceil(x.size / PIECE);
  const partial = NDArray.allocate([pieces], "float64");
  const { reduceRows } = kernelFor(reduction, x.dtype, "float64", lanes);
  const bytes = DTYPES[x.dtype].bytes;
  parallel(threadsFor(x.size * NANOSECONDS.copy), pieces, (first, last, call) => {
    for (let piece = first; piece < last; piece++) {
      const size = Math.min(PIECE, x.size - piece * PIECE);
      call(reduceRows, x.ptr + piece * PIECE * bytes, partial.ptr + piece * 8, 1, size);
    }
  });
  const total = kernelFor(
    totalsOf(reduction.kind),
    "float64",
    out.dtype,
    FLOAT_LANES.float64,
  );
  total.reduceRows(partial.ptr, out.ptr, 1, pieces);
  arena.free(partial.storage, "temporary");
}

/** The number of elements of the groups from `start` to before `end`. */
function product(groups: readonly Group[], start: number, end: number): number {
  let size = 1;
  for (let i = start; i < end; i++) size *= groups[i].size;
  return size;
}

/**
 * `[count, reduced, inner] → [count, inner]`
 *
 * Threads share the results; the order in which one is computed depends on the sizes alone.
 */
function reduceGroup(
  kernel: Exports,
  x: NDArray,
  out: NDArray,
  [count, reduced, inner]: readonly [number, number, number],
): void {
  const threads = threadsFor(x.size * NANOSECONDS.copy);
  const [from, to] = [DTYPES[x.dtype].bytes, DTYPES[out.dtype].bytes];
  const [rowBytes, matrixBytes] = [inner * from, reduced * inner * from];
  if (inner === 1) {
    return parallel(threads, count, (first, last, call) => {
      const [start, end] = [x.ptr + first * matrixBytes, out.ptr + first * to];
      call(kernel.reduceRows, start, end, last - first, reduced);
    });
  }
  const totals = new Scratch(...new Array(threads).fill((inner + SPARE_TOTALS) * 8));
  if (count >= threads) {
    parallel(threads, count, (first, last, call, thread) => {
      const [start, end] = [x.ptr + first * matrixBytes, out.ptr + first * inner * to];
      const sizes = [last - first, reduced, inner, rowBytes];
      call(kernel.reduceColumns, start, end, totals.at[thread], ...sizes);
    });
  } else {
    parallel(threads, Math.ceil(inner / UNIT), (first, last, call, thread) => {
      const column = first * UNIT;
      const sizes = [1, reduced, Math.min(last * UNIT, inner) - column, rowBytes];
      for (let matrix = 0; matrix < count; matrix++) {
        const start = x.ptr + matrix * matrixBytes + column * from;
        const end = out.ptr + (matrix * inner + column) * to;
        call(kernel.reduceColumns, start, end, totals.at[thread], ...sizes);
      }
    });
  }
  totals.free();
}

/**
 * float32 is enough for a block if the result is float32; but a product may leave its range on the
 * way to a result that is in it.
 */
function blockLanes(kind: ReduceKind, from: DType, result: DType): Lanes {
  return from === "float32" && result === "float32" && kind !== "prod"
    ? FLOAT_LANES.float32
    : FLOAT_LANES.float64;
}

const KINDS: readonly ReduceKind[] = ["sum", "prod", "max", "min"];
/** By the id of the formula, then by kind, dtypes and lanes. */
const compiled: Exports[][] = [];

function kernelFor({ kind, of }: Reduction, from: DType, to: DType, lanes: Lanes): Exports {
  const pair = DTYPES[from].rank * 5 + DTYPES[to].rank;
  const index = (pair * 4 + KINDS.indexOf(kind)) * 2 + Number(lanes.count === 4);
  return (compiled[of.id] ??= [])[index] ??= reduceKernels({ kind, of, lanes, from, to });
}

const searches: Kernel[] = [];

function searchFor(kind: "max" | "min", dtype: DType): Kernel {
  const index = DTYPES[dtype].rank * 2 + Number(kind === "max");
  return searches[index] ??= compileSearchKernel(kind, dtype);
}

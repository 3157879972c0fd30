/**
 * Distances of rows from rows, and the sums of differences that are their gradients, without an array of
 * all differences.
 *
 * Sums of float32 go into float64 after a block of terms.
 *
 * @module
 */

import { DTYPES, type FloatDType } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { NDArray } from "../../../storage/ndarray.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { demotePair, promotePair } from "../simd/elements.ts";
import { FLOAT_LANES, type Lanes, VECTOR, type Vector } from "../simd/lanes.ts";
import { compile, type Exports } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { withContiguous } from "./map.ts";

/** Terms of a sum in a block. */
const BLOCK = 128;

/** Rows of `b` whose distances are computed together, or vectors of their columns. */
const ABREAST = 4;

/** Distances, of floats. */
export const distances: Pick<Kernels, "distances" | "weightedDifferences"> = {
  distances(a, b) {
    return withContiguous([a, b], ([x, y]) => {
      const [m, d] = a.shape.slice(-2);
      const [n] = b.shape.slice(-2);
      const out = NDArray.allocate([...a.shape.slice(0, -1), n], a.dtype);
      runRows("distances", out, [m, n, d], [x, y], [d, n]);
      return out;
    });
  },

  weightedDifferences(weights, a, b) {
    return withContiguous([weights, a, b], ([w, x, y]) => {
      const [m, d] = a.shape.slice(-2);
      const [n] = b.shape.slice(-2);
      const out = NDArray.allocate(a.shape, a.dtype);
      runRows("weightedDifferences", out, [m, n, d], [w, x, y], [n, d, d]);
      return out;
    });
  },
};

/**
 * Calls a kernel for the rows of all matrices. Its operands are those of which a row makes a row of the
 * result, `b`, the result, and the sizes; `widths` are those of the rows of the first ones and of the result.
 */
function runRows(
  name: string,
  out: NDArray,
  [m, n, d]: readonly [number, number, number],
  operands: readonly NDArray[],
  widths: readonly number[],
): void {
  if (out.size === 0) return;
  const dtype = out.dtype as FloatDType;
  const { bytes } = DTYPES[dtype];
  const kernel = kernelsFor(dtype)[name];
  // A batch can have many matrices: for each, numbers alone are made.
  const starts = [...operands.slice(0, -1), out].map(({ ptr }) => ptr);
  const b = operands[operands.length - 1];
  const rows = out.size / widths[widths.length - 1];
  const work = 2 * rows * n * d * NANOSECONDS.product[dtype];
  parallel(threadsFor(work, rows), rows, (first, last, call) => {
    for (let row = first; row < last;) {
      const matrix = Math.floor(row / m);
      const end = Math.min(last, (matrix + 1) * m);
      const at = (i: number): number => starts[i] + row * widths[i] * bytes;
      const matrixAt = b.ptr + matrix * n * d * bytes;
      if (starts.length === 2) call(kernel, at(0), matrixAt, at(1), end - row, n, d);
      else call(kernel, at(0), at(1), matrixAt, at(2), end - row, n, d);
      row = end;
    }
  });
}

const compiled: Partial<Record<FloatDType, Exports>> = {};

/**
 * `distances(a, b, out, rows, n, d)`, and `weightedDifferences(w, a, b, out, rows, n, d)` with
 * `out[i] = Σ_j w[i, j] (a[i] − b[j])`.
 */
function kernelsFor(dtype: FloatDType): Exports {
  const lanes = FLOAT_LANES[dtype];
  return compiled[dtype] ??= compile((assembler) => {
    assembler.procedure("distances", 6, (f, a, b, out, rows, n, d) => {
      const { bytes, count } = lanes;
      const [row, left, x, columns, block, at] = f.locals("i32", 6);
      const ends = f.locals("i32", ABREAST);
      const [value, difference] = f.locals("v128", 2);
      const sums = f.locals("v128", ABREAST);
      const totals = f.locals("v128", ABREAST);
      const rowBytes = f.local("i32");
      /** Distances of one row of `a` from `width` rows of `b`, whose addresses are `ends`. */
      const some = (width: number): Body => {
        const step = (elements: number, load: (address: I32) => Code<"v128">): Body => [
          value.set(load(x)),
          ...sums.slice(0, width).flatMap((sum, i) => [
            difference.set(lanes.sub(value, load(ends[i]))),
            sum.set(lanes.multiplyAdd(difference, difference, sum)),
            ends[i].set(i32.add(ends[i], elements * bytes)),
          ]),
          x.set(i32.add(x, elements * bytes)),
          block.set(i32.sub(block, elements)),
        ];
        return [
          x.set(a),
          ...ends.slice(0, width).map((end, i) => end.set(i32.add(at, i32.mul(rowBytes, i)))),
          ...totals.slice(0, width).map((total) => total.set(f64x2.splat(0))),
          columns.set(d),
          loopWhile(columns, [
            block.set(minimum(columns, BLOCK)),
            columns.set(i32.sub(columns, block)),
            ...sums.slice(0, width).map((sum) => sum.set(lanes.splat(0))),
            loopWhile(i32.geU(block, count), step(count, v128.load)),
            loopWhile(block, step(1, (address) => lanes.loadFirst(1, address, 0))),
            ...sums.slice(0, width).flatMap((sum, i) => addTo([totals[i]], sum, lanes)),
          ]),
          ...totals.slice(0, width).flatMap((total, i) => {
            const sum = f64.add(f64x2.extractLane(total, 0), f64x2.extractLane(total, 1));
            return [storeNumber(lanes, out, f64.sqrt(sum), i * bytes)];
          }),
          at.set(i32.add(at, i32.mul(rowBytes, width))),
          out.set(i32.add(out, width * bytes)),
          left.set(i32.sub(left, width)),
        ];
      };
      return [
        rowBytes.set(i32.mul(d, bytes)),
        loopUntil(row, rows, 1, [
          ...[left.set(n), at.set(b)],
          loopWhile(i32.geU(left, ABREAST), some(ABREAST)),
          loopWhile(left, some(1)),
          a.set(i32.add(a, rowBytes)),
        ]),
      ];
    });
    assembler.procedure("weightedDifferences", 7, (f, w, a, b, out, rows, n, d) => {
      const { bytes, count } = lanes;
      const [row, left, first, block, weight, y, rowBytes] = f.locals("i32", 7);
      const factor = f.local("v128");
      const values = f.locals("v128", ABREAST);
      const sums = f.locals("v128", ABREAST);
      const totals = f.locals("v128", 2 * ABREAST);
      const halves = count === 2 ? 1 : 2;
      const place = (start: I32): Code<"i32"> =>
        i32.add(i32.add(start, i32.mul(row, rowBytes)), first);
      /** The columns from `first` on of all rows: `width` vectors, or a single element. */
      const strip = (width: number, isOne: boolean): Body => {
        const load = (address: I32, i: number) =>
          isOne ? lanes.loadFirst(1, address, 0) : v128.load(address, i * VECTOR);
        const [mine, theirs] = [sums.slice(0, width), values.slice(0, width)];
        const all = totals.slice(0, width * halves);
        return [
          row.set(0),
          loopUntil(row, rows, 1, [
            y.set(place(a)),
            ...theirs.map((value, i) => value.set(load(y, i))),
            ...all.map((total) => total.set(f64x2.splat(0))),
            ...[y.set(i32.add(b, first)), left.set(n)],
            weight.set(i32.add(w, i32.mul(i32.mul(row, n), bytes))),
            loopWhile(left, [
              block.set(minimum(left, BLOCK)),
              left.set(i32.sub(left, block)),
              ...mine.map((sum) => sum.set(lanes.splat(0))),
              loopWhile(block, [
                factor.set(lanes.loadSplat(weight)),
                ...mine.map((sum, i) =>
                  sum.set(lanes.multiplyAdd(factor, lanes.sub(theirs[i], load(y, i)), sum))
                ),
                ...[y.set(i32.add(y, rowBytes)), weight.set(i32.add(weight, bytes))],
                block.set(i32.sub(block, 1)),
              ]),
              ...mine.flatMap((sum, i) =>
                addTo(all.slice(i * halves, (i + 1) * halves), sum, lanes)
              ),
            ]),
            y.set(place(out)),
            ...theirs.flatMap((_, i) => {
              const [low, high] = all.slice(i * halves, (i + 1) * halves);
              const result = high === undefined ? low : demotePair(low, high);
              return isOne
                ? lanes.storeFirst(1, y, result, 0)
                : [v128.store(y, result, i * VECTOR)];
            }),
          ]),
          first.set(i32.add(first, isOne ? bytes : width * VECTOR)),
        ];
      };
      const room = (vectors: number): Code<"i32"> =>
        i32.leU(i32.add(first, vectors * VECTOR), rowBytes);
      return [
        rowBytes.set(i32.mul(d, bytes)),
        loopWhile(room(ABREAST), strip(ABREAST, false)),
        loopWhile(room(1), strip(1, false)),
        loopWhile(i32.ltU(first, rowBytes), strip(1, true)),
      ];
    });
  });
}

/** Adds a vector to totals in float64: lane by lane, or pairs of lanes if there is one total for all. */
function addTo(totals: readonly Vector[], sum: Vector, lanes: Lanes): Body {
  const parts = lanes.count === 2 ? [sum] : promotePair(sum);
  return parts.map((part, i) => {
    const total = totals[Math.min(i, totals.length - 1)];
    return total.set(f64x2.add(total, part));
  });
}

function storeNumber(
  lanes: Lanes,
  address: Local<"i32">,
  value: Code<"f64">,
  offset: number,
): Code<"void"> {
  return lanes.bytes === 8
    ? f64.store(address, value, offset)
    : f32.store(address, f32.demoteF64(value), offset);
}

/**
 * The general matrix product `c = a · b + bias` on blocks that fit into the caches.
 *
 * The loops are those of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication"
 * (2008), doi:10.1145/1356052.1356053: a block of {@link DEPTH} rows of `b` is packed into panels,
 * each of which stays in the first cache while all rows of a block of `a` pass by.
 *
 * Each element of the result is a sum of sums: products are added in the order of k within blocks of
 * {@link DEPTH}, then the blocks in order. The other block sizes and the shape of a tile do not change that.
 *
 * @module
 */

import type { Assembler, Procedure } from "../assembler/assembler.ts";
import type { Code } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, when } from "../assembler/control.ts";
import { i32 } from "../assembler/scalars.ts";
import { emitPackPanels, emitPackRows, emitPackStrip, rowBytes, vectorsFor } from "./pack.ts";
import { emitProductPanels, PANEL } from "./panel.ts";
import { type Lanes, VECTOR } from "../simd/lanes.ts";

/** Rows of `b` in a block: a float32 panel of them takes 12 kB. The bits of results depend on it. */
export const DEPTH = 256;

/** Rows of `a` in a block: 128 kB of float32, a part of the second cache. */
const ROWS = 128;

/** Columns of `b` in a block: 504 kB of float32, in whole panels. */
const COLUMNS = 504;

/** Up to this many rows of `a`, packing a row-major `b` costs more than reading it in place. */
const FEW_ROWS = 8;

/** Bytes of scratch memory for packing `b` with `k` rows and `n` columns. */
export function rightScratch(lanes: Lanes, k: number, n: number): number {
  return paddedBytes(lanes, Math.min(n, COLUMNS)) * Math.min(k, DEPTH);
}

/** Bytes of scratch memory for packing `a` with `m` rows and `k` columns, if that is necessary. */
export function leftScratch(lanes: Lanes, m: number, k: number, aColumn: number): number {
  return aColumn === lanes.bytes ? 0 : Math.min(m, ROWS) * paddedBytes(lanes, Math.min(k, DEPTH));
}

/** Bytes of `count` elements and the rest of their last vector. */
function paddedBytes(lanes: Lanes, count: number): number {
  return Math.ceil(count / lanes.count) * VECTOR;
}

/**
 * Adds the function `gemm(m, k, n, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, right, left)`.
 *
 * Steps are in bytes; neighbours in a row of `c` are side by side. `bias` is the address of a row,
 * padded to whole vectors, or 0. `right` and `left` are scratch memory of `rightScratch` and
 * `leftScratch` bytes. Calls on ranges of rows or columns give the bits of one call on all.
 */
export function emitGemm(assembler: Assembler, lanes: Lanes): void {
  const multiplyColumns = emitMultiplyColumns(assembler, lanes);
  const { bytes } = lanes;
  assembler.procedure("gemm", 14, (f, ...parameters) => {
    const [m, k, n, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, right, left] = parameters;
    const [l, j, depth, columns, biasHere] = f.locals("i32", 5);
    return [
      loopUntil(l, k, DEPTH, [
        depth.set(minimum(i32.sub(k, l), DEPTH)),
        j.set(0),
        loopUntil(j, n, COLUMNS, [
          columns.set(minimum(i32.sub(n, j), COLUMNS)),
          biasHere.set(0),
          when(i32.and(i32.eqz(l), i32.ne(bias, 0)), [
            biasHere.set(i32.add(bias, i32.mul(j, bytes))),
          ]),
          multiplyColumns.call(
            ...[m, depth, columns, at(a, aColumn, l), aRow, aColumn],
            ...[at(at(b, bRow, l), bColumn, j), bRow, bColumn],
            ...[i32.add(c, i32.mul(j, bytes)), cRow, biasHere, right, left, l],
          ),
        ]),
      ]),
    ];
  });
}

/**
 * Adds `(m, depth, columns, a, aRow, aColumn, b, bRow, bColumn, c, cRow, bias, right, left,
 * accumulate)`: multiplies all rows of `a` by one block of `b`, packing where needed. Steps in bytes.
 */
function emitMultiplyColumns(assembler: Assembler, lanes: Lanes): Procedure<15> {
  const packStrip = emitPackStrip(assembler, lanes);
  const packPanels = emitPackPanels(assembler, lanes, packStrip);
  const packRows = emitPackRows(assembler, lanes, packStrip);
  const multiplyBlock = emitMultiplyBlock(assembler, lanes);
  const { bytes } = lanes;
  return assembler.procedure(null, 15, (f, ...parameters) => {
    const [m, depth, columns, a, aRow, aColumn, b, bRow, bColumn, ...rest] = parameters;
    const [c, cRow, bias, right, left, accumulate] = rest;
    const [i, rows, aBlock, aStep, bStep, bNext, bLast, whole] = f.locals("i32", 8);
    return [
      whole.set(i32.sub(columns, i32.remU(columns, PANEL * lanes.count))),
      when(i32.and(i32.eq(bColumn, bytes), i32.leS(m, FEW_ROWS)), [
        // The full panels are read in place; only the rest after them is packed.
        packPanels.call(
          ...[at(b, bColumn, whole), bRow, bColumn, depth, i32.sub(columns, whole), right],
        ),
        bStep.set(bRow),
        bNext.set(PANEL * VECTOR),
        bLast.set(right),
      ], [
        packPanels.call(b, bRow, bColumn, depth, columns, right),
        b.set(right),
        bStep.set(PANEL * VECTOR),
        bNext.set(i32.mul(depth, PANEL * VECTOR)),
        bLast.set(i32.add(right, i32.mul(i32.mul(depth, whole), bytes))),
      ]),
      loopUntil(i, m, ROWS, [
        rows.set(minimum(i32.sub(m, i), ROWS)),
        aBlock.set(at(a, aRow, i)),
        aStep.set(aRow),
        when(i32.ne(aColumn, bytes), [
          packRows.call(aBlock, aRow, aColumn, rows, depth, left),
          aBlock.set(left),
          aStep.set(rowBytes(lanes, depth)),
        ]),
        multiplyBlock.call(
          ...[rows, depth, columns, aBlock, aStep, b, bStep, bNext, bLast],
          ...[at(c, cRow, i), cRow, bias, accumulate],
        ),
      ]),
    ];
  });
}

/** The address `index` steps after `start`. */
function at(start: Code<"i32">, step: I32, index: I32): Code<"i32"> {
  return i32.add(start, i32.mul(step, index));
}

/**
 * Adds `(m, k, n, a, aStep, b, bStep, bNext, bLast, c, cStep, bias, accumulate)`: multiplies by all
 * panels of a block. The full ones are at `b` and `bNext` apart, the last one is at `bLast`. Steps in
 * bytes.
 */
function emitMultiplyBlock(assembler: Assembler, lanes: Lanes): Procedure<13> {
  const panels = emitProductPanels(assembler, lanes, "columns");
  const width = PANEL * lanes.count;
  return assembler.procedure(null, 13, (f, ...parameters) => {
    const [m, k, n, a, aStep, b, bStep, bNext, bLast, c, cStep, bias, accumulate] = parameters;
    const vectors = f.local("i32");
    const tail = f.local("i32");
    return [
      loopWhile(i32.geS(n, width), [
        panels[PANEL - 1].call(m, k, a, aStep, b, bStep, c, cStep, 0, bias, accumulate),
        b.set(i32.add(b, bNext)),
        c.set(i32.add(c, PANEL * VECTOR)),
        when(bias, [bias.set(i32.add(bias, PANEL * VECTOR))]),
        n.set(i32.sub(n, width)),
      ]),
      vectors.set(vectorsFor(lanes, n)),
      tail.set(i32.and(n, lanes.count - 1)),
      ...panels.map((panel, i) =>
        when(i32.eq(vectors, i + 1), [
          panel.call(m, k, a, aStep, bLast, (i + 1) * VECTOR, c, cStep, tail, bias, accumulate),
        ])
      ),
    ];
  });
}

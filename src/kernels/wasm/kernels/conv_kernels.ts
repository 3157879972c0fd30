/**
 * Convolution as a matrix product whose large operand is read from an image.
 *
 * The image is padded, and its columns are sorted by their remainder modulo the stride (see
 * `image.ts`): then the elements that one tap of the window meets, for neighbouring results of a
 * line, are neighbours too. A table gives for each tap how far from the first element of the window
 * it is.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Assembler, Procedure } from "../assembler/assembler.ts";
import type { Body, Code } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, ret, when } from "../assembler/control.ts";
import { i32 } from "../assembler/scalars.ts";
import { v128 } from "../assembler/vectors.ts";
import { kernelsForProducts } from "./fast_math.ts";
import { DEPTH } from "./gemm.ts";
import { emitCopyBlock } from "./layout.ts";
import { emitPackPanels, emitPackStrip, vectorsFor } from "./pack.ts";
import {
  choose,
  emitCorrelatePanels,
  emitProductPanels,
  PANEL,
  panelFor,
  WIDEST,
} from "./panel.ts";
import { winogradWriters } from "./winograd.ts";
import { addAcross, type Lanes, VECTOR } from "../simd/lanes.ts";
import type { Exports, Kernel } from "../threads/instances.ts";

/**
 * Up to this many channels of the result, copying the windows of a panel costs more than reading lines
 * in place with partial vectors. For 32 channels of 14 × 14, both run at 25–27 GFLOP/s with 12
 * channels of the result; with 4, at 16 and 23; with 64, at 32 and 26.
 */
const FEW_CHANNELS = 12;

/** Bytes from row to row of copied windows: a panel, and one more vector for the end of a run. */
const PACKED_ROW = (PANEL + 1) * VECTOR;

/**
 * Adds the function `name(m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, bias,
 * right, done)`.
 *
 * `c[i][y][x] = bias[i] + Σ a[i][l] · image[y · lineStep + table[l] + x]` for m channels `i`, k taps
 * `l`, and results of `lines × columns`, side by side. Steps are in bytes; `bias` may be 0. `right` is
 * scratch memory for {@link convolveScratch}. Products are added in the order of taps within blocks of
 * {@link DEPTH}, then the blocks in order. If `done` is not 0, and the word there neither, `c` has been
 * computed already. `block` convolves with a block of taps.
 */
function emitConvolve(
  assembler: Assembler,
  lanes: Lanes,
  name: string,
  block: Procedure<14>,
): void {
  assembler.procedure(name, 14, (f, ...parameters) => {
    const [m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, bias, right, done] =
      parameters;
    const [l, depth] = f.locals("i32", 2);
    const operands = [a, aStep, image, table, lineStep, c, cStep, bias, l, right] as const;
    return [
      when(done, [when(i32.load(done), [ret()])]),
      loopUntil(l, k, DEPTH, [
        depth.set(minimum(i32.sub(k, l), DEPTH)),
        block.call(m, depth, lines, columns, ...operands),
        a.set(i32.add(a, DEPTH * lanes.bytes)),
        table.set(i32.add(table, DEPTH * 4)),
        bias.set(0),
      ]),
    ];
  });
}

/** Bytes of scratch memory for `convolve` with k taps. */
export function convolveScratch(k: number): number {
  return Math.min(k, DEPTH) * PACKED_ROW;
}

/**
 * Adds `(m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, bias, accumulate, right)`:
 * convolves with a block of taps, line by line, reading the image in place.
 */
function emitConvolveInPlace(assembler: Assembler, lanes: Lanes): Procedure<14> {
  const panels = emitProductPanels(assembler, lanes, "table");
  return assembler.procedure(null, 14, (f, ...parameters) => {
    const [m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, bias, accumulate] =
      parameters;
    const [y, left, b, to, vectors, tail] = f.locals("i32", 6);
    return [
      loopUntil(y, lines, 1, [
        b.set(image),
        to.set(c),
        left.set(columns),
        loopWhile(i32.gtS(left, 0), [
          vectors.set(vectorsFor(lanes, minimum(left, WIDEST * lanes.count))),
          tail.set(0),
          when(i32.ltS(left, WIDEST * lanes.count), [tail.set(i32.and(left, lanes.count - 1))]),
          ...choose(
            panels,
            vectors,
            (panel) => panel.call(m, k, a, aStep, b, table, to, cStep, tail, bias, accumulate),
          ),
          b.set(i32.add(b, WIDEST * VECTOR)),
          to.set(i32.add(to, WIDEST * VECTOR)),
          left.set(i32.sub(left, WIDEST * lanes.count)),
        ]),
        image.set(i32.add(image, lineStep)),
        c.set(i32.add(c, i32.mul(columns, lanes.bytes))),
      ]),
    ];
  });
}

/**
 * Adds `(m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, bias, accumulate, right)`:
 * convolves with a block of taps, after copying the windows of a panel of results at a time to
 * `right`. The results of all lines are cut into panels as one line.
 */
function emitConvolvePacked(assembler: Assembler, lanes: Lanes): Procedure<14> {
  const { bytes } = lanes;
  const packRun = emitPackRun(assembler, lanes);
  const panels = emitProductPanels(assembler, lanes, "rows");
  return assembler.procedure(null, 14, (f, ...parameters) => {
    const [m, k, lines, columns, a, aStep, image, table, lineStep, c, ...rest] = parameters;
    const [cStep, bias, accumulate, right] = rest;
    const [left, x, vectors, count, filled, run, tail] = f.locals("i32", 7);
    return [
      left.set(i32.mul(lines, columns)),
      loopWhile(left, [
        vectors.set(panelFor(vectorsFor(lanes, left))),
        count.set(minimum(left, i32.mul(vectors, lanes.count))),
        filled.set(0),
        loopUntil(filled, count, run, [
          run.set(minimum(i32.sub(columns, x), i32.sub(count, filled))),
          packRun.call(
            ...[k, i32.add(image, i32.mul(x, bytes)), table, run] as const,
            i32.add(right, i32.mul(filled, bytes)),
          ),
          x.set(i32.add(x, run)),
          when(i32.eq(x, columns), [x.set(0), image.set(i32.add(image, lineStep))]),
        ]),
        tail.set(i32.and(count, lanes.count - 1)),
        ...choose(
          panels,
          vectors,
          (panel) =>
            panel.call(
              ...[m, k, a, aStep, right, PACKED_ROW, c, cStep, tail, bias, accumulate] as const,
            ),
        ),
        c.set(i32.add(c, i32.mul(vectors, VECTOR))),
        left.set(i32.sub(left, count)),
      ]),
    ];
  });
}

/**
 * Adds the function `(k, image, table, count, to)`: copies `count` neighbours under each of k taps.
 * It copies whole vectors; the next run overwrites the elements beyond `count`.
 */
function emitPackRun(assembler: Assembler, lanes: Lanes): Procedure<5> {
  return assembler.procedure(null, 5, (f, k, image, table, count, to) => {
    const [entry, end, out] = f.locals("i32", 3);
    const copyRow = (row: number): Body => [
      v128.store(out, v128.load(i32.add(image, i32.load(entry, 4 * row))), row * PACKED_ROW),
    ];
    const next = (rows: number): Body => [
      entry.set(i32.add(entry, 4 * rows)),
      out.set(i32.add(out, rows * PACKED_ROW)),
    ];
    return [
      loopWhile(i32.gtS(count, 0), [
        entry.set(table),
        out.set(to),
        end.set(i32.add(table, i32.shl(i32.and(k, -2), 2))),
        loopWhile(i32.ne(entry, end), [...copyRow(0), ...copyRow(1), ...next(2)]),
        when(i32.and(k, 1), copyRow(0)),
        image.set(i32.add(image, VECTOR)),
        to.set(i32.add(to, VECTOR)),
        count.set(i32.sub(count, lanes.count)),
      ]),
    ];
  });
}

/**
 * Adds the function `correlate(m, n, lines, columns, image, table, lineStep, g, gColumn, gChannel,
 * c, cStep, right)`.
 *
 * `c[l][j] += Σ image[y · lineStep + table[l] + x] · g[j][y][x]` over `lines × columns`, for m taps
 * `l` and n channels `j`; `c` has whole vectors in a row. Steps are in bytes. `right` is scratch
 * memory for {@link correlateScratch}. Products are added in the order of positions within blocks of
 * lines, then the blocks in order.
 */
function emitCorrelate(assembler: Assembler, lanes: Lanes): void {
  const packPanels = emitPackPanels(assembler, lanes, emitPackStrip(assembler, lanes));
  const panels = emitCorrelatePanels(assembler, lanes);
  assembler.procedure("correlate", 13, (f, ...parameters) => {
    const [m, n, lines, columns, image, table, lineStep, g, gColumn, gChannel, c, cStep, right] =
      parameters;
    const [y, block, here, count, channel, from, width, vectors] = f.locals("i32", 8);
    return [
      block.set(i32.divU(DEPTH, columns)),
      when(i32.eqz(block), [block.set(1)]),
      loopUntil(y, lines, block, [
        here.set(minimum(i32.sub(lines, y), block)),
        count.set(i32.mul(here, columns)),
        channel.set(0),
        loopUntil(channel, n, width, [
          vectors.set(panelFor(vectorsFor(lanes, i32.sub(n, channel)))),
          width.set(minimum(i32.mul(vectors, lanes.count), i32.sub(n, channel))),
          from.set(i32.add(g, i32.mul(channel, gChannel))),
          packPanels.call(from, gColumn, gChannel, count, width, right),
          ...choose(
            panels,
            vectors,
            (panel, size) =>
              panel.call(
                ...[m, here, columns, image, table, lineStep, right, size * VECTOR] as const,
                ...[i32.add(c, i32.mul(channel, lanes.bytes)), cStep] as const,
              ),
          ),
        ]),
        g.set(i32.add(g, i32.mul(gColumn, count))),
        image.set(i32.add(image, i32.mul(here, lineStep))),
      ]),
    ];
  });
}

/** Taps that `correlateLines` takes at once, so that additions need not wait for each other. */
const ABREAST = 4;

/**
 * Adds the function `correlateLines(m, n, lines, columns, image, table, lineStep, g, gChannel, c, cStep)`:
 * what `correlate` adds up, for channels `g[j]` that are dense. It takes a vector of positions instead of
 * one of channels, of which there are few; so each line is summed for itself, and then the lines.
 */
function emitCorrelateLines(assembler: Assembler, lanes: Lanes): void {
  const { bytes } = lanes;
  assembler.procedure("correlateLines", 11, (f, ...parameters) => {
    const [m, n, lines, columns, image, table, lineStep, g, gChannel, c, cStep] = parameters;
    const [channel, tap, entry, to, from, y, left, skip] = f.locals("i32", 8);
    const places = f.locals("i32", ABREAST);
    const [sums, totals] = [f.locals("v128", ABREAST), f.locals("v128", ABREAST)];
    const value = f.local("v128");
    const forTaps = (taps: number): Body => {
      const multiply = (elements: number, load: (at: I32) => Code<"v128">): Code =>
        loopWhile(i32.geU(left, elements), [
          value.set(load(from)),
          ...sums.slice(0, taps).map((sum, t) =>
            sum.set(lanes.multiplyAdd(load(places[t]), value, sum))
          ),
          ...[from, ...places.slice(0, taps)].map((at) => at.set(i32.add(at, elements * bytes))),
          left.set(i32.sub(left, elements)),
        ]);
      return [
        from.set(g),
        ...places.slice(0, taps).map((at, t) => at.set(i32.add(image, i32.load(entry, 4 * t)))),
        ...totals.slice(0, taps).map((total) => total.set(lanes.splat(0))),
        y.set(0),
        loopUntil(y, lines, 1, [
          ...sums.slice(0, taps).map((sum) => sum.set(lanes.splat(0))),
          left.set(columns),
          multiply(lanes.count, v128.load),
          multiply(1, (at) => lanes.loadFirst(1, at, 0)),
          ...sums.slice(0, taps).map((sum, t) => totals[t].set(lanes.add(totals[t], sum))),
          ...places.slice(0, taps).map((at) => at.set(i32.add(at, skip))),
        ]),
        ...totals.slice(0, taps).flatMap((total) => [
          ...addAcross(lanes, total),
          ...lanes.storeFirst(1, to, lanes.add(lanes.loadFirst(1, to, 0), total), 0),
          to.set(i32.add(to, cStep)),
        ]),
        entry.set(i32.add(entry, 4 * taps)),
        tap.set(i32.sub(tap, taps)),
      ];
    };
    return [
      skip.set(i32.sub(lineStep, i32.mul(columns, bytes))),
      loopUntil(channel, n, 1, [
        tap.set(m),
        entry.set(table),
        to.set(i32.add(c, i32.mul(channel, bytes))),
        loopWhile(i32.geU(tap, ABREAST), forTaps(ABREAST)),
        loopWhile(tap, forTaps(1)),
        g.set(i32.add(g, gChannel)),
      ]),
    ];
  });
}

/** Bytes of scratch memory for `correlate` with lines of `columns` results. */
export function correlateScratch(columns: number): number {
  return PANEL * VECTOR * Math.max(DEPTH, columns);
}

/** The kernels of convolutions for elements of a dtype; those of tiles are for float32. */
export const convolutionKernels: (dtype: FloatDType) => Exports = kernelsForProducts(
  (lanes) => ({
    copyBlock: (assembler) => emitCopyBlock(assembler, lanes),
    convolveInPlace: (assembler) =>
      emitConvolve(assembler, lanes, "convolveInPlace", emitConvolveInPlace(assembler, lanes)),
    convolvePacked: (assembler) =>
      emitConvolve(assembler, lanes, "convolvePacked", emitConvolvePacked(assembler, lanes)),
    correlate: (assembler) => emitCorrelate(assembler, lanes),
    correlateLines: (assembler) => emitCorrelateLines(assembler, lanes),
    ...winogradWriters(lanes),
  }),
);

/** The kernel that convolves to `channels` channels of the result; see {@link FEW_CHANNELS}. */
export function convolveKernel(kernels: Exports, channels: number): Kernel {
  return channels <= FEW_CHANNELS ? kernels.convolveInPlace : kernels.convolvePacked;
}

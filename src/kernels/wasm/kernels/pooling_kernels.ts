/**
 * Pooling, several windows of a line at once.
 *
 * The elements that one tap meets in neighbouring windows are neighbours if images are laid out as
 * for convolutions (see `image.ts`). Without a border, and with a stride of 1 or 2, images are read
 * in place: copying them takes as long as finding the largest of 2 × 2.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Assembler, FunctionBuilder } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, when } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import { emitCopyBlock } from "./layout.ts";
import { FLOAT_LANES, forTail, type Lanes } from "../simd/lanes.ts";
import { compileEach, type Exports } from "../threads/instances.ts";

/** Distance of the elements of neighbouring windows: 1 in sorted images; 1 or 2 in images read in place. */
type Step = 1 | 2;

/** The elements under one tap of a vector of windows, the first of which is at `address`. */
function loadTap(lanes: Lanes, step: Step, address: Code<"i32">): Code<"v128"> {
  return step === 1 ? v128.load(address) : lanes.loadEverySecond(address);
}

/**
 * Computes and stores the windows of a line, a vector of them from `x` on at a time; moves the `outs`
 * on. The last vector ends where the line does, unless the line is shorter than a vector.
 */
function alongLine(
  f: FunctionBuilder,
  lanes: Lanes,
  columns: I32,
  windows: (x: I32) => Body,
  outs: readonly (readonly [out: I32, value: Local<"v128">])[],
): Body {
  const [x, next, last, tail, to] = f.locals("i32", 5);
  const step = i32.const(lanes.bytes);
  return [
    last.set(i32.sub(columns, lanes.count)),
    tail.set(0),
    when(i32.ltS(last, 0), [last.set(0), tail.set(columns)]),
    next.set(0),
    loopUntil(next, columns, lanes.count, [
      x.set(minimum(next, last)),
      ...windows(x),
      ...outs.flatMap(([out, value]) => [
        to.set(i32.add(out, i32.mul(x, step))),
        forTail(
          lanes,
          tail,
          [v128.store(to, value)],
          (few) => lanes.storeFirst(few, to, value, 0),
        ),
      ]),
    ]),
    ...outs.map(([out]) => out.set(i32.add(out, i32.mul(columns, step)))),
  ];
}

/**
 * Adds the function `avgPool(planes, lines, columns, image, planeStep, lineStep, table, rowTaps,
 * columnTaps, out)`: the means of windows whose `rowTaps · columnTaps` offsets are in `table`.
 *
 * Each row of a window is summed for itself, so that large windows keep their digits.
 */
function emitAvgPool(assembler: Assembler, lanes: Lanes, step: Step): void {
  assembler.procedure(`avgPool${step}`, 10, (f, ...parameters) => {
    const [planes, lines, columns, image, planeStep, lineStep, table, rowTaps, columnTaps, out] =
      parameters;
    const [plane, line, start, from, tap, row, rowEnd] = f.locals("i32", 7);
    const [total, sum, count] = f.locals("v128", 3);
    const average = (x: I32): Body => [
      from.set(i32.add(start, i32.mul(x, step * lanes.bytes))),
      total.set(lanes.splat(0)),
      tap.set(table),
      row.set(0),
      loopUntil(row, rowTaps, 1, [
        sum.set(lanes.splat(0)),
        rowEnd.set(i32.add(tap, i32.shl(columnTaps, 2))),
        loopWhile(i32.ne(tap, rowEnd), [
          sum.set(lanes.add(sum, loadTap(lanes, step, i32.add(from, i32.load(tap))))),
          tap.set(i32.add(tap, 4)),
        ]),
        total.set(lanes.add(total, sum)),
      ]),
      total.set(lanes.div(total, count)),
    ];
    return [
      count.set(lanes.splatF64(f64.convertI32S(i32.mul(rowTaps, columnTaps)))),
      loopUntil(plane, planes, 1, [
        line.set(0),
        loopUntil(line, lines, 1, [
          start.set(i32.add(image, i32.mul(line, lineStep))),
          ...alongLine(f, lanes, columns, average, [[out, total]]),
        ]),
        image.set(i32.add(image, planeStep)),
      ]),
    ];
  });
}

/**
 * Adds the functions `write` and `add(planes, lines, columns, g, height, width, lineStep, columnStep,
 * out, planeStep, rowStep)`, the gradient of means: each window gives g / (height · width) to all of its
 * elements, which `add` adds, while `write` overwrites what is there. Steps are in bytes of `out`.
 */
function emitSpread(assembler: Assembler, lanes: Lanes, name: "write" | "add"): void {
  assembler.procedure(name, 11, (f, ...parameters) => {
    const [planes, lines, columns, g, height, width, lineStep, columnStep, ...rest] = parameters;
    const [out, planeStep, rowStep] = rest;
    const [plane, line, row, column, from, to, rowStart, lineStart, left] = f.locals("i32", 9);
    const windowStart = f.local("i32");
    const [count, share] = f.locals("v128", 2);
    const total = (old: Code<"v128">) => name === "add" ? lanes.add(old, share) : share;
    const store = (elements: number): Body => [
      ...elements === 1
        ? lanes.storeFirst(1, to, total(lanes.loadSplat(to)), 0)
        : [v128.store(to, total(v128.load(to)))],
      to.set(i32.add(to, elements * lanes.bytes)),
      left.set(i32.sub(left, elements)),
    ];
    return [
      count.set(lanes.splatF64(f64.convertI32S(i32.mul(height, width)))),
      loopUntil(plane, planes, 1, [
        lineStart.set(out),
        line.set(0),
        loopUntil(line, lines, 1, [
          rowStart.set(lineStart),
          row.set(0),
          loopUntil(row, height, 1, [
            from.set(g),
            windowStart.set(rowStart),
            column.set(0),
            loopUntil(column, columns, 1, [
              share.set(lanes.div(lanes.loadSplat(from), count)),
              to.set(windowStart),
              left.set(width),
              loopWhile(i32.geU(left, lanes.count), store(lanes.count)),
              loopWhile(left, store(1)),
              from.set(i32.add(from, lanes.bytes)),
              windowStart.set(i32.add(windowStart, columnStep)),
            ]),
            rowStart.set(i32.add(rowStart, rowStep)),
          ]),
          g.set(from),
          lineStart.set(i32.add(lineStart, lineStep)),
        ]),
        out.set(i32.add(out, planeStep)),
      ]),
    ];
  });
}

/**
 * Adds the function `maxPool(planes, lines, columns, image, planeStep, lineStep, table, taps, starts,
 * lineIndex, columnIndex, out, indices)` for float32.
 *
 * `table` holds for each tap its offset, and the index in the plane that it has for the first
 * window; the next window of a line adds `columnIndex`, the next line `lineIndex`. The first
 * element of a window is that of its first tap, unless there is a border: then `starts`, 0 without one,
 * holds a number for each line, then one for each column, whose sum is the index of the first element
 * inside.
 */
function emitMaxPool(assembler: Assembler, step: Step): void {
  const lanes = FLOAT_LANES.float32;
  assembler.procedure(`maxPool${step}`, 13, (f, ...parameters) => {
    const [planes, lines, columns, image, planeStep, lineStep, table, taps, ...rest] = parameters;
    const [starts, lineIndex, columnIndex, out, indices] = rest;
    const [plane, line, start, from, tap, last, lineStart] = f.locals("i32", 7);
    const [best, found, value, better, index, between] = f.locals("v128", 6);
    const valueAt = loadTap(lanes, step, i32.add(from, i32.load(tap)));
    const indexAt = i32x4.add(index, v128.load32Splat(tap, 4));
    const maximize = (x: I32): Body => [
      from.set(i32.add(start, i32.mul(x, step * lanes.bytes))),
      tap.set(table),
      index.set(i32x4.add(between, i32x4.splat(i32.add(lineStart, i32.mul(x, columnIndex))))),
      best.set(valueAt),
      found.set(indexAt),
      when(starts, [
        value.set(i32x4.add(
          i32x4.splat(i32.load(i32.add(starts, i32.shl(line, 2)))),
          v128.load(i32.add(starts, i32.shl(i32.add(lines, x), 2))),
        )),
        found.set(v128.bitselect(value, found, f32x4.eq(best, f32x4.splat(-Infinity)))),
      ]),
      tap.set(i32.add(tap, 8)),
      loopWhile(i32.ne(tap, last), [
        value.set(valueAt),
        // Larger than the best, or NaN, unless the best is NaN already.
        better.set(v128.andnot(f32x4.eq(best, best), f32x4.le(value, best))),
        best.set(v128.bitselect(value, best, better)),
        found.set(v128.bitselect(indexAt, found, better)),
        tap.set(i32.add(tap, 8)),
      ]),
    ];
    return [
      last.set(i32.add(table, i32.shl(taps, 3))),
      between.set(i32x4.mul(v128.const(LANE_NUMBERS), i32x4.splat(columnIndex))),
      loopUntil(plane, planes, 1, [
        line.set(0),
        lineStart.set(0),
        loopUntil(line, lines, 1, [
          start.set(i32.add(image, i32.mul(line, lineStep))),
          ...alongLine(f, lanes, columns, maximize, [[out, best], [indices, found]]),
          lineStart.set(i32.add(lineStart, lineIndex)),
        ]),
        image.set(i32.add(image, planeStep)),
      ]),
    ];
  });
}

/** The bytes of the 32-bit integers 0, 1, 2, 3. */
const LANE_NUMBERS = [0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0]);

const known: Partial<Record<FloatDType, Exports>> = {};

/** The kernels of pooling for elements of `dtype`; those of maxima are for float32. */
export function poolKernels(dtype: FloatDType): Exports {
  const lanes = FLOAT_LANES[dtype];
  return known[dtype] ??= compileEach({
    copyBlock: (assembler) => emitCopyBlock(assembler, lanes),
    write: (assembler) => emitSpread(assembler, lanes, "write"),
    add: (assembler) => emitSpread(assembler, lanes, "add"),
    avgPool1: (assembler) => emitAvgPool(assembler, lanes, 1),
    avgPool2: (assembler) => emitAvgPool(assembler, lanes, 2),
    maxPool1: (assembler) => emitMaxPool(assembler, 1),
    maxPool2: (assembler) => emitMaxPool(assembler, 2),
  });
}

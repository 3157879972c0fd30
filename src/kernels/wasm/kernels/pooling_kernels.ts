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
import { i32x4, v128 } from "../assembler/vectors.ts";
import { emitCopyBlock } from "./layout.ts";
import { addAcross, FLOAT_LANES, forTail, type Lanes, shuffle } from "../simd/lanes.ts";
import { compileEach, type Exports } from "../threads/instances.ts";

/** Distance of the elements of neighbouring windows: 1 in sorted images; 1 or 2 in images read in place. */
type Step = 1 | 2;

/** The elements under one tap of a vector of windows, the first of which is at `address`. */
function loadTap(lanes: Lanes, step: Step, address: Code<"i32">): Code<"v128"> {
  return step === 1 ? v128.load(address) : lanes.loadEverySecond(address);
}

/** A result of each window, in a vector. */
interface Result {
  /** Address of those of the line. */
  readonly out: I32;
  /** Bytes of one. */
  readonly bytes: number;
  /** Stores the first `count` of the vector. */
  store(to: I32, count: number): Body;
}

/** A result in the lanes of the elements. */
function inLanes(lanes: Lanes, out: I32, value: Local<"v128">): Result {
  const { bytes, count } = lanes;
  const store = (to: I32, few: number): Body =>
    few === count ? [v128.store(to, value)] : lanes.storeFirst(few, to, value, 0);
  return { out, bytes, store };
}

/** An integer in each lane of the elements, of which the low word is stored. */
function inWords(lanes: Lanes, out: I32, value: Local<"v128">): Result {
  if (lanes.count === 4) return inLanes(lanes, out, value);
  const words = shuffle(value, value, [0, 2, 4, 6]);
  const store = (to: I32, few: number): Body => [
    few === 1 ? v128.store32Lane(to, value, 0) : v128.store64Lane(to, words, 0),
  ];
  return { out, bytes: 4, store };
}

/**
 * Computes and stores the windows of a line, a vector of them from `x` on at a time; moves the addresses
 * of the results on. The last vector ends where the line does, unless the line is shorter than a vector.
 */
function alongLine(
  f: FunctionBuilder,
  lanes: Lanes,
  columns: I32,
  windows: (x: I32) => Body,
  results: readonly Result[],
): Body {
  const [x, next, last, tail, to] = f.locals("i32", 5);
  return [
    last.set(i32.sub(columns, lanes.count)),
    tail.set(0),
    when(i32.ltS(last, 0), [last.set(0), tail.set(columns)]),
    next.set(0),
    loopUntil(next, columns, lanes.count, [
      x.set(minimum(next, last)),
      ...windows(x),
      ...results.flatMap(({ out, bytes, store }) => [
        to.set(i32.add(out, i32.mul(x, bytes))),
        forTail(lanes, tail, store(to, lanes.count), (few) => store(to, few)),
      ]),
    ]),
    ...results.map(({ out, bytes }) => out.set(i32.add(out, i32.mul(columns, bytes)))),
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
          ...alongLine(f, lanes, columns, average, [inLanes(lanes, out, total)]),
        ]),
        image.set(i32.add(image, planeStep)),
      ]),
    ];
  });
}

/**
 * Adds the function `avgRows(planes, lines, columns, image, height, width, lineStep, columnStep, planeStep,
 * rowStep, out)`: the means of windows of `height` rows of `width` neighbours, one after the other. Each
 * row is summed for itself.
 */
function emitAvgRows(assembler: Assembler, lanes: Lanes): void {
  assembler.procedure("avgRows", 11, (f, planes, lines, columns, image, height, width, ...rest) => {
    const [lineStep, columnStep, planeStep, rowStep, out] = rest;
    const [plane, line, column, row, lineStart, start, rowStart, at, left] = f.locals("i32", 9);
    const [count, total, sum] = f.locals("v128", 3);
    const add = (elements: number, load: (at: I32) => Code<"v128">): Code =>
      loopWhile(i32.geU(left, elements), [
        sum.set(lanes.add(sum, load(at))),
        at.set(i32.add(at, elements * lanes.bytes)),
        left.set(i32.sub(left, elements)),
      ]);
    const average: Body = [
      rowStart.set(start),
      total.set(lanes.splat(0)),
      row.set(0),
      loopUntil(row, height, 1, [
        at.set(rowStart),
        left.set(width),
        sum.set(lanes.splat(0)),
        add(lanes.count, v128.load),
        add(1, (at) => lanes.loadFirst(1, at, 0)),
        total.set(lanes.add(total, sum)),
        rowStart.set(i32.add(rowStart, rowStep)),
      ]),
      ...addAcross(lanes, total),
      ...lanes.storeFirst(1, out, lanes.div(total, count), 0),
    ];
    return [
      count.set(lanes.splatF64(f64.convertI32S(i32.mul(height, width)))),
      loopUntil(plane, planes, 1, [
        lineStart.set(image),
        line.set(0),
        loopUntil(line, lines, 1, [
          start.set(lineStart),
          column.set(0),
          loopUntil(column, columns, 1, [
            ...average,
            out.set(i32.add(out, lanes.bytes)),
            start.set(i32.add(start, columnStep)),
          ]),
          lineStart.set(i32.add(lineStart, lineStep)),
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
 * lineIndex, columnIndex, out, indices)`.
 *
 * `table` holds for each tap its offset, and the index in the plane that it has for the first
 * window; the next window of a line adds `columnIndex`, the next line `lineIndex`. The first
 * element of a window is that of its first tap, unless there is a border: then `starts`, 0 without one,
 * holds a number for each line, then one for each column, whose sum is the index of the first element
 * inside.
 */
function emitMaxPool(assembler: Assembler, lanes: Lanes, step: Step): void {
  // Indices are the low words of lanes.
  const [words, numbers] = lanes.count === 4
    ? [v128.load, [0, 1, 2, 3]]
    : [loadWords, [0, 0, 1, 0]];
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
          words(i32.add(starts, i32.shl(i32.add(lines, x), 2))),
        )),
        found.set(v128.bitselect(value, found, lanes.eq(best, lanes.splat(-Infinity)))),
      ]),
      tap.set(i32.add(tap, 8)),
      loopWhile(i32.ne(tap, last), [
        value.set(valueAt),
        // Larger than the best, or NaN, unless the best is NaN already.
        better.set(v128.andnot(lanes.eq(best, best), lanes.le(value, best))),
        best.set(v128.bitselect(value, best, better)),
        found.set(v128.bitselect(indexAt, found, better)),
        tap.set(i32.add(tap, 8)),
      ]),
    ];
    return [
      last.set(i32.add(table, i32.shl(taps, 3))),
      between.set(
        i32x4.mul(v128.const(numbers.flatMap((n) => [n, 0, 0, 0])), i32x4.splat(columnIndex)),
      ),
      loopUntil(plane, planes, 1, [
        line.set(0),
        lineStart.set(0),
        loopUntil(line, lines, 1, [
          start.set(i32.add(image, i32.mul(line, lineStep))),
          ...alongLine(f, lanes, columns, maximize, [
            inLanes(lanes, out, best),
            inWords(lanes, indices, found),
          ]),
          lineStart.set(i32.add(lineStart, lineIndex)),
        ]),
        image.set(i32.add(image, planeStep)),
      ]),
    ];
  });
}

/** Two integers of 32 bits, each in one of 64. */
function loadWords(address: Code<"i32">): Code<"v128"> {
  const zeros = v128.const(new Array(16).fill(0));
  return shuffle(v128.load64Zero(address), zeros, [0, 4, 1, 4]);
}

const known: Partial<Record<FloatDType, Exports>> = {};

/** The kernels of pooling for elements of `dtype`. */
export function poolKernels(dtype: FloatDType): Exports {
  const lanes = FLOAT_LANES[dtype];
  return known[dtype] ??= compileEach({
    copyBlock: (assembler) => emitCopyBlock(assembler, lanes),
    write: (assembler) => emitSpread(assembler, lanes, "write"),
    add: (assembler) => emitSpread(assembler, lanes, "add"),
    avgRows: (assembler) => emitAvgRows(assembler, lanes),
    avgPool1: (assembler) => emitAvgPool(assembler, lanes, 1),
    avgPool2: (assembler) => emitAvgPool(assembler, lanes, 2),
    maxPool1: (assembler) => emitMaxPool(assembler, lanes, 1),
    maxPool2: (assembler) => emitMaxPool(assembler, lanes, 2),
  });
}
